"""Scopes in words, on a ledger: rules, windows at a site, versions; the recalls of DOMAIN section 6 as they were."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from foodtrace import Quantity
from foodtrace.errors import BadData, FoodtraceError, Refused
from foodtrace.events import (
    Alias,
    LeftClause,
    LotsClause,
    Output,
    Portion,
    PredicateClause,
    Receipt,
    ThroughClause,
    Transformation,
)
from foodtrace.graph.edges import micros
from foodtrace.graph.reader import _LOTS_OF, _PRODUCTS
from foodtrace.operations import cases
from foodtrace.operations.blocking import blocks
from foodtrace.operations.casestatus import status
from foodtrace.operations.scopes import Given, clauses_of, producers_of
from foodtrace.recall.answer import Answer, recall
from foodtrace.recall.scope import scope_words
from tests.recall.casework import World, chain, day, kg

ABBOTT = "|".join(f"{start}*{part}*" for part in ("K8", "SH", "Z2") for start in ("2[2-9]", "3[0-7]"))
"""DOMAIN section 6: the code starts with 22 to 37 and contains K8, SH or Z2; only what expires from 1 April 2022 on."""


@pytest.fixture
def world(empty: World) -> World:
    return empty


def ask(world: World, **words: str) -> Answer:
    with world.read() as session:
        clauses = clauses_of(session, Given(**words), world.now)  # type: ignore[arg-type]
        return recall(session, (), now=micros(world.now), scope=clauses, operator=producers_of(session, clauses, micros(world.now))[1])


def codes(answer: Answer) -> list[str]:
    return [each.partition("/")[2] for each in answer.affected_lots]


def test_abbotts_rule_takes_what_fits_all_of_it_and_calls_the_undated_possible(world: World) -> None:
    world.sites()
    batches = {
        "27032K80": dt.date(2022, 7, 1),
        "37999Z2A": dt.date(2022, 4, 1),
        "22001SH": None,
        "38001K80": dt.date(2022, 7, 1),
        "21999K80": dt.date(2022, 7, 1),
        "27032AB": dt.date(2022, 7, 1),
        "30001SH": dt.date(2022, 3, 31),
    }
    for place, (code, expiry) in enumerate(batches.items()):
        lot = f"06909999000012/{code}"
        world.batch(lot, "F", 100, {}, expiry=expiry)
        world.put(Receipt(id=f"r{place}", at=world.now, site="X" if expiry else "Y", lot=lot, quantity=Quantity(9, "piece"), source="F"))
    world.at(3)
    found = ask(world, code=ABBOTT.lower(), expiring_from="2022-04-01")
    assert codes(found) == ["22001SH", "27032K80", "37999Z2A"]
    assert {row.site: row.link for row in found.outlets} == {"X": "confirmed", "Y": "possible"}
    assert "attribute_missing" in [each.kind for each in found.untraced if "22001SH" in each.lot]
    assert "attribute_missing" not in [each.kind for each in found.untraced if "27032K80" in each.lot]


def test_a_rule_finds_lots_of_which_nothing_but_their_code_is_on_record(world: World) -> None:
    """A shop's own receipts name a code and nothing else: it must not drop out because nobody described the lot."""
    world.sites().put(
        Receipt(id="r1", at=world.now, site="X", lot="06909999000012/27032K80", quantity=Quantity(9, "piece")),
        Receipt(id="r2", at=world.now, site="Y", lot="06909999000012/27032AB", quantity=Quantity(9, "piece")),
    )
    world.batch("06909999000012/30001SH", "F", 100, {}, expiry=dt.date(2022, 7, 1))
    # The case's code of a described can: what is known of one name is known of the other.
    world.put(Alias(id="a", at=world.now, lot="06909999000012/30001SH", alias="06909999000012/30001SH0"))
    world.put(Receipt(id="r3", at=world.now, site="Z", lot="06909999000012/30001SH0", quantity=Quantity(9, "piece"), source="F"))
    world.at(1)
    by_code = ask(world, code=ABBOTT.lower())
    assert {row.site: row.link for row in by_code.outlets} == {"X": "possible", "Z": "confirmed"}, "X's receipt names no source"
    dated = ask(world, code=ABBOTT.lower(), expiring_from="2022-08-01")
    assert [row.site for row in dated.outlets] == ["X"]
    assert [each.lot for each in dated.untraced if each.kind == "attribute_missing"] == ["06909999000012/27032K80"]


