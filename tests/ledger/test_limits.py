"""What goes beyond a limit is told which field, how much was given, how much may be, and what to do; in the API and in a file."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from foodtrace import Ledger, errors
from foodtrace.events import Event, LotsClause, MarketEntry, Packing, RecallOpened, RecallWidened, Transformation
from foodtrace.events.canonical import checked, read
from tests.cli.shell import lot_of, run, shop  # noqa: F401 - a fixture
from tests.ledger.parts import outputs, portions
from tests.ledger.rich import AT, kg

BLEND = Transformation(id="x", at=AT, site="P-1", kind="blend", inputs=portions("A", 1), outputs=outputs("B", 1))
WIDENED = RecallWidened(id="x", at=AT, case="C", version=2, scope=(LotsClause(lots=("F-1/A",)),))
ENTRY = MarketEntry(id="x", at=AT, site="M-1", decision="admitted", lot="F-1/A", product="p", quantity=kg(1), crates=1)
SCOPE = LotsClause(lots=tuple(f"F-1/A{n}" for n in range(1001)))
swap = msgspec.structs.replace

CASES: list[tuple[Event, str, str, int, int]] = [
    (swap(BLEND, inputs=portions("A", 10_001)), "event.too_many", "inputs", 10_001, 10_000),
    (swap(BLEND, outputs=outputs("B", 10_001)), "event.too_many", "outputs", 10_001, 10_000),
    (swap(BLEND, inputs=()), "event.too_few", "inputs", 0, 1),
    (swap(BLEND, note="x" * 401), "event.too_long", "note", 401, 400),
    (swap(WIDENED, version=1), "event.too_small", "version", 1, 2),
    (swap(WIDENED, scope=(WIDENED.scope[0], SCOPE)), "event.too_many", "scope[1].lots", 1001, 1000),
    (swap(WIDENED, scope=WIDENED.scope * 101), "event.too_many", "scope", 101, 100),
    (swap(ENTRY, crates=1_000_001), "event.too_great", "crates", 1_000_001, 1_000_000),
]


@pytest.mark.parametrize(("event", "code", "field", "given", "limit"), CASES, ids=lambda each: each if isinstance(each, str) else "")
def test_one_beyond_a_limit(tmp_path: Path, event: Event, code: str, field: str, given: int, limit: int) -> None:
    with Ledger.open(f"sqlite:///{tmp_path}/x.db", keys=tmp_path / "keys") as ledger:
        ledger.init("t.example/a")
        with pytest.raises(errors.BadData) as caught:
            ledger.record([event])
        assert ledger.logs()[0].size == 1
    found = caught.value
    assert (found.code, found.params["field"], found.value, found.expected) == (code, field, given, limit)
    for lang in ("zh", "en"):
        said = found.message(lang)
        assert field in said
        assert str(given) in said
        assert str(limit) in said
        assert found.hint(lang)


def test_at_a_limit_nothing_is_said() -> None:
    for event in (swap(BLEND, inputs=portions("A", 10_000)), swap(BLEND, note="x" * 400), swap(WIDENED, scope=WIDENED.scope * 100)):
        assert checked(event, most=8_000_000)
    with pytest.raises(errors.BadData) as caught:
        checked(Packing(id="x", at=AT, parent="P", children=(7,)))  # type: ignore[arg-type]
    assert caught.value.code == "event.form", "of what is no limit the decoder's own words are told"


def test_a_line_that_is_no_json_behind_the_limit_is_still_an_error_of_ours() -> None:
    """The decoder stops at the field; what comes after it may be anything."""
    broken = checked(WIDENED).replace(b'"version":2', b'"version":1,')
    with pytest.raises(errors.BadData) as caught:
        read(broken)
    assert caught.value.code == "event.form"


def test_in_a_file_and_on_the_command_line(shop: Path) -> None:  # noqa: F811
    lines = [json.loads(msgspec.json.encode(event)) | {"id": f"e-{place}"} for place, (event, *_) in enumerate(CASES)]
    (shop / "far.jsonl").write_text("".join(json.dumps(each) + "\n" for each in lines), encoding="utf-8")
    said = run(shop, "record", "far.jsonl", code=1)
    assert "at most 10000 items" in said
    assert "record several events; of too many inputs make a few lots first" in said
    assert "at most 400 characters" in said
    assert "a list" not in said
    given = ["--in", f"{lot_of(shop)}=1g"] * 10_001
    said = run(shop, "transform", "--at", "北河农批", "--kind", "blend", *given, "--out", "F-1/OUT=1kg", code=2)
    assert "inputs has 10001 items, at most 10000 may be there" in said


def test_a_case_over_too_many_lots_names_the_limit(tmp_path: Path) -> None:
    opened = RecallOpened(id="x", at=AT, case="C", scope=(SCOPE,), level=1, reason="r", known=AT)
    with Ledger.open(f"sqlite:///{tmp_path}/x.db", keys=tmp_path / "keys") as ledger:
        ledger.init("t.example/a")
        with pytest.raises(errors.BadData) as caught:
            ledger.record([opened])
    assert caught.value.message("en") == "scope[0].lots has 1001 items, at most 1000 may be there"
