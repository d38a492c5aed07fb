"""What stands against closing a case (RECALL section 6): zero free, sealed, travelling or undisposed stock, every outlet answered.

Rules:

1. ``silent``: an affected outlet has not answered, or not of all it has (:mod:`foodtrace.recall.heard`). ``unnotified``: a site of
   the trade got no notice, or none of some of its lots.
2. ``free``, ``sealed``, ``travelling``: goods in trade that are not disposed of; what an outlet that records nothing may still
   hold counts as free. ``undisposed``: goods at a site of whoever recalls.
3. ``check_failed``: the last effectiveness check of a site was not clean. ``unvisited``: drawn, and nobody went.
4. ``twice``: goods that two records may tell twice (:mod:`foodtrace.recall.twice`) and that, if they are one load, still lie where they
   were sent from, or are missing there. The records have to say which, or somebody answers for closing over them.
5. Goods the case cleared are no longer its matter. Nothing is clipped: every site and unit has its own line.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Literal, TypeAlias

import msgspec

from foodtrace.graph.edges import UNIT_NAMES
from foodtrace.graph.flows import NEVER
from foodtrace.graph.known import facts_by
from foodtrace.graph.reader import SqlFacts
from foodtrace.recall.affected import Affected
from foodtrace.recall.blocking import blocks
from foodtrace.recall.effectiveness import standing
from foodtrace.recall.facts import Case
from foodtrace.recall.heard import heard_of
from foodtrace.recall.packs import for_case
from foodtrace.recall.reach import reach_of_case
from foodtrace.recall.sums import sums_with_said, told_of_all
from foodtrace.recall.twice import hidden
from foodtrace.storage.session import Session

Kind: TypeAlias = Literal["silent", "unnotified", "free", "sealed", "travelling", "undisposed", "twice", "check_failed", "unvisited"]


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that stands against closing."""

    kind: Kind
    site: str
    name: str
    quantity: int = 0
    """Base units; 0 where it is not about goods."""
    unit: str = ""


def conditions(session: Session, now: int, case: Case, found: Affected | None = None, *, recorded_until: int = NEVER) -> list[Condition]:
    """Return everything that stands against closing a case, in the order of the rules and then of site ids.

    :param found: the affected set of the case, if it is at hand.
    """
    facts = facts_by(session, now, recorded_until)
    settings = for_case(case, facts.session.rules).settings
    hit = found or reach_of_case(facts, case, settings)
    told = told_of_all(hit, case, now)
    answered = heard_of(case, now, hit).answered
    made: list[Condition] = []
    for site, info in sorted(hit.sites.items(), key=lambda each: each[1].text):
        name = info.name or info.text
        if site in hit.outlets and site not in answered:
            made.append(Condition(kind="silent", site=info.text, name=name))
        if site not in hit.own - hit.outlets and site not in told:
            made.append(Condition(kind="unnotified", site=info.text, name=name))
    for (site, kind, unit), quantity in sorted(_left(facts, hit, case, now).items(), key=lambda each: str(each[0])):
        info = hit.sites[site]
        made.append(Condition(kind=kind, site=info.text, name=info.name or info.text, quantity=quantity, unit=UNIT_NAMES[unit]))
    for site, state in standing(case.steps, now).items():
        if state != "clean":
            text = facts.texts([site])[site]
            name = hit.sites[site].name if site in hit.sites else text
            made.append(Condition(kind="unvisited" if state == "drawn" else "check_failed", site=text, name=name or text))
    order = {kind: place for place, kind in enumerate(Kind.__args__)}  # type: ignore[attr-defined]
    return sorted(made, key=lambda each: (order[each.kind], each.site, each.unit))


def _left(facts: SqlFacts, hit: Affected, case: Case, now: int) -> dict[tuple[int, Kind, int], int]:
    """Return what is not disposed of: (site, kind, unit) -> quantity (rules 2, 4 and 5)."""
    settings = for_case(case, facts.session.rules).settings
    found: dict[tuple[int, Kind, int], int] = defaultdict(int)
    blocking = msgspec.structs.replace(settings, unblock_on_close=False)

    def counts(lot: int, site: int) -> bool:
        mine = (lot, site) in hit.holdings and site in hit.sites
        return mine and all(blocks(case, name, site, now, blocking) for name in hit.names[lot])

    for (lot, site, unit), quantity in hidden(facts, hit, case, settings).items():
        if counts(lot, site):
            found[site, "twice", unit] += quantity
    for (lot, site, unit), sums in sums_with_said(facts, hit, case, settings=settings).items():
        if not counts(lot, site):
            continue
        custody = sums.sealed + sums.back
        if site in hit.own:
            found[site, "undisposed", unit] += sums.on_hand
        else:
            found[site, "free", unit] += sums.on_hand - custody
            found[site, "sealed", unit] += custody
        found[site, "travelling", unit] += sums.travelling
    return {key: quantity for key, quantity in found.items() if quantity > 0}
