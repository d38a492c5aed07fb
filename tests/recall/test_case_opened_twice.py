"""One case number opened by two logs that have no say in each other's cases: nobody reads one and believes it is the other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from foodtrace import Quantity
from foodtrace.errors import Ambiguous, FoodtraceError, NotFound
from foodtrace.events import LotsClause, RecallOpened, Sealing
from foodtrace.graph.edges import micros
from foodtrace.operations import cases, disposal, goods, notices
from foodtrace.operations.caselist import overview
from foodtrace.operations.casestatus import status
from foodtrace.operations.common import Doing
from foodtrace.operations.stepsheet import done_at
from foodtrace.recall.cases import name_case
from foodtrace.recall.report import case_report
from foodtrace.texts import LANGS
from tests.cli.inside import Inside, here
from tests.recall.casework import World, chain, day

__all__ = ["here"]  # a fixture
LOT, ELSE = "OP-P/L", "OP-Q/K"
CASE = "2026-0001"
SHOP = "local/shop"


@pytest.fixture
def world(url: str, tmp_path: Path) -> Iterator[World]:
    """Two cases 2026-0001: ours about L (level 2), and one of a shop's own log about K (level 3)."""
    made = World(url, tmp_path / "keys", log="local/office")
    chain(made).born("K", "Q", 20).move(ELSE, "Q", "Z", 20).at(3)
    assert made.open(LOT) == CASE
    made.ledger.init(SHOP, operator="OP-X")
    scope = (LotsClause(lots=(ELSE,)),)
    made.at(3.1).put(RecallOpened(id="mine", at=made.now, case=CASE, level=3, reason="x", known=day(3), scope=scope), log=SHOP)
    yield made
    made.ledger.close()


def reads(world: World, given: str) -> tuple[int, tuple[str, ...]]:
    with world.read() as session:
        found, _ = status(session, name_case(session, given), micros(world.now))
        report, _ = case_report(session, name_case(session, given), now=micros(world.now))
    assert (report.case, report.level, report.answer.affected_lots) == (found.case, found.level, found.affected_lots)
    return found.level, found.affected_lots


def fails(world: World, given: str) -> FoodtraceError:
    with world.read() as session, pytest.raises(FoodtraceError) as error:
        status(session, name_case(session, given), micros(world.now))
    return error.value


def test_the_number_alone_is_asked_about_and_each_name_reads_its_own(world: World) -> None:
    error = fails(world, CASE)
    assert isinstance(error, Ambiguous)
    assert (error.code, error.candidates) == ("case.opened_twice", (f"{CASE}@local/office", f"{CASE}@{SHOP}"))
    assert error.exit_code == 2
    assert all(f"{CASE}@{SHOP}" in error.message(lang) for lang in LANGS)
    assert reads(world, f"{CASE}@local/office") == (2, (LOT,))
    assert reads(world, "0001@shop") == reads(world, f"{CASE}@{SHOP}") == (3, (ELSE,))
    assert isinstance(fails(world, f"{CASE}@local/nobody"), NotFound)
    with world.read() as session:
        assert sorted(line.case for line in overview(session, micros(world.now))) == [f"{CASE}@local/office", f"{CASE}@{SHOP}"]


def test_before_the_second_opening_the_number_is_one_case(world: World) -> None:
    with world.read() as session:
        assert status(session, CASE, micros(day(3.05)))[0].case == CASE


def test_who_writes_means_the_case_his_log_has_a_say_in(world: World) -> None:
    def published(log: str, name: str) -> str | None:
        with world.read() as session:
            return status(session, f"{CASE}@{name}", micros(world.now))[0].published

    with world.read() as session:
        numbers: dict[str, int] = dict(session.rows("SELECT origin, id FROM log"))

    def act(operation: Any, *given: Any, log: str) -> Any:
        doing = Doing(now=world.now, by="7", log=numbers[log])
        return world.ledger.act(lambda session: operation(session, doing, *given), log=log)[1]

    act(cases.publish, CASE, log=SHOP)
    assert (published("", "local/office"), published("", SHOP) is not None) == (None, True)
    with pytest.raises(FoodtraceError) as error:
        act(cases.publish, f"{CASE}@local/office", log=SHOP)
    assert error.value.code == "case.no_standing"
    sent = act(notices.notify, CASE, log=SHOP)
    down = {each.party.site for each in sent.notices if each.party.lots}
    assert (sent.case, down) == (f"{CASE}@{SHOP}", {"Q", "Z"})
    with world.read() as session:
        again = notices.sent_before(session, micros(world.now), f"{CASE}@{SHOP}")
    assert [each.text for each in again.notices] == [each.text for each in sent.notices]
    # Withdrawn, the shop's case is out of the way of the number.
    act(cases.withdraw, CASE, "an error", "7", log=SHOP)
    assert reads(world, CASE) == (2, (LOT,))


