"""What lies of some lots at one site and is on its way there, for who clears what lies there (:mod:`foodtrace.recall.lapsing`)."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from foodtrace.errors import Refused
from foodtrace.graph.edges import UNIT_NAMES
from foodtrace.graph.reader import SqlFacts
from foodtrace.operations.sellers import site_name
from foodtrace.quantity import Amount, Quantity
from foodtrace.recall.aliases import with_aliases
from foodtrace.recall.moves import pair
from foodtrace.recall.quantities import holdings
from foodtrace.storage.session import Session


def coming(session: Session, lots: Sequence[str], site: str, now: int, *, custody: bool) -> tuple[Amount, ...]:
    """Return what of some lots is on its way to a site that is to be cleared, lot by lot in words.

    :param lots: full ids. :param site: full id. :param now: microseconds UTC. :param custody: what lies there in custody was examined too.
    :raises Refused: ``case.custody_there``: something does, and was not.
    """
    facts = SqlFacts(session, now)
    where = facts.site(site)
    found: list[Amount] = []
    for text, number in ((text, facts.lot(text)) for text in lots):
        if number is None or where is None:
            continue
        flows = [msgspec.structs.replace(flow, lot=number) for flow in facts.flows(with_aliases(facts, [number]))]
        there = holdings(pair(flows, {}, facts.ranks()), flows)
        for unit in range(3):
            sums = there.get((number, where, unit))
            if sums is None:
                continue
            if not custody and (held := sums.sealed + sums.back):
                name = site_name(session, site)
                raise Refused("case.custody_there", value=text, quantity=Quantity(held, UNIT_NAMES[unit]), name=name, expected="--custody")
            if sums.travelling:
                found.append(Amount(f"{text} ", Quantity(sums.travelling, UNIT_NAMES[unit])))
    return tuple(found)


__all__ = ["coming"]
