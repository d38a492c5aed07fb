"""The report of a recall case: everything a regulator, a court or the company keeps of it, as one value.

Rules:

1. It says what is known and what is not: the list, what could not be traced, how fresh each source is, and which rules were used.
2. **Contacts** (names, phones, addresses of people) are masked unless asked for; whoever shows them has that put on record
   (TRANSCRIPTS section 9, 18).
3. **Curve**: completion day by day, as happened and as known (RECALL section 8), with the deadline in the same picture. A large case
   gets fewer points, never other ones: the last point is the answer itself.
4. **Proof block**: for every record the report rests on its log, sequence number and leaf hash; for every log its size, verifier key
   and newest signed checkpoint (:mod:`foodtrace.recall.report_entries`). The proofs themselves are made from these
   (:mod:`foodtrace.keeping.reportproofs`) and lie in the page: with them anybody can check that the records existed and were not
   changed, without this database.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, Literal

import msgspec

from foodtrace.events import LotsClause, Notice
from foodtrace.graph.edges import UNIT_NAMES, micros
from foodtrace.graph.inorder import in_order
from foodtrace.graph.known import facts_by
from foodtrace.graph.reader import SqlFacts
from foodtrace.personal import Secret, fits
from foodtrace.recall.affected import Affected
from foodtrace.recall.answer import Answer, OutletRow, RateAnswer, recall
from foodtrace.recall.calendars import calendar_of
from foodtrace.recall.cases import Told, case_events, load_case, opening
from foodtrace.recall.chain import Chain, forward
from foodtrace.recall.curve import Point, curve
from foodtrace.recall.deadlines import LOCAL, Clock, completion_clock, end_of, local_day, start_clock
from foodtrace.recall.decisions import Decision, decisions
from foodtrace.recall.effectiveness import VisitsBeyond, beyond_draw
from foodtrace.recall.facts import Case
from foodtrace.recall.finding.look import Look
from foodtrace.recall.finds import Find, finds
from foodtrace.recall.marked import free_at_own, marked, unsealed
from foodtrace.recall.owncorrections import OwnCorrection, own_corrections
from foodtrace.recall.packs import for_case
from foodtrace.recall.reach import reach_of_case
from foodtrace.recall.report_entries import MOST_GOODS, CaseEntry, LogProof, entries_of_case, entries_of_goods, local_time, log_proofs
from foodtrace.recall.said import Unsealed
from foodtrace.recall.saying import rate_said, unsealed_said
from foodtrace.recall.scope import scope_words
from foodtrace.recall.settings import Settings
from foodtrace.recall.sums import said_at_notice
from foodtrace.storage.session import Session

MOST_POINTS: Final = 32
_DAYS: Final = 8
"""Days that a line names."""
_LEAST_POINTS: Final = 16
_SECOND: Final = 1_000_000
_MINUTE: Final = 60 * _SECOND
_WORK: Final = 400_000
"""Affected holdings walked for a curve, over all its points, at most (rule 3)."""
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class CurvePoint(msgspec.Struct, frozen=True, kw_only=True):
    """One moment of the curve."""

    at: str
    deadline: bool = False
    """It is the moment at which the recall was due."""
    happened: dict[str, RateAnswer]
    """R1-R3 of the row that is worst now, and R4-R6: everything on record, cut by when it happened."""
    known: dict[str, RateAnswer]
    """The same of what had been recorded by then."""


class Deadline(msgspec.Struct, frozen=True, kw_only=True):
    """One clock of the case."""

    name: Literal["start", "complete"]
    state: Literal["met", "late", "running", "not_running", "unknown"]
    due: str | None
    first_due: str | None
    """Before any extension; none where there was none."""
    done: str | None
    late_by: int | None
    """Hours (start) or working days (completion)."""
    left: int | None
    missing_years: tuple[int, ...]
    own_years: tuple[int, ...]
    """Years it leans on whose holiday table is one of one's own."""


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """One version of the scope."""

    version: int
    at: str
    reason: str
    scope: tuple[str, ...]
    """Each clause in words that need no translation: lot ids, site ids, times, attributes."""


PLAN: Final = ("brand", "spec", "quantity", "harm", "process", "area", "disposal", "cost", "refund", "expected", "channel")
"""What plan and notice say beside product and reason, in the order in which it is printed (RCL15 Art. 15, 19)."""
REPORTED: Final = ("plan_date", *PLAN[:2], "produced", *PLAN[2:], "duties", "ends")
"""What the report says of the plan: its own day, days of production, what holders have to do and the last day have places of their own in a
notice."""
PEOPLE: Final = ("representative", "in_charge", "phone", "email", "address")
"""Whom the plan names; kept beside the log, where it can be erased."""


