"""On paper too each outlet has its five times, each with quantity, evidence and who; and who did nothing stands there as such."""

from __future__ import annotations

import msgspec

from foodtrace.events import Receipt
from foodtrace.graph.edges import micros
from foodtrace.operations import disposal, notices
from foodtrace.operations.stepsheet import done_at, times_grids
from foodtrace.recall.report import case_report
from foodtrace.recall.report_html import html
from tests.recall.caselife import LOT
from tests.recall.casework import World, day, kg


def rows(world: World, case: str, lang: str = "en") -> tuple[dict[str, tuple[object, ...]], str]:
    with world.read() as session:
        now = micros(world.now)
        report, chain = case_report(session, case, now=now)
        grids = times_grids(report.answer, done_at(session, case, report.answer, now), lang)  # type: ignore[arg-type]
        page = html(report, chain, times=grids, lang=lang)  # type: ignore[arg-type]
    return {str(row[1]).rpartition("\n")[2]: row[2:] for grid in grids for row in grid.rows}, page


def test_five_times_each_with_quantity_evidence_and_who(world: World) -> None:
    case = world.open(LOT)
    world.do(notices.notify, case, by="1")
    world.at(3.25).do(notices.acknowledge, case, "X", [(LOT, kg(60))], by="2")
    world.at(3.5).do(disposal.dispose, "seal", case, "X", LOT, kg(60), by="3", evidence="a" * 64)
    world.at(3.75).do(disposal.dispose, "return", case, "X", LOT, kg(40), by="4", to="W", evidence="b" * 64)
    world.at(4).do(disposal.dispose, "destroy", case, "X", LOT, kg(20), by="", witness="W-7")
    found, page = rows(world, case)
    assert found["X"] == (
        "2026-03-05 09:00 by 1",
        "2026-03-05 15:00 by 2\n60.0 kg no evidence",
        "2026-03-05 21:00 by 3\n60.0 kg aaaaaaaaaaaaaaaa..",
        "2026-03-06 03:00 by 4\n40.0 kg bbbbbbbbbbbbbbbb..",
        "2026-03-06 09:00 by -\n20.0 kg no evidence\nwitness W-7, place -\nnot reported beforehand",
    )
    assert found["Y"] == ("2026-03-05 09:00 by 1", "-", "-", "-", "-"), "told and silent, never left out"
    assert found["P"][0] == "2026-03-05 09:00 by 1", "the supplier that was told"
    assert "<td>2026-03-05 21:00 by 3<br>60.0 kg aaaaaaaaaaaaaaaa..</td>" in page


def sealed(world: World, case: str, site: str) -> str | None:
    with world.read() as session:
        answer = case_report(session, case, now=micros(world.now))[0].answer
    return next(each.sealed for each in answer.outlets if each.site == site)


def test_what_was_received_as_sealed_is_sealed_since_then(world: World) -> None:
    """Goods on the road come in sealed: nobody seals them once more, and a dash would say that nobody ever did."""
    case = world.open(LOT)
    world.do(notices.notify, case, by="1")
    world.at(4).put(Receipt(id="late", at=day(3.5), site="Z", lot=LOT, quantity=kg(5), source="W", doc="d-9", sealed=True, case=case))
    found, _ = rows(world, case)
    assert found["Z"][2] == "2026-03-05 21:00 received as sealed\n5.0 kg"
    assert rows(world, case, "zh")[0]["Z"][2] == "2026-03-05 21:00 收货即封存\n5.0 kg"
    assert sealed(world, case, "Z") == "2026-03-05T13:00:00Z"
    world.at(5).do(disposal.dispose, "seal", case, "Z", LOT, kg(1), by="3", allow_short=True)
    assert sealed(world, case, "Z") == "2026-03-05T13:00:00Z", "the first time stands"


def test_an_answer_without_a_quantity_and_one_of_several_lots_say_so(world: World) -> None:
    world.born("K", "Q", 40).move("OP-Q/K", "Q", "X", 10)
    case = world.open(LOT, "OP-Q/K")
    world.do(notices.notify, case, by="1")
    world.do(notices.acknowledge, case, "X", [(LOT, kg(60)), ("OP-Q/K", kg(9))], by="2")
    world.do(notices.acknowledge, case, "Y", [], by="2")
    found, _ = rows(world, case)
    assert found["X"][1] == "2026-03-05 09:00 by 2\n60.0 kg L\n9.0 kg K\nno evidence"
    assert found["Y"][1] == "2026-03-05 09:00 by 2\nno evidence"


def test_lots_of_one_code_that_only_steps_name_have_their_full_ids(world: World) -> None:
    case = world.open(LOT)
    world.at(3.25).do(disposal.dispose, "seal", case, "X", LOT, kg(60), by="3")
    with world.read() as session:
        now = micros(world.now)
        report, _ = case_report(session, case, now=now)
        done = next(each for each in done_at(session, case, report.answer, now) if each.site == "X")
    (step,) = [each for each in done.steps if each.kind == "sealing"]
    named = [msgspec.structs.replace(step, lot=lot, entry=lot) for lot in ("OP-Q/K", "WHO/K", "WHO/L", "WHO/M", LOT)]
    grids = times_grids(report.answer, [msgspec.structs.replace(done, steps=tuple(named[:3]))], "en")
    (cell,) = [str(row[4]) for row in grids[0].rows if "X" in str(row[1])]
    assert [line for line in cell.splitlines() if "kg" in line] == ["60.0 kg OP-Q/K", "60.0 kg WHO/K", "60.0 kg WHO/L"]
    grids = times_grids(report.answer, [msgspec.structs.replace(done, steps=tuple(named[3:]))], "en")
    (cell,) = [str(row[4]) for row in grids[0].rows if "X" in str(row[1])]
    assert [line for line in cell.splitlines() if "kg" in line] == ["60.0 kg M", "60.0 kg L"]


def test_of_many_the_last_stand_there_and_the_number_of_the_others(world: World) -> None:
    case = world.open(LOT)
    for number in range(5):
        world.at(3 + number / 4).do(disposal.dispose, "seal", case, "X", LOT, kg(1 + number), by="3", evidence="a" * 64)
    cell = str(rows(world, case)[0]["X"][2])
    assert cell.startswith("(2 earlier)\n2026-03-05 21:00 by 3\n3.0 kg")
    assert cell.count("by 3") == 3
