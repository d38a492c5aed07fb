"""When an answer was given: never before its notice, and by a clock that is right to the minute (RECALL sections 1 and 5)."""

from __future__ import annotations

import datetime as dt

import pytest

from foodtrace.errors import BadData
from foodtrace.events import Acknowledgement, Notice
from foodtrace.intake.lists import ListRow
from foodtrace.operations import cases, notices
from foodtrace.operations.answersfile import collect
from foodtrace.operations.common import Doing
from foodtrace.operations.corrections import correct
from foodtrace.recall.cases import case_events
from tests.recall.caselife import LOT, refuses
from tests.recall.casework import World, day, kg

NOTICED = day(4)
"""9:00; the case is open since the day before."""


@pytest.fixture
def told(world: World) -> tuple[World, str]:
    """X, Y and W have their notices."""
    case = world.open(LOT)
    world.at(4).do(notices.notify, case)
    return world.at(5), case


def row(number: int, time: str, site: str = "X", **more: str) -> ListRow:
    return ListRow(number, {"site": site, "lot": LOT, "quantity": "20 kg", "time": time, **more})


def given(world: World, case: str) -> list[tuple[str, dt.datetime]]:
    """Return the sites that answered, each with when it did."""
    with world.read() as session:
        return [(event.site, event.at) for _, event, _ in case_events(session, case) if isinstance(event, Acknowledgement)]


def sent(world: World, case: str, site: str) -> list[Notice]:
    with world.read() as session:
        return [event for _, event, _ in case_events(session, case) if isinstance(event, Notice) and event.to == site]


def test_an_answer_of_before_its_notice_is_refused_and_says_what_to_do(told: tuple[World, str]) -> None:
    world, case = told
    found = world.do(collect, case, [row(2, "2026-03-06 08:55"), row(3, "2026-03-06 09:05", "Y")], skip_bad=True)
    (fault,) = found.faults
    assert (fault.row, fault.column, fault.value, fault.error.code) == (2, "time", "2026-03-06 08:55", "case.before_notice")
    assert (fault.error.value, fault.error.expected) == ("2026-03-06T08:55+08:00", "2026-03-06T09:00+08:00")
    assert fault.error.message("en") == "the answer of X-name is dated 2026-03-06T08:55+08:00, before its notice (2026-03-06T09:00+08:00)"
    assert fault.error.message("zh") == "X-name 的回执时间 2026-03-06T08:55+08:00 早于给它的通知 2026-03-06T09:00+08:00"
    (notice,) = sent(world, case, "X")
    for lang in ("zh", "en"):
        assert "2026-03-06T09:00:00+08:00" in fault.error.hint(lang), "how a time is written there"
        assert f"foodtrace correct {notice.id} --set delivered=" in fault.error.hint(lang)
    assert [site for site, _ in given(world, case)] == ["Y"]


def test_one_answer_is_held_to_the_same(told: tuple[World, str]) -> None:
    """A notice that another machine dated ten minutes ahead of ours: one of the two clocks is wrong."""
    world, case = told
    ahead = world.now + dt.timedelta(minutes=10)
    world.put(Notice(id="ahead", at=ahead, case=case, to="Z", lots=(LOT,)))
    error = refuses(world, "case.before_notice", notices.acknowledge, case, "Z", [(LOT, kg(1))])
    assert isinstance(error, BadData)
    world.now = ahead - dt.timedelta(minutes=1)
    assert world.do(notices.acknowledge, case, "Z", [(LOT, kg(1))]).notice == "ahead"


@pytest.mark.parametrize(
    ("time", "dated"),
    [
        ("2026-03-06 08:58", NOTICED),
        ("2026-03-06 09:00", NOTICED),
        ("2026-03-06 09:01", NOTICED + dt.timedelta(minutes=1)),
        ("2026-03-06", NOTICED),
        ("2026-03-07", day(5).replace(hour=0)),
        ("", day(5)),
    ],
)
def test_two_minutes_are_the_clocks_and_a_date_alone_is_its_whole_day(told: tuple[World, str], time: str, dated: dt.datetime) -> None:
    """It is dated as early as its word allows, never before the notice, so that it answers what the notice asked."""
    world, case = told
    found = world.do(collect, case, [row(2, time)])
    assert (found.faults, given(world, case)) == ((), [("X", dated)])
    if time:
        assert world.at(9).do(collect, case, [row(2, time)]).known == 1, "the same file again"


