"""A recall answer on the screen: what was asked, how many outlets, the table, totals, rates, what could not be traced.

Rules (TRANSCRIPTS section 5 and house rule 6):

1. Many outlets: the summary, ten rows, the totals, then how to see the rest. A pipe gets every row.
2. What was not seen is printed beside what was; how fresh each source is belongs to the answer.
3. No line is wider than the terminal: what stands outside the table is broken, with the rest hanging in. A pipe gets lines as they are.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec

from foodtrace_cli.commands.recall_table import (
    added_up,
    lay_out,
    line,
    product_words,
    several_products,
    shown_quantity,
    shown_time,
    shown_unit,
    totals,
)
from foodtrace_cli.context import Context
from foodtrace_cli.output import say, terminal_width, wrapped

if TYPE_CHECKING:
    from foodtrace.operations.outletdetails import Birth, Details
    from foodtrace.recall.shortcodes import Written

_SUMMARY: Final = 10
"""Rows of a long list on a terminal."""
_ALL: Final = 15
"""A list of so many outlets is short enough to be printed whole."""
_OLDEST: Final = 3
"""So many of the sources that are longest behind are named."""
_PLACES: Final = 4
"""Places of origin that the first line names."""
_UNSURE: Final = ("mixed_stall", "lot_missing", "same_lot_no_path", "code_only", "attribute_missing", "time_contradiction")
"""Findings that make a link possible."""


class View(msgspec.Struct, frozen=True, kw_only=True):
    """How an answer is to be shown."""

    by_county: bool = False
    late: bool = False
    everything: bool = False
    long: bool = False
    positions: bool = False
    took: float = 0.0
    """Seconds from opening the ledger to the answer."""


def chosen(answer: Any, view: View) -> list[Any]:
    """Return the outlets that are to be shown, in their order: by county the one with most at stake first."""
    rows = [row for row in answer.outlets if not view.late or late(answer, row)]
    if not view.by_county:
        return rows
    return [row for _, group in _counties(rows) for row in group]


def late(answer: Any, row: Any) -> bool:
    """Say whether an outlet was not told, or is silent past the limit for answers; one all of whose goods were cleared need not be."""
    if row.cleared == "all":
        return False
    silent = {each.site for each in answer.untraced if each.kind == "no_answer"}
    return row.notified is None or row.site in silent


def width_of() -> int | None:
    """Return the cells of the terminal; none where the table is piped on, unless COLUMNS says otherwise."""
    import os  # noqa: PLC0415

    return terminal_width() if sys.stdout.isatty() or os.environ.get("COLUMNS", "").isdigit() else None


def shown_rows(answer: Any, view: View) -> list[Any]:
    """Return the outlets whose rows are printed (rule 1)."""
    rows = chosen(answer, view)
    short = len(rows) <= _ALL or view.everything or not sys.stdout.isatty()
    return rows if short else rows[:_SUMMARY]


def screen(ctx: Context, answer: Any, view: View, details: Mapping[str, Details], births: Sequence[Birth], recalls: str = "") -> None:
    """Print an answer.

    :param recalls: name of who recalls, as far as it is known.
    """
    from foodtrace.recall.shortcodes import answer_codes  # noqa: PLC0415

    code = answer_codes(answer)
    said = [*_folded(_head(ctx, answer, births, recalls)), *_table(ctx, answer, view, details, code), *_folded(_others(ctx, answer))]
    for text in _pages(said, view):
        say(text)
    if answer.bounds is not None:
        from foodtrace_cli.commands.recall_bounds import print_bounds  # noqa: PLC0415 - only where they were asked for

        print_bounds(ctx, answer, code, everything=view.everything)
    print_rates(ctx, answer)
    _untraced(ctx, answer, code, everything=view.everything, long=view.long)
    _freshness(ctx, answer)
    newest = max((each.newest for each in answer.positions), default="-")
    took = "   " + ctx.t("cli.recall.took", took=f"{max(1, round(view.took * 1000)):,}") if view.took else ""
    _put(ctx.t("cli.recall.positions", logs=len(answer.positions), newest=newest) + took)
    if view.positions or len(answer.positions) == 1:
        for each in answer.positions:
            _put(f"  {each.log}  {each.size:,}  {each.newest or '-'}  {_trust(ctx, each)}")
    else:
        _checked(ctx, answer.positions)


def _folded(lines: Iterable[str]) -> list[str]:
    """Break the lines that are wider than the terminal (rule 3)."""
    width = width_of()
    return [part for each in lines for part in wrapped(each, width)]


def _put(line: str, *, err: bool = False) -> None:
    for each in _folded([line]):
        say(each, err=err)


def _pages(lines: list[str], view: View) -> Iterable[str]:
    """Page a long list on a terminal; return what is still to be printed."""
    import shutil  # noqa: PLC0415

    import click  # noqa: PLC0415

    room = shutil.get_terminal_size().lines
    if not view.everything or len(lines) < room or not (sys.stdout.isatty() and sys.stdin.isatty()):
        return lines
    click.echo_via_pager("\n".join(lines))
    return lines[:2]


def _head(ctx: Context, answer: Any, births: Sequence[Birth], recalls: str) -> list[str]:
    confirmed = sum(1 for row in answer.outlets if row.link == "confirmed")
    lines = ["  ".join(each for each in (answer.goods, _way(ctx, births)) if each)]
    early = len(sites_ahead(answer.untraced))
    counted = ctx.t(
        "cli.recall.head",
        ahead=(ctx.t("cli.recall.head_ahead", count=early) if early else "")
        + (ctx.t("cli.recall.head_later", count=f"{answer.later:,}") if answer.later else ""),
        outlets=f"{len(answer.outlets):,}",
        confirmed=f"{confirmed:,}",
        possible=f"{len(answer.outlets) - confirmed:,}",
        unknown=ctx.t("cli.recall.head_unknown", count=answer.unknown_kind) if answer.unknown_kind else "",
        lots=answer.lots_affected,
    )
    products = several_products(answer.outlets)
    parts = [
        f"{shown_quantity(sum(each.likely for _, each in found), unit)} {shown_unit(ctx, unit)}"
        + product_words(ctx, found[0][1], products=products)
        for (unit, _, _), found in added_up(answer.outlets).items()
    ]
    lines.append(counted + (ctx.t("cli.recall.likely", quantities=", ".join(parts)) if parts else ""))
    if answer.at_remark:
        lines.append(ctx.t(f"cli.recall.{answer.at_remark}", at=shown_time(answer.at, year=True)))
    lines += dated_ahead(ctx, answer.untraced) + _only_spoken_of(ctx, answer)
    lines += rules_said(ctx, answer)
    if not answer.lots or (_several(births) and not answer.operator):  # else the line above says who made them
        lines.append(ctx.t("cli.recall.recalls" if answer.operator else "cli.recall.recalls_nobody", who=recalls or answer.operator))
    if answer.case:
        lines.append(ctx.t("cli.recall.case", case=answer.case, version=answer.version))
    return lines + [ctx.t("cli.recall.other_case", case=each) for each in answer.cases]


def _only_spoken_of(ctx: Context, answer: Any) -> list[str]:
    """Name the sites, no outlets, that no record gives a quantity: a market with a load put aside at its gate must be called too."""
    there = [row for row in answer.others if not row.amounts]
    names = ", ".join(" ".join(filter(None, (row.name or row.site, row.phone))) for row in there)
    return [ctx.t("cli.recall.spoken_of", count=len(there), names=names)] if there else []


def rules_said(ctx: Context, answer: Any) -> list[str]:
    """Say by which rule pack an answer is where it is one of one's own, or another than the case was opened under."""
    if getattr(answer, "rule_pack_missing", ""):  # an answer about no case has none
        return [ctx.t("deadline.pack_missing", named=answer.rule_pack_missing, pack=answer.rule_pack)]
    return [ctx.t("deadline.pack", pack=answer.rule_pack)] if "@" in answer.rule_pack else []


