"""Names: texts of lots, sites and other subjects, and the numbers rows use for them.

Rules (DESIGN section 6):

1. A name is not a fact: it carries no meaning beyond its text, is never deleted, and is the one thing shared across logs.
2. Numbers are sequential. Number 0 is no name (a side that a record does not name).
3. Missing names are inserted sorted, ``ON CONFLICT DO NOTHING``, then read again: unsorted inserts of two writers deadlock.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from foodtrace.storage.session import Session

_CHUNK = 500


class Names:
    """Numbers of names, remembered across transactions; only names of committed transactions are remembered."""

    def __init__(self, limit: int = 200_000) -> None:
        self._known: dict[str, int] = {"": 0}
        self._limit = limit

    def intern(self, session: Session, texts: Collection[str]) -> dict[str, int]:
        """Return the number of every text, making those that are missing."""
        missing = sorted({text for text in texts if text not in self._known})
        found = find(session, missing)
        new = [text for text in missing if text not in found]
        if new:
            rows = [(text, code_of(text)) for text in new]
            session.many("INSERT INTO name (text, code) VALUES (?, ?) ON CONFLICT (text) DO NOTHING", rows)
            found.update(find(session, new))
        known = self._known
        return {text: found[text] if text in found else known[text] for text in texts}

    def remember(self, numbers: dict[str, int]) -> None:
        """Keep numbers that are now committed."""
        if len(self._known) > self._limit:
            self._known = {"": 0}
        self._known.update(numbers)


def find(session: Session, texts: Collection[str]) -> dict[str, int]:
    """Return the numbers of those texts that have one."""
    found: dict[str, int] = {}
    rest = list(texts)
    for start in range(0, len(rest), _CHUNK):
        chunk = rest[start : start + _CHUNK]
        marks = ",".join("?" * len(chunk))
        found.update(session.rows(f"SELECT text, id FROM name WHERE text IN ({marks})", chunk))  # noqa: S608 - only marks
    return found


def texts_of(session: Session, ids: Collection[int]) -> dict[int, str]:
    """Return the texts of numbers; 0 is the empty text."""
    found: dict[int, str] = dict(session.each("SELECT n.id, n.text FROM {ids} CROSS JOIN name AS n WHERE n.id = f.value", ids))
    found[0] = ""
    return found


def code_of(text: str) -> str | None:
    """Return the bare code of a lot id, by which people ask for it; other names have none."""
    head, slash, code = text.partition("/")
    return code if slash and " " not in text and not head.startswith("?") else None
