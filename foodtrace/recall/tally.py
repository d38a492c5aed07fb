"""What is added up for the completion figures, one tally per lot and unit (RECALL section 5). Pure.

Rules, with the section's words:

1. **Trade**: affected holdings except own sites, each from τ on. What lay there at τ counts as distributed, what left before is
   none of the recall's business.
2. A move is **inside** when it left a trade holding from its τ on. Moves inside add nothing but what arrived beyond what was
   sent; any other arrival in trade adds what was **sent**, so that goods on the road are counted.
3. **Own**: what own sites sold to consumers counts as distributed; what comes back before opening is taken off again; what comes
   back since is retrieved, until it is sent out again or sold there. Sending out or selling more than had come back by then adds the
   surplus to D. Goods that came back and are reworked into another affected lot have come back as that lot.
4. Use into an affected lot is taken off: those goods are counted as that lot. Use into lots the case cleared is correction.
   Any other use is use.
5. A consumer return undoes the sale of its serial; else a sale at the same site, before-notice sales first; else another sale of
   the lot; what is then left was never sold on record: it is over.
6. Goods whose sides name unlike units leave the row of one unit and enter that of the other.
7. What is over is distributed, and retrieved where it came back. So a slip of the pen, or a lie, in what came back raises every rate:
   ``unexplained`` says how much of the retrieved it may be, and the rates are told without it too.
8. What an own site sent to nobody on record was distributed, and is travelling (section 1: a missing q is 0): it adds what was sent, as
   goods on the road to a named site do, and as what goes out of an own site in rule 3. So does what a ``left`` scope means and went to
   nobody. Nobody has it back, so that no rate is 100 % while it is out (ADR 40).

Every term is a plain sum, so that tallies of lots and of outlets may be added, and one changed outlet costs one outlet.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec


class Tally(msgspec.Struct, kw_only=True):
    """Sums of one lot and unit, in base units."""

    stock: int = 0
    """In trade at τ."""
    entered: int = 0
    """Into trade, or to nobody on record, from outside it, births included; and what own sites sold since opening of what had not come
    back."""
    over: int = 0
    """Above the book, and received above what was sent."""
    back: int = 0
    """Back at own sites since opening, and neither sent out again nor sold there."""
    back_before: int = 0
    """Back at own sites before opening."""
    used_into: int = 0
    """Used into affected lots."""
    sold_own: int = 0
    """Of the sales: at own sites before opening."""
    sold_before: int = 0
    """Before N(s)."""
    sold_after: int = 0
    undone_before: int = 0
    """Before-notice sales undone by consumer returns."""
    undone_after: int = 0
    beyond: int = 0
    """Consumer returns beyond the sales."""
    destroyed_before: int = 0
    """Before opening; corrections then too."""
    destroyed_since: int = 0
    """Destroyed or corrected in trade since opening."""
    lost_before: int = 0
    """Lost or used before N(s)."""
    lost_after: int = 0
    sealed: int = 0
    """Custody in trade that is only sealed."""
    custody: int = 0
    """Custody in trade that came back."""
    returning: int = 0
    """Recall returns travelling within ``transit_limit``."""
    unrecorded: int = 0
    """Of what is over: went out of a holding otherwise than to consumers, lies sealed, or came home, beyond what any record put there
    (rule 7)."""

    def add(self, other: Tally, factor: int = 1) -> None:
        """Add another tally; ``factor`` turns pieces into what they hold."""
        for name in _NAMES:
            setattr(self, name, getattr(self, name) + factor * getattr(other, name))

    @property
    def distributed(self) -> int:
        """D."""
        return self.stock + self.entered + self.over + self.sold_own + self.beyond - self.back_before - self.used_into

    @property
    def should(self) -> int:
        """B, what should be recalled."""
        return self.distributed - self.sold_before - self.destroyed_before - self.lost_before + self.undone_before

    @property
    def strict(self) -> int:
        """Retrieved, without what is only sealed or travelling."""
        return self.back + self.destroyed_since + self.custody

    @property
    def retrieved(self) -> int:
        """Retrieved: sealed goods and recall returns on the road included."""
        return self.strict + self.sealed + self.returning

    @property
    def unexplained(self) -> int:
        """What may have been retrieved though no record says that it was ever distributed (rule 7)."""
        return self.unrecorded + self.beyond

    @property
    def sold(self) -> int:
        """Sold to consumers, returns not taken off."""
        return self.sold_before + self.sold_after

    @property
    def undone(self) -> int:
        """Sales undone by consumer returns."""
        return self.undone_before + self.undone_after

    def accounted(self, retrieved: int) -> int:
        """Return the numerator of R3."""
        return retrieved + self.sold - self.undone + self.destroyed_before + self.lost_before + self.lost_after


_NAMES: Final = Tally.__struct_fields__


class Sale(msgspec.Struct, kw_only=True):
    """One sale to a consumer, as far as returns have not undone it."""

    site: int
    t: int
    q: int
    serial: str
    before: bool
    """Before N(s)."""


class Brought(msgspec.Struct, kw_only=True):
    """Goods a consumer brought back, as far as no sale has been found for them."""

    site: int
    t: int
    q: int
    serial: str


def undo(sales: Iterable[Sale], returns: Iterable[Brought], tally: Tally) -> None:
    """Match the consumer returns of one lot and unit with its sales (rule 5); uses both up."""
    # Before-notice sales first; of one kind, the latest: it is the one a return can be of.
    ordered = sorted(sales, key=lambda sale: (not sale.before, -sale.t, sale.site))
    waiting = sorted(returns, key=lambda each: (each.t, each.site, each.serial))
    by_serial: dict[str, list[Sale]] = {}
    by_site: dict[int, list[Sale]] = {}
    for sale in ordered:
        by_site.setdefault(sale.site, []).append(sale)
        if sale.serial:
            by_serial.setdefault(sale.serial, []).append(sale)
    for brought in waiting:
        same = by_serial.get(brought.serial, []) if brought.serial else []
        # A can may have been sold twice: its return is of the last sale before it.
        _pay(brought, sorted(same, key=lambda sale: (sale.t > brought.t, -sale.t)), tally)
    for brought in waiting:
        _pay(brought, by_site.get(brought.site, []), tally)
    cursor = [sale for sale in ordered if sale.q]
    for brought in waiting:
        while brought.q and cursor:
            _pay(brought, cursor[:1], tally)
            if not cursor[0].q:
                cursor.pop(0)
        tally.beyond += brought.q


def _pay(brought: Brought, sales: Iterable[Sale], tally: Tally) -> None:
    for sale in sales:
        if not brought.q:
            return
        part = min(brought.q, sale.q)
        brought.q -= part
        sale.q -= part
        if sale.before:
            tally.undone_before += part
        else:
            tally.undone_after += part
