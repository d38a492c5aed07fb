"""The sender's paper of a transfer names one lot and the receiver's another: the goods there may be either (RECALL section 3; ADR 35)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec
import pytest

from foodtrace import Ledger, Quantity
from foodtrace.events import (
    Alias,
    Clause,
    Correction,
    Event,
    LeftClause,
    LotsClause,
    Output,
    Portion,
    PredicateClause,
    RecallOpened,
    Sale,
    ThroughClause,
    Transformation,
)
from foodtrace.graph.edges import micros
from foodtrace.graph.reader import SqlFacts
from foodtrace.operations.blocking import blocks, refused
from foodtrace.operations.common import Doing
from foodtrace.operations.gaterecalls import described, recalls
from foodtrace.operations.lineage import lineage
from foodtrace.operations.trace import trace
from foodtrace.recall.affected import find
from foodtrace.recall.answer import Answer, recall
from foodtrace.recall.picture import svg
from foodtrace.recall.running import Running
from foodtrace.storage.session import Session
from tests.recall.dispatched import LOT, NOW, certificate, got, grams, hours, sent
from tests.recall.twologs import BUYER, OTHER, SELLER, Story, books, both, told

KEG, JAR, PIE = "F-1/K", "F-1/J", "F-1/P"
LATER = micros(NOW + dt.timedelta(hours=1))
PAPERS: tuple[tuple[str, Event], ...] = (
    (SELLER, sent("t", 60, doc="D7", in_transit=True)),
    (BUYER, got("r", 50, lot=KEG, doc="D7")),
    (SELLER, certificate(KEG)),
)
"""X says that another lot came than F says it sent."""


def asked(session: Session, *lots: str) -> Answer:
    """Answer; from rows, by the engine and by what was known it is the same."""
    quick, slow = (recall(session, lots, now=LATER, plain=plain) for plain in (True, False))
    known = recall(session, lots, now=LATER, recorded_until=LATER, plain=False)
    assert quick == slow
    assert (known.outlets, known.untraced) == (slow.outlets, slow.untraced)
    return quick


def places(session: Session, *lots: str) -> dict[tuple[str, str], str]:
    return found_by(session, [LotsClause(lots=lots)])


def found_by(session: Session, scope: Sequence[Clause]) -> dict[tuple[str, str], str]:
    facts = SqlFacts(session, LATER)
    found = find(facts, scope)
    texts = facts.texts({number for holding in found.holdings for number in holding})
    return {(texts[lot].partition("/")[2], texts[site]): link.link for (lot, site), link in found.holdings.items()}


def lots_told(answer: Answer) -> list[tuple[str, str, int]]:
    return [(each.lot, each.site, len(each.entries)) for each in answer.untraced if each.reason == "lots"]


def test_what_the_receiver_calls_by_another_lot_is_possible_and_followed(tmp_path: Path) -> None:
    gone, out = (Portion(KEG, Quantity(20, "g")),), (Output(lot=PIE, quantity=Quantity(20, "g"), product="饼"),)
    made = Transformation(id="pie", at=hours(5), site="X-1", kind="process", inputs=gone, outputs=out)
    more = [
        (BUYER, made),
        (BUYER, sent("on", 10, lot=KEG, source="X-1", to="Y-1", hour=6)),
        (BUYER, sent("pies", 5, lot=PIE, source="X-1", to="Y-1", hour=7)),
        (OTHER, sent("else", 9, lot=KEG, source="F-1", to="M-1", hour=2)),
    ]

    def ask(session: Session) -> None:
        ours = {("L", "F-1"): "confirmed", ("L", "X-1"): "confirmed"}
        theirs = {("K", "X-1"), ("K", "Y-1"), ("P", "X-1"), ("P", "Y-1")}
        assert places(session, LOT) == ours | dict.fromkeys(theirs, "possible"), "the keg at M, and at F, never was in that transfer"
        mine = dict.fromkeys({*theirs, ("K", "F-1"), ("K", "M-1")}, "confirmed")
        assert places(session, KEG) == mine | {("L", "X-1"): "possible"}
        for lot in (LOT, KEG):
            answer = asked(session, lot)
            assert {row.site for row in answer.outlets} == {"X-1", "Y-1"}
            assert lots_told(answer) == [(KEG, "X-1", 2), (LOT, "X-1", 2)]
        assert [
            (each.lot, each.sent, each.received, each.source, each.site, each.document)
            for each in books(session).open
            if each.kind == "duplicate_conflict"
        ] == [
            (LOT, 60, None, "F-1", "X-1", "D7"),
            (KEG, None, 50, "F-1", "X-1", "D7"),
        ]

    both(tmp_path, [*PAPERS, *more], ask)


def test_one_log_may_hold_both_papers_and_a_voucher_that_speaks_for_both_sides_is_one(tmp_path: Path) -> None:
    stories: dict[str, Story] = {
        "one log": [(SELLER, event) for _, event in PAPERS],
        "delivered": [(SELLER, sent("t", 60, doc="D7")), *PAPERS[1:]],
        "both delivered": [(SELLER, sent("t", 60, doc="D7")), (BUYER, sent("u", 50, lot=KEG, doc="D7")), PAPERS[2]],
        "by the receiver's log alone": [(BUYER, sent("t", 60, doc="D7", in_transit=True)), *PAPERS[1:]],
    }
    for name, story in stories.items():
        (tmp_path / name).mkdir()
        with told(tmp_path / name, story) as session:
            for lot, other in ((LOT, "K"), (KEG, "L")):
                assert places(session, lot)[other, "X-1"] == "possible", name
                assert (other, "F-1") not in places(session, lot), name
                assert len(lots_told(asked(session, lot))) == 2, name


def test_a_case_on_the_one_lot_holds_the_other_where_that_transfer_brought_it(tmp_path: Path) -> None:
    gone, out = (Portion(KEG, Quantity(20, "g")),), (Output(lot=PIE, quantity=Quantity(20, "g"), product="饼"),)
    more = [
        (BUYER, Transformation(id="pie", at=hours(5), site="X-1", kind="process", inputs=gone, outputs=out)),
        (BUYER, sent("pies", 5, lot=PIE, source="X-1", to="Y-1", hour=7)),
        (OTHER, sent("else", 9, lot=KEG, source="F-1", to="M-1", hour=2)),
        (OTHER, sent("other", 9, lot=JAR, source="F-1", to="X-1", hour=2)),
    ]
    held = {(LOT, "X-1"): "confirmed", (KEG, "X-1"): "possible", (PIE, "X-1"): "possible", (PIE, "Y-1"): "possible"}
    free = {(KEG, "F-1"), (KEG, "M-1"), (JAR, "X-1"), (JAR, "F-1")}
    scopes: dict[str, Clause] = {"lots": LotsClause(lots=(LOT,)), "rule": PredicateClause(code="L")}
    for name, scope in scopes.items():
        opened = RecallOpened(id="o", at=NOW, site="F-1", case="C1", scope=(scope,), level=1, reason="x", producer="F-1", known=NOW)

        def ask(session: Session) -> dict[tuple[str, str], str]:
            links = {(lot, site): blocks(session, lot, LATER, site) for lot, site in (*held, *free)}
            assert all(not links[each] for each in free), links
            doing = Doing(now=NOW + dt.timedelta(hours=1), by="7")
            outcome = refused(session, doing, "sale", [(KEG, None)], "X-1")
            assert outcome is not None
            assert outcome.refused is not None
            assert outcome.refused.code == "transfer.recall_possible"
            assert [each.link for each in blocks(session, KEG, LATER)] == ["possible"], "who knows no site has to ask"
            at_gate = recalls(session, doing.now, KEG, lineage(session, doing.now, KEG), described(None, "", "F-1", KEG))
            assert [each.link for each in at_gate] == ["possible"]
            return {place: each[0].link for place, each in links.items() if each}

        assert both(tmp_path / name, [*PAPERS, *more, (SELLER, opened)], ask) == [held] * 3


@pytest.mark.parametrize(("gone", "came"), [(60, 50), (50, 60), (60, 60)])
@pytest.mark.parametrize("delivered", [False, True])
def test_the_goods_are_one_load_and_count_once(tmp_path: Path, gone: int, came: int, delivered: bool) -> None:
    """In D and B, and in the row of the receiver: as much as the larger word says, under the name by which the receiver sells it."""
    story = [
        (SELLER, sent("t", gone, doc="D7", in_transit=not delivered)),
        (BUYER, got("r", came, lot=KEG, doc="D7")),
        (BUYER, Sale(id="s", at=hours(5), site="X-1", lot=KEG, quantity=grams(20))),
        (SELLER, certificate(KEG)),
    ]

    def ask(session: Session) -> None:
        for lots in ((LOT,), (KEG,), (LOT, KEG)):
            answer = asked(session, *lots)
            (figure,), (row,) = answer.figures, answer.outlets
            assert (figure.distributed, figure.should_be_recalled, figure.retrieved) == (60, 40, 0), lots
            assert sum((each.received or 0) + each.travelling for each in row.amounts) == 60, lots
            assert sum(each.sold or 0 for each in row.amounts) == 20

    both(tmp_path, story, ask)


def test_loads_in_unlike_units_cannot_be_compared_and_both_count(tmp_path: Path) -> None:
    story = [PAPERS[0], (BUYER, msgspec.structs.replace(got("r", 5, lot=KEG, doc="D7"), quantity=Quantity(5, "piece"))), PAPERS[2]]
    with told(tmp_path, story) as session:
        assert sorted((each.unit, each.distributed) for each in asked(session, LOT).figures) == [("g", 60), ("piece", 5)]


def test_a_trace_leads_from_what_the_one_paper_names_to_what_the_other_does(tmp_path: Path) -> None:
    more = [
        (BUYER, sent("on", 10, lot=KEG, source="X-1", to="Y-1", hour=6)),
        (OTHER, sent("else", 9, lot=KEG, source="F-1", to="M-1", hour=2)),
    ]

    def ways(session: Session, lot: str, way: Literal["forward", "back"], at: str = "") -> set[tuple[str, str, str, str, str, int]]:
        found, drawn = trace(session, lot, now=LATER, direction=way, at=at)
        assert "?" in svg(drawn) or way == "back"
        place = {each.id: (each.lot.partition("/")[2], each.site) for each in found.places}
        return {(*place[each.source], *place[each.to], each.way, sum(q.value for q in each.quantity)) for each in found.arrows}

    def ask(session: Session) -> None:
        over, on = ("L", "F-1", "K", "X-1", "unlike", 50), ("K", "X-1", "K", "Y-1", "move", 10)
        assert ways(session, LOT, "forward") == {over, on, ("L", "F-1", "L", "X-1", "move", 10)}
        back = ways(session, KEG, "back", at="Y-1")
        assert {over, on} <= back, "what lies at Y may be of either"
        assert {each[:4] for each in back} == {over[:4], on[:4], ("K", "F-1", "K", "X-1")}

    both(tmp_path, [*PAPERS, *more], ask)


@pytest.mark.parametrize("first", [0, 1])
def test_figures_kept_up_to_date_see_a_paper_that_comes_later(tmp_path: Path, first: int) -> None:
    """Of two papers either may be recorded after the case's figures were asked for."""
    opened = RecallOpened(
        id="o",
        at=NOW,
        site="F-1",
        case="C1",
        scope=(LotsClause(lots=(LOT,)),),
        level=1,
        reason="x",
        producer="F-1",
        operator="F-1",
        known=NOW,
    )
    early, late = PAPERS[first], PAPERS[1 - first]
    other = (SELLER, sent("before", 30, doc="D1"))
    there: dict[str, Any] = {"keys": tmp_path / "keys", "clock": lambda: LATER - 1}
    with (
        told(tmp_path, [PAPERS[2], other, early, (SELLER, opened)]) as session,
        Ledger.open(f"sqlite:///{tmp_path}/x.db", **there) as ledger,
    ):
        kept = Running("C1")
        before = kept.completion(session, LATER).rows[0].distributed
        assert before == (90, 30)[first]
        ledger.record([late[1]], log=late[0])
        ledger.record([Sale(id="s", at=hours(5), site="X-1", lot=KEG, quantity=grams(20))], log=BUYER)
        with ledger.reading() as after:
            assert kept.completion(after, LATER) == Running("C1").completion(after, LATER)
            (row,) = kept.completion(after, LATER).rows
            assert (row.distributed, row.should) == (90, 70)


