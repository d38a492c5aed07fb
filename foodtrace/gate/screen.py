"""What the gate's screen says: lines for a slow console, words first. Pure.

Rules (TRANSCRIPTS section 2 and house rules):

1. The verdict is a word in brackets of equal width; colour and bell only repeat it.
2. An amount by weight is said in kg and in 斤.
3. Scrolling lines; what is wider than the screen goes on in the next one, under the words (:func:`wrapped`). Nothing is redrawn.
4. What came from a scanner or a stranger is printed on one line without control characters.
"""

from __future__ import annotations

import datetime as dt
import unicodedata
from typing import Final, Literal, TypeAlias

import msgspec

from foodtrace.gate.decision import Decision
from foodtrace.gate.reason import Reason
from foodtrace.quantity import Quantity, jin, thousands
from foodtrace.texts import Lang, text

Tone: TypeAlias = Literal["", "admit", "hold", "refuse", "again"]
"""What colour and bell repeat; empty: nothing."""

INDENT: Final = " " * 10
CODE_AT: Final = 58
"""Column of a reason's code, in cells."""
WIDTH: Final = 77
_NEAR: Final = 30
"""A line is broken at a blank only so many cells before its edge; Chinese has none."""
_WORDS: Final = ("admit", "hold", "refuse", "again", "undone")


class Said(msgspec.Struct, frozen=True):
    """One line on the screen."""

    text: str
    tone: Tone = ""


def clean(value: object) -> str:
    """Return a value as one line that no terminal obeys."""
    return "".join(c if c.isprintable() else " " for c in str(value))


def cells(value: str) -> int:
    """Return the width of a text in terminal cells."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in value)


def padded(value: str, width: int) -> str:
    """Return a text padded to a width in cells."""
    return value + " " * max(0, width - cells(value))


def wrapped(line: str, width: int) -> list[str]:
    """Break a line that is wider than a screen, at a blank where there is one near the edge; what is left is indented (rule 3).

    >>> wrapped("[ OK ]  a b", 80), wrapped("[ OK ]  abc def", 14)
    (['[ OK ]  a b'], ['[ OK ]  abc', '          def'])
    """
    lines: list[str] = []
    rest = line
    indent = ""
    while cells(indent + rest) > max(width, len(INDENT) + 2):
        room = width - len(indent)
        end = _fitting(rest, max(room, 2))
        blank = rest.rfind(" ", len(rest) - len(rest.lstrip()), end + 1)
        cut = blank if blank > 0 and cells(rest[blank:end]) < _NEAR else end
        lines.append((indent + rest[:cut]).rstrip())
        rest, indent = rest[cut:].lstrip(), INDENT
    return [*lines, indent + rest]


def _fitting(text_: str, room: int) -> int:
    """Return how many characters of a text have room in so many cells."""
    for place in range(1, len(text_) + 1):
        if cells(text_[:place]) > room:
            return place - 1
    return len(text_)


def bracket(word: str, lang: Lang) -> str:
    """Return ``[ word ]``, as wide for every verdict (rule 1)."""
    widest = max(cells(text(f"counter.word.{each}", lang)) for each in _WORDS)
    return f"[ {padded(text(f'counter.word.{word}', lang), widest)} ]"


def amount(quantity: Quantity, lang: Lang) -> str:
    """Return an amount in kg and 斤 (rule 2)."""
    return f"{quantity} ({jin(quantity.value)} 斤)" if quantity.unit == "g" else quantity.in_words(lang)


def in_unit(quantity: Quantity, unit: str) -> str:
    """Return the bare number of a quantity in the desk's unit: what Enter will take."""
    if quantity.unit != "g":
        return str(quantity.value)
    number = jin(quantity.value) if unit == "斤" else thousands(quantity.value)
    return number.replace(",", "").removesuffix(".0")


def with_code(words: str, code: str, indent: str = INDENT) -> str:
    """Return a line with a reason's code at its end, in a column where there is room."""
    line = indent + clean(words)
    return f"{padded(line, CODE_AT - 1)} {code}"


def verdict_lines(decision: Decision, head: str, lang: Lang) -> list[Said]:
    """Return what is said of a hold or a refusal: every reason with its code, what to tell the driver, what must follow, under what.

    :param head: what stands behind the verdict's word when there is more than one reason.
    """
    tone: Tone = decision.verdict
    word = bracket(decision.verdict, lang)
    reasons = decision.reasons
    lines: list[Said] = []
    if len(reasons) == 1:
        lines.append(Said(with_code(reasons[0].message(lang), reasons[0].code, f"{word}  "), tone))
    else:
        lines.append(Said(f"{word}  {head}".rstrip(), tone))
        lines += [Said(with_code(each.message(lang), each.code)) for each in reasons]
    lines += [Said(INDENT + clean(each.message(lang))) for each in decision.notes]
    return lines


def after_lines(decision: Decision, lang: Lang, *, hints: bool = True) -> list[Said]:
    """Return what to tell the driver (``hints``), what must be done, and what it rests on."""
    told = list(dict.fromkeys(each.hint(lang) for each in decision.reasons if each.hint(lang))) if hints else []
    lines = [Said(INDENT + clean(each)) for each in told]
    lines += [Said(INDENT + clean(each.message(lang))) for each in decision.must if each.id != "decide_held"]
    lines.append(Said(INDENT + clean(decision.authority(lang))))
    return lines


def details(decision: Decision, lang: Lang) -> list[Said]:
    """Return every reason and note with its article, and what must follow."""
    lines: list[Said] = []
    for each in (*decision.reasons, *decision.notes):
        lines.append(Said(with_code(each.message(lang), each.code)))
        lines += [Said(f"{INDENT}  {clean(words)}") for words in (each.hint(lang), _cited(each, lang)) if words]
    lines += [Said(INDENT + clean(each.message(lang))) for each in decision.must]
    return [*lines, Said(INDENT + clean(decision.authority(lang)))]


def _cited(reason: Reason, lang: Lang) -> str:
    article = reason.article.of(lang)
    if not article:
        return ""
    return article if reason.verified else text("counter.not_verified", lang, article=article)


def clock(when: dt.datetime) -> str:
    """Return the time of day."""
    return f"{when:%H:%M}"
