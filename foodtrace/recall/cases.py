"""Reads a recall case from its events (RECALL sections 2, 5-7).

Rules:

1. The case is what its events with ``at`` <= T say, in the order of ``at``; the order in which they arrived never matters.
2. Only a log with **standing** says what becomes of a case (scope, notices, checks, clearing, closing): the log that opened it, or
   one of the same operator. A shop cannot clear its own goods. What others say of these counts for nothing, and is listed.
   Anybody may say what happened to goods: sealed, returned, destroyed, answered. Nor does a site correct what was said of it: the check
   that found goods there.
3. Two openings of one number: the one recorded first is the case; of copies recorded at one moment the site operator's log
   counts, then the smallest log name. A log tells its own time: who has no standing in the other's opening has not taken the
   case from it. Both stand against their goods (:func:`load_cases`), and the number alone means neither unless all others are
   withdrawn: ``N@ORIGIN`` does, with the origin (or its end) of the log that opened it. Facts are booked under the number: what
   happened to goods is true for both.
4. Goods nobody ever named cannot be cleared: an unknown name is never "all". All goods of a case are what it reached when they were
   cleared (:mod:`foodtrace.recall.clearing`): of what was never examined a clearing says nothing.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

import msgspec

from foodtrace.errors import Ambiguous, NotFound
from foodtrace.events import (
    Acknowledgement,
    AnyEvent,
    Clause,
    DeadlineExtended,
    Destroyed,
    DestructionPlanned,
    EffectivenessCheck,
    Event,
    GoodsCleared,
    Key,
    Notice,
    RecallClosed,
    RecallOpened,
    RecallPublished,
    RecallReopened,
    RecallWidened,
    RecallWithdrawn,
    Refusal,
    Returned,
    Sealing,
)
from foodtrace.events.canonical import decode
from foodtrace.graph.casewords import KINDS, relabelled_without, words_about
from foodtrace.graph.edges import UNITS, micros
from foodtrace.graph.flows import NEVER
from foodtrace.graph.kinds import ABOUT
from foodtrace.graph.mended import answered_for, narrows
from foodtrace.graph.names import find
from foodtrace.graph.reader import SqlFacts
from foodtrace.graph.times import ONE_DAY
from foodtrace.recall.facts import Case, Cleared, Planned, ScopeVersion, Step
from foodtrace.storage.session import Session
from foodtrace.tlog.entry import event_bytes, sealed
from foodtrace.tlog.whole import event_of

Told: TypeAlias = tuple[int, Event, tuple[int, int]]
"""(recorded, event, (log, seq))."""

MANAGED: Final = (
    RecallWidened,
    RecallPublished,
    RecallClosed,
    RecallReopened,
    RecallWithdrawn,
    DeadlineExtended,
    GoodsCleared,
    Notice,
    EffectivenessCheck,
)
"""What only a log with standing may say (rule 2)."""
_MANAGED: Final = frozenset(MANAGED)
_OF_THE_CASE: Final = frozenset((*MANAGED, RecallOpened)) - {Notice, EffectivenessCheck}
"""What becomes of the case itself: a few, among as many steps as there are sites."""
_AT_ONE_SITE: Final = frozenset(
    ABOUT[kind] for kind in (Notice, Acknowledgement, Sealing, Returned, Destroyed, EffectivenessCheck, Refusal, DestructionPlanned)
)
"""Of what is on record about a case, what is of the sites that it names, and of no other."""
_SAID_BY_STANDING: Final = frozenset(ABOUT[kind] for kind in MANAGED)
_LIVE: Final = (
    "SELECT e.bytes, e.log, e.seq, a.ended, a.kind FROM about AS a JOIN entry AS e ON e.log = a.log AND e.seq = a.seq "  # noqa: S608 - constants
    f"WHERE a.subject = ? AND a.ended <= 0 AND a.kind NOT IN ({', '.join(map(str, KINDS))})"
)
_ALL: Final = 0
_NOBODY: Final = -1


def case_events(session: Session, case: str, site: str = "") -> list[Told]:
    """Return (recorded, event, (log, seq)) of everything on record about a case, in the order of time.

    :param site: leave out what is of other sites alone, undecoded: what becomes of the case itself, and what names this site, is told.
    """
    return _about(session, f"case {case}", site)


def deciding(session: Session, case: str) -> list[Told]:
    """Return those of :func:`case_events` that decide whether the goods of a case are blocked, in no order: few among many."""
    said = words_about(SqlFacts(session, NEVER), session, f"case {case}")
    return [(word.recorded, word.event, word.entry) for word in said if word.event is not None]


def without_effect(session: Session, case: Case) -> list[tuple[int, int]]:
    """Return (log, seq) of the corrections of a case's entries that would have lifted or weakened its block, and do not."""
    said = words_about(SqlFacts(session, NEVER), session, f"case {case.case}")
    standing = standing_of(session, case.opener)
    found = {place for word in said if standing(word.place[0]) for place in word.without}
    return sorted(found | {place for place in relabelled_without(SqlFacts(session, NEVER), case.case) if standing(place[0])})