def no_step(folder: Path, stories: dict[str, Sequence[tuple[str, Event]]]) -> None:
    for name, story in stories.items():
        (folder / name).mkdir()
        with told(folder / name, story) as session:
            assert not {site for lot, site in places(session, LOT) if lot == "K"}, name
            assert not lots_told(asked(session, LOT)), name


def test_papers_that_do_not_contradict_each_other_lead_nowhere(tmp_path: Path) -> None:
    left, came, born = PAPERS
    both_lots = (SELLER, sent("k", 50, lot=KEG, doc="D7", in_transit=True)), (BUYER, got("l", 60, doc="D7"))
    no_step(
        tmp_path,
        {
            "both name both": [*PAPERS, *both_lots],
            "the rest is under way": [left, came, born, both_lots[0]],
            "more came than was sent": [left, came, born, both_lots[1]],
            "another number": [left, (BUYER, got("r", 50, lot=KEG, doc="D8")), born],
            "no number": [left, (BUYER, got("r", 50, lot=KEG)), born],
            "another receiver": [left, (BUYER, got("r", 50, lot=KEG, doc="D7", to="Y-1")), born],
            "no sender": [left, (BUYER, got("r", 50, lot=KEG, doc="D7", source="")), born],
        },
    )


def test_names_of_one_lot_are_one_and_no_unlike_lots(tmp_path: Path) -> None:
    same = Alias(id="same", at=hours(0), site="F-1", lot=LOT, alias=KEG)
    with told(tmp_path, [*PAPERS[:2], (SELLER, same)]) as session:
        assert [each.kind for each in asked(session, LOT).untraced if each.reason == "lots"] == []
        assert books(session).open[0].kind == "quantity_differs"


