"""Finds what other logs say of a transfer: the lots that they name under its number, sender and receiver (RECALL section 1, ADR 28).

No index leads from a number to the logs that tell it, and none is worth what it would cost each record. Rules:

1. Whoever records a dispatch records it at its sender. A sender of whom one log alone has recorded anything is asked about no further, and
   most are that: it costs one look at each sender.
2. Of two logs that tell a transfer one at least is a party's, of whoever the sender or the receiver belongs to. What two strangers say of
   it is compared by ``reconcile`` only, which reads everything.
3. What such a log has of other lots that both sender and receiver had by its word is read, and of no others.
4. Rows are read as numbers; this module loads no structs.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
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
_FIRST: Final = "SELECT e.log, e.bytes FROM {ids} CROSS JOIN entry AS e WHERE e.log = f.value AND e.seq = 0"
_THERE: Final = (
    "SELECT DISTINCT h.lot FROM {ids} CROSS JOIN holding AS h CROSS JOIN holding AS g "
    "WHERE h.site = f.value AND h.log = ? AND g.lot = h.lot AND g.site = ? AND g.log = h.log"
)
_GONE: Final = (
    "SELECT m.pair, m.other, m.lot, m.seq, m.kind FROM {ids} CROSS JOIN move AS m "
    "WHERE m.lot = f.value AND m.log = ? AND m.site = ? AND m.pair <> ''"
)


def of_senders(senders: Collection[int]) -> tuple[Ask, ...]:
    """Return what :func:`writers` of these senders will ask."""
    return ((_WRITERS, sorted(senders), ()),) if senders else ()


def writers(session: Session, senders: Collection[int]) -> Mapping[int, Collection[int]]:
    """Return the logs that recorded anything at senders of whom several did, one of these a log of some party (rules 1, 2)."""
    found: dict[int, set[int]] = defaultdict(set)
    for sql, ids, params in of_senders(senders):
        for site, log in session.each(sql, ids or (), params):
            found[site].add(log)
    several = {site: logs for site, logs in found.items() if len(logs) > 1}
    whose = _operators(session, {log for logs in several.values() for log in logs}) if several else {}
    return {site: logs for site, logs in several.items() if any(whose.get(log) for log in logs)}


def other_words(
    session: Session, told: Iterable[Word], written: Mapping[int, Collection[int]], operator: Callable[[int], str]
) -> list[Word]:
    """Return what other logs have under the same transfers, of any lot; what no longer stands too.

    :param told: dispatches with a number, a sender and a receiver. A log is not asked about a transfer of which it tells the same lot.
    :param written: what :func:`writers` said of their senders. :param operator: whose a site is, by id.
    """
    own: dict[tuple[Transfer, int], set[int]] = defaultdict(set)
    for word in told:
        if word.transfer.sender in written:
            own[word.transfer, word.lot].add(word.log)
    if not own:
        return []
    whose = _operators(session, {log for (transfer, _) in own for log in written[transfer.sender]})
    asked: dict[tuple[int, int], set[Transfer]] = defaultdict(set)
    for (transfer, _), logs in own.items():
        parties = {operator(transfer.sender), operator(transfer.receiver)} - {""}
        of_party = any(whose.get(log) in parties for log in logs)
        for log in written[transfer.sender]:
            if log not in logs and (of_party or whose.get(log) in parties):
                asked[log, transfer.sender].add(transfer)
    return [word for (log, sender), transfers in sorted(asked.items()) for word in _under(session, log, sender, transfers)]


def _operators(session: Session, logs: Collection[int]) -> dict[int, str]:
    """Return whose each log is, by operator id, as its first entry says it."""
    return {log: json.loads(bytes(data))["event"].get("issuer", "") for log, data in session.each(_FIRST, sorted(logs))}


def _under(session: Session, log: int, sender: int, transfers: Collection[Transfer]) -> Iterable[Word]:
    """Iterate over what a log has under some transfers of one sender (rule 3)."""
    lots = sorted(lot for (lot,) in session.each(_THERE, sorted({transfer.receiver for transfer in transfers}), (log, sender)))
    for number, receiver, lot, seq, kind in session.each(_GONE, lots, (log, sender)) if lots else ():
        transfer = Transfer(number, sender, receiver)
        if kind in _LEAVING and transfer in transfers:
            yield Word(transfer, lot, log, seq)


__all__ = ["Transfer", "Word", "of_senders", "other_words", "writers"]