def test_a_rule_means_a_product_however_its_name_was_written(world: World) -> None:
    world.sites()
    written = {"X": "Milk Powder", "Y": "milk  powder ", "Z": "Ｍilk powder", "W": "MILK POWDER (800 g)", "F": "milk powders"}
    for site, product in written.items():
        world.born(f"L{site}", "P", 10, product=product).move(f"OP-P/L{site}", "P", site, 5)
    world.at(1)
    found = ask(world, product="milk powder")
    assert {row.site: row.link for row in found.outlets} == dict.fromkeys("XYZ", "confirmed")
    assert set(codes(found)) == {"LX", "LY", "LZ", "LW"}
    with_remark = ask(world, product="Milk powder (800g)")
    assert {row.site: row.link for row in with_remark.outlets} == dict.fromkeys("XYZ", "possible"), "nobody can say that it is not meant"
    world.open(scope=Given(product="milk powder"))
    with world.read() as session:
        stopped = {site: [each.link for each in blocks(session, f"OP-P/L{site}", micros(world.now), site)] for site in "XYZ"}
        assert stopped == {site: ["confirmed"] for site in "XYZ"}
        assert not blocks(session, "OP-P/LF", micros(world.now), "F")


def test_a_rule_on_a_product_reads_the_lots_of_its_names_by_index(tmp_path: Path) -> None:
    made = World(f"sqlite:///{tmp_path}/x.db", tmp_path / "keys").sites()
    with made.read() as session:
        for sql in (_PRODUCTS, _LOTS_OF.replace("{texts}", "(SELECT 'x' AS value) AS f")):
            plan = " ".join(str(row[3]) for row in session.rows("EXPLAIN QUERY PLAN " + sql))
            assert "lot_fact_product" in plan
            assert "SCAN l" not in plan
    made.ledger.close()


def test_a_broken_pattern_of_codes_is_said_where_it_breaks(world: World) -> None:
    broken = (
        ("K[|L", "K[", 1),
        ("K[8", "K[8", 1),
        ("L|K[8|9]", "K[8", 3),
        ("L||K", "-", 3),
        ("K|", "-", 3),
        ("K[9-0]*", "K[9-0]*", 1),
        ("K[]", "K[]", 1),
        ("K[!]", "K[!]", 1),
        ("K]", "K]", 1),
    )
    with world.sites().read() as session:
        for pattern, part, place in broken:
            with pytest.raises(BadData) as caught:
                clauses_of(session, Given(code=pattern), world.now)
            said = caught.value
            assert (said.code, said.value, said.params, said.exit_code) == ("case.code_form", pattern, {"got": part, "place": place}, 2)
        for pattern in (ABBOTT, "K*", "K-1", "K-2|L?", "[!A-C]9-0*", "2[2-9][0-9A-F]", "a.b/c"):
            assert clauses_of(session, Given(code=pattern), world.now) == (PredicateClause(code=pattern.upper()),)


def test_the_code_on_the_case_is_the_code_on_the_can(world: World) -> None:
    world.sites().batch("06909999000012/27032K80", "F", 100, {})
    world.put(Alias(id="a", at=world.now, lot="06909999000012/27032K80", alias="06909999000012/27032K800"))
    world.put(Receipt(id="r", at=world.now, site="X", lot="06909999000012/27032K800", quantity=Quantity(10, "piece"), source="F"))
    with world.read() as session:
        by_can = recall(session, "27032K80", now=micros(day(1)))
    assert [(row.site, row.link) for row in by_can.outlets] == [("X", "confirmed")]
    assert [row.site for row in ask(world.at(1), code="27032K80").outlets] == ["X"], "a rule on one name finds goods under the other"


