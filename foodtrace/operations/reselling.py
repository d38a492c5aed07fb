"""Goods of a case that are to be sold again: corrected with an approval, or put back as they are (RCL15 Art. 25).

Rules:

1. Correcting and reselling is for false labels only (level 3), approved by a number, with what buyers are told. The new lot is one that no
   case stands against, or nothing would have been corrected, and no other goods: on record as corrected in this case, if at all. And an
   approval in one case is none in another that blocks the goods.
2. Sealed goods go back to free stock by nothing but clearing: the ask is refused while the case blocks them, closed or not.
"""

from __future__ import annotations

from foodtrace.errors import BadData, Refused
from foodtrace.events import Output, Portion, Transformation
from foodtrace.graph.directory import resolve_lot, resolve_place
from foodtrace.graph.edges import micros
from foodtrace.graph.flows import BIRTHS
from foodtrace.graph.reader import SqlFacts
from foodtrace.graph.standing import FALSE_LABEL
from foodtrace.operations.blocking import blocks, refused
from foodtrace.operations.casestock import amount_of, lot_of
from foodtrace.operations.common import Doing, Outcome
from foodtrace.operations.managing import managed
from foodtrace.operations.newgoods import new_goods
from foodtrace.quantity import Quantity
from foodtrace.recall.cases import told_at
from foodtrace.storage.session import Session


def correct(
    session: Session,
    doing: Doing,
    case: str | None,
    site: str,
    lot: str,
    quantity: Quantity,
    output: str,
    *,
    approved_by: str,
    note: str,
    allow_short: bool = False,
) -> Outcome:
    """Relabel goods with the case's approval, so that they may be sold again under a new lot (rule 1); the answer is the event.

    :raises Refused: ``case.correct_level``, ``case.correct_lot``, ``case.correct_lot_there``; ``transfer.recalled``,
        ``transfer.recall_possible`` by another case, and then the refusal is on record.
    :raises BadData: ``case.approved_by``, ``case.note``, ``lot.*``.
    """
    from foodtrace.identifiers import lot as lots  # noqa: PLC0415 - only here

    state = managed(session, doing, case)
    if state.level != FALSE_LABEL:
        raise Refused("case.correct_level", value=state.level, expected=FALSE_LABEL, case=state.case)
    if not approved_by.strip():
        raise BadData("case.approved_by", value="-", expected="--approved-by")
    if not note.strip():
        raise BadData("case.note", value="-", expected="--note")
    at = resolve_place(session, site)
    full = lot_of(session, doing, state.case, lot)
    amount_of(session, doing, state.case, at, full, quantity, allow_short=allow_short)
    made = lots.format(lots.parse(output))
    standing = sorted({each.case for each in blocks(session, made, micros(doing.now), at)})
    if standing or made == full:
        raise Refused("case.correct_lot", value=made, case=", ".join(standing) or state.case)
    if _others_goods(session, micros(doing.now), made, state.case):
        raise Refused("case.correct_lot_there", value=made)
    facts = SqlFacts(session, micros(doing.now))
    number = facts.lot(full) or 0
    info = facts.lots([number])[number]
    event = Transformation(
        id=doing.event_id(),
        at=doing.now,
        by=doing.by,
        site=at,
        kind="relabel",
        inputs=(Portion(full, quantity),),
        outputs=(Output(lot=made, quantity=quantity, product=info.product, gtin=info.gtin),),
        case=state.case,
        approved_by=approved_by,
        note=note,
    )
    elsewhere = refused(session, doing, "use", [(full, quantity)], at, tests=False, approved=state.case, new=new_goods(facts, event))
    return elsewhere or Outcome(events=[event], answer=event)


def _others_goods(session: Session, now: int, lot: str, case: str) -> bool:
    """Say whether a lot is on record as anything but goods that this case corrected before (rule 1)."""
    facts = SqlFacts(session, now)
    number = facts.lot(lot)
    if number is None or number not in facts.on_record([number]):
        return False
    births = {(flow.log, flow.seq) for flow in facts.flows([number]) if flow.kind in BIRTHS}
    return not births or any(getattr(told_at(session, entry), "case", "") != case for entry in births)


def restock(session: Session, doing: Doing, site: str, lot: str, quantity: Quantity | None) -> Outcome:
    """Ask for recalled goods to be free stock again (rule 2): refused while a case blocks them; the answer is the lot.

    :raises Refused: ``transfer.recalled``, ``transfer.recall_possible``; the refusal is on record then.
    """
    full = resolve_lot(session, lot)
    at = resolve_place(session, site)
    return refused(session, doing, "restock", [(full, quantity)], at, tests=False) or Outcome(answer=full)
