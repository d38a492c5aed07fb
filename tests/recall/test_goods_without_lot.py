"""Goods that a mixed stall sent on without lot: every door of a case knows them by the name its recall lists them by, and it can close."""

from __future__ import annotations

import pytest

from foodtrace.errors import FoodtraceError
from foodtrace.events import Transfer
from foodtrace.graph.edges import micros
from foodtrace.operations import cases, closing, disposal, goods, notices, reselling
from foodtrace.operations.reconciling import reconcile
from foodtrace.operations.scopes import Given, clauses_of
from foodtrace.operations.trace import trace
from foodtrace.recall.answer import Answer, recall
from foodtrace.recall.cases import load_case
from foodtrace.recall.grouping import sketch
from tests.recall.casework import World, kg
from tests.recall.shapesonrecord import NOW, Told, lot_id, recorded

LOT = "OP-P/M"


@pytest.fixture
def told(world: World) -> tuple[World, str, str]:
    """P's 40 kg and Q's 60 kg lie at W, which sends 50 kg to Z without lot; Z has its notice. With the name of those goods."""
    world.at(3).born("M", "P", 40, product="韭菜").born("N", "Q", 60, product="韭菜")
    world.at(4).move(LOT, "P", "W", 40).move("OP-Q/N", "Q", "W", 60)
    world.at(5).put(Transfer(id="n", at=world.now, site="W", to="Z", product="韭菜", quantity=kg(50)))
    case = world.at(6).open(LOT)
    world.do(notices.notify, case)
    world.at(7)
    (name,) = {lot for row in answer(world, case).outlets for lot in row.lots if lot.startswith("?")}
    return world, case, name


def answer(world: World, case: str, *, plain: bool = False) -> Answer:
    with world.read() as session:
        state = load_case(session, case, until=micros(world.now))
        return recall(session, (), now=micros(world.now), case=state, plain=plain)


def there(world: World, case: str) -> tuple[int | None, int, int, int]:
    """Return what Z has of them, sealed, sent back and destroyed, which both ways of asking agree on."""
    both = [answer(world, case, plain=plain) for plain in (False, True)]
    assert both[0].outlets == both[1].outlets
    assert both[0].without_lot == both[1].without_lot
    (row,) = both[0].outlets
    (amount,) = row.amounts
    assert next(each.quantity for each in both[0].without_lot if each.site == "Z") == amount.likely
    return amount.on_hand, amount.sealed, amount.returned, amount.destroyed


def conditions(world: World, case: str) -> list[str]:
    with world.read() as session:
        found = closing.conditions(session, micros(world.now), load_case(session, case, until=micros(world.now)))
    return [f"{each.kind} {each.site}" for each in found]


def refused(world: World, operation: object, *given: object, **more: object) -> str:
    with pytest.raises(FoodtraceError) as caught:
        world.do(operation, *given, **more)  # type: ignore[arg-type]
    assert "regex" not in str(caught.value)
    return caught.value.code


def test_what_is_listed_as_possible_is_held_and_never_told_to_be_free(told: tuple[World, str, str]) -> None:
    world, case, name = told
    assert refused(world, reselling.restock, "Z", name, None) == "transfer.recall_possible"
    assert refused(world, goods.transfer, name, kg(1), "Y", source="Z") == "transfer.recall_possible"
    assert [(each.asked, each.lot, each.case) for each in world.refusals()] == [("restock", name, case), ("transfer", name, case)]
    assert "free Z" in conditions(world, case)


def test_sealed_sent_back_and_destroyed_without_naming_them_and_the_case_closes(told: tuple[World, str, str]) -> None:
    world, case, name = told
    world.keeping("X", "Y", "Z")
    (sealed,) = world.do(disposal.dispose, "seal", case, "Z", None, None)
    assert (sealed.lot, sealed.quantity) == (name, kg(50))
    assert there(world, case)[1] == 50_000
    assert "sealed Z" in conditions(world, case)
    world.do(disposal.dispose, "return", case, "Z", name, kg(20), to="P")
    assert there(world, case)[1:3] == (30_000, 20_000)
    world.do(disposal.dispose, "destroy", case, "Z", None, None)
    assert there(world, case)[1:] == (0, 20_000, 30_000)
    assert "undisposed P" in conditions(world, case)
    world.do(disposal.dispose, "destroy", case, "P", name, kg(20))
    assert not any(each.endswith((" Z", " P")) and each.split()[0] != "silent" for each in conditions(world, case))


def test_the_shops_own_word_counts_for_them(told: tuple[World, str, str]) -> None:
    world, case, name = told
    world.do(notices.acknowledge, case, "Z", [(name, kg(12))])
    assert there(world, case)[0] == 12_000
    world.do(notices.acknowledge, case, "Z", [], nothing=True)
    assert there(world, case)[0] == 0
    assert not any(each.endswith(" Z") for each in conditions(world, case))


