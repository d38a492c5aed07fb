"""Finds the other side's paper of a transfer: receipts under a dispatch's number and parties, dispatches under a receipt's (ADR 35).

A dispatch and a receipt of one lot are one move (RECALL section 1). Where the receiver's paper names another lot, nothing but number and
parties leads from the one to the other. Rules:

1. A transfer is its number, its sender and its receiver, all three given, and nothing is matched by resemblance.
2. In a ledger of one log a dispatch whose lot a receipt of that number names is answered, and asks nothing; where several logs write,
   another one may say that something else came.
3. Whether papers of another lot are near some lots at all is asked in one go (:func:`another_named`), and most often they are not: then
   nothing is read of them. An ask at a till or a gate is held by what its goods may have come from (:func:`near`).
4. Rows are read as numbers; this module loads no structs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from foodtrace.graph.flowkind import UNNAMED, FlowKind
from foodtrace.graph.tellers import Transfer, writers

if TYPE_CHECKING:
    from foodtrace.storage.session import Ask, Dialect, Row, Session


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
_WHERE: Final = "m.kind IN ({kinds}) AND m.other IN ({others}) AND m.pair = f.value AND m.pair <> ''"
_UNDER: Final[Mapping[Dialect, str]] = {
    "sqlite": f"SELECT m.pair, m.site, m.other, m.lot, m.log, m.seq FROM {{{{texts}}}} CROSS JOIN move AS m WHERE {_WHERE}",  # noqa: S608
    # Else the server reads all that names such a site, and then looks for the numbers in it.
    "postgresql": "SELECT o.pair, o.site, o.other, o.lot, o.log, o.seq FROM {{texts}} CROSS JOIN LATERAL "  # noqa: S608 - constants
    f"(SELECT m.pair, m.site, m.other, m.lot, m.log, m.seq FROM move AS m WHERE {_WHERE} OFFSET 0) AS o",
}
"""Of a kind of record that names one of some sites as its other one, what it says under some numbers."""
_TOGETHER: Final = 4
"""Sites that are asked about in one query."""
_NEAR_OTHER: Final = "o.kind IN ({0}) AND o.other = m.site AND o.pair = m.pair AND o.pair <> '' AND o.site = m.other AND o.lot <> m.lot"
_NEAR: Final[Mapping[Dialect, str]] = {
    "sqlite": "SELECT DISTINCT m.lot FROM {{ids}} CROSS JOIN move AS m CROSS JOIN move AS o "  # noqa: S608 - constants
    f"WHERE m.lot = f.value AND m.kind IN ({{1}}) AND m.pair <> '' AND {_NEAR_OTHER}",
    # Else the server reads every receipt there is first.
    "postgresql": "SELECT DISTINCT m.lot FROM {{ids}} CROSS JOIN LATERAL "  # noqa: S608 - constants
    "(SELECT a.lot, a.site, a.other, a.pair FROM move AS a WHERE a.lot = f.value AND a.kind IN ({1}) AND a.pair <> '' OFFSET 0) AS m "
    f"CROSS JOIN LATERAL (SELECT 1 FROM move AS o WHERE {_NEAR_OTHER} OFFSET 0) AS n",
}
"""Lots of whose transfers the other side's paper names another lot as well."""
_RECEIVED: Final = f"SELECT 1 FROM move AS m WHERE m.kind = {_RECEIPT} AND m.pair <> '' LIMIT 1"  # noqa: S608 - constants
_SENDERS: Final = (
    "SELECT DISTINCT m.lot, m.site FROM {ids} CROSS JOIN move AS m "  # noqa: S608 - constants
    f"WHERE m.lot = f.value AND m.kind IN ({_LEAVING[0]}, {_LEAVING[1]}) AND m.pair <> '' AND m.other <> 0"
)


def asks(dialect: Dialect, lots: Sequence[int]) -> list[Ask]:
    """Return what :func:`another_named` of these lots, in ascending order, asks."""
    kinds = ", ".join(map(str, _LEAVING)), str(_RECEIPT)
    return [(_NEAR[dialect].format(*each), lots, ()) for each in (kinds, kinds[::-1])] if lots else []


