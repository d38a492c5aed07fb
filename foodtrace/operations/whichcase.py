"""Which case a command means that takes a case and lots one after the other: ``case widen [CASE] [LOT...]``.

Rules:

1. The first word is the case if it is one's number, or the end of one's number and no lot. The number alone always means the case.
2. A word that is the end of a case's number and a lot too is asked about: one or the other would be left out without a word.
3. What is like a number and no lot is a mistyped case. Anything else is a lot, and the case is the only one that is open
   (:func:`foodtrace.recall.cases.resolve_case`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from foodtrace.errors import Ambiguous, BadData, NotFound
from foodtrace.graph.directory import resolve_lot
from foodtrace.recall.cases import case_ids, cases_like
from foodtrace.storage.session import Session

_NUMBER: Final = re.compile(r"\d{4}-\d{1,8}(?:@.*)?")


def case_and_lots(session: Session, words: Sequence[str]) -> tuple[str | None, tuple[str, ...]]:
    """Return (case, lots) as they were typed; no case: none was named. Raises ``Ambiguous`` (``case.case_or_lot``)."""
    if not words:
        return None, ()
    first, rest = words[0], tuple(words[1:])
    known = case_ids(session)
    cases, lots = cases_like(known, first), _lots(session, first)
    if cases and lots and first.partition("@")[0].strip().upper() not in known:
        raise Ambiguous("case.case_or_lot", value=first, candidates=[*cases, *lots])
    if cases or (not lots and _NUMBER.fullmatch(first.strip())):
        return first, rest
    return None, tuple(words)


def _lots(session: Session, word: str) -> list[str]:
    try:
        return [resolve_lot(session, word)]
    except Ambiguous as error:
        return list(error.candidates)
    except (NotFound, BadData):
        return []
