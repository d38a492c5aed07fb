"""The table of a recall answer: which columns a width has, and what gives way where they do not fit.

Rules (TRANSCRIPTS section 5):

1. 80 columns: number, outlet, phone, received, sold, on hand, link, steps. 120: and operator, address, returned, destroyed,
   unaccounted. 200: and credit code, licence, county, supplier, lots, dates, the five times. A pipe gets all of it, unwrapped.
2. Outlet, phone, on hand and link never give way. Of the others those of ``_FIRST_TO_GO`` go whole, in that order; a number or a
   code is never cut: half of one is worse than none. Texts that bear it are cut down to what ``_LEAST`` says before that.
3. What a telephone call needs is there at every width (``_NEEDED``): what the width left out or cut of it stands in lines below the outlet,
   and below the totals. ``--long`` puts everything else there too.
4. Unknown is a question mark, and what it may be is marked with one; units are never added up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from foodtrace_cli.context import Context
from foodtrace_cli.output import cells, clean, code_of, fit, wrapped

STEPS: Final = ("notified", "acknowledged", "sealed", "returned", "destroyed")
_NARROW: Final = ("#", "outlet", "phone", "unit", "received", "sold", "on_hand", "link", "progress")
_MIDDLE: Final = (
    "#", "outlet", "operator", "phone", "address", "unit", "received", "sold", "on_hand", "returned", "destroyed", "unaccounted",
    "link", "progress",
)  # fmt: skip
_WIDE: Final = (
    "#", "outlet", "operator", "credit_code", "licence", "county", "contact", "phone", "address", "supplier", "lots", "dates", "unit",
    "received", "sold", "at_notice", "on_hand", "returned", "destroyed", "unaccounted", "link", "stamps", "records",
)  # fmt: skip
_EXTRA: Final = ("records", "at_notice", "contact")
"""What a wide table shows only where there is room to spare."""
_FIRST_TO_GO: Final = (
    "supplier", "lots", "address", "operator", "dates", "county", "licence", "credit_code", "destroyed",
    "returned", "unaccounted", "progress", "stamps", "sold", "received",
)  # fmt: skip
_LEAST: Final = {"outlet": 10, "operator": 8, "address": 8, "supplier": 5, "lots": 6, "contact": 6}
"""Cells that a text column keeps when it is cut."""
_SHORTEST: Final = 4
"""Cells of an outlet's name on a terminal too narrow for anything."""
_GROWS: Final = ("outlet", "lots", "operator", "address", "supplier", "contact")
_RIGHT: Final = frozenset({"received", "sold", "at_notice", "on_hand", "returned", "destroyed", "unaccounted"})
_ALWAYS_LONG: Final = ("operator", "credit_code", "licence", "county", "contact", "address", "supplier", "lots", "dates", "stamps")
"""What a second line may say; quantities that the width left out come after."""
_NEEDED: Final = (
    "outlet", "operator", "contact", "address", "lots", "received", "sold", "returned", "destroyed", "unaccounted", "travelling", "stamps",
)  # fmt: skip
"""What is never left out, at whatever width; of the steps their letters will do."""
_NAMED_LOTS: Final = 4
_NAMED_SUPPLIERS: Final = 3
_INDENT: Final = 4
"""Cells by which the lines below an outlet stand in."""


def columns(width: int | None) -> tuple[str, ...]:
    """Return the columns of a width in cells; none: a pipe, which gets every one."""
    if width is None or width >= 200:  # noqa: PLR2004 - layouts of TRANSCRIPTS section 5
        return _WIDE
    return _MIDDLE if width >= 120 else _NARROW  # noqa: PLR2004


def shown_unit(ctx: Context, unit: str) -> str:
    """Return the unit that :func:`shown_quantity` prints in."""
    from foodtrace.quantity import unit_word  # noqa: PLC0415

    return unit_word(unit, ctx.lang)


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


