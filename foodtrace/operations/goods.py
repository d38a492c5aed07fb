"""Moving goods: transfers, receipts, transformations, sales, with what stands against them.

Rules:

1. An ask for a lot under recall is answered by :mod:`foodtrace.operations.blocking`; a receipt is accepted as sealed.
2. More than a site holds is refused, unless the caller says that the difference is to be recorded (``allow_short``).
3. What was refused is an entry of its own and moves no quantity.
4. Numbers of papers go on record in plain letters, whatever the input method: what is typed at one end has to pair with what was at
   the other. A receipt names its transfer by what pairs them; where a person types the transfer's number, place or event id, be it as the
   number of the note, it is looked up and put in.
5. The same request under the same id is answered as the first time (:mod:`foodtrace.operations.retries`).
"""

from __future__ import annotations

import datetime as dt

import msgspec

from foodtrace.errors import Ambiguous, BadData, NotFound, Refused
from foodtrace.events import Output, Portion, Receipt, Returned, Transfer, Transformation
from foodtrace.graph.directory import folded, resolve_lot, resolve_site
from foodtrace.graph.edges import UNIT_NAMES, micros
from foodtrace.graph.flows import LEAVING, NEVER
from foodtrace.graph.reader import SqlFacts
from foodtrace.graph.spoken import NOT_THERE
from foodtrace.operations.blocking import Block, blocks, refused, stood
from foodtrace.operations.common import Doing, Outcome
from foodtrace.operations.delivery import noted
from foodtrace.operations.newgoods import new_goods
from foodtrace.operations.retries import earlier
from foodtrace.quantity import Amount, Quantity
from foodtrace.recall.aliases import flows_of_lot
from foodtrace.recall.moves import pair
from foodtrace.recall.quantities import holdings
from foodtrace.storage.session import Session


class Stock(msgspec.Struct, frozen=True):
    """What a site holds of a lot."""

    site: str
    quantity: Quantity
    name: str = ""
    """What is over its door; empty: not looked up, or nothing is on record."""


def stock_of(session: Session, lot: str, now: int) -> list[Stock]:
    """Return who holds how much of a lot, by the book."""
    facts = SqlFacts(session, now)
    number = facts.lot(lot)
    if number is None:
        raise NotFound("lot.not_found", value=lot)
    flows = flows_of_lot(facts, number)
    sums = holdings(pair(flows, {}, facts.ranks()), flows)
    infos = facts.sites({site for _, site, _ in sums})
    return [
        Stock(infos[site].text, Quantity(each.on_hand, UNIT_NAMES[unit]), infos[site].name)
        for (_, site, unit), each in sorted(sums.items())
        if each.on_hand
    ]


def holder(session: Session, lot: str, given: str | None, now: int, *, to: str = "") -> Stock:
    """Return the site the goods leave: the one named, else the only one that holds any, where they go (``to``) not counted."""
    held = stock_of(session, lot, now)
    if given:
        site = resolve_site(session, given)
        there = next((each for each in held if each.site == site), None)
        return there or Stock(site, Quantity(0, held[0].quantity.unit if held else "g"), called(session, site))
    others = [each for each in held if each.site != to] or held
    if len(others) == 1:
        return others[0]
    if not held:
        raise Refused("site.nobody_holds", value=lot)
    raise Ambiguous("site.which", value=lot, candidates=[Amount(f"{_called(each)} ", each.quantity) for each in others])


