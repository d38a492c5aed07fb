"""What is made of a find where goods were cleared, or others of them bear a seal (RECALL section 4, ADR 34 and 36)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from foodtrace.events import Correction, EffectivenessCheck
from foodtrace.graph.edges import micros
from foodtrace.operations import cases, checks, disposal
from foodtrace.operations.blocking import blocks
from foodtrace.operations.caselist import overview
from foodtrace.recall.effectiveness import commit
from foodtrace.recall.finds import Find
from foodtrace.recall.findwords import find_words
from tests.recall.caselife import SEED, left, now
from tests.recall.casework import World, chain, kg

LOT, OTHER = "OP-P/L", "OP-Q/K"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = chain(World(f"sqlite:///{tmp_path}/x.db", tmp_path / "keys")).at(3)
    yield made
    made.ledger.close()


def clear(world: World, case: str, *lots: str, site: str = "") -> None:
    world.do(cases.clear, case, list(lots), "lab", "9", site=site)


def found(world: World, case: str, site: str, quantity: int, lot: str = LOT) -> checks.Checked:
    told: checks.Checked = world.do(checks.check, case, site, "found", lot=lot, quantity=kg(quantity))
    return told


def stopped(world: World, site: str) -> bool:
    with world.read() as session:
        return bool(blocks(session, LOT, micros(world.now), site))


def kinds(finds: tuple[Find, ...]) -> list[tuple[str, str, int, int, int, int]]:
    return [(each.kind, each.site, each.quantity, each.free, each.custody, each.doubt) for each in finds]


def test_a_find_within_what_was_cleared_is_of_the_cleared_goods_and_no_failed_check(world: World) -> None:
    case = world.at(4).open(LOT, sample=commit(SEED))
    world.do(checks.sample, case, SEED, "C")
    clear(world.at(5), case, LOT, site="X")
    told = found(world.at(6), case, "X", 40)
    assert kinds(told.finds) == [("cleared", "X", 40_000, 60_000, 0, 0)]
    assert (told.consequences, told.level) == ((), "A" if told.event.level == "A" else "C")
    assert not stopped(world, "X")
    status = now(world, case)
    assert kinds(status.finds) == kinds(told.finds)
    assert status.finds[0].entry
    assert status.finds[0].others == tuple(each.entry for each in status.decisions if each.kind == "cleared")
    assert status.check_level == "C"
    assert not {kind for kind, site, _ in left(world, case) if site == "X"}
    assert "nothing to seal" in find_words(status.finds[0], case, "en")


def test_a_find_of_more_than_was_cleared_there_is_suspicion_of_all_of_it(world: World) -> None:
    case = world.at(4).open(LOT)
    clear(world.at(5), case, LOT, site="X")
    told = found(world.at(6), case, "X", 61)
    assert kinds(told.finds) == [("more", "X", 61_000, 60_000, 0, 1_000)]
    assert "seal" in told.consequences
    assert stopped(world, "X")
    assert ("free", "X", 61_000) in left(world, case)
    assert {kind for kind, site, _ in left(world, case) if site == "X"} == {"silent", "unnotified", "free", "check_failed"}
    assert kinds(now(world, case).finds) == kinds(told.finds)
    assert "holds no more" in find_words(now(world, case).finds[0], case, "en")
    clear(world.at(7), case, LOT, site="X")
    assert now(world, case).finds == (), "it was examined since"


def test_of_a_lot_cleared_wherever_it_lies_any_find_is_of_cleared_goods(world: World) -> None:
    case = world.at(4).open(LOT)
    clear(world.at(5), case, LOT)
    for site in ("X", "Z"):
        told = found(world.at(6), case, site, 70)
        assert [(each.kind, each.site) for each in told.finds] == [("cleared", site)]
        assert told.consequences == ()
        assert not stopped(world, site)
    assert left(world, case) == []


def test_a_find_of_another_lot_at_a_cleared_site_is_suspicion(world: World) -> None:
    world.born("K", "Q", 10).move(OTHER, "Q", "X", 10)
    case = world.at(4).open(LOT, OTHER)
    clear(world.at(5), case, LOT, site="X")
    told = found(world.at(6), case, "X", 5, OTHER)
    assert told.finds == ()
    assert "seal" in told.consequences
    assert ("check_failed", "X", 0) in left(world, case)
    nobody = world.do(checks.check, case, "X", "found", quantity=kg(5))
    assert (nobody.finds, set(nobody.lots)) == ((), {LOT, OTHER}), "of which lot is asked; till then it is suspicion"
    assert "seal" in nobody.consequences


def test_a_find_of_cleared_goods_is_no_word_against_a_site_with_others(world: World) -> None:
    world.born("K", "Q", 10).move(OTHER, "Q", "X", 10)
    case = world.at(4).open(LOT, OTHER, sample=commit(SEED))
    world.do(checks.sample, case, SEED, "A")
    clear(world.at(5), case, LOT, site="X")
    world.do(checks.check, case, "X", "clean")
    assert found(world.at(6), case, "X", 40).consequences == ()
    assert not {kind for kind, site, _ in left(world, case) if site == "X"} & {"check_failed", "unvisited"}
    assert "X" not in {task.site for task in now(world, case).today if task.what in ("visit", "revisit")}
    answer = world.answer(case)
    assert (answer.rates["R6"].numerator, answer.cleared.no_visit if answer.cleared else None) == (0, ("X",)), "no clean word of it counts"


def test_a_find_before_the_clearing_stays_a_failed_check_of_the_sample(world: World) -> None:
    world.born("K", "Q", 10).move(OTHER, "Q", "X", 10)
    case = world.at(4).open(LOT, OTHER, sample=commit(SEED))
    world.do(checks.sample, case, SEED, "C")
    found(world.at(5), case, "X", 40)
    clear(world.at(6), case, LOT, site="X")
    assert now(world, case).check_level == "B"
    assert ("check_failed", "X", 0) in left(world, case)
    found(world.at(7), case, "X", 40)
    assert now(world, case).check_level == "B", "the last word is still that the recall had not reached X"


def test_cleared_goods_that_a_visit_finds_do_not_bring_a_closed_case_back(world: World) -> None:
    case = world.at(4).open(LOT)
    clear(world.at(5), case, LOT)
    world.do(cases.close, case)
    found(world.at(6), case, "X", 40)
    with world.read() as session:
        assert overview(session, micros(world.now)) == []
    found(world.at(7), case, "X", 5, LOT)
    assert now(world, case).broken == ()


def recalled(world: World) -> str:
    """X answers and destroys all it had, Z has nothing on record."""
    case = world.at(4).open(LOT)
    world.do(disposal.dispose, "destroy", case, "X", LOT, None)
    return case


def test_goods_found_again_while_as_many_bear_a_seal_are_asked_about_with_both_records(world: World) -> None:
    world.keeping("X", "Y", "Z")
    case = recalled(world)
    assert found(world.at(5), case, "X", 40).finds == ()
    world.do(disposal.dispose, "seal", case, "X", LOT, kg(40))
    told = found(world.at(7), case, "X", 40)
    assert kinds(told.finds) == [("sealed", "X", 40_000, 0, 40_000, 40_000)]
    (asked,) = now(world, case).finds
    steps = {step.kind: step.entry for site in now(world, case).sites for step in site.steps if step.kind == "sealing"}
    assert asked.others == (steps["sealing"],)
    words = find_words(asked, case, "en")
    assert asked.entry in words
    assert steps["sealing"] in words
    assert world.answer(case).figures[0].distributed == 100_000 + 80_000, "both count until somebody corrects one"


@pytest.mark.parametrize("wrong", ["the seal", "the visit"])
def test_correcting_either_record_counts_the_goods_once_and_ends_the_question(world: World, wrong: str) -> None:
    world.keeping("X", "Y", "Z")
    case = recalled(world)
    found(world.at(5), case, "X", 40)
    world.do(disposal.dispose, "seal", case, "X", LOT, kg(40))
    found(world.at(7), case, "X", 40)
    (asked,) = now(world, case).finds
    entry = asked.others[0] if wrong == "the seal" else asked.entry
    seq = int(entry.rpartition("#")[2])
    with world.read() as session:
        (leaf,) = session.row("SELECT leaf FROM entry WHERE seq = ?", (seq,)) or (b"",)
    world.put(Correction(id="undo", at=world.now, site="X", seq=seq, leaf=bytes(leaf).hex(), reason="did_not_occur"))
    assert now(world, case).finds == ()
    assert world.answer(case).figures[0].distributed == 100_000 + 40_000


def test_sealing_the_goods_that_were_found_says_that_they_are_others(world: World) -> None:
    world.keeping("X", "Y", "Z")
    case = recalled(world)
    found(world.at(5), case, "X", 40)
    world.do(disposal.dispose, "seal", case, "X", LOT, kg(40))
    found(world.at(7), case, "X", 30)
    assert [each.doubt for each in now(world, case).finds] == [30_000]
    world.at(8).do(disposal.dispose, "seal", case, "X", LOT, kg(30), allow_short=True)
    assert now(world, case).finds == ()
    assert ("sealed", "X", 70_000) in left(world, case)


def test_of_goods_of_no_lot_no_more_stands_open_than_was_found(world: World) -> None:
    world.keeping("X", "Y", "Z")
    case = recalled(world)
    world.at(5).put(EffectivenessCheck(id="c1", at=world.now, site="X", case=case, result="found", quantity=kg(10)))
    world.do(disposal.dispose, "seal", case, "X", LOT, kg(40), allow_short=True)
    assert not [each for each in left(world, case) if each[0] == "found"]
    assert world.answer(case).figures[0].distributed == 100_000 + 40_000


def test_goods_of_no_lot_found_again_after_as_much_was_sealed_are_others_and_are_asked_about(world: World) -> None:
    world.keeping("X", "Y", "Z")
    case = recalled(world)
    world.at(5).put(EffectivenessCheck(id="c1", at=world.now, site="X", case=case, result="found", quantity=kg(40)))
    world.do(disposal.dispose, "seal", case, "X", LOT, kg(40), allow_short=True)
    assert ("found", "X", 40_000) not in left(world, case)
    world.at(7).put(EffectivenessCheck(id="c2", at=world.now, site="X", case=case, result="found", quantity=kg(40)))
    assert ("found", "X", 40_000) in left(world, case), "they lay free after the others had been sealed"
    (asked,) = now(world, case).finds
    assert (asked.kind, asked.lot, asked.custody, asked.doubt, len(asked.others)) == ("sealed", "", 40_000, 40_000, 1)
    assert "goods of no lot" in find_words(asked, case, "en")