class LotDates(msgspec.Struct, frozen=True, kw_only=True):
    """What the records say of one affected lot; empty, or none: they do not."""

    lot: str
    also: tuple[str, ...] = ()
    """Its other names."""
    product: str
    produced: str
    """Day, ``2026-11-01``."""
    expiry: str
    content: int | None
    """How much is in one piece, in base units of ``content_unit``."""
    content_unit: str


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The report of a case; its JSON is ``schemas/case-report.json``."""

    case: str
    """Its number; ``N@ORIGIN`` where several logs opened it."""
    made: str
    product: str
    level: int
    reason: str
    advice: str
    producer: str
    operator: str
    producer_name: str = ""
    operator_name: str = ""
    plan: dict[str, str] = {}
    """What the plan and the notice say (RCL15 Art. 15, 19), by :data:`REPORTED`; what they do not say is left out."""
    people: dict[str, str] = {}
    """Whom the plan names, by :data:`PEOPLE`, masked as the contacts are; what it does not say, or was erased, is left out."""
    lots: tuple[LotDates, ...] = ()
    """The affected lots, with what their records say of them."""
    known: str
    opened: str
    published: str | None
    closed: str | None
    withdrawn: str | None
    decisions: tuple[Decision, ...] = ()
    """Closing, override, reopening, withdrawal and clearing, each with its reason and who answers for it."""
    own_corrections: tuple[OwnCorrection, ...] = ()
    """Corrections of the case's own entries, each with what it took back or changed, who and why."""
    rule_pack: str
    rule_pack_title: str
    rule_pack_missing: str
    """The pack that the case was opened under, where it is not here and the other computed; else empty."""
    unverified: tuple[str, ...]
    """Newer rule packs whose text was not read: the figures are by the older one."""
    contacts: Literal["masked", "shown"]
    versions: tuple[Version, ...]
    deadlines: tuple[Deadline, ...]
    answer: Answer
    upstream: dict[str, str] = {}
    """Site -> when it was told as a supplier of the goods or of what they were made from."""
    visits_beyond: VisitsBeyond = VisitsBeyond()
    """Visits to sites that nobody had drawn: no part of R6."""
    unsealed: tuple[Unsealed, ...] = ()
    """Free stock of what sites received after the opening and did not book as sealed."""
    own_free: tuple[Unsealed, ...] = ()
    """What lies free at sites of whoever recalls."""
    finds: tuple[Find, ...] = ()
    """What visits found where goods had been cleared, or others of them bear a seal."""
    curve: tuple[CurvePoint, ...]
    entries: tuple[CaseEntry, ...]
    """Records of the case itself."""
    goods: tuple[CaseEntry, ...] = ()
    """Records of its goods: births, moves, sales, counts, and what findings name."""
    goods_left_out: int = 0
    """Records of goods that are too many to be listed."""
    logs: tuple[LogProof, ...]


def case_report(
    session: Session,
    case_id: str,
    *,
    now: int,
    contacts: bool = False,
    most_goods: int | None = MOST_GOODS,
    name_of: Callable[[str], str] = str,
    unmet: Mapping[tuple[int, int], int] | None = None,
) -> tuple[Report, Chain]:
    """Return the report of a case and the chain of its goods, to draw.

    :param contacts: show people's names, phones and addresses in full.
    :param most_goods: records of the goods that are listed; none: all of them.
    :param name_of: what to call an operator.
    :param unmet: what stood against each closing without override (:func:`foodtrace.recall.decisions.decisions`).
    :raises NotFound: ``case.not_found``.
    """
    case = load_case(session, case_id, until=now)
    chosen = for_case(case, session.rules)
    settings = chosen.settings
    answer = chosen.named(recall(session, (), now=now, case=case, settings=settings, bounds=True))
    facts = SqlFacts(session, now)
    found = reach_of_case(facts, case, settings)
    asked = {lot for clause in case.versions[-1].clauses if isinstance(clause, LotsClause) for lot, _ in facts.lots_like(clause)}
    told = [each for each in case_events(session, case.case) if micros(each[1].at) <= now]
    entries = entries_of_case(session, told)
    goods, left_out = entries_of_goods(session, facts, found, answer, entries, most=most_goods)
    look = Look(facts, found, settings, case, calendar_of(session.rules))
    names = {number: info.name for number, info in found.sites.items()}
    report = Report(
        case=case.name or case.case,
        made=local_time(now),
        product=answer.product,
        level=case.level,
        reason=case.reason,
        advice=case.advice,
        producer=case.producer,
        operator=case.operator,
        producer_name=name_of(case.producer) if case.producer else "",
        operator_name=name_of(case.operator) if case.operator else "",
        plan=plan_said(told, case),
        people=_people(session, told, case, masked=not contacts),
        lots=_lots(found),
        known=local_time(case.known),
        opened=local_time(case.opened),
        published=_maybe(case.published),
        closed=_maybe(case.closed),
        withdrawn=_maybe(case.withdrawn),
        decisions=decisions(told, case, dict(session.rows("SELECT id, origin FROM log")), unmet),
        own_corrections=own_corrections(facts, case),
        rule_pack=chosen.pack.name,
        rule_pack_title=chosen.pack.title,
        rule_pack_missing=chosen.missing,
        unverified=tuple(each.id for each in chosen.gaps),
        contacts="shown" if contacts else "masked",
        versions=tuple(
            Version(version=each.version, at=local_time(each.at), reason=each.reason, scope=tuple(scope_words(c) for c in each.clauses))
            for each in case.versions
        ),
        deadlines=(_deadline(start_clock(case, settings), now), _deadline(completion_clock(case, settings, look.calendar, now), now)),
        answer=answer if contacts else masked(answer),
        upstream=_upstream(told),
        visits_beyond=beyond_draw(case.steps, now),
        unsealed=unsealed_said(facts, unsealed(look, marked(look)), names, found.called),
        own_free=unsealed_said(facts, free_at_own(look), names, found.called),
        finds=_finds(session, look, case),
        curve=curve_points(session, case, settings, now, len(found.holdings)),
        entries=entries,
        goods=goods,
        goods_left_out=left_out,
        logs=log_proofs(session),
    )
    return report, forward(facts, found, asked, settings=settings, sums=look.sums)


