"""What was done in a case at each site, with time, quantity, evidence and who: a row a step for its workbook, a row a site for paper.

Rules:

1. In the workbook the rows are those of ``case status --steps``, in their order, the evidence its whole SHA-256. What was not said
   is ``-``, never zero or empty.
2. On paper each affected site has one row, in the order of the lists, and a column for each of the five: notified, acknowledged,
   sealed, returned, destroyed; what was received after the opening and booked as sealed is sealed. Who was not told, or did not answer,
   has a row as well. Of more than three of a kind the last three stand there and the number of the others. Of the evidence the beginning
   stands there; the workbook has all of it. Below a destruction stand its witness and place, whether it was reported beforehand, and how it
   differs from what was planned or reported. Where a site speaks of several lots each quantity has its lot, as
   :mod:`foodtrace.recall.shortcodes` writes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from foodtrace.graph.edges import micros
from foodtrace.graph.reader import SqlFacts
from foodtrace.operations.casedone import SiteSteps, StepAnswer, marked_steps, steps_of
from foodtrace.operations.managing import reach_of
from foodtrace.operations.thiscase import told_of_this
from foodtrace.quantity import unit_word
from foodtrace.recall.answer import Answer
from foodtrace.recall.cases import case_events, load_case
from foodtrace.recall.finding.look import Look
from foodtrace.recall.findings import NO_TABLES
from foodtrace.recall.marked import marked
from foodtrace.recall.packs import for_case
from foodtrace.recall.report_tables import Cell, Grid, Measured, moment_words
from foodtrace.recall.shortcodes import Written, named_in, short_codes
from foodtrace.storage.session import Session
from foodtrace.texts import Lang, text

KINDS: Final = ("notice", "acknowledgement", "sealing", "returned", "destroyed")
_TIMES: Final = ("outlet", "notified", "acknowledged", "sealed", "returned", "destroyed")
_MOST: Final = 3
"""Steps of a kind that a cell has room for."""
_OTHERWISE: Final = "rendered_harmless"
"""The method that is said: most goods are destroyed outright."""
_SHOWN: Final = 16
"""Hex digits of the evidence on paper."""
_COLUMNS: Final = (
    "site", "step_name", "step", "at", "lot", "quantity", "unit", "evidence", "step_by", "witness", "place", "reported", "marks", "entry",
)  # fmt: skip


def steps_grid(sites: Iterable[SiteSteps], lang: Lang) -> Grid:
    """Return the table of steps; quantities in kg, litres or pieces with their unit."""
    rows = tuple(
        (
            site.site,
            site.name,
            _what(each, lang),
            each.at[:19].replace("T", " "),
            each.lot or "-",
            "-" if each.quantity is None else Measured(each.quantity, each.unit),
            unit_word(each.unit, lang) if each.unit else "-",
            each.evidence or "-",
            each.by or "-",
            each.witness or "-",
            each.place or each.to or "-",
            "; ".join(_report(each, lang)) or "-",
            marks_words(each.marks, lang) or "-",
            each.entry or "-",
        )
        for site in sites
        for each in site.steps
    )
    return Grid(name="steps", columns=_COLUMNS, rows=rows)


def _report(step: StepAnswer, lang: Lang) -> list[str]:
    """Return what a row says of reporting: of a plan when it is due, of a report its number, of a destruction whether it was reported."""
    due = [text("status.step_due", lang, due=moment_words(step.due))] if step.due else []
    doc = [text("status.step_doc", lang, doc=step.doc)] if step.doc else []
    return [*due, *doc, *report_words(step, lang)]


def _what(step: StepAnswer, lang: Lang) -> str:
    """Return what was done, and how where it was not outright destroyed."""
    what = text(f"status.step_{step.kind}", lang)
    return f"{what} ({text('status.method_' + step.method, lang)})" if step.method == _OTHERWISE else what


def done_at(session: Session, case_id: str, answer: Answer, now: int) -> tuple[SiteSteps, ...]:
    """Return what was done by a moment at each site of a case.

    :param answer: of the same case and moment, for the names. :raises NotFound: ``case.not_found``.
    """
    case = load_case(session, case_id, until=now)
    told = [each for each in case_events(session, case.case) if micros(each[1].at) <= now]
    rows = {row.site: row for row in (*answer.outlets, *answer.others)}
    origins: dict[int, str] = dict(session.rows("SELECT id, origin FROM log"))
    facts = SqlFacts(session, now)
    found = reach_of(facts, case)
    told = told_of_this(session, facts, case, told, found)
    look = Look(facts, found, for_case(case, session.rules).settings, case, NO_TABLES)
    return tuple(steps_of(facts, told, case, rows, origins, marked_steps(facts, list(marked(look)), origins, found.called)))


_DESTRUCTION: Final = frozenset({"destroyed", "plan", "report", "call_off"})


def destruction_words(step: StepAnswer, lang: Lang) -> list[str]:
    """Return what is said of a destruction, its plan or its report: when it is due, before whom, where, how, reported or not."""
    if step.kind not in _DESTRUCTION:
        return []
    said = [text("status.step_due", lang, due=moment_words(step.due))] if step.due else []
    if step.kind == "destroyed" or step.witness:
        said.append(text("status.step_witness", lang, witness=step.witness or "-"))
    said.append(text("status.step_place", lang, place=step.place or "-"))
    said += [text("status.method_" + step.method, lang)] if step.method == _OTHERWISE else []
    said += [text("status.step_doc", lang, doc=step.doc)] if step.doc else []
    return [*said, *report_words(step, lang)]


def report_words(step: StepAnswer, lang: Lang) -> list[str]:
    """Return whether a destruction had been reported, and how it differs from its plan; of all else nothing."""
    if step.kind != "destroyed":
        return []
    reported = text("status.step_reported", lang, at=moment_words(step.reported)) if step.reported else text("status.step_unreported", lang)
    return [reported, *([step.otherwise.words(lang)] if step.otherwise is not None else [])]


def marks_words(marks: Iterable[str], lang: Lang) -> str:
    """Return the marks of a fact for people; empty where there are none."""
    return "; ".join(text(f"mark.{each}", lang) for each in marks)


def times_grids(answer: Answer, sites: Iterable[SiteSteps], lang: Lang) -> tuple[Grid, Grid]:
    """Return the tables for paper (rule 2): of the outlets; of the other sites, suppliers that were told among them."""
    done = {each.site: each for each in sites}
    outlets = [(row.site, row.name or row.site) for row in answer.outlets]
    others = [(row.site, row.name or row.site) for row in answer.others]
    here = {site for site, _ in (*outlets, *others)}
    code = short_codes((*named_in(answer), *(step.lot for each in done.values() for step in each.steps)))
    others += [(each.site, each.name) for each in done.values() if each.site not in here]

    def grid(name: str, places: Sequence[tuple[str, str]]) -> Grid:
        rows: tuple[tuple[Cell, ...], ...] = tuple(
            (number, *_row(site, called, done.get(site), code, lang)) for number, (site, called) in enumerate(places, 1)
        )
        return Grid(name=name, columns=("number", *_TIMES), rows=rows)

    return grid("times", outlets), grid("times_others", others)


def _row(site: str, called: str, done: SiteSteps | None, code: Written, lang: Lang) -> tuple[str, ...]:
    steps = done.steps if done else ()
    lots = {each.lot for each in steps if each.lot}
    return (
        called if called == site else f"{called}\n{site}",
        *(_cell([each for each in steps if _column(each) == kind], code if len(lots) > 1 else None, lang) for kind in KINDS),
    )


def _column(step: StepAnswer) -> str:
    """Return in which column of the five a step stands (rule 2)."""
    return "sealing" if step.kind == "receipt" and "booked" in step.marks else step.kind


def _cell(steps: Sequence[StepAnswer], code: Written | None, lang: Lang) -> str:
    """Return the steps of one kind, a block of lines each: when, how much (of which lot), evidence, who.

    :param code: how lots are written; none: it is clear which lot is meant.
    """
    blocks: dict[str, list[StepAnswer]] = {}
    for each in steps:
        blocks.setdefault(each.entry or each.at, []).append(each)
    shown = list(blocks.values())[-_MOST:]
    left = len(blocks) - len(shown)
    lines = [text("report.times.earlier", lang, count=left)] if left else []
    for block in shown:
        first = block[0]
        if first.kind == "receipt":
            lines.append(f"{moment_words(first.at)} {text('report.times.booked', lang)}")
            lines += [_quantity(each, code, lang) for each in block if each.quantity is not None]
            continue
        lines.append(f"{moment_words(first.at)} {text('report.times.by', lang, by=first.by or '-')}")
        lines += [_quantity(each, code, lang) for each in block[:_MOST] if each.quantity is not None]
        if len(block) > _MOST:
            lines.append(text("report.times.more", lang, count=len(block) - _MOST))
        if first.kind != "notice":
            evidence = f"{first.evidence[:_SHOWN]}.." if first.evidence else text("report.times.no_evidence", lang)
            if len(block) == 1 and first.quantity is not None and code is None:
                lines[-1] += f" {evidence}"
            else:
                lines.append(evidence)
        for each in block[:_MOST] if first.kind == "destroyed" else ():
            where = [
                text("status.step_witness", lang, witness=each.witness or "-"),
                text("status.step_place", lang, place=each.place or "-"),
            ]
            lines += [", ".join(where), *report_words(each, lang)]
    return "\n".join(lines) or "-"


def _quantity(step: StepAnswer, code: Written | None, lang: Lang) -> str:
    lot = f" {code(step.lot)}" if code else ""
    return f"{Measured(step.quantity or 0, step.unit).shown()} {unit_word(step.unit, lang)}{lot}"