def line(ctx: Context, row: Any, amount: Any, details: Any, number: int) -> dict[str, str]:
    """Return the cells of one outlet and unit, by column; ``amount`` is none where no quantity is on record."""
    steps = list(zip(ctx.t("cli.progress.marks").split(), (getattr(row, each) for each in STEPS), strict=True))
    made = {
        "#": str(number),
        "outlet": row.name or row.site,
        "phone": row.phone or ctx.t("cli.personal." + row.personal),
        "link": ctx.t("cli.link." + row.link),
        "progress": "".join(mark if value else "-" * cells(mark) for mark, value in steps),
        "stamps": " ".join(mark + shown_time(value) for mark, value in steps),
        "operator": details.operator_name or row.operator or "-",
        "credit_code": details.credit_code or "-",
        "licence": details.licence or "-",
        "county": row.county or "-",
        "contact": row.contact or "-",
        "address": row.address or "-",
        "supplier": _few(row.suppliers, _NAMED_SUPPLIERS),
        "lots": _few([code_of(lot) for lot in row.lots], _NAMED_LOTS),
        "dates": _span(details.first, details.last),
        "records": shown_time(row.last_entry),
    }
    return made | _quantities(ctx, amount)


def _quantities(ctx: Context, amount: Any) -> dict[str, str]:
    """Return the cells of quantities; of an outlet with none on record all are unknown."""
    names = ("received", "sold", "at_notice", "returned", "destroyed", "unaccounted")
    if amount is None:
        return {"unit": "-", "on_hand": "?", **dict.fromkeys(names, "?")}
    made = {name: shown_quantity(getattr(amount, name), amount.unit) for name in names}
    if amount.at_notice is None:
        made["at_notice"] = "-"
    may_be = "?" if amount.on_hand is None else ""
    if amount.travelling:
        made["travelling"] = shown_quantity(amount.travelling, amount.unit)
    return {"unit": shown_unit(ctx, amount.unit), "on_hand": shown_quantity(amount.likely, amount.unit) + may_be, **made}


def totals(ctx: Context, rows: Iterable[Any]) -> list[dict[str, str]]:
    """Return the line of totals for each unit; what is unknown stands beside what is known, with its question mark."""
    by_unit: dict[str, list[Any]] = {}
    sites: dict[str, set[str]] = {}
    for row in rows:
        for amount in row.amounts:
            by_unit.setdefault(amount.unit, []).append(amount)
            sites.setdefault(amount.unit, set()).add(row.site)
    made = []
    for unit, amounts in by_unit.items():
        known = sum(each.likely for each in amounts if each.on_hand is not None)
        unknown = [each.likely for each in amounts if each.on_hand is None]
        parts = [shown_quantity(known, unit)] if known or not unknown else []
        on_hand = "+".join([*parts, *([shown_quantity(sum(unknown), unit) + "?"] if unknown else [])])
        travelling = sum(each.travelling for each in amounts)
        made.append(
            {
                "#": "",
                "outlet": ctx.t("cli.recall.total", count=f"{len(sites[unit]):,}"),
                "unit": shown_unit(ctx, unit),
                "sold": _known(amounts, "sold", unit),
                "received": _known(amounts, "received", unit),
                **({"travelling": shown_quantity(travelling, unit)} if travelling else {}),
                "on_hand": on_hand,
                **{
                    name: shown_quantity(sum(getattr(each, name) for each in amounts), unit)
                    for name in ("returned", "destroyed", "unaccounted")
                },
            }
        )
    return made


def _known(amounts: Sequence[Any], name: str, unit: str) -> str:
    """Return the total of what is known, with a question mark for what is not."""
    told = [value for each in amounts if (value := getattr(each, name)) is not None]
    return "+".join([*([shown_quantity(sum(told), unit)] if told else []), *(["?"] if len(told) < len(amounts) else [])])


