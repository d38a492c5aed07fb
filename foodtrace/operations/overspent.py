"""Certificates on which more was admitted than they are for: two gates offline accept one certificate, and here it shows.

Rules:

1. A signature cannot stop a photograph of a code, nor a gate without network know what another one does (DESIGN section 7). What
   is admitted on one (kid, serial) is added up over all logs of this database, undone entries left out.
2. What a certificate is for stands in the gates' own entries, by the signature they checked; the issuer's log is not needed.
3. One finding a certificate, with every entry behind it in the order of time: which log, which gate, when, how much.
4. Two certificates under one key and serial are judged each by itself, and both are findings where goods came in on both
   (:mod:`foodtrace.certificate.serials`): one of them should not be.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import msgspec

from foodtrace.certificate.serials import apart
from foodtrace.events import MarketEntry
from foodtrace.events.canonical import decode
from foodtrace.graph.kinds import ABOUT
from foodtrace.operations.serials import spent_body
from foodtrace.quantity import Quantity
from foodtrace.storage.session import Session
from foodtrace.tlog.entry import parse

_PREFIX = "spent "


class Spending(msgspec.Struct, frozen=True, kw_only=True):
    """One entry that used a certificate."""

    log: str
    """Origin."""
    seq: int
    id: str
    at: dt.datetime
    market: str
    gate: str
    quantity: Quantity


class Overspent(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate that was used for more than it is for."""

    kid: str
    serial: str
    lot: str
    certified: Quantity
    admitted: Quantity
    over: Quantity
    entries: tuple[Spending, ...]
    bodies: int = 1
    """How many certificates under this (kid, serial) goods came in on: of two the issuer has to answer for one (rule 4)."""
    logs: int
    """How many logs the entries stand in: more than one is what no single gate could see."""


def overspent(session: Session) -> list[Overspent]:
    """Return every certificate of this database that was used for more than it is for, the most first."""
    rows = session.rows(
        "SELECT n.text, l.origin, a.seq, e.bytes FROM name AS n JOIN about AS a ON a.subject = n.id AND a.kind = ? AND a.ended = 0 "
        "JOIN log AS l ON l.id = a.log JOIN entry AS e ON e.log = a.log AND e.seq = a.seq "
        "WHERE substr(n.text, 1, ?) = ? ORDER BY n.text, l.origin, a.seq",
        (ABOUT[MarketEntry], len(_PREFIX), _PREFIX),
    )
    found: dict[str, list[tuple[Spending, MarketEntry]]] = {}
    for text, origin, seq, data in rows:
        for event in _admitted(bytes(data)):
            spending = Spending(log=origin, seq=seq, id=event.id, at=event.at, market=event.site, gate=event.gate, quantity=event.quantity)
            found.setdefault(text, []).append((spending, event))
    over = [each for text, used in found.items() for each in _findings(text, used)]
    return sorted(over, key=lambda each: (-each.over.value, each.lot, each.serial, each.certified.value))


def _admitted(data: bytes) -> Iterator[MarketEntry]:
    event = decode(bytes(parse(data).event))
    event = getattr(event, "replacement", None) or event
    if isinstance(event, MarketEntry) and event.decision == "admitted":
        yield event


def _findings(text: str, used: list[tuple[Spending, MarketEntry]]) -> Iterator[Overspent]:
    known = sorted(used, key=lambda each: (not each[1].certificate_hash, each[1].certified_quantity is None))
    groups = apart((spent_body(event), (spending, event)) for spending, event in known)
    for _, group in groups:
        yield from _over(text, group, len(groups))


def _over(text: str, used: list[tuple[Spending, MarketEntry]], bodies: int) -> Iterator[Overspent]:
    certified = next((event.certified_quantity for _, event in used if event.certified_quantity is not None), None)
    if certified is None:
        return
    total = sum(each.quantity.value for each, _ in used if each.quantity.unit == certified.unit)
    if total <= certified.value and bodies == 1:
        return
    _, kid, serial = text.split(" ", 2)
    entries = tuple(sorted((each for each, _ in used), key=lambda each: (each.at, each.log, each.seq)))
    yield Overspent(
        kid=kid,
        serial=serial,
        lot=used[0][1].lot,
        certified=certified,
        admitted=Quantity(total, certified.unit),
        over=Quantity(max(0, total - certified.value), certified.unit),
        entries=entries,
        bodies=bodies,
        logs=len({each.log for each in entries}),
    )
