"""Two logs tell one transfer, the seller's and the buyer's: whichever came first, the answer is the same (laws 1, 16)."""

from __future__ import annotations

import datetime as dt
import itertools
from pathlib import Path
from typing import Any

import msgspec
import pytest

from foodtrace import Ledger, Quantity
from foodtrace.events import Alias, LeftClause, Sale
from foodtrace.graph.edges import micros
from foodtrace.recall.answer import Answer, recall
from foodtrace.storage.session import Session
from tests.recall.dispatched import LOT, NOW, SITES, certificate, got, grams, hours, sent
from tests.recall.twologs import BUYER, OTHER, SELLER, Story, books, both, told


def answered(session: Session) -> Answer:
    """Answer; from rows and by the engine it is the same."""
    now = micros(NOW + dt.timedelta(hours=1))
    quick, slow = (recall(session, LOT, now=now, plain=plain) for plain in (True, False))
    assert quick == slow
    return quick


def figures(answer: Answer) -> tuple[Any, ...]:
    (each,) = answer.figures
    rows = [(row.site, [(a.received, a.likely, a.travelling) for a in row.amounts]) for row in answer.outlets]
    findings = [(each.kind, each.reason, each.site, each.value, each.entries) for each in answer.untraced if each.kind not in QUIET]
    return each.distributed, each.should_be_recalled, rows, findings


QUIET = {"silent_site", "log_behind"}


@pytest.mark.parametrize(("seller", "buyer"), [(60, 10), (10, 60)])
def test_unlike_quantities_of_one_transfer_are_a_finding_and_the_larger_counts(tmp_path: Path, seller: int, buyer: int) -> None:
    story = ((SELLER, sent("t", seller, doc="D7")), (BUYER, sent("u", buyer, doc="D7")))
    answers = [figures(each) for each in both(tmp_path / "r", story, answered)]
    assert answers[0] == answers[1] == answers[2]
    distributed, should, rows, findings = answers[0]
    assert (distributed, should) == (60, 60)
    assert rows == [("X-1", [(60, 60, 0)])]
    assert [each[:4] for each in findings] == [("quantity_differs", "told_twice", "X-1", -50)]
    assert {entry.partition("#")[0] for entry in findings[0][4]} == {SELLER, BUYER}
    for found in both(tmp_path / "b", story, books):
        (each,) = found.open
        assert (each.kind, each.reason, each.source, each.site) == ("quantity_differs", "told_twice", "F-1", "X-1")
        assert (each.sent, each.received, each.difference) == (seller, buyer, -50), "each side's own word stands in its column"
        assert each.entries == findings[0][4]


def test_what_says_that_goods_are_under_way_and_what_says_that_they_came(tmp_path: Path) -> None:
    story = ((SELLER, sent("t", 60, doc="D7", in_transit=True)), (BUYER, sent("u", 10, doc="D7")))
    for answer in both(tmp_path, story, answered):
        assert figures(answer)[:3] == (60, 60, [("X-1", [(None, 60, 50)])]), "X keeps no books: unknown, and all of it may be there"
        assert [each.kind for each in answer.untraced if each.kind not in QUIET] == ["quantity_differs"]


def test_words_that_agree_are_one_move_and_no_finding(tmp_path: Path) -> None:
    """Each log has the voucher in two lines, a few minutes apart."""
    lines = [
        (log, sent(f"{log[0]}{n}", 20 * n, doc="D7", hour=1 + n / 10 + late)) for log, late in ((SELLER, 0), (BUYER, 0.2)) for n in (1, 2)
    ]
    for answer in both(tmp_path / "r", lines, answered):
        assert figures(answer) == (60, 60, [("X-1", [(60, 60, 0)])], [])
    for found in both(tmp_path / "b", lines, books):
        assert (found.open, found.moves) == ((), 2)


def test_receipts_that_two_logs_tell(tmp_path: Path) -> None:
    story = ((SELLER, sent("t", 60, doc="D7", in_transit=True)), (BUYER, got("r", 50, doc="D7")), (OTHER, got("s", 60, doc="D7")))
    for answer in both(tmp_path, story, answered):
        assert figures(answer)[:3] == (60, 60, [("X-1", [(60, 60, 0)])])
        assert [(each.kind, each.reason, each.value) for each in answer.untraced if each.kind not in QUIET] == [
            ("quantity_differs", "told_twice", -10)
        ]


def test_custody_is_what_every_word_says_was_sealed(tmp_path: Path) -> None:
    story = (
        (SELLER, sent("t", 60, doc="D7", in_transit=True)),
        (BUYER, got("r", 60, doc="D7", sealed=True)),
        (OTHER, got("s", 60, doc="D7")),
    )
    for answer in both(tmp_path, story, answered):
        assert [each.sealed for row in answer.outlets for each in row.amounts] == [0]