def lay_out(
    ctx: Context,
    blocks: Sequence[tuple[str, Sequence[Mapping[str, str]]]],
    ends: Sequence[Mapping[str, str]],
    width: int | None,
    *,
    long: bool,
) -> list[str]:
    """Return the lines of a table.

    :param blocks: (line above the rows, or empty; rows) each. :param ends: lines of totals.
    :param width: cells of the terminal; none: as wide as it needs. :param long: a second line with what the width left out.
    """
    lines = [each for _, rows in blocks for each in rows]
    named = columns(width)
    if len({each["unit"] for each in (*lines, *ends)}) <= 1:
        named = tuple(each for each in named if each != "unit")  # it stands under the table
    headings = {name: "#" if name == "#" else ctx.t("cli.col." + name) for name in columns(None) + columns(80)}
    grid = [{name: clean(each.get(name, "")) for name in headings} for each in (headings, *lines, *ends)]
    if width is not None:
        for name in _EXTRA:
            named = tuple(each for each in named if each != name or _size(grid, named) <= width)
        if _size(grid, named) > width:
            # The day of each step first: the minute is in the second line, and in every file.
            grid = [{**each, "stamps": _days_only(each["stamps"])} for each in grid]
    widths = _widths(_natural(grid, named), width)
    printed = iter(grid)
    out = [_printed(next(printed), widths)]
    for above, rows in blocks:
        out += [above] if above else []
        for row in rows:
            out.append(_printed(next(printed), widths))
            out += _second(ctx, row, widths, width, long=long)
    for each in ends:
        out.append(_printed(next(printed), widths))
        out += _second(ctx, each, widths, width, long=False)
    return out


def _size(grid: Sequence[Mapping[str, str]], named: Sequence[str]) -> int:
    """Return the cells that some columns need, uncut, with one between them."""
    return sum(_natural(grid, named).values()) + len(named) - 1


def _natural(grid: Sequence[Mapping[str, str]], named: Sequence[str]) -> dict[str, int]:
    return {name: max(cells(row[name]) for row in grid) for name in named}


def _widths(natural: Mapping[str, int], width: int | None) -> dict[str, int]:
    """Return the columns that stay and how wide each is (rule 2)."""
    if width is None:
        return dict(natural)
    least = {name: min(size, _LEAST.get(name, size)) for name, size in natural.items()}
    for name in _FIRST_TO_GO:
        if sum(least.values()) + len(least) - 1 <= width:
            break
        least.pop(name, None)
    spare = width - sum(least.values()) - len(least) + 1
    if spare < 0:
        least["outlet"] = max(_SHORTEST, least["outlet"] + spare)
    for name in _GROWS if spare > 0 else ():
        if name in least:
            more = min(spare, natural[name] - least[name])
            least[name] += more
            spare -= more
    return least


def _printed(row: Mapping[str, str], widths: Mapping[str, int]) -> str:
    return " ".join(fit(row.get(name, ""), size, ">" if name in _RIGHT else "<") for name, size in widths.items()).rstrip()


def _second(ctx: Context, row: Mapping[str, str], widths: Mapping[str, int], width: int | None, *, long: bool) -> list[str]:
    """Return what the width left out of a row, or cut, as indented lines, broken between columns where they are too long (rule 3)."""
    names = [name for name in _NEEDED if name in row and not (name == "stamps" and not long and "progress" in widths)]
    if long:
        names += [name for name in (*_ALWAYS_LONG, *sorted(_RIGHT)) if name not in names and row.get(name, "-") not in ("-", "")]
    left_out = [name for name in names if widths.get(name, -1) < cells(clean(row[name]))]
    made: list[str] = []
    for each in [_labelled(ctx, name, clean(row[name])) for name in left_out]:
        if made and (width is None or cells(made[-1]) + 2 + cells(each) <= width):
            made[-1] += "  " + each
        else:
            made.append(" " * _INDENT + each)
    return [part for each in made for part in wrapped(each, width)]


def _labelled(ctx: Context, name: str, value: str) -> str:
    return value if name == "stamps" else f"{ctx.t('cli.col.' + name)} {value}"


def _days_only(stamps: str) -> str:
    return " ".join(each for each in stamps.split(" ") if ":" not in each)


def _few(names: Sequence[str], most: int) -> str:
    return (" ".join(names[:most]) + (f" .. ({len(names)})" if len(names) > most else "")) or "-"


def _span(first: str, last: str) -> str:
    """Return the days on which goods came, without the year: ``11-23``, ``11-23..24``, ``11-30..12-02``."""
    if not first:
        return "-"
    one, two = first[5:], last[5:]
    return one if one == two else f"{one}..{two[3:] if one[:2] == two[:2] else two}"
