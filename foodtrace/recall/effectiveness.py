"""Effectiveness checks (召回效果抽查): who is visited, how that was drawn, what a visit says (RECALL section 5, R6; 21 CFR 7). Pure.

Rules:

1. A case commits to a seed when it is opened: SHA-256("foodtrace/recall/sample/v1" 00 seed) stands in its first entry. Whoever
   runs the recall cannot choose the shops afterwards, and nobody who has only the commitment can tell which will be drawn.
2. Levels: A all, B more than 10 and less than 100 % (30 % unless said), C 10 %, D 2 %, E none; rounded up, at least one.
3. Every site has a ticket, HMAC-SHA-256(seed, case 00 site); the smallest tickets are drawn. So a wider scope or a higher level
   adds to the sample and never takes a site out of it.
4. A visit finds the site ``clean``, finds goods (``found``), a site that was never told (``not_notified``), or a closed door. The
   last word on a site counts; only ``clean`` is clean, and who was not visited stays in the sample.
5. A failed check raises the level by one: the recall did not reach where it was believed to have, so more are visited.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from typing import Final, Literal, TypeAlias

from foodtrace.errors import BadData
from foodtrace.recall.facts import Step

Level: TypeAlias = Literal["A", "B", "C", "D", "E"]
LEVELS: Final[tuple[Level, ...]] = ("A", "B", "C", "D", "E")
SEED_BYTES: Final = 32
PERCENT: Final = {"A": 100, "B": 30, "C": 10, "D": 2, "E": 0}
"""Share of sites by level; of B the default."""

_COMMIT: Final = b"foodtrace/recall/sample/v1\0"
FAILED: Final = frozenset({"found", "not_notified"})
"""Results that say the recall did not reach the site."""


def commit(seed: bytes) -> str:
    """Return the commitment to a seed, 64 hex digits. Raises ``BadData`` (``case.seed``)."""
    if len(seed) != SEED_BYTES:
        raise BadData("case.seed", value=len(seed), expected=SEED_BYTES)
    return hashlib.sha256(_COMMIT + seed).hexdigest()


def size(level: Level, sites: int, percent: int | None = None) -> int:
    """Return how many of some sites are visited (rule 2).

    :param percent: of level B only, 11 .. 99.
    :raises BadData: ``case.sample_level``, ``case.sample_percent``.
    """
    if level not in LEVELS:
        raise BadData("case.sample_level", value=level, expected="A, B, C, D, E")
    if percent is not None and (level != "B" or not 10 < percent < 100):  # noqa: PLR2004 - 21 CFR 7: more than 10, less than 100
        raise BadData("case.sample_percent", value=f"{level} {percent}", expected="B, 11 .. 99")
    share = PERCENT[level] if percent is None else percent
    return -(-sites * share // 100)


def draw(seed: bytes, case: str, sites: Iterable[str], count: int) -> tuple[str, ...]:
    """Return the sites that are visited, in the order of their tickets (rule 3)."""
    commit(seed)
    tickets = sorted((hmac.digest(seed, case.encode() + b"\0" + site.encode(), "sha256"), site) for site in set(sites))
    return tuple(site for _, site in tickets[:count])


def standing(steps: Iterable[Step], now: int) -> dict[int, str]:
    """Return the last word on every site of the sample: a result, or ``drawn`` where nobody went yet (rule 4)."""
    last: dict[int, tuple[int, int, str]] = {}
    for step in steps:
        if step.kind == "check" and step.at <= now:
            before = last.get(step.site)
            fresh = (step.at, step.recorded, step.result)
            if before is None or before[2] == "drawn" or (step.result != "drawn" and fresh > before):
                last[step.site] = fresh
    return {site: result for site, (_, _, result) in last.items()}


def raised(level: Level) -> Level:
    """Return the level after a failed check (rule 5)."""
    return LEVELS[max(LEVELS.index(level) - 1, 0)]
