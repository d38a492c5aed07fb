"""The sample of the effectiveness checks: what a failed check asks for is drawn before a case closes, and anybody can draw it again."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from foodtrace.events import EffectivenessCheck, LotsClause, RecallWidened, Site, Transfer
from foodtrace.operations import cases, checks, disposal, notices
from foodtrace.recall import effectiveness
from foodtrace.recall.effectiveness import Due, due, in_force
from foodtrace.recall.facts import Step
from tests.recall.caselife import LOT, SEED, left, now
from tests.recall.casework import World, day, kg

SHOPS = [f"S{number:02d}" for number in range(1, 21)]


@pytest.fixture
def shops(empty: World) -> World:
    """L: P 200 kg, 10 to each of twenty shops."""
    empty.sites(P="farm", **dict.fromkeys(SHOPS, "shop")).born("L", "P", 200)
    for shop in SHOPS:
        empty.move(LOT, "P", shop, 10)
    return empty.at(1)


def opened(world: World) -> str:
    return world.open(LOT, sample=effectiveness.commit(SEED))


def undrawn(case: str, drawn: int) -> list[str]:
    """Return the shops that a draw of some leaves, in the order in which they would be drawn."""
    return list(effectiveness.draw(SEED, case, SHOPS, 20)[drawn:])


def again(world: World, case: str) -> checks.Redrawn:
    with world.read() as session:
        return checks.redraw(session, case)


def agrees(found: checks.Redrawn) -> bool:
    return found.seed_fits and (found.unexpected, found.missing, found.untold) == ((), (), ())


def found_at(world: World, case: str, shops: Sequence[str]) -> list[checks.Checked]:
    return [world.do(checks.check, case, shop, "found", lot=LOT, quantity=kg(4)) for shop in shops]


def test_the_larger_sample_that_failed_checks_ask_for_stands_open_until_it_is_drawn_and_visited(shops: World) -> None:
    """Both shops mend what was found: the others were believed to be reached just as much as they were."""
    case = opened(shops)
    shops.do(cases.publish, case)
    shops.do(notices.notify, case)
    for shop in SHOPS:
        shops.do(notices.acknowledge, case, shop, [(LOT, kg(10))])
        shops.do(disposal.dispose, "destroy", case, shop, LOT, None, witness="7", place="yard")
    first = shops.at(2).do(checks.sample, case, SEED, "C")
    assert (first.frame, first.size) == (20, 2)
    one, two = undrawn(case, 2)[-2:]
    told = found_at(shops.at(3), case, [one, two])
    assert [each.level for each in told] == ["B", "A"]
    assert all("widen_sample" in each.consequences for each in told)
    for shop in (one, two):
        shops.do(disposal.dispose, "destroy", case, shop, LOT, kg(4), witness="7", place="yard")
        shops.at(4).do(checks.check, case, shop, "clean")
    for shop, _ in first.new:
        shops.do(checks.check, case, shop, "clean")
    assert left(shops, case) == [("undrawn", "", 0)]
    said = now(shops, case)
    assert [(task.what, task.level, task.count) for task in said.today if task.what == "draw"] == [("draw", "A", 18)]
    assert (said.rates["R6"].numerator, said.rates["R6"].denominator) == (2, 2)
    assert (said.visits_beyond.sites, said.visits_beyond.clean) == (2, 2)
    drawn = shops.at(5).do(checks.sample, case, SEED)
    assert (drawn.level, drawn.size, len(drawn.new)) == ("A", 20, 18), "what was told is drawn, at once"
    assert {kind for kind, *_ in left(shops, case)} == {"unvisited"}
    assert len(left(shops, case)) == 16, "the two that were found clean were visited"
    assert (now(shops, case).rates["R6"].numerator, now(shops, case).rates["R6"].denominator) == (4, 20)
    assert agrees(again(shops, case))


def test_visits_beyond_the_draw_make_neither_the_sample_larger_nor_a_draw_untrue(shops: World) -> None:
    case = opened(shops)
    shops.do(checks.sample, case, SEED, "C")
    beyond = undrawn(case, 2)
    found_at(shops.at(2), case, beyond[:1])
    second = shops.at(3).do(checks.sample, case, SEED)
    assert (second.level, second.frame, second.size, len(second.new)) == ("B", 20, 6, 4), "who was visited is drawn as anybody is"
    found_at(shops.at(4), case, beyond[-1:])
    assert shops.at(5).do(checks.sample, case, SEED, "D").new == (), "a lower level adds nothing"
    assert shops.do(checks.sample, case, SEED).level == "A"
    assert again(shops, case).drawn == 20
    assert agrees(again(shops, case))


def test_a_draw_on_record_that_left_out_who_had_been_visited_is_no_false_one(shops: World) -> None:
    """As earlier versions recorded it: who had been visited was not recorded as drawn."""
    case = opened(shops)
    shops.do(checks.sample, case, SEED, "C")
    beyond = undrawn(case, 2)
    found_at(shops.at(2), case, beyond[:1])
    shops.at(3).put(*_draw(shops, case, beyond[1:], "A", "20-20"))
    found = again(shops, case)
    assert agrees(found)
    assert (found.drawn, found.agree, found.visited) == (19, 19, (beyond[0],))


def test_a_doctored_draw_is_found_although_a_later_one_took_everybody(shops: World) -> None:
    case = opened(shops)
    wanted = effectiveness.draw(SEED, case, SHOPS, 3)
    shops.put(*_draw(shops, case, [wanted[0], wanted[2]], "C", "20-2"))
    shops.at(2).do(checks.sample, case, SEED, "A")
    assert again(shops, case).unexpected == (wanted[2],)
    assert again(shops, case).missing == (wanted[1],)


def test_a_draw_of_fewer_than_its_level_is_found(shops: World) -> None:
    case = opened(shops)
    wanted = effectiveness.draw(SEED, case, SHOPS, 20)
    shops.put(*_draw(shops, case, wanted[:2], "A", "20-2"))
    assert again(shops, case).missing == tuple(sorted(wanted[2:]))


def test_what_came_on_record_after_a_draw_does_not_make_it_a_false_one(shops: World) -> None:
    """By the seed the new shop would have been drawn; nobody knew of it then."""
    case = opened(shops)
    shops.do(checks.sample, case, SEED, "C")
    first = effectiveness.draw(SEED, case, SHOPS, 1)[0]
    name = next(f"T{n}" for n in range(1000) if effectiveness.draw(SEED, case, [first, f"T{n}"], 1) == (f"T{n}",))
    shops.at(2).put(
        Site(id="new", at=shops.now, site=name, operator="OP-T", kind="shop", name=name),
        Transfer(id="late", at=day(0.5), site="P", to=name, lot=LOT, quantity=kg(10)),
    )
    assert agrees(again(shops, case))
    drawn = shops.do(checks.sample, case, SEED, "C")
    assert next(site for site, _ in drawn.new) == name
    assert agrees(again(shops, case))


def test_a_wider_scope_recorded_later_of_an_earlier_day_does_not_make_a_draw_a_false_one(shops: World) -> None:
    case = f"{shops.now.year}-0001"
    first = effectiveness.draw(SEED, case, SHOPS, 1)[0]
    name = next(f"T{n}" for n in range(1000) if effectiveness.draw(SEED, case, [first, f"T{n}"], 1) == (f"T{n}",))
    shops.sites(**{name: "shop"}).born("K", "P", 10).move("OP-P/K", "P", name, 10)
    assert opened(shops) == case
    shops.at(2).do(checks.sample, case, SEED, "C")
    shops.at(3).put(RecallWidened(id="wider", at=day(1.5), case=case, version=2, scope=(LotsClause(lots=("OP-P/K",)),), reason="x"))
    assert agrees(again(shops, case))


def test_a_draw_from_others_than_are_on_record_now_is_neither_proven_nor_accused(shops: World) -> None:
    case = opened(shops)
    wanted = effectiveness.draw(SEED, case, [shop for shop in SHOPS if shop != effectiveness.draw(SEED, case, SHOPS, 1)[0]], 2)
    shops.put(*_draw(shops, case, wanted, "C", "19-2"))
    found = again(shops, case)
    assert (found.unexpected, found.missing) == ((), ())
    assert set(found.untold) == {effectiveness.draw(SEED, case, SHOPS, 1)[0], wanted[1]}


def _draw(world: World, case: str, sites: Sequence[str], level: str, shape: str) -> list[EffectivenessCheck]:
    common = {"case": case, "level": level, "result": "drawn", "sample": shape, "seed": SEED.hex(), "at": world.now}
    return [EffectivenessCheck(id=world.name(), site=site, **common) for site in sites]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("story", "level", "more"),
    [
        ("1:drawn:C 1:clean:C", "C", None),
        ("9:found:A 1:drawn:C", "C", None),
        ("1:drawn:C 1:found:C", "B", 2),
        ("1:drawn:C 1:found:C 1:clean:C", "B", 2),
        ("1:drawn:C 1:found:C 1:not_notified:B", "B", 2),
        ("1:drawn:C 1:found:C 2:found:B", "A", 9),
        ("1:drawn:C 1:found:C 2:drawn:B 3:drawn:B", "B", None),
        ("1:drawn:C 1:found:C 2:drawn:B 3:drawn:B 1:found:C", "A", 7),
        ("1:drawn:C 1:found:C 2:drawn:D", "B", 1),
        ("1:drawn:C 1:closed:C", "C", None),
        ("1:drawn:A 1:found:A", "A", None),
        ("1:drawn:C 1:found:C 2:drawn:C 3:drawn:C", "B", None),
    ],
)
def test_the_level_in_force_and_how_many_are_to_be_drawn_still(story: str, level: str, more: int | None) -> None:
    """Of ten sites; each step a moment after the one before."""
    steps = [
        Step(kind="check", site=int(site), at=place, recorded=place, result=result, level=at)
        for place, (site, result, at) in enumerate(each.split(":") for each in story.split())
    ]
    assert in_force(steps, 99)[0] == level
    assert due(steps, 99, range(1, 11)) == (None if more is None else Due(level, more))  # type: ignore[arg-type]
    assert due(steps, -1, range(1, 11)) is None
