"""Opening, publishing and extending a case, on both engines: what a case never makes up, and when its clocks run."""

from __future__ import annotations

import datetime as dt

from foodtrace.graph.edges import micros
from foodtrace.operations import cases
from foodtrace.operations.noticepage import public_of
from foodtrace.recall.report import case_report
from foodtrace.recall.report_html import html
from foodtrace.texts import LANGS, text
from tests.recall.caselife import LOT, now, refuses
from tests.recall.casework import World, day


def test_neither_class_nor_knowledge_nor_reason_is_ever_made_up(world: World) -> None:
    asked = {"level": 2, "known": day(3), "reason": "x"}
    refuses(world, "case.level", cases.open_case, [LOT], **asked | {"level": 4})
    refuses(world, "case.known_later", cases.open_case, [LOT], **asked | {"known": day(4)})
    refuses(world, "case.reason", cases.open_case, [LOT], **asked | {"reason": "  "})
    assert world.refusals() == []


def test_the_plan_stands_in_the_notice_and_people_stand_beside_the_log(world: World) -> None:
    plan = cases.Plan(product="芹菜", harm="急性中毒", refund="凭小票退款", in_charge="王某", phone="0451-1", quantity="100 kg")
    case = world.open(LOT, plan=plan)
    with world.read() as session:
        public = public_of(session, case, micros(world.now))
        entries = b"".join(bytes(row[0]) for row in session.rows("SELECT bytes FROM entry"))
    assert (public.said["harm"], public.said["refund"], public.phone) == ("急性中毒", "凭小票退款", "0451-1")
    with world.read() as session:
        report, chain = case_report(session, case, now=micros(world.now), name_of=lambda each: f"{each}-name")
    recaller = f"{report.operator}-name ({report.operator})"
    for lang in LANGS:
        page = html(report, chain, lang=lang)
        assert all(said in page for said in ("急性中毒", "凭小票退款", recaller, text("notice.unsaid", lang)))
    assert "王某".encode() not in entries
    assert b"0451-1" not in entries


def test_the_completion_clock_starts_once_and_moves_only_by_a_published_extension(world: World) -> None:
    case = world.open(LOT, level=1)
    assert now(world, case).clocks[1].due is None
    refuses(world, "case.not_published", cases.extend, case, dt.date(2026, 4, 1), "A-1")
    world.do(cases.publish, case)
    refuses(world, "case.published", cases.publish, case)
    first = now(world, case).clocks[1].due_day
    assert first == "2026-03-19", "ten working days after Thursday 5 March"
    refuses(world, "case.approval", cases.extend, case, dt.date(2026, 4, 1), " ")
    refuses(world, "case.extend_earlier", cases.extend, case, dt.date(2026, 3, 19), "A-1")
    world.do(cases.extend, case, dt.date(2026, 4, 1), "A-1")
    assert now(world, case).clocks[1].due_day == first, "an extension nobody published does not count"
    world.do(cases.extend, case, dt.date(2026, 4, 1), "A-1", published=world.now)
    assert (now(world, case).clocks[1].due_day, now(world, case).clocks[1].first_due_day) == ("2026-04-01", first)
    late = now(world.at(33), case)
    assert [(task.what, task.late_by) for task in late.late] == [("complete", 2)], "2 and 3 April were working days"
