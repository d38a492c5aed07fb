"""How much of a quantity can stem from the scope of a recall: the arithmetic of RECALL section 4, "Bounds".

Rules, with the section's letters; every one keeps 0 <= lo <= p <= hi <= Q, so that rounding nests:

1. A parcel is (Q, lo, p, hi): quantity, least, proportional, most. ``p`` counts in millionths (:data:`MICRO`), the rest in base
   units. All are Python integers: p*q is wider than 64 bits.
2. **In**: added term by term.
3. **Out** q <= Q: what goes is (q, max(0, lo-(Q-q)), floor(p*q/Q), min(q, hi)); what stays is the rest of q and p, with
   max(0, lo-q) and min(hi, Q-q). No millionth is lost between the two.
4. **Out beyond Q**: the missing x is a parcel (x, 0, 0, x), and a debt that the next arrivals repay first, as an outflow.
5. **Made** from X to Y of the same unit: shrinking discards X-Y in the worst way for either bound, growing may have added either.
   Another unit: what the record calls loss is discarded first, then all is scaled, least down and most up.
6. Inputs of unlike units: nothing is known between none and all, unless all, or nothing, was affected.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

MICRO: Final = 1_000_000
"""Millionths in one base unit."""


class Parcel(NamedTuple):
    """A quantity and how much of it can stem from the scope (rule 1)."""

    q: int
    least: int
    micro: int
    """Proportional share in millionths of a base unit."""
    most: int


NOTHING: Final = Parcel(0, 0, 0, 0)


def clean(q: int) -> Parcel:
    """Return a quantity that holds nothing of the scope."""
    return Parcel(q, 0, 0, 0)


def full(q: int) -> Parcel:
    """Return a quantity that is all of the scope."""
    return Parcel(q, q, q * MICRO, q)


def unknown(q: int) -> Parcel:
    """Return a quantity of which nothing is known (rule 4)."""
    return Parcel(q, 0, 0, q)


def join(parcels: Sequence[Parcel]) -> Parcel:
    """Put parcels together (rule 2)."""
    return Parcel(*(sum(terms) for terms in zip(NOTHING, *parcels, strict=True)))


def divide(whole: Parcel, q: int) -> tuple[Parcel, Parcel]:
    """Return what goes and what stays when ``q`` <= Q leaves (rule 3)."""
    total, least, micro, most = whole
    stays = total - q
    share = micro * q // total if total else 0
    goes = Parcel(q, max(0, least - stays), share, min(q, most))
    return goes, Parcel(stays, max(0, least - q), micro - share, min(most, stays))


def resize(given: Parcel, y: int) -> Parcel:
    """Return ``given`` after it became ``y`` of the same unit, whatever happened to the difference (rule 5)."""
    x, least, micro, most = given
    if y <= x:
        return Parcel(y, max(0, least - (x - y)), micro * y // x if x else 0, min(most, y))
    return Parcel(y, least, micro, min(y, most + y - x))


def convert(given: Parcel, y: int, loss: int = 0) -> Parcel:
    """Return ``given`` after it became ``y`` of another unit (rule 5).

    :param loss: what was discarded of the input, in the input's unit.
    """
    x, least, micro, most = resize(given, max(0, given.q - loss))
    if x == 0:
        return unknown(y)
    return Parcel(y, least * y // x, micro * y // x, -(-most * y // x))


def unlike(inputs: Sequence[Parcel], y: int) -> Parcel:
    """Return what became of inputs that share no unit (rule 6)."""
    if not any(each.most for each in inputs):
        return clean(y)
    return Parcel(y, y if all(each.least == each.q for each in inputs) else 0, y * MICRO, y)


def unnamed(q: int, candidates: Sequence[Parcel]) -> Parcel:
    """Return a dispatch without lot, drawn from unknown ones of these pools, which keep what they have."""
    stock = join(candidates)
    most = min(q, stock.most + max(0, q - stock.q))
    share = q * stock.micro // stock.q if stock.q else 0
    return Parcel(q, 0, min(share, most * MICRO), most)


class Pool:
    """What lies at one holding, in one unit; ``debt`` is what left without ever having arrived (rule 4)."""

    __slots__ = ("debt", "stock")

    def __init__(self) -> None:
        self.stock = NOTHING
        self.debt = 0

    def put(self, parcel: Parcel) -> None:
        """Take goods in; they repay the debt first."""
        if self.debt:
            paid = min(self.debt, parcel.q)
            self.debt -= paid
            parcel = divide(parcel, paid)[1]
        mine = self.stock
        self.stock = Parcel(mine.q + parcel.q, mine.least + parcel.least, mine.micro + parcel.micro, mine.most + parcel.most)

    def take(self, q: int) -> Parcel:
        """Let goods out, more than there are if the record says so."""
        if q <= self.stock.q:
            goes, self.stock = divide(self.stock, q)
            return goes
        excess = q - self.stock.q
        goes = join((self.stock, unknown(excess)))
        self.stock = NOTHING
        self.debt += excess
        return goes

    def count(self, q: int) -> None:
        """Set the stock to what was counted: what is missing goes out, what is too much comes in as excess."""
        self.debt = 0
        if q <= self.stock.q:
            self.take(self.stock.q - q)
        else:
            self.put(unknown(q - self.stock.q))