@pytest.mark.parametrize(
    ("time", "code"), [("2026-03-06 08:57", "case.before_notice"), ("2026-03-05", "case.before_notice"), ("2026-03-04", "case.not_yet")]
)
def test_more_than_the_clocks_or_the_day_before_is_too_early(told: tuple[World, str], time: str, code: str) -> None:
    world, case = told
    assert [each.error.code for each in world.do(collect, case, [row(2, time)]).faults] == [code]


def test_the_day_of_the_opening_is_no_day_before_it(world: World) -> None:
    """A call, before any notice went out."""
    case = world.open(LOT)
    assert world.at(4).do(collect, case, [row(2, "2026-03-05")]).new == 1
    assert given(world, case) == [("X", day(3))]


def test_what_was_handed_over_before_it_was_written_down_counts_from_then(told: tuple[World, str]) -> None:
    world, case = told
    (notice,) = sent(world, case, "X")
    early = row(2, "2026-03-06 07:30")
    assert world.do(collect, case, [early]).faults
    world.ledger.act(
        lambda session: correct(session, Doing(now=world.now), 1, notice.id, changes={"delivered": "2026-03-06T07:00:00+08:00"})
    )
    assert world.do(collect, case, [early]).new == 1
    assert given(world, case) == [("X", dt.datetime.fromisoformat("2026-03-06T07:30+08:00"))]
    fault = world.do(collect, case, [row(2, "2026-03-06 06:30", quantity="1 kg")]).faults[0]
    assert fault.error.expected == "2026-03-06T07:00+08:00"


def test_a_notice_that_took_a_day_to_come_may_be_answered_since_it_was_sent(world: World) -> None:
    """Somebody read it out on the phone; which of the two times is wrong we do not know."""
    case = world.open(LOT)
    world.at(4).put(Notice(id="slow", at=world.now, delivered=day(5), case=case, to="X", lots=(LOT,)))
    assert world.at(6).do(collect, case, [row(2, "2026-03-06 12:00")]).new == 1


def test_a_reminder_does_not_move_the_first_notice_but_its_code_is_of_its_own_day(told: tuple[World, str]) -> None:
    world, case = told
    first = sent(world, case, "X")[0]
    again = next(each for each in world.do(notices.notify, case, which="all").notices if each.party.site == "X")
    between, world = row(2, "2026-03-06 12:00"), world.at(6)
    coded = ListRow(3, {**between.cells, "site": "", "code": again.text})
    assert [each.error.code for each in world.do(collect, case, [coded]).faults] == ["case.before_notice"]
    assert world.do(collect, case, [between]).new == 1
    with world.read() as session:
        (answer,) = (event for _, event, _ in case_events(session, case) if isinstance(event, Acknowledgement))
    assert answer.notice == first.id, "not the reminder, which nobody had sent by then"


def test_every_row_says_when_and_the_last_counts(told: tuple[World, str]) -> None:
    world, case = told
    world.born("K", "P", 50).move("OP-P/K", "P", "X", 20)
    world.do(cases.widen, case, ["OP-P/K"], reason="the same vat")
    rows = [row(2, "2026-03-06 10:00"), row(3, "2026-03-06 08:00", lot="K"), row(4, "lots", lot="M")]
    found = world.do(collect, case, rows)
    assert [(each.row, each.column, each.error.code) for each in found.faults] == [
        (3, "time", "case.before_notice"),
        (4, "time", "record.time"),
        (4, "lot", "lot.not_found"),
    ]
    later = world.at(6).do(collect, case, [rows[0], row(3, "2026-03-07 08:00", lot="K"), row(4, "2026-03-09", "Y")], skip_bad=True)
    assert [(each.row, each.error.code) for each in later.faults] == [(4, "case.later_than_now")]
    assert given(world, case) == [("X", dt.datetime.fromisoformat("2026-03-07T08:00+08:00"))]


def test_a_day_ends_before_a_notice_sent_just_after_midnight(told: tuple[World, str]) -> None:
    world, case = told
    world.now = day(7).replace(hour=0, minute=3)
    world.put(Notice(id="night", at=world.now, case=case, to="Z", lots=(LOT,)))
    world.at(8)
    assert [each.error.code for each in world.do(collect, case, [row(2, "2026-03-08", "Z")]).faults] == ["case.before_notice"]
