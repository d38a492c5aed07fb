"""Answers to notices from a file, as a market office collects them: one row a lot, CSV or XLSX, Chinese or English headings.

Rules:

1. A row names its site, or the receipt code of its notice; rows of one site are one acknowledgement.
2. A row without a lot speaks of the site's one lot. The file has a column of what was on hand, or it is refused: a heading that is
   not known would lose what the sites said. A row with a lot and no quantity is a fault; one with neither says only that the site
   answered.
3. All faults are collected with row, column, value and what was expected. Nothing of a site with a fault is recorded.
4. The id follows from what was said, so that the same file a second time changes nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from foodtrace.errors import BadData, FoodtraceError
from foodtrace.events import Acknowledgement, Event
from foodtrace.intake.lists import Columns, ListFault, ListRow, amount_of
from foodtrace.operations.common import Doing, Outcome
from foodtrace.operations.notices import acknowledge, notice_of, when
from foodtrace.quantity import Quantity
from foodtrace.recall.cases import case_events, resolve_case
from foodtrace.storage.session import Session

ANSWERS: Final[Columns] = {
    "site": ("网点", "收货方", "店名", "场所", "编号", "outlet", "site", "party", "name"),
    "code": ("回执码", "二维码", "回执", "code", "receipt"),
    "lot": ("批次", "批号", "lot", "lots", "batch"),
    "quantity": ("现存", "现存数量", "现存量", "库存", "库存数量", "库存量", "数量", "接通知时现存", "on hand", "onhand", "quantity"),
    "unit": ("单位", "unit"),
    "time": ("回执时间", "时间", "答复时间", "time", "answered"),
}


class Collected(msgspec.Struct, frozen=True, kw_only=True):
    """What a file came to."""

    case: str
    new: int
    known: int
    """Answers that were on record already, word for word."""
    faults: tuple[ListFault, ...]


class ErrorSaid(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An error as programs read it; see :meth:`foodtrace.errors.FoodtraceError.as_dict`."""

    code: str
    message: dict[str, str]
    """``zh`` and ``en``."""
    hint: dict[str, str]
    value: Any
    expected: Any
    candidates: tuple[Any, ...] = ()
    near: tuple[Any, ...] = ()


class FaultSaid(msgspec.Struct, frozen=True, kw_only=True):
    """Something wrong with one cell of the file."""

    row: int
    column: str
    value: str
    error: ErrorSaid


class AnswersSaid(msgspec.Struct, frozen=True, kw_only=True):
    """What ``case acknowledge --file`` came to; its JSON is ``schemas/case-answers.json``."""

    case: str
    new: int
    known: int
    """Answers that were on record already, word for word."""
    faults: tuple[FaultSaid, ...]


def said_of(found: Collected) -> AnswersSaid:
    """Return what a file came to, as programs read it."""
    faults = [
        FaultSaid(row=each.row, column=each.column, value=each.value, error=msgspec.convert(each.error.as_dict(), ErrorSaid))
        for each in found.faults
    ]
    return AnswersSaid(case=found.case, new=found.new, known=found.known, faults=tuple(faults))


def collect(session: Session, doing: Doing, case: str | None, rows: Sequence[ListRow], *, skip_bad: bool = False) -> Outcome:
    """Record the answers of a file; the answer is :class:`Collected`. With a fault nothing is recorded, unless it is skipped.

    :raises NotFound: ``case.not_found``.
    """
    full = resolve_case(session, case)
    faults: list[ListFault] = []
    spoiled: set[str] = set()
    said: dict[str, tuple[str, list[tuple[str, Quantity]], ListRow]] = {}
    for row in rows:
        key = row.text("code") or row.text("site")
        try:
            if not key:
                raise BadData("list.column", value=f"{row.row}", expected=" / ".join((*ANSWERS["site"][:2], *ANSWERS["code"][:1])))
            amount = amount_of(row)
            if amount is None and row.text("lot"):
                raise BadData("case.no_quantity", value=row.text("lot"), expected=ANSWERS["quantity"][0])
            _, lots, _ = said.setdefault(key, (row.text("time"), [], row))
            if amount is not None:
                lots.append((row.text("lot"), amount))
        except FoodtraceError as error:
            spoiled.add(key)
            faults.append(ListFault(row.row, "quantity" if key else "site", row.text("quantity") or key, error))
    events: list[Event] = []
    ids = {event.id for _, event, _ in case_events(session, full) if isinstance(event, Acknowledgement)}
    known = 0
    for key, (time, lots, row) in said.items():
        if key in spoiled:
            continue
        try:
            event = _answer(session, doing, full, key, time, lots, code=bool(row.text("code")))
        except FoodtraceError as error:
            if error.code.startswith("quantity."):
                faults.append(ListFault(row.row, "quantity", ", ".join(str(quantity) for _, quantity in lots), error))
            else:
                faults.append(ListFault(row.row, "code" if row.text("code") else "site", key, error))
            continue
        known += event.id in ids
        if event.id not in ids:
            events.append(event)
    kept = events if skip_bad or not faults else []
    return Outcome(events=kept, answer=Collected(case=full, new=len(kept), known=known, faults=tuple(sorted(faults, key=lambda f: f.row))))


def _answer(
    session: Session, doing: Doing, case: str, key: str, time: str, lots: list[tuple[str, Quantity]], *, code: bool
) -> Acknowledgement:
    site, notice = key, ""
    if code:
        found = notice_of(session, key)
        if found.case != case:
            raise BadData("case.other_case", value=found.case, expected=case)
        site, notice = found.to, found.id
        if any(not lot for lot, _ in lots) and len(found.lots) == 1:
            lots = [(lot or found.lots[0], quantity) for lot, quantity in lots]
    if any(not lot for lot, _ in lots):
        raise BadData("case.which_lot", value=str(lots[0][1]), expected=ANSWERS["lot"][0])
    at = when(time, doing.now) if time else doing.now
    mark = hashlib.sha256("\0".join([case, key, time, *(f"{lot} {quantity}" for lot, quantity in lots)]).encode()).hexdigest()
    mine = Doing(now=at, by=doing.by, id=f"ack-{case}-{mark[:24]}")
    event: Acknowledgement = acknowledge(session, mine, case, site, lots, notice=notice).answer
    return event
