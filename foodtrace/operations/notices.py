"""Notices of a case: what each party is told, and how the answers come back (RCL15 Art. 16, 19, 20).

Rules:

1. Who is told, and of what, is :mod:`foodtrace.operations.parties`. One party, one notice, with nothing in it but what is its own: what it
   got, and what it supplied. It has one number, one code and one answer, however many entries it stands in
   (:mod:`foodtrace.recall.noticed`). Two notices that an earlier version sent both ways stay two, with the codes they were printed with.
2. ``new``: parties without a notice, or with goods no notice of theirs has told of (one that names no lot tells of all that the
   scope of its moment means). ``silent``: notified, without an
   answer, or with none of some of their goods (:mod:`foodtrace.recall.heard`). Of goods that the case cleared nobody is told or reminded.
   ``all``: everybody again. Who is due one way is told both again, for it is one notice.
   The first notice counts for N(s); a reminder moves nothing.
3. A notice carries a receipt code. The code is beside the log, its commitment in the entry: whoever answers with it had the
   notice. Sending is recorded; arrival only where somebody says when.
4. A record dated later than now sends nobody a notice; who it names is told to whoever sends them, so that a call can be made.
5. How the answers come in stands in :mod:`foodtrace.operations.answering`, what their codes say in :mod:`foodtrace.operations.receipts`.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Collection, Iterator, Sequence
from typing import Final, Literal, NamedTuple, TypeAlias

import msgspec

from foodtrace.errors import BadData
from foodtrace.events import AnyEvent, Event, Notice
from foodtrace.graph.edges import UNIT_NAMES, micros
from foodtrace.graph.kinds import ABOUT
from foodtrace.graph.names import find
from foodtrace.graph.reader import SqlFacts
from foodtrace.operations.answering import Answering
from foodtrace.operations.common import Doing, Outcome
from foodtrace.operations.managing import managed, reach_of
from foodtrace.operations.parties import Direction, Party, parties, parties_of
from foodtrace.operations.receipts import receipt_text
from foodtrace.quantity import Quantity
from foodtrace.recall.affected import Affected
from foodtrace.recall.cases import case_events, load_case, standing_of
from foodtrace.recall.contacts import Contact, contacts
from foodtrace.recall.facts import Case, found_there
from foodtrace.recall.finding.look import Look
from foodtrace.recall.finding.moves import ahead
from foodtrace.recall.findings import NO_TABLES
from foodtrace.recall.heard import heard_of
from foodtrace.recall.matter import Matter
from foodtrace.recall.noticed import heads, is_head
from foodtrace.recall.packs import for_case
from foodtrace.recall.sums import named_to
from foodtrace.storage.session import Session
from foodtrace.tlog.entry import parse
from foodtrace.tlog.whole import event_of

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
    """Who is told of nothing but what he supplied."""
    both: int
    """Of ``outlets`` and ``others``: who is told of what he supplied as well."""
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
    first = 1 + _numbered(session, state)[1]
    called = contacts(session, [facts.site(each.site) or 0 for each in due])
    for place, plain in enumerate(due):
        party = _described(called.get(facts.site(plain.site) or 0), plain)
        code = "".join(secrets.choice(_LETTERS) for _ in range(_CODE))
        made = [
            Notice(
                id=doing.event_id(f"-{place + 1}" + (f"-{part}" if part else "")),
                at=doing.now,
                by=doing.by,
                case=state.case,
                version=state.versions[-1].version,
                to=party.site,
                operator=party.operator,
                direction=way,
                lots=names,
            )
            for part, (way, names) in enumerate(_parts(party))
        ]
        personal[made[0].id] = {"receipt": code}
        events += made
        sent.append(Sent(number=first + place, party=party, code=code, text=receipt_text(state.case, party.site, code), event=made[0]))
    answer = _notified(state, sent, dated_ahead(facts, found, state), _visited(facts, found, state))
    return Outcome(events=events, personal=personal, answer=answer)


def _parts(party: Party) -> Iterator[tuple[Direction, tuple[str, ...]]]:
    """Iterate over what each entry of a notice tells, and which way; the first of them carries its code."""
    for way in party.directions:
        names = tuple(each.lot for each in party.said(way) if each.lot)
        for start in range(0, max(len(names), 1), _LOTS):
            yield way, names[start : start + _LOTS]


def dated_ahead(facts: SqlFacts, found: Affected, state: Case) -> tuple[tuple[str, int, str], ...]:
    """Return what only records dated later than now bring to a site (rule 4), by name."""
    told = list(ahead(Look(facts, found, for_case(state, facts.session.rules).settings, state, NO_TABLES)))
    sites = facts.sites({each.site for each in told if each.site})
    texts = facts.texts({each.lot for each in told if not each.site})
    names = {each: info.name or info.text for each, info in sites.items()}
    return tuple(sorted((names.get(each.site) or texts.get(each.lot, ""), each.value, UNIT_NAMES[each.unit]) for each in told))


def sent_before(session: Session, now: int, case: str) -> Notified:
    """Return every notice of a case again, to be printed, by number: of each party the last one each way, mostly one for both.

    A notice is printed with what no later one told.
    """
    state = load_case(session, case, until=now)
    facts = SqlFacts(session, now)
    now_due = {party.site: party for party in parties(session, now, state)}
    called = contacts(session, [facts.site(each.site) or 0 for each in now_due.values()])
    last: dict[tuple[str, Direction], Numbered] = {}
    for each in _numbered(session, state)[0]:
        last |= {(each.event.to, way): each for way in each.ways}
    ways: dict[int, list[Direction]] = {}
    for (_, way), each in last.items():
        ways.setdefault(each.number, []).append(way)
    sent: list[Sent] = []
    for each in sorted({each.number: each for each in last.values()}.values(), key=lambda each: each.number):
        party = now_due.get(each.event.to)
        party = None if party is None else party.only(*ways[each.number])
        if party is None or not party.directions:
            continue
        row = session.row("SELECT value FROM personal WHERE log = ? AND seq = ? AND field = 'receipt'", each.entry)
        code = str(row[0]) if row else ""
        text = receipt_text(state.case, party.site, code) if code else ""
        known = _described(called.get(facts.site(party.site) or 0), party)
        sent.append(Sent(number=each.number, party=known, code=code, text=text, event=each.event))
    return _notified(state, sent)


class Numbered(NamedTuple):
    """A notice on record."""

    number: int
    event: Notice
    """Its head (:mod:`foodtrace.recall.noticed`)."""
    entry: tuple[int, int]
    """(log, seq) of its head."""
    ways: frozenset[Direction]


def _numbered(session: Session, state: Case) -> tuple[list[Numbered], int]:
    """Return the notices of a case by the numbers on their papers, and the last number that was given.

    No correction changes a number: one that was taken back keeps its own.
    """
    told = [each for each in case_events(session, state.case) if isinstance(each[1], Notice) and each[2] not in state.without_standing]
    ways: dict[tuple[int, int], set[Direction]] = {}
    head = heads(told)
    for _, event, entry in told:
        assert isinstance(event, Notice)  # noqa: S101 - picked above
        ways.setdefault(head[entry], set()).add(event.direction)
    live = {entry: (recorded, entry, event) for recorded, event, entry in told if is_head(event)}
    first, gone = _corrected(session, state)
    order = sorted(
        [(first.get(entry, (recorded, entry)), entry) for recorded, entry, _ in live.values()] + [(each, each[1]) for each in gone]
    )
    numbered = [
        Numbered(number, live[entry][2], entry, frozenset(ways[entry]))  # type: ignore[arg-type]  # a notice, as its head is
        for number, (_, entry) in enumerate(order, 1)
        if entry in live
    ]
    return numbered, len(order)


_Place: TypeAlias = tuple[int, tuple[int, int]]
"""(recorded, (log, seq))."""


def _corrected(session: Session, state: Case) -> tuple[dict[tuple[int, int], _Place], list[_Place]]:
    """Return the correction that counts of a notice with a code -> where that notice stands itself; and those that were taken back."""
    subject = f"case {state.case}"
    number = find(session, [subject]).get(subject, 0)
    rows = session.rows("SELECT log, seq, ended FROM about WHERE subject = ? AND kind = ? AND ended > 0", (number, ABOUT[Notice]))
    standing = standing_of(session, state.opener)
    first: dict[tuple[int, int], _Place] = {}
    gone: list[_Place] = []
    for log, seq, ended in rows:
        (entry, event), (_, word) = (_read(session, log, each) for each in (seq, ended - 1))
        if standing(log) and is_head(event):  # not an earlier correction of one
            first[log, ended - 1] = parse(entry).recorded, (log, seq)
            if getattr(word, "replacement", None) is None:
                gone.append(first[log, ended - 1])
    return first, gone


def _read(session: Session, log: int, seq: int) -> tuple[bytes, AnyEvent]:
    """Return an entry of a case, and what it says itself."""
    row = session.row("SELECT bytes FROM entry WHERE log = ? AND seq = ?", (log, seq))
    assert row is not None  # noqa: S101 - a sealed entry that a row was made of
    return bytes(row[0]), event_of(session, log, seq, row[0])


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
    sent = {way: named_to(state, facts.now, way) for way in ("downstream", "upstream")}
    answered = {step.site for step in state.steps if step.kind == "acknowledgement"}
    told = {party.site for party in everybody}
    numbers = facts.numbers(told | {each.lot for party in everybody for way in party.directions for each in party.said(way) if each.lot})

    def due(party: Party, way: Direction) -> bool:
        site = numbers.get(party.site, 0)
        named, whole = sent[way]
        before = named.get(site)
        if which == "silent":
            return site in waiting if way == "downstream" else before is not None and site not in answered
        if before is None:
            return True
        lots = {numbers.get(each.lot, 0) for each in party.said(way) if each.lot}
        return site not in whole and any(before.isdisjoint(found.names.get(lot, (lot,))) for lot in lots)

    return [party for party in everybody if any(due(party, way) for way in party.directions)]


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
    down = [each.party for each in sent if each.party.lots]
    outlets = sum(each.outlet for each in down)
    return Notified(
        case=state.name or state.case,
        version=state.versions[-1].version,
        outlets=outlets,
        others=len(down) - outlets,
        upstream=len(sent) - len(down),
        both=sum(bool(each.supplied) for each in down),
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
