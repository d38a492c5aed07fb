"""The case report: complete, honest about what is not known, checkable, and harmless whatever a shop calls itself."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

from foodtrace import Ledger, Quantity
from foodtrace.events import (
    Acknowledgement,
    CertificateIssued,
    Destroyed,
    Event,
    Notice,
    Output,
    Portion,
    RecallOpened,
    RecallPublished,
    Returned,
    Sale,
    Site,
    Transfer,
    Transformation,
)
from foodtrace.events.base import Held
from foodtrace.events.case import LotsClause
from foodtrace.graph.edges import micros
from foodtrace.recall.chain import Chain
from foodtrace.recall.curve_picture import curve_svg
from foodtrace.recall.report import CurvePoint, Report, case_report, moments
from foodtrace.recall.report_html import html
from foodtrace.recall.report_sheets import safe, workbook
from foodtrace.recall.report_tables import Measured, grids
from foodtrace.schemas import schema_of
from foodtrace.texts import Lang
from foodtrace.tlog.merkle import leaf_hash
from foodtrace.tlog.note import parse_checkpoint, parse_verifier

CHINA = dt.timezone(dt.timedelta(hours=8))
AT = dt.datetime(2026, 11, 2, 4, tzinfo=CHINA)
OPENED = dt.datetime(2026, 11, 3, 9, tzinfo=CHINA)
LOT = "P-1/L"
HOSTILE = "<script>alert(1)</script>\"'=HYPERLINK(1)"
CASE = "2026-0001"


def hours(n: float) -> dt.datetime:
    return OPENED + dt.timedelta(hours=n)


def story() -> list[Event]:
    def site(name: str, kind: str, called: str) -> Site:
        return Site(id=f"s-{name}", at=AT, site=name, operator=name, kind=kind, name=called)  # type: ignore[arg-type]

    def grams(n: int) -> Quantity:
        return Quantity(n, "g")

    made: list[Event] = [
        site("P-1", "farm", "永发合作社"),
        site("X-1", "shop", HOSTILE),
        site("Y-1", "shop", "=1+1"),
        CertificateIssued(id="c", at=AT, site="P-1", lot=LOT, serial="1", issuer="P-1", product="芹菜", quantity=grams(100_000)),
        Transfer(id="t1", at=AT, site="P-1", to="X-1", lot=LOT, quantity=grams(60_000)),
        Transfer(id="t2", at=AT, site="P-1", to="Y-1", lot=LOT, quantity=grams(40_500)),
        Sale(id="sale", at=AT, site="X-1", lot=LOT, quantity=grams(10_000)),
        RecallOpened(
            id="open", at=OPENED, case=CASE, scope=(LotsClause(lots=(LOT,)),), level=1, reason=HOSTILE, producer="P-1", operator="P-1",
            known=OPENED - dt.timedelta(hours=2), rule_pack="cn-recall-2015",
        ),
        RecallPublished(id="pub", at=hours(1), case=CASE),
        Notice(id="n1", at=hours(1), case=CASE, to="X-1", delivered=hours(1)),
        Notice(id="n2", at=hours(1), case=CASE, to="Y-1", delivered=hours(1)),
        Acknowledgement(id="a1", at=hours(3), case=CASE, site="X-1", on_hand=(Held(LOT, grams(50_000)),)),
        Returned(id="r1", at=hours(30), site="X-1", case=CASE, lot=LOT, quantity=grams(30_000), to="P-1"),
        Destroyed(id="d1", at=hours(50), site="X-1", case=CASE, lot=LOT, quantity=grams(20_000)),
    ]  # fmt: skip
    return made


PERSONAL = {"s-X-1": {"contact": "李大明", "phone": "13900001234", "address": "北河市东街 5 号"}}


@pytest.fixture
def ledger(url: str, tmp_path: Path) -> Iterator[Ledger]:
    now = micros(hours(72))
    with Ledger.open(url, keys=tmp_path / "keys", clock=lambda: now) as opened:
        opened.record(story(), personal=PERSONAL)
        yield opened


def told(ledger: Ledger, *, contacts: bool = False, at: float = 72) -> tuple[Report, Chain]:
    with ledger.reading() as session:
        return case_report(session, CASE, now=micros(hours(at)), contacts=contacts)


def test_figures_deadlines_and_the_curve_that_ends_at_them(ledger: Ledger) -> None:
    report, chain = told(ledger)
    answer = report.answer
    assert [(row.name, row.link) for row in answer.outlets] == [("=1+1", "confirmed"), (HOSTILE, "confirmed")]
    assert (answer.rates["R2"].numerator, answer.rates["R2"].denominator) == (50_000, 90_500)
    last = report.curve[-1]
    assert last.happened == {name: answer.rates[name] for name in ("R1", "R2", "R3", "R4", "R5", "R6")}
    assert [point.happened["R2"].numerator for point in report.curve] == sorted(point.happened["R2"].numerator for point in report.curve)
    assert report.curve[0].at == "2026-11-03T09:00:00+08:00"
    assert report.curve[0].happened["R2"].numerator == 0
    # All was recorded in one go at the end: before that nobody knew.
    assert not any(point.known["R2"].numerator for point in report.curve[:-1] if "R2" in point.known)
    start, complete = report.deadlines
    assert (start.state, start.due, complete.state, complete.due, complete.left) == (
        "met",
        "2026-11-04T07:00:00+08:00",
        "running",
        "2026-11-17",
        7,
    )
    assert len(chain.places) == 3
    assert "over_certified" in {each.kind for each in answer.untraced}


def test_what_proves_it_can_be_checked_without_us(ledger: Ledger) -> None:
    report, _ = told(ledger)
    assert [each.kind for each in report.entries] == [
        "recall_opened", "notice", "notice", "recall_published", "acknowledgement", "returned", "destroyed",
    ]  # fmt: skip
    with ledger.reading() as session:
        stored = {seq: bytes(data) for seq, data in session.rows("SELECT seq, bytes FROM entry")}
    for each in report.entries:
        assert bytes.fromhex(each.leaf) == leaf_hash(stored[each.seq]) == hashlib.sha256(b"\0" + stored[each.seq]).digest()
    (log,) = report.logs
    checkpoint = parse_checkpoint(log.checkpoint.encode(), [parse_verifier(log.vkey)])
    assert (checkpoint.origin, checkpoint.size) == (log.log, log.size)
    assert all(each.seq < checkpoint.size for each in report.entries)


def test_people_are_masked_unless_asked_for(ledger: Ledger) -> None:
    for contacts in (False, True):
        report, chain = told(ledger, contacts=contacts)
        page, book = html(report, chain, lang="zh"), workbook(report, lang="zh")
        cells = [str(cell.value) for sheet in load_workbook(io.BytesIO(book)) for row in sheet.iter_rows() for cell in row]
        for value in ("李大明", "13900001234", "北河市东街 5 号"):
            assert (value in page) is contacts
            assert (value in cells) is contacts
            assert (value in msgspec.json.encode(report).decode()) is contacts
            assert ("联系方式未遮盖" in page) is contacts


class Page(HTMLParser):
    """Tags, attributes and text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.words.append(data)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_needs_nothing_runs_nothing_and_says_everything(ledger: Ledger, lang: Lang) -> None:
    report, chain = told(ledger)
    text = html(report, chain, lang=lang)
    page = Page(text)
    assert not {"script", "link", "img", "iframe", "object", "a", "form", "base"} & set(page.tags)
    assert not [name for name, _ in page.attributes if name.startswith("on") or name in ("href", "src", "action")]
    assert ("content", "default-src 'none'; style-src 'unsafe-inline'; img-src data:") in page.attributes
    assert page.tags.count("svg") == 2
    assert sum(HOSTILE in each for each in page.words) >= 3, "shown as it is, as text"
    assert "@page{size:A4" in text
    every = " ".join(page.words)
    assert not re.findall(r"\b(?:report|finding|rate|deadline)\.[a-z_.]+", every), "no text is missing"
    for grid in grids(report, lang):
        assert all(len(row) == len(grid.columns) for row in grid.rows)
    assert report.logs[0].checkpoint.splitlines()[2] in every
    assert all(each.leaf in every for each in report.entries)


