"""A formula shop's desk besides the till: what comes back, what is counted, what a batch is.

Rules:

1. Bringing a can back is easier than selling one: no receipt, bought elsewhere, unknown here, all is accepted and said as a finding
   (TRANSCRIPTS "Easily forgotten" 12). A batch nobody knows is recorded under the authority ``UNKNOWN``: a recall of that code
   then finds it as ``code_only``.
2. What a consumer brought back is in custody and is never sold again. The same can twice is asked about, not counted twice.
3. A count is a fact for each lot counted; what is on the book and was not counted is named, never taken for zero.
4. No consumer data: neither name nor telephone is asked for.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from foodtrace.errors import BadData, Conflict, NotFound
from foodtrace.events import BatchReleased, ConsumerReturn, FormulaBatch, Sale, StockCount
from foodtrace.graph.directory import resolve_site, sites_of_kind
from foodtrace.graph.edges import micros
from foodtrace.graph.names import find, texts_of
from foodtrace.graph.reader import SqlFacts
from foodtrace.identifiers import lot as lots
from foodtrace.operations.blocking import Block, blocks
from foodtrace.operations.cans import Scanned, batch_of, in_range
from foodtrace.operations.common import Doing, Outcome, about, latest
from foodtrace.operations.goods import stock_of
from foodtrace.operations.packing import held_in
from foodtrace.operations.retries import earlier
from foodtrace.quantity import Quantity
from foodtrace.storage.session import Session

SHOPS: Final = ("shop", "online_shop")
UNKNOWN: Final = "UNKNOWN"
"""Authority of a batch code that no record knows (rule 1)."""


def shop_of(session: Session, given: str | None) -> str:
    """Return the shop: the one named, else the only one. Raises ``BadData`` (``formula.which_shop``), ``site.*``."""
    if given:
        return resolve_site(session, given)
    shops = sites_of_kind(session, SHOPS)
    if len(shops) != 1:
        raise BadData("formula.which_shop", value=len(shops), expected="--shop")
    return shops[0][0]


class Brought(msgspec.Struct, frozen=True, kw_only=True):
    """What was brought back and what is to be known of it."""

    lot: str
    shop: str
    cans: int
    serial: str
    notes: tuple[str, ...]
    """Codes ``return.*``, each with a text; empty: sold here, known, with a receipt."""
    cases: tuple[str, ...]
    """Recall cases that stand on the lot."""
    entry: str


def bring_back(
    session: Session,
    doing: Doing,
    scanned: Scanned,
    cans: int,
    shop: str,
    *,
    receipt: str = "",
    elsewhere: bool = False,
    again: bool = False,
) -> Outcome:
    """Take cans back from a consumer; the answer is a :class:`Brought`.

    :param receipt: number of the till receipt; empty: there is none. :param elsewhere: the consumer says it was bought elsewhere.
    :param again: the same can is here once more, and somebody has looked.
    :raises BadData: ``lot.*`` for a code in no form. :raises Conflict: ``return.twice``.
    """
    lot, known = _lot(session, scanned)
    before = earlier(
        session, doing, ConsumerReturn, lot=lot, site=shop, quantity=Quantity(cans, "piece"), serial=scanned.serial, doc=receipt
    )
    if before is not None:
        return Outcome(events=[before], answer=_brought(session, before, (), doing))
    told = (
        sorted((each.event for each in about(session, f"serial {lot} {scanned.serial}")), key=lambda each: each.at)
        if scanned.serial
        else []
    )
    if told and isinstance(told[-1], ConsumerReturn) and not again:
        raise Conflict("return.twice", value=scanned.serial, when=told[-1].at.date())
    notes = ["return.no_receipt"] if not receipt else []
    notes += ["return.elsewhere"] if elsewhere else []
    notes += ["return.unknown_batch"] if not known else []
    if known and not elsewhere and not any(isinstance(each, Sale) and each.site == shop for each in told):
        notes += ["return.not_sold_here"] if scanned.serial else []
    notes += ["return.serial_unknown"] if scanned.serial and in_range(latest(session, lot, FormulaBatch), scanned.serial) is False else []
    event = ConsumerReturn(
        id=doing.event_id(),
        at=doing.now,
        by=doing.by,
        site=shop,
        lot=lot,
        quantity=Quantity(cans, "piece"),
        serial=scanned.serial,
        doc=receipt,
        bought_here=not elsewhere,
    )
    return Outcome(events=[event], answer=_brought(session, event, tuple(notes), doing))


def _brought(session: Session, event: ConsumerReturn, notes: tuple[str, ...], doing: Doing) -> Brought:
    return Brought(
        lot=event.lot,
        shop=event.site,
        cans=event.quantity.value,
        serial=event.serial,
        notes=notes,
        cases=tuple(each.case for each in blocks(session, event.lot, micros(doing.now), event.site)),
        entry=event.id,
    )


def _lot(session: Session, scanned: Scanned) -> tuple[str, bool]:
    """Return the lot of what was brought back, and whether any record knows it (rule 1)."""
    try:
        return batch_of(session, scanned), True
    except NotFound:
        if scanned.gtin and scanned.code:
            return lots.format(lots.parse(scanned.lot, lenient=True)), False
        if "/" in scanned.code:
            return lots.format(lots.parse(scanned.code, lenient=True)), False
        return f"{UNKNOWN}/{lots.parse_code(scanned.code or scanned.serial)}", False


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """One lot of a stock count."""

    lot: str
    product: str
    book: int
    counted: int | None
    """None: it was not counted."""
    missing: tuple[str, ...] = ()
    """Can codes that were packed, received here and not sold, and not counted."""


class CountSaid(msgspec.Struct, frozen=True, kw_only=True):
    """A stock count; its JSON is ``schemas/formula-count.json``."""

    shop: str
    lines: tuple[Counted, ...]
    recorded: bool
    """False: nothing was counted, or it differs from the book and nobody said that it stands."""


def book_of(session: Session, shop: str, now: int) -> dict[str, int]:
    """Return the cans of every formula batch in a shop's book, by lot."""
    facts = SqlFacts(session, now)
    number = find(session, [shop]).get(shop)
    if number is None:
        return {}
    held = texts_of(session, {lot for _, lot in facts.stock_lots([number])})
    book: dict[str, int] = {}
    for lot in sorted(text for text in held.values() if text and not text.startswith("?")):
        if latest(session, lot, FormulaBatch) is None:
            continue
        mine = next((each.quantity for each in stock_of(session, lot, now) if each.site == shop and each.quantity.unit == "piece"), None)
        if mine is not None:
            book[lot] = mine.value
    return book


