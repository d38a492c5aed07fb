"""Finds what other logs say of a transfer: the lots that they name under its number, sender and receiver (RECALL section 1, ADR 28).

No index leads from a number to the logs that tell it, and none is worth what it would cost each record. Rules:

1. Whoever records a dispatch records it at its sender. A sender of whom one log alone has recorded anything is asked about no further, and
   most are that: it costs one look at each sender.
2. Of the others, what each further log knows at the receiver is read by its lots, and no other log's.
3. Rows are read as numbers; this module loads no structs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from foodtrace.graph.flowkind import FlowKind

if TYPE_CHECKING:
    from foodtrace.storage.session import Ask, Session


class Transfer(NamedTuple):
    """What makes the words of several logs one transfer."""

    number: str
    sender: int
    receiver: int


class Word(NamedTuple):
    """One log's dispatch of a lot under a transfer."""

    transfer: Transfer
    lot: int
    log: int
    seq: int


_LEAVING: Final = frozenset(map(int, (FlowKind.DISPATCH, FlowKind.RETURN)))
_WRITERS: Final = "SELECT v.site, v.log FROM {ids} CROSS JOIN site_seen AS v WHERE v.site = f.value"
_THERE: Final = "SELECT DISTINCT h.site, h.lot FROM {ids} CROSS JOIN holding AS h WHERE h.site = f.value AND h.log = ?"
_GONE: Final = (
    "SELECT m.pair, m.site, m.other, m.lot, m.seq, m.kind FROM {ids} CROSS JOIN move AS m "
    "WHERE m.lot = f.value AND m.log = ? AND m.pair <> ''"
)


def of_senders(senders: Collection[int]) -> tuple[Ask, ...]:
    """Return what :func:`writers` of these senders will ask."""
    return ((_WRITERS, sorted(senders), ()),) if senders else ()


def writers(session: Session, senders: Collection[int]) -> Mapping[int, Collection[int]]:
    """Return the logs that recorded anything at some senders, of those of whom several did (rule 1)."""
    found: dict[int, set[int]] = defaultdict(set)
    for sql, ids, params in of_senders(senders):
        for site, log in session.each(sql, ids or (), params):
            found[site].add(log)
    return {site: logs for site, logs in found.items() if len(logs) > 1}


def other_words(session: Session, told: Iterable[Word], written: Mapping[int, Collection[int]]) -> list[Word]:
    """Return what other logs have under the same transfers, of any lot; what no longer stands too.

    :param told: dispatches with a number, a sender and a receiver. A log is not asked about a transfer of which it tells the same lot.
    :param written: what :func:`writers` said of their senders.
    """
    own: dict[tuple[Transfer, int], set[int]] = defaultdict(set)
    for word in told:
        own[word.transfer, word.lot].add(word.log)
    asked: dict[int, set[Transfer]] = defaultdict(set)
    for (transfer, _), logs in own.items():
        for log in set(written.get(transfer.sender, ())) - logs:
            asked[log].add(transfer)
    return [word for log, transfers in sorted(asked.items()) for word in _under(session, log, transfers)]


def _under(session: Session, log: int, transfers: Collection[Transfer]) -> Iterable[Word]:
    """Iterate over what a log has under some transfers (rule 2)."""
    there = session.each(_THERE, sorted({transfer.receiver for transfer in transfers}), (log,))
    lots = sorted({lot for _, lot in there})
    for number, sender, receiver, lot, seq, kind in session.each(_GONE, lots, (log,)) if lots else ():
        transfer = Transfer(number, sender, receiver)
        if kind in _LEAVING and transfer in transfers:
            yield Word(transfer, lot, log, seq)


__all__ = ["Transfer", "Word", "of_senders", "other_words", "writers"]
