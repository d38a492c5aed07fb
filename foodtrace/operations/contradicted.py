"""What some sites have said that does not go with what is on record: asked right after they said it (RECALL section 5).

Rules:

1. It is what the whole case says of these sites: goods missing by one record and too much by another, what may have been on its way when a
   site answered, a lot that may be goods which came without lot (:mod:`foodtrace.operations.closing`, rules 2 and 5;
   :mod:`foodtrace.operations.maybesame`).
2. A book is one lot's at one site: of the records of other sites there may be none. So it costs what the sites have, beyond finding what
   the case reaches. What was cleared is looked at whole: how long a clearing holds, all records say together.
"""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from foodtrace.graph.reader import SqlFacts
from foodtrace.operations.closing import Condition, conditions
from foodtrace.operations.managing import reach_of
from foodtrace.operations.maybesame import MaybeSame, maybe_same
from foodtrace.recall.affected import Affected
from foodtrace.recall.facts import Case
from foodtrace.recall.packs import for_case
from foodtrace.storage.session import Session


def contradicted(session: Session, now: int, state: Case, sites: Collection[str]) -> tuple[list[Condition], list[MaybeSame]]:
    """Return what some sites said that does not go with what is on record (rule 1). :param sites: their ids."""
    facts, settings = SqlFacts(session, now), for_case(state, session.rules).settings
    found = reach_of(facts, state)
    if not state.cleared:
        numbers = frozenset(facts.numbers(sites).values())
        found, state = _there(found, numbers), msgspec.structs.replace(state, steps=tuple(s for s in state.steps if s.site in numbers))
    against = [each for each in conditions(session, now, state, found) if each.site in sites]
    told = [each for each in against if each.kind == "contradicts" or any(goods.before for goods in each.goods)]
    return told, [each for each in maybe_same(facts, found, state, settings) if each.site in sites]


def _there(found: Affected, sites: Collection[int]) -> Affected:
    """Return what is affected at some sites, with the records of their books (rule 2)."""
    return msgspec.structs.replace(
        found,
        holdings={holding: link for holding, link in found.holdings.items() if holding[1] in sites},
        flows=[flow for flow in found.flows if flow.site in sites],
        moves=[move for move in found.moves if move.src in sites or move.dst in sites],
        sums={key: each for key, each in found.sums.items() if key[1] in sites},
        sites={site: info for site, info in found.sites.items() if site in sites},
    )


__all__ = ["contradicted"]
