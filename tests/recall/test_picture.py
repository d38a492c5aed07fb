"""The picture: columns from left to right, nothing overlaps, every text escaped, every quantity on its arrow."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from itertools import pairwise

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from foodtrace.recall.chain import Arrow, Chain, Place, joined
from foodtrace.recall.layout import Item, lay_out
from foodtrace.recall.picture import svg
from foodtrace.recall.picturewords import amounts, cells, escaped, halved, shortened, wrapped
from tests.recall.chains import BLEND, ahead, back, crowd, told

SVG = "{http://www.w3.org/2000/svg}"


def texts(picture: str) -> list[str]:
    return ["".join(each.itertext()) for each in ET.fromstring(picture).iter(f"{SVG}text")]  # noqa: S314 - our own


@settings(max_examples=200)
@given(st.integers(1, 14), st.lists(st.tuples(st.integers(0, 13), st.integers(0, 13)), max_size=30), st.integers(10, 60))
def test_arrows_lead_right_and_boxes_never_overlap(count: int, pairs: list[tuple[int, int]], height: int) -> None:
    arrows = [(a % count, b % count) for a, b in pairs]
    items = [Item(key, height + 7 * key) for key in range(count)]
    laid = lay_out(items, arrows, gap=12)
    for a, b in arrows:
        if a != b:
            assert (laid.column[a] > laid.column[b]) == ((a, b) in laid.backwards)
            path = [laid.column[a], *(column for column, _ in laid.bends[a, b]), laid.column[b]]
            step = -1 if (a, b) in laid.backwards else 1
            assert path == list(range(path[0], path[-1] + step, step)), "one bend in every column between"
    for column in range(laid.columns):
        row = sorted((laid.y[item.key], item.height) for item in items if laid.column[item.key] == column)
        for (y, size), (below, other) in pairwise(row):
            assert below - other / 2 >= y + size / 2 + 12 - 1e-6


def test_without_a_cycle_no_arrow_leads_left() -> None:
    laid = lay_out([Item(n, 20) for n in range(5)], [(0, 1), (1, 2), (0, 2), (3, 2), (2, 4)], gap=10)
    assert laid.backwards == frozenset()
    assert laid.column == {0: 0, 1: 1, 3: 1, 2: 2, 4: 3}, "what nothing leads to stands beside what it leads to"


def test_two_arrows_that_need_not_cross_do_not() -> None:
    laid = lay_out([Item(n, 20) for n in range(4)], [(0, 3), (1, 2)], gap=10)
    assert (laid.y[0] < laid.y[1]) == (laid.y[3] < laid.y[2])


def test_a_long_picture_begins_at_its_top() -> None:
    """An oil lot, two batches, 120 shops each: whoever opens it sees how the chain begins without looking for it."""
    shops = range(3, 243)
    arrows = [(0, 1), (0, 2), *((1 + n % 2, n) for n in shops)]
    laid = lay_out([Item(n, 25) for n in (0, 1, 2, *shops)], arrows, gap=8)
    top = min(laid.y.values())
    assert laid.y[0] - top < 900
    assert min(laid.y[1], laid.y[2]) - top < 900
    assert max(laid.y.values()) - top > 7000


def test_every_place_and_every_quantity_is_there() -> None:
    build = told(BLEND)
    for chain in (joined(back(build, "M"), ahead(build, "M")), ahead(build, "L")):
        said = texts(svg(chain, lang="en", title="M"))
        assert {"0.040 kg", "0.060 kg", "X", "Y"} <= set(said) or {"0.04 kg", "0.06 kg", "X", "Y"} <= set(said)
    assert "0.03 kg (and 0.07 kg of other goods) -> 0.1 kg" in texts(svg(ahead(build, "L")))


HOSTILE = "<script>alert(1)</script>&amp;\"'\x00\x1b[2J\ud800\uffff</text>"


def test_names_are_text_and_never_markup() -> None:
    place = Place(key=(1, 1), lot=f"A/{HOSTILE}", product=HOSTILE, site=HOSTILE, name=HOSTILE, kind=HOSTILE, role="outlet", link="possible")
    other = msgspec.structs.replace(place, key=(1, 2))
    chain = Chain(places=(place, other), arrows=(Arrow(here=(1, 1), there=(1, 2), way="move", amounts=((2, 1200),)),))
    picture = svg(chain, lang="zh", title=HOSTILE)
    root = ET.fromstring(picture)  # noqa: S314 - our own
    tags = {each.tag.removeprefix(SVG) for each in root.iter()}
    assert tags <= {"svg", "title", "style", "defs", "marker", "path", "rect", "text", "g"}
    assert "1,200 件" in texts(picture)
    assert not re.search(r"(href|src|@import|url\((?!#))", picture), "needs nothing from elsewhere"


@given(st.text())
def test_escaping_gives_back_what_xml_can_carry(value: str) -> None:
    assert ET.fromstring(f'<a b="{escaped(value)}">{escaped(value)}</a>').text in (None, *([escaped_back(value)]))  # noqa: S314


def escaped_back(value: str) -> str | None:
    kept = "".join(
        c for c in value if c in "\t\n" or (c >= " " and c != "\x7f" and not "\ud800" <= c <= "\udfff" and c not in "\ufffe\uffff")
    )
    return kept or None


@pytest.mark.parametrize("shops", [3, 40, 200, 700])
def test_a_picture_of_many_is_well_formed_and_says_when_it_groups(shops: int) -> None:
    _, chain = crowd(shops)
    picture = svg(chain, lang="en", title="L", most=300)
    said = texts(picture)
    assert any("in 5 boxes" in each for each in said) == (shops == 700)
    assert len(said) < 1400


def test_unlike_units_stand_side_by_side() -> None:
    assert amounts(((0, "", 500_000), (2, "奶粉", 12)), "zh") == "500.0 kg + 12 件"
    assert amounts((), "en") == ""


def test_pieces_of_several_products_are_told_apart_by_name() -> None:
    assert amounts(((2, "奶粉", 100), (2, "小袋", 7)), "zh") == "100 件 奶粉 + 7 件 小袋"


def test_what_does_not_fit_a_line_goes_on_in_the_next_and_nothing_is_cut_off() -> None:
    assert wrapped("on hand 500.0 kg + 12 pcs", 16) == ["on hand 500.0 kg", "+ 12 pcs"]
    assert wrapped("产出 1,000,000,000.0 kg", 16) == ["产出", "1,000,000,000.0 kg"], "a number keeps its unit"
    assert wrapped("91330100MA2AAAAA0X/SY20260901-07 x", 10) == ["91330100MA2AAAAA0X/SY20260901-07", "x"]
    assert halved("北河乳业集团股份有限公司", 16) == ["北河乳业集团股份", "有限公司"]
    assert halved("Beihe Dairy Works", 12) == ["Beihe Dairy", "Works"]
    assert halved("shop", 4) == ["shop"]
    kept = halved(SHOP.format(7), 16)
    assert all(cells(line) <= 16 for line in kept)
    assert kept[0].startswith("极其长的")
    assert kept[1].endswith("第7号分店")
    much = ((0, 10**12), (1, 10**12), (2, 10**12))
    (box,) = boxes(svg(Chain(places=(Place(key=(1, 1), lot="L", kind="shop", on_hand=much),), arrows=())))
    assert "1,000,000,000.0 kg + 1,000,000,000.0 L + 1,000,000,000,000 pcs" in " ".join(box)


@given(st.text(max_size=60), st.integers(8, 40))
@example("000000.000000000", 15)
def test_what_is_shortened_fits_and_keeps_both_ends(name: str, width: int) -> None:
    shown = shortened(name, width)
    assert cells(shown) <= width
    if shown != name:
        # A name may have dots of its own, beside those of the cut too.
        cuts = [at for at in range(len(shown)) if shown.startswith("..", at)]
        assert any(name.startswith(shown[:at]) and name.endswith(shown[at + 2 :]) for at in cuts)


SHOP = "极其长的名字连锁便利店北河市东门大街第{}号分店"


def shops(*named: tuple[str, str, str]) -> Chain:
    """A lot at places: (site, name, lot)."""
    return Chain(
        places=tuple(Place(key=(1, n), lot=lot, site=site, name=name, kind="shop") for n, (site, name, lot) in enumerate(named)), arrows=()
    )


def boxes(picture: str) -> list[list[str]]:
    """The lines of every box."""
    root = ET.fromstring(picture)  # noqa: S314 - our own
    drawn = [each for each in root.iter(f"{SVG}g") if each.find(f"{SVG}title") is not None]
    return [["".join(each.itertext()) for each in box.findall(f"{SVG}text")] for box in drawn]


@pytest.mark.parametrize("count", [5, 200])
def test_the_shops_of_a_chain_are_told_apart_by_their_ends(count: int) -> None:
    """On paper nobody can hold a mouse over a box: five boxes of one text are five shops that nobody finds."""
    read = [" ".join(each) for each in boxes(svg(shops(*((f"X{n}", SHOP.format(n), "OP-P/L") for n in range(count)))))]
    assert len(set(read)) == count
    for n in range(count):
        assert sum(f"第{n}号分店" in each and each.startswith("极其长的") for each in read) == 1
    assert not any(f"X{n}" in each.split() for n, each in enumerate(read)), "ids are for names that do not tell"


@pytest.mark.parametrize("count", [2, 200])
def test_sites_that_would_read_alike_have_their_ids(count: int) -> None:
    other = SHOP.format(1) + "东街" * 9 + "旗舰" + "东街" * 9 + "旗舰"
    alike = [(f"X{n}", other[:20] + str(n) + other[20:], "OP-P/L") for n in range(count)]
    read = boxes(svg(shops(*alike, ("Z", "门店", "OP-P/L"))))
    assert len({" ".join(each) for each in read}) == count + 1
    for (site, _, _), each in zip(alike, read, strict=False):
        assert site in " ".join(each).split(), each
    assert "Z" not in " ".join(read[-1]).split()


def test_lots_of_one_code_have_their_full_ids() -> None:
    long = "91330100MA2AAAAA0X/" + "1234567890" * 2
    lots = ["OP-P/L", "WHO/L", "OP-P/K", long, long.replace("9133", "9144")]
    read = boxes(svg(shops(*(("X", "门店", lot) for lot in lots))))
    assert [" ".join(each[1:]).split()[1] for each in read] == ["OP-P/L", "WHO/L", "K", *lots[3:]]


def test_a_code_that_stands_beside_the_picture_or_in_a_group_of_it_tells_nothing() -> None:
    """A list on the same page names the other lot, or forty shops of it became one box: "L" would be either."""
    (alone,) = boxes(svg(shops(("X", "门店", "OP-P/L")), beside=("OP-P/L", "WHO/K")))
    assert alone[1].split()[-1] == "L"
    (told,) = boxes(svg(shops(("X", "门店", "OP-P/L")), beside=("WHO/L",)))
    assert told[1].split()[-1] == "OP-P/L"
    (loose,) = boxes(svg(shops(("X", "门店", "?county/one#7"))))
    assert loose[1].split()[-1] == "?county/one#7", "goods without lot have no code"
    many = shops(*((f"X{n}", "门店", f"OP-P/{n}") for n in range(40)), ("Z", "市场", "WHO/7"), ("Z", "市场", "WHO/K")).places
    places = (*many[:40], *(msgspec.structs.replace(place, asked=True) for place in many[40:]))
    grouped = boxes(svg(Chain(places=places, arrows=()), most=5))
    assert [each[1].split()[-1] for each in grouped if each[0] == "市场"] == ["WHO/7", "K"]


def test_who_delivers_to_many_stands_beside_them_however_long_the_picture() -> None:
    """A plant, fourteen warehouses of twenty shops each, a lot that is reworked at the plant and a way back from a shop to a warehouse."""
    shops = {100 + n: [1000 + 20 * n + k for k in range(20)] for n in range(14)}
    arrows = [(1, here) for here in shops] + [(here, there) for here, mine in shops.items() for there in mine]
    arrows += [(1, 2), (2, 1), (1000, 113)]
    keys = sorted({key for pair in arrows for key in pair})
    laid = lay_out([Item(key, 60 if key < 1000 else 20) for key in keys], arrows, gap=16)
    for here, mine in shops.items():
        beside = [laid.y[there] for there in mine if laid.column[there] == laid.column[here] + 1]
        assert min(beside) - 60 <= laid.y[here] <= max(beside) + 60, here
