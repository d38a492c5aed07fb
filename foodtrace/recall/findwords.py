"""What visits found, in words: in the answer of a check, a status, a report (:mod:`foodtrace.recall.finds`). Pure."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

from foodtrace.quantity import thousands, unit_word
from foodtrace.recall.deadlines import LOCAL
from foodtrace.texts import Lang, text

if TYPE_CHECKING:
    from foodtrace.recall.finds import Find

_ENTRIES: Final = 4
"""Entries that a line names; the JSON has all of them."""


def find_words(each: Find, case: str, lang: Lang) -> str:
    """Return a find as a line, with both records and what a person has to say. :param case: the number of the case."""
    return text(
        f"finds.{each.kind}",
        lang,
        name=each.name,
        site=each.site,
        case=case,
        lot=each.lot.rpartition("/")[2] or text("finds.no_lot", lang),
        at=f"{dt.datetime.fromisoformat(each.at).astimezone(LOCAL):%Y-%m-%d %H:%M}",
        entry=each.entry or "-",
        other=each.others[-1] if each.others else "-",
        others=", ".join(each.others[:_ENTRIES]) + " .." * (len(each.others) > _ENTRIES),
        **{name: _amount(getattr(each, name), each.unit, lang) for name in ("quantity", "free", "custody", "doubt")},
    )


def _amount(value: int, unit: str, lang: Lang) -> str:
    return f"{value:,} {unit_word(unit, lang)}" if unit == "piece" else f"{thousands(value)} {unit_word(unit, lang)}"


__all__ = ["find_words"]