def test_ehecs_lot_is_followed_under_the_number_its_importer_gave_it(world: World) -> None:
    """Lot 48088 renumbered 6832 but for 75 kg; a second lot 8266 joins the case later."""
    world.sites().born("48088", "P", 1000).born("8266", "Q", 500)
    world.move("OP-P/48088", "P", "W", 1000).at(2)
    world.put(
        Transformation(
            id="renumber",
            at=world.now,
            site="W",
            kind="renumber",
            inputs=(Portion("OP-P/48088", kg(925)),),
            outputs=(Output(lot="OP-W/6832", quantity=kg(925)),),
        )
    )
    world.move("OP-W/6832", "W", "X", 900).move("OP-Q/8266", "Q", "Y", 100).at(3)
    case = world.open("48088")
    before = world.answer(case)
    assert (before.version, codes(before), [row.site for row in before.outlets]) == (1, ["48088", "6832"], ["X"])
    warehouse = next(row for row in before.others if row.site == "W")
    assert warehouse.amounts[0].likely == 100_000, "75 kg under the old number and 25 kg under the new one"
    added = world.at(4).do(cases.widen, case, ["8266"], "Egypt")
    assert (added.version, added.lots_before, added.lots_after, added.new, added.dropped) == (2, 2, 3, ("Y",), ())
    after = world.answer(case)
    assert (after.version, [row.site for row in after.outlets]) == (2, ["X", "Y"])
    assert [each.clauses for each in world.case(case).versions] == [
        (LotsClause(lots=("OP-P/48088",)),),
        (LotsClause(lots=("OP-P/48088",)), LotsClause(lots=("OP-Q/8266",))),
    ]


def test_sanlus_bound_is_a_day_of_production_and_includes_it(world: World) -> None:
    world.sites().born("MILK", "P", 100).move("OP-P/MILK", "P", "F", 100)
    for number, made in enumerate([dt.date(2008, 8, 4), dt.date(2008, 8, 5), dt.date(2008, 8, 6)]):
        lot = f"OP-F/M{number}"
        world.put(
            Transformation(
                id=f"t{number}",
                at=world.now,
                site="F",
                kind="process",
                inputs=(Portion("OP-P/MILK", kg(1)),),
                outputs=(Output(lot=lot, quantity=kg(100), product="奶粉", produced=made),),
            )
        )
        world.move(lot, "F", "XYZ"[number], 50)
    found = ask(world.at(1), producer="F", produced_to="2008-08-05")
    assert (codes(found), [row.site for row in found.outlets]) == (["M0", "M1"], ["X", "Y"])
    assert found.scope == ("producer=OP-F produced_to=2008-08-05",)
    assert [row.site for row in found.others] == ["F"]
    assert found.figures[0].distributed == 100_000, "the plant is of whoever recalls: what it keeps was not distributed"


def test_a_crop_is_produced_when_it_is_harvested(world: World) -> None:
    world.sites().born("L", "P", 100, harvested=dt.date(2026, 3, 1)).born("K", "P", 100, harvested=dt.date(2026, 2, 27)).born("N", "P", 100)
    for number, code in enumerate("LKN"):
        world.move(f"OP-P/{code}", "P", "XYZ"[number], 10)
    found = ask(world.at(1), producer="P", produced_from="2026-03-01", produced_to="2026-03-02")
    assert {row.site: row.link for row in found.outlets} == {"X": "confirmed", "Z": "possible"}
    assert [each.lot for each in found.untraced if each.kind == "attribute_missing"] == ["OP-P/N"]


