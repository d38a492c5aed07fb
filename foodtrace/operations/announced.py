"""Announced trucks: a list from the booking desk becomes entries, so that the gate knows who is expected (DOMAIN section 4)."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence

import msgspec

from foodtrace.errors import BadData, FoodtraceError
from foodtrace.events import TruckExpected
from foodtrace.operations.common import Doing, Outcome
from foodtrace.operations.sellers import seller_at
from foodtrace.quantity import Quantity
from foodtrace.storage.session import Session


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

    A truck's event id is made of its content, so that the same list sent again changes nothing.
    """
    faults: list[tuple[int, FoodtraceError]] = []
    outcome = Outcome(answer=len(trucks))
    seen: dict[str, int] = {}
    for each in trucks:
        day = each.day or doing.now.date()
        try:
            seller = seller_at(session, market, each.seller)
            if day < doing.now.date():
                raise BadData("expect.past", value=day, expected=doing.now.date())
        except FoodtraceError as error:
            faults.append((each.row, error))
            continue
        content = f"{market}\0{day}\0{seller}\0{each.product}\0{each.quantity}\0{each.doc}\0{each.plate}"
        seen[content] = seen.get(content, 0) + 1
        digest = hashlib.sha256(f"{content}\0{seen[content]}".encode()).hexdigest()[:24]
        event = TruckExpected(
            id=f"expected-{day:%y%m%d}-{digest}",
            # Midnight of the day it was announced for, so that the same list is the same events whenever it is sent.
            at=dt.datetime.combine(day, dt.time(), tzinfo=doing.now.tzinfo),
            site=market,
            day=day,
            seller=seller,
            product=each.product,
            quantity=each.quantity,
            doc=each.doc,
        )
        outcome.events.append(event)
        if each.plate:
            outcome.personal[event.id] = {"plate": each.plate}
    if faults:
        return Outcome(answer=Refusals(faults))
    return outcome
