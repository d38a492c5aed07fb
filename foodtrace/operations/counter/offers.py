"""Which products a counter offers by number: the seller's own, then what comes to this market, then what is common everywhere.

Rules:

1. A page has at most nine, so that a key of the numeric pad chooses; ``0`` turns it.
2. The seller's kinds are a page of their own, first. Then come the products that this gate let in most among its last
   :data:`LAST` entries, and the pack's own list (:data:`foodtrace.gate.kinds.COMMON`), each name once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from foodtrace.events import MarketEntry
from foodtrace.events.canonical import decode_alone
from foodtrace.gate.kinds import COMMON
from foodtrace.storage.session import Session
from foodtrace.tlog.entry import event_bytes

PAGE: Final = 9
LAST: Final = 300
"""Entries of this gate's log that are looked at: bounded, whatever the log's length."""


def pages_of(session: Session, log: int, market: str, goods: str, kinds: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Return the pages of products for a kind of goods; at least one, none empty."""
    own = list(dict.fromkeys(each for each in kinds if each.strip()))
    rows = session.rows("SELECT bytes FROM entry WHERE log = ? ORDER BY seq DESC LIMIT ?", (log, LAST))
    seen: Counter[str] = Counter()
    for (data,) in rows:
        event = decode_alone(event_bytes(bytes(data)))
        if isinstance(event, MarketEntry) and event.site == market and event.goods == goods and event.product != event.lot:
            seen[event.product] += 1
    rest = [each for each in dict.fromkeys([*(name for name, _ in seen.most_common(PAGE)), *COMMON.get(goods, ())]) if each not in own]
    return tuple(tuple(part[at : at + PAGE]) for part in (own, rest) for at in range(0, len(part), PAGE))