def plan_said(told: Sequence[Told], case: Case) -> dict[str, str]:
    """Return what the plan says, by :data:`REPORTED`; what it does not say is left out. :param told: the records of the case."""
    first = opening(told, case.opener)
    return {} if first is None else {name: str(said) for name in REPORTED if (said := getattr(first[1], name, None))}


def _finds(session: Session, look: Look, case: Case) -> tuple[Find, ...]:
    origins: dict[int, str] = dict(session.rows("SELECT id, origin FROM log"))
    said = said_at_notice(look.facts, look.found, case, look.settings)
    return finds(look.found, case, look.matter, said, look.now, lambda entry: f"{origins.get(entry[0], entry[0])}#{entry[1]}")


def _people(session: Session, told: Sequence[Told], case: Case, *, masked: bool) -> dict[str, str]:
    """Return whom the plan names; a value that is not what the entry commits to is left out."""
    first = opening(told, case.opener)
    if first is None:
        return {}
    data = session.row("SELECT bytes FROM entry WHERE log = ? AND seq = ?", first[2])
    rows = session.rows("SELECT field, salt, value FROM personal WHERE log = ? AND seq = ?", first[2])
    kept = [Secret(field, bytes(salt), value) for field, salt, value in rows]
    said = {each.field: each.value for each in kept if data is not None and fits(bytes(data[0]), each)}
    return {name: _hidden(name, said[name]) if masked else said[name] for name in PEOPLE if said.get(name)}


def _hidden(field: str, value: str) -> str:
    return hidden_phone(value) if field == "phone" else value[: 3 if field == "address" else 1] + "**"


def _lots(found: Affected) -> tuple[LotDates, ...]:
    made: list[LotDates] = []
    for lot in found.lots:
        infos = [found.infos[name] for name in found.names[lot] if name in found.infos]
        content, unit = next(((each.content, UNIT_NAMES[each.content_unit]) for each in infos if each.content is not None), (None, ""))
        made.append(
            LotDates(
                lot=found.called.name(lot),
                also=found.called.others(lot),
                product=found.product(lot),
                produced=days_said(each.produced for each in infos),
                expiry=days_said(each.expiry for each in infos),
                content=content,
                content_unit=unit,
            )
        )
    return tuple(sorted(made, key=lambda each: in_order(each.lot)))


def days_said(days: Iterable[int | None]) -> str:
    """Return days, counted from 1970, in words that need no translation: one, or several where the records say several."""
    told = sorted({each for each in days if each is not None})
    return ", ".join((dt.date(1970, 1, 1) + dt.timedelta(days=each)).isoformat() for each in told[:_DAYS]) + " .." * (len(told) > _DAYS)


def _upstream(told: Sequence[Told]) -> dict[str, str]:
    """Return when each supplier was first told."""
    found: dict[str, int] = {}
    for _, event, _ in told:
        if isinstance(event, Notice) and event.direction == "upstream":
            at = micros(event.delivered or event.at)
            found[event.to] = min(found.get(event.to, at), at)
    return {site: local_time(at) for site, at in sorted(found.items())}


def masked(answer: Answer) -> Answer:
    """Return an answer with people's names, phones and addresses masked (rule 2)."""
    return msgspec.structs.replace(answer, outlets=tuple(map(_masked, answer.outlets)), others=tuple(map(_masked, answer.others)))


def hidden_phone(phone: str) -> str:
    """Return a telephone number by which it can be told from others, and not be called."""
    return "*" * max(len(phone) - 3, 3) + phone[-3:] if len(phone) > 6 else "***" if phone else ""  # noqa: PLR2004