def test_a_paper_that_was_corrected_leads_nowhere(tmp_path: Path) -> None:
    there: dict[str, Any] = {"keys": tmp_path / "keys", "clock": lambda: LATER - 1}
    with told(tmp_path, PAPERS, BUYER) as session, Ledger.open(f"sqlite:///{tmp_path}/x.db", **there) as ledger:
        row = session.row("SELECT e.seq, e.leaf FROM entry AS e JOIN log AS l ON l.id = e.log WHERE e.id = 'r'")
        assert row is not None
        base: dict[str, Any] = {"at": NOW, "site": "X-1"}
        right = got("right", 50, doc="D7")
        undone = Correction(**base, id="undo", seq=row[0], leaf=bytes(row[1]).hex(), reason="incorrect_data", replacement=right)
        ledger.record([undone], log=BUYER)
        with ledger.reading() as after:
            assert ("K", "X-1") in places(session, LOT), "a snapshot of before"
            assert places(after, LOT) == {("L", "F-1"): "confirmed", ("L", "X-1"): "confirmed"}
            assert lots_told(asked(after, LOT)) == []


def window(kind: type[LeftClause | ThroughClause], site: str, start: float, end: float) -> tuple[Clause, ...]:
    return (kind(site=site, start=hours(start), end=hours(end)),)


