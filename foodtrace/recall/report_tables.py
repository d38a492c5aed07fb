"""The tables of a case report, once for paper and for spreadsheets. Pure.

Rules:

1. A quantity is exact: a whole number of base units with its unit, printed in kg, litres or pieces by whoever shows the table.
2. Unknown is ``?``, never zero or empty; a moment nobody recorded is ``-``.
3. Least and most are valid line by line and never added up; holdings of which all is affected have no line of bounds.
4. Every finding stands with its text, what to do about it, and the entries behind it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Final, TypeAlias

import msgspec

from foodtrace.quantity import thousands, unit_word
from foodtrace.recall.answer import Amount, Answer, FiguresAnswer, OutletRow, RateAnswer
from foodtrace.recall.beside import base_words, beside_rates, own_free_words, percent_words, unsealed_words
from foodtrace.recall.clearedwords import cleared_words, let_off
from foodtrace.recall.deadlines import LOCAL
from foodtrace.recall.findwords import find_words
from foodtrace.recall.namesakes import called, names_in
from foodtrace.recall.picturewords import kind_word
from foodtrace.recall.report import PEOPLE, REPORTED, Report
from foodtrace.recall.report_entries import CaseEntry, in_order_of_proof
from foodtrace.recall.shortcodes import Written, answer_codes
from foodtrace.texts import LANGS, Lang, text
from foodtrace.tlog.about import About


class Measured(msgspec.Struct, frozen=True):
    """A quantity in a cell."""

    value: int
    unit: str
    unknown: bool = False
    """True: at most this much may be there, nobody knows."""

    def shown(self) -> str:
        """Return it without its unit: thousands of grams or millilitres, or pieces."""
        digits = f"{self.value:,}" if self.unit == "piece" else thousands(self.value)
        return digits + ("?" if self.unknown else "")


Cell: TypeAlias = str | int | Measured


class Grid(msgspec.Struct, frozen=True, kw_only=True):
    """One table."""

    name: str
    """Key of its title: ``report.table.NAME``."""
    columns: tuple[str, ...]
    """Keys of headings: ``report.column.NAME``."""
    rows: tuple[tuple[Cell, ...], ...]


def grids(report: Report, lang: Lang) -> list[Grid]:
    """Return every table of a report; those that would be empty too, so that nothing seems forgotten."""
    code = answer_codes(report.answer)
    names = names_in(report.answer)
    return [
        _summary(report, lang),
        _figures(report.answer, lang),
        _counts(report, lang),
        _deadlines(report, lang),
        places_grid("outlets", report.answer.outlets, code, lang, names=names, upstream=report.upstream, in_case=True),
        places_grid("others", report.answer.others, code, lang, names=names, upstream=report.upstream, in_case=True),
        _cleared(report.answer, code, lang),
        _without_lot(report.answer, lang),
        _bounds(report.answer, code, lang),
        findings_grid(report.answer, code, lang),
        _curve(report),
        _versions(report),
        _lots(report, lang),
        _own_corrections(report, lang),
        _entries("entries", report.entries, lang),
        _entries("goods", report.goods, lang),
        _logs(report),
    ]


def rate_words(rate: RateAnswer, name: str, lang: Lang) -> str:
    """Return a rate for people; nothing to divide by is said in words, never as 0 or 100 %."""
    if rate.percent:
        return percent_words(rate)
    return text({"R4": "rate.no_outlets", "R5": "rate.no_outlets", "R6": "rate.not_sampled"}.get(name, "rate.nothing_left"), lang)


def _summary(report: Report, lang: Lang) -> Grid:
    answer = report.answer
    confirmed = sum(row.link == "confirmed" for row in answer.outlets)
    state = "withdrawn" if report.withdrawn else "closed" if report.closed else "open"
    told = [find_words(each, report.case, lang) for each in report.finds]
    free = (unsealed_words(report.unsealed, lang), own_free_words(report.own_free, lang))
    beside = (*beside_rates(answer.told_twice, answer.untraced, lang), *free, *told)
    rows: list[tuple[str, str]] = [
        ("case", report.case),
        ("state", text(f"report.state.{state}", lang)),
        ("product", report.product),
        ("level", str(report.level)),
        ("reason", report.reason),
        ("advice", report.advice or "-"),
        ("producer", _called(report.producer_name, report.producer)),
        ("operator", _called(report.operator_name, report.operator)),
        ("known", moment_words(report.known)),
        ("opened", moment_words(report.opened)),
        ("published", moment_words(report.published)),
        ("closed", moment_words(report.closed)),
        ("decisions", "\n".join(each.words(lang) for each in report.decisions) or "-"),
        ("scope", text("report.summary.scope", lang, version=answer.version, lots=answer.lots_affected)),
        (
            "outlets",
            text("report.summary.outlets", lang, count=len(answer.outlets), confirmed=confirmed, possible=len(answer.outlets) - confirmed),
        ),
        ("beside", "\n".join(filter(None, beside)) or "-"),
        ("cleared", "\n".join(cleared_words(answer.cleared, names_in(answer), lang)) or "-"),
        ("untraced", str(len(answer.untraced))),
        ("rule_pack", f"{report.rule_pack} {report.rule_pack_title}".strip()),
        ("contacts", text(f"report.contacts.{report.contacts}", lang)),
        ("made", moment_words(report.made)),
    ]
    unsaid = text("notice.unsaid", lang)
    said = [*((name, report.plan) for name in REPORTED), *((name, report.people) for name in PEOPLE)]
    recorded = {"produced": ", ".join(sorted({each.produced for each in report.lots if each.produced}))}
    plan = [(text(f"notice.{name}", lang), words.get(name) or recorded.get(name) or unsaid) for name, words in said]
    named = [(text(f"report.row.{key}", lang), said) for key, said in rows]
    return Grid(name="summary", columns=("what", "said"), rows=(*named[:_PLAN_AT], *plan, *named[_PLAN_AT:]))


_OF_AN_ENTRY: Final = ("entry", "event", "site", "at", "recorded", "leaf")
_OF_A_LOG: Final = ("log", "size", "newest", "vkey", "checkpoint")
_PLAN_AT: Final = 8
"""Rows of the summary before the plan's: what is recalled, why, and by whom."""