def dated_ahead(ctx: Context, untraced: Sequence[Any]) -> list[str]:
    """Say which sites only records name that are dated later than now, every one of them: without this "outlets 0" were an all-clear."""
    return named_ahead(ctx, [each for place in sites_ahead(untraced).values() for each in place])


def sites_ahead(untraced: Sequence[Any]) -> dict[str, list[tuple[str, int, str]]]:
    """Return (name, quantity, unit) of what only records dated later than now bring to a site, by site."""
    found: dict[str, list[tuple[str, int, str]]] = {}
    for each in untraced:
        if each.kind == "time_contradiction" and each.unit:  # the others say no quantity
            name = each.site_name or each.site or each.lot
            found.setdefault(name, []).append((name, each.value, each.unit))
    return found


def named_ahead(ctx: Context, found: Iterable[tuple[str, int, str]]) -> list[str]:
    """Say the sites of (name, quantity, unit) that only records dated later than now bring there."""
    there: dict[str, str] = {}
    for name, value, unit in found:
        there[name] = there.get(name, name) + f" {shown_quantity(value, unit)} {shown_unit(ctx, unit)}"
    return [ctx.t("cli.recall.ahead", count=len(there), names=", ".join(there.values()))] if there else []


def _several(births: Sequence[Birth]) -> bool:
    """Say whether the goods began at several places."""
    return len(births) > 1 and births[-1].began