def test_a_suppliers_goods_are_followed_into_whatever_was_made_of_them(world: World) -> None:
    chain(world).born("K", "Q", 10).move("OP-P/L", "W", "F", 10).move("OP-Q/K", "Q", "F", 10)
    for number, inputs in enumerate([{"OP-P/L": 5}, {"OP-Q/K": 5}, {}]):
        lot = f"06909999000012/B{number}"
        world.batch(lot, "F", 100, inputs)
        world.put(Receipt(id=f"r{number}", at=world.now, site="XYZ"[number], lot=lot, quantity=Quantity(9, "piece"), source="F"))
    found = ask(world.at(3), supplier="OP-P")
    assert codes(found) == ["B0", "B2"], "crops have no supplier; a batch whose inputs nobody recorded may have had any in it"
    assert {row.site: row.link for row in found.outlets} == {"X": "confirmed", "Z": "possible"}


@pytest.mark.parametrize(
    ("words", "sites"),
    [
        ({"left": "W", "start": "3-4"}, ["X", "Y"]),
        ({"left": "W", "start": "3-4", "end": "3-5"}, ["X", "Y", "Z"]),
        ({"left": "W", "start": "3-5", "end": "3-6"}, ["Z"]),
        ({"through": "W", "start": "2026-03-01", "end": "2026-03-02"}, []),
        ({"through": "W", "start": "3月3日"}, ["X", "Y", "Z"]),
    ],
)
def test_a_window_at_a_site_takes_whole_days_and_both_ends(world: World, words: dict[str, str], sites: list[str]) -> None:
    chain(world).at(3).move("OP-P/L", "W", "Z", 5).at(4)
    assert sorted(row.site for row in ask(world, **words).outlets) == sites


def test_lots_a_rule_and_a_window_are_united(world: World) -> None:
    chain(world).born("K", "Q", 10, product="韭菜").move("OP-Q/K", "Q", "Z", 5).at(3)
    with world.read() as session:
        clauses = clauses_of(session, Given(lots=("L",), product="韭菜", left="W", start="3-4"), world.now)
    assert [type(each) for each in clauses] == [LotsClause, PredicateClause, LeftClause]
    assert clauses[2] == LeftClause(site="W", start=day(2).replace(hour=0), end=day(3).replace(hour=0) - dt.timedelta(microseconds=1))
    case = world.do(cases.open_case, level=3, known=world.now, reason="x", scope=Given(lots=("L",), product="韭菜")).case
    assert [row.site for row in world.answer(case).outlets] == ["X", "Y", "Z"]
    assert [scope_words(each) for each in clauses][1:] == ["product=韭菜", "left W 2026-03-04 00:00 - 2026-03-04 23:59"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ({}, "case.scope_empty"),
        ({"left": "W"}, "case.window"),
        ({"start": "3-4"}, "case.window"),
        ({"left": "W", "start": "3-5", "end": "3-4"}, "case.window"),
        ({"produced_from": "2026-03-05", "produced_to": "2026-03-04"}, "case.window"),
        ({"left": "W", "start": "yesterday"}, "case.day"),
        ({"left": "W", "start": "2-30"}, "case.day"),
        ({"code": "A" * 201}, "case.code"),
        ({"left": "NOWHERE", "start": "3-4"}, "site.not_found"),
        ({"lots": ("NO-SUCH",)}, "lot.not_found"),
    ],
)
def test_a_scope_that_cannot_be_meant_is_refused(world: World, words: dict[str, str], code: str) -> None:
    chain(world).at(3)
    with pytest.raises(FoodtraceError) as error:
        ask(world, **words)
    assert error.value.code == code


def test_a_day_without_a_year_is_never_in_the_future(world: World) -> None:
    chain(world)
    with world.read() as session:
        (clause,) = clauses_of(session, Given(through="W", start="12-31"), world.now)
    assert isinstance(clause, ThroughClause)
    assert clause.start.date() == dt.date(2025, 12, 31)