def test_unlike_days_are_a_finding_and_hide_the_goods_from_no_window(tmp_path: Path) -> None:
    story = ((SELLER, sent("t", 60, doc="D7", hour=2)), (BUYER, sent("u", 60, doc="D7", hour=100)))
    for answer in both(tmp_path / "r", story, answered):
        assert figures(answer)[0] == 60
        assert [(each.kind, each.reason) for each in answer.untraced if each.kind not in QUIET] == [("time_contradiction", "told_twice")]
    assert [[each.kind for each in found.open] for found in both(tmp_path / "b", story, books)] == [["time_contradiction"]] * 3
    for n, window in enumerate(((1, 3), (99, 101))):

        def asked(session: Session, window: tuple[int, int] = window) -> set[str]:
            clause = LeftClause(site="F-1", start=hours(window[0]), end=hours(window[1]))
            return {row.site for row in recall(session, (), now=micros(NOW), scope=(clause,)).outlets}

        assert both(tmp_path / f"w{n}", story, asked) == [{"X-1"}] * 3, "by one of the two words they left in this window"


def test_unlike_destinations_are_a_finding_and_both_count(tmp_path: Path) -> None:
    story = ((SELLER, sent("t", 60, doc="D7")), (BUYER, sent("u", 60, to="Y-1", doc="D7")))
    for answer in both(tmp_path / "r", story, answered):
        assert {row.site for row in answer.outlets} == {"X-1", "Y-1"}
        found = [(each.kind, each.reason, each.site) for each in answer.untraced if each.kind == "duplicate_conflict"]
        assert found == [("duplicate_conflict", "told_twice", "X-1"), ("duplicate_conflict", "told_twice", "Y-1")]
    for found in both(tmp_path / "b", story, books):
        assert [each.site for each in found.open if each.kind == "duplicate_conflict"] == ["X-1", "Y-1"]


def test_unlike_units_are_a_finding(tmp_path: Path) -> None:
    cans = msgspec.structs.replace(sent("u", 60, doc="D7"), quantity=Quantity(3, "piece"))
    story = ((SELLER, sent("t", 60, doc="D7")), (BUYER, cans))
    answers = both(tmp_path / "r", story, answered)
    for answer in answers:
        assert [each.kind for each in answer.untraced if each.kind == "unit_differs"] == ["unit_differs"]
    shown = [[(each.unit, each.distributed) for each in answer.figures] for answer in answers]
    assert shown[0] == shown[1] == shown[2]
    assert ["unit_differs" in {each.kind for each in found.open} for found in both(tmp_path / "b", story, books)] == [True] * 3


def test_unlike_lots_are_a_line_of_the_books_and_each_lot_counts(tmp_path: Path) -> None:
    other = "F-1/K"
    story = ((SELLER, sent("t", 60, doc="D7")), (BUYER, sent("u", 60, lot=other, doc="D7")), (SELLER, certificate(other)))
    for found in both(tmp_path / "b", story, books):
        assert [(each.kind, each.reason, each.lot, each.source, each.site, each.document) for each in found.open] == [
            ("duplicate_conflict", "lots", lot, "F-1", "X-1", "D7") for lot in (other, LOT)
        ]
    assert [{row.site for row in answer.outlets} for answer in both(tmp_path / "r", story, answered)] == [{"X-1"}] * 3
    lines = ((SELLER, sent("t", 60, doc="D7")), (SELLER, sent("u", 60, lot=other, doc="D7")), (SELLER, certificate(other)))
    again = [(BUYER, msgspec.structs.replace(event, id=f"b{event.id}")) for _, event in lines[:2]]
    assert [found.open for found in both(tmp_path / "l", (*lines, *again), books)] == [()] * 3, "a voucher of two lots, in both logs"


KEG, JAR = "F-1/K", "F-1/J"


def lots_told(answer: Answer) -> list[tuple[str, str, int, int]]:
    found = [each for each in answer.untraced if (each.kind, each.reason) == ("duplicate_conflict", "lots")]
    assert all(each.site == "X-1" for each in found)
    return [(each.lot, each.unit, each.value, len(each.entries)) for each in found]


def test_unlike_lots_of_one_transfer_are_a_finding_of_either_recall(tmp_path: Path) -> None:
    """Whichever of the lots is recalled, the receiver may hold it, and the reader learns that the papers disagree."""
    story = (
        (SELLER, sent("t", 60, doc="D7")),
        (BUYER, sent("u", 50, lot=KEG, doc="D7")),
        (SELLER, certificate(KEG)),
        (SELLER, sent("other", 9, lot=JAR, doc="D8")),
    )
    now = micros(NOW + dt.timedelta(hours=1))

    def ask(session: Session) -> list[list[tuple[str, str, int, int]]]:
        made = []
        for lots in ((LOT,), (KEG,), (LOT, KEG), (JAR,)):
            quick, slow = (recall(session, lots, now=now, plain=plain) for plain in (True, False))
            assert quick == slow
            assert [row.site for row in quick.outlets] == ["X-1"]
            made.append(lots_told(quick))
        known = recall(session, LOT, now=now, recorded_until=now)
        assert lots_told(known) == made[0]
        return made

    each = [(KEG, "g", 50, 2), (LOT, "g", 60, 2)]
    assert both(tmp_path, story, ask) == [[each, each, each, []]] * 3


