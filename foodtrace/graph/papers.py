"""Finds the other side's paper of a transfer: receipts under a dispatch's number and parties, dispatches under a receipt's (ADR 35).

A dispatch and a receipt of one lot are one move (RECALL section 1). Where the receiver's paper names another lot, nothing but number and
parties leads from the one to the other. Rules:

1. A transfer is its number, its sender and its receiver, all three given, and nothing is matched by resemblance.
2. In a ledger of one log a dispatch whose lot a receipt of that number names is answered, and asks nothing; where several logs write,
   another one may say that something else came.
3. Most senders are never named by a receipt: of those one look tells it, whatever they sent.
4. Rows are read as numbers; this module loads no structs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from foodtrace.graph.flowkind import FlowKind
from foodtrace.graph.tellers import Transfer

if TYPE_CHECKING:
    from foodtrace.storage.session import Session


class Side(NamedTuple):
    """What one entry says of one lot on one side of a transfer."""

    transfer: Transfer
    came: bool
    """It is a receipt."""
    lot: int
    log: int
    seq: int


_RECEIPT: Final = int(FlowKind.RECEIPT)
_LEAVING: Final = (int(FlowKind.DISPATCH), int(FlowKind.RETURN))
_ANY: Final = "SELECT 1 FROM move AS m WHERE m.kind = ? AND m.other = ? AND m.pair <> '' LIMIT 1"
_UNDER: Final = (
    "SELECT m.pair, m.site, m.lot, m.log, m.seq FROM {texts} CROSS JOIN move AS m "
    "WHERE m.kind = ? AND m.other = ? AND m.pair = f.value AND m.pair <> ''"
)
"""Of a kind of record that names a site as its other one, what it says under some numbers."""


def other_sides(session: Session, told: Iterable[Side], *, logs: int) -> list[Side]:
    """Return what is on record of the other side of the same transfers, of any lot; what no longer stands too.

    :param told: what is known of these transfers; of a lot all that is on record. :param logs: how many logs there are (rule 2).
    """
    every = list(told)
    known = {(side.transfer, side.came, side.lot) for side in every}
    asked: dict[tuple[bool, int], dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
    """(ask for receipts, whom the others name) -> number -> where they are."""
    for transfer, came, lot, _, _ in every:
        if logs > 1 or (transfer, not came, lot) not in known:
            here, there = (transfer.receiver, transfer.sender) if came else (transfer.sender, transfer.receiver)
            asked[not came, here][transfer.number].add(there)
    return [side for (came, here), numbers in sorted(asked.items()) for side in _named(session, came, here, numbers)]


def _named(session: Session, came: bool, here: int, numbers: Mapping[str, set[int]]) -> Iterable[Side]:  # noqa: FBT001 - which side
    """Iterate over what names a site on the other side under some numbers."""
    for kind in (_RECEIPT,) if came else _LEAVING:
        if session.row(_ANY, (kind, here)) is None:
            continue
        for number, site, lot, log, seq in session.each(_UNDER, sorted(numbers), (kind, here)):
            if site in numbers[number]:
                yield Side(Transfer(number, here, site) if came else Transfer(number, site, here), came, lot, log, seq)


__all__ = ["Side", "other_sides"]
