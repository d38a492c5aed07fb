"""Operators are found by what people call them, wherever a rule, a case or a site takes one; a wrong one is never taken for a right one."""

from __future__ import annotations

from typing import Any

import pytest

from foodtrace import errors
from foodtrace.events import Correction, Operator, Site
from foodtrace.operations import operators
from foodtrace.operations.cases import open_case
from foodtrace.operations.operators import meant_operator, resolve_operator
from foodtrace.operations.places import add_sites, operator_id
from foodtrace.operations.registering import Changes, edit_site
from foodtrace.operations.scopes import Given, clauses_of
from tests.cli.inside import Inside, here
from tests.recall.casework import World

__all__ = ["here"]

SHUANGHUI, DAIRY = "91411100000000001X", "OP-P"


@pytest.fixture
def world(empty: World) -> World:
    world = empty.sites()
    named(world, SHUANGHUI, "河南双汇投资发展股份有限公司")
    named(world, DAIRY, "Sunrise Dairy (Jiyuan)")
    world.put(Site(id="plant", at=world.now, site="PLANT", operator=SHUANGHUI, kind="plant", name="济源厂"))
    return world


def named(world: World, operator: str, name: str) -> None:
    world.put(Operator(id=world.name(), at=world.now, operator=operator, name=name))


def found(world: World, given: str) -> str:
    with world.read() as session:
        return resolve_operator(session, given)


def wrong(world: World, given: str) -> errors.FoodtraceError:
    with world.read() as session, pytest.raises(errors.FoodtraceError) as caught:
        resolve_operator(session, given)
    return caught.value


@pytest.mark.parametrize(
    ("given", "operator"),
    [
        ("河南双汇投资发展股份有限公司", SHUANGHUI),
        (" 河南双汇 投资发展股份有限公司\r", SHUANGHUI),
        ("济源厂", SHUANGHUI),
        ("plant", SHUANGHUI),
        ("91411100000000001x", SHUANGHUI),
        ("sunrise dairy (jiyuan)", DAIRY),
        ("Ｓｕｎｒｉｓｅ　ＤＡＩＲＹ（Ｊｉｙｕａｎ）", DAIRY),
        ("op-p", DAIRY),
        ("P-name", DAIRY),
    ],
)
def test_every_way_to_say_who_it_is(world: World, given: str, operator: str) -> None:
    assert found(world, given) == operator
    with world.read() as session:
        (rule,) = clauses_of(session, Given(producer=given, supplier=given), world.now)
    assert (rule.producer, rule.supplier) == (operator, operator)  # type: ignore[union-attr]


def test_all_operators_are_looked_at_a_stretch_at_a_time(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operators, "_STRETCH", 2)
    for number in range(5):
        named(world, f"L-{number:04d}", f"农户{number}")
    assert [found(world, f"农户 {number}") for number in range(5)] == [f"L-{number:04d}" for number in range(5)]
    assert found(world, "河南双汇投资发展股份有限公司") == SHUANGHUI


def test_a_name_of_two_operators_is_asked_about(world: World) -> None:
    named(world, "L-0007", "sunrise dairy(JIYUAN)")
    error = wrong(world, "Sunrise Dairy (Jiyuan)")
    assert isinstance(error, errors.Ambiguous)
    assert (error.code, error.candidates) == (
        "operator.ambiguous",
        ("L-0007  sunrise dairy(JIYUAN)", "OP-P  Sunrise Dairy (Jiyuan), P-name"),
    )
    assert "give the id" in error.message("en")
    assert "L-0007" in error.hint("zh")


def test_a_name_that_is_one_operators_and_over_the_door_of_another_counts_for_both(world: World) -> None:
    """Neither goes first: to choose one would leave the other's goods out of a recall."""
    named(world, "OP-Q", "W-name")
    assert wrong(world, "W-name").code == "operator.ambiguous"
    named(world, "OP-W", "W-name")  # also the owner of the site is called so: still two
    assert [each.split()[0] for each in wrong(world, "W-name").candidates] == ["OP-Q", "OP-W"]  # type: ignore[attr-defined]
    named(world, "OP-X", "X-name")
    assert found(world, "X-name") == "OP-X"  # its own shop: one


def test_many_shops_of_one_name_and_one_operator_are_one_operator(world: World) -> None:
    for number in range(3):
        world.put(Site(id=f"s{number}", at=world.now, site=f"S-{number}", operator="CHAIN", kind="shop", name="全家"))
    assert found(world, "全家") == "CHAIN"
    world.put(Site(id="sold", at=world.now, site="S-2", operator="OP-Q", kind="shop", name="全家"))
    assert wrong(world, "全家").code == "operator.ambiguous"
    for number in range(2):
        world.put(Site(id=f"t{number}", at=world.now, site=f"S-{number}", operator="OP-Q", kind="shop", name="全家"))
    assert found(world, "全家") == "OP-Q", "who had them once is not asked about"