def _way(ctx: Context, births: Sequence[Birth]) -> str:
    """Return where the goods began and came to market: ``永发合作社 -> 北河农批 11-23 03:52 500.0 kg``; or each place they began at."""
    if not births:
        return ""
    from foodtrace.graph.edges import UNIT_NAMES  # noqa: PLC0415

    if _several(births):
        parts = [(each.site, UNIT_NAMES[each.unit], each.quantity) for each in births]
        names = [f"{site} {shown_quantity(quantity, unit)} {shown_unit(ctx, unit)}" for site, unit, quantity in parts[:_PLACES]]
        return ctx.t("cli.recall.births", count=len(births), names=", ".join(names) + (" .." if len(births) > _PLACES else ""))
    last = births[-1]
    unit = UNIT_NAMES[last.unit]
    when = [shown_time(last.at)] if last.at else []
    return " ".join([" -> ".join(each.site for each in births), *when, shown_quantity(last.quantity, unit), shown_unit(ctx, unit)])


def _table(ctx: Context, answer: Any, view: View, details: Mapping[str, Details], code: Written) -> list[str]:
    rows = chosen(answer, view)
    if not rows:
        return [ctx.t("cli.recall.none_late")] if view.late and answer.outlets else []
    from foodtrace.operations.outletdetails import NOTHING  # noqa: PLC0415

    numbers = {row.site: number for number, row in enumerate(answer.outlets, 1)}
    printed = {row.site for row in shown_rows(answer, view)}
    blocks = []
    products = several_products(rows)
    for county, group in _counties(rows) if view.by_county else [("", rows)]:
        lines = [
            line(ctx, row, amount, details.get(row.site, NOTHING), numbers[row.site], code, products=products)
            for row in group
            if row.site in printed
            for amount in row.amounts or (None,)
        ]
        blocks.append((_county(ctx, county, group, products=products) if view.by_county else "", lines))
    width = width_of()
    said = lay_out(ctx, blocks, totals(ctx, rows, products=products), width, long=view.long)
    units = {shown_unit(ctx, amount.unit) for row in rows for amount in row.amounts}
    under = [_legend(ctx, answer, units.pop() if len(units) == 1 else "")]
    if len(printed) < len(rows):
        under.append(ctx.t("cli.recall.more", count=f"{len(rows) - len(printed):,}"))
    return said + _folded(under)


def _counties(rows: Iterable[Any]) -> list[tuple[str, list[Any]]]:
    """Return outlets by county; the county with the most at stake in any one outlet first, as its first row stands."""
    groups: dict[str, list[Any]] = {}
    for row in rows:
        groups.setdefault(row.county, []).append(row)
    return list(groups.items())


def _county(ctx: Context, county: str, rows: Sequence[Any], *, products: bool) -> str:
    sums = totals(ctx, rows, products=products)
    name = county or ctx.t("cli.recall.no_county")
    said = [" ".join(each[part] for part in ("on_hand", "unit", "product", "without_lot") if part in each) for each in sums]
    return ctx.t("cli.recall.county", county=name, count=len(rows), quantities=", ".join(said))


def _legend(ctx: Context, answer: Any, unit: str) -> str:
    """Say the unit, what the steps' letters mean, and why links are only possible."""
    words = sorted({each.word for each in answer.untraced if each.kind in _UNSURE and each.reason != "not_held"})
    why = [ctx.t(each) for kind in _UNSURE for each in words if each.split(".")[1] == kind]
    possible = any(row.link == "possible" for row in answer.outlets)
    said = [unit + ctx.t("cli.recall.stop") if unit else "", ctx.t("cli.recall.steps")]
    said += [ctx.t("cli.recall.possible", why=", ".join(why))] if possible and why else []
    return " ".join(each for each in said if each)


