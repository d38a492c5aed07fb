"""The table of a recall answer: which columns a width has, and what gives way where they do not fit.

Rules (TRANSCRIPTS section 5):

1. 80 columns: number, outlet, phone, received, sold, on hand, link, steps. 120: and operator, address, returned, destroyed,
   unaccounted. 200: and credit code, licence, county, supplier, lots, dates, the five times. A pipe gets all of it, unwrapped.
2. Outlet, phone, on hand and link never give way. Of the others those of ``_FIRST_TO_GO`` go whole, in that order; a number or a
   code is never cut: half of one is worse than none. Texts that bear it are cut down to what ``_LEAST`` says before that.
3. What a telephone call needs is there at every width (``_NEEDED``): what the width left out or cut of it stands in lines below the outlet,
   and below the totals. ``--long`` puts everything else there too.
4. Unknown is a question mark, and what it may be is marked with one; unlike units, pieces of unlike products and goods without lot are
   never added up.
5. A row adds up: received + made + came back + over = sent on + used + sold + sent back + destroyed + lost + on hand + unaccounted. What
   ``_WHERE_ANY`` names stands in the table where any outlet has some of it, and below an outlet that has where there is no room.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from foodtrace_cli.context import Context
from foodtrace_cli.output import cells, clean, fit, wrapped

if TYPE_CHECKING:
    from foodtrace.recall.shortcodes import Written

STEPS: Final = ("notified", "acknowledged", "sealed", "returned", "destroyed")
_WHERE_ANY: Final = ("product", "born", "returned_in", "over", "consumed", "dispatched", "lost")
"""Columns that stand only where anything is in them (rule 5)."""
_NARROW: Final = ("#", "outlet", "phone", "product", "unit", "received", "sold", "on_hand", "link", "progress")
_MIDDLE: Final = (
    "#", "outlet", "operator", "phone", "address", "product", "unit", "received", "born", "returned_in", "over", "consumed", "dispatched",
    "sold", "on_hand", "returned", "destroyed", "lost", "unaccounted", "link", "progress",
)  # fmt: skip
_WIDE: Final = (
    "#", "outlet", "operator", "credit_code", "licence", "county", "contact", "phone", "address", "supplier", "lots", "dates",
    "product", "unit", "received", "born", "returned_in", "over", "consumed", "dispatched", "sold", "at_notice", "on_hand", "returned",
    "destroyed", "lost", "unaccounted", "link", "stamps", "records",
)  # fmt: skip
_EXTRA: Final = ("records", "at_notice", "contact")
"""What a wide table shows only where there is room to spare."""
_FIRST_TO_GO: Final = (
    "supplier", "lots", "address", "operator", "dates", "county", "licence", "credit_code", "over", "lost", "returned_in", "destroyed",
    "returned", "unaccounted", "dispatched", "consumed", "born", "product", "progress", "stamps", "sold", "received",
)  # fmt: skip
_LEAST: Final = {"outlet": 10, "operator": 8, "address": 8, "supplier": 5, "lots": 6, "contact": 6, "product": 8}
"""Cells that a text column keeps when it is cut."""
_SHORTEST: Final = 4
"""Cells of an outlet's name on a terminal too narrow for anything."""
_GROWS: Final = ("outlet", "product", "lots", "operator", "address", "supplier", "contact")
_TERMS: Final = (
    *("received", "born", "returned_in", "over"),
    *("consumed", "dispatched", "sold", "returned", "destroyed", "lost", "unaccounted"),
)
"""Terms of a row but for what is on hand (rule 5)."""
_RIGHT: Final = frozenset({*_TERMS, "at_notice", "on_hand"})
_ALWAYS_LONG: Final = ("operator", "credit_code", "licence", "county", "contact", "address", "supplier", "lots", "dates", "stamps")
"""What a second line may say; quantities that the width left out come after."""
_NEEDED: Final = (
    "outlet", "operator", "contact", "address", "lots", "product", "received", "born", "returned_in", "over", "consumed", "dispatched",
    "sold", "returned", "destroyed", "lost", "unaccounted", "travelling", "without_lot", "stamps",
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


def shown_time(moment: str | None, *, year: bool = False) -> str:
    """Return a moment of an answer as (year,) month, day and minute, local; a dash where there is none."""
    from datetime import datetime  # noqa: PLC0415

    from foodtrace.operations.common import CHINA  # noqa: PLC0415

    return "-" if not moment else datetime.fromisoformat(moment).astimezone(CHINA).strftime("%Y-%m-%d %H:%M" if year else "%m-%d %H:%M")


def several_products(rows: Iterable[Any]) -> bool:
    """Say whether pieces of several products are counted, so that a quantity says of which it is."""
    return len({amount.product for row in rows for amount in row.amounts if amount.unit == "piece"}) > 1


def line(ctx: Context, row: Any, amount: Any, details: Any, number: int, code: Written, *, products: bool = False) -> dict[str, str]:
    """Return the cells of one outlet and amount, by column; ``amount`` is none where no quantity is on record.

    :param code: how lots are written. :param products: say of pieces which product they are.
    """
    steps = list(zip(ctx.t("cli.progress.marks").split(), (getattr(row, each) for each in STEPS), strict=True))
    let_go = " " + ctx.t("cleared." + row.cleared) if row.cleared else ""
    made = {
        "#": str(number),
        "outlet": row.name or row.site,
        "phone": row.phone or ctx.t("cli.personal." + row.personal),
        "link": ctx.t("cli.link." + row.link),
        "progress": "".join(mark if value else "-" * cells(mark) for mark, value in steps) + let_go,
        "stamps": " ".join(mark + shown_time(value) for mark, value in steps) + let_go,
        "operator": details.operator_name or row.operator or "-",
        "credit_code": details.credit_code or "-",
        "licence": details.licence or "-",
        "county": row.county or "-",
        "contact": row.contact or "-",
        "address": row.address or "-",
        "supplier": _few(row.suppliers, _NAMED_SUPPLIERS),
        "lots": _few([code(lot) for lot in row.lots], _NAMED_LOTS),
        "dates": _span(details.first, details.last),
        "records": shown_time(row.last_entry),
    }
    return made | _quantities(ctx, amount, products=products)


def _quantities(ctx: Context, amount: Any, *, products: bool) -> dict[str, str]:
    """Return the cells of quantities; of an outlet with none on record all are unknown."""
    names = (*_TERMS, "at_notice")
    if amount is None:
        return {"unit": "-", "on_hand": "?", "nothing": "?", **dict.fromkeys([name for name in names if name not in _WHERE_ANY], "?")}
    made = {name: shown_quantity(getattr(amount, name), amount.unit) for name in names if name not in _WHERE_ANY or getattr(amount, name)}
    made |= _of_what(ctx, amount, products=products)
    if amount.at_notice is None:
        made["at_notice"] = "-"
    if amount.travelling:
        made["travelling"] = shown_quantity(amount.travelling, amount.unit)
    made["nothing"] = shown_quantity(0, amount.unit)
    return {"unit": shown_unit(ctx, amount.unit), "on_hand": _there([amount], amount.unit), **made}


def _there(amounts: Sequence[Any], unit: str) -> str:
    """Return what is there: what is known of it, be it only what bears a seal, and beside it what is not, with its question mark."""
    known = sum(each.sealed if each.on_hand is None else each.likely for each in amounts)
    unknown = [each.likely - each.sealed for each in amounts if each.on_hand is None]
    parts = [shown_quantity(known, unit)] if known or not unknown else []
    return "+".join([*parts, *([shown_quantity(sum(unknown), unit) + "?"] if unknown else [])])


def _of_what(ctx: Context, amount: Any, *, products: bool) -> dict[str, str]:
    """Return the cells that say what a quantity is of."""
    made = {"product": amount.product or "-"} if products and amount.unit == "piece" else {}
    return made | ({"without_lot": ctx.t("cli.recall.without_lot")} if amount.without_lot else {})


def product_words(ctx: Context, amount: Any, *, products: bool) -> str:
    """Return what stands behind a quantity outside the table: what it is of, where that is said."""
    return "".join(f" {each}" for each in _of_what(ctx, amount, products=products).values() if each != "-")


def added_up(rows: Iterable[Any]) -> dict[tuple[str, str, bool], list[tuple[str, Any]]]:
    """Return (unit, product of pieces, without lot) -> (site, amount) of what may be added up (rule 4), named goods first."""
    found: dict[tuple[str, str, bool], list[tuple[str, Any]]] = {}
    for row in rows:
        for amount in row.amounts:
            found.setdefault((amount.unit, amount.product, amount.without_lot), []).append((row.site, amount))
    return dict(sorted(found.items(), key=lambda each: each[0][2]))


def totals(ctx: Context, rows: Iterable[Any], *, products: bool = False) -> list[dict[str, str]]:
    """Return a line of totals for all that may be added up; what is unknown stands beside what is known, with its question mark."""
    made = []
    for (unit, _, _), found in added_up(rows).items():
        amounts = [amount for _, amount in found]
        travelling = sum(each.travelling for each in amounts)
        made.append(
            {
                "#": "",
                "outlet": ctx.t("cli.recall.total", count=f"{len({site for site, _ in found}):,}"),
                "unit": shown_unit(ctx, unit),
                "nothing": shown_quantity(0, unit),
                **_of_what(ctx, amounts[0], products=products),
                "sold": _known(amounts, "sold", unit),
                "received": _known(amounts, "received", unit),
                **({"travelling": shown_quantity(travelling, unit)} if travelling else {}),
                "on_hand": _there(amounts, unit),
                **{name: shown_quantity(total, unit) for name, total in _sums(amounts) if total or name not in _WHERE_ANY},
            }
        )
    return made


def _sums(amounts: Sequence[Any]) -> Iterable[tuple[str, int]]:
    """Return the totals of the terms that are known of every outlet."""
    return ((name, sum(getattr(each, name) for each in amounts)) for name in _TERMS if name not in ("received", "sold"))


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
    named = tuple(each for each in named if each not in _WHERE_ANY or any(each in row for row in lines))
    headings = {name: "#" if name == "#" else ctx.t("cli.col." + name) for name in columns(None) + columns(80)}
    grid = [{name: clean(each.get(name) or _nothing(name, each)) for name in headings} for each in (headings, *lines, *ends)]
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


def _nothing(name: str, row: Mapping[str, str]) -> str:
    """Return what stands in a column of what this row has none of."""
    return "" if name not in _WHERE_ANY else "-" if name == "product" else row.get("nothing", "")


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
    return value if name in ("stamps", "without_lot") else f"{ctx.t('cli.col.' + name)} {value}"


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