def _called(name: str, number: str) -> str:
    return f"{name} ({number})" if name and name != number else number or "-"


def _figures(answer: Answer, lang: Lang) -> Grid:
    rows: list[tuple[Cell, ...]] = []
    for part, figures in (("all", answer.figures), ("confirmed", answer.confirmed_only)):
        for row in figures:
            amounts = (row.distributed, row.should_be_recalled, row.retrieved, row.retrieved_strict, row.sold)
            rates = tuple(rate_words(row.rates[name], name, lang) for name in ("R1", "R2", "R3"))
            of = text(f"report.figures.{part}", lang) + (f" {row.product}" if row.product else "")
            rows.append((of, unit_word(row.unit, lang), *(Measured(each, row.unit) for each in amounts), *rates))
            if row.unexplained:
                rows.append(_on_record(row, lang))
    columns = ("part", "unit", "distributed", "should", "retrieved", "strict", "sold", "R1", "R2", "R3")
    return Grid(name="figures", columns=columns, rows=tuple(rows))


def _on_record(row: FiguresAnswer, lang: Lang) -> tuple[Cell, ...]:
    """Return the line below a row some of whose goods no record explains: the same without them."""
    beyond = row.unexplained
    amounts = (row.distributed - beyond, row.should_be_recalled - beyond, row.retrieved - beyond)
    rates = tuple(rate_words(row.on_record[name], name, lang) for name in ("R1", "R2", "R3"))
    said: list[Cell] = [Measured(each, row.unit) for each in amounts]
    return (text("report.figures.on_record", lang), unit_word(row.unit, lang), *said, "", Measured(row.sold, row.unit), *rates)


def _counts(report: Report, lang: Lang) -> Grid:
    """Return the rates that count sites, and below R6 visits that are no part of it."""
    answer = report.answer
    rates = [(name, answer.rates[name]) for name in ("R4", "R5", "R6")]
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            f"{name} {text(f'rate.{name}', lang)}",
            rate.numerator,
            rate.denominator,
            rate_words(rate, name, lang),
            len(let_off(answer.cleared, name)),
        )
        for name, rate in rates
    )
    if report.visits_beyond.sites:
        rows += ((text("report.beyond_draw", lang), report.visits_beyond.clean, report.visits_beyond.sites, "", 0),)
    return Grid(name="counts", columns=("part", "numerator", "denominator", "rate", "let_off"), rows=rows)


