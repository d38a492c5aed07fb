"""What stands against closing a case, line by line, each with the command that mends it."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from foodtrace.quantity import Quantity
from foodtrace_cli.commands.recall_table import shown_quantity, shown_unit
from foodtrace_cli.context import Context
from foodtrace_cli.output import clean, say

if TYPE_CHECKING:
    from foodtrace.operations.caseanswer import Task
    from foodtrace.operations.closing import Condition, Goods
    from foodtrace.operations.maybesame import MaybeSame
    from foodtrace.operations.missing import Unaccounted

_SHOWN = 20
"""Lines on a terminal."""
_NAMED = 5
"""Sites that a sentence names."""
_LOADS = 3
"""Commands for one line of the list."""


def conditions(ctx: Context, case: str, against: Sequence[Condition], *, err: bool = False) -> None:
    """Print what stands against closing a case, a line for each site; on a terminal the first, and how many more there are."""
    from foodtrace.operations.notdone import by_site  # noqa: PLC0415

    sites = by_site(against)
    shown = sites[:_SHOWN] if err and sys.stderr.isatty() else sites
    for site in shown:
        _site(ctx, case, site, err=err)
    if len(shown) < len(sites):
        say(ctx.t("status.more", count=len(sites) - len(shown)), err=err)


def _site(ctx: Context, case: str, site: Sequence[Condition], *, err: bool) -> None:
    """Print all that is missing at a site in one line, and the commands that mend it below."""
    parts = []
    for each in site:
        size = size_of(ctx, each) + which(each, site) if each.quantity else ""
        words = {"what": ctx.t("closing." + each.kind, level=each.level), "quantity": size, "goods": lots_of(ctx, each.goods, each.unit)}
        parts.append(ctx.t("closing.part", **words).rstrip())
    line = "closing.line" if site[0].site else "closing.of_case"
    say(ctx.t(line, name=site[0].name, site=site[0].site, what="; ".join(parts)), err=err)
    for command in dict.fromkeys(command for each in site for command in commands(ctx, case, each)):
        say(ctx.t("closing.do", command=command), err=err)


def said_otherwise(ctx: Context, case: str, sites: Collection[str]) -> None:
    """Print where what sites have just answered does not go with what is on record, and what to record."""
    from foodtrace.errors import FoodtraceError  # noqa: PLC0415
    from foodtrace.operations.blocking import sealed_until  # noqa: PLC0415
    from foodtrace.operations.contradicted import contradicted  # noqa: PLC0415
    from foodtrace.operations.notdone import by_site  # noqa: PLC0415
    from foodtrace.recall.cases import load_case, name_case  # noqa: PLC0415

    with ctx.open() as ledger, ledger.reading() as session:
        now = max(ledger.clock(), sealed_until(session))  # with --now the clock begins anew at every opening
        try:
            state = load_case(session, name_case(session, case), until=now)
        except FoodtraceError:
            return  # opened by several logs: each has its own answer to what is left
        told, twice = contradicted(session, now, state, sites)
    for each in twice[:_SHOWN]:
        say("  " + maybe_same_words(ctx, case, each), err=True)
    sites_told = by_site(told)
    for site in sites_told[:_SHOWN]:
        _site(ctx, case, site, err=True)
    if len(sites_told) > _SHOWN:
        say(ctx.t("status.more", count=len(sites_told) - _SHOWN), err=True)


def commands(ctx: Context, case: str, each: Condition) -> Iterator[str]:
    """Iterate over the commands that mend one thing that stands against closing."""
    words = {"site": each.site, "case": case, "name": each.name}
    if each.unknown:
        lots = dict.fromkeys(goods.lot for goods in each.goods)
        for lot in [f" --lot {lot}" for lot in lots][:_LOADS] if len(lots) > 1 else [""]:
            yield ctx.t("closing.do_" + each.kind, **words, goods=lot + ctx.t("closing.quantity"))
        return
    if each.kind not in ("travelling", "contradicts"):
        yield ctx.t("closing.do_" + each.kind, **words, goods="")
        return
    for goods in each.goods[:_LOADS]:
        how = "travelling_said" if goods.before else each.kind
        size = str(Quantity(goods.quantity, each.unit)).replace(" ", "").replace(",", "")  # type: ignore[arg-type]  # a unit of the case
        more = {"lot": goods.lot, "number": goods.entry, "quantity": size, "before": _before(goods.before)}
        yield ctx.t("closing.do_" + how, **words, **more)


def maybe_same_words(ctx: Context, case: str, each: MaybeSame) -> str:
    """Say that a lot which only an answer knows of may be goods that came without lot, and which answer counts them once."""
    sizes = {"over": amount(ctx, each.over, each.unit), "quantity": amount(ctx, each.quantity, each.unit)}
    words = {"name": clean(each.name), "site": each.site, "case": case, "lot": each.lot, "goods": each.goods}
    return ctx.t("status.maybe_same", unit={"g": "kg", "ml": "L"}.get(each.unit, each.unit), **words, **sizes)


def unaccounted_words(ctx: Context, found: Sequence[Unaccounted], named: Mapping[str, str]) -> str:
    """Return in a line what is missing at sites by their own word; empty: nothing is. :param named: what to call sites."""
    if not found:
        return ""
    shown = ", ".join(
        f"{clean(named.get(each.site, each.name))} {amount(ctx, each.quantity, each.unit)}{which(each, found)}" for each in found[:_NAMED]
    )
    return ctx.t("status.unaccounted", what=shown + ", .." * (len(found) > _NAMED))


def lots_of(ctx: Context, goods: Iterable[Goods], unit: str) -> str:
    """Return the lots that a quantity is made of, where they are more than one; else nothing."""
    sums: dict[str, int] = {}
    for each in goods:
        sums[each.lot] = sums.get(each.lot, 0) + each.quantity
    if len(sums) < 2:  # noqa: PLR2004 - the sum alone says it
        return ""
    return " (" + ", ".join(f"{lot} {amount(ctx, quantity, unit)}" for lot, quantity in sums.items()) + ")"


def size_of(ctx: Context, each: Condition | Task) -> str:
    """Print how much it is; of what nobody knows, how much by the records."""
    size = amount(ctx, each.quantity, each.unit)
    return ctx.t("closing.unknown", quantity=size) if each.unknown else size


def which(each: Any, others: Iterable[Any]) -> str:
    """Return the product of pieces where several products are counted at a site; else nothing."""
    several = any(other.site == each.site and other.unit == each.unit and other.product != each.product for other in others)
    return f" {clean(each.product)}" if several and each.product else ""


def amount(ctx: Context, value: int, unit: str) -> str:
    """Print an amount with its unit."""
    return f"{shown_quantity(value, unit)} {shown_unit(ctx, unit)}"


def _before(moment: str) -> str:
    """Return the last second before a moment: what came by then lay there when the notice arrived."""
    import datetime as dt  # noqa: PLC0415 - only where something was answered

    return (dt.datetime.fromisoformat(moment) - dt.timedelta(seconds=1)).isoformat() if moment else ""