def test_names_of_before_name_it_still_and_a_corrected_one_no_more(world: World) -> None:
    named(world, DAIRY, "Sunset Dairy")
    assert found(world, "Sunset Dairy") == found(world, "Sunrise Dairy (Jiyuan)") == DAIRY
    (seq,) = world.ledger.record([Operator(id="slip", at=world.now, operator="OP-Q", name="Sunris")], confirm_clock=True).seqs
    assert found(world, "Sunris") == "OP-Q"
    with world.read() as session:
        ((leaf,),) = session.rows("SELECT leaf FROM entry WHERE seq = ?", (seq,))
    put = Operator(id="slip2", at=world.now, operator="OP-Q", name="Sunrice")
    world.put(Correction(id="c", at=world.now, seq=seq, leaf=bytes(leaf).hex(), reason="incorrect_data", replacement=put))
    assert found(world, "Sunrice") == "OP-Q"
    assert wrong(world, "Sunris").code == "operator.not_found"


def test_a_sole_traders_name_finds_it_and_is_printed_nowhere(world: World) -> None:
    for operator in ("L-0008", "L-0009"):
        event = Operator(id=f"op-{operator}", at=world.now, operator=operator, kind="household")
        world.ledger.record([event], personal={event.id: {"name": "王 桂兰" if operator == "L-0008" else "李秀英"}}, confirm_clock=True)
    assert found(world, "王桂兰") == "L-0008"
    assert "桂兰" not in str(wrong(world, "王桂").as_dict()).replace("'value': '王桂'", "")
    event = Operator(id="op-3", at=world.now, operator="L-0010", kind="household")
    world.ledger.record([event], personal={event.id: {"name": "王桂兰"}}, confirm_clock=True)
    assert wrong(world, "王桂兰").candidates == ("L-0008", "L-0010")  # type: ignore[attr-defined]


def test_an_unknown_name_says_so_with_what_is_like_it(world: World) -> None:
    error = wrong(world, "双汇")
    assert (error.code, error.near) == ("operator.not_found", (f"{SHUANGHUI} 河南双汇投资发展股份有限公司",))  # type: ignore[attr-defined]
    assert wrong(world, "  ").code == "operator.not_found"
    with world.read() as session:
        with pytest.raises(errors.NotFound, match="no operator 双汇"):
            clauses_of(session, Given(producer="双汇"), world.now)
        assert meant_operator(session, "fp-77") == "FP-77", "an operator no record describes may still be the authority of a lot"
        with pytest.raises(errors.NotFound, match="no operator fp-77"):
            meant_operator(session, "fp-77", recalls=True)
        assert meant_operator(session, "91350100M000100Y43", recalls=True) == "91350100M000100Y43"
        assert meant_operator(session, " ") == ""


def test_who_gave_lots_their_codes_is_meant_by_its_id_before_a_name(world: World) -> None:
    world.born("1", "P", 9)
    named(world, "OP-Q", "OP-P")
    with world.read() as session:
        assert meant_operator(session, "OP-P") == "OP-P"


def test_a_case_a_site_and_a_changed_site_take_a_name(world: World) -> None:
    world.born("1", "P", 9).move("OP-P/1", "P", "X", 3)
    event = world.do(open_case, ["OP-P/1"], level=2, known=world.now, reason="x", operator="河南双汇投资发展股份有限公司")
    assert (event.operator, event.producer) == (SHUANGHUI, "OP-P")
    made = world.do(add_sites, [("新店", "shop")], operator="sunrise dairy (jiyuan)")
    site = made[0][0]
    changed, fields = world.do(edit_site, site, Changes(operator="济源厂"))
    assert (changed.operator, fields) == (SHUANGHUI, ["operator"])
    with world.read() as session:
        with pytest.raises(errors.NotFound, match="no operator 没有的厂"):
            operator_id(session, "没有的厂")
        with pytest.raises(errors.BadData) as caught:
            operator_id(session, "91411100000000001A")
    assert caught.value.code.startswith("uscc.")


def test_as_typed(here: Inside) -> None:
    def at(time: str, *words: str, **more: Any) -> str:
        return here("--now", f"2026-11-26T{time}", *words, **more)

    at("08:00", "init")
    code = "91350100M000100Y43"
    at("08:01", "operator", "add", "双汇实业", "--code", code)
    at("08:02", "site", "add", "济源厂:farm", "--operator", "双汇 实业")
    assert code in at("08:03", "operator", "show", "双汇实业")
    at("08:04", "site", "add", "Shop:shop")
    issued = at("08:05", "certificate", "issue", "ham", "9kg", "--basis", "1", "--site", "济源厂", "--out", "b.png")
    lot = issued.split("  lot ")[1].split()[0]
    at("08:06", "transfer", lot, "2kg", "--from", "济源厂", "--to", "Shop")
    assert "Shop" in at("08:07", "recall", "--producer", "双汇实业")
    who = ("--producer", "双汇实业", "--operator", "双汇实业")
    opened = at("08:08", "case", "open", *who, "--class", "2", "--known", "2026-11-26T07:00", "--reason", "x")
    assert "who recalls: 济源厂" in opened
    text = at("08:09", "recall", "--producer", "双汇", code=1, lang="zh")
    assert "没有经营者 双汇" in text
    assert f"{code} 双汇实业" in text
