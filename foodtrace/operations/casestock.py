"""What lies of a case at a site, and which of it something is said of.

Rules:

1. Without a quantity, all that is there: by the book, and where the site has answered its notice by its own figure, which may be
   more than the book knew. More than that is refused, unless it is to be recorded as such.
2. A sealing is of goods that bear no seal yet: what two of them name is two amounts (:mod:`foodtrace.recall.quantities`, rule 5).
3. A quantity without a lot is of the one lot of the case that lies there; where several do, it is asked which.
4. Of a site that says nothing of what it sold nobody knows what is there: how much of its free goods is meant has to be said, or its
   answer put on record first. What is in custody there is known.
5. What a lot was never kept in, its goods are not dealt with in, whatever is allowed: no rate adds up cans and grams.
6. Goods that came without lot are of the case that lists them, by the name it lists them by (``?LOG#SEQ``), and are dealt with alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from foodtrace.errors import Ambiguous, BadData, NotFound, Refused
from foodtrace.graph.directory import resolve_lot
from foodtrace.graph.edges import UNIT_NAMES, UNITS, micros
from foodtrace.graph.reader import SqlFacts
from foodtrace.operations.common import Doing
from foodtrace.operations.goods import Stock, check_amount
from foodtrace.operations.managing import concerned, reach_of
from foodtrace.operations.sellers import site_name
from foodtrace.quantity import Amount, Quantity
from foodtrace.recall.aliases import flows_of_lot, with_aliases
from foodtrace.recall.cases import load_cases
from foodtrace.recall.moves import pair
from foodtrace.recall.packs import for_case
from foodtrace.recall.quantities import Books
from foodtrace.recall.silence import unheard
from foodtrace.recall.sums import answered, said_at_notice
from foodtrace.recall.visited import under, visits
from foodtrace.storage.session import Session


def held(session: Session, doing: Doing, case: str, site: str) -> list[str]:
    """Return the affected lots of a site, by names they have there, by whichever log opened the case.

    :raises NotFound: ``case.not_affected``.
    """
    facts = SqlFacts(session, micros(doing.now))
    number = facts.site(site)
    there: dict[int, str] = {}
    for state in load_cases(session, case, until=micros(doing.now)):
        found = reach_of(facts, state)
        there |= {lot: found.called.name(lot, where) for lot, where in found.holdings if where == number}
    if not there:
        raise NotFound("case.not_affected", value=site, name=site_name(session, site), case=case)
    return sorted(there.values())


def lots_meant(session: Session, doing: Doing, case: str, site: str, lot: str | None, quantity: Quantity | None) -> list[str]:
    """Return the lots that something is said of (rules 1 and 3). Raises ``Ambiguous`` (``case.which_lot_here``), ``NotFound``."""
    if lot:
        return [lot_of(session, doing, case, lot)]
    every = held(session, doing, case, site)
    if quantity is None or len(every) == 1:
        return every
    there = {each: amounts for each in every if (amounts := lying(session, doing, case, site, each))}
    if len(there) == 1:
        return list(there)
    shown = [Amount(f"{each} ", amount) for each, amounts in there.items() for amount in amounts]
    name = site_name(session, site)
    raise Ambiguous("case.which_lot_here", value=quantity, name=name, count=len(there or every), candidates=shown or every)


def lot_of(session: Session, doing: Doing, case: str, lot: str) -> str:
    """Return a lot that the case can be about: neither a slip of the hand nor other goods are booked on a case."""
    full = resolve_lot(session, lot)
    if not concerned(session, case, full, micros(doing.now)):
        raise NotFound("case.not_affected", value=full, name=full, case=case)
    return full


def amount_of(
    session: Session, doing: Doing, case: str, site: str, lot: str, quantity: Quantity | None, *, allow_short: bool, bare: bool = False
) -> Quantity | None:
    """Return how much of a lot at a site something is said of (rules 1, 2); none: nothing of it is there.

    :param allow_short: take the quantity as it is said. :param bare: of goods that bear no seal yet.
    :raises Refused: ``case.holds_less``, ``case.sealed_already``, ``case.quantity_needed`` (rule 4).
    :raises BadData: ``quantity.unit_differs`` (rule 5), ``quantity.zero``.
    """
    if quantity is not None:
        check_unit(SqlFacts(session, micros(doing.now)), [lot], quantity)
    elif most := unknown_there(session, doing, case, site, lot):
        raise Refused("case.quantity_needed", value=lot, name=site_name(session, site), site=site, case=case, expected=most)
    there = lying(session, doing, case, site, lot, but="seals" if bare else "")
    book = next((each for each in there if quantity is not None and each.unit == quantity.unit), there[0] if there else None)
    if quantity is not None and quantity.value == 0:
        raise BadData("quantity.zero", value=quantity)
    if quantity is not None and not allow_short:
        left = book or Quantity(0, quantity.unit)
        if bare and quantity.unit == left.unit and quantity.value > left.value and there != lying(session, doing, case, site, lot):
            raise Refused("case.sealed_already", value=quantity, name=site_name(session, site), expected=left)
        check_amount(Stock(site, left, site_name(session, site)), quantity)
        if quantity.value > left.value:
            raise Refused("case.holds_less", value=quantity, name=site_name(session, site), expected=left)
    return quantity or book


def check_unit(facts: SqlFacts, lots: Sequence[str], quantity: Quantity) -> None:
    """Refuse a quantity in a unit that none of some lots was ever kept in (rule 5). Raises ``BadData`` (``quantity.unit_differs``)."""
    numbers = [number for lot in lots if (number := facts.lot(lot)) is not None]
    kept = sorted({UNIT_NAMES[flow.unit] for number in numbers for flow in flows_of_lot(facts, number) if flow.q})
    if kept and quantity.unit not in kept:
        raise BadData("quantity.unit_differs", value=f"{', '.join(lots)} {quantity}", expected="/".join(kept))


def unknown_there(session: Session, doing: Doing, case: str, site: str, lot: str) -> Quantity | None:
    """Return how much of a lot may lie free at a site of which nobody knows it (rule 4); none where it is known, or nothing can."""
    free = lying(session, doing, case, site, lot, but="custody")
    if not free:
        return None
    facts = SqlFacts(session, micros(doing.now))
    number, where = facts.lot(lot), facts.site(site)
    for state in load_cases(session, case, until=facts.now, site=site):
        found = reach_of(facts, state)
        one = next((each for each, names in found.names.items() if number in names), number)
        said = said_at_notice(facts, found, state, for_case(state, session.rules).settings)
        if where in unheard(facts, found, found.sums):
            return next((each for each in free if (one, where, UNITS[each.unit]) not in said), None)
    return None


def lying(session: Session, doing: Doing, case: str, site: str, lot: str, *, but: Literal["", "custody", "seals"] = "") -> list[Quantity]:
    """Return what lies of a lot at a site, by unit (rule 1): what it answered is a count at its notice (RECALL section 5).

    :param but: leave out what is in custody, or only what bears a seal by a sealing on record.
    """
    now = micros(doing.now)
    facts = SqlFacts(session, now)
    number, where = facts.lot(lot), facts.site(site)
    if number is None or where is None:
        return []
    names = with_aliases(facts, [number])
    flows = flows_of_lot(facts, number)
    said: dict[tuple[int, int, int], tuple[int, int]] = {}
    for state in load_cases(session, case, until=now, site=site):
        flows = [*flows, *under(visits(state, now), dict.fromkeys(names, number))]
        words = answered(state, now, dict.fromkeys(names, number), for_case(state, session.rules).settings)
        said |= {key: word for key, word in words.items() if key[:2] == (number, where)}
    books = Books(pair(flows, {}, facts.ranks()), flows, said=said)
    sums = [books.sum((number, where, unit)) for unit in range(3)]
    out = {"": [0, 0, 0], "custody": [each.sealed + each.back for each in sums], "seals": [each.marked for each in sums]}[but]
    return [Quantity(value, UNIT_NAMES[unit]) for unit, each in enumerate(sums) if (value := each.on_hand - out[unit])]
