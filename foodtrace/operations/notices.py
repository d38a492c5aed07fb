"""Notices of a case: what each party is told, and how the answers come back (RCL15 Art. 16, 19, 20).

Rules:

1. Who is told, and of what, is :mod:`foodtrace.operations.parties`. One party, one notice, with nothing in it but what is its own.
2. ``new``: parties without a notice, or with goods no notice of theirs has told of (one that names no lot tells of all that the
   scope of its moment means). ``silent``: notified, without an
   answer, or with none of some of their goods (:mod:`foodtrace.recall.heard`). Of goods that the case cleared nobody is told or reminded.
   ``all``: everybody again. The first notice counts for N(s); a reminder moves nothing.
3. A notice carries a receipt code. The code is beside the log, its commitment in the entry: whoever answers with it had the
   notice. Sending is recorded; arrival only where somebody says when.
4. A record dated later than now sends nobody a notice; who it names is told to whoever sends them, so that a call can be made.
5. How the answers come in stands in :mod:`foodtrace.operations.answering`, what their codes say in :mod:`foodtrace.operations.receipts`.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Collection, Sequence
from typing import Final, Literal, TypeAlias

import msgspec

from foodtrace.errors import BadData
from foodtrace.events import Event, Notice
from foodtrace.graph.edges import UNIT_NAMES, micros
from foodtrace.graph.reader import SqlFacts
from foodtrace.operations.answering import Answering
from foodtrace.operations.common import Doing, Outcome
from foodtrace.operations.managing import managed, reach_of
from foodtrace.operations.parties import Party, parties, parties_of
from foodtrace.operations.receipts import receipt_text
from foodtrace.quantity import Quantity
from foodtrace.recall.affected import Affected
from foodtrace.recall.cases import case_events, load_case
from foodtrace.recall.contacts import Contact, contacts
from foodtrace.recall.facts import Case, found_there
from foodtrace.recall.finding.look import Look
from foodtrace.recall.finding.moves import ahead
from foodtrace.recall.findings import NO_TABLES
from foodtrace.recall.heard import heard_of
from foodtrace.recall.matter import Matter
from foodtrace.recall.packs import for_case
from foodtrace.recall.sums import named_to
from foodtrace.storage.session import Session

Which: TypeAlias = Literal["new", "silent", "all"]
MOST: Final = 40_000
"""Notices recorded in one go."""
_LOTS: Final = 1_000
"""Lots one entry names."""
_LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_CODE: Final = 10


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """A notice on record."""

    number: int
    party: Party
    code: str
    """Receipt code; empty where it was erased."""
    text: str
    """Text of the QR code."""
    event: Notice


class Visited(msgspec.Struct, frozen=True, kw_only=True):
    """A site that is known by a visit alone."""

    site: str
    name: str
    quantity: Quantity | None


class Notified(msgspec.Struct, frozen=True, kw_only=True):
    """What notifying came to."""

    case: str
    """Its name (:attr:`foodtrace.recall.facts.Case.name`)."""
    version: int
    outlets: int
    others: int
    """Affected sites that are no outlets."""
    upstream: int
    notices: tuple[Sent, ...]
    ahead: tuple[tuple[str, int, str], ...] = ()
    """(name, quantity, unit) of what only records dated later than now bring to a site: nobody there gets a notice of them."""
    visited: tuple[Visited, ...] = ()
    """Where a visit found goods of which nobody said the lot, and nothing is on record: no notice goes there."""


def notify(session: Session, doing: Doing, case: str | None, *, which: Which = "new") -> Outcome:
    """Record a notice to every party that is due one (rules 1-3), at most :data:`MOST`; the answer is :class:`Notified`."""
    state = managed(session, doing, case)
    now = micros(doing.now)
    events: list[Event] = []
    personal: dict[str, dict[str, str]] = {}
    sent: list[Sent] = []
    facts = SqlFacts(session, now)
    found = reach_of(facts, state)
    matter = Matter(facts, found, state, for_case(state, session.rules).settings)
    waiting = heard_of(state, now, found, matter).waiting() if which == "silent" else {}
    due = _due(facts, found, parties_of(session, facts, found, state, matter), state, which, waiting)[:MOST]
    first = 1 + len(_numbered(session, state))
    called = contacts(session, [facts.site(each.site) or 0 for each in due])
    for place, plain in enumerate(due):
        party = _described(called.get(facts.site(plain.site) or 0), plain)
        code = "".join(secrets.choice(_LETTERS) for _ in range(_CODE))
        names = tuple(each.lot for each in party.lots if each.lot)
        made = [
            Notice(
                id=doing.event_id(f"-{place + 1}" + (f"-{start}" if start else "")),
                at=doing.now,
                by=doing.by,
                case=state.case,
                version=state.versions[-1].version,
                to=party.site,
                operator=party.operator,
                direction=party.direction,
                lots=names[start : start + _LOTS],
            )
            for start in range(0, max(len(names), 1), _LOTS)
        ]
        personal[made[0].id] = {"receipt": code}
        events += made
        sent.append(Sent(number=first + place, party=party, code=code, text=receipt_text(state.case, party.site, code), event=made[0]))
    answer = _notified(state, sent, dated_ahead(facts, found, state), _visited(facts, found, state))
    return Outcome(events=events, personal=personal, answer=answer)


def dated_ahead(facts: SqlFacts, found: Affected, state: Case) -> tuple[tuple[str, int, str], ...]:
    """Return what only records dated later than now bring to a site (rule 4), by name."""
    told = list(ahead(Look(facts, found, for_case(state, facts.session.rules).settings, state, NO_TABLES)))
    sites = facts.sites({each.site for each in told if each.site})
    texts = facts.texts({each.lot for each in told if not each.site})
    names = {each: info.name or info.text for each, info in sites.items()}
    return tuple(sorted((names.get(each.site) or texts.get(each.lot, ""), each.value, UNIT_NAMES[each.unit]) for each in told))


def sent_before(session: Session, now: int, case: str) -> Notified:
    """Return every notice of a case again, to be printed; the last one of each party."""
    state = load_case(session, case, until=now)
    by_party = {(party.site, party.direction): party for party in parties(session, now, state)}
    facts = SqlFacts(session, now)
    called = contacts(session, [facts.site(each.site) or 0 for each in by_party.values()])
    sent: dict[tuple[str, str], Sent] = {}
    for number, (event, entry) in enumerate(_numbered(session, state), 1):
        party = by_party.get((event.to, event.direction))
        if party is None:
            continue
        row = session.row("SELECT value FROM personal WHERE log = ? AND seq = ? AND field = 'receipt'", entry)
        code = str(row[0]) if row else ""
        text = receipt_text(state.case, party.site, code) if code else ""
        known = _described(called.get(facts.site(party.site) or 0), party)
        sent[event.to, event.direction] = Sent(number=number, party=known, code=code, text=text, event=event)
    return _notified(state, list(sent.values()))


def _numbered(session: Session, state: Case) -> list[tuple[Notice, tuple[int, int]]]:
    """Return the notices of a case in the order in which they were numbered; of one in parts, the first."""
    told = sorted(case_events(session, state.case), key=lambda each: (each[0], each[2]))
    return [
        (event, entry)
        for _, event, entry in told
        if isinstance(event, Notice) and "receipt" in event.commitments and entry not in state.without_standing
    ]


def acknowledge(
    session: Session,
    doing: Doing,
    case: str | None,
    site: str,
    on_hand: Sequence[tuple[str, Quantity]],
    *,
    nothing: bool = False,
    evidence: str = "",
    notice: str = "",
) -> Outcome:
    """Record a site's answer to its notice; the answer is the event. See :meth:`foodtrace.operations.answering.Answering.event`."""
    event = Answering(session, case, micros(doing.now)).event(doing, site, on_hand, nothing=nothing, evidence=evidence, notice=notice)
    return Outcome(events=[event], answer=event)