def test_the_workbook_has_a_sheet_per_table_with_exact_numbers_and_no_formula(ledger: Ledger) -> None:
    report, _ = told(ledger)
    book = load_workbook(io.BytesIO(workbook(report, lang="en")))
    assert len(book.sheetnames) == len(grids(report, "en")) == 17
    rows = list(book["Outlets"].iter_rows(values_only=True))
    at = {name: place for place, name in enumerate(rows[0])}
    shop = next(row for row in rows if row[at["site"]] == HOSTILE)
    assert (shop[at["received"]], shop[at["sold"]], shop[at["destroyed"]], shop[at["lots"]]) == (60, 10, 20, "L")
    other = next(row for row in rows if row[at["site"]] == "'=1+1")
    assert (other[at["received"]], other[at["on hand"]]) == (40.5, "40.5?"), "a silent shop's stock is unknown"
    assert all(cell.data_type != "f" for sheet in book for row in sheet.iter_rows() for cell in row)
    sheet: Any = book["Records of the case"]
    widths = {sheet.cell(1, n).value: sheet.column_dimensions[get_column_letter(n)].width for n in range(1, sheet.max_column + 1)}
    longest = max(len(f"{each.log}#{each.seq}") for each in report.entries)
    assert widths["entry"] > longest, "nothing is cut off"
    assert widths["leaf hash"] == 66
    assert book["Outlets"].column_dimensions["A"].width < 10