def told_at(session: Session, entry: tuple[int, int]) -> Event:
    """Return the event of one record of a case, as :func:`case_events` tells it. :param entry: (log, seq) of a record that it told."""
    row = session.row("SELECT bytes FROM entry WHERE log = ? AND seq = ?", entry)
    assert row is not None  # noqa: S101 - a sealed entry that was read before
    return _said(event_of(session, *entry, row[0]))


def case_ids(session: Session) -> list[str]:
    """Return every case on record."""
    return sorted({str(getattr(event, "case", "")) for _, event, _ in _about(session, "cases")})


def resolve_case(session: Session, given: str | None) -> str:
    """Return a case's number from its number, its end, or nothing if there is only one, or only one that is open.

    :param given: what stands after an ``@`` names a log (rule 3), and is left away.
    :raises NotFound: ``case.not_found``. :raises Ambiguous: ``case.ambiguous``; where none is named ``case.which``,
        ``case.which_closed`` with those that are open, or on record.
    """
    known = case_ids(session)
    if not given:
        return _only(session, known)
    found = cases_like(known, given)
    if len(found) == 1:
        return found[0]
    if found:
        raise Ambiguous("case.ambiguous", value=given, candidates=found)
    raise NotFound("case.not_found", value=given, near=known[:5])


def cases_like(known: Sequence[str], given: str) -> list[str]:
    """Return the cases that a number, or the end of one, means; the whole number means that case alone."""
    text = given.partition("@")[0].strip().upper()
    return [each for each in known if each == text] or [each for each in known if fnmatch.fnmatchcase(each, f"*{text}")]


def _only(session: Session, known: list[str]) -> str:
    """Return the case that is meant where none is named: the only one, or the only one that is open."""
    if not known:
        raise NotFound("case.not_found", value="-")
    if len(known) == 1:
        return known[0]
    going = [each for each in known if _is_open(session, each)]
    if len(going) == 1:
        return going[0]
    raise Ambiguous("case.which" if going else "case.which_closed", count=len(going or known), candidates=going or known)


def name_case(session: Session, given: str | None) -> str:
    """Return a case's number as :func:`resolve_case` does, with the log that was named (rule 3): what :func:`load_case` takes."""
    log = (given or "").partition("@")[2].strip()
    return resolve_case(session, given) + (f"@{log}" if log else "")


def _is_open(session: Session, case: str) -> bool:
    try:
        opened = load_cases(session, case)
    except NotFound:
        return False  # only spoken about, never opened
    return any(state.closed is None and state.withdrawn is None for state in opened)


def load_case(
    session: Session, case: str, *, until: int | None = None, known_by: int | None = None, told: Sequence[Told] | None = None
) -> Case:
    """Return a case as its events up to a moment say, or only those recorded by one.

    :param case: its number; ``N@ORIGIN`` where several logs opened one (rule 3).
    :param told: what :func:`case_events` returned for it in this session, where it has been read already.
    :raises NotFound: ``case.not_found``. :raises Ambiguous: ``case.opened_twice``.
    """
    return one_of(load_cases(session, case, until=until, known_by=known_by, told=told))


