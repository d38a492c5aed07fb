"""What stands beside the rates of a recall, in words: a rate alone can be read as an all-clear that it is not.

Rules:

1. A rate that rests on goods which two records may tell twice is printed as a range, in its own line: from what it is if they are one load
   to what the section makes of it. Which goods these are, and how to mend the record, stands below.
2. By what is too much by the records the rates may be too high or too low (it stands in what they divide by, and where it was sold or
   is back also above): who has how much beyond what ever came, or was brought back beyond what was sold, stands beside them, with the
   lot where a site has two.
3. What a rate divides by holds what only an answer, a count or a seal says beside what the records say: the rate's own line says how much.
4. What a registered site sent to nobody on record is on nobody's shelf. Rates count it as distributed (ADR 40), but for goods without
   lot, which are in none: how much, and from where, stands beside them.
5. What was received after the opening and not booked as sealed is free stock, and is said to be.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from foodtrace.quantity import thousands, unit_word
from foodtrace.recall.namesakes import told_apart
from foodtrace.texts import Lang, text

if TYPE_CHECKING:
    from foodtrace.recall.answer import Answer
    from foodtrace.recall.said import FindingAnswer, RateAnswer, ToldTwice, Unsealed

OVER: Final = ("unexplained_stock", "returns_exceed_sales")
"""Kinds of findings about what is too much."""
_MOST: Final = 5
"""Lines, or sites in a line; the JSON has all of them."""


def percent_words(rate: RateAnswer, *, whole: bool = False) -> str:
    """Return a rate with its sign (rule 1); empty where there is none. :param whole: 100 for 100.0."""
    if not rate.percent:
        return ""
    most = "100" if whole and rate.percent == "100.0" else rate.percent
    return f"{rate.at_least}-{most} %" if rate.at_least else f"{most} %"


def beyond_records(answer: Answer, unit: str, product: str = "") -> int:
    """Return how much of what rates divide by is beyond the records: an answer, a count or a seal says it, and no record brought it there.

    By the letter of the records both stand in it (RECALL section 5): what is missing of what came, and what is said to be there.
    :param product: of pieces: the product counted; empty: of all of them.
    """
    rows = (row for row in (*answer.outlets, *answer.others) if row.role != "own")
    lines = (each for row in rows for each in row.amounts if each.unit == unit and not each.without_lot)
    return sum(each.over for each in lines if not product or not each.product or each.product == product)


def base_words(beyond: int, unit: str, lang: Lang) -> str:
    """Return in words, for the line of a rate, what :func:`beyond_records` says of what it divides by; empty: nothing is beyond them."""
    return text("beside.in_base", lang, quantity=_amount(beyond, unit, lang)) if beyond else ""


def beside_rates(told_twice: Sequence[ToldTwice], untraced: Iterable[FindingAnswer], lang: Lang) -> list[str]:
    """Return the lines that stand beside the rates."""
    lines = [_twice(each, lang) for each in told_twice[:_MOST]]
    if len(told_twice) > _MOST:
        lines.append(text("beside.twice_more", lang, count=len(told_twice) - _MOST))
    found = list(untraced)
    for kind in OVER:
        mine = [each for each in found if each.kind == kind and each.value]
        if mine:
            lines.append(text("beside.over", lang, kind=text(f"finding.{kind}", lang), what=_listed(mine, lang)))
    gone = [each for each in found if each.kind == "destination_missing" and each.site_name and each.value]  # a place has no name
    for word, mine in (("", [each for each in gone if each.lot]), ("_without_lot", [each for each in gone if not each.lot])):
        if mine:
            lines.append(text(f"beside.to_nobody{word}", lang, what=_listed(mine, lang)))
    return lines


def _listed(found: Iterable[FindingAnswer], lang: Lang) -> str:
    """Return sites with what findings are about, the most first."""
    mine = sorted(found, key=lambda each: (-each.value, each.site))
    called = told_apart((each.site, each.site_name) for each in mine)
    names = [f"{_place(called[each.site], each, mine)} {_amount(each.value, each.unit, lang)}" for each in mine[:_MOST]]
    return ", ".join(names) + (" .." if len(mine) > _MOST else "")


def unsealed_words(unsealed: Sequence[Unsealed], lang: Lang) -> str:
    """Say which sites have free stock of what they received after the opening (rule 5); empty where none has."""
    if not unsealed:
        return ""
    called = told_apart((each.site, each.name) for each in unsealed)
    names = [f"{_place(called[each.site], each, unsealed)} {_amount(each.quantity, each.unit, lang)}" for each in unsealed[:_MOST]]
    return text("beside.unsealed", lang, what=", ".join(names) + (" .." if len(unsealed) > _MOST else ""))


def own_free_words(free: Sequence[Unsealed], lang: Lang) -> str:
    """Say what lies free at sites of whoever recalls; empty where nothing does."""
    called = told_apart((each.site, each.name) for each in free)
    names = [f"{_place(called[each.site], each, free)} {_amount(each.quantity, each.unit, lang)}" for each in free[:_MOST]]
    return text("beside.own_free", lang, what=", ".join(names) + (" .." if len(free) > _MOST else "")) if free else ""


def _place(name: str, each: FindingAnswer | Unsealed, among: Sequence[FindingAnswer | Unsealed]) -> str:
    """Return the name of a site; with the lot's code where the site has more than one of them."""
    several = sum(other.site == each.site for other in among) > 1
    return f"{name or each.site} {each.lot.rpartition('/')[2]}" if several and each.lot else name or each.site


def _twice(each: ToldTwice, lang: Lang) -> str:
    return text(
        "beside.twice",
        lang,
        quantity=_amount(each.quantity, each.unit, lang),
        site=each.site_name or each.site,
        source=each.source_name or each.source,
        number=each.number or "-",
        received=" ".join(each.received),
    )


def _amount(value: int, unit: str, lang: Lang) -> str:
    return f"{value:,}" + " " + unit_word(unit, lang) if unit == "piece" else f"{thousands(value)} {unit_word(unit, lang)}"


__all__ = ["OVER", "base_words", "beside_rates", "beyond_records", "own_free_words", "percent_words", "unsealed_words"]