def _others(ctx: Context, answer: Any) -> list[str]:
    said = []
    products = several_products((*answer.outlets, *answer.others))
    for row in answer.others:
        for amount in row.amounts:
            if amount.likely or amount.travelling:
                held = f"{shown_quantity(amount.likely, amount.unit)}{'?' if amount.on_hand is None else ''} {shown_unit(ctx, amount.unit)}"
                held += product_words(ctx, amount, products=products)
                said.append(ctx.t("cli.recall.other", name=row.name or row.site, phone=row.phone or "-", quantity=held))
    return said


def print_rates(ctx: Context, answer: Any) -> None:
    """Print R1-R6, each with numerator and denominator."""
    from foodtrace.recall.beside import base_words, beside_rates, beyond_records  # noqa: PLC0415

    for figures in answer.figures:
        if figures.product and len(answer.figures) > 1:
            _put(f"{figures.product}:")
        for name in ("R1", "R2", "R3"):
            _rate(ctx, name, figures.rates[name], base_words(beyond_records(answer, figures.unit, figures.product), figures.unit, ctx.lang))
        strict = shown_quantity(figures.retrieved_strict, figures.unit)
        _put(ctx.t("cli.rate.strict", strict=strict, unit=shown_unit(ctx, figures.unit)))
        if figures.unexplained:
            words = {name: f"{rate.percent} %" if rate.percent else ctx.t("status.none") for name, rate in figures.on_record.items()}
            beyond = f"{shown_quantity(figures.unexplained, figures.unit)} {shown_unit(ctx, figures.unit)}"
            _put(" " + ctx.t("status.unexplained", quantity=beyond, **words))
    for said in beside_rates(answer.told_twice, answer.untraced, ctx.lang):
        _put(" " + said)
    for each in answer.without_lot:
        least, most = (shown_quantity(value, each.unit) for value in (each.least, each.most))
        unit = shown_unit(ctx, each.unit)
        _put(ctx.t("cli.rate.pseudo", name=each.name or each.site, goods=each.goods, least=least, most=most, unit=unit))
    from foodtrace.recall.clearedwords import cleared_words, let_off_count  # noqa: PLC0415
    from foodtrace.recall.namesakes import names_in  # noqa: PLC0415

    for each in ("R4", "R5", "R6"):
        _rate(ctx, each, answer.rates[each], let_off_count(answer.cleared, each, ctx.lang))
    for said in cleared_words(answer.cleared, names_in(answer), ctx.lang) if answer.cleared is not None else ():
        _put(" " + said)


def _rate(ctx: Context, name: str, rate: Any, beyond: str = "") -> None:
    if rate.unit == "site":
        over = f"{rate.numerator:,} / {ctx.t('cli.unit.site', count=f'{rate.denominator:,}')}"
    else:
        over = " / ".join(shown_quantity(each, rate.unit) for each in (rate.numerator, rate.denominator)) + f" {shown_unit(ctx, rate.unit)}"
    nothing = ctx.t({"R4": "cli.rate.no_outlets", "R5": "cli.rate.no_outlets", "R6": "cli.rate.not_sampled"}.get(name, "cli.rate.nothing"))
    from foodtrace.recall.beside import percent_words  # noqa: PLC0415

    shown = percent_words(rate) or nothing
    _put(f"{ctx.t('cli.rate.' + name)}  {shown}  {over}  {beyond}".rstrip())


def _untraced(ctx: Context, answer: Any, code: Written, *, everything: bool, long: bool) -> None:
    if not answer.untraced:
        _put(ctx.t("cli.recall.traced"))
        return
    from foodtrace.recall.namesakes import names_in  # noqa: PLC0415

    names = names_in(answer)
    _put(ctx.t("cli.recall.untraced", count=len(answer.untraced)))
    kinds: dict[str, list[Any]] = {}
    for each in answer.untraced:
        kinds.setdefault(each.word, []).append(each)
    for word, found in kinds.items():
        limit = len(found) if everything else 3
        where = ", ".join(_where(each, code, names) for each in found[:limit])
        _put(f"  {ctx.t(word)} ({len(found)}): {where}{' ..' if len(found) > limit else ''}")
        for each in _explained(ctx, word, found[:limit], code, names) if long else ():
            _put("    " + each)
    if any(each.reason in ("rolled_back", "forked") for each in answer.untraced):
        _put(ctx.t("cli.recall.doubt"))