@pytest.mark.parametrize(
    ("given", "shown"), [("=1", "'=1"), ("+7", "'+7"), ("-1", "'-1"), ("@x", "'@x"), ("\tx", "'\tx"), ("-", "-"), ("a\x00\x1bb", "ab")]
)
def test_cells_that_strangers_wrote(given: str, shown: str) -> None:
    assert safe(given) == shown


def test_what_was_made_at_a_site_stands_beside_what_it_received_where_any_was(ledger: Ledger) -> None:
    report, chain = told(ledger)
    assert "<th>used</th>" not in html(report, chain, lang="en"), "nothing was made anywhere: no column says so"
    made = Output(lot="Y-1/R", quantity=Quantity(500, "g"), product="芹菜")
    kept = (Portion(LOT, Quantity(500, "g")),)
    ledger.record([Transformation(id="re", at=hours(0.5), site="Y-1", kind="repack", inputs=kept, outputs=(made,))])
    report, chain = told(ledger)
    page = html(report, chain, lang="en")
    assert "<th>received</th><th>made</th><th>used</th><th>sold</th>" in page
    assert "<th>lost</th>" not in page
    (grid,) = [each for each in grids(report, "en") if each.name == "outlets"]
    (row,) = [row for row in grid.rows if row[1] == "=1+1"]
    shown = {name: cell.shown() for name, cell in zip(grid.columns, row, strict=True) if isinstance(cell, Measured)}
    assert (shown["received"], shown["born"], shown["consumed"], shown["lost"]) == ("40.5", "0.5", "0.5", "0.0"), (
        "the workbook has every term"
    )


def test_the_json_is_what_its_schema_says(ledger: Ledger) -> None:
    report, _ = told(ledger)
    jsonschema.validate(json.loads(msgspec.json.encode(report)), schema_of("case-report"))


def test_a_late_case_says_by_how_much_and_a_report_of_an_earlier_day_knows_nothing_later(ledger: Ledger) -> None:
    report, chain = told(ledger, at=24 * 30)
    assert (report.deadlines[1].state, report.deadlines[1].late_by) == ("late", 12)
    assert "12 working days late" in html(report, chain, lang="en")
    early, _ = told(ledger, at=4)
    assert [each.kind for each in early.entries][-1] == "acknowledgement"
    assert early.answer.rates["R1"].numerator == 0


def test_moments_are_the_days_and_of_many_an_even_choice(ledger: Ledger) -> None:
    with ledger.reading() as session:
        from foodtrace.recall.cases import load_case

        case = load_case(session, CASE)
    long = moments(case, micros(hours(24 * 400)), most=20)
    assert len(long) == 20
    assert (long[0], long[-1]) == (case.opened, micros(hours(24 * 400)))
    assert len(moments(case, micros(hours(2)))) >= 16


def test_the_names_of_the_curve_stand_one_below_the_other_above_the_days(ledger: Ledger) -> None:
    """Four lines that end at 0 %: their names had been written across the days."""
    report, _ = told(ledger)

    def nothing(point: CurvePoint) -> CurvePoint:
        rates = {name: msgspec.structs.replace(rate, numerator=0) for name, rate in point.happened.items()}
        return msgspec.structs.replace(point, happened=rates, known=rates)

    drawn = curve_svg(msgspec.structs.replace(report, curve=tuple(map(nothing, report.curve))), "zh")
    heights = {words: float(y) for y, words in re.findall(r'<text [^>]*y="([0-9.]+)"[^>]*>([^<]+)<', drawn)}
    names = sorted(y for words, y in heights.items() if re.search(r"R[0-9]", words))
    days = [y for words, y in heights.items() if re.fullmatch(r"\d\d-\d\d", words)]
    assert len(names) == 4
    assert min(b - a for a, b in pairwise(names)) >= 12
    assert names[-1] < min(days) - 12
    assert heights[next(words for words in heights if words.startswith("截止"))] < min(names) - 12
