"""A correction of a case's own entries mends words and never lifts: refused by the command, without effect on record (ADR 37)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from foodtrace.errors import Refused
from foodtrace.events import (
    AnyEvent,
    Correction,
    DeadlineExtended,
    EffectivenessCheck,
    GoodsCleared,
    LotsClause,
    Portion,
    RecallClosed,
    RecallWidened,
    RecallWithdrawn,
    Transformation,
)
from foodtrace.events import Output as Made
from foodtrace.graph.edges import micros
from foodtrace.operations import cases, corrections, goods, reselling, stoplist
from foodtrace.operations.blocking import blocks
from foodtrace.operations.caselist import overview
from foodtrace.operations.casestatus import status
from foodtrace.operations.common import Doing
from foodtrace.operations.entries import find_entry
from foodtrace.operations.history import history
from foodtrace.operations.notdone import things
from foodtrace.operations.sinceclosed import unmet_at
from foodtrace.recall.report import case_report
from tests.recall.caselife import LOT, now, refuses
from tests.recall.casework import World, chain, day, kg

OTHER = "OP-Q/K"


@pytest.fixture
def trade(url: str, tmp_path: Path) -> Iterator[World]:
    """A case on L, and K beside it on which no case stands."""
    made = World(url, tmp_path / "keys")
    with made.ledger:
        made.ledger.init("local/test")
        yield chain(made).born("K", "Q", 50).at(3)


def entry_of(world: World, kind: str, number: int = -1) -> tuple[int, str, AnyEvent]:
    """Return (seq, leaf hash, event) of an entry of a kind, by default the newest."""
    with world.read() as session:
        rows = session.rows("SELECT seq, leaf, bytes FROM entry ORDER BY seq")
        found = [(seq, bytes(leaf).hex(), find_entry(session, f"#{seq}", 1).event) for seq, leaf, _ in rows]
    return [each for each in found if msgspec.to_builtins(each[2])["type"] == kind][number]


def by_record(world: World, kind: str, number: int = -1, /, **changes: Any) -> None:
    """Put a correction of an entry on record as any program may; without changes the entry did not occur."""
    seq, leaf, event = entry_of(world, kind, number)
    word: Any = msgspec.structs.replace(event, **changes) if changes else None
    reason: Any = "did_not_occur" if word is None else "incorrect_data"
    world.put(Correction(id=world.name(), at=world.now, seq=seq, leaf=leaf, reason=reason, replacement=word))


def by_command(world: World, kind: str, number: int = -1, **how: Any) -> Any:
    seq, _, _ = entry_of(world, kind, number)
    writer = world.ledger.writer(None)
    doing = Doing(now=world.now, by="7")
    return world.ledger.act(lambda session: corrections.correct(session, doing, writer.number, f"#{seq}", **how))[1]


def blocked(world: World, lot: str, site: str = "X") -> list[str]:
    with world.read() as session:
        return [each.case for each in blocks(session, lot, micros(world.now), site)]


def said(world: World, case: str) -> list[tuple[str, int]]:
    """Return what a stern reader is told of corrections, and of what nobody answers for."""
    return [(each.kind, each.count) for each in now(world, case).remarks if each.kind in {"without_effect", "unanswered"}]


LIFTING: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({}, {}),
    ({"scope": (LotsClause(lots=(OTHER,)),)}, {"scope": '[{"clause":"lots","lots":["OP-Q/K"]}]'}),
    ({"at": day(40)}, {"at": "2026-04-11T09:00:00+08:00"}),
    ({"case": "2026-0099"}, {"case": "2026-0099"}),
    ({"level": 3}, {"level": "3"}),
    ({"operator": "OP-X"}, {"operator": "OP-X"}),
    ({"rule_pack": "mine"}, {"rule_pack": "mine"}),
    ({"sample": "ab" * 32}, {"sample": "ab" * 32}),
]


@pytest.mark.parametrize(("changes", "typed"), LIFTING)
def test_no_correction_of_the_opening_lifts_or_weakens_the_block(trade: World, changes: dict[str, Any], typed: dict[str, str]) -> None:
    case = trade.open(LOT, level=1, operator="OP-P")
    with pytest.raises(Refused) as error:
        by_command(trade, "recall_opened", changes=typed or None)
    assert error.value.code == "correction.of_case"
    assert said(trade, case) == []
    by_record(trade, "recall_opened", **changes)
    assert blocked(trade, LOT) == [case]
    refuses(trade, "transfer.recalled", goods.transfer, LOT, kg(1), "Z", source="X")
    found = now(trade, case)
    assert (found.level, found.operator, found.opened[:10]) == (1, "OP-P", "2026-03-05")
    assert said(trade, case) == [("without_effect", 1)]
    with trade.read() as session:
        assert [(line.case, line.without_effect) for line in overview(session, micros(trade.now))] == [(case, 1)]
        assert LOT in {line.lot for line in stoplist.make(session, micros(trade.now), "local/test").lines}
        seq, _, _ = entry_of(trade, "recall_opened")
        told = history(session, find_entry(session, f"#{seq}", 1))
    assert told.now is not None
    assert [each.counts for each in told.steps] == [False]


def test_a_refused_correction_says_what_to_do_instead_of_it_and_of_no_other(trade: World) -> None:
    case = trade.open(LOT)
    trade.do(cases.widen, case, [OTHER], "lab")
    trade.do(cases.clear, case, [OTHER], "lab", "9")
    trade.do(cases.close, case, "bankrupt", "7")
    trade.do(cases.reopen, case, "more")
    for kind, how, said in (
        ("recall_opened", {}, f"opened in error: case withdraw {case}; another scope: case narrow {case}"),
        ("recall_widened", {}, f"to take out what was added: case narrow {case}"),
        ("recall_reopened", {}, f"is ended by case close {case}"),
        ("goods_cleared", {"lots": f'["{LOT}"]'}, f"to clear more, or what was taken back: case clear {case} LOT"),
        ("recall_closed", {"at": "2026-03-01T00:00:00+08:00"}, f"to close again: case close {case}"),
    ):
        with pytest.raises(Refused) as error:
            by_command(trade, kind, changes=how or None)
        hint = error.value.hint("en")
        assert said in hint
        assert error.value.hint("zh") not in ("", hint)
        assert ("case narrow" in hint) == (kind in ("recall_opened", "recall_widened"))
        assert str(error.value.expected).startswith("case ")


def test_what_either_scope_blocks_is_blocked(trade: World) -> None:
    case = trade.open(LOT)
    by_record(trade, "recall_opened", scope=(LotsClause(lots=(OTHER,)),))
    by_record(trade, "recall_opened", reason="of another word")
    assert (blocked(trade, LOT), blocked(trade, OTHER, "Q")) == ([case], [case]), "the next correction is read on top"


def test_words_of_an_opening_are_mended_as_ever_and_nothing_cleared_comes_back_for_it(trade: World) -> None:
    case = trade.open(LOT, level=2)
    trade.do(cases.clear, case, [LOT], "test CJ-9", "7")
    trade.at(4)
    by_command(trade, "recall_opened", changes={"reason": "克百威", "known": "2026-03-04T10:00:00+08:00", "advice": "do not eat"})
    found = now(trade, case)
    assert (found.reason, found.known) == ("克百威", "2026-03-04T10:00:00+08:00")
    assert (said(trade, case), blocked(trade, LOT)) == ([], [])


def test_a_graver_class_is_a_correction_that_weakens_nothing(trade: World) -> None:
    case = trade.open(LOT, level=3)
    by_command(trade, "recall_opened", changes={"level": "1"})
    assert (now(trade, case).level, said(trade, case)) == (1, [])
    by_record(trade, "recall_opened", level=3)
    assert now(trade, case).level == 1, "what was graver since stays so"


def test_a_class_corrected_down_lets_nobody_relabel(trade: World) -> None:
    case = trade.open(LOT, level=1)
    by_record(trade, "recall_opened", level=3)
    made = Transformation(
        id="mine", at=trade.now, site="X", kind="relabel", inputs=(Portion(LOT, kg(20)),), outputs=(Made(lot="OP-X/NEW", quantity=kg(20)),),
        case=case, approved_by="7",
    )  # fmt: skip
    trade.put(made)
    assert blocked(trade, "OP-X/NEW") == [case]


def test_a_wider_scope_is_taken_back_by_narrowing_only_and_a_narrowing_may_be_taken_back(trade: World) -> None:
    case = trade.open(LOT)
    trade.do(cases.widen, case, [OTHER], "too")
    with pytest.raises(Refused):
        by_command(trade, "recall_widened")
    by_record(trade, "recall_widened")
    assert blocked(trade, OTHER, "Q") == [case]
    by_record(trade, "recall_widened", narrows=True, reason="x", approved_by="7")
    assert blocked(trade, LOT) == [case]
    with trade.read() as session:
        assert {each.link for each in blocks(session, LOT, micros(trade.now), "X")} == {"confirmed"}
    trade.at(4).do(cases.narrow, case, [OTHER], reason="only K", approved_by="7")
    with trade.read() as session:
        assert {each.link for each in blocks(session, LOT, micros(trade.now), "X")} == {"possible"}
    by_command(trade, "recall_widened")
    with trade.read() as session:
        assert {each.link for each in blocks(session, LOT, micros(trade.now), "X")} == {"confirmed"}
    assert blocked(trade, OTHER, "Q") == [case]


def test_a_clearing_may_be_taken_back_or_made_less_and_never_more(trade: World) -> None:
    case = trade.open(LOT, OTHER)
    trade.do(cases.clear, case, [LOT], "test CJ-9", "7", site="X")
    assert (blocked(trade, LOT, "X"), blocked(trade, LOT, "Y")) == ([], [case])
    for more in ({"site": ""}, {"lots": (LOT, OTHER)}, {"lots": ()}, {"at": day(1)}, {"custody": True}):
        by_record(trade, "goods_cleared", **more)
        assert (blocked(trade, LOT, "X"), blocked(trade, LOT, "Y"), blocked(trade, OTHER, "Q")) == ([], [case], [case]), more
    by_command(trade, "goods_cleared", changes={"basis": "test CJ-19"})
    assert blocked(trade, LOT, "X") == []
    by_command(trade, "goods_cleared")
    assert blocked(trade, LOT, "X") == [case]
    with pytest.raises(Refused) as error:
        by_command(trade, "goods_cleared", changes={"basis": "CJ-9 after all"}, revive=True)
    assert error.value.code == "correction.of_case"
    by_record(trade, "goods_cleared", basis="CJ-9 after all")
    assert blocked(trade, LOT, "X") == [case], "who clears says so anew"


def test_a_withdrawal_may_be_taken_back_and_does_not_come_back(trade: World) -> None:
    case = trade.open(LOT)
    trade.do(cases.withdraw, case, "wrong lot", "7")
    assert blocked(trade, LOT) == []
    by_command(trade, "recall_withdrawn")
    assert (blocked(trade, LOT), now(trade, case).state) == ([case], "open")
    by_record(trade, "recall_withdrawn", reason="wrong lot after all")
    assert blocked(trade, LOT) == [case]


def test_a_correction_of_something_else_clears_nothing(trade: World) -> None:
    case = trade.open(LOT)
    seq, leaf, event = entry_of(trade, "transfer")
    for word in (
        GoodsCleared(id=event.id, at=trade.now, case=case, lots=(LOT,), basis="x", approved_by="7"),
        RecallWithdrawn(id=event.id, at=trade.now, case=case, reason="x", approved_by="7"),
    ):
        trade.put(Correction(id=trade.name(), at=trade.now, seq=seq, leaf=leaf, reason="incorrect_data", replacement=word))
        assert (blocked(trade, LOT), now(trade, case).state) == ([case], "open")


def test_as_known_before_a_correction_the_case_stood(trade: World) -> None:
    case = trade.open(LOT)
    opened = trade.now
    trade.at(5)
    by_command(trade, "recall_opened", changes={"reason": "其他"})
    with trade.read() as session:
        assert status(session, case, micros(opened + dt.timedelta(days=1)), as_known=True)[0].state == "open"


# -- what nobody answers for (recorded by another program) ---------------------------------------------------------------------


@pytest.mark.parametrize("missing", [{"basis": ""}, {"basis": "  "}, {"approved_by": ""}])
def test_a_clearing_that_nobody_answers_for_lifts_nothing_and_no_correction_mends_that(trade: World, missing: dict[str, str]) -> None:
    case = trade.open(LOT)
    full: dict[str, Any] = {"basis": "test CJ-9", "approved_by": "7"}
    trade.put(GoodsCleared(id="c", at=trade.now, case=case, lots=(LOT,), **(full | missing)))
    refuses(trade, "transfer.recalled", goods.transfer, LOT, kg(1), "Z", source="X")
    assert said(trade, case) == [("unanswered", 1)]
    found = now(trade, case)
    assert [(each.kind, each.effect) for each in found.decisions] == [("cleared", False)]
    assert all(part in found.decisions[0].words("en") for part in ("without effect",))
    assert (found.closing != (), found.unaccounted) == (True, ())
    with pytest.raises(Refused) as error:
        by_command(trade, "goods_cleared", changes={name: full[name] for name in missing})
    assert error.value.code == "correction.of_case"
    by_record(trade, "goods_cleared", **full)
    assert (blocked(trade, LOT), said(trade, case)) == ([case], [("without_effect", 1), ("unanswered", 1)])
    with trade.read() as session:
        assert [(line.unanswered, line.without_effect) for line in overview(session, micros(trade.now))] == [(1, 1)]
    trade.do(cases.clear, case, [LOT], "test CJ-9", "7")
    assert blocked(trade, LOT) == []


@pytest.mark.parametrize("missing", [{"reason": " "}, {"approved_by": ""}])
def test_a_withdrawal_that_nobody_answers_for_withdraws_nothing(trade: World, missing: dict[str, str]) -> None:
    case = trade.open(LOT)
    full: dict[str, Any] = {"reason": "x", "approved_by": "7"}
    trade.put(RecallWithdrawn(id="w", at=trade.now, case=case, **(full | missing)))
    refuses(trade, "transfer.recalled", goods.transfer, LOT, kg(1), "Z", source="X")
    found = now(trade, case)
    assert (found.state, said(trade, case)) == ("open", [("unanswered", 1)])
    assert [(each.kind, each.effect) for each in found.decisions] == [("withdrawn", False)]
    trade.do(cases.withdraw, case, "wrong lot", "7")
    assert (now(trade, case).state, blocked(trade, LOT)) == ("withdrawn", [])


def test_a_narrowing_that_nobody_answers_for_adds_its_clauses(trade: World) -> None:
    case = trade.open(LOT)
    trade.put(RecallWidened(id="n", at=trade.now, case=case, version=2, scope=(LotsClause(lots=(OTHER,)),), narrows=True, reason="x"))
    with trade.read() as session:
        links = [each.link for lot, at in ((LOT, "X"), (OTHER, "Q")) for each in blocks(session, lot, micros(trade.now), at)]
    assert links == ["confirmed", "confirmed"]
    assert said(trade, case) == [("unanswered", 1)]


def test_a_case_closed_over_what_nobody_answered_for_reads_as_that(trade: World) -> None:
    case = trade.open(LOT)
    trade.at(4).put(RecallClosed(id="c", at=trade.now, case=case))
    found = now(trade.at(5), case)
    (decision,) = found.decisions
    assert found.closed_over == decision.unmet == things(found.broken) > 0
    assert "every condition held" not in decision.words("en")
    assert "条件都满足" not in decision.words("zh")
    assert ("nobody" in decision.words("en"), "没有人" in decision.words("zh")) == (True, True)
    assert [each.what for each in found.today] == ["reopen_over"]
    with trade.read() as session:
        (line,) = overview(session, micros(trade.now))
        assert unmet_at(session, case, micros(trade.now)) == {(1, entry_of(trade, "recall_closed")[0]): found.closed_over}
        plain = case_report(session, case, now=micros(trade.now))[0].decisions[0]
    assert line.closed_over == found.closed_over
    assert "every condition held" not in plain.words("en"), "who did not look does not say so"


def test_an_override_that_nobody_answers_for_says_so(trade: World) -> None:
    case = trade.open(LOT)
    trade.put(RecallClosed(id="c", at=trade.now, case=case, override="bankrupt"))
    assert "approved by nobody" in now(trade, case).decisions[0].words("en")


def test_an_extension_without_its_approval_moves_no_deadline(trade: World) -> None:
    case = trade.open(LOT)
    trade.do(cases.publish, case)
    due = now(trade, case).clocks[1].due_day
    trade.put(DeadlineExtended(id="d", at=trade.now, case=case, until=day(60), approval=" ", published=trade.now))
    assert (now(trade, case).clocks[1].due_day, said(trade, case)) == (due, [("unanswered", 1)])
    trade.put(DeadlineExtended(id="d2", at=trade.now, case=case, until=day(60), approval="2026-7", published=trade.now))
    assert now(trade, case).clocks[1].due_day == day(60).date().isoformat()


@pytest.mark.parametrize("word", [None, "clean"])
def test_a_shop_does_not_correct_the_check_that_found_goods_with_it(trade: World, word: str | None) -> None:
    case = trade.open(LOT)
    found = EffectivenessCheck(id="k", at=trade.now, site="X", case=case, result="found", quantity=kg(5))
    trade.put(found)
    seq, leaf, _ = entry_of(trade, "effectiveness_check")
    trade.ledger.init("local/shop", operator="OP-X")
    said_by_it = None if word is None else msgspec.structs.replace(found, result="clean", quantity=None)
    reason: Any = "did_not_occur" if word is None else "incorrect_data"
    wrong = Correction(id="x", at=trade.now, site="X", log="local/test", seq=seq, leaf=leaf, reason=reason, replacement=said_by_it)
    trade.put(wrong, log="local/shop")
    assert [step.result for step in trade.case(case).steps if step.kind == "check"] == ["found"]
    by_record(trade, "effectiveness_check", result="clean", quantity=None)
    assert [step.result for step in trade.case(case).steps if step.kind == "check"] == ["clean"], "who opened the case does"


# -- relabellings approved by a case -------------------------------------------------------------------------------------------

MADE = "OP-X/NEW"
RELABEL: dict[str, Any] = {"site": "X", "kind": "relabel", "approved_by": "7"}


def relabelled(trade: World, quantity: int = 10) -> str:
    """Open a case of class 3 and relabel some of its goods by the command."""
    case = trade.open(LOT, level=3)
    trade.do(reselling.correct, case, "X", LOT, kg(quantity), MADE, approved_by="7", note="label")
    return case


def lines(taken: str, made: str, quantity: int) -> dict[str, Any]:
    return {"inputs": (Portion(taken, kg(quantity)),), "outputs": (Made(lot=made, quantity=kg(quantity)),)}


MORE: list[tuple[dict[str, Any], dict[str, str]]] = [
    (lines(LOT, MADE, 50), {"inputs.0.quantity": "50kg", "outputs.0.quantity": "50kg"}),
    ({"outputs": (Made(lot=MADE, quantity=kg(11)),)}, {"outputs.0.quantity": "11kg"}),
    (lines(LOT, "OP-X/B1", 10), {"outputs.0.lot": "OP-X/B1"}),
    (lines(OTHER, MADE, 10), {"inputs.0.lot": OTHER}),
    ({"approved_by": "9"}, {"approved_by": "9"}),
    ({"site": "Y"}, {"site": "Y"}),
]


@pytest.mark.parametrize(("changes", "typed"), MORE)
def test_no_correction_relabels_more_than_was_approved(trade: World, changes: dict[str, Any], typed: dict[str, str]) -> None:
    case = relabelled(trade)
    assert blocked(trade, MADE) == []
    with pytest.raises(Refused) as error:
        by_command(trade, "transformation", changes=typed)
    assert (error.value.code, blocked(trade, MADE)) == ("correction.of_case", [])
    by_record(trade, "transformation", **changes)
    made = changes["outputs"][0].lot if "outputs" in changes else MADE
    if "inputs" not in changes or changes["inputs"][0].lot == LOT:  # of K no case holds anything
        assert blocked(trade, made, changes.get("site", "X")) == [case]
    assert said(trade, case) == [("without_effect", 1)]


def test_a_relabelling_may_be_made_less_or_taken_back_and_does_not_come_back(trade: World) -> None:
    case = relabelled(trade)
    by_command(trade, "transformation", changes={"inputs.0.quantity": "8kg", "outputs.0.quantity": "8kg", "note": "label said so"})
    assert (blocked(trade, MADE), said(trade, case)) == ([], [])
    by_record(trade, "transformation", **lines(LOT, MADE, 10))
    assert blocked(trade, MADE) == [case], "of what was made less nothing comes back by a correction"
    by_command(trade, "transformation")
    with pytest.raises(Refused) as error:
        by_command(trade, "transformation", changes={"note": "after all"}, revive=True)
    assert error.value.code == "correction.of_case"


@pytest.mark.parametrize("before", ["repack", "own relabel"])
def test_no_correction_makes_a_relabelling_of_another_entry(trade: World, before: str) -> None:
    kind: Any = "repack" if before == "repack" else "relabel"
    trade.put(Transformation(id="pk", at=trade.now, site="X", kind=kind, **lines(LOT, MADE, 10)))
    case = trade.at(4).open(LOT, level=3)
    word: dict[str, Any] = {"kind": "relabel", "case": case, "approved_by": "7"}
    with pytest.raises(Refused) as error:
        by_command(trade, "transformation", changes=word)
    assert error.value.code == "correction.of_case"
    by_record(trade, "transformation", **word)
    refuses(trade, "transfer.recalled", goods.transfer, MADE, kg(1), "Z", source="X")
    assert said(trade, case) == [("without_effect", 1)]
    with trade.read() as session:
        assert [line.without_effect for line in overview(session, micros(trade.now))] == [1]


def test_a_relabelling_that_nobody_approved_lets_nothing_go_and_no_correction_mends_that(trade: World) -> None:
    case = trade.open(LOT, level=3)
    trade.put(Transformation(id="rl", at=trade.now, case=case, **RELABEL | {"approved_by": ""}, **lines(LOT, MADE, 10)))
    refuses(trade, "transfer.recalled", goods.transfer, MADE, kg(1), "Z", source="X")
    assert said(trade, case) == [("unanswered", 1)]
    with trade.read() as session:
        assert [line.unanswered for line in overview(session, micros(trade.now))] == [1]
    by_record(trade, "transformation", approved_by="7")
    assert blocked(trade, MADE) == [case]
    assert ("without_effect", 1) in said(trade, case)
