"""Answers to notices from a file, as a market office collects them: one row a lot, CSV or XLSX, Chinese or English headings.

Rules:

1. A row names its site, or the receipt code of its notice; rows of one site, however they name it, are one acknowledgement. One that
   names both names the same site by both; and a case in a column of its own is the case the file is read for.
2. A row without a lot speaks of the site's one lot. The file has a column of what was on hand, or it is refused: a heading that is
   not known would lose what the sites said. A row with a lot and no quantity is a fault; one with neither says only that the site
   answered.
3. All faults are collected with row, column, value and what was expected (:mod:`foodtrace.operations.answersrows`), so that a file is
   mended once. Nothing of a site with a fault is recorded. Every row is new, known, faulty or left out, and says which and why: none
   goes without a word.
4. What is not recorded because of a fault is handed back as bad rows (:func:`bad_rows`), the good rows of a faulty site with it: what
   a site answers is recorded whole.
5. The id follows from what was said, so that the same file a second time changes nothing.
6. The case and its notices are read once, however many rows the file has (:mod:`foodtrace.operations.answering`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

import msgspec

from foodtrace.errors import BadData, FoodtraceError
from foodtrace.events import Event, Notice
from foodtrace.graph.directory import resolve_place
from foodtrace.graph.edges import micros
from foodtrace.graph.fitting import named as one_lot
from foodtrace.graph.reader import SqlFacts
from foodtrace.intake.lists import Columns, ListFault, ListRow, amount_of
from foodtrace.intake.model import BadRow, Fault
from foodtrace.operations.answering import Answering
from foodtrace.operations.answersrows import Said, answered
from foodtrace.operations.common import Doing, Outcome
from foodtrace.operations.goods import called
from foodtrace.operations.receipts import Receipts
from foodtrace.recall.cases import resolve_case
from foodtrace.storage.session import Session

ANSWERS: Final[Columns] = {
    "case": ("案件", "案件号", "案号", "case", "case number"),
    "site": ("网点", "收货方", "店名", "场所", "编号", "outlet", "site", "party", "name"),
    "code": ("回执码", "二维码", "回执", "code", "receipt"),
    "lot": ("批次", "批号", "lot", "lots", "batch"),
    "quantity": ("现存", "现存数量", "现存量", "库存", "库存数量", "库存量", "数量", "接通知时现存", "on hand", "onhand", "quantity"),
    "unit": ("单位", "unit"),
    "time": ("回执时间", "时间", "答复时间", "time", "answered"),
}

SINGLE: Final = ("case", "code", "lot", "quantity", "unit", "time")
"""Of these one column only; a site may have its id in one and its name in another."""


class LeftOut(msgspec.Struct, frozen=True, kw_only=True):
    """A good row that was not recorded."""

    row: int
    site: str
    """As the row names it."""
    reason: Literal["same_site", "file"]
    """``same_site``: another row of its site is faulty; ``file``: some row of the file is, and faults were not to be skipped."""
    because: int
    """The faulty row."""


class Collected(msgspec.Struct, frozen=True, kw_only=True):
    """What a file came to, in rows: ``rows`` = ``new`` + ``known`` + those with a fault + those left out."""

    case: str
    rows: int
    new: int
    known: int
    """Rows of answers that were on record already, word for word."""
    faults: tuple[ListFault, ...]
    """At least one a faulty row."""
    left_out: tuple[LeftOut, ...]
    sites: frozenset[str] = frozenset()
    """Ids of the sites whose answers are new."""


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
    rows: int
    """``new`` + ``known`` + faulty rows + rows left out."""
    new: int
    known: int
    """Rows of answers that were on record already, word for word."""
    faults: tuple[FaultSaid, ...]
    left_out: tuple[LeftOut, ...]


def said_of(found: Collected) -> AnswersSaid:
    """Return what a file came to, as programs read it."""
    faults = [
        FaultSaid(row=each.row, column=each.column, value=each.value, error=msgspec.convert(each.error.as_dict(), ErrorSaid))
        for each in found.faults
    ]
    return AnswersSaid(case=found.case, rows=found.rows, new=found.new, known=found.known, faults=tuple(faults), left_out=found.left_out)


def collect(session: Session, doing: Doing, case: str | None, rows: Sequence[ListRow], *, skip_bad: bool = False) -> Outcome:
    """Record the answers of a file; the answer is :class:`Collected`. With a fault nothing is recorded, unless it is skipped.

    :raises NotFound: ``case.not_found``.
    """
    answering = Answering(session, case, micros(doing.now))
    full, ids = answering.case, answering.recorded
    reading = _Reading(session, full, rows)
    events: list[Event] = []
    known: list[ListRow] = []
    new: list[ListRow] = []
    for place, said in reading.said.items():
        event, wrong = answered(answering, doing, place, said, faulty=place in reading.spoiled)
        for row, column, why in wrong:
            reading.fault(row, place, column, row.text(column), why)
        if event is not None:
            (known if event.id in ids else new).extend(said.rows)
            events += [] if event.id in ids else [event]
    faults = tuple(sorted(reading.faults, key=lambda fault: fault.row))
    kept = skip_bad or not faults
    left = reading.left_out() if kept else [*reading.left_out(), *(_left(row, "file", faults[0].row) for row in new)]
    found = Collected(
        case=full,
        rows=len(rows),
        new=len(new) if kept else 0,
        known=len(known),
        faults=faults,
        left_out=tuple(sorted(left, key=lambda each: each.row)),
        sites=frozenset(event.site for event in events) if kept else frozenset(),
    )
    return Outcome(events=events if kept else [], answer=found)


class _Reading:
    """The rows of a file by the site they are of (rule 1), and what is wrong with them."""

    def __init__(self, session: Session, case: str, rows: Sequence[ListRow]) -> None:
        self.faults: list[ListFault] = []
        self.spoiled: dict[str, int] = {}
        """Site -> its first faulty row."""
        self.said: dict[str, Said] = {}
        self._session = session
        self._case = case
        self._receipts = Receipts(session)
        self._cases: dict[str, str] = {}
        for row in rows:
            self._take(row)

    def _take(self, row: ListRow) -> None:
        place, column = "", "case"
        try:
            self._same_case(row)
            column = "code" if row.text("code") else "site"
            place, notice = self._place(row)
            column = "site"
            self._same_site(row, place)
            column = "quantity"
            if row.fault is None:
                self._read(row, place, notice)
        except FoodtraceError as error:
            if row.fault is None:
                if column != "quantity":
                    self._amount_too(row)
                shown = row.text(column) or (row.text("quantity") if not _key(row) else _key(row))
                self.fault(row, place, column, shown, error)
        if row.fault is not None:
            self.fault(row, place, "", str(row.fault.value), row.fault)

    def _same_case(self, row: ListRow) -> None:
        named = row.text("case")
        if not named:
            return
        if named not in self._cases:
            self._cases[named] = resolve_case(self._session, named)
        if (other := self._cases[named]) != self._case:
            raise BadData("case.other_case_row", value=other, expected=self._case)

    def _same_site(self, row: ListRow, place: str) -> None:
        named = row.text("site") if row.text("code") else ""
        if named and (other := resolve_place(self._session, named)) != place:
            raise BadData(
                "case.other_site",
                value=other,
                expected=place,
                name=called(self._session, other),
                of=called(self._session, place),
            )

    def _amount_too(self, row: ListRow) -> None:
        """Tell what is wrong with the quantity of a row whose site is not known either."""
        try:
            amount_of(row)
        except FoodtraceError as error:
            self.faults.append(ListFault(row.row, "quantity", row.text("quantity"), error))

    def _place(self, row: ListRow) -> tuple[str, Notice | None]:
        """Return the site a row is of, and the notice whose code it gives."""
        key = _key(row)
        if not key:
            raise BadData("list.column", value=f"{row.row}", expected=" / ".join((*ANSWERS["site"][:2], *ANSWERS["code"][:1])))
        if not row.text("code"):
            return resolve_place(self._session, key), None
        notice = self._receipts.notice(key)
        if notice.case != self._case:
            raise BadData("case.other_case", value=notice.case, expected=self._case)
        return notice.to, notice

    def _read(self, row: ListRow, place: str, notice: Notice | None) -> None:
        said = self.said.setdefault(place, Said())
        lot = _lot_of(self._session, row)
        try:
            amount = amount_of(row)
        except FoodtraceError:
            said.unread.append((row, lot))
            raise
        if amount is None and lot:
            said.unread.append((row, lot))
            raise BadData("case.no_quantity", value=lot, expected=ANSWERS["quantity"][0])
        if not lot and notice is not None and len(notice.lots) == 1:
            lot = notice.lots[0]
        if amount is not None and not lot:
            raise BadData("case.which_lot", value=str(amount), expected=ANSWERS["lot"][0])
        said.notice = said.notice or (notice.id if notice is not None else "")
        said.rows.append(row)
        if amount is not None:
            said.lots.append((lot, amount))
            said.of.append(row)

    def fault(self, row: ListRow, place: str, column: str, value: str, error: FoodtraceError) -> None:
        """Note a fault: nothing of its site is recorded (rule 3)."""
        self.faults.append(ListFault(row.row, column, value, error))
        self.spoiled[place] = min(self.spoiled.get(place, row.row), row.row)

    def left_out(self) -> list[LeftOut]:
        """Return the good rows of sites with a faulty one."""
        faulty = {fault.row for fault in self.faults}
        return [
            _left(row, "same_site", self.spoiled[place])
            for place, said in self.said.items()
            if place in self.spoiled
            for row in said.rows
            if row.row not in faulty
        ]


def bad_rows(found: Collected, rows: Sequence[ListRow], headings: Mapping[str, str]) -> list[BadRow]:
    """Return the rows that are to be mended and sent again, in the order of the file.

    :param rows: what :func:`collect` was given. :param headings: the heading of each field in the file.
    """
    faults: dict[int, list[Fault]] = {}
    for each in found.faults:
        faults.setdefault(each.row, []).append(Fault(headings.get(each.column, each.column), each.value, each.error))
    for left in found.left_out:
        if left.reason == "same_site":
            faults.setdefault(left.row, []).append(Fault("", left.site, BadData("case.left_out", value=left.site, row=left.because)))
    return [BadRow(row.row, row.written, tuple(faults[row.row])) for row in rows if row.row in faults]


def _lot_of(session: Session, row: ListRow) -> str:
    """Return the lot of a row; of several names of one lot, as our own lists have them in a cell, the first."""
    text = row.text("lot")
    names = text.replace("=", " ").split()
    if len(names) > 1:
        facts = SqlFacts(session, 0)
        numbers = facts.numbers(names)
        if len(numbers) == len(set(names)) and len(one_lot(facts.aliases, list(numbers.values()))) == 1:
            return names[0]
    return text


def _key(row: ListRow) -> str:
    return row.text("code") or row.text("site")


def _left(row: ListRow, reason: Literal["same_site", "file"], because: int) -> LeftOut:
    return LeftOut(row=row.row, site=_key(row), reason=reason, because=because)