def transfer(
    session: Session,
    doing: Doing,
    lot: str,
    quantity: Quantity,
    to: str,
    *,
    source: str | None = None,
    doc: str = "",
    in_transit: bool = False,
    allow_short: bool = False,
    written: str = "",
) -> Outcome:
    """Send goods on; the answer is (event, what the sender has left)."""
    now = micros(doing.now)
    doc = folded(doc)
    full = resolve_lot(session, lot)
    buyer = resolve_site(session, to)
    sender = {"site": resolve_site(session, source)} if source else {}
    before = earlier(session, doing, Transfer, lot=full, to=buyer, quantity=quantity, doc=doc, in_transit=in_transit, **sender)
    if before is not None:
        return Outcome(events=[before], answer=(before, holder(session, full, before.site, now).quantity))
    stock = holder(session, full, source, now, to=buyer)
    # Somebody who typed a wrong sender asked for goods that are not there: the refusal says so, and makes no outlet of it.
    empty = stock.quantity.value <= 0 and not allow_short
    against = refused(session, doing, "transfer", [(full, quantity)], stock.site, besides=(NOT_THERE,) if empty else ())
    if against is not None:
        return against
    if full.startswith("?"):
        raise BadData("transfer.without_lot", value=full)
    if stock.site == buyer:
        raise BadData("transfer.same_site", value=buyer, name=called(session, buyer))
    (check_amount if allow_short else check_enough)(stock, quantity)
    event = Transfer(
        id=doing.event_id(),
        at=doing.now,
        by=doing.by,
        site=stock.site,
        to=buyer,
        lot=full,
        quantity=quantity,
        doc=doc,
        in_transit=in_transit,
        written=written,
    )
    return Outcome(events=[event], answer=(event, Quantity(max(stock.quantity.value - quantity.value, 0), quantity.unit)))


def receive(
    session: Session,
    doing: Doing,
    lot: str,
    quantity: Quantity,
    site: str,
    *,
    source: str = "",
    transfer: str = "",
    doc: str = "",
    arrived: dt.datetime | None = None,
) -> Outcome:
    """Take goods in; a lot under recall is received as sealed. The answer is (event, cases).

    :param arrived: when they came, by default now. :raises BadData: ``case.later_than_now``.
    """
    if arrived is not None:
        if arrived > doing.now:
            raise BadData("case.later_than_now", value=arrived.isoformat(), expected=doing.now.isoformat())
        doing = msgspec.structs.replace(doing, now=arrived)
    try:
        full = resolve_lot(session, lot)
    except NotFound:
        if "/" not in lot:
            raise
        from foodtrace.identifiers import lot as lots  # noqa: PLC0415 - only for a lot nobody has named before

        full = lots.format(lots.parse(lot))
    place, sender = resolve_site(session, site), resolve_site(session, source) if source else ""
    transfer = paired_by(session, transfer, full, place, sender)
    if doc and not transfer:
        transfer, doc = by_note(session, doc, full, place, sender)
    if doc.isascii() or noted(session, full, place, doc.strip(), doing.now) is None:
        doc = folded(doc)  # else another program sealed the note in full width, and it pairs as it is
    before = earlier(session, doing, Receipt, lot=full, site=place, quantity=quantity, source=sender, transfer=transfer, doc=doc)
    if before is not None:
        return Outcome(events=[before], answer=(before, [before.case] if before.case else []))
    if sender and not transfer and not doc:
        _check_return(session, doing, full, sender, place)
    if arrived is None:
        against = stands(session, doing, full, sender or place)
    else:
        against = [each.case for each in stood(session, full, micros(arrived), sender or place)]
    event = Receipt(
        id=doing.event_id(),
        at=doing.now,
        by=doing.by,
        site=place,
        lot=full,
        quantity=quantity,
        source=sender,
        transfer=transfer,
        doc=doc,
        sealed=bool(against),
        case=against[0] if against else "",
    )
    return Outcome(events=[event], answer=(event, against))


def _check_return(session: Session, doing: Doing, lot: str, sender: str, place: str) -> None:
    """Raise ``Refused`` (``receive.return_open``) where a recall return of these goods is on its way here and the receipt does not name it.

    Recorded as another move, the goods would count twice: as back, and as on their way.
    """
    facts = SqlFacts(session, micros(doing.now))
    number, source, here = facts.lot(lot), facts.site(sender), facts.site(place)
    if number is None:
        return
    names = {number} | {other for both in facts.aliases([number]) for other in both}
    moves = pair(facts.flows(names), dict.fromkeys(names, number), facts.ranks())
    for move in moves:
        if move.recall and not move.arrived and (move.src, move.dst) == (source, here):
            from foodtrace.operations.vouchers import number_of  # noqa: PLC0415 - only where a return is open

            voucher = number_of(session, *move.entries[0])
            raise Refused("receive.return_open", value=lot, site=sender, name=called(session, sender), expected=voucher)