def _cleared(answer: Answer, code: Written, lang: Lang) -> Grid:
    """Return what the case cleared, place by place."""
    names = names_in(answer)
    rows: list[tuple[Cell, ...]] = []
    for each in answer.cleared.places if answer.cleared is not None else ():
        named = " ".join(filter(None, (each.product, text("cli.recall.without_lot", lang) if each.without_lot else ""))) or "-"
        sold = tuple("?" if value is None else Measured(value, each.unit) for value in (each.sold, each.sold_before))
        there = (Measured(each.on_hand, each.unit, each.unknown), Measured(each.custody, each.unit), Measured(each.travelling, each.unit))
        unit = unit_word(each.unit, lang)
        rows.append(
            (
                called(each, names, each.name),
                text(f"status.role_{each.role}", lang),
                " ".join(map(code, each.lots)),
                named,
                unit,
                *there,
                *sold,
            )
        )
    columns = ("outlet", "kind", "lots", "product", "unit", "on_hand", "custody", "travelling", "sold_since", "sold_before")
    return Grid(name="cleared", columns=columns, rows=tuple(rows))


def over_words(rate: RateAnswer, lang: Lang, beyond: int = 0) -> str:
    """Return the two numbers of a rate with their unit. :param beyond: how much of the second is beyond the records."""
    if rate.unit == "site":
        return f"{rate.numerator:,} / {text('report.unit.site', lang, count=f'{rate.denominator:,}')}"
    numbers = " / ".join(Measured(each, rate.unit).shown() for each in (rate.numerator, rate.denominator))
    return f"{numbers} {unit_word(rate.unit, lang)} {base_words(beyond, rate.unit, lang)}".rstrip()


def _deadlines(report: Report, lang: Lang) -> Grid:
    rows: list[tuple[Cell, ...]] = []
    for each in report.deadlines:
        state = text(f"report.deadline.{each.state}", lang)
        if each.state == "late":
            late = "deadline.late_hours" if each.name == "start" else "deadline.late_days"
            state = text(late, lang, late="?" if each.late_by is None else each.late_by)
        elif each.state == "running" and each.left is not None:
            state = text("deadline.days_left", lang, left=each.left)
        if each.missing_years:
            what = "deadline.calendar_missing" if each.due is None else "deadline.calendar_uncounted"
            said = text(what, lang, years=", ".join(map(str, each.missing_years)))
            state = said if each.due is None else f"{state}; {said}"
        if each.own_years:
            state += "; " + text("deadline.calendar_own", lang, years=", ".join(map(str, each.own_years)))
        rows.append(
            (text(f"report.clock.{each.name}", lang), moment_words(each.due), moment_words(each.first_due), moment_words(each.done), state)
        )
    return Grid(name="deadlines", columns=("clock", "due", "first_due", "done", "state"), rows=tuple(rows))


WHERE_ANY: Final = frozenset({"product", "born", "returned_in", "over", "dispatched", "consumed", "lost"})
"""Columns of the lists of sites that paper has only where anything is in them (:class:`foodtrace.recall.said.Amount`)."""


def places_grid(
    name: str,
    places: Iterable[OutletRow],
    code: Written,
    lang: Lang,
    *,
    names: Mapping[str, str] | None = None,
    upstream: Mapping[str, str] | None = None,
    in_case: bool = False,
) -> Grid:
    """Return a list of affected sites, a row per site and amount.

    :param code: how lots are written. :param names: what to call sites (:mod:`foodtrace.recall.namesakes`).
    :param upstream: site -> when it was told as a supplier.
    :param in_case: there is a case, so that a site without notice was not told.
    """
    upstream, names = upstream or {}, names or {}
    rows: list[tuple[Cell, ...]] = []
    for number, row in enumerate(places, 1):
        for amount in row.amounts:
            unknown = amount.on_hand is None
            rows.append(
                (
                    number,
                    names.get(row.site) or row.name or row.site,
                    kind_word(row.kind, lang),
                    row.operator,
                    row.county or "-",
                    row.contact or text(f"report.personal.{row.personal}", lang),
                    row.phone or "-",
                    row.address or "-",
                    " ".join(code(lot) for lot in row.lots),
                    ", ".join(row.suppliers) or "-",
                    text(f"report.link.{row.link}", lang),
                    _of_what(amount, lang),
                    unit_word(amount.unit, lang),
                    "?" if amount.received is None else Measured(amount.received, amount.unit),
                    *(Measured(each, amount.unit) for each in (amount.born, amount.returned_in, amount.over)),
                    *(Measured(each, amount.unit) for each in (amount.dispatched, amount.consumed)),
                    "?" if amount.sold is None else Measured(amount.sold, amount.unit),
                    Measured(amount.likely, amount.unit, unknown),
                    "-" if amount.at_notice is None else Measured(amount.at_notice, amount.unit),
                    Measured(amount.sealed, amount.unit),
                    Measured(amount.returned, amount.unit),
                    Measured(amount.destroyed, amount.unit),
                    Measured(amount.lost, amount.unit),
                    Measured(amount.unaccounted, amount.unit),
                    Measured(amount.travelling, amount.unit),
                    _told(row, upstream.get(row.site, ""), lang) if in_case else moment_words(row.notified),
                    text("cleared.here", lang) if row.cleared == "all" and not row.acknowledged else moment_words(row.acknowledged),
                    moment_words(row.last_entry),
                )
            )
    columns = (
        "number", "outlet", "kind", "operator", "county", "contact", "phone", "address", "lots", "supplier", "link", "product",
        "unit", "received", "born", "returned_in", "over", "dispatched", "consumed", "sold", "on_hand", "at_notice", "sealed", "returned",
        "destroyed", "lost", "unaccounted", "travelling", "notified", "acknowledged", "last_entry",
    )  # fmt: skip
    return Grid(name=name, columns=columns, rows=tuple(rows))