def _masked(row: OutletRow) -> OutletRow:
    return msgspec.structs.replace(
        row,
        contact=row.contact[:1] + "**" if row.contact else "",
        phone=hidden_phone(row.phone),
        address=row.address[:3] + "**" if row.address else "",
    )


def curve_points(session: Session, case: Case, settings: Settings, now: int, holdings: int) -> tuple[CurvePoint, ...]:
    """Return the curve over the days of the case, both ways of looking at it (rule 3)."""
    when = moments(case, now, most=max(4, min(MOST_POINTS, _WORK // max(2 * holdings, 1))))
    due = completion_clock(case, settings, calendar_of(session.rules), now).due
    end = min(now, case.closed) if case.closed is not None else now
    if due is not None and case.opened < due <= end:
        when = [*(each for each in when if each // _SECOND != due // _SECOND), due]
    return points_at(session, case, settings, sorted(when), due=due)


def at_deadline(session: Session, case: Case, settings: Settings, now: int) -> CurvePoint | None:
    """Return how far a case had come when it was due, both ways (RECALL section 8); none before that."""
    due = completion_clock(case, settings, calendar_of(session.rules), now).due
    return points_at(session, case, settings, [due], due=due)[0] if due is not None and due <= now else None


def points_at(session: Session, case: Case, settings: Settings, when: Sequence[int], *, due: int | None) -> tuple[CurvePoint, ...]:
    """Return how far a case had come at some moments, as happened and as known."""
    made = curve(case, when, _facts_at(session), settings=settings)
    last = made.as_happened[-1].rows if made.as_happened else ()
    row = (last[0].unit, last[0].product) if last else ("", "")
    return tuple(
        CurvePoint(at=local_time(one.t), deadline=one.t == due, happened=_rates(one, row), known=_rates(two, row))
        for one, two in zip(made.as_happened, made.as_known, strict=True)
    )


def moments(case: Case, now: int, *, most: int = MOST_POINTS) -> list[int]:
    """Return when to look: at the opening, at the end of every day since and now; of too many an even choice, of few more between.

    No two lie in one second, and none between in the minute of another: a person reads them as one moment.
    """
    end = min(now, case.closed) if case.closed is not None else now
    day = local_day(case.opened)
    found = {case.opened, end}
    while end_of(day) < end and len(found) < 3660:  # noqa: PLR2004 - ten years of days
        found.add(end_of(day))
        day += dt.timedelta(days=1)
    if len(found) < _LEAST_POINTS:
        taken = {each // _MINUTE for each in found}
        between = (case.opened + (end - case.opened) * place // _LEAST_POINTS for place in range(_LEAST_POINTS))
        found |= {each for each in between if each // _MINUTE not in taken}
    ordered = sorted({each // _SECOND: each for each in sorted(found) if each <= now}.values())
    if len(ordered) > most:
        ordered = [ordered[place * (len(ordered) - 1) // (most - 1)] for place in range(most)]
    return ordered


def _facts_at(session: Session) -> Callable[[int, int | None], SqlFacts]:
    def at(t: int, recorded: int | None) -> SqlFacts:
        return facts_by(session, t, recorded)

    return at


def _rates(point: Point, row: tuple[str, str]) -> dict[str, RateAnswer]:
    figures = next((each for each in point.rows if (each.unit, each.product) == row), None)
    rates = {"R4": point.notified, "R5": point.answered, "R6": point.effective, **(figures.rates if figures else {})}
    return {name: rate_said(rate) for name, rate in sorted(rates.items())}


def _deadline(clock: Clock, now: int) -> Deadline:
    state: Literal["met", "late", "running", "not_running", "unknown"]
    if clock.due is None:
        state = "unknown" if clock.missing else "not_running"
    elif clock.late:
        state = "late"
    else:
        state = "met" if clock.done is not None and clock.done <= now else "running"
    extended = clock.first_due_day is not None and clock.first_due_day != clock.due_day
    return Deadline(
        name=clock.name,
        state=state,
        due=str(clock.due_day) if clock.due_day is not None else _maybe(clock.due),
        first_due=str(clock.first_due_day) if extended else None,
        done=_maybe(clock.done),
        late_by=clock.late_by if clock.late else None,
        left=clock.left,
        missing_years=clock.missing,
        own_years=clock.own,
    )


def _local(moment: int) -> dt.datetime:
    return (_EPOCH + dt.timedelta(microseconds=moment)).astimezone(LOCAL)


def _maybe(moment: int | None) -> str | None:
    return None if moment is None else local_time(moment)


__all__ = ["MOST_GOODS", "CaseEntry", "CurvePoint", "Deadline", "LogProof", "Report", "Version", "case_report", "masked", "moments"]