def due_of(session: Session, facts: SqlFacts, found: Affected, state: Case, matter: Matter | None = None) -> list[Party]:
    """Return who is due a notice, with or without one before (rule 2); without contact data."""
    return _due(facts, found, parties_of(session, facts, found, state, matter), state, "new", ())


def _due(facts: SqlFacts, found: Affected, everybody: list[Party], state: Case, which: Which, waiting: Collection[int]) -> list[Party]:
    """Return who is due a notice (rule 2). :param waiting: of ``silent``, the notified sites that have not answered of all they have."""
    if which == "all":
        return everybody
    sent = {direction: named_to(state, facts.now, direction) for direction in {party.direction for party in everybody}}
    answered = {step.site for step in state.steps if step.kind == "acknowledgement"}
    numbers = facts.numbers({party.site for party in everybody} | {each.lot for party in everybody for each in party.lots if each.lot})
    due: list[Party] = []
    for party in everybody:
        site = numbers.get(party.site, 0)
        named, whole = sent[party.direction]
        before = named.get(site)
        if which == "silent":
            if site in waiting if party.direction == "downstream" else before is not None and site not in answered:
                due.append(party)
        elif before is None:
            due.append(party)
        elif site not in whole:
            lots = {numbers.get(each.lot, 0) for each in party.lots if each.lot}
            if any(before.isdisjoint(found.names.get(lot, (lot,))) for lot in lots):
                due.append(party)
    return due


def _described(called: Contact | None, party: Party) -> Party:
    fields = called[1] if called else {}
    return msgspec.structs.replace(
        party, contact=fields.get("contact", ""), phone=fields.get("phone", ""), address=fields.get("address", "")
    )


def _visited(facts: SqlFacts, found: Affected, state: Case) -> tuple[Visited, ...]:
    """Return the sites that a visit alone knows."""
    here = {site for _, site in found.holdings}
    steps = {step.site: step.amount for step in state.steps if found_there(step, facts.now) and step.site not in here}
    named = facts.sites(steps)
    return tuple(
        Visited(
            site=named[site].text,
            name=named[site].name or named[site].text,
            quantity=None if unit < 0 else Quantity(q, UNIT_NAMES[unit]),
        )
        for site, (q, unit) in sorted(steps.items(), key=lambda each: named[each[0]].text)
    )


def _notified(state: Case, sent: list[Sent], early: tuple[tuple[str, int, str], ...] = (), visited: tuple[Visited, ...] = ()) -> Notified:
    down = [each for each in sent if each.party.direction == "downstream"]
    outlets = sum(each.party.outlet for each in down)
    return Notified(
        case=state.name or state.case,
        version=state.versions[-1].version,
        outlets=outlets,
        others=len(down) - outlets,
        upstream=len(sent) - len(down),
        notices=tuple(sent),
        ahead=early,
        visited=visited,
    )


def when(text: str, now: dt.datetime) -> tuple[dt.datetime, bool]:
    """Return a time as people write it, by default in China, and whether no more than its day is known.

    :raises BadData: ``record.time`` and its kinds; ``case.later_than_now``.
    """
    from foodtrace.intake.times import read_time  # noqa: PLC0415 - only where a time was typed

    given, known = read_time(text, zone=now.tzinfo or dt.UTC, epoch=dt.datetime(1899, 12, 30))  # noqa: DTZ001 - a calendar's day
    if given > now:
        raise BadData("case.later_than_now", value=text, expected=now.isoformat())
    return given, known == "day"
