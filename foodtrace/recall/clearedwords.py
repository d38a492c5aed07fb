"""What a case cleared, in words: beside its rates on a screen and in its report. Pure.

Rules:

1. It is said how much of what should be recalled is cleared, never that the rates are better for it (ADR 36).
2. Who is missing in R4, R5 or R6 only because of a clearing is named apart from those who are waited for.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Final

from foodtrace.quantity import thousands, unit_word
from foodtrace.recall.deadlines import LOCAL
from foodtrace.texts import Lang, text

if TYPE_CHECKING:
    from foodtrace.recall.cleared import ClearedGoods, ClearedLine, ClearedPlace

_MOST: Final = 5
"""Sites in a line; the JSON, and the report's table, have all of them."""
_LET_OFF: Final = {"R4": "no_notice", "R5": "no_answer", "R6": "no_visit"}


def cleared_words(cleared: ClearedGoods | None, names: Mapping[str, str], lang: Lang) -> list[str]:
    """Return lines: how much is cleared, where it lies, which outlets have nothing else. :param names: site -> what to call it."""
    if cleared is None:
        return []
    lines = [line_words(each, lang) for each in cleared.lines]
    there = [each for each in cleared.places if each.on_hand or each.travelling]
    if there:
        shown = ", ".join(_place(each, lang) for each in there[:_MOST]) + ", .." * (len(there) > _MOST)
        lines.append(text("cleared.places", lang, names=shown))
    if cleared.outlets:
        lines.append(text("cleared.outlets", lang, count=len(cleared.outlets), names=few(cleared.outlets, names)))
    for lapsed in cleared.lapsed[:_MOST]:
        lots = ", ".join(lot.rpartition("/")[2] for lot in lapsed.lots[:_MOST]) + " .." * (len(lapsed.lots) > _MOST)
        times = {"at": _when(lapsed.cleared), "lapsed": _when(lapsed.lapsed)}
        lines.append(text("cleared.lapsed", lang, name=lapsed.name, lots=lots, **times))
    if len(cleared.lapsed) > _MOST:
        lines.append(text("cleared.lapsed_more", lang, count=len(cleared.lapsed) - _MOST))
    return lines


def line_words(each: ClearedLine, lang: Lang) -> str:
    """Return one line of what may be added up."""
    product = f" {each.product}" if each.product else ""
    size = _amount(each.quantity, each.unit, lang) + product
    size = text("cleared.at_most", lang, quantity=size) if each.unknown and each.quantity else size
    parts = [text("cleared.without_lot" if each.without_lot else "cleared.in_base", lang, quantity=size)]
    for name in ("custody", "own", "sold", "sold_before"):
        value = getattr(each, name)
        if value:
            parts.append(text(f"cleared.{name}", lang, quantity=_amount(value, each.unit, lang)))
    return "; ".join(parts)


def let_off(cleared: ClearedGoods | None, rate: str) -> tuple[str, ...]:
    """Return the sites that a rate lacks only because of a clearing (rule 2). :param rate: ``R4``, ``R5`` or ``R6``."""
    return () if cleared is None or rate not in _LET_OFF else tuple(getattr(cleared, _LET_OFF[rate]))


def let_off_words(cleared: ClearedGoods | None, rate: str, names: Mapping[str, str], lang: Lang) -> str:
    """Return them in words; empty: none."""
    sites = let_off(cleared, rate)
    return text(f"cleared.{_LET_OFF[rate]}", lang, names=few(sites, names)) if sites else ""


def let_off_count(cleared: ClearedGoods | None, rate: str, lang: Lang) -> str:
    """Return in words how many they are; empty: none."""
    sites = let_off(cleared, rate)
    return text("cleared.let_off", lang, count=len(sites)) if sites else ""


def few(sites: Collection[str], names: Mapping[str, str]) -> str:
    """Return the first of some sites by name."""
    told = [names.get(site, site) for site in sites]
    return ", ".join(told[:_MOST]) + " .." * (len(told) > _MOST)


def _when(moment: str) -> str:
    return dt.datetime.fromisoformat(moment).astimezone(LOCAL).strftime("%Y-%m-%d %H:%M")


def _place(each: ClearedPlace, lang: Lang) -> str:
    size = _amount(each.on_hand + each.travelling, each.unit, lang)
    return (
        f"{each.name} "
        + (text("cleared.at_most", lang, quantity=size) if each.unknown else size)
        + (f" {each.product}" if each.product else "")
    )


def _amount(value: int, unit: str, lang: Lang) -> str:
    return f"{value:,} {unit_word(unit, lang)}" if unit == "piece" else f"{thousands(value)} {unit_word(unit, lang)}"


__all__ = ["cleared_words", "few", "let_off", "let_off_count", "let_off_words", "line_words"]
