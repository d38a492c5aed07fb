"""The parameters of a recall answer: where the law does not decide, foodtrace chooses, and says so (RECALL, ``name``).

Rules:

1. A rule pack sets these; every answer names the pack. The defaults are those RECALL.md prints.
2. Durations are microseconds (exact clocks) or working days (law texts that say so), never floats.
3. Nothing here changes what a link *is*: ``confirmed`` always means membership in E1 (RECALL section 3).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

import msgspec

from foodtrace.events.master import OUTLET_KINDS

SECOND: Final = 1_000_000
"""Microseconds."""
HOUR: Final = 3600 * SECOND
DAY_LONG: Final = 24 * HOUR
"""Microseconds in 24 hours (the flag ``DAY`` of flows is another thing)."""

Presumption: TypeAlias = Literal["lot", "path"]
Possible: TypeAlias = Literal["allow", "hold", "refuse"]
"""What an ask for goods with a possible link gets."""


class YieldRange(msgspec.Struct, frozen=True):
    """Usual output for 1,000 base units of input, both ends inclusive, whatever the two units are."""

    least: int
    most: int


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Parameters of one rule pack for one answer."""

    clock_slack: int = 24 * HOUR
    """Steps short by at most this enter as possible (section 3, E2)."""
    transit_limit: int = 7 * DAY_LONG
    """A move without receipt for longer is ``not_received``; goods travelling longer are called lost in transit."""
    silent_after: int = 7 * DAY_LONG
    """A site with stock on hand and no entry for longer is ``silent_site``."""
    answer_limit: int = 3
    """Working days a notified site may stay silent before ``no_answer``."""
    lot_presumption: Presumption = "lot"
    """``lot``: the whole lot is presumed affected, the answer is A; ``path`` answers E2."""
    outlet_kinds: frozenset[str] = OUTLET_KINDS
    """Kinds of site that sell or serve to consumers."""
    publication_is_notice: bool = False
    """True: the notice of every site is at latest the publication (section 5, N(s); section 7, K(s))."""
    count_possible: bool = True
    """True: possible links count in the completion figures; confirmed-only is shown beside in any case."""
    sealed_counts: bool = True
    """True: sealed and travelling recall returns count as retrieved; the strict figure drops them."""
    count_publication_day: bool = False
    """True: the publication day is day one of the completion clock (against Civil Code Art. 201)."""
    block_possible: Possible = "hold"
    """What an ask for a lot with a possible link gets (section 7)."""
    unblock_on_close: bool = False
    """True: closing a case lifts its block."""
    start_hours: tuple[int, int, int] = (24, 48, 72)
    """Hours from knowledge of the risk to the start, by level 1-3 (RCL15 Art. 13)."""
    complete_days: tuple[int, int, int] = (10, 20, 30)
    """Working days from publication to completion, by level 1-3 (RCL15 Art. 18)."""
    yields: Mapping[str, YieldRange] = {}
    """Product (GTIN or product name of the output) -> usual yield; ``yield_odd`` needs an entry here."""


DEFAULT: Final = Settings()
"""The parameters RECALL.md prints."""