def test_lots_that_every_party_names_are_no_finding(tmp_path: Path) -> None:
    """Two logs of one operator, a voucher of two lots in both, an alias, a corrected word: nothing is unlike. What is short of a lot is."""
    same = Alias(id="same", at=hours(0), site="F-1", lot=LOT, alias=JAR)
    two = [(log, sent(f"{log[0]}{lot[-1]}", 60, lot=lot, doc="D7")) for log in (SELLER, BUYER) for lot in (LOT, KEG)]
    stories: dict[str, tuple[Story, int]] = {
        "voucher": (two, 0),
        "alias": (((SELLER, same), (SELLER, sent("t", 60, doc="D7")), (BUYER, sent("u", 60, lot=JAR, doc="D7"))), 0),
        "event": (((SELLER, sent("t", 60, doc="D7")), (BUYER, sent("t", 60, lot=KEG, doc="D7"))), 2),
        "number": (((SELLER, sent("t", 60, doc="D7")), (BUYER, sent("u", 60, lot=KEG, doc="D9"))), 0),
        "receiver": (((SELLER, sent("t", 60, doc="D7")), (BUYER, sent("u", 60, lot=KEG, doc="D7", to="Y-1"))), 0),
        "short": (two[1:], 1),
        "more": (two[:3], 0),
    }
    for name, (story, count) in stories.items():
        (tmp_path / name).mkdir()
        with told(tmp_path / name, story) as session:
            assert len(lots_told(answered(session))) == count, name


def test_a_name_of_the_lot_is_no_other_lot(tmp_path: Path) -> None:
    same = Alias(id="same", at=hours(0), site="F-1", lot=LOT, alias="F-1/K")
    story = ((SELLER, same), (SELLER, sent("t", 60, doc="D7")), (BUYER, sent("u", 60, lot="F-1/K", doc="D7")))
    assert [found.open for found in both(tmp_path / "b", story, books)] == [()] * 3
    assert {figures(answer)[0] for answer in both(tmp_path / "r", story, answered)} == {60}


def test_any_order_of_recording_gives_the_same_answer(tmp_path: Path) -> None:
    """Law 16 over conflicting words of three logs, with what was sold of the goods."""
    story = [
        (SELLER, sent("t", 60, doc="D7", hour=1)),
        (BUYER, sent("u", 10, doc="D7", hour=2)),
        (OTHER, sent("v", 30, doc="D7", hour=1.5)),
        (BUYER, Sale(id="sale", at=hours(5), site="X-1", lot=LOT, quantity=grams(25))),
    ]
    found = []
    for number, order in enumerate(itertools.islice(itertools.permutations(story), 0, 24, 5)):
        folder = tmp_path / str(number)
        folder.mkdir()
        now = [micros(NOW)]
        with Ledger.open(f"sqlite:///{folder}/x.db", keys=folder / "keys", clock=lambda now=now: now[0]) as ledger:  # type: ignore[misc]
            for log in dict.fromkeys((*(log for log, _ in order), SELLER)):
                ledger.init(log, operator=log[2:])
            ledger.record([*SITES, certificate()], log=SELLER)
            for log, event in order:
                now[0] += 1_000_000
                ledger.record([event], log=log)
            with ledger.reading() as session:
                answer = answered(session)
                said = [(each.kind, each.reason, each.site, each.value) for each in answer.untraced if each.kind not in QUIET]
                found.append((answer.operator, answer.figures, figures(answer)[2], said))
    assert all(each == found[0] for each in found)
    assert found[0][3] == [("quantity_differs", "told_twice", "X-1", -50)]


def test_what_two_strangers_say_is_compared_by_reconcile_only(tmp_path: Path) -> None:
    """Neither log is the sender's or the receiver's; to look for such words would cost every recall the stock of every receiver."""
    places = {"site": "W-1", "to": "Y-1"}
    story = [
        (log, msgspec.structs.replace(sent(name, 60, lot=lot, doc="D7"), **places))
        for log, name, lot in ((SELLER, "t", LOT), (OTHER, "u", KEG), (SELLER, "v", JAR), (OTHER, "w", JAR))
    ]
    with told(tmp_path, story) as session:
        now = micros(NOW + dt.timedelta(hours=1))
        for lots in ((LOT,), (LOT, KEG)):
            quick, slow = (recall(session, lots, now=now, plain=plain) for plain in (True, False))
            assert quick == slow
            assert lots_told(quick) == []
        open_ = [(each.lot, each.reason) for each in books(session).open if each.kind == "duplicate_conflict"]
        assert open_ == [(KEG, "lots"), (LOT, "lots")]
