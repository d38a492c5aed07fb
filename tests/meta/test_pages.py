"""The pages for people are found from the README, and what they and the code refer to is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ADR = ROOT / "docs" / "adr"
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
SOURCES = [each for area in ("foodtrace", "cli", "tests", "benchmarks", "tools") for each in sorted((ROOT / area).rglob("*.py"))]


def decisions() -> dict[int, tuple[str, str]]:
    """Return title and file of each decision, by number."""
    found: dict[int, tuple[str, str]] = {}
    for path in sorted(ADR.glob("0*.md")):
        number, _, title = path.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ").partition(". ")
        assert path.name.startswith(f"{int(number):04d}-")
        assert int(number) not in found, "two decisions of one number"
        found[int(number)] = (title, path.name)
    return found


def test_the_index_of_decisions_names_every_one_by_its_title() -> None:
    index = (ADR / "README.md").read_text(encoding="utf-8")
    listed = [
        (int(number), (title, file)) for number, title, file in re.findall(r"^- \[(\d+)\. (.*)\]\(([^)]*)\)", index, flags=re.MULTILINE)
    ]
    assert listed == sorted(decisions().items())


def test_every_decision_that_is_referred_to_is_there() -> None:
    known = decisions()
    for path in [*PAGES, *SOURCES]:
        for number in re.findall(r"\bADR (\d+)", path.read_text(encoding="utf-8")):
            assert int(number) in known, f"{path.relative_to(ROOT)}: ADR {number}"


def test_the_readme_leads_to_every_page() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [each.name for each in sorted((ROOT / "docs").glob("*.md")) if f"](docs/{each.name})" not in readme] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_link_leads_nowhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8"))
    assert [each for each in targets if "://" not in each and not (page.parent / each).exists()] == []
