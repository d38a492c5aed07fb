"""The rows of one site in a file of answers: the answer they make together, and what is wrong with each of them.

Rules:

1. A right site is asked once, whole. Where anything is wrong, each row is asked alone: what is wrong with one hides nothing of another.
2. A lot said twice is wrong where it is said again. What is wrong with the site is so with its first row.
3. Of a row whose quantity cannot be read the lot and the time are judged all the same; what lot it repeats is not: what it would say
   is not known.
4. The answer is given when the last of its rows says; each is judged (:meth:`foodtrace.operations.answering.Answering.given`). Rows
   that say nothing add nothing; where none does, it is given now.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple

import msgspec

from foodtrace.errors import BadData, FoodtraceError
from foodtrace.events import Acknowledgement
from foodtrace.intake.lists import ListRow
from foodtrace.operations.answering import Answering
from foodtrace.operations.common import Doing
from foodtrace.operations.notices import when
from foodtrace.quantity import Quantity


class Said(msgspec.Struct):
    """What the rows of one site say."""

    notice: str = ""
    """Id of the notice whose receipt code was given; empty: none was."""
    lots: list[tuple[str, Quantity]] = []
    rows: list[ListRow] = []
    of: list[ListRow] = []
    """The row of each of ``lots``."""
    unread: list[tuple[ListRow, str]] = []
    """Rows without a quantity that can be read, with their lots."""


class Blame(NamedTuple):
    """What is wrong with a row."""

    row: ListRow
    column: Literal["lot", "quantity", "time", "site", "code"]
    error: FoodtraceError


def answered(
    answering: Answering, doing: Doing, place: str, said: Said, *, faulty: bool
) -> tuple[Acknowledgement | None, tuple[Blame, ...]]:
    """Return the answer of a site, or what is wrong with its rows.

    :param place: its id. :param faulty: something is known to be wrong with it already; there is no answer then.
    """
    if faulty:
        return None, tuple(_wrong(answering, doing, place, said))
    try:
        return _answer(answering, doing, place, said), ()
    except FoodtraceError as error:
        return None, tuple(_wrong(answering, doing, place, said)) or (_of_site(said, error),)


def _answer(answering: Answering, doing: Doing, place: str, said: Said) -> Acknowledgement:
    timed = [row for row in said.rows if row.text("time")]
    at = max((_given(answering, doing, place, row, said.notice) for row in timed), default=doing.now)
    first, times = said.rows[0], " ".join(dict.fromkeys(row.text("time") for row in timed))
    words = [answering.case, first.text("code") or first.text("site"), times, *(f"{lot} {quantity}" for lot, quantity in said.lots)]
    mark = hashlib.sha256("\0".join(words).encode()).hexdigest()
    mine = Doing(now=at, by=doing.by, id=f"ack-{answering.case}-{mark[:24]}")
    return answering.event(mine, place, said.lots, notice=said.notice)


def _given(answering: Answering, doing: Doing, place: str, row: ListRow, notice: str) -> dt.datetime:
    """Return when the answer was given by the word of a row that says so."""
    at, day = when(row.text("time"), doing.now)
    return answering.given(place, at, notice=notice, day=day)


def _wrong(answering: Answering, doing: Doing, place: str, said: Said) -> Iterator[Blame]:
    """Iterate over what is wrong with the rows of a site (rules 1-4)."""

    def asked(*lots: tuple[str, Quantity]) -> FoodtraceError | None:
        return _raised(lambda: answering.event(doing, place, lots, notice=said.notice))

    for row in (*said.rows, *(row for row, _ in said.unread)):
        late = _raised(lambda row=row: _given(answering, doing, place, row, said.notice)) if row.text("time") else None  # type: ignore[misc]
        if late is not None:
            yield Blame(row, "time", late)
    whole = None if said.of else asked()
    right: list[tuple[ListRow, tuple[str, Quantity]]] = []
    for row, lot in zip(said.of, said.lots, strict=True):
        error = asked(lot)
        column = _column_of(error, place) if error is not None else ""
        if error is None:
            right.append((row, lot))
        elif column:
            yield Blame(row, column, error)
        else:
            whole = whole or error
    yield from _again(answering, right)
    for row, lot_text in said.unread:
        error = asked((lot_text, Quantity(0, "g"))) if lot_text else None
        if error is not None and _column_of(error, place) == "lot":
            yield Blame(row, "lot", error)
    if whole is not None and said.rows:
        yield _of_site(said, whole)


def _again(answering: Answering, right: list[tuple[ListRow, tuple[str, Quantity]]]) -> Iterator[Blame]:
    """Iterate over the rows by which a lot is said once more (rule 2)."""
    before: dict[tuple[str, str], Quantity] = {}
    for row, (lot, quantity) in right:
        key = answering.lot(lot), quantity.unit
        if key in before:
            yield Blame(row, "lot", BadData("case.lot_twice", value=key[0], one=str(before[key]), other=str(quantity)))
        before.setdefault(key, quantity)


def _of_site(said: Said, error: FoodtraceError) -> Blame:
    first = said.rows[0]
    return Blame(first, "code" if first.text("code") else "site", error)


def _raised(asking: Callable[[], object]) -> FoodtraceError | None:
    try:
        asking()
    except FoodtraceError as error:
        return error
    return None


def _column_of(error: FoodtraceError, place: str) -> Literal["lot", "quantity", ""]:
    """Return the column that an answer with one lot is wrong in; none: it is the site, whatever the row says."""
    if error.code.startswith("quantity."):
        return "quantity"
    return "lot" if error.code.startswith("lot.") or (error.code == "case.not_affected" and error.value != place) else ""


__all__ = ["Blame", "Said", "answered"]
