"""Destroyed otherwise than planned or reported: taken as a fact, and said: what was reported of it, and what was not."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from foodtrace.events import Correction, Destroyed, DestructionPlanned
from foodtrace.operations import destruction, disposal
from foodtrace.operations.asplanned import covered
from foodtrace.recall.cases import case_events
from tests.recall.caselife import LOT, now
from tests.recall.casework import World, day, kg


def planned(world: World, quantity: int = 40, due: float = 5, **more: Any) -> str:
    case = world.open(LOT)
    more = {"place": "pit 3", "witness": "W-7"} | more
    world.do(destruction.plan_destruction, case, "X", LOT, kg(quantity), due=day(due), **more)
    world.at(3.5).do(destruction.report_destruction, case, "X", doc="R-1")
    return case


def destroy(world: World, case: str, quantity: int = 40, /, **more: Any) -> list[Destroyed]:
    done: list[Destroyed] = world.do(disposal.dispose, "destroy", case, "X", LOT, kg(quantity), **({"witness": "W-7"} | more))
    return done


def said(world: World, case: str) -> list[tuple[int, tuple[str, ...], bool]]:
    """Return (quantity, how it differs, whether it was reported) of each destruction."""
    steps = [step for site in now(world, case).sites for step in site.steps if step.kind == "destroyed"]
    return [(step.quantity or 0, step.otherwise.differs if step.otherwise else (), bool(step.reported)) for step in steps]


def test_as_reported_it_is_reported_and_nothing_more_is_said(world: World) -> None:
    case = planned(world)
    (done,) = destroy(world.at(5.1), case, place="Pit 3 ")
    assert (done.reported, done.quantity) == (day(3.5), kg(40))
    assert said(world, case) == [(40_000, (), True)]
    assert "otherwise" not in {each.kind for each in now(world, case).remarks}


def test_what_is_beyond_the_reported_quantity_is_a_record_of_its_own_that_nobody_reported(world: World) -> None:
    case = planned(world)
    first, more = destroy(world.at(5.1), case, 55)
    assert (first.quantity, first.reported, first.place) == (kg(40), day(3.5), "pit 3")
    assert (more.quantity, more.reported, more.place, more.plan) == (kg(15), None, "pit 3", first.plan)
    assert said(world, case) == [(40_000, (), True), (15_000, ("more",), False)]
    remarks = {each.kind: (each.count, each.sites) for each in now(world, case).remarks}
    assert (remarks["unreported"], remarks["otherwise"]) == ((1, ("X",)), (1, ("X",)))


@pytest.mark.parametrize(
    ("at", "more", "differs", "reported"),
    [
        (5.1, {"place": "pit 4"}, ("place",), False),
        (4.9, {}, ("earlier",), False),
        (6.1, {}, ("later",), True),
        (5.1, {"witness": "W-8"}, ("witness",), True),
        (5.1, {"witness": ""}, ("witness",), True),
        (5.1, {"method": "rendered_harmless"}, ("method",), True),
        (4.0, {"place": "pit 4", "witness": "W-8"}, ("place", "earlier", "witness"), False),
    ],
)
def test_elsewhere_or_earlier_it_was_not_so_reported_and_all_else_is_said(
    world: World, at: float, more: dict[str, Any], differs: tuple[str, ...], reported: bool
) -> None:
    case = planned(world)
    (done,) = destroy(world.at(at), case, 40, **more)
    assert (done.reported is not None) == reported == covered(differs)  # type: ignore[arg-type]
    assert said(world, case) == [(40_000, differs, reported)]
    (step,) = [step for site in now(world, case).sites for step in site.steps if step.kind == "destroyed"]
    assert step.otherwise is not None
    for lang, word in (("en", "reported 2026-03-05 21:00 R-1 was 40.0 kg, pit 3, 2026-03-07 09:00"), ("zh", "pit 3")):
        assert word in step.otherwise.words(lang)  # type: ignore[arg-type]


def test_somebody_who_says_that_it_was_reported_is_believed_and_the_difference_stands(world: World) -> None:
    case = planned(world)
    (done,) = destroy(world.at(4.9), case, 55, reported=day(4), place="pit 4")
    assert (done.reported, done.quantity) == (day(4), kg(55))
    assert said(world, case) == [(55_000, ("more", "place", "earlier"), True)]


def test_two_plans_are_carried_out_each_by_a_record_of_its_own(world: World) -> None:
    case = planned(world, 20)
    world.do(destruction.plan_destruction, case, "X", LOT, kg(20), due=day(6), place="pit 3")
    first, second = destroy(world.at(5.1), case, 41)
    assert [(each.quantity, each.reported is not None) for each in (first, second)] == [(kg(20), True), (kg(21), False)]
    assert said(world, case) == [(20_000, (), True), (21_000, ("more", "earlier"), False)]
    assert all(plan.done for plan in world.case(case).planned)


def test_a_record_from_elsewhere_that_claims_a_report_for_more_is_told_as_what_it_is(world: World) -> None:
    """As earlier versions recorded it: the report of 40 kg stood for all of them."""
    case = planned(world)
    plan = world.case(case).planned[0]
    more = {"case": case, "witness": "W-7", "place": "pit 4", "reported": day(3.5), "plan": plan.id}
    world.at(4.9).put(Destroyed(id="d", at=world.now, site="X", lot=LOT, quantity=kg(50), **more))  # type: ignore[arg-type]
    assert said(world, case) == [(50_000, ("more", "place", "earlier"), True)]
    (step,) = [step for site in now(world, case).sites for step in site.steps if step.kind == "destroyed"]
    assert step.otherwise is not None
    assert (step.otherwise.over, step.otherwise.quantity) == (10_000, 40_000)


def test_plan_report_and_calling_off_are_steps(world: World) -> None:
    case = planned(world)
    world.at(3.6).do(destruction.call_off, case, "X")
    world.at(3.7).do(destruction.plan_destruction, case, "X", LOT, kg(10), due=day(6), place="pit 5", reported=True, doc="R-2")
    steps = [
        (step.kind, step.quantity, step.place, step.due[:10], step.doc, step.witness)
        for site in now(world, case).sites
        for step in site.steps
    ]
    assert steps == [
        ("plan", 40_000, "pit 3", "2026-03-07", "", "W-7"),
        ("report", 40_000, "pit 3", "2026-03-07", "R-1", "W-7"),
        ("call_off", 40_000, "pit 3", "2026-03-07", "", "W-7"),
        ("plan", 10_000, "pit 5", "2026-03-08", "", ""),
        ("report", 10_000, "pit 5", "2026-03-08", "R-2", ""),
    ]


def counted(world: World, case: str) -> dict[str, int]:
    return {each.kind: each.count for each in now(world, case).remarks if each.kind in ("unreported", "otherwise", "unwitnessed")}


def test_one_act_told_in_two_records_is_as_planned_as_far_as_the_plan_goes(world: World) -> None:
    case = planned(world, 40)
    (first,) = destroy(world.at(5.1), case, 25)
    (plan,) = world.case(case).planned
    assert (plan.left, plan.done) == (15_000, False)
    (late,) = [task for task in now(world, case).late if task.what == "destroy"]
    assert (late.quantity, late.goods[0].quantity) == (15_000, 15_000), "the rest is planned still"
    second, beyond = destroy(world.at(5.2), case, 20)
    assert [(each.quantity, each.reported, each.plan) for each in (first, second, beyond)] == [
        (kg(25), day(3.5), plan.id),
        (kg(15), day(3.5), plan.id),
        (kg(5), None, plan.id),
    ]
    assert said(world, case) == [(25_000, (), True), (15_000, (), True), (5_000, ("more",), False)]
    assert world.case(case).planned[0].done
    assert counted(world, case) == {"unreported": 1, "otherwise": 1}


def test_what_was_done_otherwise_in_two_records_is_counted_once(world: World) -> None:
    case = planned(world, 40)
    destroy(world.at(5.1), case, 25, place="pit 4", witness="")
    destroy(world.at(5.2), case, 15, place="pit 4", witness="")
    assert said(world, case) == [(25_000, ("place", "witness"), False), (15_000, ("place", "witness"), False)]
    assert counted(world, case) == {"unreported": 1, "otherwise": 1, "unwitnessed": 1}
    destroy(world.at(5.3), case, 5)
    destroy(world.at(5.4), case, 5)
    assert counted(world, case) == {"unreported": 3, "otherwise": 1, "unwitnessed": 1}, (
        "nobody planned these, and each is an act of its own"
    )


@pytest.mark.parametrize("how", ["as reported", "said only now", "the plan was corrected", "the report was corrected", "recorded later"])
def test_a_report_that_came_on_record_only_after_the_destruction_is_told_as_that(world: World, how: str) -> None:
    if how in ("as reported", "the plan was corrected"):
        case = planned(world)
        destroy(world.at(5.1), case, place="pit 3" if how == "as reported" else "pit 4")
    else:
        case = world.open(LOT)
        destroy(world.at(5.1), case, place="pit 3", **({"reported": day(4)} if how == "said only now" else {}))
    (done,) = [step for site in now(world, case).sites for step in site.steps if step.kind == "destroyed"]
    if how == "the plan was corrected":
        corrected(world, now(world, case).sites[0].steps[1].entry, place="pit 4")
    if how in ("the plan was corrected", "the report was corrected"):
        corrected(world, done.entry, reported=day(3.5))
    if how == "recorded later":
        word = {"case": case, "site": "X", "lot": LOT, "quantity": kg(40), "place": "pit 3", "reported": day(4)}
        world.at(6).put(DestructionPlanned(id="p", at=day(4), due=day(5), **word))  # type: ignore[arg-type]
        world.put(Destroyed(id="d", at=day(5.1), plan="p", **word))  # type: ignore[arg-type]
    told = {each.kind: each.count for each in now(world, case).remarks}
    assert told.get("reported_after", 0) == (how != "as reported")


def corrected(world: World, entry: str, **more: Any) -> None:
    seq = int(entry.rpartition("#")[2])
    with world.read() as session:
        (leaf,) = session.row("SELECT leaf FROM entry WHERE seq = ?", (seq,)) or (b"",)
        (event,) = [event for _, event, (_, at) in case_events(session, "2026-0001") if at == seq]
    word = msgspec.structs.replace(event, **more)
    world.at(6).put(
        Correction(id=world.name(), at=world.now, seq=seq, leaf=bytes(leaf).hex(), reason="incorrect_data", replacement=word)  # type: ignore[arg-type]
    )


def test_the_rest_of_an_older_plan_takes_nothing_of_what_was_reported_for_today(world: World) -> None:
    case = world.open(LOT)
    world.do(destruction.plan_destruction, case, "X", LOT, kg(40), due=day(5), place="pit 3")
    destroy(world.at(5.1), case, 25)
    world.at(6).do(destruction.plan_destruction, case, "X", LOT, kg(20), due=day(7), place="pit 3")
    (reported,) = world.do(destruction.report_destruction, case, "X")
    assert reported.quantity == kg(20), "the rest of the older plan is past, and keeps nobody from reporting this one"
    (done,) = destroy(world.at(7.1), case, 20)
    assert (done.reported, done.plan) == (day(6), reported.id)
    (late,) = destroy(world.at(7.2), case, 15)
    assert late.reported is None


def test_what_is_left_of_a_plan_is_reported_and_called_off(world: World) -> None:
    case = world.open(LOT)
    world.do(destruction.plan_destruction, case, "X", LOT, kg(40), due=day(5), place="pit 3")
    destroy(world.at(3.2), case, 10)
    (reported,) = world.at(3.5).do(destruction.report_destruction, case, "X", doc="R-1")
    assert reported.quantity == kg(30)
    destroy(world.at(5.1), case, 20)
    (called,) = world.at(5.2).do(destruction.call_off, case, "X")
    assert called.quantity == kg(10)
    assert said(world, case) == [(10_000, ("earlier",), False), (20_000, (), True)]
