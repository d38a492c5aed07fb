"""Every case on record, a line each: how far it has come, and of a closed one what stands against it since.

Rules:

1. Open cases are listed, and closed ones that are no all-clear: goods were found, or a condition does not hold that did when it was closed
   (:mod:`foodtrace.operations.sinceclosed`, which the status of a case asks too), or goods of it are unaccounted
   (:mod:`foodtrace.operations.missing`). With ``everything`` all of them.
2. Of what stands against a closed case the line has how much it is and the worst of it: goods that may be sold before goods in custody,
   and both before papers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from foodtrace.errors import NotFound
from foodtrace.graph.edges import UNIT_NAMES, micros
from foodtrace.graph.flows import NEVER
from foodtrace.graph.reader import SqlFacts
from foodtrace.operations.caseanswer import State
from foodtrace.operations.casestatus import Standing, said
from foodtrace.operations.closing import Condition, conditions
from foodtrace.operations.managing import reach_of
from foodtrace.operations.missing import Unaccounted, unaccounted, undisposed_at
from foodtrace.operations.notdone import things, worst
from foodtrace.operations.sinceclosed import since_closed
from foodtrace.operations.visits import matter_of
from foodtrace.recall.answer import RateAnswer
from foodtrace.recall.cases import Told, case_events, case_ids, load_cases, without_effect
from foodtrace.recall.cleared import ClearedLine
from foodtrace.recall.facts import Case, found_there
from foodtrace.recall.finds import words_on
from foodtrace.recall.matter import Matter
from foodtrace.recall.owncorrections import own_corrections
from foodtrace.recall.packs import for_case
from foodtrace.recall.sums import sums_with_said
from foodtrace.storage.session import Session


class FoundSince(msgspec.Struct, frozen=True, kw_only=True):
    """Goods that a visit found after their case was closed: the case is to be reopened."""

    product: str
    """Empty: the lot was not said."""
    closed: str
    site: str
    name: str
    at: str
    lot: str
    """Empty: not said."""
    quantity: int
    unit: str


class CaseLine(msgspec.Struct, frozen=True, kw_only=True):
    """A case in a list."""

    case: str
    product: str
    level: int
    state: State
    version: int
    outlets: int
    rates: dict[str, RateAnswer]
    due_day: str | None
    late: int
    """Things that are late."""
    found_since: tuple[FoundSince, ...] = ()
    """Of a closed case: what visits found since, in the order of time."""
    broken: int = 0
    """Of a closed case: how many things stand against it that did not when it was closed."""
    closed_over: int = 0
    """Of those that broke: how many things stood against closing the case already, and nobody answered for them."""
    worst: Condition | None = None
    """The worst of them."""
    beyond: int = 0
    """How much of what R1 to R3 divide by is beyond the records, in the unit of ``rates``."""
    cleared: tuple[ClearedLine, ...] = ()
    """How much of what D and B hold the case cleared."""
    own_corrected: int = 0
    """Corrections of its own entries (:mod:`foodtrace.recall.owncorrections`); its status names each."""
    without_effect: int = 0
    """Corrections of its own entries that would have lifted or weakened its block, and do not (:mod:`foodtrace.graph.mended`)."""
    unanswered: int = 0
    """Clearings, withdrawals, narrowings and extensions without reason, or that nobody answers for: they are without effect."""
    unaccounted: tuple[Unaccounted, ...] = ()
    """What is missing at sites by their own word, the most first."""


def overview(session: Session, now: int, *, everything: bool = False) -> list[CaseLine]:
    """Return the open cases (or all) with how far each has come, the newest first; also closed ones that are no all-clear (rule 1).

    O(affected of all cases that were not withdrawn).
    """
    facts = SqlFacts(session, now)
    made: list[CaseLine] = []
    for case in reversed(case_ids(session)):
        told = case_events(session, case)
        try:
            opened = load_cases(session, case, until=now, told=told)
        except NotFound:
            continue  # opened later than now, or only spoken about
        for state in opened:
            since = tuple(_found_since(facts, state)) if state.withdrawn is None else ()
            if everything or since or _goes_on(facts, state, told):
                made.append(_line(Standing(session, state, told, now), since))
    return made


def _goes_on(facts: SqlFacts, state: Case, told: Sequence[Told]) -> bool:
    """Say whether a case is open, or a closed one of which something stands against closing since, or goods are unaccounted."""
    session, now = facts.session, facts.now
    if state.withdrawn is not None:
        return False
    if state.closed is None:
        return True
    seen = [each for each in told if micros(each[1].at) <= now]
    found, settings = reach_of(facts, state), for_case(state, session.rules).settings
    matter = Matter(facts, found, state, settings)
    against = conditions(session, now, state, found, matter=matter)
    if since_closed(session, state, seen, against):
        return True
    return bool(unaccounted(found, sums_with_said(facts, found, state, settings=settings), matter, undisposed_at(against)))


def ended(session: Session, now: int) -> int:
    """Return how many cases were closed or withdrawn: what happened to their goods since is told of each by its own status."""
    count = 0
    for case in case_ids(session):
        try:
            states = load_cases(session, case, until=now)
        except NotFound:
            continue
        count += sum(state.closed is not None or state.withdrawn is not None for state in states)
    return count


def _found_since(facts: SqlFacts, state: Case) -> Iterable[FoundSince]:
    closed = NEVER if state.closed is None else state.closed
    steps = [step for step in state.steps if found_there(step, facts.now) and step.at > closed]
    if steps and state.cleared:  # what was cleared may lie there
        words = set(words_on(state, matter_of(facts, state), facts.now))
        steps = [step for step in steps if step in words]
    lots = {lot for step in steps for lot in step.lots}
    texts, sites, infos = facts.texts(lots), facts.sites({step.site for step in steps}), facts.lots(lots)
    for step in steps:
        lot = step.lots[0] if step.lots else 0
        q, unit = step.amount
        yield FoundSince(
            product=infos[lot].product if lot else "",
            closed=said(closed),
            site=sites[step.site].text,
            name=sites[step.site].name or sites[step.site].text,
            at=said(step.at),
            lot=texts[lot] if lot else "",
            quantity=q,
            unit=UNIT_NAMES[unit] if unit >= 0 else "",
        )


def _line(found: Standing, since: tuple[FoundSince, ...]) -> CaseLine:
    case = found.case
    due = found.clock.due_day
    return CaseLine(
        case=case.name or case.case,
        product=found.product,
        level=case.level,
        state=found.state,
        version=case.versions[-1].version,
        outlets=len(found.answer.outlets),
        rates=found.answer.rates,
        due_day=None if due is None else due.isoformat(),
        late=sum(1 for _ in found.late()),
        found_since=since,
        broken=things(found.broken),
        closed_over=found.closed_over if found.broken else 0,
        worst=worst(found.broken),
        beyond=found.beyond,
        cleared=() if found.answer.cleared is None else found.answer.cleared.lines,
        own_corrected=len(own_corrections(found.facts, case)),
        without_effect=len(without_effect(found.session, case)),
        unanswered=len(case.unanswered),
        unaccounted=found.unaccounted,
    )