def compare(session: Session, shop: str, found: Mapping[str, int], missing: Mapping[str, Sequence[str]], now: int) -> tuple[Counted, ...]:
    """Set a count beside the book, lot by lot (rule 3). :param found: lot -> cans counted."""
    book = book_of(session, shop, now)
    made = []
    for lot in sorted(book.keys() | found.keys()):
        batch = latest(session, lot, FormulaBatch)
        made.append(
            Counted(
                lot=lot,
                product=batch.product if batch else "",
                book=book.get(lot, 0),
                counted=found.get(lot),
                missing=tuple(missing.get(lot, ())),
            )
        )
    return tuple(made)


def count(doing: Doing, shop: str, lines: Sequence[Counted]) -> Outcome:
    """Put a count on record; the answer is its lines."""
    events = [
        StockCount(
            id=doing.event_id(f"-{number}"),
            at=doing.now,
            by=doing.by,
            site=shop,
            lot=each.lot,
            quantity=Quantity(each.counted, "piece"),
            missing=each.missing,
        )
        for number, each in enumerate(lines)
        if each.counted is not None
    ]
    return Outcome(events=list(events), answer=tuple(lines))


class BatchShown(msgspec.Struct, frozen=True, kw_only=True):
    """What is on record of a formula batch; its JSON is ``schemas/formula-show.json``."""

    lot: str
    product: str
    registration: str
    licence: str
    produced: dt.date | None
    expiry: dt.date | None
    content: str
    """What one can holds."""
    certificate: str
    """Number of the inspection certificate; empty: not released."""
    released: dt.date | None
    tested: dt.date | None
    cases: tuple[Block, ...]
    """Recall cases that stand on it."""
    plant: str = ""
    cans: int | None = None
    """Filled; none: not told to the public."""
    serials: str = ""
    inputs: tuple[str, ...] = ()
    packed_in: str = ""
    """Case that holds the can asked for."""


def show(session: Session, scanned: Scanned, now: int, *, public: bool) -> BatchShown:
    """Return what is on record of a batch; for the public only what stands on the can or in a notice.

    :raises NotFound: ``lot.not_found``, ``formula.no_batch``.
    """
    lot = batch_of(session, scanned)
    batch = latest(session, lot, FormulaBatch)
    if batch is None:
        raise NotFound("formula.no_batch", value=lot)
    released = latest(session, lot, BatchReleased)
    made = BatchShown(
        lot=lot,
        product=batch.product,
        registration=batch.registration,
        licence=batch.licence,
        produced=batch.produced,
        expiry=batch.expiry,
        content=str(batch.content) if batch.content else "",
        certificate=released.certificate if released else "",
        released=released.at.date() if released else None,
        tested=released.tested if released else None,
        cases=tuple(blocks(session, lot, now)),
    )
    if public:
        return made
    return msgspec.structs.replace(
        made,
        plant=batch.site,
        cans=batch.quantity.value,
        serials=f"{batch.first_serial}..{batch.last_serial}" if batch.first_serial else "",
        inputs=tuple(each.lot for each in batch.inputs),
        packed_in=(held_in(session, scanned.serial, lot) or "") if scanned.serial else "",
    )
