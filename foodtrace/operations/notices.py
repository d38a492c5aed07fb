"""Notices of a case: what each party is told, and how the answers come back (RCL15 Art. 16, 19, 20).

Rules:

1. Who is told, and of what, is :mod:`foodtrace.operations.parties`. One party, one notice, with nothing in it but what is its own.
2. ``new``: parties without a notice, or with goods no notice of theirs has told of (one that names no lot tells of all that the
   scope of its moment means). ``silent``: notified, without an
   answer, or with none of some of their goods (:mod:`foodtrace.recall.heard`).
   ``all``: everybody again. The first notice counts for N(s); a reminder moves nothing.
3. A notice carries a receipt code. The code is beside the log, its commitment in the entry: whoever answers with it had the
   notice. Sending is recorded; arrival only where somebody says when.
4. A record dated later than now sends nobody a notice; who it names is told to whoever sends them, so that a call can be made.
5. An acknowledgement says what lay there when the notice arrived. What is not said stays unknown; ``nothing`` says zero. It is said
   in a unit that the lot is kept in there, or refused. A lot said under several of its names is one figure, their sum, and ``nothing``
   takes nothing from it; one said twice under the same name is asked about.
6. A site may answer of any lot of the case, also where no record put it there: what it holds is part of the recall from then on
   (:mod:`foodtrace.recall.reach`). Only a lot that the case is not about is refused.
"""

from __future__ import annotations

import datetime as dt
import re
import secrets
import unicodedata
from collections.abc import Collection, Sequence
from typing import Final, Literal, NamedTuple, TypeAlias

import msgspec

from foodtrace.errors import BadData, NotFound
from foodtrace.events import Acknowledgement, Event, Held, Notice
from foodtrace.graph.directory import resolve_lot, resolve_site
from foodtrace.graph.edges import UNIT_NAMES, micros
from foodtrace.graph.reader import SqlFacts
from foodtrace.operations.certificates import HOST
from foodtrace.operations.common import Doing, Outcome
from foodtrace.operations.managing import managed, reach_of
from foodtrace.operations.parties import Party, parties, parties_of
from foodtrace.personal import commit
from foodtrace.quantity import Quantity
from foodtrace.recall.affected import Affected
from foodtrace.recall.cases import case_events, case_ids, load_case, load_cases, resolve_case
from foodtrace.recall.contacts import Contact, contacts
from foodtrace.recall.facts import Case, found_there
from foodtrace.recall.finding.look import Look
from foodtrace.recall.finding.moves import ahead
from foodtrace.recall.findings import NO_TABLES
from foodtrace.recall.heard import heard_of
from foodtrace.recall.packs import for_case
from foodtrace.recall.sums import named_to
from foodtrace.storage.session import Session

Which: TypeAlias = Literal["new", "silent", "all"]
_ALONE: Final = re.compile("[A-Z2-9]{10}")
"""A receipt code alone, without case and party."""
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
    waiting = heard_of(state, micros(doing.now), found).waiting() if which == "silent" else {}
    due = _due(facts, found, parties_of(session, facts, found, state), state, which, waiting)[:MOST]
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
    """Record a site's answer to its notice (rule 4); the answer is the event.

    :param nothing: the site says that of its lots nothing was left.
    :param on_hand: of lots of the case, whether or not any record put them there (rule 6).
    :raises NotFound: ``case.not_affected``: no notice, and nothing of the case there; or a lot that the case is not about.
    :raises BadData: ``quantity.unit_differs``: pieces said of a lot that is kept in grams, and the like; ``case.lot_twice``.
    """
    full = resolve_case(session, case)
    place = resolve_site(session, site)
    told = [event for _, event, _ in case_events(session, full) if isinstance(event, Notice) and event.to == place]
    mine, ever, reached = _own_lots(session, doing, full, place)
    said = [(resolve_lot(session, lot), quantity) for lot, quantity in on_hand]
    ever |= _elsewhere(SqlFacts(session, micros(doing.now)), reached, [lot for lot, _ in said if lot not in ever])
    if not told and not ever and not said:
        raise NotFound("case.not_affected", value=place, case=full)
    strange = next((lot for lot, _ in said if lot not in ever), None)
    if strange is not None:
        raise NotFound("case.not_affected", value=strange, case=full, near=sorted(ever)[:5])
    unlike = next((each for each in said if each[1].unit not in ever[each[0]].units), None)
    if unlike is not None:
        raise BadData("quantity.unit_differs", value=f"{unlike[0]} {unlike[1]}", expected="/".join(ever[unlike[0]].units))
    said = _added(said, ever)
    if nothing:
        named = {ever[lot].lot for lot, _ in said}
        others = {kept.lot: kept.units[0] for kept in mine.values() if kept.lot not in named}
        said += [(lot, Quantity(0, unit)) for lot, unit in others.items()]  # type: ignore[arg-type]
    event = Acknowledgement(
        id=doing.event_id(),
        at=doing.now,
        by=doing.by,
        case=full,
        site=place,
        notice=notice or (told[-1].id if told else ""),
        on_hand=tuple(Held(lot, quantity) for lot, quantity in said),
        evidence=evidence,
    )
    return Outcome(events=[event], answer=event)