def paired_by(session: Session, given: str, lot: str, site: str = "", source: str = "") -> str:
    """Return what a receipt of a transfer names it by (rule 4); a text that is no number or place of ours stays as it is.

    :param lot: the lot that is received, at ``site``, from ``source`` if that was said.
    :raises NotFound: ``voucher.none``, ``voucher.other_day``, ``voucher.no_transfer``, ``voucher.removed``.
    :raises Refused: ``voucher.other_lot``, ``voucher.other_site``. :raises Ambiguous: ``voucher.ambiguous``.
    """
    if not given:
        return given
    from foodtrace.operations import entries, history, vouchers  # noqa: PLC0415 - only where a transfer is named

    if not folded(given).upper().startswith("V-") and "#" not in given:
        return _of_event(session, given, lot, site, source)
    found = vouchers.voucher(session, given)
    if found is None:
        return given
    counts = history.history(session, entries.find_entry(session, f"{found.origin}#{found.seq}", None)).now
    if not isinstance(counts, Transfer | Returned):
        raise NotFound("voucher.removed", value=given, expected=f"{found.origin}#{found.seq}")
    if counts.lot and counts.lot != lot and not _same_goods(session, counts.lot, lot):
        raise Refused("voucher.other_lot", value=given, expected=counts.lot, got=lot)
    _check_parties(session, given, counts, site, source, f"{found.origin}#{found.seq}")
    return counts.transfer or counts.doc or counts.id


def _check_parties(session: Session, given: str, counts: Transfer | Returned, site: str, source: str, place: str) -> None:
    """Raise ``Refused`` (``voucher.other_site``) where a transfer says another receiver or sender: the receipt would pair with nothing."""
    for said, named, field in ((site, counts.to, "to"), (source, counts.site, "site")):
        if said and named and said != named:
            raise Refused(
                "voucher.other_site", value=given, expected=called(session, named), got=called(session, said), entry=place, field=field
            )


def by_note(session: Session, doc: str, lot: str, site: str, source: str) -> tuple[str, str]:
    """Return (what pairs a receipt, number of its note) of what is typed as the number of the note.

    That is looked up where it is one by which a transfer on record is shown, its place or its event's id. What is none stays the number of
    the note: it may be the sender's own, or of a ledger that is not here yet (:mod:`foodtrace.graph.numbers`).

    :raises Refused: ``voucher.other_lot``, ``voucher.other_site``. :raises Ambiguous: ``voucher.ambiguous``.
    """
    plain = folded(doc)
    if _on_paper(session, {doc.strip(), plain}, lot):
        return "", doc
    if not plain.upper().startswith("V-") and "#" not in plain:
        try:
            transfer = _of_event(session, plain, lot, site, source, unlike="")
        except Refused:
            return "", doc  # short ids and numbers of papers may be alike
        return (transfer, "") if transfer else ("", doc)
    try:
        transfer = paired_by(session, plain, lot, site, source)
    except NotFound:
        return "", doc
    return ("", doc) if transfer == plain else (transfer, "")


def names_nothing(session: Session, receipt: Receipt) -> bool:
    """Say whether the number of a receipt's note reads like one by which transfers are shown, and none of its goods has it."""
    from foodtrace.operations import vouchers  # noqa: PLC0415 - only where a note has a number

    alone = not receipt.transfer and vouchers.parse(receipt.doc) is not None
    return alone and not _on_paper(session, {receipt.doc}, receipt.lot)


def _on_paper(session: Session, numbers: set[str], lot: str) -> bool:
    """Say whether a transfer of these goods was recorded under one of these numbers."""
    facts = SqlFacts(session, NEVER)
    number = facts.lot(lot)
    sent = () if number is None else flows_of_lot(facts, number)
    return any(each.pair in numbers and each.kind in LEAVING for each in sent)


