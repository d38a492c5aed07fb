"""Staff cards: who works at a market's gate and who may be the second person, shown by a card and not only said.

Rules:

1. A card is an entry with a hash (:mod:`foodtrace.gate.staffcard`). A gate believes the cards of the log that it writes itself and
   of no other: who writes another log must not be able to name this market's staff. The same card is registered at every gate.
2. From a market's first card on a number that is only typed is not taken, and withdrawing cards does not bring that back. Without
   any card a number is taken at its word, and whoever shows it says that it is not proven.
3. The first card needs nobody's word. Every later one, and every withdrawal, needs somebody who holds a card in force.
4. The newest entry on a number holds: issuing again makes the old card worthless.
5. No error shows a secret.
"""

from __future__ import annotations

import datetime as dt
import secrets
from typing import Final

import msgspec

from foodtrace.errors import BadData, NotFound, Refused
from foodtrace.events import StaffCard
from foodtrace.gate.staffcard import NUMBER, SECRET_BYTES, Card, commitment, format_card, looks_like_card, parse_card, staff_number
from foodtrace.operations.common import Doing, Outcome, about
from foodtrace.storage.session import Session

__all__ = ["Issued", "Person", "StaffSaid", "cards", "in_use", "issue", "list_cards", "prove", "withdraw"]


class Person(msgspec.Struct, frozen=True):
    """Somebody at the gate."""

    number: str
    card: str = ""
    """Event id of the card that was shown; empty: the number was only said."""


class Issued(msgspec.Struct, frozen=True, kw_only=True):
    """A card that was made or registered."""

    number: str
    text: str
    """Text of its code: the secret is in it."""
    entry: str
    until: dt.date | None
    first: bool
    """From now on numbers that are only typed are not taken (rule 2)."""


class StaffSaid(msgspec.Struct, frozen=True, kw_only=True):
    """A number and its card as they stand."""

    number: str
    state: str
    """``good``, ``ended`` or ``withdrawn``."""
    issued: dt.datetime
    until: dt.date | None
    by: str
    """Number on whose word it was issued or withdrawn; empty: the first card."""
    entry: str


_GOOD: Final = "good"


def cards(session: Session, market: str, log: int) -> dict[str, StaffCard]:
    """Return the newest entry of every number (rules 1 and 4). ``log`` 0: of any log."""
    found: dict[str, StaffCard] = {}
    for each in about(session, f"staff {market}", StaffCard):
        if isinstance(each.event, StaffCard) and log in (0, each.log):
            found[each.event.staff] = each.event  # in the order of the log
    return found


def in_use(session: Session, market: str, log: int) -> bool:
    """Say whether a card must be shown (rule 2)."""
    return bool(cards(session, market, log))


def prove(session: Session, market: str, log: int, given: str, today: dt.date) -> Person:
    """Return who somebody is by a scanned card, or by the number they say where no cards are in use.

    :raises BadData: ``counter.staff``. :raises Refused: ``staff.card_needed``, ``staff.card_unknown``, ``staff.card_withdrawn``,
        ``staff.card_ended``.
    """
    known = cards(session, market, log)
    card = parse_card(given)
    if not known:
        if looks_like_card(given):
            raise Refused("staff.card_unknown", value=card.number if card else "-")
        return Person(staff_number(given))
    if card is None:
        raise Refused("staff.card_needed", value=_shown(given))
    event = known.get(card.number)
    state = _state(event, today) if event is not None else ""
    if event is None or (state != "withdrawn" and not secrets.compare_digest(event.commitment, commitment(market, card))):
        raise Refused("staff.card_unknown", value=card.number)
    if state != _GOOD:
        raise Refused(f"staff.card_{state}", value=card.number, until=event.until or "-")
    return Person(card.number, event.id)


def issue(
    session: Session,
    doing: Doing,
    market: str,
    number: str,
    *,
    word: str = "",
    card: str = "",
    until: dt.date | None = None,
) -> Outcome:
    """Issue a card, or register one that another gate issued; the answer is :class:`Issued`.

    :param word: card of who vouches for it (rule 3). :param card: text of the card to register; empty: a new one is made.
    :raises BadData: ``staff.number``, ``staff.card_form``, ``staff.until``. :raises Refused: as :func:`prove`.
    """
    by = _word(session, doing, market, word)
    if NUMBER.fullmatch(number) is None:
        raise BadData("staff.number", value=number[:40], expected="S-07")
    staff_number(number)
    if until is not None and until < doing.now.date():
        raise BadData("staff.until", value=until, expected=doing.now.date())
    known = cards(session, market, doing.log)
    made = parse_card(card) if card else Card(number, secrets.token_bytes(SECRET_BYTES))
    if made is None or made.number != number:
        raise BadData("staff.card_form", value=made.number if made else "-", expected=number)
    event = StaffCard(
        id=doing.event_id(),
        at=doing.now,
        by=by.number,
        site=market,
        staff=number,
        action="issue",
        commitment=commitment(market, made),
        until=until,
    )
    answer = Issued(number=number, text=format_card(made), entry=event.id, until=until, first=not known)
    return Outcome(events=[event], answer=answer)


def withdraw(session: Session, doing: Doing, market: str, number: str, *, word: str) -> Outcome:
    """Make a number's card worthless; the answer is the event.

    :raises NotFound: ``staff.no_card``. :raises Refused: as :func:`prove`.
    """
    by = _word(session, doing, market, word)
    known = cards(session, market, doing.log)
    if number not in known or known[number].action == "withdraw":
        raise NotFound("staff.no_card", value=number[:40], near=sorted(known)[:5])
    event = StaffCard(id=doing.event_id(), at=doing.now, by=by.number, site=market, staff=number, action="withdraw")
    return Outcome(events=[event], answer=event)


def list_cards(session: Session, market: str, log: int, today: dt.date) -> list[StaffSaid]:
    """Return every number with a card, in order."""
    return [
        StaffSaid(number=number, state=_state(each, today), issued=each.at, until=each.until, by=each.by, entry=each.id)
        for number, each in sorted(cards(session, market, log).items())
    ]


def _word(session: Session, doing: Doing, market: str, word: str) -> Person:
    """Return on whose word a card is issued or withdrawn (rule 3); nobody's for the first."""
    if not in_use(session, market, doing.log):
        return Person("")
    return prove(session, market, doing.log, word, doing.now.date())


def _shown(given: str) -> str:
    """Return a typed number as an error may show it (rule 5)."""
    try:
        return "-" if looks_like_card(given) else staff_number(given)
    except BadData as error:
        return str(error.value) or "-"


def _state(event: StaffCard, today: dt.date) -> str:
    if event.action == "withdraw":
        return "withdrawn"
    return "ended" if event.until is not None and event.until < today else _GOOD