def one_of(opened: Sequence[Case]) -> Case:
    """Return the case that is meant by what :func:`load_cases` found (rule 3). Raises ``Ambiguous`` (``case.opened_twice``)."""
    meant = [each for each in opened if each.withdrawn is None] or list(opened)
    if len(meant) > 1:
        raise Ambiguous("case.opened_twice", value=meant[0].case, candidates=[each.name for each in meant])
    return meant[0]


def load_cases(
    session: Session,
    case: str,
    *,
    until: int | None = None,
    known_by: int | None = None,
    told: Sequence[Told] | None = None,
    site: str = "",
) -> list[Case]:
    """Return the cases opened under one number by logs with no standing in each other's (rule 3), nearly always one; never none.

    :param case: as :func:`load_case` takes it; with a log, only the case that this log opened.
    :param site: id of the one site that is asked about: of the steps at others there may be none, and they are not decoded.
    :raises NotFound: ``case.not_found``; ``case.not_yet`` with ``expected``: it is on record, and opens only then.
    """
    case, _, log = case.partition("@")
    if told is None:
        told = case_events(session, case, site)
        if site and any(isinstance(event, GoodsCleared) and not event.lots for _, event, _ in told):
            told = case_events(session, case)  # all goods of a case are those at all its sites
    events = [each for each in told if (until is None or micros(each[1].at) <= until) and (known_by is None or each[0] <= known_by)]
    firsts: list[tuple[int, RecallOpened, tuple[int, int]]] = []
    rest = list(events)
    while (first := opening(rest)) is not None:
        firsts.append(first)
        standing = standing_of(session, first[2][0])
        rest = [each for each in rest if not standing(each[2][0]) and each[1].id != first[1].id]
    if not firsts:
        later = min((each[1].at for each in case_events(session, case) if isinstance(each[1], RecallOpened)), default=None)
        if later is not None and until is not None and micros(later) > until:
            raise NotFound("case.not_yet", value=case, expected=later.isoformat(timespec="minutes"))
        raise NotFound("case.not_found", value=case, near=case_ids(session)[:5])
    if len(firsts) == 1 and not log:
        return [_as_opened(session, case, events, firsts[0], case)]
    origins: dict[int, str] = dict(session.rows("SELECT id, origin FROM log"))
    named = {first[2][0]: f"{case}@{origins[first[2][0]]}" for first in firsts}
    chosen = [first for first in firsts if not log or _says(log, origins[first[2][0]])]
    if not chosen:
        raise NotFound("case.not_found", value=f"{case}@{log}", near=list(named.values())[:5])
    return [_as_opened(session, case, events, first, named[first[2][0]]) for first in chosen]


def _says(log: str, origin: str) -> bool:
    """Tell whether a log is the one meant: by its origin, or the last parts of it."""
    return log == origin or origin.endswith(f"/{log}")