def _of_event(session: Session, given: str, lot: str, site: str, source: str, *, unlike: str | None = None) -> str:
    """Return what pairs a receipt with the transfer of these goods whose event has this id; else the text, in plain letters.

    :param unlike: what is returned instead of the text.
    """
    from foodtrace.operations import entries, history  # noqa: PLC0415 - only where a transfer is named

    plain = folded(given)
    for log, seq in entries.places_of_id(session, plain):
        target = entries.target_at(session, log, seq)
        counts = None if target is None else history.history(session, target).now
        if isinstance(counts, Transfer | Returned) and (not counts.lot or counts.lot == lot or _same_goods(session, counts.lot, lot)):
            _check_parties(session, given, counts, site, source, f"{target.origin}#{target.seq}" if target is not None else "")
            return counts.transfer or counts.doc or counts.id
    return plain if unlike is None else unlike


def _same_goods(session: Session, one: str, other: str) -> bool:
    """Say whether two lots are names of the same goods."""
    facts = SqlFacts(session, NEVER)
    first, second = facts.lot(one), facts.lot(other)
    return first is not None and second is not None and second in {name for pair in facts.aliases([first]) for name in pair}


def stands(session: Session, doing: Doing, lot: str, site: str) -> list[str]:
    """Return the cases that stand against goods that arrive.

    :param site: where they come from: in a partial scope that says what they are.
    """
    now = micros(doing.now)
    if SqlFacts(session, now).lot(lot) is not None:
        return [each.case for each in blocks(session, lot, now, site)]
    from foodtrace.operations.gaterecalls import unheard_of  # noqa: PLC0415 - only for a lot nobody has named before

    return unheard_of(session, doing.now, lot)


def transform(
    session: Session, doing: Doing, site: str, kind: str, inputs: list[tuple[str, Quantity]], outputs: list[Output], loss: Quantity | None
) -> Outcome:
    """Turn lots into lots at a site; inputs under recall are refused, and outputs that are, or that the rule of a case means."""
    place = resolve_site(session, site)
    portions = [Portion(resolve_lot(session, lot), quantity) for lot, quantity in inputs]
    asked = {"site": place, "kind": kind, "inputs": tuple(portions), "outputs": tuple(outputs), "loss": loss}
    before = earlier(session, doing, Transformation, **asked)
    if before is not None:
        return Outcome(events=[before], answer=before)
    event = Transformation(
        id=doing.event_id(),
        at=doing.now,
        by=doing.by,
        site=place,
        kind=kind,  # type: ignore[arg-type]  # the command line offers only these
        inputs=tuple(portions),
        outputs=tuple(outputs),
        loss=loss,
    )
    new = new_goods(SqlFacts(session, micros(doing.now)), event)
    against = refused(session, doing, "use", [(each.lot, each.quantity) for each in portions], place, new=new)
    return against or Outcome(events=[event], answer=event)


def called(session: Session, site: str) -> str:
    """Return what an error calls a site: what is over its door, else its id."""
    from foodtrace.operations.naming import names_of  # noqa: PLC0415 - only where something is wrong

    return names_of(session, [site], NEVER)[site]


def _called(stock: Stock) -> str:
    """Return a site to choose: by its name, with the id by which it is told from others."""
    return f"{stock.name} ({stock.site})" if stock.name and stock.name != stock.site else stock.site


def check_enough(stock: Stock, quantity: Quantity) -> None:
    """Raise ``Refused`` (``site.insufficient``) or ``BadData`` if a site does not hold this much by the book."""
    check_amount(stock, quantity)
    if quantity.value > stock.quantity.value:
        raise Refused("site.insufficient", value=quantity, site=stock.site, name=stock.name or stock.site, expected=stock.quantity)


def check_amount(stock: Stock, quantity: Quantity) -> None:
    """Raise ``BadData`` for nothing at all, or for a unit the lot is not kept in."""
    if stock.quantity.unit != quantity.unit:
        raise BadData("quantity.unit_differs", value=quantity, expected=stock.quantity.unit)
    if quantity.value == 0:
        raise BadData("quantity.zero", value=quantity)


__all__ = [
    "Block",
    "Stock",
    "blocks",
    "called",
    "check_amount",
    "check_enough",
    "paired_by",
    "receive",
    "stock_of",
    "transfer",
    "transform",
]