def _explained(ctx: Context, word: str, found: Sequence[Any], code: Written, names: Mapping[str, str]) -> list[str]:
    """Return the rule that detects findings, and the entries behind each."""
    from foodtrace.recall.explained import rule_key  # noqa: PLC0415

    behind = [
        ctx.t("cli.finding.entries", which=_where(each, code, names), entries=", ".join(each.entries)) for each in found if each.entries
    ]
    return [ctx.t("cli.finding.rule", rule=ctx.t(rule_key(word))), *behind]


def _where(finding: Any, code: Written, names: Mapping[str, str]) -> str:
    """Return what a finding is about: lot and site, or else the entry that shows it. :param names: what to call sites."""
    lot = finding.lot if finding.kind == "code_only" else code(finding.lot)  # of the same code it is the rest that tells them apart
    return f"{lot} {names.get(finding.site) or finding.site_name or finding.site}".strip() or ", ".join(finding.entries[:1])


def records_come(ctx: Context, logs: Sequence[Any]) -> None:
    """Say how far the records have come, the log that is longest behind first: "not found" must not read as "safe"."""
    from foodtrace.graph.edges import moment  # noqa: PLC0415

    found = sorted(logs, key=lambda each: each.time)
    if found:
        oldest = ", ".join(f"{each.origin} {shown_time(moment(each.time).isoformat())}" for each in found[:_OLDEST])
        newest = shown_time(moment(found[-1].time).isoformat())
        _put(ctx.t("cli.recall.fresh_logs", count=len(found), newest=newest, oldest=oldest), err=True)


def _trust(ctx: Context, position: Any) -> str:
    """Say how far a source is to be believed."""
    more = position.size - position.verified
    at = shown_time(position.verified_at)
    return ctx.t(
        f"cli.trust.{position.trust}",
        last=f"{position.verified - 1:,}",
        verified=f"{position.verified:,}",
        size=f"{position.size:,}",
        more=f"{more:,}",
        at=at,
    )


def _checked(ctx: Context, positions: Sequence[Any]) -> None:
    """Say of many sources together how far they were verified on this host; those that were not are named, as far as there is room."""
    done = [each for each in positions if each.trust == "verified"]
    never = [each.log for each in positions if each.trust in ("signed_here", "unverified")]
    if done:
        oldest = shown_time(min(each.verified_at for each in done))
        more = sum(each.size - each.verified for each in done)
        _put(ctx.t("cli.recall.checked", count=len(positions), done=len(done), oldest=oldest, more=f"{more:,}"))
    if never:
        _put(ctx.t("cli.recall.unchecked", names=", ".join(never[:_OLDEST]) + (" .." if len(never) > _OLDEST else "")))
    for each in positions:
        if each.trust not in ("verified", "signed_here", "unverified"):
            _put(f"  {each.log}: {_trust(ctx, each)}")


def _freshness(ctx: Context, answer: Any) -> None:
    """Say how far each source has come: the logs, and the sites by the newest entry of each; the longest behind first."""
    logs = sorted(answer.positions, key=lambda each: each.newest)
    if logs:
        names = ", ".join(f"{each.log} {shown_time(each.newest)}" for each in logs[:_OLDEST])
        _put(ctx.t("cli.recall.fresh_logs", count=len(logs), newest=shown_time(logs[-1].newest), oldest=names))
    from foodtrace.recall.namesakes import names_in  # noqa: PLC0415

    called = names_in(answer)
    # What others wrote of goods sealed or sent back is an entry too: whose stock is unknown has no word of its own on them.
    silent = [called[row.site] for row in answer.outlets if _unknown(row)]
    told = [called[row.site] for row in answer.outlets if row.last_entry is None and not _unknown(row)]
    heard = sorted((row for row in answer.outlets if row.last_entry is not None and not _unknown(row)), key=lambda row: row.last_entry)
    if heard:
        names = ", ".join(f"{called[row.site]} {shown_time(row.last_entry)}" for row in heard[:_OLDEST])
        _put(ctx.t("cli.recall.fresh_sites", count=len(heard), newest=shown_time(heard[-1].last_entry), oldest=names))
    for key, found in (("cli.recall.silent", silent), ("cli.recall.told", told)):
        if found:
            more = " .." if len(found) > _OLDEST else ""
            _put(ctx.t(key, count=len(found), names=", ".join(found[:_OLDEST]) + more))


def _unknown(row: Any) -> bool:
    """Say whether the table shows what is left at an outlet with a question mark."""
    return not row.amounts or any(each.on_hand is None for each in row.amounts)