def test_cleared_by_name_they_are_free_but_are_not_sent_on_under_it(told: tuple[World, str, str]) -> None:
    world, case, name = told
    world.do(cases.clear, case, [name], "检测合格", "5")
    assert world.do(reselling.restock, "Z", name, None) == name
    assert refused(world, goods.transfer, name, kg(1), "Y", source="Z") == "transfer.without_lot"
    assert "free Z" not in conditions(world, case)


def test_goods_of_another_case_stay_no_matter_of_this_one(told: tuple[World, str, str]) -> None:
    world, case, name = told
    world.born("O", "P", 10, product="白菜")
    other = world.open("OP-P/O")
    assert refused(world, disposal.dispose, "seal", other, "Z", name, kg(1)) == "case.not_affected"
    assert refused(world, cases.clear, other, [name], "x", "5") == "case.not_affected"
    assert case != other


def test_they_stand_in_the_order_they_were_recorded_in_whatever_their_numbers_are() -> None:
    # The log has ten entries before long: by text, #10 stands before #9.
    made: list[tuple] = [("birth", "L", "P", 90, 0, "instant")]
    made += [("unnamed", f"?{n}", "", "P", "WX"[n % 2], 4, 6, "instant", None) for n in range(8)]
    made.append(("unnamed", "?9", "", "W", "X", 4, 12, "instant", None))
    found: dict[str, list[str]] = {}
    with recorded(Told(made, dict.fromkeys("LKMN", ""))) as ledger, ledger.reading() as session:
        slow, quick = (recall(session, lot_id("L"), now=micros(NOW), bounds=True, plain=plain) for plain in (False, True))
        assert slow == quick
        drawn, chain = trace(session, lot_id("L"), now=micros(NOW))
        found["affected"] = list(slow.affected_lots)
        found |= {f"at {row.site}": list(row.lots) for row in (*slow.outlets, *slow.others)}
        found |= {f"bounds {each.site}": [line.lot for line in each.holdings] for each in slow.bounds or ()}
        found["without lot"] = [each.goods for each in slow.without_lot if each.site == "X" and each.quantity == 4]
        found["books"] = [each.lot for each in reconcile(session, now=micros(NOW)).open if each.kind == "lot_missing"]
        found["places"] = [each.lot for each in drawn.places if each.site == "X"]
        found["arrows"] = [drawn.places[each.to].lot for each in drawn.arrows if drawn.places[each.source].lot == lot_id("L")]
        found["picture"] = [box.place.lot for box in sketch(chain).boxes if box.place.site == "W"]
    numbers = {what: [int(lot.rpartition("#")[2]) for lot in lots if lot.startswith("?")] for what, lots in found.items()}
    assert {len(str(number)) for number in numbers["affected"]} == {1, 2}
    assert all(len(each) > 1 for what, each in numbers.items() if what not in {"at P", "bounds P"}), numbers
    assert numbers == {what: sorted(each) for what, each in numbers.items()}


def test_a_rule_means_goods_without_lot_of_its_product_at_every_door(empty: World) -> None:
    """W bought celery on no record and sold it without lot; another lot of celery went elsewhere. No answer may pass over who got it."""
    world, rule = empty.sites(), Given(product="芹菜")
    world.at(3).put(*(Transfer(id=f"n{to}", at=world.now, site="W", to=to, product=word, quantity=kg(5)) for to, word in SOLD.items()))
    assert places(world, rule) == {"Y": "possible", "Z": "possible"}, "with nothing else on record"
    world.born("M", "P", 40).move(LOT, "P", "X", 40)
    assert places(world, rule) == {"X": "confirmed", "Y": "possible", "Z": "possible"}
    assert places(world, Given(product="白菜")) == {"Z": "possible"}
    assert places(world, Given(producer="OP-P", product="芹菜")) == {"X": "confirmed", "Y": "possible", "Z": "possible"}
    case = world.at(6).open(scope=rule)
    assert world.case(case).operator == "OP-P", "goods without lot say nothing of who made them"
    found = answer(world, case)
    missing = [
        (each.kind, each.site, each.value, each.reason) for each in found.untraced if each.kind in ("lot_missing", "destination_missing")
    ]
    assert sorted(missing) == [("destination_missing", "W", 5_000, ""), *[("lot_missing", "W", 5_000, "")] * 3]
    assert [(each.site, each.least, each.most) for each in found.without_lot] == [("Y", 5_000, 5_000), ("Z", 0, 5_000)]
    assert world.do(notices.notify, case).outlets == 3
    for row in found.outlets[1:]:
        assert refused(world, reselling.restock, row.site, row.lots[0], None) == "transfer.recall_possible"


SOLD = {"Y": "芹菜 (散)", "Z": "", "X": "韭菜", "": "芹菜"}
"""To whom W sold without lot, and as what."""


def places(world: World, scope: Given) -> dict[str, str]:
    """Return every outlet of a rule and how sure it is, the same from rows and from the engine for everything."""
    with world.read() as session:
        clauses = clauses_of(session, scope, world.now)
        quick, full = (recall(session, (), now=micros(world.now), scope=clauses, plain=plain) for plain in (True, False))
    assert quick == full
    return {row.site: row.link for row in full.outlets}