def test_what_happened_to_goods_is_booked_for_either(world: World) -> None:
    world.keeping("X", "Y", "Z")
    for site in ("X", "Z"):
        world.do(disposal.dispose, "seal", CASE, site, None, None)
    for name, site in (("local/office", "X"), (SHOP, "Z")):
        with world.read() as session:
            found, answer = status(session, f"{CASE}@{name}", micros(world.now))
        (row,) = [row for row in answer.outlets if row.site == site]
        assert row.amounts[0].sealed == row.amounts[0].likely > 0
        assert found.rates["R1"].numerator == row.amounts[0].sealed


def test_the_command_line_lists_both_and_asks_which(here: Inside, tmp_path: Path) -> None:
    made = World(f"sqlite:///{tmp_path}/x.db", tmp_path / "keys", log="local/office")
    chain(made).born("K", "Q", 20).at(3).open(LOT)
    made.ledger.init(SHOP, operator="OP-X")
    made.put(
        RecallOpened(id="mine", at=made.now, case=CASE, level=3, reason="x", known=day(3), scope=(LotsClause(lots=(ELSE,)),)), log=SHOP
    )
    made.ledger.close()

    ours = ("--db", "x.db", "--log", "local/office")
    for words in (["status", CASE], ["report", CASE], ["status"], ["notify", CASE, "--reprint"]):
        asked = here(*ours, "case", *words, code=2)
        assert f"{CASE}@local/office" in asked, words
        assert f"{CASE}@{SHOP}" in asked, words
    name = f"{CASE}@{SHOP}"
    assert here.json(*ours, "case", "status", name)["affected_lots"] == [ELSE]
    here(*ours, "case", "report", name, "--out", "r.html")
    assert name in (tmp_path / "r.html").read_text("utf-8")
    said = here("--now", "2026-03-06 12:00", *ours, "case", "publish", CASE)
    assert "2026-04-03" in said, "level 2: the twentieth working day after the day of publication"


def test_what_was_done_and_refused_for_one_case_is_no_note_of_the_other(world: World) -> None:
    """Seals without evidence and refused sales of L at X and of K at Z: each case tells its own, by the names over the doors."""
    world.keeping("X", "Y", "Z")
    for site, lot in (("X", LOT), ("Z", ELSE)):
        world.do(disposal.dispose, "seal", CASE, site, lot, None)
        with pytest.raises(FoodtraceError):
            world.do(goods.transfer, lot, Quantity(1_000, "g"), "Y", source=site)
    world.do(notices.notify, f"{CASE}@local/office")
    world.do(notices.acknowledge, f"{CASE}@local/office", "X", [(LOT, Quantity(60_000, "g"))])
    for name, mine, other in (("local/office", "X", "Z"), (SHOP, "Z", "X")):
        with world.read() as session:
            found, answer = status(session, f"{CASE}@{name}", micros(world.now))
            sheet = done_at(session, f"{CASE}@{name}", answer, micros(world.now))
        told = {each.kind: each.sites for each in found.remarks}
        assert (told["no_evidence"], told["refused"]) == ((mine,), (mine,))
        assert other not in {each.site for each in (*found.sites, *sheet)}
        steps = [step.kind for each in found.sites if each.site == mine for step in each.steps]
        assert steps == (["sealing", "notice", "acknowledgement"] if mine == "X" else ["sealing"])
        assert {each.name for each in found.sites if each.site == mine} == {f"{mine}-name"}


def test_goods_that_neither_case_reaches_are_told_by_both_and_called_by_name(world: World) -> None:
    world.born("N", "Q", 5).move("OP-Q/N", "Q", "Y", 5)
    world.put(Sealing(id="odd", at=world.now, site="Q", case=CASE, lot="OP-Q/N", quantity=Quantity(1_000, "g")))
    for name in ("local/office", SHOP):
        with world.read() as session:
            found, _ = status(session, f"{CASE}@{name}", micros(world.now))
        assert [(each.site, each.name) for each in found.sites if each.steps] == [("Q", "Q-name")]
