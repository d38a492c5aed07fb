"""Opening, publishing and extending a case, on both engines: what a case never makes up, and when its clocks run."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from foodtrace import Quantity
from foodtrace.errors import BadData
from foodtrace.graph.edges import micros
from foodtrace.operations import cases, notices
from foodtrace.operations.caseplan import Plan, read_plan
from foodtrace.operations.noticepage import page, public_of
from foodtrace.recall.report import case_report
from foodtrace.recall.report_html import html
from foodtrace.recall.report_tables import grids
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
    plan = Plan(product="芹菜", harm="急性中毒", refund="凭小票退款", in_charge="王某", phone="0451-1", quantity="100 kg")
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


def test_all_that_the_plan_says_stands_in_the_report_and_people_in_full_only_where_contacts_are_asked_for(world: World) -> None:
    people: dict[str, Any] = {"representative": "赵某", "in_charge": "王某"}
    people |= {"phone": "13900001234", "email": "r@example.cn", "address": "滨江路 1 号"}
    plan = Plan(duties="立即下架", ends=dt.date(2026, 5, 1), **people)
    case = world.open(LOT, plan=plan)
    for contacts in (False, True):
        with world.read() as session:
            report, chain = case_report(session, case, now=micros(world.now), contacts=contacts)
        assert (report.plan["duties"], report.plan["ends"]) == ("立即下架", "2026-05-01")
        assert set(report.people) == set(people)
        page = html(report, chain, lang="zh")
        assert all((value in page) == contacts for value in people.values())
        assert "立即下架" in page


def test_the_dates_and_the_content_on_record_stand_in_notice_and_report(world: World) -> None:
    lot, made, ends = "06909999000012/B7", dt.date(2026, 2, 1), dt.date(2028, 2, 1)
    world.batch(lot, "F", 50, {}, produced=made, expiry=ends, content=Quantity(900, "g"))
    case = world.open(lot)
    with world.read() as session:
        public = public_of(session, case, micros(world.now))
        report, _ = case_report(session, case, now=micros(world.now))
    assert {name: public.said.get(name) for name in ("spec", "produced", "expiry")} == {
        "spec": "900 g",
        "produced": "2026-02-01",
        "expiry": "2028-02-01",
    }
    (said,) = report.lots
    assert (said.lot, said.produced, said.expiry, said.content, said.content_unit) == (lot, "2026-02-01", "2028-02-01", 900, "g")


def test_the_day_of_the_plan_and_its_days_of_production_stand_in_report_notice_and_status(world: World) -> None:
    """A plan that says other days than the records: both are told, neither hides the other."""
    lot = "06909999000012/B7"
    world.batch(lot, "F", 50, {}, produced=dt.date(2026, 2, 1))
    plan = read_plan(b"date = 2026-03-03\nproduced = [2026-02-02, 2026-02-01]\n", "p.toml")
    case = world.open(lot, plan=plan)
    with world.read() as session:
        public = public_of(session, case, micros(world.now))
        report, chain = case_report(session, case, now=micros(world.now))
    assert (report.plan["plan_date"], report.plan["produced"]) == ("2026-03-03", "2026-02-01, 2026-02-02")
    assert now(world, case).plan == report.plan
    assert (public.said["produced"], public.said["produced_recorded"]) == ("2026-02-01, 2026-02-02", "2026-02-01")
    sent = world.do(notices.notify, case).notices
    for lang in LANGS:
        printed = page(public, sent[0], lang)
        for name in ("plan_date", "produced", "produced_recorded"):
            assert f"<tr><th>{text(f'notice.{name}', lang)}</th><td>{public.said[name]}</td></tr>" in printed
        shown = html(report, chain, lang=lang)
        assert "2026-03-03" in shown
        assert "2026-02-01, 2026-02-02" in shown


def test_what_a_plan_does_not_say_of_days_is_what_the_records_say_and_no_line_is_made_up(world: World) -> None:
    lot = "06909999000012/B7"
    world.batch(lot, "F", 50, {}, produced=dt.date(2026, 2, 1))
    case = world.open(lot)
    with world.read() as session:
        public = public_of(session, case, micros(world.now))
        report, chain = case_report(session, case, now=micros(world.now))
    assert public.said["produced"] == "2026-02-01"
    printed = page(public, world.do(notices.notify, case).notices[0], "en")
    assert text("notice.plan_date", "en") not in printed
    assert text("notice.produced_recorded", "en") not in printed
    assert ("Produced", "2026-02-01") in [row for grid in grids(report, "en") if grid.name == "summary" for row in grid.rows]
    assert "2026-02-01" in html(report, chain, lang="en")


def test_a_plan_is_not_of_a_later_day_than_now_and_its_days_are_days_or_words(world: World) -> None:
    refuses(world, "case.later_than_now", cases.open_case, [LOT], level=2, known=day(3), reason="x", plan=Plan(date=dt.date(2026, 9, 1)))
    assert read_plan(b"produced = 2026-11-01", "p").produced == "2026-11-01"
    assert read_plan('produced = "11 月上旬"'.encode(), "p").produced == "11 月上旬"
    assert read_plan(b"", "p") == Plan()
    wrong = [b"produced = 7", b"produced = []", b"produced = 2026-11-01T08:00:00", b'date = "soon"']
    for data in (*wrong, b"dates = 2026-11-01", b"\xff", b"date =", b"[date]"):
        with pytest.raises(BadData) as error:
            read_plan(data, "p.toml")
        assert (error.value.code, error.value.value) == ("case.plan_form", "p.toml"), data