def another_named(session: Session, lots: Collection[int]) -> set[int]:
    """Return those of some lots of whose transfers the other side's paper names another lot, beside them or in their place."""
    return {lot for sql, ids, params in asks(session.dialect, sorted(lots)) for (lot,) in session.each(sql, ids or (), params)}


def near(session: Session, lots: Collection[int], *, logs: int) -> set[int]:
    """Return those of some lots of which a transfer may be told as one of another lot, those for certain not left out (rule 3).

    :param logs: how many logs there are.
    """
    found = another_named(session, lots) if lots and session.row(_RECEIVED) is not None else set[int]()
    if logs > 1 and lots:
        sent = session.each(_SENDERS, sorted(lots), ())
        several = writers(session, {site for _, site in sent})
        found |= {lot for lot, site in sent if site in several}
    return found


def sides(rows: Iterable[Row]) -> list[Side]:
    """Return what rows of flows say of numbered transfers between named sites."""
    return [
        Side(Transfer(row[11], row[3], row[2]) if came else Transfer(row[11], row[2], row[3]), came, row[1], row[8], row[9])
        for row in rows
        if row[11] and row[3] and ((came := row[0] == _RECEIPT) or row[0] in _LEAVING) and not row[12] & UNNAMED
    ]


def replaced(told: Iterable[Side], others: Collection[Side]) -> set[int]:
    """Return the lots that one paper of a transfer names and another, which names something else, does not; a log's side is a paper.

    :param told: what is known of some transfers. :param others: what :func:`other_sides` said of them; nothing: nothing contradicts.
    """
    if not others:
        return set()
    papers: dict[Transfer, dict[tuple[bool, int], set[int]]] = defaultdict(lambda: defaultdict(set))
    for side in (*told, *others):
        papers[side.transfer][side.came, side.log].add(side.lot)
    found: set[int] = set()
    for written in papers.values():
        every = set().union(*written.values())
        found |= {lot for named in written.values() for lot in every - named}
        if len(every) > 1 and any(len([log for side, log in written if side == came]) > 1 for came in (False, True)):
            found |= every  # one of them may only repeat what the other says
    return found


def other_sides(session: Session, told: Collection[Side], *, logs: int) -> list[Side]:
    """Return what is on record of the other side of the same transfers, of any lot; what no longer stands too.

    :param told: what is known of these transfers; of a lot all that is on record. :param logs: how many logs there are (rule 2).
    """
    wanted = {side.transfer for side in told}
    found: list[Side] = []
    for came in (False, True):
        for sql, numbers, params in _asks(session.dialect, told, came, logs):
            for number, site, here, lot, log, seq in session.each(sql, numbers or (), params):
                transfer = Transfer(number, site, here) if came else Transfer(number, here, site)
                if transfer in wanted:
                    found.append(Side(transfer, not came, lot, log, seq))
    return found


def _asks(dialect: Dialect, told: Collection[Side], came: bool, logs: int) -> Iterator[Ask]:  # noqa: FBT001 - which side
    """Iterate over the questions about the other side of receipts, or of dispatches."""
    answered = {(side.transfer, side.lot) for side in told if side.came != came} if logs == 1 else ()
    asked: dict[int, set[str]] = defaultdict(set)
    for side in told:
        if side.came == came and (side.transfer, side.lot) not in answered:
            asked[side.transfer.receiver if came else side.transfer.sender].add(side.transfer.number)
    kinds = _LEAVING if came else (_RECEIPT,)
    for n in range(0, len(asked), _TOGETHER):
        some = sorted(asked)[n : n + _TOGETHER]
        marks = {"kinds": ", ".join("?" * len(kinds)), "others": ", ".join("?" * len(some))}
        yield _UNDER[dialect].format(**marks), sorted(set().union(*(asked[site] for site in some))), (*kinds, *some)


__all__ = ["Side", "another_named", "asks", "near", "other_sides", "replaced", "sides"]
