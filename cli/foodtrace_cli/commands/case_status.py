"""``case status``: how far a recall has come, who is late, what is to be done today."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import click

from foodtrace_cli.commands.case_common import CASE_ARGUMENT, moment, names_of
from foodtrace_cli.commands.case_left import amount, lots_of, maybe_same_words, size_of, unaccounted_words, which
from foodtrace_cli.commands.recall import check_known, write
from foodtrace_cli.commands.recall_screen import View, dated_ahead
from foodtrace_cli.commands.recall_table import shown_quantity, shown_unit
from foodtrace_cli.context import Context
from foodtrace_cli.output import cells, clean, emit_json, fit, say
from foodtrace_cli.schemaoption import prints

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from foodtrace.operations.caseanswer import CaseStatus, Task
    from foodtrace.operations.casedone import SiteSteps
    from foodtrace.recall.answer import Answer
    from foodtrace.recall.facts import Case

_TASKS = 12
_NAMES = 8
_RATES = ("R1", "R2", "R3", "R4", "R5", "R6")


@click.command()
@CASE_ARGUMENT
@click.option("--outlets", is_flag=True, help="Print every outlet as recall does.")
@click.option("--steps", is_flag=True, help="Print what was done at each site: when, how much, evidence, who.")
@click.option("--curve", is_flag=True, help="Print R1-R6 over time: as happened and as known.")
@click.option("--at", default=None, metavar="TIME", help="As of TIME, by all that is on record now.")
@click.option("--as-known", is_flag=True, help="With --at: only by what was on record then.")
@click.option("--all", "everything", is_flag=True, help="Print every task and every version of the scope.")
@prints("case-status")
@click.pass_obj
def status(
    ctx: Context,
    case_id: str | None,
    at: str | None,
    *,
    outlets: bool,
    steps: bool,
    curve: bool,
    everything: bool,
    as_json: bool,
    as_known: bool,
) -> None:
    """Show how far a case has come: R1-R6 with numerator and denominator, deadlines, who is late, what is to be done today."""
    from foodtrace.graph.edges import micros  # noqa: PLC0415
    from foodtrace.operations.casestatus import Standing  # noqa: PLC0415
    from foodtrace.operations.notdone import standing_words  # noqa: PLC0415
    from foodtrace.recall.beside import beside_rates, unsealed_words  # noqa: PLC0415
    from foodtrace.recall.cases import name_case  # noqa: PLC0415
    from foodtrace.recall.findwords import find_words  # noqa: PLC0415
    from foodtrace.recall.namesakes import names_in  # noqa: PLC0415

    check_known(at, as_known=as_known)
    when = None if at is None else moment(at)
    with ctx.open() as ledger, ledger.reading() as session:
        now = ledger.clock() if when is None else micros(when)
        full = name_case(session, case_id)
        standing = Standing.of(session, full, now, as_known=as_known)
        found, answer, state = standing.status(curves=curve), standing.answer, standing.case
    if as_json:
        emit_json(found)
        return
    named = names_in(answer, ((site.site, site.name) for site in found.sites))
    _head(ctx, found)
    if at is not None:
        say("  " + ctx.t("status.as_known" if as_known else "status.as_happened", at=found.at[:16]))
    if outlets:
        with ctx.open() as ledger:
            write(ctx, ledger, answer, View(everything=True))
    else:
        _rates(ctx, found, answer, named)
        for line in beside_rates(found.told_twice, found.untraced, ctx.lang):
            say("  " + clean(line))
        _untraced(ctx, found)
        for line in dated_ahead(ctx, found.untraced):
            say("  " + line)
    for find in found.finds:
        say("  " + clean(find_words(find, found.case, ctx.lang)))
    for same in found.maybe_same:
        say("  " + maybe_same_words(ctx, found.case, same))
    if missing := unaccounted_words(ctx, found.unaccounted, named):
        say("  " + missing)
    if found.unsealed:
        say("  " + clean(unsealed_words(found.unsealed, ctx.lang)))
    deadlines(ctx, state, now, ledger.rules)
    _at_deadline(ctx, found)
    _tasks(ctx, found, named, everything=everything)
    if found.broken:
        over = "status.broken_over_what" if found.closed_over else "status.broken_what"
        say("  " + ctx.t(over, what=standing_words(found.broken, ctx.lang, named)))
    _remarks(ctx, found, named)
    for decision in found.decisions:
        say("  " + clean(decision.words(ctx.lang)))
    if everything or len(found.versions) > 1:
        for each in found.versions:
            words = {
                "version": each.version,
                "at": each.at[:16],
                "scope": " | ".join(each.clauses),
                "reason": f"  ({each.reason})" if each.reason else "",
            }
            say(ctx.t("status.version", **words))
    if curve:
        _curve(ctx, found)
    names = names_of(ctx, (each.to for site in found.sites for each in site.steps)) if steps else {}
    for site in found.sites if steps else ():
        _steps(ctx, site, names)


def _head(ctx: Context, found: CaseStatus) -> None:
    clock = found.clocks[1]
    if found.state != "open":
        when = ctx.t("status." + found.state, at=(clock.done or "")[:16])
    elif found.published is None:
        when = ctx.t("status.unpublished", days=found.days)
    elif clock.due_day is None:
        when = ctx.t("status.no_calendar", years=", ".join(map(str, clock.missing)))
    elif found.day is None:
        when = ctx.t("status.no_count", years=", ".join(map(str, clock.missing)), due=clock.due_day)
    else:
        when = ctx.t("status.day", day=found.day, days=found.days, due=clock.due_day)
    say(
        ctx.t(
            "status.head",
            case=found.case,
            product=found.product,
            level=ctx.t(f"status.level_{found.level}"),
            version=found.version,
            when=when,
        )
    )


def _rates(ctx: Context, found: CaseStatus, answer: Answer, named: Mapping[str, str]) -> None:
    """Print the rates in columns: name, percent, numbers, what they are or who is missing. :param named: what to call sites.

    R4 and R5 count outlets; others that were not notified stand below them.
    """
    from foodtrace.recall.beside import base_words, beyond_records  # noqa: PLC0415
    from foodtrace.recall.clearedwords import cleared_words, let_off_words  # noqa: PLC0415

    outlets = {row.site for row in answer.outlets}
    rows: list[tuple[str, str, str, str]] = []
    for figures in found.figures:
        means = {name: ctx.t("status.means_" + name) for name in ("R1", "R2", "R3")}
        of = f"  ({figures.product})" if figures.product and len(found.figures) > 1 else ""
        beyond = base_words(beyond_records(answer, figures.unit, figures.product), figures.unit, ctx.lang)
        of += f"  {beyond}" if beyond else ""
        rows += [_rate(ctx, name, figures.rates[name], note + of, "status.nothing_left") for name, note in means.items()]
    if not found.figures:
        rows += [_rate(ctx, name, found.rates[name], "", "status.nothing_left") for name in ("R1", "R2", "R3")]
    silent = [named.get(each.site, each.name) for each in found.closing if each.kind == "silent"]
    untold = [named.get(each.site, each.name) for each in found.closing if each.kind == "unnotified" and each.site in outlets]
    others = [named.get(each.site, each.name) for each in found.closing if each.kind == "unnotified" and each.site not in outlets]
    for name, missing, nothing in (("R4", untold, "nothing_left"), ("R5", silent, "nothing_left"), ("R6", [], "not_sampled")):
        note = "  ".join(filter(None, (_missing(ctx, missing), let_off_words(found.cleared, name, named, ctx.lang))))
        rows.append(_rate(ctx, name, found.rates[name], note, "status." + nothing))
    if found.visits_beyond.sites:
        *row, note = rows.pop()
        more = ctx.t("status.beyond_draw", count=found.visits_beyond.sites, clean=found.visits_beyond.clean)
        rows.append((*row, "; ".join(filter(None, (note, more)))))  # type: ignore[arg-type]  # a row of R6 with another note
    widths = [max(cells(row[place]) for row in rows) for place in range(3)]
    for name, percent, numbers, note in rows:
        say(f"  {fit(name, widths[0])}  {fit(percent, widths[1], '>')}  {fit(numbers, widths[2])}  {note}".rstrip())
    if others:
        say("  " + ctx.t("status.missing_others", names=_few(others)))
    for words in cleared_words(found.cleared, named, ctx.lang):
        say("  " + clean(words))
    for figures in found.figures:
        if figures.unexplained:
            said = {name: _percent(ctx, figures.on_record[name]) for name in ("R1", "R2", "R3")}
            say(ctx.t("status.unexplained", quantity=amount(ctx, figures.unexplained, figures.unit), **said))
    for line in found.without_lot:
        least, most = (shown_quantity(each, line.unit) for each in (line.least, line.most))
        unit = shown_unit(ctx, line.unit)
        say(ctx.t("cli.rate.pseudo", name=line.name or line.site, goods=line.goods, least=least, most=most, unit=unit))
    if found.confirmed_only != found.figures and found.confirmed_only:
        said = {name: _percent(ctx, found.confirmed_only[0].rates[name]) for name in ("R1", "R2", "R3")}
        say(ctx.t("status.confirmed_only", **said))


def _untraced(ctx: Context, found: CaseStatus) -> None:
    """Say beside the rates what could not be traced: 100 % with a receipt that nobody sent is no all-clear."""
    if found.untraced:
        kinds = Counter(each.word for each in found.untraced)
        said = ", ".join(f"{ctx.t(word)} {count:,}" for word, count in kinds.items())
        say(ctx.t("status.untraced", count=f"{len(found.untraced):,}", kinds=said, case=found.case))


def _rate(ctx: Context, name: str, rate: Any, note: str, nothing: str) -> tuple[str, str, str, str]:
    if rate.unit == "site":
        numbers = f"{rate.numerator:,} / {ctx.t('status.sites', count=f'{rate.denominator:,}')}"
    else:
        numbers = f"{shown_quantity(rate.numerator, rate.unit)} / {amount(ctx, rate.denominator, rate.unit)}"
    return ctx.t("status." + name), _percent(ctx, rate), numbers, note if rate.percent else ctx.t(nothing)


def _percent(ctx: Context, rate: Any) -> str:
    from foodtrace.recall.beside import percent_words  # noqa: PLC0415

    return percent_words(rate, whole=True) or ctx.t("status.none")


def _missing(ctx: Context, names: list[str]) -> str:
    if not names:
        return ""
    return ctx.t("status.missing", names=_few(names))


def _few(names: list[str]) -> str:
    return ", ".join(names[:_NAMES]) + (" .." if len(names) > _NAMES else "")


def _tasks(ctx: Context, found: CaseStatus, named: Mapping[str, str], *, everything: bool) -> None:
    here: dict[str, list[Task]] = {}
    for task in (*found.late, *found.today):
        here.setdefault(task.site, []).append(task)
    for heading, tasks, start in (("status.late", found.late, "late_"), ("status.today", found.today, "do_")):
        shown = tasks if everything else tasks[:_TASKS]
        for task in shown:
            say(ctx.t(heading, what=_task(ctx, found, task, start, here[task.site], named)))
        if len(tasks) > len(shown):
            say(ctx.t("status.more", count=len(tasks) - len(shown)))


def _task(ctx: Context, found: CaseStatus, task: Task, start: str, here: Sequence[Task], named: Mapping[str, str]) -> str:
    """Return a task in words. :param here: all that is to be done at its site. :param named: what to call sites."""
    names = list(task.names)
    if task.what in ("reopen", "reopen_over"):  # what broke at no site is called by what it is
        names = list(dict.fromkeys(named.get(each.site) or each.name or ctx.t(f"closing.{each.kind}") for each in found.broken))
    words = {
        "case": found.case,
        "name": named.get(task.site, task.name),
        "site": task.site,
        "phone": task.phone,
        "due": (task.due or "")[:16].replace("T", " "),
        "late": task.late_by,
        "hours": task.hours,
        "count": task.count,
        "quantity": size_of(ctx, task) + which(task, here) if task.quantity else "",
        "more": ctx.t("closing.quantity") if task.unknown else "",
        "goods": lots_of(ctx, task.goods, task.unit),
        "names": _few(names),
        "lot": ", ".join(each.lot for each in task.goods),
        "level": task.level,
    }
    soon = start == "late_" and task.what == "destroy" and not task.hours
    return ctx.t(f"status.{start}{task.what}" + "_minutes" * soon, **words).rstrip()


def _remarks(ctx: Context, found: CaseStatus, named: Mapping[str, str]) -> None:
    names = dict(named)
    names |= names_of(ctx, {site for each in found.remarks for site in each.sites} - names.keys())  # refused where nothing of the case is
    for each in found.remarks:
        shown = [names.get(site, site) for site in each.sites[:_NAMES]]
        entries = ", ".join(each.entries[:_NAMES])
        say(ctx.t("status.remark", what=ctx.t("status." + each.kind, count=each.count, names=", ".join(shown), entries=entries)))
        if each.kind == "otherwise":
            _otherwise(ctx, found, named)
        if each.kind == "own_corrected":
            for own in found.own_corrections[:_TASKS]:
                say("    " + clean(own.words(ctx.lang)))
            if (more := len(found.own_corrections) - _TASKS) > 0:
                say(ctx.t("status.more", count=more))


def _otherwise(ctx: Context, found: CaseStatus, named: Mapping[str, str]) -> None:
    """Print how destructions differ from what was planned or reported."""
    unlike = [
        (named.get(site.site, site.name), step, step.otherwise) for site in found.sites for step in site.steps if step.otherwise is not None
    ]
    for name, step, each in unlike[:_TASKS]:
        size = amount(ctx, step.quantity or 0, step.unit)
        words = {"name": name, "at": step.at[:16].replace("T", " "), "quantity": size, "lot": step.lot, "what": each.words(ctx.lang)}
        say("    " + clean(ctx.t("status.otherwise_line", **words)))
    if len(unlike) > _TASKS:
        say(ctx.t("status.more", count=len(unlike) - _TASKS))


def _at_deadline(ctx: Context, found: CaseStatus) -> None:
    """Print how far the case had come when it was due, as happened and as known then."""
    if found.at_deadline is not None:
        ways = (found.at_deadline.happened, found.at_deadline.known)
        happened, known = ("  ".join(f"{name} {_percent(ctx, way[name])}" for name in ("R1", "R2", "R3") if name in way) for way in ways)
        none = ctx.t("status.no_figures")
        say("  " + ctx.t("status.at_deadline", happened=happened or none, known=known or none))


def _curve(ctx: Context, found: CaseStatus) -> None:
    say(ctx.t("status.curve"))
    for point in found.curve:
        happened, known = (
            "  ".join(f"{name} {_percent(ctx, rates[name]):>7}" for name in _RATES if name in rates)
            for rates in (point.happened, point.known)
        )
        say(f"  {point.at[:16]}  {happened}  |  {known}")


def _steps(ctx: Context, site: SiteSteps, names: Mapping[str, str]) -> None:
    from foodtrace.operations.stepsheet import destruction_words, marks_words  # noqa: PLC0415

    say(ctx.t("status.steps", name=site.name, site=site.site, role=ctx.t("status.role_" + site.role)))
    for each in site.steps:
        size = amount(ctx, each.quantity, each.unit) if each.quantity is not None else "-"
        said = [ctx.t("status.step_" + each.kind), each.at[:19], size, each.lot or "-", each.by or "-", each.evidence[:16] or "-"]
        said += destruction_words(each, ctx.lang)
        if each.marks:
            said += [marks_words(each.marks, ctx.lang), each.entry]
        if each.to:
            said.append(ctx.t("status.step_to", to=names[each.to]))
        say(clean("    " + "  ".join(said)))


def deadlines(ctx: Context, state: Case, now: int, rules: Path | None) -> None:
    """Print both clocks of a case by its rule pack, how late they are, and what the pack does not know."""
    from foodtrace.operations.common import local  # noqa: PLC0415
    from foodtrace.recall.calendars import calendar_of  # noqa: PLC0415
    from foodtrace.recall.deadlines import completion_clock, start_clock, unpublished  # noqa: PLC0415
    from foodtrace.recall.packs import for_case  # noqa: PLC0415

    chosen = for_case(state, rules)
    settings = chosen.settings
    start = start_clock(state, settings)
    line = ctx.t("deadline.start", due=f"{local(start.due or 0):%Y-%m-%d %H:%M}", hours=settings.start_hours[state.level - 1])
    met = ", " + ctx.t("deadline.started_met") if start.done is not None else ""
    say("  " + line + (", " + ctx.t("deadline.late_hours", late=start.late_by) if start.late else met))
    clock = completion_clock(state, settings, calendar_of(rules), now)
    days = settings.complete_days[state.level - 1]
    if clock.missing:
        what = "deadline.calendar_missing" if clock.due_day is None else "deadline.calendar_uncounted"
        say("  " + ctx.t(what, years=", ".join(map(str, clock.missing))))
    if clock.own:
        say("  " + ctx.t("deadline.calendar_own", years=", ".join(map(str, clock.own))))
    if clock.due_day is None:
        if not clock.missing:
            say("  " + ctx.t("deadline.not_published", days=days))
    else:
        line = ctx.t("deadline.complete", due=clock.due_day, days=days)
        late = ctx.t("deadline.late_days", late=clock.late_by if clock.late_by is not None else "?") if clock.late else ""
        left = ctx.t("deadline.days_left", left=clock.left) if clock.left is not None else ""
        say("  " + ", ".join(each for each in (line, late or left) if each))
        if clock.first_due_day is not None and clock.first_due_day != clock.due_day:
            say("  " + ctx.t("deadline.extended", due=clock.due_day, first=clock.first_due_day))
    for until in unpublished(state):
        say("  " + ctx.t("deadline.extension_unpublished", due=f"{local(until):%Y-%m-%d}"))
    if chosen.missing:
        say("  " + ctx.t("deadline.pack_missing", named=chosen.missing, pack=chosen.pack.name))
    elif chosen.pack.hash:
        say("  " + ctx.t("deadline.pack", pack=chosen.pack.name))
    for newer in chosen.gaps:
        say("  " + ctx.t("deadline.superseded", pack=chosen.pack.name, newer=newer.id))
