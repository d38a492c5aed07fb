"""Known headings, Chinese and English, and what they say of a column and of the kind of file.

Rules:

1. A heading is compared without case, spaces, punctuation and what stands in brackets; full-width letters are plain ones.
2. A unit in a heading (``数量(斤)``, ``净重kg``, ``重量/公斤``) is the unit of its column.
3. Where several headings mean one field, the one that stands first in its list here wins, the others are not recorded.
   For quantities: what is settled, then net weight, then weight, then number.
4. The kind of a file shows in its headings: a count, a buyer, a supplier, a can code or till number. Two that show: a
   buyer beats a supplier beats a till; nothing that shows: a person says.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Final

from foodtrace.intake.model import FileKind
from foodtrace.intake.synonyms import SHOWS, SYNONYMS
from foodtrace.quantity import FACTORS

FIELDS: Final = tuple(SYNONYMS)
"""Every field a column can be."""
_SHOWS: Final = {kind: frozenset(words.split()) for kind, words in SHOWS.items()}
_WHOSE: Final = frozenset({"统一社会信用代码", "信用代码", "uscc", "creditcode"})
"""Headings that say a credit code but not whose: the supplier's where there is a supplier and no buyer."""
_UNITS: Final = {**{word: word for word in FACTORS}, "斤数": "斤", "公斤数": "公斤", "罐数": "罐"}
_WEIGHTS: Final = frozenset({"净重", "净重量", "重量", "斤数", "公斤数", "netweight", "nettweight", "net", "weight"})
_NUMBERS: Final = frozenset({"数量", "quantity", "qty"})
_AGAIN: Final = re.compile(r"\.\d+$")
"""What a second column of the same heading gets behind its name (:mod:`foodtrace.intake.table`)."""
_BRACKETS: Final = re.compile(r"[(\[【{<](.*?)[)\]】}>]")
_DROPPED: Final = re.compile(r"[\s_\-./:#*'\"、,]+")


@cache
def plain(heading: str) -> str:
    """Return a heading as rule 1 compares it."""
    text = unicodedata.normalize("NFKC", heading[:200]).lower()
    return _DROPPED.sub("", _BRACKETS.sub("", text))


@cache
def field_of(heading: str) -> tuple[str, int] | None:
    """Return the field a heading means and its rank in the field's list, none if it is not known."""
    found = _index().get(plain(heading))
    if found is None and (unit := unit_of(heading)):
        bare = plain(heading).removesuffix(unit).removesuffix(unit.lower())
        found = _index().get(bare) if bare else ("quantity", 99)
        if found is not None and found[0] != "quantity":
            return None
    return found


@cache
def _index() -> dict[str, tuple[str, int]]:
    return {plain(word): (field, rank) for field, words in SYNONYMS.items() for rank, word in enumerate(words.split())}


@cache
def unit_of(heading: str) -> str:
    """Return the unit word in a heading (rule 2), or empty."""
    text = unicodedata.normalize("NFKC", heading[:200]).lower()
    for inside in _BRACKETS.findall(text):
        for word in re.split(r"[\s:/,单位]+", inside):
            if word in _UNITS:
                return _UNITS[word]
    whole = _DROPPED.sub("", _BRACKETS.sub("", text))
    if whole in {"斤数", "公斤数", "罐数"}:
        return _UNITS[whole]
    for word in sorted(_UNITS, key=len, reverse=True):
        rest = whole.removesuffix(word)
        if rest != whole and _index().get(rest, ("",))[0] == "quantity" and not (word.isascii() and len(word) == 1 and rest.isascii()):
            return _UNITS[word]
    return ""


def known(cells: Sequence[str]) -> int:
    """Return how many cells of a row are known headings, each field counted once."""
    return len({found[0] for cell in cells if cell and len(cell) <= 40 and (found := field_of(" ".join(str(cell).split())))})  # noqa: PLR2004


def fields(headings: Iterable[str]) -> dict[str, str]:
    """Return heading -> field, or empty, for every heading (rule 3)."""
    best: dict[str, tuple[int, str]] = {}
    every = tuple(headings)
    for heading in every:
        if (found := field_of(heading)) and (found[0] not in best or found[1] < best[found[0]][0]):
            best[found[0]] = (found[1], heading)
    chosen = {heading: field for field, (_, heading) in best.items()}
    if "source_name" in best and "buyer" in best and "buyer_name" not in best and plain(best["buyer"][1]) in _WHOSE:
        chosen[best["buyer"][1]] = "source"
    if "time" in best and not {"at", "date"} & best.keys():  # 时间 alone holds date and time
        chosen[best["time"][1]] = "at"
    return {heading: chosen.get(heading, "") for heading in every}


def rivals(headings: Sequence[str], columns: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Return (field, heading taken, heading not taken) of columns of which nothing tells which one counts (rule 5)."""
    found = [(columns[first], first, heading) for first, heading in repeated(headings) if columns.get(first)]
    taken = next((heading for heading, field in columns.items() if field == "quantity"), "")
    if _bare(taken) not in _WEIGHTS:
        return found
    said = unit_of(taken)
    for heading in headings:
        if columns.get(heading) or _bare(heading) not in (_WEIGHTS | _NUMBERS) - {_bare(taken)}:
            continue
        other = unit_of(heading)
        clear = (other and FACTORS[other][0] == "piece") or (said and not other) or (_bare(heading) in _WEIGHTS and not (said and other))
        if not clear:
            found.append(("quantity", taken, heading))
    return found


def repeated(headings: Sequence[str]) -> list[tuple[str, str]]:
    """Return (heading of the first column, name of the later one) of columns that have one heading (:mod:`foodtrace.intake.table`)."""
    every = set(headings)
    return [(first, heading) for heading in headings if (first := _AGAIN.sub("", heading)) != heading and first in every]


def _bare(heading: str) -> str:
    """Return a heading without the unit that stands at its end."""
    unit, whole = unit_of(heading), plain(heading)
    return whole if not unit or whole in _WEIGHTS else whole.removesuffix(unit).removesuffix(unit.lower())


def kind_of(headings: Iterable[str]) -> FileKind | None:
    """Return the kind of file that headings show, none if they show none (rule 4)."""
    every = tuple(headings)
    given = {plain(heading) for heading in every}
    meant = set(fields(every).values())
    if given & _SHOWS["stock_count"]:
        return "stock_count"
    if given & _SHOWS["loss"]:
        return "loss"
    if meant & {"buyer", "buyer_name"}:
        return "transfer"
    if meant & {"source", "source_name"}:
        return "receipt"
    return "sale" if given & _SHOWS["sale"] else None
