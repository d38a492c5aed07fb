"""``recall LOT``: every outlet that holds a lot or anything made from it, fit for a phone call."""

from __future__ import annotations

import sys
from typing import Any

import click

from foodtrace_cli.commands.scope_words import scope_options
from foodtrace_cli.context import Context
from foodtrace_cli.output import emit_json, say, table, terminal_width

_SUMMARY = 10
_STEPS = ("notified", "acknowledged", "sealed", "returned", "destroyed")
_FIRST_TO_GO = (
    "county",
    "at_notice",
    "supplier",
    "records",
    "contact",
    "operator",
    "lots",
    "destroyed",
    "unaccounted",
    "returned",
    "address",
)
"""Columns that give way, in this order, on a terminal that is too narrow for them; outlet, phone, on hand and link never do."""
_OLDEST = 3
"""So many of the sources that are longest behind are named."""
_NUMBERS = ("received", "sold", "on_hand", "returned", "destroyed", "unaccounted", "at_notice")


class _Unknown:
    """An outlet with no quantity on record: it is on the list, with a question mark everywhere."""

    unit = "g"
    received = sold = on_hand = likely = at_notice = returned = destroyed = unaccounted = None


_UNKNOWN = _Unknown()


@click.command()
@click.argument("lots", nargs=-1, metavar="[LOT...]")
@click.option("--all", "show_all", is_flag=True, help="Print every outlet on a terminal.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON (foodtrace schema recall).")
@click.option("--csv", "csv_file", default=None, metavar="FILE", help="Write the outlets as CSV; - is standard output.")
@click.option("--xlsx", "xlsx_file", default=None, metavar="FILE", help="Write the outlets as an Excel workbook.")
@click.option("--bounds", is_flag=True, help="Also say how much at each site can stem from the scope: least, proportional, most.")
@click.option("--positions", is_flag=True, help="Print the position of every log.")
@click.option("--at", default=None, metavar="TIME", help="As of TIME: what happened later is not seen.")
@click.option("--as-known", is_flag=True, help="With --at: nor what was recorded later.")
@scope_options
@click.pass_obj
def recall(
    ctx: Context,
    /,
    lots: tuple[str, ...],
    csv_file: str | None,
    xlsx_file: str | None,
    at: str | None,
    *,
    show_all: bool,
    as_json: bool,
    positions: bool,
    as_known: bool,
    bounds: bool,
    **words: str,
) -> None:
    """Find every outlet that holds LOTs, or what a rule fits, or what left or passed a site, or anything made from it.

    Likely remaining stock comes first. The rule's parts must all fit one lot; lots, a rule and a window at a site are united.
    """
    if at is None and not any(words.values()):
        if not lots:
            raise click.MissingParameter(param_hint="LOT", param_type="argument")
        with ctx.open() as ledger:
            answer = ledger.recall(tuple(dict.fromkeys(lots)), bounds=bounds)
    else:
        answer = _scoped(ctx, tuple(dict.fromkeys(lots)), words, at, as_known=as_known, bounds=bounds)
    write(ctx, answer, csv_file=csv_file, xlsx_file=xlsx_file, show_all=show_all, as_json=as_json, positions=positions)


def _scoped(ctx: Context, lots: tuple[str, ...], words: dict[str, str], at: str | None, *, as_known: bool, bounds: bool) -> Any:
    """Answer for a scope in words, or as of a moment."""
    from foodtrace.graph.edges import micros  # noqa: PLC0415
    from foodtrace.operations.common import local  # noqa: PLC0415
    from foodtrace.operations.recalling import recall as find_all  # noqa: PLC0415
    from foodtrace.operations.scopes import check_any, clauses_of, producer_of  # noqa: PLC0415
    from foodtrace_cli.commands.case_common import given, moment  # noqa: PLC0415

    when = moment(at) if at else None
    with ctx.open() as ledger, ledger.reading() as session:
        now = ledger.clock() if when is None else micros(when)
        asked = given(lots, words)
        clauses = clauses_of(session, asked, local(ledger.clock())) if any(words.values()) else ()
        if when is None:
            check_any(session, clauses, now)
        rules = tuple(each for each in clauses if not hasattr(each, "lots"))
        who, known = producer_of(session, rules), now if as_known else None
        return find_all(session, lots, now=now, recorded_until=known, scope=rules, operator=who, bounds=bounds)


