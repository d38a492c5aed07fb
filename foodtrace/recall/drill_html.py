"""The report of a drill as one HTML file, in the manner of a case report (:mod:`foodtrace.recall.report_html`). Pure."""

from __future__ import annotations

import shlex

from foodtrace.quantity import unit_word
from foodtrace.recall.chain import Chain
from foodtrace.recall.drill import Drill, Weighed
from foodtrace.recall.namesakes import names_in
from foodtrace.recall.picture import pages
from foodtrace.recall.picturecards import ON_PAPER
from foodtrace.recall.picturewords import escaped
from foodtrace.recall.report_html import PAPER, opening, section
from foodtrace.recall.report_tables import Grid, Measured, findings_grid, moment_words, places_grid
from foodtrace.recall.shortcodes import named_in, short_codes
from foodtrace.texts import Lang, text

_COLUMNS = (
    *("lot", "unit", "born", "brought_back", "unexplained", "used", "used_into", "sold", "destroyed", "lost"),
    *("on_hand", "on_hand_unknown", "travelling", "overdue", "unaccounted", "elsewhere"),
)


def html(found: Drill, chain: Chain, *, lang: Lang = "en") -> str:
    """Return the report of a drill as one HTML document in one language."""
    named = (*named_in(found.answer), *(place.lot for place in chain.places))  # what the lot was made of is in no list
    code = short_codes(named)
    names = names_in(found.answer)
    title = text("report.drill.title", lang, seed=found.seed or found.lot)
    drawn = pages(chain, lang=lang, most=PAPER, beside=named, whole=_whole(found, lang), look=ON_PAPER)
    parts = [
        *opening(title, f"{found.product} {found.lot}".strip(), moment_words(found.at), lang),
        f'<p class="note">{escaped(text("report.drill.note", lang))}</p>',
        section(summary_grid(found, lang), lang),
        section(balance_grid(found, lang), lang),
        f'<p class="sub">{escaped(text("report.drill.balance", lang))}</p>',
        f"<h2>{escaped(text('report.chain.title', lang))}</h2>",
        *(f"<figure>{each}</figure>" for each in drawn),
        section(places_grid("outlets", found.answer.outlets, code, lang, names=names), lang),
        section(places_grid("others", found.answer.others, code, lang, names=names), lang),
        section(findings_grid(found.answer, code, lang), lang),
        section(_positions(found), lang),
        "</body></html>\n",
    ]
    return "".join(parts)


def _whole(found: Drill, lang: Lang) -> str:
    """Return where every place of the chain is listed: what the lot was made of is in no list of this page."""
    return text("report.picture.whole_trace", lang, command=shlex.join(["foodtrace", "trace", found.lot, "--all"]))


def summary_grid(found: Drill, lang: Lang) -> Grid:
    """Return what a drill came to, in lines."""
    drawn = (
        text("report.drill.drawn", lang, seed=found.seed, count=found.candidates) if found.candidates else text("report.drill.named", lang)
    )
    rows = [("drawn", drawn), ("product", found.product), ("lot", found.lot), ("made", moment_words(found.at))]
    rows += [("accounted", accounted_words(found, place, lang)) for place in range(len(found.accounted))]
    rows += [
        ("outlets", f"{found.outlets}"),
        ("reachable", f"{found.reachable} / {found.outlets}"),
        ("sites", f"{found.sites}"),
        ("untraced", f"{found.untraced}"),
        ("took", text("report.drill.took", lang, seconds=seconds(found.milliseconds))),
    ]
    return Grid(name="drill", columns=("what", "said"), rows=tuple((text(f"report.row.{name}", lang), said) for name, said in rows))


def accounted_words(found: Drill, place: int, lang: Lang) -> str:
    """Return one unit's percent accounted for, with both numbers; of pieces of several products it says which."""
    rate = found.accounted[place]
    numbers = " / ".join(Measured(each, rate.unit).shown() for each in (rate.numerator, rate.denominator))
    percent = f"{rate.percent} %" if rate.percent else text("report.drill.nothing", lang)
    several = len({each.product for each in found.accounted if each.unit == "piece"}) > 1
    said = f"{percent}  {numbers} {unit_word(rate.unit, lang)}" + (f" {rate.product}" if several and rate.product else "")
    if not rate.unexplained:
        return said
    size = f"{Measured(rate.unexplained, rate.unit).shown()} {unit_word(rate.unit, lang)}"
    return said + text("report.drill.unexplained", lang, quantity=size)


def seconds(milliseconds: int) -> str:
    """Return a duration with its thousandths: ``0.034``."""
    return f"{milliseconds // 1000}.{milliseconds % 1000:03d}"


def balance_grid(found: Drill, lang: Lang) -> Grid:
    """Return the mass balance, a row per lot and unit."""
    return Grid(name="balance", columns=_COLUMNS, rows=tuple(_row(each, lang) for each in found.balances))


def _row(each: Weighed, lang: Lang) -> tuple[str | Measured, ...]:
    numbers = (Measured(getattr(each, name), each.unit) for name in _COLUMNS[2:])
    return (each.lot, unit_word(each.unit, lang), *numbers)


def _positions(found: Drill) -> Grid:
    rows = tuple((each.log, each.size, moment_words(each.newest)) for each in found.answer.positions)
    return Grid(name="positions", columns=("log", "size", "newest"), rows=rows)
