"""The chain of goods: back in time exactly as far as the records go, forward what is affected, small enough to be read."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from foodtrace.graph.flows import ALWAYS, BIRTHS, NEVER
from foodtrace.graph.walk import KNOT, reach
from foodtrace.recall.chain import Arrow, Chain, Place, joined
from foodtrace.recall.chainback import backward
from foodtrace.recall.grouping import added, depths, sketch, together
from foodtrace.recall.picture import svg
from foodtrace.recall.records import Records
from tests.recall.chains import BLEND, EXACT, ahead, back, crowd, told
from tests.recall.notation import Build
from tests.recall.shapes import LOT, LOTS, PRODUCT_MAPS, Flows, records


def shown(build: Build, chain: Chain) -> set[str]:
    """Arrows as ``LP -> LW 100``."""
    lots = {n: name for name, n in build.lots.items()}
    sites = {n: name for name, n in build.sites.items()} | {KNOT: "*"}

    def name(key: tuple[int, int]) -> str:
        return "*" if key[1] == KNOT else lots[key[0]] + sites[key[1]]

    made = set()
    for arrow in chain.arrows:
        amounts = "+".join(str(q) for _, q in arrow.amounts)
        taken = "".join(f"{q}>" for _, q in arrow.taken)
        made.add(f"{name(arrow.here)} -> {name(arrow.there)} {taken}{amounts}")
    return made


def test_a_blend_is_a_process_with_what_went_in_and_what_came_out() -> None:
    build = told(BLEND)
    assert shown(build, back(build, "M")) == {"LP -> * 30", "KP -> * 70", "* -> MP 100"}, "where it went from there is forward"
    assert shown(build, back(build, "M", at="X")) == {"LP -> * 30", "KP -> * 70", "* -> MP 100", "MP -> MX 40"}
    assert shown(build, ahead(build, "L")) == {"LP -> MP 30>100", "MP -> MX 40", "MP -> MY 60"}, "the other input is not affected"


def test_who_delivered_afterwards_is_no_source() -> None:
    build = told("L:P 50\nK:Q 50\nP->W L50 @2\nQ->W K50 @4\nW: L50 = M50 @3\nW: K10 = N10 @5\nW->X M50 @6")
    assert shown(build, back(build, "M")) == {"LP -> LW 50", "LW -> MW 50>50"}
    late = told("L:P 50\nP->W L50 @4\nW: L50 = M50 @3")
    assert shown(late, back(late, "M")) == {"LW -> MW 50>50"}, "what came after the blend cannot be in it"


def test_a_lot_that_nobody_made_is_traced_to_where_it_is_and_so_is_what_no_record_leads_to() -> None:
    outside = told("?->W L50 @2\nW->X L20 @3")
    assert shown(outside, back(outside, "L")) == {"LW -> LX 20"}, "all that is known of where it came from"
    astray = told("L:P 50\nP->X L20 @2\n?->W L50 @3\nW->Z L10 @4")
    assert shown(astray, back(astray, "L")) == {"LW -> LZ 10"}
    assert {place.key[1] for place in back(astray, "L").places} == {astray.sites[each] for each in "PWZ"}, "X has it from P"


def test_a_sender_that_only_a_receipt_names_is_where_the_lot_was() -> None:
    build = told("L:P 50\nS->P L20 @6 got")
    assert {place.key[1] for place in back(build, "L").places} == {build.sites[each] for each in "PS"}


def test_what_came_back_to_where_a_lot_was_made_is_no_part_of_how_it_was_made() -> None:
    build = told("K:Q 100\nQ->P K100 @2\nP: K100 = L100 @3\nP->W L100 @4\nW=>P L20 @5\nP->X L20 @6")
    assert shown(build, back(build, "L")) == {"KQ -> KP 100", "KP -> LP 100>100"}
    assert "LW -> LP 20" in shown(build, back(build, "L", at="X")), "it may be some of what lies at X"
    assert back(build, "L", at="Q").places == ()
    soon = told("L:P 100 @4\nP->W L100 @4.1\nW=>P L20 @4.2")  # within what clocks may be wrong by
    assert {place.key[1] for place in backward(soon.facts(), [soon.lot("L")]).places} == {soon.sites["P"]}


def test_goods_without_lot_come_from_every_lot_they_may_be() -> None:
    build = told("L:P 40\nK:P 60\nP->S L40 @2\nP->S K60 @2\nS->X 50 @3 unnamed")
    assert "LS -> ?1X 50" in shown(build, ahead(build, "L"))


def test_travelling_returned_and_a_loop() -> None:
    build = told("L:P 100\nP->W L100 @2\nW->X L60 @4\nX=>W L20 @5\nW->Y L10 @18 sent")
    chain = ahead(build, "L")
    ways = {(arrow.way, arrow.amounts, arrow.travelling) for arrow in chain.arrows}
    assert ways == {("move", ((0, 100),), ()), ("move", ((0, 60),), ()), ("return", ((0, 20),), ()), ("move", ((0, 10),), ((0, 10),))}


def test_both_ways_is_one_chain() -> None:
    build = told(BLEND)
    one = joined(back(build, "M"), ahead(build, "M"))
    assert shown(build, one) == {"LP -> * 30", "KP -> * 70", "* -> MP 100", "MP -> MX 40", "MP -> MY 60"}


@settings(max_examples=150)
@given(records(least=8, most=24), PRODUCT_MAPS, LOT)
def test_back_finds_exactly_the_holdings_from_which_goods_could_come(some: list[tuple], products: dict[str, str], lot: str) -> None:
    world = Flows([each for each in some if each[0] != "unnamed"], products)
    facts = world.facts()
    chain = backward(facts, [world.lots[lot]], settings=EXACT)
    every = Records(facts, clauses_of())
    number = every.rep[world.lots[lot]]
    steps = every.steps()
    for here, apart in every.unlike_steps().items():
        steps[here] = [*steps.get(here, ()), *apart]
    held = {(each, site) for each, sites in every.recorded.items() for site in sites}
    born: dict[tuple[int, int], int] = {}
    for flow in facts.flows([name for name, rep in every.rep.items() if rep == number]):
        if flow.kind in BIRTHS and flow.site:
            born[number, flow.site] = max(flow.t, born.get((number, flow.site), ALWAYS))
    ways = {(move.src, move.dst) for move in every.moves if move.lot == number and move.src and move.dst}
    explained = {site for _, site in born}
    while more := {there for here, there in ways if here in explained} - explained:
        explained |= more
    ends = born | {(number, site): NEVER for site in every.recorded[number] if site not in explained}
    could = {
        holding
        for holding in held
        if holding in ends or any(end in ends and since <= ends[end] for end, since in reach([(holding, ALWAYS)], steps).items())
    }
    assert {place.key for place in chain.places if place.key[1] != KNOT} == could


def clauses_of() -> list:
    from foodtrace.events import LotsClause

    return [LotsClause(lots=tuple(f"FT-A/{each}" for each in LOTS))]


def test_pieces_of_unlike_products_are_added_up_in_no_group() -> None:
    def place(lot: int, site: int, product: str, q: int) -> Place:
        return Place(key=(lot, site), lot=f"OP/{lot}", product=product, site=f"S{site}", kind="shop", on_hand=((2, q),))

    def arrow(lot: int, site: int, q: int) -> Arrow:
        return Arrow(here=(lot, 1), there=(lot, site), way="move", amounts=((2, q),))

    shops = [place(lot, site, product, q) for lot, product, q in ((1, "奶粉", 100), (2, "小袋", 7)) for site in (2, 3, 4)]
    senders = [place(1, 1, "奶粉", 0), place(2, 1, "小袋", 0)]
    chain = Chain(places=(*senders, *shops), arrows=tuple(arrow(lot, site, q) for lot, q in ((1, 100), (2, 7)) for site in (2, 3, 4)))
    drawn = sketch(chain, most=2)
    (box,) = [each for each in drawn.boxes if each.count == 6]
    assert box.on_hand == ((2, "奶粉", 300), (2, "小袋", 21))
    assert together(each for line in drawn.lines for each in line.amounts) == ((2, "奶粉", 300), (2, "小袋", 21))


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 120), st.integers(3, 60))
def test_groups_are_few_and_nothing_disappears(shops: int, most: int) -> None:
    _, chain = crowd(shops)
    drawn = sketch(chain, most=most)
    assert len(drawn.boxes) <= max(most, 6)
    assert sum(box.count for box in drawn.boxes) == len(chain.places) == drawn.places
    assert together(each for line in drawn.lines for each in line.amounts) == added(("", arrow.amounts) for arrow in chain.arrows)
    assert together(each for box in drawn.boxes for each in box.on_hand) == added(("", place.on_hand) for place in chain.places)
    if len(chain.places) <= most:
        assert Counter(box.count for box in drawn.boxes) == Counter({1: len(chain.places)}), "what can be read is drawn one by one"


def test_shops_of_one_sender_are_one_group_and_the_lot_asked_for_stands_alone() -> None:
    _, chain = crowd(40)
    drawn = sketch(chain, most=10)
    assert sorted((box.count, box.place.kind) for box in drawn.boxes) == [
        (1, "distributor"), (1, "distributor"), (1, "plant"), (20, "distributor"), (20, "distributor"),
    ]  # fmt: skip
    assert [box.place.asked for box in drawn.boxes].count(True) == 1


def test_depth_of_a_cycle_nothing_leads_into() -> None:
    build = told("P->X L5 @2\nX->P L5 @3")
    assert sorted(depths(ahead(build, "L")).values()) == [0, 1]


def test_what_else_went_into_a_blend_stands_with_the_arrow() -> None:
    """30 kg of L and 70 kg of K made 100: "30 -> 100" alone would be a miracle."""
    (made,) = [arrow for arrow in ahead(told(BLEND), "L").arrows if arrow.way == "made"]
    assert (made.taken, made.beside, made.amounts) == (((0, 30),), ((0, "", 70),), ((0, 100),))
    assert "0.03 kg (另加其他货 0.07 kg) -> 0.1 kg" in svg(ahead(told(BLEND), "L"), lang="zh").replace("&gt;", ">")
    alone = told("L:P 30\nP: L30 = M30 @2")
    assert not any(arrow.beside for arrow in ahead(alone, "L").arrows)
    every = ahead(told("L:P 30\nP: L20 = N20 @2\nK:P 5\nP: L10 + N20 + K5 = M35 @3"), "L")
    assert [place.beside for place in every.places if place.kind == "process"] == [((0, "", 5),)]
    assert "另加其他货 0.005 kg" in svg(every, lang="zh")
    assert not any(arrow.beside for arrow in back(told(BLEND), "M").arrows), "the way back has all that went in"
