"""A dispatch goes by several numbers; a receipt that names it by any of them is the other side of it, and counts once (ADR 39)."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from foodtrace import Ledger
from foodtrace.errors import FoodtraceError
from foodtrace.events import Alias, Correction, Event, LotsClause, Transfer
from foodtrace.graph.edges import micros
from foodtrace.graph.reader import SqlFacts
from foodtrace.operations import goods
from foodtrace.operations.common import Doing, local
from foodtrace.recall.affected import find
from foodtrace.recall.answer import recall
from foodtrace.recall.moves import Move
from tests.recall.dispatched import AT, LOT, NOW, certificate, got, grams, sent, site, told

__all__ = ["ledger"]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(tmp_path / "x.db", keys=tmp_path / "keys", clock=lambda: micros(NOW)) as opened:
        opened.init("b/F-1", operator="F-1")
        opened.init("a/M-1", operator="M-1")
        opened.record([site("F-1", "farm"), site("X-1", "shop"), site("Y-1", "shop"), certificate()], log="b/F-1")
        yield opened


def moves(ledger: Ledger) -> list[Move]:
    with ledger.reading() as session:
        return list(find(SqlFacts(session, micros(NOW)), [LotsClause(lots=(LOT,))]).moves)


def shipped(q: int = 40, **more: Any) -> Transfer:
    return sent("t1", q, in_transit=True, **more)


# What the sender's voucher says and what the receiver's note says -> whether they are one transfer.
NUMBERS: dict[str, tuple[dict[str, Any], dict[str, Any], bool]] = {
    "the event's id, of a voucher with a number of its own": ({"doc": "XS-7"}, {"transfer": "t1"}, True),
    "the document number, as a transfer": ({"doc": "XS-7"}, {"transfer": "XS-7"}, True),
    "the document number, of one with a transfer id": ({"doc": "XS-7", "transfer": "T-9"}, {"doc": "XS-7"}, True),
    "the event's id, of one with a transfer id": ({"transfer": "T-9"}, {"transfer": "t1"}, True),
    "the event's id on the note": ({"doc": "XS-7"}, {"doc": "t1"}, True),
    "both say the paper's, one says a transfer too": ({"doc": "XS-7"}, {"transfer": "T-9", "doc": "XS-7"}, True),
    "the number it is shown by": ({"doc": "XS-7"}, {"doc": "V-261122-0005"}, True),
    "the same, of one without a number": ({}, {"transfer": "v-261122-0005"}, True),
    "transfer ids that contradict each other": ({"doc": "XS-7", "transfer": "T-9"}, {"transfer": "T-8", "doc": "XS-7"}, False),
    "the number of another entry": ({"doc": "XS-7"}, {"doc": "V-261122-0004"}, False),
    "another number": ({"doc": "XS-7"}, {"transfer": "t2"}, False),
    "from somebody else": ({"doc": "XS-7"}, {"transfer": "t1", "source": "Y-1"}, False),
    "at somebody else's": ({"doc": "XS-7"}, {"transfer": "t1", "to": "Y-1"}, False),
    "to and from nobody who is named": ({"doc": "XS-7", "to": ""}, {"transfer": "t1", "source": ""}, True),
    "no number": ({"doc": "XS-7"}, {}, False),
}
# A receipt elsewhere that has the dispatch's own number does not answer it.
ELSEWHERE: dict[str, dict[str, Any]] = {"at another site": {"to": "Y-1"}, "from another site": {"source": "Y-1"}}


@pytest.mark.parametrize("name", ELSEWHERE)
def test_a_receipt_that_contradicts_a_dispatch_leaves_it_to_another(ledger: Ledger, name: str) -> None:
    ledger.record([shipped(doc="XS-7")], log="b/F-1")
    ledger.record([got("r0", 9, doc="XS-7", **ELSEWHERE[name]), got("r1", 38, transfer="t1")], log="a/M-1")
    assert sorted(len(each.entries) for each in moves(ledger)) == [1, 2]
    with ledger.reading() as session:
        rows, full = (recall(session, [LOT], now=micros(NOW), plain=plain) for plain in (True, False))
    assert (rows.figures, rows.untraced) == (full.figures, full.untraced)


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("order", [("dispatch", "receipt"), ("receipt", "dispatch")])
def test_a_receipt_that_names_any_number_of_a_dispatch_is_its_other_side(ledger: Ledger, name: str, order: tuple[str, str]) -> None:
    voucher, note, one = NUMBERS[name]
    write = {
        "dispatch": lambda: ledger.record([shipped(**voucher)], log="b/F-1"),
        "receipt": lambda: ledger.record([got("r1", 38, **note)], log="a/M-1"),
    }
    for side in order:
        write[side]()
    found = moves(ledger)
    assert [len(each.entries) for each in found] == ([2] if one else [1, 1])
    with ledger.reading() as session:
        rows, full = (recall(session, [LOT], now=micros(NOW), plain=plain) for plain in (True, False))
    assert rows.figures == full.figures
    assert {each.kind for each in rows.untraced} == {each.kind for each in full.untraced}
    assert full.figures[0].distributed == (40 if one else 78)
    kinds = {each.kind for each in told(ledger).open}
    assert ("quantity_differs" in kinds, {"not_sent", "not_received"} <= kinds or "source_missing" in kinds) == (one, not one)


def test_a_lot_of_two_names_and_a_dispatch_that_was_corrected(ledger: Ledger) -> None:
    first = ledger.record([shipped(doc="XS-7")], log="b/F-1")
    with ledger.reading() as session:
        leaf = bytes(session.rows("SELECT leaf FROM entry WHERE id = 't1'")[0][0]).hex()
    mended = Correction(id="c", at=NOW, seq=first.last, leaf=leaf, reason="incorrect_data", replacement=shipped(44, doc="XS-7"))
    ledger.record([mended, Alias(id="a", at=AT, site="F-1", lot=LOT, alias="F-1/L0")], log="b/F-1")
    number = f"V-261122-{first.last:04d}"
    ledger.record([got("r1", 44, lot="F-1/L0", doc=number)], log="a/M-1")
    assert [(each.sent, each.received, len(each.entries)) for each in moves(ledger)] == [(44, 44, 2)]


def test_lines_of_one_voucher_are_received_one_by_one_and_a_number_of_two_ledgers_is_nobodys(ledger: Ledger) -> None:
    ledger.record([sent("t1", 10, in_transit=True, doc="XS-7"), sent("t2", 20, in_transit=True, doc="XS-7", hour=2)], log="b/F-1")
    ledger.record([got("r1", 10, transfer="t1"), got("r2", 20, transfer="t2")], log="a/M-1")
    assert sorted((each.sent, each.received) for each in moves(ledger)) == [(10, 10), (20, 20)]
    seq = ledger.record([sent("u1", 8, in_transit=True, doc="B")], log="b/F-1").last
    ledger.record([*(site(f"S-{n}", "shop") for n in range(4)), sent("u2", 8, in_transit=True, doc="C")], log="a/M-1")
    with ledger.reading() as session:
        assert session.rows("SELECT DISTINCT seq FROM entry WHERE id IN ('u1', 'u2')") == [(seq,)], "two entries of one number"
    ledger.record([got("r3", 8, doc=f"V-261122-{seq:04d}")], log="a/M-1")
    assert sorted((each.sent, each.received) for each in moves(ledger))[:3] == [(8, 0), (8, 0), (8, 8)], "nothing is guessed"


def test_what_is_typed_as_the_number_of_the_note_is_looked_up(ledger: Ledger) -> None:
    """The number on a voucher that was printed here, an event's id or an entry's place, typed as ``--doc``."""

    def take(doc: str, lot: str = LOT, **more: Any) -> Any:
        doing = Doing(now=local(micros(NOW)))
        return ledger.act(lambda session: goods.receive(session, doing, lot, grams(5), "X-1", doc=doc, **more), log="a/M-1")[1][0]

    seq = ledger.record([shipped(doc="XS-7")], log="b/F-1").last
    for typed in (f"V-261122-{seq:04d}", f"ｖ－261122－{seq:04d}", "t1", f"b/F-1#{seq}"):
        event = take(typed)
        assert (event.transfer, event.doc) == ("XS-7", ""), typed
    assert (take("XS-7").transfer, take("XS-7").doc) == ("", "XS-7")
    assert take("V-261122-0999").doc == "V-261122-0999", "of a ledger that is not here: it pairs when that comes"
    ledger.record([certificate("F-1/K")], log="b/F-1")
    with pytest.raises(FoodtraceError) as refused:
        take(f"V-261122-{seq:04d}", lot="F-1/K")
    assert refused.value.code == "voucher.other_lot"
    doing = Doing(now=local(micros(NOW)))
    number = f"V-261122-{seq:04d}"
    for way, typed in (("doc", number), ("transfer", number), ("transfer", "t1")):
        more: dict[str, Any] = {way: typed}
        with ledger.reading() as session, pytest.raises(FoodtraceError) as refused:
            goods.receive(session, doing, LOT, grams(5), "Y-1", **more)
        assert refused.value.message("en") == f"voucher {typed} says name X-1, not name Y-1"


# The one log's receipt of 40 at X-1 from nobody named, and another's -> whether they look alike.
ALIKE: dict[str, tuple[dict[str, Any], bool]] = {
    "the same": ({}, True),
    "an hour later": ({"hour": 4}, True),
    "one says from whom": ({"source": "F-1"}, True),
    "under a number": ({"doc": "D"}, True),
    "of another quantity": ({"q": 39}, False),
    "two days later": ({"hour": 51}, False),
    "at another site": ({"to": "Y-1"}, False),
}


@pytest.mark.parametrize("name", ALIKE)
def test_two_logs_that_tell_a_receipt_alike_count_twice_and_are_named(ledger: Ledger, name: str) -> None:
    more, alike = ALIKE[name]
    ledger.record([got("r1", 40, source="")], log="b/F-1")
    ledger.record([got("r2", more.get("q", 40), **{"source": ""} | {key: said for key, said in more.items() if key != "q"})], log="a/M-1")
    answer = ledger.recall(LOT)
    assert answer.figures[0].distributed == 40 + more.get("q", 40), "no resemblance makes them one"
    named = [(each.kind, each.value, set(each.entries)) for each in answer.untraced if each.reason == "alike"]
    assert named == ([("duplicate_conflict", 40, {"b/F-1#5", "a/M-1#1"})] if alike else [])
    assert [each.word for each in told(ledger).open if each.reason == "alike"] == ["finding.duplicate_conflict.alike"] * alike
    ledger.record([got("r3", 41, source=""), got("r4", 41, source="")], log="a/M-1")
    assert sum(each.reason == "alike" for each in ledger.recall(LOT).untraced) == alike, "one log may have had two loads"


@pytest.mark.parametrize("seed", range(12))
def test_rows_and_engine_agree_whatever_numbers_papers_name(seed: int) -> None:
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder, Ledger.open(f"{folder}/x.db", keys=Path(folder), clock=lambda: micros(NOW)) as ledger:
        ledger.init("b/F-1", operator="F-1")
        ledger.init("a/M-1", operator="M-1")
        ledger.record([site("F-1", "farm"), site("X-1", "shop"), site("Y-1", "shop"), certificate()], log="b/F-1")
        numbers = ["", "D1", "D2", "t0", "t1", "t2", "V-261122-0004", "V-261122-0005"]
        events: list[Event] = []
        for n in range(6):
            more = {"doc": rng.choice(numbers), "transfer": rng.choice(["", "", *numbers])}
            to, hour = rng.choice(["X-1", "X-1", "Y-1"]), rng.randint(1, 9)
            events.append(
                sent(f"t{n}", 5 + n, to=rng.choice([to, to, ""]), hour=hour, in_transit=rng.random() < 0.7, **more)
                if rng.random() < 0.5
                else got(f"r{n}", 5 + n, to=to, source=rng.choice(["F-1", ""]), hour=hour, **more)
            )
        for each in events:
            ledger.record([each], log=rng.choice(["b/F-1", "a/M-1"]))
        with ledger.reading() as session:
            rows, full = (recall(session, [LOT], now=micros(NOW), plain=plain) for plain in (True, False))
        assert (rows.figures, rows.outlets, rows.untraced) == (full.figures, full.outlets, full.untraced)
