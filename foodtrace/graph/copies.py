"""One event that several logs tell is one event: which of its copies count (RECALL section 3, "Two versions of an event id").

Everybody who adds up what records say asks here: the books of a recall, a trace, a reconciliation, the stock a command looks at.
Rules:

1. Of one event id in several logs the site operator's log wins, then the smallest log name. Where all of them say the same, the one that
   was recorded first tells it (of those of one moment, by the same order), and the others repeat it: whose word it is does not change by
   being repeated.
2. A copy with other parties or another lot is kept beside the winner: it may know of goods the winner does not, and nothing on record may
   take a holding out of an answer. Only its quantity would count twice, and that is said (``duplicate_conflict``).
3. Whoever tells of one thing twice tells of the same lot doing the same thing at the same site. Ids are looked up for these alone.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from typing import Final, Protocol, TypeVar

from foodtrace.events import Event
from foodtrace.graph.flows import Copies, Flow

_Said = TypeVar("_Said", bound=Event)
_AS_NAMED: Final[Mapping[int, int]] = {}


class Telling(Protocol):
    """Whoever knows which entries carry one event id."""

    def copies(self, entries: Collection[tuple[int, int]]) -> Sequence[Copies]:
        """Return the event ids that more than one of these (log, seq) entries, of several logs, carry."""
        ...


class Ranking(Protocol):
    """Whoever puts the copies of an event into order (rule 1)."""

    def ranked(self, name: str, entries: list[tuple[int, int]]) -> Copies:
        """Return the copies of an event, the one that counts first."""
        ...


def flows_once(facts: Telling, flows: Sequence[Flow], lot_of: Mapping[int, int] = _AS_NAMED) -> tuple[list[Flow], tuple[Copies, ...]]:
    """Return flows without those of copies that do not count, and the event ids that several logs carry.

    :param lot_of: name of a lot -> the lot, where names of one lot are still apart.
    """
    first: dict[tuple[int, int, int], int] = {}
    several: set[tuple[int, int, int]] = set()
    for flow in flows:
        key = (flow.kind, lot_of.get(flow.lot, flow.lot), flow.site)
        if first.setdefault(key, flow.log) != flow.log:
            several.add(key)
    if not several:
        return list(flows), ()
    copies = tuple(
        facts.copies({(flow.log, flow.seq) for flow in flows if (flow.kind, lot_of.get(flow.lot, flow.lot), flow.site) in several})
    )
    said = {entry: set[tuple[int, int, int, int]]() for group in copies for entry in group.entries}
    for flow in flows if said else ():
        if (flow.log, flow.seq) in said:
            said[flow.log, flow.seq].add((flow.kind, lot_of.get(flow.lot, flow.lot), flow.site, flow.other))
    lost = {entry for group in copies for entry in group.entries[1:] if group.alike or said[entry] <= said[group.entries[0]]}
    return [flow for flow in flows if (flow.log, flow.seq) not in lost] if lost else list(flows), copies


def events_once(
    facts: Ranking, told: Iterable[tuple[tuple[int, int], _Said]], about: Sequence[str] = ("lot", "serial")
) -> list[tuple[tuple[int, int], _Said]]:
    """Return ((log, seq), event) without the copies that do not count, in their order.

    :param about: fields by which an event says what it is about: a copy about something else is kept (rule 2).
    """
    every = list(told)
    same: dict[tuple[str, Hashable], list[tuple[int, int]]] = {}
    for entry, event in every:
        same.setdefault((event.id, tuple(getattr(event, name, "") for name in about)), []).append(entry)
    lost: set[tuple[int, int]] = set()
    for (name, _), entries in same.items():
        if len({log for log, _ in entries}) > 1:
            lost.update(facts.ranked(name, entries).entries[1:])
    return [(entry, event) for entry, event in every if entry not in lost] if lost else every


__all__ = ["events_once", "flows_once"]
