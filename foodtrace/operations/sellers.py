"""Seller files (卖方档案): who may sell at a market, and what the file must say (Order 81 Art. 23, DOMAIN section 1.2).

Rules:

1. A file belongs to an operator. One that nobody registered is registered with the file, under a local id if it has no credit
   code; the names of sole traders and individuals are personal, those of legal persons are not.
2. Name, number of an identity paper, contact, phone and address are personal values: beside the log, never in it.
3. The latest event holds, so a file that is edited keeps what is not mentioned.
4. A stall named in the file is a site inside the market; it is registered with the file.
5. One seller, one file: an operator that is registered is not registered again, and a new seller of a name that has a file here already
   is asked about. Two people may have one name; two files of one person would hide a hold or a listing from half the trucks.
"""

from __future__ import annotations

import datetime as dt
import unicodedata
from typing import Any, Final

import msgspec

from foodtrace.errors import Ambiguous, BadData, Conflict, NotFound
from foodtrace.events import Event, Operator, SellerFile, Site
from foodtrace.graph.directory import folded, resolve_site
from foodtrace.graph.names import find, in_use
from foodtrace.identifiers import lot as lots
from foodtrace.operations.common import Doing, Outcome, about, latest
from foodtrace.operations.places import describe, next_number
from foodtrace.storage.session import Session

PERSONAL: Final = ("name", "identity", "contact", "phone", "address")
"""Personal fields of a seller file (rule 2)."""
_PRIVATE: Final = frozenset({"household", "individual"})


class FileSaid(msgspec.Struct, frozen=True, kw_only=True):
    """A seller file as it stands."""

    market: str
    seller: str
    name: str
    """Trading name of the operator's site, or the operator's; personal names only where they are asked for."""
    stall: str
    card: str
    agreement_until: dt.date | None
    kinds: tuple[str, ...]
    sources: tuple[str, ...]
    left: dt.date | None
    personal: dict[str, str]
    """``present`` or ``erased`` for each personal field on file; the values themselves if the caller asked for them."""


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What is to stand in a file; none: as before."""

    stall: str | None = None
    """Site id, or the name of a stall, which is registered if it is new."""
    card: str | None = None
    agreement_until: dt.date | None = None
    kinds: tuple[str, ...] | None = None
    sources: tuple[str, ...] | None = None
    left: dt.date | None = None
    back: bool = False
    """The seller is back: the day it left is taken out."""
    personal: dict[str, str] = {}


def resolve_seller(session: Session, given: str) -> str:
    """Return an operator id from a credit code, a local id, or the id or name of one of its sites.

    :raises NotFound: ``site.not_found``. :raises Ambiguous: ``site.ambiguous``.
    """
    text = folded(given)
    if latest(session, f"operator {text.upper()}", Operator) is not None or in_use(session, [f"sites {text.upper()}"]):
        return text.upper()
    found = describe(session, resolve_site(session, text))
    if found is None:
        raise NotFound("site.not_found", value=given)
    return found[0].operator


def seller_at(session: Session, market: str, given: str) -> str:
    """Return an operator id from a trader card of a market, as :func:`resolve_seller`, or from the name its file was opened under.

    Names of sole traders lie beside the log, so they are looked for last, among this market's files alone.

    :raises NotFound: ``site.not_found``. :raises Ambiguous: ``site.ambiguous``.
    """
    card = seller_of_card(session, market, given)
    if card is not None:
        return card.seller
    try:
        return resolve_seller(session, given)
    except NotFound:
        named = _named(session, market, folded(given))
        if len(named) > 1:
            raise Ambiguous("site.ambiguous", value=given, candidates=named) from None
        if not named:
            raise
        return named[0]


def _named(session: Session, market: str, name: str) -> list[str]:
    """Return the operators with a file here whose registered name, public or personal, is this one."""
    numbers = find(session, [f"operator {each}" for each in files(session, market)])
    rows = session.each(
        "SELECT a.subject FROM {ids} CROSS JOIN about AS a JOIN personal AS p ON p.log = a.log AND p.seq = a.seq "
        "WHERE a.subject = f.value AND a.ended = 0 AND p.field = 'name' AND p.value = ?",
        list(numbers.values()),
        (name,),
    )
    private = {row[0] for row in rows}
    operators = {text.removeprefix("operator "): number for text, number in numbers.items()}
    public = {each for each in operators if (known := latest(session, f"operator {each}", Operator)) is not None and known.name == name}
    return sorted(public | {each for each, number in operators.items() if number in private})


def names_on_file(session: Session, market: str) -> dict[str, list[str]]:
    """Return the operators with a file here by every name they go by: over a door, registered, or personal; folded."""
    every = files(session, market)
    names = find(session, [f"operator {each}" for each in every])
    private = session.each(
        "SELECT a.subject, p.value FROM {ids} CROSS JOIN about AS a JOIN personal AS p ON p.log = a.log AND p.seq = a.seq "
        "WHERE a.subject = f.value AND a.ended = 0 AND p.field = 'name'",
        list(names.values()),
    )
    told = {number: text.removeprefix("operator ") for text, number in names.items()}
    found: dict[str, list[str]] = {}
    for operator, name in [(told[subject], value) for subject, value in private] + [(each, name_of(session, each)) for each in every]:
        known = found.setdefault(plain_name(name), [])
        if operator not in known:
            known.append(operator)
    return found


def plain_name(name: str) -> str:
    """Return a name as two people may write it: without blanks, in one width and case."""
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


def _told(session: Session, market: str, operator: str) -> str:
    """Return who has a file, by what tells one from another and is not personal."""
    file = file_of(session, market, operator)
    return " ".join(each for each in (operator, *((file.card, site_name(session, file.stall)) if file is not None else ())) if each)


def file_of(session: Session, market: str, seller: str) -> SellerFile | None:
    """Return the file a market has on an operator, none if there is none."""
    found = latest(session, f"seller {market} {seller}", SellerFile)
    return found if isinstance(found, SellerFile) else None


def seller_of_card(session: Session, market: str, card: str) -> SellerFile | None:
    """Return the file whose trader card has this number today: a card that went to somebody else is no longer the first one's."""
    found = [each.event for each in about(session, f"card {market} {card}", SellerFile)]
    for event in sorted((each for each in found if isinstance(each, SellerFile)), key=lambda each: each.at, reverse=True):
        now = file_of(session, market, event.seller)
        if now is not None and now.card == card:
            return now
    return None