def receipt_text(case: str, party: str, code: str) -> str:
    """Return the text of a notice's QR code."""
    return f"https://{HOST}/receipt/{case}/{party}/{code}"


def read_receipt(given: str) -> tuple[str, str, str]:
    """Return (case, party, code) of a notice's QR text, however it was typed. Raises ``BadData`` (``case.receipt_form``)."""
    plain = unicodedata.normalize("NFKC", given[:400]).strip().upper()
    match = re.search(r"RECEIPT/([A-Z0-9-]{1,40})/([A-Z0-9.-]{1,40})/([A-Z2-9]{10})\s*$", plain)
    if match is None:
        raise BadData("case.receipt_form", value=given, expected=receipt_text("2026-0001", "L-0003", "K7M2QW9XRT"))
    return match.group(1), match.group(2), match.group(3)


def notice_of(session: Session, given: str) -> Notice:
    """Return the notice that a receipt code was printed on; its letters alone say which notice too, over the telephone.

    :raises BadData: ``case.receipt_form``. :raises NotFound: ``case.receipt_unknown``, ``case.receipt_erased``.
    """
    alone = _ALONE.fullmatch(unicodedata.normalize("NFKC", given[:400]).strip().upper())
    case, party, code = ("", "", alone[0]) if alone else read_receipt(given)
    erased = False
    for _, event, (log, seq) in (each for one in ([case] if case else case_ids(session)) for each in case_events(session, one)):
        if not isinstance(event, Notice) or (party and event.to != party) or "receipt" not in event.commitments:
            continue
        row = session.row("SELECT salt FROM personal WHERE log = ? AND seq = ? AND field = 'receipt'", (log, seq))
        if row is None:
            erased = not alone
        elif secrets.compare_digest(commit(bytes(row[0]), "receipt", code), event.commitments["receipt"]):
            return event
    raise NotFound("case.receipt_erased" if erased else "case.receipt_unknown", value=f"{case} {party}".strip() or code)


class _Kept(NamedTuple):
    """How a lot is kept at a site."""

    units: tuple[str, ...]
    """Where nothing is on record, any."""
    lot: str
    """The one name that stands for all of its names."""


_Lots: TypeAlias = dict[str, _Kept]
"""Full lot id, under every name."""


def _added(said: Sequence[tuple[str, Quantity]], kept: _Lots) -> list[tuple[str, Quantity]]:
    """Return what was said with one figure a lot and unit, under the first name it was given (rule 5)."""
    made: dict[tuple[str, str], tuple[str, Quantity]] = {}
    before: dict[tuple[str, str], Quantity] = {}
    for lot, quantity in said:
        same = before.setdefault((lot, quantity.unit), quantity)
        if same is not quantity:
            raise BadData("case.lot_twice", value=lot, one=str(same), other=str(quantity))
        key = kept[lot].lot, quantity.unit
        name, sum_ = made.get(key, (lot, Quantity(0, quantity.unit)))
        made[key] = name, Quantity(sum_.value + quantity.value, quantity.unit)
    return list(made.values())


