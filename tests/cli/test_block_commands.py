"""The table of RECALL section 7 as it is typed: exit codes, the case in the words of either language, and an entry for every refusal."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from foodtrace.operations import cases
from tests.cli.inside import Inside, here
from tests.recall.blocktrade import BATCH, CASE, CODES, FRESH, LOT, OTHER, suspected, trade
from tests.recall.casework import World

__all__ = ["here"]
NOW = "2026-03-05 12:00"

ASKS: Final[dict[str, tuple[str, ...]]] = {
    "transfer": ("transfer", LOT, "1kg", "--from", "W", "--to", "Z"),
    "use": ("transform", "--at", "W", "--kind", "repack", "--in", f"{LOT}=1kg", "--out", "OP-W/R=1kg"),
    "use in a batch": ("formula", "batch", "06909999000012/N1", "1", "--plant", "F", "--product", "x", "--in", f"{LOT}=1kg"),
    "release": ("formula", "release", FRESH, "--certificate", "CJ-2", "--plant", "F"),
    "packing": ("formula", "pack", "C-9", BATCH, "--at", "F", "--cans", "1"),
    "sale": ("formula", "sell", BATCH, "--shop", "X"),
    "certificate": ("certificate", "issue", "芹菜", "1kg", "--site", "P", "--basis", "1", "--code", "L", "--new-key", "--out", "l.png"),
    "restock": ("case", "restock", "W", LOT),
}
CODE: Final = {"sale": ("till.recalled", "till.recall_possible")}
RECEIPTS: Final = (
    ("receive", LOT, "1kg", "--at", "Z", "--from", "W"),
    ("formula", "receive", BATCH, "1", "--shop", "X", "--from", "F"),
)
WORDS: Final = {"zh": ("召回", "封存"), "en": ("recall", "sealed")}


@pytest.fixture
def typed(here: Inside, tmp_path: Path) -> Callable[[str], Inside]:
    """Make the trade with its goods under a case (or suspected, cleared); commands are typed afterwards."""

    def make(state: str) -> Inside:
        world = trade(World(f"sqlite:///{tmp_path}/foodtrace.db", tmp_path / "keys"))
        if state == "suspected":
            suspected(world)
        elif state == "narrowed":
            world.do(cases.narrow, world.open(LOT, OTHER), [OTHER], reason="lab", approved_by="9")
        elif state != "free":
            world.open(LOT)
        if state == "cleared":
            world.at(3.1).do(cases.clear, CASE, [], "a laboratory report", "9")
        world.ledger.close()
        return here

    return make


@pytest.mark.parametrize(("state", "place"), [("recalled", 0), ("suspected", 1), ("narrowed", 1)])
def test_what_is_blocked_is_a_no_with_the_case_in_it_and_an_entry(typed: Callable[[str], Inside], state: str, place: int) -> None:
    run = typed(state)
    for asked, words in ASKS.items():
        code = CODE.get(asked, ("transfer.recalled", "transfer.recall_possible"))[place]
        for lang in ("zh", "en"):
            said = run("--now", NOW, *words, code=1, lang=lang)
            assert CASE in said, (asked, lang)
            assert WORDS[lang][0] in said, (asked, lang)
        assert code in run("--now", NOW, *words, code=1), asked
    refused = json.loads(run("case", "status", CASE, "--json"))["remarks"]
    assert {each["kind"]: each["count"] for each in refused}["refused"] == 3 * len(ASKS)
    check = run("--now", NOW, "formula", "check", BATCH, "--shop", "X", code=1)
    assert CODE["sale"][place] in check
    gate = run("--now", NOW, "gate", CODES[LOT], "--market", "M", "--weight", "1kg", code=1)
    assert ("gate.recalled", "gate.recall_possible")[place] in gate
    for text in (CODES[LOT], LOT):
        (scanned,) = json.loads(run("--now", NOW, "scan", text, "--json", code=1))
        assert scanned["answer"] == ("recalled", "recall_possible")[place]
        assert CASE in scanned["problem"]["message"]["zh"]
    listed = json.loads(run("--now", NOW, "stoplist", "--json"))["lines"]
    assert {(each["case"], each["link"]) for each in listed if each["lot"] in (LOT, BATCH)} == {(CASE, ("confirmed", "possible")[place])}
    for words in RECEIPTS:
        for lang in ("zh", "en"):
            said = run("--now", NOW, *words, lang=lang)
            assert (CASE in said, WORDS[lang][1] in said) == (True, True), words


@pytest.mark.parametrize("state", ["free", "cleared"])
def test_what_nothing_stands_against_is_done(typed: Callable[[str], Inside], state: str) -> None:
    run = typed(state)
    for asked, words in ASKS.items():
        # A batch without papers and a second certificate are refused for what they are, not for a recall.
        code = 1 if asked in ("use in a batch", "certificate") else 0
        assert "recall" not in run("--now", NOW, *words, code=code), asked
    assert "sealed" not in "".join(run("--now", NOW, *words) for words in RECEIPTS)


def test_facts_from_a_file_are_recorded_whatever_stands_against_them(typed: Callable[[str], Inside], tmp_path: Path) -> None:
    run = typed("recalled")
    lines = [
        {
            "type": "sale",
            "id": "till-1",
            "at": "2026-03-05T11:30:00+08:00",
            "site": "X",
            "lot": BATCH,
            "quantity": {"value": 1, "unit": "piece"},
        },
        {
            "type": "sale",
            "id": "till-0",
            "at": "2026-03-04T11:30:00+08:00",
            "site": "X",
            "lot": BATCH,
            "quantity": {"value": 1, "unit": "piece"},
        },
    ]
    (tmp_path / "till.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    run("--now", NOW, "record", "till.jsonl")
    found = json.loads(run("case", "status", CASE, "--json"))["untraced"]
    assert [(each["kind"], each["value"]) for each in found if each["kind"] == "before_known"] == [("before_known", 1)]
