"""The life of a recall case: opened, widened, published, extended, closed, reopened, cleared, withdrawn (RECALL sections 2, 6, 7).

Rules:

1. A class is never defaulted, nor when the risk was known: the clocks start there.
2. A scope grows by versions; all are kept, and what was done for earlier ones stays done. It narrows only with a reason and the
   number of who approved it.
3. Only a log with standing in a case may say what becomes of it (:mod:`foodtrace.recall.cases`, rule 2).
4. Closing needs every outlet answered, every goods disposed of and every failed check mended, or an override with its reason
   and the number of who answers for it. Closing lifts no block.
5. Clearing goods and withdrawing a case lift the block; both need a reason and a number.
6. A deadline moves only by an extension that was approved, and counts once it was published.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final, Literal

import msgspec

from foodtrace.errors import BadData, NotFound, Refused
from foodtrace.events import (
    Clause,
    ContactsShown,
    DeadlineExtended,
    GoodsCleared,
    LotsClause,
    RecallClosed,
    RecallOpened,
    RecallPublished,
    RecallReopened,
    RecallWidened,
    RecallWithdrawn,
)
from foodtrace.graph.directory import resolve_lot, resolve_place
from foodtrace.graph.edges import micros
from foodtrace.graph.inorder import in_order
from foodtrace.graph.reader import SqlFacts
from foodtrace.operations.atsite import coming
from foodtrace.operations.caseplan import SAID, Plan
from foodtrace.operations.closing import conditions
from foodtrace.operations.common import CHINA, Doing, Outcome
from foodtrace.operations.managing import check_approved, check_reason, concerned, managed, reach_of
from foodtrace.operations.notdone import NotDone
from foodtrace.operations.operators import meant_operator
from foodtrace.operations.othercases import check_again
from foodtrace.operations.scopes import Given, check_any, clauses_of, producers_of
from foodtrace.quantity import Amount, Quantity
from foodtrace.recall.answer import recall
from foodtrace.recall.calendars import calendar_of
from foodtrace.recall.cases import case_ids, load_case, name_case, resolve_case
from foodtrace.recall.clearing import all_goods
from foodtrace.recall.deadlines import completion_clock, end_of
from foodtrace.recall.facts import Case, ScopeVersion
from foodtrace.recall.packs import choose, for_case, local
from foodtrace.storage.session import Session

_LEVELS: Final = (1, 2, 3)
_MICRO: Final = dt.timedelta(microseconds=1)


class Rescoped(msgspec.Struct, frozen=True, kw_only=True):
    """What a new version of a scope came to."""

    case: str
    version: int
    lots_before: int
    lots_after: int
    outlets_before: int
    outlets_after: int
    new: tuple[str, ...]
    """Ids of outlets that were not affected before."""
    dropped: tuple[str, ...]
    """Ids of outlets that are no longer affected."""


def open_case(
    session: Session,
    doing: Doing,
    lots: Sequence[str] = (),
    *,
    level: int,
    known: dt.datetime,
    reason: str,
    operator: str = "",
    producer: str = "",
    advice: str = "",
    scope: Given | None = None,
    plan: Plan | None = None,
    sample: str = "",
    nothing_yet: bool = False,
    again: bool = False,
) -> Outcome:
    """Open a case; the answer is the event.

    :param scope: further clauses besides whole lots. :param operator: who recalls, by id or name; by default the producer
        (:func:`foodtrace.operations.scopes.producers_of`).
    :param sample: commitment to the seed of the effectiveness checks. :param nothing_yet: also where a rule or a window fits nothing on
        record yet; without it that is taken for a slip of the pen. :param again: also where a case of this scope and class is open.
    :raises BadData: ``case.level``, ``case.known_later``, ``case.later_than_now`` (the plan's date), ``case.reason``, ``case.scope_empty``,
        ``case.window``, ``quantity.*``.
    :raises Refused: ``case.open_already``.
    :raises NotFound: ``case.rule_fits_nothing``, ``case.window_fits_nothing``, ``case.window_no_records``, ``operator.not_found``.
    :raises Ambiguous: ``operator.ambiguous``.
    """
    if level not in _LEVELS:
        raise BadData("case.level", value=level, expected="1, 2, 3")
    if known > doing.now:
        raise BadData("case.known_later", value=known.isoformat(), expected=doing.now.isoformat())
    check_reason(reason)
    clauses = clauses_of(session, msgspec.structs.replace(scope or Given(), lots=(*lots, *(scope.lots if scope else ()))), doing.now)
    if not nothing_yet:
        check_any(session, clauses, micros(doing.now))
    if not again:
        check_again(session, clauses, level, micros(doing.now))
    operator = meant_operator(session, operator, recalls=True)
    made, recalls = (producer, producer) if producer else producers_of(session, clauses, micros(doing.now))
    what = plan or Plan()
    if what.date is not None and what.date > doing.now.astimezone(CHINA).date():
        raise BadData("case.later_than_now", value=what.date.isoformat(), expected=doing.now.isoformat())
    event = RecallOpened(
        id=doing.event_id(),
        at=doing.now,
        by=doing.by,
        case=_number(session, doing.now),
        scope=clauses,
        level=level,  # type: ignore[arg-type]  # checked above
        reason=reason,
        producer=made,
        operator=operator or recalls,
        known=known,
        rule_pack=choose(doing.now.date(), own=local(session.rules)).pack.name,
        quantity=Quantity.parse(what.quantity) if what.quantity else None,
        sample=sample,
        plan_date=what.date,
        **{name: getattr(what, name) for name in SAID if name != "advice"},
        advice=advice or what.advice,
    )
    return Outcome(events=[event], personal={event.id: what.personal()} if what.personal() else {}, answer=event)


def widen(
    session: Session,
    doing: Doing,
    case: str | None,
    lots: Sequence[str] = (),
    reason: str = "",
    *,
    scope: Given | None = None,
    nothing_yet: bool = False,
) -> Outcome:
    """Add clauses to a case's scope: a new version. The answer is :class:`Rescoped`.

    :param nothing_yet: as in :func:`open_case`. :raises NotFound: as there.
    :raises Refused: ``case.scope_same`` (nothing new), ``case.closed``, ``case.withdrawn``, ``case.no_standing``.
    """
    state = managed(session, doing, case)
    given = msgspec.structs.replace(scope or Given(), lots=(*lots, *(scope.lots if scope else ())))
    now = state.versions[-1].clauses
    clauses = tuple(each for each in clauses_of(session, given, doing.now) if each not in now)
    named = {lot for clause in now if isinstance(clause, LotsClause) for lot in clause.lots}
    clauses = tuple(each for each in clauses if not isinstance(each, LotsClause) or set(each.lots) - named)
    if not clauses:
        raise Refused("case.scope_same", value=state.case, version=state.versions[-1].version)
    if not nothing_yet:
        check_any(session, clauses, micros(doing.now))
    return _rescoped(session, doing, state, clauses, reason)


def narrow(
    session: Session,
    doing: Doing,
    case: str | None,
    lots: Sequence[str] = (),
    *,
    reason: str,
    approved_by: str,
    scope: Given | None = None,
    nothing_yet: bool = False,
) -> Outcome:
    """Put other clauses in the place of a case's scope (rule 2). The answer is :class:`Rescoped`; raises as :func:`widen`."""
    state = managed(session, doing, case)
    check_reason(reason)
    check_approved(approved_by)
    given = msgspec.structs.replace(scope or Given(), lots=(*lots, *(scope.lots if scope else ())))
    clauses = clauses_of(session, given, doing.now)
    if clauses == state.versions[-1].clauses:
        raise Refused("case.scope_same", value=state.case, version=state.versions[-1].version)
    if not nothing_yet:
        check_any(session, clauses, micros(doing.now))
    return _rescoped(session, doing, state, clauses, reason, approved_by)


def publish(session: Session, doing: Doing, case: str | None, channel: str = "", words: str = "") -> Outcome:
    """Publish the public notice: starts the completion clock, once. Raises ``Refused``: ``case.published``."""
    state = managed(session, doing, case)
    if state.published is not None:
        raise Refused("case.published", value=state.case)
    event = RecallPublished(id=doing.event_id(), at=doing.now, by=doing.by, case=state.case, channel=channel, text=words)
    return Outcome(events=[event], answer=event)


def extend(
    session: Session, doing: Doing, case: str | None, until: dt.date, approval: str, *, published: dt.datetime | None = None
) -> Outcome:
    """Move the completion deadline to 24:00 of a day (rule 6); the answer is the event.

    :raises BadData: ``case.approval``. :raises Refused: ``case.extend_earlier``, ``case.not_published``.
    """
    state = managed(session, doing, case)
    if not approval.strip():
        raise BadData("case.approval", value="-", expected="--approval")
    clock = completion_clock(state, for_case(state, session.rules).settings, calendar_of(session.rules), micros(doing.now))
    if state.published is None:
        raise Refused("case.not_published", value=state.case)
    if clock.due_day is not None and until <= clock.due_day:
        raise Refused("case.extend_earlier", value=until.isoformat(), expected=clock.due_day.isoformat())
    if clock.due_day is None and clock.missing and until.year < clock.missing[0]:
        raise Refused("case.extend_earlier", value=until.isoformat(), expected=f"{clock.missing[0]}-01-01")
    if published is not None and published > doing.now:
        raise BadData("case.later_than_now", value=published.isoformat(), expected=doing.now.isoformat())
    last = dt.datetime.fromtimestamp(0, CHINA) + _MICRO * (end_of(until) - 1)
    event = DeadlineExtended(
        id=doing.event_id(), at=doing.now, by=doing.by, case=state.case, until=last, approval=approval, published=published
    )
    return Outcome(events=[event], answer=event)


def clear(
    session: Session,
    doing: Doing,
    case: str | None,
    lots: Sequence[str],
    basis: str,
    approved_by: str,
    *,
    site: str = "",
    custody: bool = False,
) -> Outcome:
    """Clear goods of a case for sale (rule 5); the answer is :class:`Let`. No lots: all that it reaches now, and nothing it takes in later.

    What is cleared is named, so that everybody reads the same of it whatever comes on record later: whole lots in one event, goods that are
    suspect for where they were in one for each place (:mod:`foodtrace.recall.clearing`, rule 2).

    :param site: only what lies there (:mod:`foodtrace.recall.lapsing`). :param custody: what lies there in custody was examined as well.
    :raises NotFound: ``case.not_affected``: a lot that the case is not about is cleared by another case, or by none;
        ``case.nothing_to_clear``. :raises Refused: ``case.custody_there``.
    """
    state = managed(session, doing, case, closed=True)
    check_reason(basis)
    check_approved(approved_by)
    meant = tuple(resolve_lot(session, each) for each in lots)
    for each in meant:
        if not concerned(session, state.case, each, micros(doing.now)):
            raise NotFound("case.not_affected", value=each, name=each, case=state.case)
    where = resolve_place(session, site) if site else ""
    places = {where: meant} if meant else _reached(session, state, micros(doing.now), where)
    if not places:
        raise NotFound("case.nothing_to_clear", value=where or "-", case=state.case)
    due = (
        coming(session, sorted({lot for each in places.values() for lot in each}, key=in_order), where, micros(doing.now), custody=custody)
        if where
        else ()
    )
    events = [
        GoodsCleared(
            id=doing.event_id(f"-{count}" if count > 1 else ""),
            at=doing.now,
            by=doing.by,
            case=state.case,
            lots=lots,
            site=there,
            basis=basis,
            approved_by=approved_by,
            custody=bool(there) and (custody or not where),  # all goods of a case are those in custody too
        )
        for count, (there, lots) in enumerate(sorted(places.items()), 1)
    ]
    lots = tuple(sorted({lot for each in places.values() for lot in each}, key=in_order))
    answer = Let(case=state.case, lots=lots, site=where, sites=tuple(each for each in sorted(places) if each), all=not meant, coming=due)
    return Outcome(events=list(events), answer=answer)


class Let(msgspec.Struct, frozen=True, kw_only=True):
    """What was cleared."""

    case: str
    lots: tuple[str, ...]
    """Every name of every lot."""
    site: str
    """The one site that was asked for; empty: wherever they are."""
    sites: tuple[str, ...]
    """Where they were cleared, place by place; empty: wherever they are."""
    all: bool
    """All that the case reached, not lots somebody named."""
    coming: tuple[Amount, ...] = ()
    """What is on its way to the one site, in words: once it comes, the lot there is blocked again."""


def _reached(session: Session, state: Case, now: int, site: str) -> dict[str, tuple[str, ...]]:
    """Return all goods of a case: site -> lots; no site: wherever they are."""
    facts = SqlFacts(session, now)
    found = all_goods(facts, state, for_case(state, session.rules).settings, facts.site(site) or -1 if site else 0)
    texts = facts.texts({number for place in found for number in place if number > 0})
    made: dict[str, list[str]] = {}
    for lot, where in found:
        made.setdefault(texts[where] if where > 0 else site, []).append(texts[lot])
    return {where: tuple(sorted(lots, key=in_order)) for where, lots in made.items()}


def withdraw(session: Session, doing: Doing, case: str | None, reason: str, approved_by: str) -> Outcome:
    """Withdraw a case that was opened in error (rule 5); the answer is the event."""
    state = managed(session, doing, case, closed=True)
    check_reason(reason)
    check_approved(approved_by)
    event = RecallWithdrawn(id=doing.event_id(), at=doing.now, by=doing.by, case=state.case, reason=reason, approved_by=approved_by)
    return Outcome(events=[event], answer=event)


def close(session: Session, doing: Doing, case: str | None, override: str = "", approved_by: str = "") -> Outcome:
    """Close a case whose conditions hold, or by a named override (rule 4). The answer is (event, conditions that do not hold).

    :raises Refused: ``case.not_done``, ``case.closed``. :raises BadData: ``case.approved_by``.
    """
    state = managed(session, doing, case)
    against = conditions(session, micros(doing.now), state)
    if against and not override.strip():
        raise NotDone(state.case, against)
    if override.strip():
        check_approved(approved_by)
    event = RecallClosed(
        id=doing.event_id(),
        at=doing.now,
        by=doing.by,
        case=state.case,
        override=override.strip() if against else "",
        approved_by=approved_by,
    )
    return Outcome(events=[event], answer=(event, against))


def reopen(session: Session, doing: Doing, case: str | None, reason: str, approved_by: str = "") -> Outcome:
    """Go on with a closed case; the answer is the event. Raises ``Refused`` (``case.not_closed``).

    :param approved_by: number of who answers for it; not asked for, as reopening lifts nothing: without it who does it answers for it.
    """
    state = managed(session, doing, case, closed=True)
    check_reason(reason)
    if state.closed is None:
        raise Refused("case.not_closed", value=state.case)
    who = approved_by.strip()
    event = RecallReopened(id=doing.event_id(), at=doing.now, by=doing.by, case=state.case, reason=reason, approved_by=who)
    return Outcome(events=[event], answer=event)


def show_contacts(
    session: Session, doing: Doing, case: str | None, what: Literal["case_report", "notices"] = "case_report", sites: int | None = None
) -> Outcome:
    """Put on record that the contacts of a case's sites are shown in full; the answer is how many sites have any."""
    if sites is None:
        answer = recall(session, (), now=micros(doing.now), case=load_case(session, name_case(session, case)))
        sites = sum(row.personal == "present" for row in (*answer.outlets, *answer.others))
    event = ContactsShown(id=doing.event_id(), at=doing.now, by=doing.by, case=resolve_case(session, case), what=what, sites=sites)
    return Outcome(events=[event], answer=sites)


def _rescoped(session: Session, doing: Doing, state: Case, clauses: tuple[Clause, ...], reason: str, narrows: str = "") -> Outcome:
    version = state.versions[-1].version + 1
    event = RecallWidened(
        id=doing.event_id(),
        at=doing.now,
        by=doing.by,
        case=state.case,
        version=version,
        scope=clauses,
        narrows=bool(narrows),
        reason=reason,
        approved_by=narrows,
    )
    facts = SqlFacts(session, micros(doing.now))
    after = ScopeVersion(
        version=version, clauses=clauses if narrows else (*state.versions[-1].clauses, *clauses), at=micros(doing.now), reason=reason
    )
    before, now = reach_of(facts, state), reach_of(facts, state, after.clauses)
    texts = facts.texts(before.outlets | now.outlets)
    answer = Rescoped(
        case=state.case,
        version=version,
        lots_before=len(before.lots),
        lots_after=len(now.lots),
        outlets_before=len(before.outlets),
        outlets_after=len(now.outlets),
        new=tuple(sorted(texts[site] for site in now.outlets - before.outlets)),
        dropped=tuple(sorted(texts[site] for site in before.outlets - now.outlets)),
    )
    return Outcome(events=[event], answer=answer)


def _number(session: Session, now: dt.datetime) -> str:
    """Return the next free number of the year."""
    taken = [int(rest) for each in case_ids(session) if (rest := each.removeprefix(f"{now.year}-")).isdigit() and rest != each]
    return f"{now.year}-{max(taken, default=0) + 1:04d}"