def test_what_left_in_a_window_under_the_one_lot_is_looked_for_under_the_other(tmp_path: Path) -> None:
    """The window closes before the receiver books it: the lot of his paper left by none of the moves in it."""
    story = [
        (SELLER, sent("t", 60, doc="D7", in_transit=True)),
        (BUYER, got("r", 50, lot=KEG, doc="D7", hour=30)),
        (BUYER, sent("on", 10, lot=KEG, source="X-1", to="Y-1", hour=36)),
        (SELLER, certificate(KEG)),
    ]
    theirs = {("L", "X-1"): "confirmed", ("K", "X-1"): "possible", ("K", "Y-1"): "possible"}
    ours = {("L", "X-1"): "possible", ("K", "X-1"): "confirmed", ("K", "Y-1"): "confirmed"}
    asked_for: dict[str, tuple[tuple[Clause, ...], dict[tuple[str, str], str]]] = {
        "left": (window(LeftClause, "F-1", 0, 2), theirs),
        "left when the other came": (window(LeftClause, "F-1", 29, 31), ours),
        "through, on the way": (window(ThroughClause, "X-1", 0, 2), theirs),
        "through, as it came": (window(ThroughClause, "X-1", 29, 31), ours),
        "through, it lay there": (window(ThroughClause, "X-1", 32, 33), ours),
        "before it left": (window(LeftClause, "F-1", -9, 0.5), {}),
    }

    def ask(session: Session) -> None:
        for name, (scope, wanted) in asked_for.items():
            assert found_by(session, scope) == wanted, name

    both(tmp_path, story, ask)