def write(
    ctx: Context, answer: Any, *, csv_file: str | None, xlsx_file: str | None, show_all: bool, as_json: bool, positions: bool
) -> None:
    """Print an answer, or write it to files."""
    from foodtrace_cli.commands.recall_files import write_csv, write_xlsx  # noqa: PLC0415

    if csv_file:
        write_csv(ctx, answer, csv_file)
    if xlsx_file:
        write_xlsx(ctx, answer, xlsx_file)
    if as_json:
        emit_json(answer)
    elif not csv_file and not xlsx_file:
        _screen(ctx, answer, show_all=show_all, positions=positions)


def columns(width: int) -> tuple[list[str], list[int]]:
    """Return headings and right-aligned columns for a width: 80, 120 or 200 cells."""
    names = ["#", "outlet", "phone", "unit", "received", "sold", "on_hand", "link", "progress"]
    if width >= 120:  # noqa: PLR2004 - layouts of TRANSCRIPTS section 5
        names[2:2] = ["operator", "contact", "address"]
        names[-2:-2] = ["returned", "destroyed", "unaccounted"]
    if width >= 200:  # noqa: PLR2004
        names[-2:-2] = ["at_notice", "county", "supplier", "lots", "records"]
        names[-1] = "stamps"
    right = [names.index(name) for name in _NUMBERS if name in names]
    return names, right


def _cells(ctx: Context, row: Any, amount: Any, number: int, names: list[str]) -> list[str]:
    steps = list(zip(ctx.t("cli.progress.marks").split(), (getattr(row, each) for each in _STEPS), strict=True))
    shown = {
        "#": str(number),
        "outlet": row.name or row.site,
        "phone": row.phone or ctx.t("cli.personal." + row.personal),
        "unit": "-" if amount is _UNKNOWN else shown_unit(amount.unit),
        "received": shown_quantity(amount.received, amount.unit),
        "sold": shown_quantity(amount.sold, amount.unit),
        "on_hand": shown_quantity(amount.likely, amount.unit) + ("?" if amount.on_hand is None and amount.likely is not None else ""),
        "link": ctx.t("cli.link." + row.link),
        "progress": "".join(mark if value else "-" for mark, value in steps),
        "stamps": " ".join(mark + (shown_time(value) if value else "-") for mark, value in steps),
        "at_notice": "-" if amount.at_notice is None else shown_quantity(amount.at_notice, amount.unit),
        "operator": row.operator,
        "contact": row.contact,
        "address": row.address,
        "returned": shown_quantity(amount.returned, amount.unit),
        "destroyed": shown_quantity(amount.destroyed, amount.unit),
        "unaccounted": shown_quantity(amount.unaccounted, amount.unit),
        "lots": " ".join(lot.rpartition("/")[2] for lot in row.lots[:4]) + (" .." if len(row.lots) > 4 else ""),  # noqa: PLR2004
        "supplier": " ".join(row.suppliers[:3]),
        "county": row.county or "-",
        "records": shown_time(row.last_entry),
    }
    return [shown[name] for name in names]


def shown_unit(unit: str) -> str:
    """Return the unit that :func:`shown_quantity` prints in."""
    return {"g": "kg", "ml": "L"}.get(unit, "pcs")


def shown_quantity(value: int | None, unit: str) -> str:
    """Print base units in the unit of :func:`shown_unit`, exact; unknown is a question mark."""
    from foodtrace.quantity import thousands  # noqa: PLC0415

    if value is None:
        return "?"
    return f"{value:,}" if unit == "piece" else thousands(value)


