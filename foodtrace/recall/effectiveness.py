"""Effectiveness checks (召回效果抽查): who is visited, how that was drawn, what a visit says (RECALL section 5, R6; 21 CFR 7). Pure.

Rules:

1. A case commits to a seed when it is opened: SHA-256("foodtrace/recall/sample/v1" 00 seed) stands in its first entry. Whoever
   runs the recall cannot choose the shops afterwards, and nobody who has only the commitment can tell which will be drawn.
2. Levels: A all, B more than 10 and less than 100 % (30 % unless said), C 10 %, D 2 %, E none; rounded up, at least one.
3. Every site has a ticket, HMAC-SHA-256(seed, case 00 site); the smallest tickets are drawn. So a wider scope or a higher level
   adds to the sample and never takes a site out of it. A site that was visited before is drawn like any other.
4. A visit finds the site ``clean``, finds goods (``found``), a site that was never told (``not_notified``), or a closed door. The
   last word on a site counts; only ``clean`` is clean, and who was not visited stays in the sample. R6 is clean of drawn: a visit beyond
   the draw makes the sample no larger.
5. A failed check raises the level by one: the recall did not reach where it was believed to have, so more are visited. Each site that
   fails raises it, once between two draws. The larger sample is **due** from then on, whatever later visits find: until a draw of that
   level, unless as many are drawn already. A lower level drawn in between changes nothing.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection, Iterable, Sequence
from typing import Final, Literal, NamedTuple, TypeAlias, cast

import msgspec

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


def drawn_of(steps: Iterable[Step], now: int) -> frozenset[int]:
    """Return the sites that were drawn by a moment."""
    return frozenset(step.site for step in steps if step.kind == "check" and step.result == "drawn" and step.at <= now)


def raised(level: Level) -> Level:
    """Return the level after a failed check (rule 5)."""
    return LEVELS[max(LEVELS.index(level) - 1, 0)]


class VisitsBeyond(msgspec.Struct, frozen=True, kw_only=True):
    """Sites that were visited although nobody had drawn them: no part of R6 (rule 4)."""

    sites: int = 0
    clean: int = 0
    """Of them, whose last visit found nothing."""


def beyond_draw(steps: Sequence[Step], now: int) -> VisitsBeyond:
    """Return how many sites were visited by a moment that nobody had drawn."""
    drawn = drawn_of(steps, now)
    last = [result for site, result in standing(steps, now).items() if site not in drawn]
    return VisitsBeyond(sites=len(last), clean=last.count("clean"))


class Due(NamedTuple):
    """A larger sample that is due."""

    level: Level
    more: int
    """Sites to be drawn still."""


def in_force(steps: Iterable[Step], now: int) -> tuple[Level | Literal[""], bool]:
    """Return the level in force, empty before the first draw, and whether a failed check raised it since it was last drawn (rule 5)."""
    level: Level | Literal[""] = ""
    undrawn = False
    failed: set[int] = set()
    checks = (step for step in steps if step.kind == "check" and step.at <= now)
    for step in sorted(checks, key=lambda step: (step.at, step.recorded, step.entry)):
        if step.result == "drawn":
            if not level or step.level <= level:
                level, undrawn = cast("Level", step.level), False
                failed.clear()
        elif step.result in FAILED and level and step.site not in failed:
            failed.add(step.site)
            undrawn = undrawn or level != "A"
            level = raised(level)
    return level, undrawn


def due(steps: Sequence[Step], now: int, sites: Collection[int]) -> Due | None:
    """Return the larger sample that is due (rule 5). :param sites: who may be drawn."""
    level, undrawn = in_force(steps, now)
    if not undrawn or not level:
        return None
    more = size(level, len(sites)) - len(drawn_of(steps, now).intersection(sites))
    return Due(level, more) if more > 0 else None
