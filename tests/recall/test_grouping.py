"""Pictures of many places: few boxes, nothing lost, nothing hidden, and the way of the goods still to be followed."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections import Counter
from itertools import combinations, pairwise
from typing import TypeAlias

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from foodtrace.graph.walk import KNOT
from foodtrace.recall.chain import Arrow, Chain, Place, Way
from foodtrace.recall.grouping import OVERVIEW, READABLE, added, sketch, together
from foodtrace.recall.layout import Item, lay_out
from foodtrace.recall.picture import pages, svg
from foodtrace.recall.picturecards import ON_PAPER, ON_SCREEN, Look
from foodtrace.recall.picturewords import cells

SVG = "{http://www.w3.org/2000/svg}"


def place(n: int, kind: str = "shop", *, lot: int = 1, **more: object) -> Place:
    known = {"lot": f"OP-P/{lot}", "product": "奶粉", "role": "outlet", "link": "confirmed", "on_hand": ((0, 1000 + n),)}
    return Place(key=(lot, n), site=f"S{n}", kind=kind, **({"name": f"店{n}"} | known | more))  # type: ignore[arg-type]


def arrow(here: Place, there: Place, q: int = 1000, **more: object) -> Arrow:
    return Arrow(here=here.key, there=there.key, way="move", amounts=((0, q),), **more)  # type: ignore[arg-type]


def said(picture: str) -> list[str]:
    return ["".join(each.itertext()) for each in ET.fromstring(picture).iter(f"{SVG}text")]  # noqa: S314 - our own


@st.composite
def chains(draw: st.DrawFn) -> Chain:
    """Random chains: cycles, returns, processes, own and possible places, several lots and products, several that were asked about."""
    places = []
    for n in range(draw(st.integers(1, 40))):
        kind = draw(st.sampled_from(["shop", "shop", "distributor", "plant", "process"]))
        if kind == "process":
            places.append(Place(key=(n, KNOT), kind="process"))
            continue
        lot = draw(st.integers(1, 3))
        role, link = draw(st.sampled_from(["outlet", "own", "intermediary"])), draw(st.sampled_from(["confirmed", "possible"]))
        asked = draw(st.integers(0, 5)) == 0
        places.append(place(n, kind, lot=lot, product=f"P{lot % 2}", asked=asked, role=role, link=link))
    ends = st.integers(0, len(places) - 1)
    arrows: dict[tuple[object, ...], Arrow] = {}
    ways: tuple[Way, ...] = ("move", "move", "return", "unnamed")
    for here, there, way in draw(st.lists(st.tuples(ends, ends, st.sampled_from(ways)), max_size=60)):
        one, two = places[here].key, places[there].key
        arrows[one, two, way] = Arrow(here=one, there=two, way=way, amounts=((draw(st.sampled_from([0, 2])), 1 + len(arrows)),))
    return Chain(places=tuple(places), arrows=tuple(arrows.values()))


@settings(max_examples=100, deadline=None)
@given(chains(), st.integers(14, 20))
def test_however_a_chain_looks_its_boxes_are_few_and_hide_nothing(chain: Chain, most: int) -> None:
    drawn = sketch(chain, most=most)
    assert len(drawn.boxes) <= most
    assert Counter(box.place.asked for box in drawn.boxes)[True] or not any(each.asked for each in chain.places)
    for box in drawn.boxes:
        assert box.possible in (0, box.count), "possible ones are never counted among the others"
    product = {each.key: each.product for each in chain.places}

    def of(one: Arrow) -> str:
        return next((product[end] for end in (one.there, one.here) if end[1] != KNOT), "")

    assert together(each for line in drawn.lines for each in line.amounts) == added((of(each), each.amounts) for each in chain.arrows)
    assert together(each for box in drawn.boxes for each in box.on_hand) == added((each.product, each.on_hand) for each in chain.places)
    for grade in ("role", "link", "asked"):
        count = Counter[object]()
        for box in drawn.boxes:
            count[getattr(box.place, grade)] += box.count
        assert count == Counter(getattr(each, grade) for each in chain.places), "a group is what its first place is"


Rect: TypeAlias = tuple[float, float, float, float]
"""Left, top, right, bottom."""


def rects(picture: str) -> tuple[list[Rect], list[tuple[str, Rect]], Rect]:
    """Boxes of a picture, its texts with the room they take about, and the whole."""
    root = ET.fromstring(picture)  # noqa: S314 - our own
    found: list[Rect] = []
    for box in root.iter(f"{SVG}g"):
        frames = box.findall(f"{SVG}rect[@class]")
        if frames and box.find(f"{SVG}title") is not None:
            x, y, width, height = (float(frames[-1].get(name, "0")) for name in ("x", "y", "width", "height"))
            found.append((x, y, x + width, y + height))
    said: list[tuple[str, Rect]] = []
    for each in root.iterfind(f"{SVG}g//{SVG}text"):
        words, x, y = "".join(each.itertext()), float(each.get("x", "0")), float(each.get("y", "0"))
        wide = cells(words) * (6.0 if each.get("class") == "q" else 6.6)
        said.append((each.get("class", ""), (x - wide, y - 9, x, y) if each.get("text-anchor") == "end" else (x, y - 9, x + wide, y)))
    return found, said, (0, 0, float(root.get("width", "0")), float(root.get("height", "0")))


def meet(one: Rect, two: Rect) -> bool:
    return one[0] < two[2] and two[0] < one[2] and one[1] < two[3] and two[1] < one[3]


def within(one: Rect, two: Rect) -> bool:
    return two[0] <= one[0] <= one[2] <= two[2] and two[1] <= one[1] <= one[3] <= two[3]


@settings(max_examples=80, deadline=None)
@given(chains(), st.sampled_from([5, 30]), st.sampled_from([ON_SCREEN, ON_PAPER, msgspec.structs.replace(ON_PAPER, across=600)]))
def test_nothing_lies_upon_anything_else(chain: Chain, most: int, look: Look) -> None:
    found, said, whole = rects(svg(chain, lang="zh", most=most, look=look))
    assert not any(meet(one, two) for one, two in combinations(found, 2))
    for kind, room in said:
        inside = [box for box in found if meet(box, room)]
        assert len(inside) == (kind != "q"), "a text of a box is in that box, one of an arrow in none"
        assert all(within(room, around) for around in (whole, *inside))
    labels = [room for kind, room in said if kind == "q"]
    assert not any(meet(one, two) for one, two in combinations(labels, 2))


def test_many_ends_of_one_sender_are_a_list_with_every_quantity_on_an_arrow() -> None:
    """Three hundred shops one below the other were nine thousand pixels of fan."""
    plant = place(1, "plant", asked=True)
    shops = [place(2 + n, name=f"好邻居连锁便利店北河市东门大街第{n}号分店") for n in range(299)]
    chain = Chain(places=(plant, *shops), arrows=tuple(arrow(plant, each, 1000 * (n + 1)) for n, each in enumerate(shops)))
    picture = svg(chain, lang="zh")
    lines, (found, _, whole) = said(picture), rects(picture)
    assert {f"{n + 1}.0 kg" for n in range(299)} <= set(lines)
    assert f"{sum(range(300)):,}.0 kg" in lines, "the arrow to the list says the sum"
    assert all(any(f"第{n}号分店" in each for each in lines) for n in range(299))
    assert len(found) == 300
    assert whole[2] < 3000
    assert whole[3] < 2000


def test_a_return_moves_nothing_to_the_right() -> None:
    """Two depots side by side stay so although a shop of the one sent something back to the other."""
    laid = lay_out([Item(n, 20) for n in range(4)], [(0, 1), (0, 2), (1, 3)], gap=8, back=[(3, 2), (3, 1)])
    assert laid.column == {0: 0, 1: 1, 2: 1, 3: 2}
    assert laid.backwards == {(3, 2), (3, 1)}
    ahead = lay_out([Item(n, 20) for n in range(2)], [], gap=8, back=[(0, 1)])
    assert ahead.column == {0: 0, 1: 1}, "where nothing else leads it is drawn as it went"
    assert lay_out([Item(n, 20) for n in range(2)], [(0, 1)], gap=8, back=[(0, 1), (1, 0)]).backwards == {(1, 0)}


def test_places_that_got_the_goods_by_one_way_are_one_box_and_the_ways_stay_apart() -> None:
    """An oil lot in batches of two products, two warehouses each, shops at each: two ways, not one heap at each distance."""
    oil = place(1, "plant", lot=1, asked=True, role="")
    places, arrows = [oil], []
    for batch in range(2, 42):
        product = "奶酪" if batch % 2 else "奶粉"
        made = place(2, "processor", lot=batch, product=product, role="own")
        places.append(made)
        arrows.append(arrow(oil, made))
        for house in (3, 4):
            kept = place(house, "warehouse", lot=batch, product=product, role="intermediary")
            shops = [place(10 * house + n, lot=batch, product=product) for n in range(5)]
            places += [kept, *shops]
            arrows += [arrow(made, kept), *(arrow(kept, each) for each in shops)]
    drawn = sketch(Chain(places=tuple(places), arrows=tuple(arrows)), most=READABLE)
    assert sorted((box.place.kind, box.place.product, box.count) for box in drawn.boxes) == [
        ("plant", "奶粉", 1),
        *(("processor", product, 20) for product in ("奶粉", "奶酪")),
        *(("shop", product, 200) for product in ("奶粉", "奶酪")),
        *(("warehouse", product, 40) for product in ("奶粉", "奶酪")),
    ]
    assert len(drawn.lines) == 6, "from each box to the next of its way"


def test_farms_are_put_together_by_whom_they_delivered_to() -> None:
    milk = place(1, "plant", asked=True)
    tanks = [place(2 + n, "collector", lot=2 + n) for n in range(2)]
    farms = [place(100 + n, "farm", lot=100 + n) for n in range(400)]
    arrows = [arrow(each, milk) for each in tanks] + [arrow(each, tanks[n % 4 == 0]) for n, each in enumerate(farms)]
    drawn = sketch(Chain(places=(milk, *tanks, *farms), arrows=tuple(arrows)))
    assert sorted(box.count for box in drawn.boxes if box.place.kind == "farm") == [400]
    assert len(drawn.boxes) <= OVERVIEW


def test_a_chain_of_any_length_and_a_scope_of_any_number_of_lots_fit_on_paper() -> None:
    long = [place(n, "distributor", asked=n == 1, link="possible" if n % 7 == 0 else "confirmed") for n in range(1, 701)]
    chain = Chain(places=tuple(long), arrows=tuple(arrow(*both) for both in pairwise(long)))
    drawn = sketch(chain, most=36)
    assert 20 <= len(drawn.boxes) <= 36
    many = Chain(places=tuple(place(n, lot=n, asked=True) for n in range(1, 701)), arrows=())
    assert [box.count for box in sketch(many, most=36).boxes] == [700]


def test_what_some_of_it_travels_is_no_word_for_all_of_it() -> None:
    """One crate of ten thousand is on the road: "10,000 kg travelling" would say that none arrived."""
    plant, shop, other = place(1, "plant", asked=True), place(2), place(3)
    chain = Chain(
        places=(plant, shop, other),
        arrows=(arrow(plant, shop, 10_000_000, travelling=((0, 2000),)), arrow(plant, other, 7000, travelling=((0, 7000),))),
    )
    picture = svg(chain, lang="en")
    assert {"10,000.0 kg (2.0 kg travelling)", "7.0 kg travelling"} <= set(said(picture))
    assert Counter(each.get("class") for each in ET.fromstring(picture).iter(f"{SVG}path")) == {"a": 1, "a t": 1, None: 1}  # noqa: S314
    assert "10,000.0 kg (在途 2.0 kg)" in said(svg(chain, lang="zh"))


def test_a_group_says_what_it_is_what_went_on_within_it_and_where_all_are_listed() -> None:
    plant = place(1, "plant", asked=True, role="own")
    shops = [place(2 + n) for n in range(20)]
    chain = Chain(places=(plant, *shops), arrows=(*(arrow(plant, each) for each in shops), arrow(shops[0], shops[1], 500)))
    lines = said(svg(chain, lang="zh", most=5, whole="每一处: foodtrace trace L --all"))
    assert "工厂(自有)  1" in lines
    assert "20 x 商店" in lines or {"18 x 商店", "2 x 商店"} & set(lines)
    assert any(each.startswith("21 处并为") for each in lines)
    assert any("每一处: foodtrace trace L --all" in each for each in lines)
    merged = said(svg(chain, lang="zh", most=2))
    assert {"20 x 商店", "其间互转 0.5 kg"} <= set(merged)
    alone = said(svg(Chain(places=(plant, shops[0]), arrows=()), lang="zh", whole="每一处"))
    assert not any("每一处" in each for each in alone), "what is drawn one by one needs no list"


def test_processes_have_no_lots_to_count() -> None:
    knots = [Place(key=(n, KNOT), kind="process") for n in range(9)]
    plant = place(1, "plant", asked=True)
    arrows = tuple(Arrow(here=plant.key, there=each.key, way="made", amounts=((0, 1),)) for each in knots)
    lines = said(svg(Chain(places=(plant, *knots), arrows=arrows), lang="en", most=3))
    assert "9 x process" in lines
    assert not any(each.startswith("0 ") for each in lines)


@settings(max_examples=100, deadline=None)
@given(chains(), st.sampled_from([200, 700]))
def test_what_is_too_wide_goes_on_below_with_every_box_and_every_quantity(chain: Chain, across: int) -> None:
    look = msgspec.structs.replace(ON_PAPER, across=across)
    whole, cut = (svg(chain, lang="zh", most=30, look=each) for each in (msgspec.structs.replace(look, across=10**6), look))
    again = "(上图已有)"

    def boxes(picture: str) -> list[tuple[str, ...]]:
        drawn = [box for box in ET.fromstring(picture).iter(f"{SVG}g") if box.find(f"{SVG}title") is not None]  # noqa: S314 - our own
        texts = [tuple("".join(line.itertext()) for line in box.findall(f"{SVG}text")) for box in drawn]
        return sorted(each for each in texts if again not in each)

    assert boxes(cut) == boxes(whole)
    assert quantities(cut) == quantities(whole)
    assert "".join(pages(chain, lang="zh", most=30, look=look)).count(again) == cut.count(again)


def quantities(picture: str) -> list[str]:
    root = ET.fromstring(picture)  # noqa: S314 - our own
    return sorted("".join(each.itertext()) for each in root.iter(f"{SVG}text") if each.get("class") == "q")


def test_a_long_chain_fits_across_a_page_and_says_what_is_repeated() -> None:
    long = [place(n, "distributor", asked=n == 1) for n in range(1, 31)]
    chain = Chain(places=tuple(long), arrows=tuple(arrow(*both) for both in pairwise(long)))
    drawn = pages(chain, lang="en", look=ON_PAPER)
    assert 4 <= len(drawn) <= 8
    assert all(rects(each)[2][2] <= ON_PAPER.across for each in drawn)
    assert [each.count("(as above)") for each in drawn] == [0, *[1] * (len(drawn) - 1)]
    assert rects(svg(chain, lang="en"))[2][2] <= ON_SCREEN.across
