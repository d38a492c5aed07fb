"""Records that say goods of a lot were at a site and move none: a held truck, a test, a packing, a release, a refused sale.

Rules:

1. Where such a record stands, goods of the lot were: nobody tests, packs, releases, holds or refuses what is not there. How they
   came, and how much there is, it does not say.
2. A truck that was put aside is told by the decision that resolves it, and a test at a gate by the entry that let the lot in
   there: where the goods went is on record then.
3. It counts from its own time on. What is dated later than it was written counts from when it was written: a clock that is ahead
   must hide nobody.
4. A refusal that says itself that the book of its site had none (:data:`NOT_THERE`) is no such record: whoever typed a wrong sender makes
   no outlet of it. One who insisted (``--allow-short``), or whose goods went over a till or stood at a gate, had them before him. Nor is
   one of goods that were to be made and were not (:data:`NOT_MADE`): they are nowhere.
5. Only what is asked is read of an entry. This module loads no kind of event: the recall of plain lots reads it too.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from foodtrace.graph.flowkind import ALWAYS
from foodtrace.graph.times import micros

if TYPE_CHECKING:
    from foodtrace.storage.session import Row, Session

_BYTES: Final = "SELECT e.seq, e.bytes FROM {ids} CROSS JOIN entry AS e WHERE e.seq = f.value AND e.log = ?"


NOT_THERE: Final = "site.insufficient"
"""Among the reasons of a refusal: by the book there was nothing to refuse (rule 4)."""
NOT_MADE: Final = "lot.not_made"
"""Among the reasons of a refusal: the lot was to come to be by what was refused (rule 4)."""


class Spoken(NamedTuple):
    """One record that goods of a lot were at a site."""

    lot: int
    site: str
    """Id of the site."""
    t: int
    """From when it counts, microseconds UTC."""
    entry: tuple[int, int]
    """(log, seq)."""
    product: str
    """What it says the goods were; empty: nothing."""


class _Event(msgspec.Struct, frozen=True):
    id: str
    type: str
    at: dt.datetime
    site: str = ""
    decision: str = ""
    resolves: str = ""
    product: str = ""
    reasons: tuple[str, ...] = ()
    precision: str = "instant"
    replacement: _Event | None = None


class _Entry(msgspec.Struct, frozen=True):
    event: _Event
    time: dt.datetime


_decoder: Final = msgspec.json.Decoder(_Entry)


def spoken_in(session: Session, rows: Iterable[Row], *, now: int, until: int) -> Iterator[Spoken]:
    """Iterate over what some entries say as of a moment.

    :param rows: (lot, log, seq, ended) as :meth:`foodtrace.graph.rows.Rows.speaking` has them. :param now: T.
    :param until: what was recorded later is not seen.
    """
    wanted: dict[int, dict[int, list[int]]] = {}
    for lot, log, seq, _ in rows:
        wanted.setdefault(log, {}).setdefault(seq, []).append(lot)
    told: list[tuple[_Event, Spoken]] = []
    for log, lots in wanted.items():
        for seq, data in session.each(_BYTES, sorted(lots), (log,)):
            entry = _decoder.decode(bytes(data))
            event = entry.event.replacement or entry.event
            recorded = micros(entry.time)
            t = min(_early(event), recorded)
            if event.site and recorded <= until and t <= now:
                told += [(event, Spoken(lot, event.site, t, (log, seq), event.product)) for lot in lots[seq]]
    resolved = {(each.entry[0], event.resolves) for event, each in told if event.resolves}
    let_in = {(each.lot, each.site) for event, each in told if event.decision == "admitted"}
    for event, each in told:
        known = (
            event.decision == "admitted"
            or (event.decision == "held" and (each.entry[0], event.id) in resolved)
            or (event.type == "refusal" and not {NOT_THERE, NOT_MADE}.isdisjoint(event.reasons))
            or (event.type == "test_recorded" and (each.lot, each.site) in let_in)
        )
        if not known:
            yield each


def _early(event: _Event) -> int:
    """Return the earliest moment that an event's time allows."""
    if event.precision == "instant":
        return micros(event.at)
    if event.precision == "day":
        return micros(event.at.replace(hour=0, minute=0, second=0, microsecond=0))
    return ALWAYS


__all__ = ["NOT_MADE", "NOT_THERE", "Spoken", "spoken_in"]