def _of_what(amount: Amount, lang: Lang) -> str:
    """Return the product of pieces, and of goods without lot that they are."""
    return " ".join(filter(None, (amount.product, text("cli.recall.without_lot", lang) if amount.without_lot else ""))) or "-"


def _told(row: OutletRow, upstream: str, lang: Lang) -> str:
    """Say when a site was told, and as what; a dash would not say whether it was not told or need not be."""
    if row.notified and upstream:
        same = moment_words(row.notified) == moment_words(upstream)
        told = text("report.told.both" if same else "report.told.supplier", lang, at=moment_words(upstream))
        return told if same else f"{moment_words(row.notified)}; {told}"
    if row.notified:
        return moment_words(row.notified)
    if row.cleared == "all":
        return text("cleared.here", lang)
    if upstream:
        return text("report.told.supplier", lang, at=moment_words(upstream))
    return text("report.told.own" if row.role == "own" else "report.told.not", lang)


def _without_lot(answer: Answer, lang: Lang) -> Grid:
    rows = tuple(
        (
            line.name or line.site,
            unit_word(line.unit, lang),
            Measured(line.quantity, line.unit),
            Measured(line.least, line.unit),
            Measured(line.most, line.unit),
        )
        for line in answer.without_lot
    )
    return Grid(name="without_lot", columns=("outlet", "unit", "quantity", "least", "most"), rows=rows)


def _bounds(answer: Answer, code: Written, lang: Lang) -> Grid:
    """Return how much of each holding can stem from the scope, where it is not simply all of it."""
    rows: list[tuple[Cell, ...]] = []
    for site in answer.bounds or ():
        for each in site.holdings:
            if each.least < each.quantity:
                amounts = (each.quantity, each.least, each.proportional, each.most)
                cells = tuple(Measured(amount, site.unit, site.unknown) for amount in amounts)
                name = code(each.lot)
                rows.append((site.name or site.site, name, text(f"report.link.{each.link}", lang), unit_word(site.unit, lang), *cells))
    columns = ("outlet", "lot", "link", "unit", "quantity", "least", "proportional", "most")
    return Grid(name="bounds", columns=columns, rows=tuple(rows))


def findings_grid(answer: Answer, code: Written, lang: Lang) -> Grid:
    """Return what could not be traced, with what to do about it. :param code: how lots are written."""
    names = names_in(answer)
    rows = tuple(
        (
            text(each.word, lang),
            code(each.lot),
            called(each, names, each.site_name),
            Measured(each.value, each.unit) if each.unit else str(each.value or ""),
            unit_word(each.unit, lang) if each.unit else text("report.unit.days", lang) if each.kind == "no_answer" else "",
            text(f"finding.{each.kind}.hint", lang),
            " ".join(each.entries[:_ENTRIES]) + (" .." if len(each.entries) > _ENTRIES else ""),
            each.kind,
        )
        for each in answer.untraced
    )
    return Grid(name="findings", columns=("finding", "lot", "outlet", "value", "unit", "hint", "entries", "code"), rows=rows)


_ENTRIES = 8
"""Entries named per finding; all of them are in the JSON."""