def shown_time(moment: str | None) -> str:
    """Return a moment of an answer as month, day and minute, local; a dash where there is none."""
    from datetime import datetime  # noqa: PLC0415

    from foodtrace.operations.common import CHINA  # noqa: PLC0415

    return "-" if not moment else datetime.fromisoformat(moment).astimezone(CHINA).strftime("%m-%d %H:%M")


def _kept(names: list[str], grid: list[list[str]], limit: int | None) -> list[int]:
    """Return which columns stay so that the others need not be cut."""
    from foodtrace_cli.output import cells  # noqa: PLC0415

    widths = [max(cells(row[place]) for row in grid) for place in range(len(names))]
    kept = list(range(len(names)))
    for name in _FIRST_TO_GO:
        if limit is None or sum(widths[each] + 1 for each in kept) <= limit + 1:
            break
        kept = [each for each in kept if names[each] != name]
    return kept


def _screen(ctx: Context, answer: Any, *, show_all: bool, positions: bool) -> None:
    width = terminal_width()
    names, right = columns(width)
    confirmed = sum(1 for row in answer.outlets if row.link == "confirmed")
    say(f"{answer.product} {', '.join(answer.lots) or ' | '.join(answer.scope)}".strip())
    say(
        ctx.t(
            "cli.recall.head",
            outlets=len(answer.outlets),
            confirmed=confirmed,
            possible=len(answer.outlets) - confirmed,
            lots=len(answer.affected_lots),
        )
    )
    if answer.case:
        say(ctx.t("cli.recall.case", case=answer.case, version=answer.version))
    for each in answer.cases:
        say(ctx.t("cli.recall.other_case", case=each))
    rows = [
        _cells(ctx, row, amount, number, names) for number, row in enumerate(answer.outlets, 1) for amount in row.amounts or (_UNKNOWN,)
    ]
    shown = rows if show_all or not sys.stdout.isatty() else rows[:_SUMMARY]
    if shown:
        headings = [ctx.t("cli.col." + name) if name != "#" else "#" for name in names]
        limit = width if sys.stdout.isatty() else None
        kept = _kept(names, [headings, *shown], limit)
        cut = [[row[place] for place in kept] for row in (headings, *shown)]
        say(table(cut[0], cut[1:], right=[kept.index(each) for each in right if each in kept], width=limit))
    if len(shown) < len(rows):
        say(ctx.t("cli.recall.more", count=len(rows) - len(shown)))
    for row in answer.others:
        for amount in row.amounts:
            if amount.likely or amount.travelling:
                held = f"{shown_quantity(amount.likely, amount.unit)}{'?' if amount.on_hand is None else ''} {shown_unit(amount.unit)}"
                say(ctx.t("cli.recall.other", name=row.name or row.site, phone=row.phone or "-", quantity=held))
    if answer.bounds is not None:
        _bounds(ctx, answer, show_all=show_all)
    print_rates(ctx, answer)
    _untraced(ctx, answer, show_all=show_all)
    _freshness(ctx, answer)
    say(ctx.t("cli.recall.positions", logs=len(answer.positions), newest=max((each.newest for each in answer.positions), default="-")))
    if positions or len(answer.positions) == 1:
        for each in answer.positions:
            say(f"  {each.log}  {each.size:,}  {each.newest}")


def _bounds(ctx: Context, answer: Any, *, show_all: bool) -> None:
    """Print how much at each site can stem from the scope, one line per holding; where all of it does, only how many do."""
    lines = [(site, each) for site in answer.bounds for each in site.holdings]
    open_lines = [(site, each) for site, each in lines if each.least < each.quantity]
    say(ctx.t("cli.bounds.head", whole=len(lines) - len(open_lines), part=len(open_lines)))
    shown = open_lines if show_all or not sys.stdout.isatty() else open_lines[:_SUMMARY]
    rows = [
        [
            site.name or site.site,
            each.lot.rpartition("/")[2] or each.lot,
            shown_unit(site.unit),
            *(
                shown_quantity(amount, site.unit) + ("?" if site.unknown else "")
                for amount in (each.quantity, each.least, each.proportional, each.most)
            ),
            ctx.t("cli.link." + each.link),
        ]
        for site, each in shown
    ]
    if rows:
        headings = [ctx.t("cli.col." + name) for name in ("outlet", "lots", "unit", "on_hand", "least", "proportional", "most", "link")]
        say(table(headings, rows, right=[3, 4, 5, 6], width=terminal_width() if sys.stdout.isatty() else None))
    if len(shown) < len(open_lines):
        say(ctx.t("cli.recall.more", count=len(open_lines) - len(shown)))


