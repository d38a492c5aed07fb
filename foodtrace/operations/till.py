"""The till of a formula shop: facts from the ledger, the pure decision of :mod:`foodtrace.formula.till`, and the entry.

Rules:

1. Where the cases stand in this very ledger, the stop list in use is as old as this moment. A shop that keeps a ledger of its own
   takes a stop list (:mod:`foodtrace.operations.stoplist`): that list is in use then, and its age counts.
2. A sale that is not refused or held is recorded; else the refusal is, with its reasons, and moves no quantity.
3. A can whose last word is that a consumer brought it back is in custody.
"""

from __future__ import annotations

from foodtrace.errors import Refused
from foodtrace.events import BatchReleased, ConsumerReturn, FormulaBatch, Refusal, Sale
from foodtrace.formula import TillDecision, TillFacts, may_sell
from foodtrace.formula.till import Sold
from foodtrace.gate.facts import Recall
from foodtrace.graph.directory import resolve_lot, resolve_site
from foodtrace.graph.edges import micros
from foodtrace.operations.blocking import blocks
from foodtrace.operations.cans import in_range
from foodtrace.operations.common import Doing, Outcome, about, latest
from foodtrace.operations.goods import stock_of
from foodtrace.operations.places import describe
from foodtrace.operations.retries import earlier
from foodtrace.operations.stoplist import StopList
from foodtrace.operations.tests import check_tests
from foodtrace.quantity import Quantity
from foodtrace.storage.session import Session


def check(session: Session, doing: Doing, lot: str, site: str, *, serial: str = "", stop: StopList | None = None) -> TillDecision:
    """Ask the till and record nothing. Raises as :func:`sell`."""
    decision = may_sell(facts_of(session, doing, lot, site, serial, stop=stop))
    if decision.answer == "sell":
        check_tests(session, lot, micros(doing.now))
    return decision


def sell(
    session: Session,
    doing: Doing,
    lot: str,
    quantity: Quantity,
    site: str,
    *,
    serial: str = "",
    stop: StopList | None = None,
    override: str = "",
) -> Outcome:
    """Ask the till and record what came of it; the answer is (event, decision).

    :param stop: the stop list this shop has taken, if it has one. :param override: the owner's number, who answers for an old one.
    :raises NotFound: ``lot.not_found``, ``site.not_found``. :raises Ambiguous: as these.
    :raises Refused: ``transfer.test_positive``: a positive test of the lot, or of what it was made from, stands.
    """
    full, shop = resolve_lot(session, lot), resolve_site(session, site)
    before = earlier(session, doing, Sale, lot=full, site=shop, quantity=quantity, serial=serial)
    if before is not None:
        return Outcome(events=[before], answer=(before, TillDecision(answer="sell", override=before.approved_by)))
    facts = facts_of(session, doing, full, shop, serial, cans=quantity.value, stop=stop, override=override)
    decision = may_sell(facts)
    if decision.answer != "sell":
        case = facts.recalls[0].case if facts.recalls else ""
        refusal = _refusal(doing, facts, quantity, decision.codes, case)
        return Outcome(events=[refusal], answer=(refusal, decision))
    try:
        check_tests(session, facts.lot, micros(doing.now))
    except Refused as error:
        return Outcome(events=[_refusal(doing, facts, quantity, (error.code,), "")], refused=error)
    event = Sale(
        id=doing.event_id(),
        at=doing.now,
        by=doing.by,
        site=facts.shop,
        lot=facts.lot,
        quantity=quantity,
        serial=serial,
        approved_by=decision.override,
    )
    return Outcome(events=[event], answer=(event, decision))


def _refusal(doing: Doing, facts: TillFacts, quantity: Quantity, reasons: tuple[str, ...], case: str) -> Refusal:
    return Refusal(
        id=doing.event_id(),
        at=doing.now,
        by=doing.by,
        site=facts.shop,
        asked="sale",
        lot=facts.lot,
        quantity=quantity,
        serial=facts.serial,
        reasons=reasons,
        case=case,
    )


def facts_of(
    session: Session,
    doing: Doing,
    lot: str,
    shop: str,
    serial: str,
    *,
    cans: int = 1,
    stop: StopList | None = None,
    override: str = "",
) -> TillFacts:
    """Read what the till looks at. :param cans: how many are asked for."""
    now = micros(doing.now)
    batch = latest(session, lot, FormulaBatch)
    held = next((each.quantity for each in stock_of(session, lot, now) if each.site == shop), None)
    sold, custody = _can(session, lot, serial)
    found = describe(session, shop)
    licence = found[0].licence if found else None
    return TillFacts(
        when=doing.now,
        shop=shop,
        lot=lot,
        product=batch.product if batch else "",
        serial=serial,
        known=batch is not None,
        released=latest(session, lot, BatchReleased) is not None,
        expiry=batch.expiry if batch else None,
        serial_known=in_range(batch, serial) if serial else None,
        recalls=_recalls(session, lot, now, shop, stop),
        sold=sold,
        custody=custody,
        cans=cans,
        on_hand=held.value if held else 0,
        stop_list_at=doing.now if stop is None else stop.made,
        override=override,
        licence=licence.number if licence else "",
        licence_until=licence.valid_until if licence else None,
    )


def _recalls(session: Session, lot: str, now: int, shop: str, stop: StopList | None) -> tuple[Recall, ...]:
    """Return the cases that stand against a lot here, and those of which only the shop's stop list knows (rule 1)."""
    here = [
        Recall(case=each.case, link=each.link, level=each.level, lot=lot, advice=each.advice, possible=each.block_possible)
        for each in blocks(session, lot, now, shop)
    ]
    known = {each.case for each in here}
    listed = [each for each in (stop.about(lot) if stop else ()) if each.case not in known]
    here += [
        Recall(case=each.case, link=each.link, level=each.level, lot=lot, advice=each.advice, possible=each.possible) for each in listed
    ]
    return tuple(here)


def _can(session: Session, lot: str, serial: str) -> tuple[Sold | None, bool]:
    """Return the sale of this can that nothing undid, and whether it is in custody (rule 3)."""
    told = sorted((each.event for each in about(session, f"serial {lot} {serial}")), key=lambda event: event.at) if serial else []
    if not told:
        return None, False
    last = told[-1]
    return (Sold(when=last.at, site=last.site) if isinstance(last, Sale) else None), isinstance(last, ConsumerReturn)


__all__ = ["TillDecision", "check", "facts_of", "sell"]
