"""What a recall case blocks: asks can be refused, facts cannot (RECALL section 7). Pure.

Rules:

1. An **ask** is about something not yet done. For a holding with a confirmed link it is refused, with a possible one it gets
   ``block_possible`` (hold); a receipt is accepted as sealed whatever the link; sealing, recall returns, counts, tests,
   destruction, notices and corrections are always allowed.
2. A **fact** is recorded whatever it says, and marked: what is refused to an ask is ``before_known`` from the opening on and
   ``after_notice`` from K(s) on; a receipt is ``sealed`` from the opening on, and ``after_notice`` too from K(s) on. That mark
   says how it should have been booked: a receipt recorded without a word of sealing stays free stock, or goods that somebody goes on
   selling would count as retrieved.
3. K(s) is the earliest of: the notice arrived, a stop list with the lot in use (its till refused such goods), and, if so set,
   publication.
4. ``at`` decides, not when the record arrived: a late entry changes marks and figures, never a decision once taken.
5. In a lot scope every holding of an affected lot is blocked, made before or after. In a partial scope the holding decides, and
   where its stock is unknown the ask is held.
6. Closing a case does not unblock (``unblock_on_close``): clearing does, or withdrawing the case as an error, from then on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final, Literal, TypeAlias

from foodtrace.recall.facts import Case, Cleared
from foodtrace.recall.settings import DEFAULT, Settings

Grade: TypeAlias = Literal["confirmed", "possible"]
Link: TypeAlias = Literal["confirmed", "possible", "unknown"]
"""``unknown``: a partial scope touches this lot, and nobody can say whether this holding's stock is of it."""
Verdict: TypeAlias = Literal["allow", "hold", "refuse", "accept_as_sealed"]
Mark: TypeAlias = Literal["before_known", "after_notice", "sealed"]
Doing: TypeAlias = Literal[
    "sale", "transfer", "market_entry", "use", "packing", "release", "certificate", "restock",
    "receipt",
    "sealing", "returned", "stock_count", "test", "destroyed", "notice", "correction",
]  # fmt: skip

BLOCKED: Final[frozenset[Doing]] = frozenset({"sale", "transfer", "market_entry", "use", "packing", "release", "certificate", "restock"})
"""What a block is for; ``restock`` is the return of recalled goods to free stock."""
OPEN: Final[frozenset[Doing]] = frozenset({"sealing", "returned", "stock_count", "test", "destroyed", "notice", "correction"})
"""What a block leaves open, so that a recall can be carried out at all."""


def answer(doing: Doing, link: Link | None, settings: Settings = DEFAULT) -> Verdict:
    """Answer an ask (rule 1).

    :param link: the holding's link to a case that blocks it; none: no case does.
    """
    if link is None or doing in OPEN:
        return "allow"
    if doing == "receipt":
        return "accept_as_sealed"
    if link == "confirmed":
        return "refuse"
    return "hold" if link == "unknown" else settings.block_possible


def marks(doing: Doing, at: int, opened: int, known: int | None) -> tuple[Mark, ...]:
    """Return the marks of a recorded fact about an affected holding (rules 2, 4).

    :param at: when it happened.
    :param known: K(s) of its site, none while the site could not know.
    """
    if at < opened or doing in OPEN:
        return ()
    after = known is not None and at >= known
    if doing == "receipt":
        return ("sealed", "after_notice") if after else ("sealed",)
    return ("after_notice",) if after else ("before_known",)


def known_at(case: Case, site: int, *, settings: Settings = DEFAULT) -> int | None:
    """Return K(s) (rule 3): when a site knew of the case, none if nothing on record says so."""
    times = [
        step.at if step.delivered is None else step.delivered
        for step in case.steps
        if step.site == site and (step.kind == "stop_list" or (step.kind == "notice" and step.direction == "downstream"))
    ]
    if settings.publication_is_notice and case.published is not None:
        times.append(case.published)
    return min(times, default=None)


def known_sites(case: Case, *, settings: Settings = DEFAULT) -> Callable[[int], int | None]:
    """Return :func:`known_at` of any site, for who asks about many."""
    first: dict[int, int] = {}
    for step in case.steps:
        if step.kind == "stop_list" or (step.kind == "notice" and step.direction == "downstream"):
            t = step.at if step.delivered is None else step.delivered
            first[step.site] = min(first.get(step.site, t), t)
    public = case.published if settings.publication_is_notice else None
    return lambda site: min((t for t in (first.get(site), public) if t is not None), default=None)


def blocks(case: Case, lot: int, site: int, at: int, settings: Settings = DEFAULT) -> bool:
    """Say whether a case stands in the way of its goods at a moment (rules 4, 6)."""
    return blocker(case, settings)(lot, site, at)


def blocker(case: Case, settings: Settings = DEFAULT) -> Callable[[int, int, int], bool]:
    """Return :func:`blocks` of any lot, site and moment, for who asks about many: a case may have let thousands of lots go."""
    lifts = lifter(case.cleared)

    def stands(lot: int, site: int, at: int) -> bool:
        if at < case.opened or (case.withdrawn is not None and case.withdrawn <= at):
            return False
        if settings.unblock_on_close and case.closed is not None and case.closed <= at:
            return False
        return not lifts(lot, site, at)

    return stands


def lifter(cleared: Iterable[Cleared]) -> Callable[[int, int, int], bool]:
    """Return whether clearings let goods go, by (name of a lot, site, moment)."""
    known: dict[tuple[int, int], list[Cleared]] = {}
    for each in cleared:
        known.setdefault((each.lot, each.site), []).append(each)

    def lifts(lot: int, site: int, at: int) -> bool:
        mine = (*known.get((lot, 0), ()), *known.get((lot, site), ())) if site else known.get((lot, 0), ())
        return any(each.since <= at < each.until for each in mine)

    return lifts


def link_of(
    holdings: Mapping[tuple[int, int], Grade], lot: int, site: int, *, partial: bool = False, stock_unknown: bool = False
) -> Link | None:
    """Return the link by which a case may block a holding (rule 5).

    :param holdings: A, the affected holdings with their links.
    :param partial: the scope is not of whole lots.
    :param stock_unknown: nobody can say what of the lot lies at the site (it never recorded its side).
    """
    mine = holdings.get((lot, site))
    if mine is not None:
        return mine
    of_lot = {link for (each, _), link in holdings.items() if each == lot}
    if not of_lot:
        return None
    if partial:
        return "unknown" if stock_unknown else None
    return "confirmed" if "confirmed" in of_lot else "possible"