def print_rates(ctx: Context, answer: Any) -> None:
    """Print R1-R6, each with numerator and denominator."""
    for figures in answer.figures:
        for name in ("R1", "R2", "R3"):
            _rate(ctx, name, figures.rates[name])
        strict = shown_quantity(figures.retrieved_strict, figures.unit)
        say(ctx.t("cli.rate.strict", strict=strict, unit=shown_unit(figures.unit)))
    for line in answer.without_lot:
        least, most = (shown_quantity(each, line.unit) for each in (line.least, line.most))
        say(ctx.t("cli.rate.pseudo", name=line.name or line.site, least=least, most=most, unit=shown_unit(line.unit)))
    for name in ("R4", "R5", "R6"):
        _rate(ctx, name, answer.rates[name])


def _rate(ctx: Context, name: str, rate: Any) -> None:
    unit = ctx.t("cli.unit.site") if rate.unit == "site" else shown_unit(rate.unit)
    numbers = (rate.numerator, rate.denominator)
    over = " / ".join(f"{each:,}" if rate.unit == "site" else shown_quantity(each, rate.unit) for each in numbers)
    nothing = ctx.t({"R4": "cli.rate.no_outlets", "R5": "cli.rate.no_outlets", "R6": "cli.rate.not_sampled"}.get(name, "cli.rate.nothing"))
    shown = f"{rate.percent} %" if rate.percent else nothing
    say(f"{ctx.t('cli.rate.' + name)}  {shown}  {over} {unit}")


def _untraced(ctx: Context, answer: Any, *, show_all: bool) -> None:
    if not answer.untraced:
        say(ctx.t("cli.recall.traced"))
        return
    say(ctx.t("cli.recall.untraced", count=len(answer.untraced)))
    kinds: dict[str, list[Any]] = {}
    for each in answer.untraced:
        kinds.setdefault(each.kind, []).append(each)
    for kind, found in kinds.items():
        limit = len(found) if show_all else 3
        where = ", ".join(_where(each) for each in found[:limit])
        say(f"  {ctx.t('finding.' + kind)} ({len(found)}): {where}{' ..' if len(found) > limit else ''}")


def _where(finding: Any) -> str:
    """Return what a finding is about: lot and site, or else the entry that shows it."""
    return f"{finding.lot.rpartition('/')[2]} {finding.site_name or finding.site}".strip() or ", ".join(finding.entries[:1])


def _freshness(ctx: Context, answer: Any) -> None:
    """Say how far each source has come: the logs, and the sites by the newest entry of each; the longest behind first."""
    logs = sorted(answer.positions, key=lambda each: each.newest)
    if logs:
        names = ", ".join(f"{each.log} {shown_time(each.newest)}" for each in logs[:_OLDEST])
        say(ctx.t("cli.recall.fresh_logs", count=len(logs), newest=shown_time(logs[-1].newest), oldest=names))
    silent = [row.name or row.site for row in answer.outlets if row.last_entry is None]
    heard = sorted((row for row in answer.outlets if row.last_entry is not None), key=lambda row: row.last_entry)
    if heard:
        names = ", ".join(f"{row.name or row.site} {shown_time(row.last_entry)}" for row in heard[:_OLDEST])
        say(ctx.t("cli.recall.fresh_sites", count=len(heard), newest=shown_time(heard[-1].last_entry), oldest=names))
    if silent:
        more = " .." if len(silent) > _OLDEST else ""
        say(ctx.t("cli.recall.silent", count=len(silent), names=", ".join(silent[:_OLDEST]) + more))
