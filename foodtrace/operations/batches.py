"""Formula batches at the plant: facts from the ledger, the pure decisions of :mod:`foodtrace.formula.batch`, and the entry.

Rules:

1. An ingredient or a batch that a recall or a positive test stands against is refused as all asks are, and so is a batch yet to come that
   the rule of a case means
   (:mod:`foodtrace.operations.blocking`); the decision here says the rest.
2. A batch that is refused, or held and answered for by nobody, is not recorded; the refusal is, with its reasons.
3. Cans that were filled all the same are a fact: whoever must record them against this decision records the event itself.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

import msgspec

from foodtrace.events import BatchReleased, FormulaBatch, Portion, Refusal, TestRecorded
from foodtrace.formula import BatchDecision, BatchFacts, Ingredient, ReleaseFacts, may_make, may_release
from foodtrace.graph.directory import resolve_lot, resolve_site
from foodtrace.graph.edges import micros
from foodtrace.graph.reader import SqlFacts
from foodtrace.operations.blocking import Asked, refused
from foodtrace.operations.common import Doing, Outcome, about, latest
from foodtrace.operations.newgoods import new_goods
from foodtrace.operations.places import describe
from foodtrace.quantity import Quantity
from foodtrace.storage.session import Session

_DAY0: Final = dt.date(1970, 1, 1)


class Filling(msgspec.Struct, frozen=True, kw_only=True):
    """What a plant says of a batch it filled."""

    lot: str
    """Full id."""
    product: str
    quantity: Quantity
    """Cans."""
    inputs: Sequence[tuple[str, Quantity]]
    """(lot as given, how much) of every ingredient."""
    registration: str = ""
    licence: str = ""
    """Production licence; empty: the one on record for the plant."""
    content: Quantity | None = None
    produced: dt.date | None = None
    expiry: dt.date | None = None
    serials: tuple[str, str] = ("", "")
    """First and last can code."""


def make(session: Session, doing: Doing, plant: str, said: Filling, *, approved_by: str = "") -> Outcome:
    """Ask whether a batch may be made like this, and record what came of it; the answer is (event, decision).

    :param approved_by: number of whoever answers for what is only held.
    :raises NotFound: ``lot.not_found``, ``site.not_found``. :raises Ambiguous: as these.
    """
    place = resolve_site(session, plant)
    portions = tuple(Portion(resolve_lot(session, each), quantity) for each, quantity in said.inputs)
    new = new_goods(SqlFacts(session, micros(doing.now)), _filled(doing, place, said, portions))
    against = refused(session, doing, "use", [(each.lot, each.quantity) for each in portions], place, new=new)
    if against is not None:
        return against
    found = describe(session, place)
    licence = found[0].licence if found else None
    number = said.licence or (licence.number if licence else "")
    decision = may_make(
        BatchFacts(
            when=doing.now,
            lot=said.lot,
            product=said.product,
            registration=said.registration,
            brands=_brands(session, said.registration, found[0].operator if found else ""),
            licence=number,
            licence_until=licence.valid_until if licence and licence.number == number else None,
            inputs=_ingredients(session, doing, portions),
            quantity=said.quantity,
            produced=said.produced,
            expiry=said.expiry,
        )
    )
    if decision.answer == "refuse" or (decision.answer == "hold" and not approved_by):
        return _refused(doing, "use", said.lot, place, decision, said.quantity)
    event = _filled(doing, place, said, portions, licence=number, by=approved_by)
    return Outcome(events=[event], answer=(event, decision))


def _filled(doing: Doing, place: str, said: Filling, portions: tuple[Portion, ...], *, licence: str = "", by: str = "") -> FormulaBatch:
    return FormulaBatch(
        id=doing.event_id(),
        at=doing.now,
        by=by or doing.by,
        site=place,
        lot=said.lot,
        product=said.product,
        registration=said.registration,
        licence=licence,
        inputs=portions,
        quantity=said.quantity,
        content=said.content,
        produced=said.produced,
        expiry=said.expiry,
        first_serial=said.serials[0],
        last_serial=said.serials[1],
    )


def _brands(session: Session, registration: str, operator: str) -> tuple[str, ...]:
    """Return the products that a firm's plants have filled under a registration: one formula, one brand (Food Safety Law Art. 81).

    What is looked through is the products of one formula and their plants, never their batches.
    """
    if not registration:
        return ()
    start = f"formula {registration} "
    found: list[str] = []
    for number, text in session.rows("SELECT id, text FROM name WHERE text >= ? AND text < ? ORDER BY text", (start, start + "\x7f")):
        if session.row("SELECT 1 FROM about WHERE subject = ? AND ended <= 0 LIMIT 1", (number,)) is None:
            continue  # every batch of that name was corrected away
        plant, _, product = text.removeprefix(start).partition(" ")
        described = describe(session, plant)
        if described is not None and described[0].operator == operator:
            found.append(product)
    return tuple(dict.fromkeys(found))


def release(session: Session, doing: Doing, lot: str, certificate: str, plant: str = "", *, tested: dt.date | None = None) -> Outcome:
    """Release a batch for sale, or record why not; the answer is (event, decision).

    :param certificate: number of the inspection certificate, by which the plant says that the batch passed.
    :param tested: day of the factory test; none: the certificate speaks for itself, and no day is recorded.
    :raises NotFound: ``lot.not_found``, ``site.not_found``. :raises Ambiguous: as these. :raises Refused: as all asks.
    """
    full = resolve_lot(session, lot)
    place = resolve_site(session, plant) if plant else ""
    against = refused(session, doing, "release", [(full, None)], place)
    if against is not None:
        return against
    batch = latest(session, full, FormulaBatch)
    before = latest(session, full, BatchReleased)
    told = [each.event for each in about(session, full) if isinstance(each.event, TestRecorded)]
    decision = may_release(
        ReleaseFacts(
            when=doing.now,
            lot=full,
            known=batch is not None,
            produced=batch.produced if batch else None,
            released=before.at if before else None,
            tested=tested or doing.now.date(),
            passed=not told or max(told, key=lambda test: test.at).verdict != "positive",
            certificate=certificate.strip(),
        )
    )
    if decision.answer != "allow":
        return _refused(doing, "release", full, place, decision, None)
    event = BatchReleased(id=doing.event_id(), at=doing.now, by=doing.by, site=place, lot=full, certificate=certificate, tested=tested)
    return Outcome(events=[event], answer=(event, decision))


def _ingredients(session: Session, doing: Doing, portions: Sequence[Portion]) -> tuple[Ingredient, ...]:
    facts = SqlFacts(session, micros(doing.now))
    numbers = {each.lot: facts.lot(each.lot) for each in portions}
    infos = facts.lots([number for number in numbers.values() if number is not None])
    made: list[Ingredient] = []
    for lot, number in numbers.items():
        info = infos.get(number) if number is not None else None
        expiry = None if info is None or info.expiry is None else _DAY0 + dt.timedelta(days=info.expiry)
        # Recalls are refused before (rule 1).
        made.append(Ingredient(lot=lot, known=info is not None, expiry=expiry, formula=latest(session, lot, FormulaBatch) is not None))
    return tuple(made)


def _refused(doing: Doing, asked: Asked, lot: str, site: str, decision: BatchDecision, quantity: Quantity | None) -> Outcome:
    event = Refusal(
        id=doing.event_id(), at=doing.now, by=doing.by, site=site, asked=asked, lot=lot, quantity=quantity, reasons=decision.codes
    )
    return Outcome(events=[event], answer=(event, decision))
