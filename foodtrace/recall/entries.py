"""The entries behind a finding: in the order of time, each once, of too many the newest."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

Entry = tuple[int, int]
"""(log, seq)."""

MOST: Final = 100
"""Entries named behind one finding at most."""


def newest(timed: Iterable[tuple[int, Entry]], place: Callable[[Entry], Entry]) -> tuple[Entry, ...]:
    """Return entries in the order of time, each once; of more than :data:`MOST` the newest.

    :param place: where an entry stands among those of one moment: by the name of its log, then by its number there.
    """
    first: dict[Entry, int] = {}
    for t, entry in timed:
        if t < first.get(entry, t + 1):
            first[entry] = t
    if len(first) < 2:  # noqa: PLR2004 - nothing to sort
        return tuple(first)
    return tuple(sorted(first, key=lambda entry: (first[entry], place(entry)))[-MOST:])