def _as_opened(session: Session, case: str, events: Collection[Told], first: tuple[int, RecallOpened, tuple[int, int]], name: str) -> Case:
    """Return a case as its events say, by one of its openings."""
    opened = first[1]
    standing = standing_of(session, first[2][0])
    number = find(session, _names(event for _, event, _ in events))
    state: dict[str, Any] = {"published": None if opened.published is None else micros(opened.published), "closed": None, "withdrawn": None}
    scopes: list[Told] = [first]
    extended: list[tuple[int, int | None]] = []
    clearings: list[Told] = []
    reopened: list[int] = []
    steps: list[Step] = []
    ignored: list[tuple[int, int]] = []
    unanswered: list[tuple[int, int]] = []
    for recorded, event, entry in events:
        at = micros(event.at)
        if (type(event) in _MANAGED and not standing(entry[0])) or (isinstance(event, RecallOpened) and entry != first[2]):
            ignored.append(entry)
        elif type(event) not in _OF_THE_CASE:
            step = _step(number, recorded, at, event, entry)
            if step is not None:
                steps.append(step)
        elif isinstance(event, RecallWidened):
            scopes.append((recorded, event, entry))
        elif isinstance(event, RecallPublished):
            state["published"] = at if state["published"] is None else min(at, state["published"])
        elif isinstance(event, RecallClosed):
            state["closed"] = at
        elif isinstance(event, RecallReopened):
            state["closed"] = None
            reopened.append(at)
        elif isinstance(event, RecallWithdrawn):
            state["withdrawn"] = at if answered_for(event) else state["withdrawn"]
        elif isinstance(event, DeadlineExtended) and answered_for(event):
            extended.append((micros(event.until), None if event.published is None else micros(event.published)))
        elif isinstance(event, GoodsCleared) and answered_for(event):
            clearings.append((recorded, event, entry))
        if not answered_for(event) and standing(entry[0]):
            unanswered.append(entry)
    found = Case(
        case=case,
        versions=tuple(_versions(scopes)),
        level=opened.level,
        reason=opened.reason,
        opened=micros(opened.at),
        known=micros(opened.known),
        producer=opened.producer,
        operator=opened.operator or opened.producer,
        extended=tuple(extended),
        steps=tuple(steps),
        rule_pack=opened.rule_pack,
        advice=opened.advice,
        reopened=tuple(reopened),
        planned=_planned(events, number),
        without_standing=tuple(ignored),
        unanswered=tuple(unanswered),
        opener=first[2][0],
        name=name,
        **state,
    )
    return _cleared(session, found, scopes, clearings, number) if clearings else found


def _versions(scopes: Sequence[Told]) -> Iterator[ScopeVersion]:
    """Iterate over the versions of a scope. :param scopes: the opening and what widened or narrowed it, in the order of ``at``."""
    clauses: tuple[Clause, ...] = ()
    for version, (_, event, _) in enumerate(scopes, 1):
        assert isinstance(event, RecallOpened | RecallWidened)  # noqa: S101 - what the caller picked
        before = () if narrows(event) else clauses
        clauses = (*before, *event.scope)
        yield ScopeVersion(version=version, clauses=clauses, at=micros(event.at), reason=event.reason)


def _cleared(session: Session, case: Case, scopes: Sequence[Told], clearings: Sequence[Told], number: Mapping[str, int]) -> Case:
    """Return a case with what was cleared of it, and which versions of its scope each clearing could not know of.

    A clearing knows what happened and was on record by then: a record of today is no part of what was examined yesterday.
    """
    made: list[tuple[Told, tuple[Cleared, ...]]] = []
    for told in clearings:
        recorded, event, _ = told
        assert isinstance(event, GoodsCleared)  # noqa: S101 - what the caller picked
        at, where = micros(event.at), number.get(event.site, _NOBODY) if event.site else _ALL
        places = [(number.get(lot, _NOBODY), where) for lot in event.lots]
        if not event.lots:
            versions = tuple(_versions([each for each in scopes if _before(each, told)]))
            then = msgspec.structs.replace(
                case, versions=versions, steps=tuple(each for each in case.steps if each.at <= at and each.recorded <= recorded)
            )
            places = sorted(_all_goods(session, then, at, recorded, where)) if versions else []
        custody = event.custody or not (event.lots or event.site)  # all goods of a case are those in custody too
        made.append((told, tuple(Cleared(lot, site, at, recorded, told[2], custody) for lot, site in places)))
    versions = tuple(
        msgspec.structs.replace(each, unknown_to=tuple(place for told, places in made if not _before(scope, told) for place in places))
        for each, scope in zip(case.versions, scopes, strict=True)
    )
    return msgspec.structs.replace(case, versions=versions, cleared=tuple(place for _, places in made for place in places))


def _before(scope: Told, clearing: Told) -> bool:
    """Tell whether a version of a scope had happened and was on record when something was cleared."""
    (recorded, event, entry), (then, cleared, at) = scope, clearing
    return event.at <= cleared.at and (recorded < then or (recorded == then and entry[0] == at[0] and entry[1] < at[1]))


