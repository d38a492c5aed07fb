"""Announced trucks: a list from the booking desk becomes entries, so that the gate knows who is expected (DOMAIN section 4)."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from typing import Final

import msgspec

from foodtrace.errors import BadData, FoodtraceError
from foodtrace.events import TruckExpected
from foodtrace.operations.common import Doing, Outcome
from foodtrace.operations.sellers import seller_at
from foodtrace.quantity import Quantity
from foodtrace.storage.session import Session
from foodtrace.tlog.whole import event_of


class Announcement(msgspec.Struct, frozen=True, kw_only=True):
    """One truck as the list has it."""

    row: int
    seller: str
    """Operator id, name of a site, or trader card."""
    day: dt.date | None = None
    product: str = ""
    quantity: Quantity | None = None
    plate: str = ""
    doc: str = ""


class Refusals(msgspec.Struct):
    """Rows that name a seller nobody knows."""

    faults: list[tuple[int, FoodtraceError]]


def expect(session: Session, doing: Doing, market: str, trucks: Sequence[Announcement]) -> Outcome:
    """Announce trucks; the answer is the number of new ones, or :class:`Refusals` with nothing recorded.

    A truck's event id is made of its content without the plate, and of which of several alike it is, so that the same list sent again
    changes nothing. A plate is compared with those kept beside the log: an id is for ever, and a hash of a plate is found out by trying.
    """
    faults: list[tuple[int, FoodtraceError]] = []
    alike: dict[str, tuple[TruckExpected, list[str]]] = {}
    for each in trucks:
        day = each.day or doing.now.date()
        try:
            seller = seller_at(session, market, each.seller)
            if day < doing.now.date():
                raise BadData("expect.past", value=day, expected=doing.now.date())
        except FoodtraceError as error:
            faults.append((each.row, error))
            continue
        content = f"{market}\0{day}\0{seller}\0{each.product}\0{each.quantity}\0{each.doc}"
        event = TruckExpected(
            id=f"expected-{day:%y%m%d}-{hashlib.sha256(content.encode()).hexdigest()[:24]}",
            # Midnight of the day it was announced for, so that the same list is the same events whenever it is sent.
            at=dt.datetime.combine(day, dt.time(), tzinfo=doing.now.tzinfo),
            site=market,
            day=day,
            seller=seller,
            product=each.product,
            quantity=each.quantity,
            doc=each.doc,
        )
        alike.setdefault(event.id, (event, []))[1].append(each.plate)
    if faults:
        return Outcome(answer=Refusals(faults))
    outcome = Outcome(answer=len(trucks))
    for stem, (event, plates) in alike.items():
        for number, plate in _numbered(_plates(session, doing.log, stem), plates):
            outcome.events.append(msgspec.structs.replace(event, id=f"{stem}-{number}"))
            if plate:
                outcome.personal[outcome.events[-1].id] = {"plate": plate}
    return outcome


_ERASED: Final = None


def _plates(session: Session, log: int, stem: str) -> list[str | None]:
    """Return the plates of the trucks of one content that are on record, in order: empty without one, none where it was erased."""
    found: list[str | None] = []
    while True:
        row = session.row("SELECT seq, bytes FROM entry WHERE log = ? AND id = ?", (log, f"{stem}-{len(found) + 1}"))
        if row is None:
            return found
        kept = session.row("SELECT value FROM personal WHERE log = ? AND seq = ? AND field = 'plate'", (log, row[0]))
        if kept is not None:
            found.append(str(kept[0]))
        else:
            found.append(_ERASED if event_of(session, log, row[0], row[1]).commitments else "")


def _numbered(there: Sequence[str | None], plates: Sequence[str]) -> list[tuple[int, str]]:
    """Say which of the trucks alike each plate is: first those on record with it, then those whose plate was erased, then new ones."""
    free = dict(enumerate(there, start=1))
    numbered: list[tuple[int, str]] = []
    for erased in (False, True):
        rest: list[str] = []
        for plate in plates:
            number = next((n for n, kept in free.items() if (kept is _ERASED and plate if erased else kept == plate)), 0)
            if number:
                del free[number]
                numbered.append((number, plate))
            else:
                rest.append(plate)
        plates = rest
    return numbered + list(enumerate(plates, start=len(there) + 1))