def _own_lots(session: Session, doing: Doing, case: str, place: str) -> tuple[_Lots, _Lots, list[Affected]]:
    """Return the affected lots of a site under all their names; those that any version of the scope reached; and all that these reach.

    What a narrower scope left out is answered for as well: it was notified, and is held until it is cleared.
    """
    facts = SqlFacts(session, micros(doing.now))
    number = facts.site(place)
    mine: _Lots = {}
    ever: _Lots = {}
    reached: list[Affected] = []
    for state in load_cases(session, case, until=micros(doing.now)):
        *earlier, last = state.versions
        for version in earlier:
            if not set(version.clauses) <= set(last.clauses):
                reached.append(reach_of(facts, state, version.clauses))
                ever |= _lots_at(facts, reached[-1], number)
        reached.append(reach_of(facts, state))
        mine |= _lots_at(facts, reached[-1], number)
    return mine, ever | mine, reached


def _elsewhere(facts: SqlFacts, reached: Sequence[Affected], lots: Sequence[str]) -> _Lots:
    """Return those of some lots that a case reaches, wherever they are on record (rule 6)."""
    found: _Lots = {}
    for text in lots:
        name = facts.lot(text)
        for hit in reached:
            lot = next((lot for lot, names in hit.names.items() if name in names), None)
            if lot is not None:
                units = tuple(UNIT_NAMES[unit] for unit in sorted({unit for each, _, unit in hit.sums if each == lot}))
                found[text] = _Kept(units or tuple(UNIT_NAMES[:3]), facts.texts([lot])[lot])
    return found


def _lots_at(facts: SqlFacts, found: Affected, site: int | None) -> _Lots:
    mine: _Lots = {}
    for lot, where in found.holdings:
        if where == site:
            units = tuple(UNIT_NAMES[unit] for unit in range(3) if (lot, where, unit) in found.sums) or tuple(UNIT_NAMES[:3])
            texts = facts.texts(found.names[lot])  # holds whatever else was looked up as well
            names = [texts[name] for name in found.names[lot] if texts[name]]
            mine |= {name: _Kept(units, texts[lot]) for name in names}
    return mine


def due_of(session: Session, facts: SqlFacts, found: Affected, state: Case) -> list[Party]:
    """Return who is due a notice, with or without one before (rule 2); without contact data."""
    return _due(facts, found, parties_of(session, facts, found, state), state, "new", ())


def _due(facts: SqlFacts, found: Affected, everybody: list[Party], state: Case, which: Which, waiting: Collection[int]) -> list[Party]:
    """Return who is due a notice (rule 2). :param waiting: of ``silent``, the notified sites that have not answered of all they have."""
    if which == "all":
        return everybody
    sent = {direction: named_to(state, facts.now, direction) for direction in {party.direction for party in everybody}}
    answered = {step.site for step in state.steps if step.kind == "acknowledgement"}
    due: list[Party] = []
    for party in everybody:
        site = facts.site(party.site) or 0
        named, whole = sent[party.direction]
        before = named.get(site)
        if which == "silent":
            if site in waiting if party.direction == "downstream" else before is not None and site not in answered:
                due.append(party)
        elif before is None:
            due.append(party)
        elif site not in whole:
            lots = {facts.lot(each.lot) or 0 for each in party.lots if each.lot}
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


def when(text: str, now: dt.datetime) -> dt.datetime:
    """Read a time, by default in China; one in the future is refused. Raises ``BadData`` (``case.later_than_now``)."""
    from foodtrace.intake.times import read_time  # noqa: PLC0415 - only where a time was typed

    given = read_time(text, zone=now.tzinfo or dt.UTC, epoch=dt.datetime(1899, 12, 30))[0]  # noqa: DTZ001 - a calendar's day
    if given > now:
        raise BadData("case.later_than_now", value=text, expected=now.isoformat())
    return given