def _all_goods(session: Session, case: Case, at: int, recorded: int, site: int) -> set[tuple[int, int]]:
    """Return what a clearing of all goods of a case let go (:func:`foodtrace.recall.clearing.all_goods`)."""
    from foodtrace.graph.known import facts_by  # noqa: PLC0415 - only where such a clearing is on record
    from foodtrace.recall.clearing import all_goods  # noqa: PLC0415
    from foodtrace.recall.packs import for_case  # noqa: PLC0415

    return all_goods(facts_by(session, at, recorded), case, for_case(case, session.rules).settings, site)


def opening(events: Collection[Told], log: int = 0) -> tuple[int, RecallOpened, tuple[int, int]] | None:
    """Return the opening of a case among its events (rule 3), none if there is none.

    :param log: the log that opened it (``Case.opener``), 0 for whichever.
    """
    openings = [(at, event, entry) for at, event, entry in events if isinstance(event, RecallOpened) and log in (0, entry[0])]
    return min(openings, key=lambda each: (each[0], each[1].at, each[1].id), default=None)


def standing_of(session: Session, opener: int) -> Callable[[int], bool]:
    """Return which logs have a say in a case that this log opened (rule 2)."""
    operators: dict[int, str] = {}

    def operator(log: int) -> str:
        if log not in operators:
            operators[log] = log_operator(session, log)
        return operators[log]

    return lambda log: log == opener or operator(log) == operator(opener) != ""


def log_operator(session: Session, log: int) -> str:
    """Return who runs a log, by its first entry; empty where it does not say."""
    row = session.row("SELECT bytes FROM entry WHERE log = ? AND seq = 0", (log,))
    key = decode(event_bytes(bytes(row[0]))) if row is not None else None
    return key.issuer if isinstance(key, Key) else ""


def _names(events: Iterator[Event]) -> list[str]:
    """Return every site and lot that the events of a case name."""
    found: dict[str, None] = {}
    for event in events:
        for text in (event.site, getattr(event, "to", ""), getattr(event, "lot", ""), *getattr(event, "lots", ())):
            found[text] = None
        for portion in getattr(event, "on_hand", ()):
            found[portion.lot] = None
    return [text for text in found if text]


def _step(number: dict[str, int], recorded: int, at: int, event: Event, entry: tuple[int, int]) -> Step | None:
    site = number.get(event.site, 0)
    if isinstance(event, Notice):
        return Step(
            kind="notice",
            site=number.get(event.to, 0),
            at=at,
            recorded=recorded,
            delivered=None if event.delivered is None else micros(event.delivered),
            lots=tuple(number[lot] for lot in event.lots if lot in number),
            direction=event.direction,
            entry=entry,
        )
    if isinstance(event, Acknowledgement):
        held = tuple((number[each.lot], UNITS[each.quantity.unit], each.quantity.value) for each in event.on_hand if each.lot in number)
        latest = {"day": at + ONE_DAY - 1, "unknown": NEVER}.get(event.precision)
        return Step(kind="acknowledgement", site=site, at=at, recorded=recorded, on_hand=held, latest=latest, entry=entry)
    if isinstance(event, EffectivenessCheck):
        lots = (number[event.lot],) if event.lot in number else ()
        amount = (0, -1) if event.quantity is None else (event.quantity.value, UNITS[event.quantity.unit])
        said = {"result": event.result, "level": event.level, "amount": amount, "entry": entry}
        return Step(kind="check", site=site, at=at, recorded=recorded, lots=lots, **said)  # type: ignore[arg-type]  # as above
    if isinstance(event, Refusal):
        # A till that refuses goods of the case has it on its stop list: from then on the shop knows.
        return Step(kind="stop_list", site=site, at=at, recorded=recorded, entry=entry) if event.asked == "sale" else None
    for kind, name in ((Sealing, "sealing"), (Returned, "returned"), (Destroyed, "destroyed")):
        if isinstance(event, kind):
            lots = (number[event.lot],) if event.lot in number else ()
            return Step(kind=name, site=site, at=at, recorded=recorded, lots=lots, entry=entry)
    return None


