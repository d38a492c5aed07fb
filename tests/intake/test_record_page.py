"""docs/record.md says what is so: its mapping loads and reads a file, its fields and limits are the real ones."""

import re
from pathlib import Path

from foodtrace.intake import KINDS, load_mappings
from foodtrace.intake.headings import FIELDS
from foodtrace.intake.source import MAX_BYTES
from foodtrace.quantity import Quantity
from tests.intake.books import take

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "record.md").read_text("utf-8")


def test_the_mapping_of_the_page_reads_a_file(tmp_path: Path) -> None:
    found = re.search(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    (tmp_path / "columns.toml").write_text(found[1], "utf-8")
    text = "何时,流水,谁卖,什么,多少,单价,给谁\n2026年11月23日 5时12分,7,李记蔬菜,芹菜,240,3,福安超市\n"
    [event] = take(text, saved=load_mappings(tmp_path / "columns.toml")).events
    assert (event.id, event.site, event.quantity) == ("7", "L-0017", Quantity(120_000, "g"))  # type: ignore[union-attr]


def test_the_page_names_every_field_and_kind_and_the_limit() -> None:
    assert [field for field in FIELDS if f"`{field}`" not in PAGE] == []
    assert [kind for kind in KINDS if f"| `{kind}` |" not in PAGE] == []
    assert f"{MAX_BYTES >> 20} MB a file" in PAGE
