"""What the records say of the goods at an affected site, as an answer's rows have it (RECALL section 4). Pure.

Rules:

1. A line is the section's identity, added up over holdings: what came there by a birth (``born``) is not what came from others
   (``received``). Goods that were repacked at a site came once, as what they were made of; that is ``consumed``.
2. A line per unit, for pieces per product. Goods dispatched without lot have lines of their own: they left no lot's book, so that in one
   line with others they would be counted twice (section 5).
3. Of a site that keeps no books what was sold and is on hand is unknown, and what came where goods were sent to it; unless it said
   itself what lay there when its notice arrived. What bears a seal there, or came back, is known: ``sealed``, of ``likely``.
4. :mod:`foodtrace.recall.plain.told` says the same of rows; the two must agree (tests/recall/test_plain_in_case.py).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Final

from foodtrace.recall.affected import Affected
from foodtrace.recall.metrics import UNIT_NAMES
from foodtrace.recall.quantities import HoldingSum, Key
from foodtrace.recall.said import Amount, ProductLots
from foodtrace.recall.shares import LineKey
from foodtrace.recall.silence import free

PIECE: Final = 2
_TERMS: Final = (
    *("born", "received", "brought_back", "return_in", "over", "dispatched", "consumed", "used", "sold", "returned_out", "destroyed"),
    *("lost", "on_hand", "unaccounted", "travelling", "sealed", "back"),
)


class Lines:
    """The lines of an affected set.

    :param sums: (lot, site, unit) -> quantities. :param said: what sites said themselves lay there. :param at_notice: tells what lay in
        some holdings of a site when its notice arrived, none where none arrived.
    """

    def __init__(
        self,
        found: Affected,
        sums: Mapping[Key, HoldingSum],
        said: Collection[Key],
        at_notice: Callable[[Sequence[Key]], int | None],
    ) -> None:
        self._sums = sums
        self._said = said
        self._at_notice = at_notice
        self._without_lot = {move.lot for move in found.moves if move.unnamed}
        self._products = {lot: found.product(lot) for lot in found.lots}

    def key(self, lot: int, unit: int) -> LineKey:
        """Return the line that a lot is counted in (rule 2)."""
        return unit, self._products.get(lot, "") if unit == PIECE else "", lot in self._without_lot

    def amounts(self, held: Iterable[tuple[int, int]], *, silent: bool) -> tuple[Amount, ...]:
        """Return the lines of one site. :param held: its holdings. :param silent: it keeps no books."""
        lines: dict[LineKey, list[Key]] = {}
        for lot, site in held:
            for unit in range(3):
                if (lot, site, unit) in self._sums:
                    lines.setdefault(self.key(lot, unit), []).append((lot, site, unit))
        return tuple(self._amount(line, mine, silent=silent) for line, mine in sorted(lines.items()))

    def _amount(self, line: LineKey, keys: Sequence[Key], *, silent: bool) -> Amount:
        each = dict.fromkeys(_TERMS, 0)
        unknown = unheard_of = False
        for key in keys:
            mine = self._sums[key]
            for name in _TERMS:
                each[name] += getattr(mine, name)
            # A silent site's own word at its notice is the one thing that is known of it (rule 3).
            if silent and key not in self._said:
                unknown = unknown or free(mine) > 0
                unheard_of = unheard_of or mine.travelling > 0
        unknown = unknown or unheard_of
        on_hand = each["on_hand"]
        return Amount(
            unit=UNIT_NAMES[line[0]],
            product=line[1],
            without_lot=line[2],
            born=each["born"],
            received=None if unheard_of else each["received"],
            returned_in=each["brought_back"] + each["return_in"],
            over=each["over"],
            dispatched=each["dispatched"],
            consumed=each["consumed"] + each["used"],
            sold=None if unknown else each["sold"],
            on_hand=None if unknown else on_hand,
            at_notice=None if silent and not all(key in self._said for key in keys) else self._at_notice(keys),
            likely=on_hand + each["travelling"] if unheard_of else on_hand,
            returned=each["returned_out"],
            destroyed=each["destroyed"],
            lost=each["lost"],
            unaccounted=each["unaccounted"],
            travelling=each["travelling"],
            sealed=each["sealed"] + each["back"],
        )


def by_product(lots: Iterable[tuple[str, str]]) -> tuple[ProductLots, ...]:
    """Return (lot, product) of the lots asked for, by product in the order asked."""
    made: dict[str, list[str]] = {}
    for lot, product in lots:
        made.setdefault(product, []).append(lot)
    return tuple(ProductLots(product=product, lots=tuple(each)) for product, each in made.items())


def products_said(products: Iterable[str]) -> str:
    """Return what lots are, every product once; what nobody says of one is left out."""
    return ", ".join(dict.fromkeys(filter(None, products)))