def _planned(events: Collection[Told], number: dict[str, int]) -> tuple[Planned, ...]:
    """Return the destructions that are meant to happen, the latest word on each; one that was replaced is left out."""
    plans = {event.id: event for _, event, _ in events if isinstance(event, DestructionPlanned)}
    replaced = {event.plan for event in plans.values() if event.plan}
    carried_out = _carried_out(events, plans)
    left = {name: max(0, event.quantity.value - carried_out.get(name, 0)) for name, event in plans.items()}
    return tuple(
        Planned(
            id=event.id,
            site=number.get(event.site, 0),
            lot=number.get(event.lot, 0),
            unit=UNITS[event.quantity.unit],
            q=event.quantity.value,
            due=micros(event.due),
            place=event.place,
            method=event.method,
            reported=None if event.reported is None else micros(event.reported),
            left=left[event.id],
            done=event.cancelled or (event.id in carried_out and not left[event.id]),
            witness=event.witness,
        )
        for event in plans.values()
        if event.id not in replaced
    )


def _carried_out(events: Collection[Told], plans: Mapping[str, DestructionPlanned]) -> dict[str, int]:
    """Return how much of each plan was destroyed, however many records tell it: id of the word on it that counted then -> base units."""
    after = {event.plan: event for event in plans.values() if event.plan and event.plan != event.id}
    done: dict[str, int] = {}
    for event in {event.id: event for _, event, _ in events if isinstance(event, Destroyed) and event.plan in plans}.values():
        plan, seen = plans[event.plan], {event.plan}
        while (later := after.get(plan.id)) is not None and later.at <= event.at and later.id not in seen:
            plan = later
            seen.add(plan.id)
        all_of_it = event.quantity.unit != plan.quantity.unit  # no figure says how much that is
        done[plan.id] = done.get(plan.id, 0) + (plan.quantity if all_of_it else event.quantity).value
    return done


def _about(session: Session, subject: str, site: str = "") -> list[Told]:
    number = find(session, [subject]).get(subject)
    if number is None:
        return []
    rows = session.rows(_LIVE, (number,))
    if site:
        # One text has one spelling in canonical bytes: what does not have it does not name the site.
        spelled = msgspec.json.encode(site)
        rows = [row for row in rows if row[4] not in _AT_ONE_SITE or spelled in bytes(row[0])]
    facts = SqlFacts(session, NEVER)
    standing = facts.in_force([(log, seq, ended) for _, log, seq, ended, _ in rows]) if facts.crossed else None
    found: list[Told] = []
    for data, log, seq, ended, kind in rows:
        gone = ended != 0 if standing is None else (log, seq) not in standing
        if gone and (ended or kind not in _SAID_BY_STANDING or _by_standing(facts, log, seq)):
            continue  # corrected by another log that is entitled to, or put in place by one that is not
        found.append((sealed(bytes(data))[1], _said(event_of(session, log, seq, data)), (log, seq)))
    found += [(word.recorded, word.event, word.entry) for word in words_about(facts, session, subject) if word.event is not None]
    place = _places(facts, found)
    return sorted(found, key=lambda each: (each[1].at, each[0], each[1].id, place.get(each[2], 0)))


def _by_standing(facts: SqlFacts, log: int, seq: int) -> bool:
    """Tell whether an entry was corrected by a log with a say in the case (rule 2), and not by the site it is about alone."""
    may_say = standing_of(facts.session, log)
    return any(may_say(other) or facts.continues(other, log) for other, _ in facts.entitled(log, seq))


def _said(event: AnyEvent) -> Event:
    """Return what an entry says: of a correction what it puts in place of another, with the personal fields that it commits to."""
    word: Event | None = getattr(event, "replacement", None)
    return event if word is None else msgspec.structs.replace(word, commitments={**word.commitments, **event.commitments})


def _places(facts: SqlFacts, told: list[Told]) -> dict[tuple[int, int], int]:
    """Return the place of each copy of an event that several logs carry: which log came here first must not decide who opened a case."""
    entries: dict[str, list[tuple[int, int]]] = {}
    for _, event, entry in told:
        entries.setdefault(event.id, []).append(entry)
    several = {name: copies for name, copies in entries.items() if len(copies) > 1}
    return {entry: place for name, copies in several.items() for place, entry in enumerate(facts.ranked(name, sorted(copies)).entries)}