def write_file(
    session: Session,
    doing: Doing,
    market: str,
    seller: str,
    wish: Wish,
    *,
    new: str = "",
    kind: str = "household",
    prefix: str = "L",
    another: bool = False,
) -> Outcome:
    """Open or edit a seller file; the answer is the operator's id.

    :param seller: as :func:`seller_at`; with ``new`` a credit code, or empty for a local id.
    :param new: name under which an operator nobody registered is registered with the file.
    :param another: it is somebody else of the same name (rule 5).
    :raises NotFound: as :func:`seller_at`. :raises Ambiguous: as :func:`seller_at`, ``seller.same_name``. :raises Conflict:
        ``seller.known``. :raises BadData: ``uscc.*``, ``seller.card``, ``lot.operator``.
    """
    outcome = Outcome()
    if new:
        operator = lots.parse_operator(seller) if seller else f"{prefix}-{next_number(session, prefix):04d}"
        if latest(session, f"operator {operator}", Operator) is not None:
            raise Conflict("seller.known", value=operator, expected=name_of(session, operator))
        same = [] if another else names_on_file(session, market).get(plain_name(new), [])
        if same:
            raise Ambiguous("seller.same_name", value=new, expected=same[0], candidates=[_told(session, market, each) for each in same])
        private = kind in _PRIVATE
        outcome.events.append(
            Operator(
                id=doing.event_id("-operator"),
                at=doing.now,
                by=doing.by,
                operator=operator,
                kind=kind,  # type: ignore[arg-type]  # the command line offers only these
                name="" if private else new,
            )
        )
        if private:
            outcome.personal[outcome.events[-1].id] = {"name": new}
    else:
        operator = seller_at(session, market, seller)
    before = file_of(session, market, operator)
    if wish.card:
        holder = seller_of_card(session, market, wish.card)
        if holder is not None and holder.seller != operator and holder.left is None:
            raise BadData("seller.card", value=wish.card, expected=holder.seller)
    stall = _stall(session, doing, market, operator, wish.stall, outcome) if wish.stall else ""
    event = SellerFile(
        id=doing.event_id("-file"),
        at=doing.now,
        by=doing.by,
        site=market,
        seller=operator,
        stall=stall or (before.stall if before else ""),
        card=(before.card if before else "") if wish.card is None else wish.card,
        agreement_until=wish.agreement_until or (before.agreement_until if before else None),
        kinds=(before.kinds if before else ()) if wish.kinds is None else wish.kinds,
        sources=(before.sources if before else ()) if wish.sources is None else wish.sources,
        left=None if wish.back else wish.left or (before.left if before else None),
    )
    outcome.events.append(event)
    kept = {k: v for k, v in wish.personal.items() if v}
    if kept:
        outcome.personal[event.id] = kept
    outcome.answer = operator
    return outcome