def test_the_senders_book_keeps_a_lot_that_only_the_receivers_paper_calls_the_load(tmp_path: Path) -> None:
    """X has as much of the keg as ever by its own papers, whichever of the two lots is recalled, or both."""
    story = [
        (SELLER, certificate(KEG)),
        (SELLER, sent("l", 10, doc="D1")),
        (SELLER, sent("k", 10, lot=KEG, doc="D2")),
        (BUYER, sent("on", 10, source="X-1", to="Y-1", doc="D7", hour=4, in_transit=True)),
        (OTHER, got("r", 10, lot=KEG, source="X-1", to="Y-1", doc="D7", hour=6)),
        (OTHER, Sale(id="s", at=hours(8), site="Y-1", lot=KEG, quantity=grams(3))),
    ]
    wanted = {(LOT,): (10, 7), (KEG,): (20, 17), (LOT, KEG): (20, 17)}

    def ask(session: Session) -> None:
        for lots, figures in wanted.items():
            answer = asked(session, *lots)
            (figure,) = answer.figures
            assert (figure.distributed, figure.should_be_recalled) == figures, lots
            lies = {row.site: sum(each.on_hand or 0 for each in row.amounts) for row in answer.outlets}
            assert lies == {"X-1": 10 if KEG in lots else 0, "Y-1": 7}, lots

    both(tmp_path, story, ask)


def test_of_two_dispatches_the_senders_own_is_the_senders_whatever_the_other_is_called(tmp_path: Path) -> None:
    """X sent the keg by its own log; F, which neither sent nor received it, says that it was the other lot."""
    story = [
        (SELLER, certificate(KEG)),
        (SELLER, sent("l", 10, doc="D1")),
        (SELLER, sent("k", 10, lot=KEG, doc="D2")),
        (BUYER, sent("on", 10, lot=KEG, source="X-1", to="Y-1", doc="D7", hour=4)),
        (SELLER, sent("too", 10, source="X-1", to="Y-1", doc="D7", hour=4)),
    ]

    def ask(session: Session) -> None:
        for lot in (LOT, KEG):
            lies = {
                row.site: {each.lot: each.quantity for each in row.holdings}
                for row in recall(session, lot, now=LATER, bounds=True).bounds or ()
            }
            assert lies["X-1"].get(lot) == {LOT: 10, KEG: 0}[lot], "the book of X loses what its own paper says"
            assert lies["Y-1"] == {LOT: 10, KEG: 0}, "and the load counts once"

    both(tmp_path, story, ask)


@pytest.mark.parametrize("copied", [[], [0], [1], [0, 1]])
def test_a_paper_that_the_other_party_copies_is_still_its_own(tmp_path: Path, copied: list[int]) -> None:
    """A buyer who takes over the seller's voucher as it is says nothing of which lot came, nor does a seller who takes over the buyer's."""
    story = [(SELLER, sent("t", 60, doc="D7")), (BUYER, sent("u", 50, lot=KEG, doc="D7")), PAPERS[2]]
    there: dict[str, Any] = {"keys": tmp_path / "keys", "clock": lambda: LATER - 1}
    with told(tmp_path, story), Ledger.open(f"sqlite:///{tmp_path}/x.db", **there) as ledger:
        for each in copied:
            ledger.record([story[each][1]], log=story[1 - each][0])
        with ledger.reading() as session:
            assert places(session, LOT) == {("L", "F-1"): "confirmed", ("L", "X-1"): "confirmed", ("K", "X-1"): "possible"}
            assert [each[:2] for each in lots_told(asked(session, LOT))] == [(KEG, "X-1"), (LOT, "X-1")]
            assert [each.lot for each in books(session).open if each.reason] == [KEG, LOT]
