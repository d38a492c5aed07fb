"""All names of a lot, and what is said of it under any of them (RECALL section 8, law 15: renaming changes nothing but names)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Literal

from foodtrace.recall.facts import Facts


def with_aliases(facts: Facts, lots: Collection[int]) -> set[int]:
    """Return lots with all of their names."""
    every, fresh = set(lots), set(lots)
    while fresh:
        fresh = {lot for both in facts.aliases(fresh) for lot in both} - every
        every |= fresh
    return every


def said_of(facts: Facts, asked: Sequence[int], what: Literal["producer", "product"]) -> str:
    """Return what is on record of the lots asked for, by their own names first, then by others in the order of these; "" if nothing."""
    found = next((value for info in facts.lots(asked).values() if (value := getattr(info, what))), "")
    if found:
        return str(found)
    others = with_aliases(facts, asked) - set(asked)
    texts, infos = facts.texts(others), facts.lots(others)
    return next((str(value) for lot in sorted(infos, key=lambda each: texts[each]) if (value := getattr(infos[lot], what))), "")


__all__ = ["said_of", "with_aliases"]
