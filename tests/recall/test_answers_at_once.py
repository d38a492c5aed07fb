"""Many answers in one file: the case is read once for all of them, and what each may say does not depend on the others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from foodtrace.errors import FoodtraceError
from foodtrace.events import Acknowledgement, Returned, Transfer
from foodtrace.graph.edges import micros
from foodtrace.intake.lists import ListRow
from foodtrace.operations import cases, notices
from foodtrace.operations.answersfile import Collected, collect
from foodtrace.operations.receipts import Receipts
from foodtrace.recall.cases import case_events
from tests.recall.caselife import LOT, refuses
from tests.recall.casework import World, day, kg
from tests.recall.steps import steps

SHOPS = 40


def _row(number: int, site: str, **more: str) -> ListRow:
    return ListRow(number, {"site": site, "lot": LOT, "quantity": "1 kg", **more})


def _many(folder: Path) -> tuple[World, str]:
    """Return a case of so many shops, all of them notified."""
    world = World(f"sqlite:///{folder}/x.db", folder / "keys")
    world.sites(P="farm", **{f"S{n}": "shop" for n in range(SHOPS)}).born("L", "P", 1000).at(1)
    for n in range(SHOPS):
        world.move(LOT, "P", f"S{n}", 2)
    case = world.at(2).open(LOT)
    world.do(notices.notify, case)
    return world.at(3), case


def _steps(world: World, case: str, rows: list[ListRow]) -> int:
    """Return what it costs to take rows in."""
    ran, found = steps(world.ledger, lambda: world.do(collect, case, rows))
    assert found.new == len(rows)
    return ran


@pytest.mark.parametrize("by", ["site", "code", "letters"])
def test_a_file_reads_its_case_once_however_many_sites_answer(tmp_path: Path, by: str) -> None:
    world, case = _many(tmp_path)
    sent = {each.event.to: each for each in _sent(world, case)}
    places = [f"S{n}" for n in range(SHOPS)]
    named: dict[str, Callable[[str], dict[str, str]]] = {
        "site": lambda place: {"site": place},
        "code": lambda place: {"code": sent[place].text},
        "letters": lambda place: {"code": sent[place].code},
    }
    rows = [ListRow(number, {"lot": LOT, "quantity": "1 kg", **named[by](place)}) for number, place in enumerate(places, 2)]
    one, rest = _steps(world, case, rows[:1]), _steps(world, case, rows[1:])
    world.ledger.close()
    assert rest < 5 * one, "read again for every row it is some forty times as much"


def test_a_list_may_name_what_the_case_took_in_after_the_answer_was_given(world: World) -> None:
    world.born("K", "P", 50).move("OP-P/K", "P", "X", 20)
    case = world.open(LOT)
    world.do(notices.notify, case)
    world.at(4).do(cases.widen, case, ["OP-P/K"], reason="the same vat")
    found = world.at(5).do(collect, case, [_row(2, "X", lot="K", quantity="7 kg", time="2026-03-05 12:00")])
    assert (found.new, found.faults) == (1, ())
    held = {step.site: [q for _, _, q in step.on_hand] for step in world.case(case).steps if step.kind == "acknowledgement"}
    assert list(held.values()) == [[7_000]]


def test_nobody_answers_before_the_case_was_opened(world: World) -> None:
    case = world.open(LOT)
    found: Collected = world.at(4).do(collect, case, [_row(2, "X", time="2026-03-04 12:00"), _row(3, "Y", time="2026-03-05 12:00")])
    assert [(fault.row, fault.error.code) for fault in found.faults] == [(2, "case.not_yet")]
    assert found.faults[0].error.expected == day(3).isoformat(timespec="minutes")


def test_a_narrowed_case_still_hears_of_what_it_left_out(world: World) -> None:
    """What a narrower scope left out was notified, and is held until it is cleared."""
    world.born("K", "P", 50).move("OP-P/K", "P", "X", 20)
    case = world.open(LOT, "OP-P/K")
    world.do(notices.notify, case)
    world.at(4).do(cases.narrow, case, [LOT], reason="the other vat is clean", approved_by="9")
    found = world.do(collect, case, [_row(2, "X", lot="K", quantity="3 kg"), _row(3, "Y", lot="L", quantity="3 kg")])
    assert found.new == 2
    refuses(world, "case.not_affected", notices.acknowledge, case, "F", [])


def test_letters_mean_the_notice_whose_entry_says_so(world: World) -> None:
    """What is kept beside the log can be changed by anybody who can write there; the commitment cannot."""
    case = world.open(LOT)
    sent = {each.party.site: each for each in world.do(notices.notify, case).notices}
    x, y = sent["X"].code, sent["Y"].code
    with world.ledger.store.write() as session:
        session.run("UPDATE personal SET value = ? WHERE value = ?", (y, x))
    with world.read() as session:
        codes = Receipts(session)
        assert codes.notice(x).to == "X"
        assert codes.notice(y).to == "Y"
        with pytest.raises(FoodtraceError) as error:
            codes.notice("AAAAAAAAA2")
    assert error.value.code == "case.receipt_unknown"


def test_sites_of_one_file_are_answered_for_each_by_its_own(world: World) -> None:
    world.put(Transfer(id="more", at=world.now, site="W", to="Y", lot=LOT, quantity=kg(4)))
    world.put(Returned(id="back", at=world.now, site="X", to="P", lot=LOT, quantity=kg(10), case=world.open(LOT)))
    case = "2026-0001"
    world.at(4).do(notices.notify, case)
    rows = [_row(2, "X", quantity="49 kg"), _row(3, "Y", quantity="34 kg"), _row(4, "W", quantity="5 piece")]
    found = world.do(collect, case, rows, skip_bad=True)
    assert (found.new, [(each.row, each.error.code) for each in found.faults]) == (2, [(4, "quantity.unit_differs")])
    told = {each.event.to: each.event.id for each in _sent(world, case)}
    with world.read() as session:
        events = [event for _, event, _ in case_events(session, case) if isinstance(event, Acknowledgement)]
    assert {event.site: event.notice for event in events} == {site: told[site] for site in ("X", "Y")}


def _sent(world: World, case: str) -> tuple[notices.Sent, ...]:
    with world.read() as session:
        return notices.sent_before(session, micros(world.now), case).notices
