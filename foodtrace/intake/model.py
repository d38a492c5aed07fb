"""The nouns of bulk intake: what a file is read into, and what it asks of the ledger and of the person.

Rules:

1. A row becomes one event, or a :class:`BadRow` with everything that is wrong with it, or is :class:`Skipped` and said
   (totals, repeated headings, footers). Nothing disappears without a word.
2. Names are resolved by a :class:`Directory`, which the ledger implements; intake itself knows no database.
3. What only a person can say (a unit, which column is which) is a :class:`Question`; nothing is guessed silently.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Final, Literal, Protocol, TypeAlias

import msgspec

from foodtrace.errors import FoodtraceError
from foodtrace.events import AnyEvent
from foodtrace.texts import Lang, has, text

CHINA: Final = dt.timezone(dt.timedelta(hours=8))
"""Time zone of a file that names none: China's."""

FileKind: TypeAlias = Literal["transfer", "receipt", "sale", "stock_count", "loss", "events"]
"""What a row is: a settlement line, a delivery, a till line, a counted lot, a loss, or (JSON lines) any event."""

Cell: TypeAlias = str | int | float | dt.datetime | dt.date | dt.time | dt.timedelta | None
"""A cell as the file gives it; CSV gives text only."""


class Directory(Protocol):
    """The names on record. Each method raises ``NotFound`` (with ``near``) or ``Ambiguous`` (with ``candidates``)."""

    def site(self, name: str, /, *, market: str = "") -> str:
        """Return the id of a site from its id, trading name, credit code, or trader card or stall number in ``market``.

        ``market`` is a site id; empty: the only market on record. A credit code with several sites is ``Ambiguous``.
        """
        ...

    def lot(self, name: str, /, *, site: str = "") -> str:
        """Return ``AUTHORITY/CODE`` from the full id, or from a bare code that is unique, first at ``site``, then anywhere.

        A full id that no record names yet is returned as it is: it may come from outside.
        """
        ...

    def product(self, name: str, /) -> str:
        """Return the product's name as it is on record; a name nobody knows yet is returned as it is."""
        ...

    def products_of(self, lot: str, /) -> tuple[str, ...]:
        """Return what a lot, by its full id, was said to be where it came to be; empty where nobody said it."""
        ...


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """Something only a person can answer."""

    about: Literal["unit", "kind", "column", "column_perhaps", "sheet", "year", "encoding", "site"]
    options: tuple[tuple[str, str], ...] = ()
    """(answer, what to show) of each choice; empty: any text."""
    params: dict[str, object] = {}

    def text(self, lang: Lang = "en") -> str:
        """Return the question in one sentence."""
        field = self.params.get("field")
        params = {**self.params, "field": text(f"record.field.{field}", lang)} if field else self.params
        return text(f"record.ask.{self.about}", lang, **params)

    def label(self, answer: str, lang: Lang = "en") -> str:
        """Return what to show for one of the options."""
        shown = dict(self.options).get(answer, answer)
        key = f"record.option.{answer}"
        return text(key, lang) if has(key) else shown


Ask: TypeAlias = Callable[[Question], str | None]
"""Asks a person; none means that nobody answered."""

Progress: TypeAlias = Callable[[int, int], None]
"""Called with (rows done, rows in all; 0 when not known), about every 500 rows and once at the end."""


Check: TypeAlias = Callable[[Sequence[AnyEvent]], Sequence[tuple[int, FoodtraceError]]]
"""Compares some events with what is on record: (place among them, why it would be refused), as the ledger's ``refusals``."""


class Note(msgspec.Struct, frozen=True):
    """Something the person is told, though nothing is wrong."""

    code: str
    params: dict[str, object] = {}

    def text(self, lang: Lang = "en") -> str:
        """Return it in one sentence."""
        return text(self.code, lang, **self.params)


class Fault(msgspec.Struct, frozen=True):
    """One thing wrong with one cell of a row, or with the whole row (``column`` empty)."""

    column: str
    value: str
    error: FoodtraceError

    @property
    def code(self) -> str:
        """Stable code of what is wrong."""
        return self.error.code

    def expected(self, lang: Lang = "en") -> str:
        """Return what should stand there, in a few words."""
        key = f"{self.code}.expected"
        if has(key):
            return text(key, lang, value=self.value, **{**self.error.params, "expected": self.error.expected})
        found = getattr(self.error, "candidates", ()) or getattr(self.error, "near", ())
        expected = self.error.expected
        if hasattr(expected, "in_words"):
            return str(expected.in_words(lang))
        return ", ".join(found[:3]) if found else str(expected or "")

    def message(self, lang: Lang = "en") -> str:
        """Return what is wrong, in one sentence."""
        return self.error.message(lang)

    def hint(self, lang: Lang = "en") -> str:
        """Return what to do, in a few words."""
        return self.error.hint(lang)


class BadRow(msgspec.Struct, frozen=True):
    """A row that could not be read, with everything that is wrong with it."""

    row: int
    """Number of the row as a spreadsheet shows it, headings and titles counted, from 1."""
    cells: tuple[Cell, ...]
    """The row as it stands in the file."""
    faults: tuple[Fault, ...]


class Skipped(msgspec.Struct, frozen=True):
    """A row that is no record: a total, a repeated heading, a footer, the same row twice."""

    row: int
    reason: Literal["total", "heading", "footer", "repeated", "zero"]
    shown: str
    """Its first words."""

    def text(self, lang: Lang = "en") -> str:
        """Return why it was skipped."""
        return text(f"record.skipped.{self.reason}", lang, row=self.row, shown=self.shown)


class Mapping(msgspec.Struct, frozen=True, kw_only=True):
    """Which column is what, remembered per set of headings."""

    name: str
    kind: FileKind
    columns: dict[str, str]
    """Heading -> field (:data:`foodtrace.intake.headings.FIELDS`), or empty for a column that is not recorded."""
    unit: str = ""
    """Unit word of quantities that name none."""
    site: str = ""
    """The market or shop the file belongs to, when its rows do not say."""
    origin: Literal["saved", "known", "asked", "given"] = "known"
    """How it was found; not saved."""

    def column(self, field: str) -> str:
        """Return the heading of a field, or empty."""
        return next((heading for heading, each in self.columns.items() if each == field), "")

    def fits(self, headings: tuple[str, ...]) -> bool:
        """Say whether this mapping is for a table with this set of headings."""
        return frozenset(self.columns) == frozenset(headings)


class Intake(msgspec.Struct, kw_only=True):
    """A file as read: nothing of it is recorded yet."""

    name: str
    """The file's name, without folders."""
    events: list[AnyEvent]
    rows: list[int]
    """Row number of each event."""
    bad: list[BadRow]
    skipped: list[Skipped]
    total: int
    """Rows that are records, good and bad."""
    without_lot: int = 0
    """Events that name no lot: their links will be ``possible`` (same stall, product and day)."""
    without_buyer: int = 0
    """Transfers that name no registered buyer."""
    mapping: Mapping | None = None
    """None for JSON lines."""
    notes: list[Note]
    encoding: str = ""
    """``UTF-8``, ``GB18030``, ``UTF-16`` or ``XLSX``."""
    sheet: str = ""
    """Title of the sheet of a workbook."""