def test_a_scope_narrows_only_with_a_reason_and_who_approved_and_earlier_versions_are_kept(world: World) -> None:
    chain(world).born("K", "Q", 10).move("OP-Q/K", "Q", "Z", 5).at(3)
    case = world.open("L", "K")
    for reason, approved, code in (("", "7", "case.reason"), ("lab", "", "case.approved_by")):
        with pytest.raises(BadData) as error:
            world.do(cases.narrow, case, ["L"], reason=reason, approved_by=approved)
        assert error.value.code == code
    done = world.at(4).do(cases.narrow, case, ["L"], reason="lab", approved_by="7")
    assert (done.version, done.dropped, done.new) == (2, ("Z",), ())
    assert [row.site for row in world.answer(case).outlets] == ["X", "Y"]
    world.now = day(3)
    assert [row.site for row in world.answer(case).outlets] == ["X", "Y", "Z"], "at version 1 it was affected"
    with pytest.raises(Refused) as same:
        world.at(5).do(cases.widen, case, ["L"], "again")
    assert same.value.code == "case.scope_same"


def test_narrowing_lifts_no_block_only_clearing_does(world: World) -> None:
    chain(world).born("K", "Q", 10).move("OP-Q/K", "Q", "Z", 5).at(3)
    case = world.open("L", "K")
    world.at(4).do(cases.narrow, case, ["L"], reason="lab", approved_by="7")
    with world.read() as session:
        assert [(each.case, each.link) for each in blocks(session, "OP-Q/K", micros(world.now), "Z")] == [(case, "possible")]
        assert [each.link for each in blocks(session, "OP-P/L", micros(world.now), "X")] == ["confirmed"]
    world.at(5).do(cases.clear, case, ["K"], "lab: clean", "7")
    with world.read() as session:
        assert blocks(session, "OP-Q/K", micros(world.now), "Z") == []
        assert blocks(session, "OP-P/L", micros(world.now), "X")


def test_status_of_a_past_day_by_what_is_known_now_and_by_what_was_known_then(world: World) -> None:
    chain(world)
    case = world.at(3).open("L")
    world.at(6).put(Receipt(id="late", at=day(2.5), site="Z", lot="OP-P/L", quantity=kg(3), source="Y"))
    with world.read() as session:
        happened, _ = status(session, case, micros(day(4)))
        known, _ = status(session, case, micros(day(4)), as_known=True)
    assert (happened.outlets, happened.as_known) == (3, False)
    assert (known.outlets, known.as_known) == (2, True)
    assert [each.name for each in known.closing if each.kind == "silent"] == ["X-name", "Y-name"]


def test_a_later_word_on_what_a_lot_is_never_takes_it_out_of_a_rule(world: World) -> None:
    world.sites().born("L", "P", 100, product="芹菜").batch("06909999000012/M", "F", 100, {}, produced=dt.date(2026, 2, 1))
    world.at(1).move("OP-P/L", "P", "X", 50)
    world.put(Receipt(id="m", at=world.now, site="X", lot="06909999000012/M", quantity=Quantity(9, "piece"), source="F"))
    assert codes(ask(world, product="芹菜")) == ["L"]
    # A shop writes another product, another plant another day.
    world.put(Receipt(id="other", at=world.now, site="Y", lot="OP-P/L", quantity=kg(1), source="X", product="菠菜"))
    world.at(2).batch("06909999000012/M", "P", 10, {}, produced=dt.date(2026, 3, 1))
    found = ask(world, product="芹菜")
    assert codes(found) == ["L"]
    assert {row.site for row in found.outlets} == {"X", "Y"}
    assert {row.link for row in found.outlets} == {"possible"}
    assert codes(ask(world, produced_from="2026-02-01", produced_to="2026-02-02", code="M*")) == ["M"]
    assert codes(ask(world, produced_from="2026-02-10", produced_to="2026-02-20", code="M*")) == []


def test_who_makes_the_goods_of_a_rule_is_who_recalls(world: World) -> None:
    chain(world)
    case = world.at(3).do(cases.open_case, level=2, known=world.now, reason="x", scope=Given(producer="P"))
    assert (case.producer, case.operator) == ("OP-P", "OP-P")
    assert "W" not in [row.site for row in world.answer(case.case).outlets]
