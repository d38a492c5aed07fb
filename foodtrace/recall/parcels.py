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
7. Where nobody can say which of two lots a load was, either may have stayed. Of a lot whose book let it go so much more may lie there
   (``spare``), of one whose book kept it so much less (``doubt``), until somebody counts. Both bounds hold for either.
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
    """What lies at one holding, in one unit; ``debt`` is what left without ever having arrived (rule 4).

    With ``spare`` and ``doubt`` (rule 7) what lies there is between the book's quantity less ``doubt`` and that with ``spare``;
    ``stock.most`` is then of all that may lie there, and may be above the book's quantity.
    """

    __slots__ = ("counted", "debt", "doubt", "spare", "stock")

    def __init__(self) -> None:
        self.stock = NOTHING
        self.debt = 0
        self.spare = 0
        self.doubt = 0
        self.counted = 0
        """How often somebody counted."""

    @property
    def told(self) -> Parcel:
        """What can be said of the quantity that the book has."""
        q, least, micro, most = self.stock
        return Parcel(q, max(0, least - self.doubt), micro, min(most, q))

    @property
    def reach(self) -> Parcel:
        """What may be drawn from here unseen: of the book's quantity, and as much of the scope as anything that may lie there."""
        return self.stock._replace(most=self.stock.most + self.doubt)

    def may_not_have_left(self, q: int) -> None:
        """Say that so much of what the book lets out may have stayed (rule 7)."""
        self.spare += q

    def may_have_left(self, q: int) -> None:
        """Say that so much of what the book keeps may have gone (rule 7)."""
        self.doubt += q

    def fill(self) -> None:
        """Make everything that lies here, or may, part of the scope."""
        self.stock = full(self.stock.q)._replace(most=self.stock.q + self.spare)

    def put(self, parcel: Parcel) -> None:
        """Take goods in; they repay the debt first."""
        there = parcel
        if self.debt:
            paid = min(self.debt, parcel.q)
            self.debt -= paid
            parcel = divide(parcel, paid)[1]
        mine = self.stock
        most = mine.most + parcel.most
        if self.spare:
            most = min(mine.most + there.most, max(0, mine.q + parcel.q + self.spare - self.debt))
        self.stock = Parcel(mine.q + parcel.q, mine.least + parcel.least, mine.micro + parcel.micro, most)

    def take(self, q: int) -> Parcel:
        """Let goods out, more than there are if the record says so."""
        there = self.stock
        excess = max(0, q - there.q)
        if excess:
            goes = join((there, unknown(excess)))
            self.stock = NOTHING
            self.debt += excess
        else:
            goes, self.stock = divide(there, q)
        if self.spare or self.doubt:
            goes, self.stock = self._in_doubt(there, goes, self.stock)
        return goes

    def _in_doubt(self, there: Parcel, goes: Parcel, stays: Parcel) -> tuple[Parcel, Parcel]:
        """Return what goes and what stays where there may have been more than the book says, or less (rule 7)."""
        beyond = max(0, goes.q - (there.q - self.doubt))
        remain = max(0, there.q + self.spare - goes.q)
        least = max(0, there.least - max(remain, self.doubt))
        return goes._replace(least=least, most=min(goes.q, there.most + beyond)), stays._replace(most=min(there.most, max(0, remain)))

    def count(self, q: int) -> None:
        """Set the stock to what was counted: what is missing goes out, what is too much comes in as excess."""
        self.debt = 0
        self.counted += 1
        there = self.stock
        if q <= there.q:
            _, self.stock = divide(there, there.q - q)
        else:
            self.put(unknown(q - there.q))
        if self.spare or self.doubt:
            least = max(0, there.least - max(0, there.q + self.spare - q, self.doubt))
            most = min(q, there.most + max(0, q - (there.q - self.doubt)))
            self.stock = self.stock._replace(least=least, most=most)
            self.spare = self.doubt = 0
