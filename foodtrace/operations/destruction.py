"""Destroying goods of a case: planned, reported beforehand, called off, carried out (FSL Art. 63, RCL15 Art. 24).

Rules:

1. A destruction is reported with time and place before it happens (FSL Art. 63). A report is never dated after it; one that was
   not reported, or had no witness, is recorded all the same and stands in the case's status as such.
2. What the plan says of place and method holds wherever it is named again, unless something else is said. A report covers what happens as
   it says (:mod:`foodtrace.operations.asplanned`): what is beyond the planned quantity is a record of its own, which nobody reported.
3. What is planned to be destroyed is not planned again while that plan stands: a second plan takes what is there less what is planned, and
   is refused beyond that. Carried out or called off, a plan stands in nobody's way.
4. One plan may be carried out in several records: each takes of what is left of it, and what is left stays planned.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from foodtrace.errors import BadData, NotFound, Refused
from foodtrace.events import Destroyed, DestructionPlanned, Event
from foodtrace.graph.directory import resolve_place
from foodtrace.graph.edges import UNIT_NAMES, micros, moment
from foodtrace.graph.reader import SqlFacts
from foodtrace.operations.asplanned import Meant, covered, differs, of_plan
from foodtrace.operations.casestock import amount_of, lot_of, lots_meant, lying
from foodtrace.operations.common import CHINA, Doing, Outcome
from foodtrace.operations.sellers import site_name
from foodtrace.quantity import Quantity
from foodtrace.recall.aliases import with_aliases
from foodtrace.recall.cases import load_cases, resolve_case
from foodtrace.recall.facts import Planned
from foodtrace.storage.session import Session


def plan_destruction(
    session: Session,
    doing: Doing,
    case: str | None,
    site: str,
    lot: str | None,
    quantity: Quantity | None,
    *,
    due: dt.datetime,
    place: str = "",
    method: str = "destroyed",
    witness: str = "",
    reported: bool = False,
    doc: str = "",
) -> Outcome:
    """Say when and where goods are to be destroyed, and whether that has been reported; the answer is the events.

    :raises BadData: ``case.due_past``, ``case.place``: what is reported beforehand is time and place (rules 1, 2).
    :raises Refused: ``case.planned``: these goods are planned to be destroyed already (rule 3); and as
        :func:`foodtrace.operations.disposal.dispose`.
    :raises NotFound, Ambiguous: as :func:`foodtrace.operations.disposal.dispose`.
    """
    full = resolve_case(session, case)
    at = resolve_place(session, site)
    if due <= doing.now:
        raise BadData("case.due_past", value=due.isoformat(), expected=doing.now.isoformat())
    if not place.strip():
        raise BadData("case.place", value="-", expected="--place")
    events: list[Event] = []
    taken: Refused | None = None
    for each in lots_meant(session, doing, full, at, lot, quantity):
        amount = amount_of(session, doing, full, at, each, quantity, allow_short=False)
        if amount is not None:
            try:
                amount = _unplanned(session, doing, full, at, each, amount, exact=quantity is not None)
            except Refused as refusal:
                if lot:
                    raise
                taken = refusal  # another lot there may be free of plans
                continue
            events.append(
                DestructionPlanned(
                    id=doing.event_id(f"-{len(events) + 1}"),
                    at=doing.now,
                    by=doing.by,
                    site=at,
                    case=full,
                    lot=each,
                    quantity=amount,
                    due=due,
                    place=place,
                    method=method,  # type: ignore[arg-type]  # the command line offers only these
                    witness=witness,
                    reported=doing.now if reported else None,
                    doc=doc,
                )
            )
    if not events:
        raise taken or Refused("case.nothing_there", value=at, case=full, name=site_name(session, at))
    return Outcome(events=events, answer=events)


def _unplanned(session: Session, doing: Doing, case: str, site: str, lot: str, amount: Quantity, *, exact: bool) -> Quantity:
    """Return how much of what lies at a site may be planned: not what is planned already (rule 3). Raises ``Refused`` (``case.planned``).

    :param amount: how much is wanted. :param exact: all of it or nothing; else what is left of it.
    """
    facts = SqlFacts(session, micros(doing.now))
    where, names = facts.site(site), set(with_aliases(facts, [facts.lot(lot) or 0]))
    plans = [each for each in _planned(session, doing, case) if not each.done and each.site == where and each.lot in names]
    plans = sorted((each for each in plans if UNIT_NAMES[each.unit] == amount.unit), key=lambda each: (each.due, each.id))
    there = next((each.value for each in lying(session, doing, case, site, lot) if each.unit == amount.unit), 0)
    left = max(0, there - sum(each.left for each in plans))
    if not plans or amount.value <= left:
        return amount
    if left and not exact:
        return Quantity(left, amount.unit)
    first = plans[0]
    raise Refused(
        "case.planned",
        value=amount,
        expected=Quantity(left, amount.unit),
        site=site,
        name=site_name(session, site),
        plan=first.id,
        planned=Quantity(first.left, UNIT_NAMES[first.unit]),
        due=f"{moment(first.due).astimezone(CHINA):%Y-%m-%d %H:%M}",
    )


def call_off(session: Session, doing: Doing, case: str | None, site: str, lot: str | None = None) -> Outcome:
    """Call off what is planned to be destroyed at a site, of one lot or of all; the answer is the events.

    :raises NotFound: ``case.no_plan``.
    """
    full = resolve_case(session, case)
    at = resolve_place(session, site)
    facts = SqlFacts(session, micros(doing.now))
    names = set(with_aliases(facts, [facts.lot(lot_of(session, doing, full, lot)) or 0])) if lot else None
    plans = [each for each in _planned(session, doing, full) if each.site == facts.site(at) and not each.done]
    plans = [each for each in plans if names is None or each.lot in names]
    if not plans:
        raise NotFound("case.no_plan", value=at, case=full, name=site_name(session, at))
    texts = facts.texts({each.lot for each in plans})
    events: list[Event] = [
        DestructionPlanned(
            id=doing.event_id(f"-{number}"),
            at=doing.now,
            by=doing.by,
            site=at,
            case=full,
            lot=texts[each.lot],
            quantity=Quantity(each.left, UNIT_NAMES[each.unit]),
            due=moment(each.due).astimezone(CHINA),
            place=each.place,
            method=each.method,
            witness=each.witness,
            reported=None if each.reported is None else moment(each.reported).astimezone(CHINA),
            plan=each.id,
            cancelled=True,
        )
        for number, each in enumerate(plans, 1)
    ]
    return Outcome(events=events, answer=events)


def report_destruction(session: Session, doing: Doing, case: str | None, site: str, *, doc: str = "") -> Outcome:
    """Record that time and place of what is planned at a site were reported now; the answer is the events.

    :raises NotFound: ``case.no_plan``. :raises BadData: ``case.report_late``: all of it was to have happened by now.
    """
    full = resolve_case(session, case)
    at = resolve_place(session, site)
    facts = SqlFacts(session, micros(doing.now))
    plans = [each for each in _planned(session, doing, full) if each.site == facts.site(at) and not each.done and each.reported is None]
    if not plans:
        raise NotFound("case.no_plan", value=at, case=full, name=site_name(session, at))
    to_come = [each for each in plans if moment(each.due) > doing.now]
    if not to_come:
        raise BadData("case.report_late", value=doing.now.isoformat(), expected=moment(plans[0].due).astimezone(CHINA).isoformat())
    events: list[Event] = []
    for each in to_come:
        events.append(
            DestructionPlanned(
                id=doing.event_id(f"-{len(events) + 1}"),
                at=doing.now,
                by=doing.by,
                site=at,
                case=full,
                lot=facts.texts([each.lot])[each.lot],
                quantity=Quantity(each.left, UNIT_NAMES[each.unit]),
                due=moment(each.due).astimezone(CHINA),
                place=each.place,
                method=each.method,
                witness=each.witness,
                reported=doing.now,
                doc=doc,
                plan=each.id,
            )
        )
    return Outcome(events=events, answer=events)


def reported_early(session: Session, event: Event) -> bool:
    """Say whether a destruction was reported before anybody knew of a risk, as the case says it."""
    if not isinstance(event, Destroyed) or event.reported is None:
        return False
    return all(micros(event.reported) < state.known for state in load_cases(session, event.case, site=event.site))


def destroyed(
    session: Session, doing: Doing, common: dict[str, Any], said: Meant, *, reported: dt.datetime | None, plan: str
) -> list[Destroyed]:
    """Return the destruction of an amount: a record for each plan that it carries out, and one for what is beyond a report (rules 1, 2).

    :param said: where, how and before whom, as far as somebody says. :param reported: when it was, if somebody says: all of it then.
    """
    if reported is not None and reported >= doing.now:
        raise BadData("case.report_late", value=reported.isoformat(), expected=doing.now.isoformat())
    amount: Quantity = common["quantity"]
    plans = _plans_for(session, doing, common["case"], common["site"], common["lot"], plan, amount.unit)
    made: list[Destroyed] = []
    for value, planned, within in _portions(amount.value, plans, split=reported is None):
        place = said.place or (planned.place if planned else "")
        method = said.method or (planned.method if planned else "destroyed")
        when = reported
        if when is None and planned is not None and planned.reported is not None and within:
            done = said._replace(place=place, method=method)
            when = moment(planned.reported).astimezone(CHINA) if covered(differs(of_plan(planned), done)) else None
        more = {"witness": said.witness, "place": place, "method": method, "reported": when, "plan": planned.id if planned else ""}
        made.append(Destroyed(**common | {"quantity": Quantity(value, amount.unit)} | more))
    return made


def _portions(amount: int, plans: Sequence[Planned], *, split: bool) -> list[tuple[int, Planned | None, bool]]:
    """Return how much carries out which plan, and whether it is within it.

    :param split: what is beyond a plan that was reported stands by itself.
    """
    made: list[tuple[int, Planned | None, bool]] = []
    for planned in plans:
        if amount > 0:
            made.append((min(amount, planned.left), planned, True))
            amount -= planned.left
    if amount > 0:
        last = plans[-1] if plans else None
        if last is not None and not (split and last.reported is not None):
            amount += made.pop()[0]
        made.append((amount, last, last is None or not split or last.reported is None))
    return made


def _planned(session: Session, doing: Doing, case: str) -> tuple[Planned, ...]:
    """Return the destructions that are planned under a case's number: facts, whichever log opened it."""
    return load_cases(session, case, until=micros(doing.now))[0].planned


def _plans_for(session: Session, doing: Doing, case: str, site: str, lot: str, plan: str, unit: str) -> list[Planned]:
    """Return the plans that a destruction carries out: the one named, else what is planned for this site and lot.

    What is due that day comes first, or the rest of an older plan would take what was reported for today.
    """
    facts = SqlFacts(session, micros(doing.now))
    where, names = facts.site(site), set(with_aliases(facts, [facts.lot(lot) or 0]))
    plans = [each for each in _planned(session, doing, case) if not each.done]
    if plan:
        found = [each for each in plans if each.id == plan]
        if not found:
            raise NotFound("case.no_plan", value=plan, name=plan, case=case, near=[each.id for each in plans][:5])
        return found
    mine = [each for each in plans if each.lot in names and (each.site, UNIT_NAMES[each.unit]) == (where, unit)]
    today = doing.now.astimezone(CHINA).date()
    return sorted(mine, key=lambda each: (moment(each.due).astimezone(CHINA).date() != today, each.due, each.id))