def _curve(report: Report) -> Grid:
    names = ("R1", "R2", "R3", "R4", "R5", "R6")
    rows: list[tuple[Cell, ...]] = []
    for point in report.curve:
        cells: list[Cell] = [moment_words(point.at)]
        for way in (point.happened, point.known):
            cells += [percent_words(way[name]) or "-" if name in way else "-" for name in ("R1", "R2", "R3", "R4", "R5", "R6")]
        rows.append(tuple(cells))
    names = ("R1", "R2", "R3", "R4", "R5", "R6")
    return Grid(name="curve", columns=("at", *names, *(f"{name}_known" for name in names)), rows=tuple(rows))


def _versions(report: Report) -> Grid:
    rows = tuple((each.version, moment_words(each.at), each.reason or "-", " | ".join(each.scope)) for each in report.versions)
    return Grid(name="scope", columns=("version", "at", "reason", "scope"), rows=rows)


def _lots(report: Report, lang: Lang) -> Grid:
    rows: list[tuple[Cell, ...]] = []
    for each in report.lots:
        unit = each.content_unit
        content = "-" if each.content is None else f"{Measured(each.content, unit).shown()} {unit_word(unit, lang)}"
        rows.append((" = ".join((each.lot, *each.also)), each.product or "-", each.produced or "-", each.expiry or "-", content))
    return Grid(name="lots", columns=("lot", "product", "produced", "expiry", "content"), rows=tuple(rows))


def _own_corrections(report: Report, lang: Lang) -> Grid:
    """Return what was taken back or changed of the case's own entries, by whom and why."""
    rows = tuple(
        (
            text(f"kind.{each.kind}", lang),  # no place stands first in a row but in the lists that are proven
            each.entry,
            each.site or "-",
            text(f"report.own.{each.reason}", lang) + ("" if each.effect else text("report.own.no_effect", lang)),
            each.correction,
            moment_words(each.at),
            each.by or "-",
            each.note.strip() or "-",
        )
        for each in report.own_corrections
    )
    return Grid(name="own", columns=("event", "of_entry", "site", "corrected", "by_entry", "recorded", "by", "reason"), rows=rows)


def list_headings(lang: Lang) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return (title, columns) of the lists that end a page: logs, records of the case, records of its goods."""
    lists = (("logs", _OF_A_LOG), ("entries", _OF_AN_ENTRY), ("goods", _OF_AN_ENTRY))
    return tuple(
        (text(f"report.table.{name}", lang), tuple(text(f"report.column.{each}", lang) for each in columns)) for name, columns in lists
    )  # fmt: skip


def proven_case(report: Report, proven: int, lang: Lang) -> Grid:
    """Return the records of the case among the first of a report that are proven: what a page lists is proven in it."""
    return _entries("entries", report.entries[:proven], lang)


def proven_goods(report: Report, proven: int, lang: Lang) -> Grid:
    """Return the records of goods that are among the first of a report that are proven, as they are proven.

    :param proven: how many of the report's records, those of the case first, are.
    """
    found = in_order_of_proof(report.entries, report.goods)[:proven]
    return _entries("goods", found[len(report.entries) :], lang)


def _entries(name: str, entries: Iterable[CaseEntry], lang: Lang) -> Grid:
    rows = tuple(
        (
            f"{each.log}#{each.seq}",
            text(f"kind.{each.kind}", lang),
            each.site or "-",
            moment_words(each.at),
            moment_words(each.recorded),
            each.leaf,
        )
        for each in entries
    )
    return Grid(name=name, columns=_OF_AN_ENTRY, rows=rows)


def entry_words(about: About) -> tuple[frozenset[str], ...]:
    """Return what a report may say of a record between its place and its hash, column by column, in either language."""
    return (
        frozenset(text(f"kind.{about.kind}", lang) for lang in LANGS),
        frozenset({about.site} if about.site else {"-", *about.subject}),
        frozenset({moment_words(about.at.isoformat())}),
        frozenset({moment_words(about.recorded.isoformat())}),
    )


def _logs(report: Report) -> Grid:
    rows = tuple((each.log, each.size, moment_words(each.newest), each.vkey, each.checkpoint) for each in report.logs)
    return Grid(name="logs", columns=_OF_A_LOG, rows=rows)


def moment_words(moment: str | None) -> str:
    """Return a moment for people: local time, to the minute; a day stays a day."""
    if not moment or "T" not in moment:
        return moment or "-"
    return dt.datetime.fromisoformat(moment).astimezone(LOCAL).strftime("%Y-%m-%d %H:%M")