def says(session: Session, market: str, seller: str, wish: Wish) -> bool:
    """Say whether a file says already all that is wished; a personal value that was erased counts as equal, it is not brought back."""
    file = file_of(session, market, seller)
    if file is None or (wish.back and file.left is not None):
        return False
    named = ((wish.card, file.card), (wish.agreement_until, file.agreement_until), (wish.kinds, file.kinds), (wish.sources, file.sources))
    if any(asked is not None and asked != there for asked, there in (*named, (wish.left, file.left))):
        return False
    if wish.stall and not _is_stall(session, wish.stall, file.stall):
        return False
    fields, values = _fields(session, market, seller), personal_on_file(session, market, seller)
    return all(field in fields and values.get(field, value) == value for field, value in wish.personal.items() if value)


def opened_with(session: Session, market: str, seller: str, wish: Wish) -> bool:
    """Say whether a file was opened with exactly this wish, no less and no more; an erased value counts as equal."""
    found = about(session, f"seller {market} {seller}", SellerFile)
    first = min(found, key=lambda each: (each.event.at, each.log, each.seq), default=None)
    if first is None or not isinstance(first.event, SellerFile):
        return False
    file = first.event
    there = (file.card, file.agreement_until, file.kinds, file.sources, file.left)
    if there != (wish.card or "", wish.agreement_until, wish.kinds or (), wish.sources or (), wish.left):
        return False
    if bool(wish.stall) != bool(file.stall) or (wish.stall and not _is_stall(session, wish.stall, file.stall)):
        return False
    given = {field: value for field, value in wish.personal.items() if value}
    kept: dict[str, str] = dict(session.rows("SELECT field, value FROM personal WHERE log = ? AND seq = ?", (first.log, first.seq)))
    return given.keys() == file.commitments.keys() and all(kept.get(field, value) == value for field, value in given.items())


def _is_stall(session: Session, given: str, stall: str) -> bool:
    """Say whether a stall is called so, by its id or the name over it."""
    try:
        return bool(stall) and resolve_site(session, given, kinds=("stall", "retail_stall")) == stall
    except NotFound:
        return False


def show_file(session: Session, market: str, seller: str, *, contacts: bool = False) -> FileSaid:
    """Return a file. Raises ``NotFound`` (``seller.no_file``).

    :param contacts: give the personal values themselves.
    """
    file = file_of(session, market, seller)
    if file is None:
        raise NotFound("seller.no_file", value=seller, market=market)
    values = personal_on_file(session, market, seller)
    return FileSaid(
        market=market,
        seller=seller,
        name=name_of(session, seller),
        stall=file.stall,
        card=str(file.card),
        agreement_until=file.agreement_until,
        kinds=file.kinds,
        sources=file.sources,
        left=file.left,
        personal={k: (values[k] if contacts else "present") if k in values else "erased" for k in _fields(session, market, seller)},
    )


def files(session: Session, market: str) -> list[str]:
    """Return the operators that a market has files on."""
    found = [each.event for each in about(session, f"sellers {market}", SellerFile)]
    return sorted({each.seller for each in found if isinstance(each, SellerFile)})


def name_of(session: Session, operator: str) -> str:
    """Return what to call an operator: the name over the door of its newest site, else its registered name, else its id."""
    sites = [each.event for each in about(session, f"sites {operator}", Site)]
    named = max((each for each in sites if isinstance(each, Site)), key=lambda each: (each.kind == "stall", each.at), default=None)
    if named is not None:
        return named.name
    found: Operator | None = latest(session, f"operator {operator}", Operator)
    return (found.name if found else "") or operator


def site_name(session: Session, site: str) -> str:
    """Return the name over a site's door, else its id."""
    found = describe(session, site)
    return found[0].name if found else site


def _stall(session: Session, doing: Doing, market: str, operator: str, given: str, outcome: Outcome) -> str:
    """Return the id of a stall of this market, registering it if it is new (rule 4)."""
    try:
        site = resolve_site(session, given, kinds=("stall", "retail_stall"))
    except NotFound:
        prefix = f"{market}-S"
        site = f"{prefix}-{next_number(session, prefix):04d}"
        event: Event = Site(
            id=doing.event_id("-site"),
            at=doing.now,
            by=doing.by,
            site=site,
            operator=operator,
            kind="stall",
            name=given.strip()[:100],
            parent=market,
        )
        outcome.events.append(event)
    return site


def _fields(session: Session, market: str, seller: str) -> list[str]:
    """Return the personal fields that were ever written into a file."""
    return sorted({field for each in about(session, f"seller {market} {seller}", SellerFile) for field in each.event.commitments})


def personal_on_file(session: Session, market: str, seller: str) -> dict[str, str]:
    """Return the personal values of a file that are still there."""
    number = find(session, [f"seller {market} {seller}"]).get(f"seller {market} {seller}")
    rows: list[Any] = session.rows(
        "SELECT p.field, p.value FROM about AS a JOIN personal AS p ON p.log = a.log AND p.seq = a.seq "
        "WHERE a.subject = ? AND a.ended = 0 ORDER BY a.log, a.seq",
        (number or 0,),
    )
    return dict(rows)
