"""One row -> one event, or everything that is wrong with it.

Rules:

1. Every cell is read even when another is bad: a clerk mends a row once.
2. The event id is the id column's text. A text that is no plain code (Chinese, spaces) gives ``D-`` and its hash. Without an id
   column it is the time, the hash of the row's mapped cells, and the number of the occurrence of that row in the file, so
   that two equal sales are two, and a file sent again changes nothing. What is not said in the entry is not hashed into its id
   either, where it is for ever and could be found out by trying: a person's name as staff, a name beside a code.
3. A transfer may lack its lot (its links are then ``possible``) or its buyer; both are counted. Everything else needs a lot.
4. A can code (罐码) without a quantity is one piece.
5. A quantity that is merged over several rows is nobody's alone, and a formula without result is no value: both are faults.
6. ``written`` keeps the words of a quantity whose unit is not metric (斤).
"""

from __future__ import annotations

import bisect
import datetime as dt
import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter
from typing import Any, Final

from foodtrace.errors import BadData, FoodtraceError
from foodtrace.events import AnyEvent, Loss, Receipt, Sale, StockCount, Transfer
from foodtrace.events.canonical import checked
from foodtrace.intake import cells as cell_
from foodtrace.intake.model import Cell, Fault, Mapping
from foodtrace.intake.names import Names
from foodtrace.intake.sheetxml import Formula
from foodtrace.intake.table import Table
from foodtrace.intake.times import When, read_time
from foodtrace.intake.units import UnitMissing, Units
from foodtrace.quantity import Quantity

_CODE: Final = re.compile(r"[!-~]{1,80}")
_PERSONAL: Final = frozenset({"uscc.personal_id", "lot.personal"})
"""Errors about somebody's personal number: the cell is not repeated."""
_NAMED: Final = {"site_name": "site", "buyer_name": "buyer", "source_name": "source"}
"""Column of a party's name -> column of its code, which goes before it."""
_SHARES: Final[tuple[str, ...]] = ("quantity", "serial")
"""Fields that a row has for itself."""
_METRIC: Final = frozenset({"g", "kg", "kgs", "公斤", "千克", "克", "ml", "l", "升", "毫升"})
_EVENTS: Final[dict[str, Callable[..., AnyEvent]]] = {
    "transfer": Transfer,
    "receipt": Receipt,
    "sale": Sale,
    "stock_count": StockCount,
    "loss": Loss,
}


class Rows:
    """Reads the rows of one table under one mapping."""

    def __init__(
        self, table: Table, mapping: Mapping, names: Names, units: Units, *, zone: dt.tzinfo, here: str, by: str, now: dt.datetime | None
    ) -> None:
        self.kind = mapping.kind
        self._table, self._names, self._units = table, names, units
        self._zone, self._here, self._by, self._now = zone, here, by, now
        self.year = 0
        self._heading = {field: heading for heading, field in mapping.columns.items() if field}
        self._at = {field: table.headings.index(heading) for field, heading in self._heading.items()}
        self._merged = {field: table.merged(self._heading[field]) for field in _SHARES if field in self._at}
        self._hashed = sorted(self._at.items())
        self._seen: dict[bytes, int] = {}
        self._cells: Sequence[Cell] = ()
        self._faults: list[Fault] = []

    def has(self, field: str) -> bool:
        """Say whether a column is mapped to a field."""
        return field in self._at

    def raw(self, cells: Sequence[Cell], field: str) -> str:
        """Return the text of a field's cell, empty without such a column."""
        return cell_.words(cells[self._at[field]]) if field in self._at else ""

    def fingerprint(self, cells: Sequence[Cell]) -> bytes:
        """Return the hash of a row's mapped cells (rule 2): of their text, so that a change of encoding changes nothing."""
        parts = [f"{field}\x1f{self._hashable(field, cells)}" for field, _ in self._hashed]
        return hashlib.sha256("\x1e".join((self.kind, *parts)).encode("utf-8", "replace")).digest()

    def _hashable(self, field: str, cells: Sequence[Cell]) -> str:
        """Return a cell's text as far as the entry may tell it: no staff's name, and no name of a party that a code beside it tells."""
        text = self.raw(cells, field)
        if field == "by":
            return self._staff(text)
        code = _NAMED.get(field)
        return "" if code and self.raw(cells, code) else text

    def read(self, cells: Sequence[Cell], row: int = 0) -> AnyEvent | tuple[Fault, ...]:
        """Return the event of a row, or its faults; ``row`` is its number in a workbook."""
        self._cells, self._faults = cells, []
        found = self._read()
        faults = [*found] if isinstance(found, tuple) else []
        for heading, error in self._no_values(row):
            faults = [fault for fault in faults if fault.column != heading]
            faults.append(Fault(heading, str(error.value), error))
        return tuple(faults) if faults else found

    def _no_values(self, row: int) -> Iterator[tuple[str, FoodtraceError]]:
        """Yield the columns whose cell is no value of this row (rule 5)."""
        for field, index in self._at.items():
            cell = self._cells[index]
            if isinstance(cell, Formula):
                yield self._heading[field], BadData("record.formula", value=cell)
            elif field in _SHARES and _within(row, self._merged[field]):
                yield self._heading[field], BadData("record.merged", value=cell_.words(cell))

    def _read(self) -> AnyEvent | tuple[Fault, ...]:
        when = self._when()
        site = self._party("site", "site_name") if self._has_any("site", "site_name") else self._here
        product = self._get("product", lambda cell: self._names.product(cell_.name(cell)), "")
        gtin = self._get("gtin", lambda cell: cell_.code(cell, optional=True), "")
        fields: dict[str, Any] = {"site": site}
        if self.kind == "transfer":
            fields["to"] = self._party("buyer", "buyer_name")
        source = self._party("source", "source_name") if self.kind == "receipt" else ""
        fields["lot"] = self._lot(site if self.kind != "receipt" else source, gtin, product)
        lot = fields["lot"]
        if other := self._names.other_product(lot, product):
            self._fault("product", BadData("record.product_differs", value=product, expected=other, lot=lot))
        if site and site == (fields.get("to") or source):
            party = "buyer" if self.kind == "transfer" else "source"
            self._fault(party if self.raw(self._cells, party) else f"{party}_name", BadData("record.same_party", value=site))
        fields["quantity"], written = self._quantity()
        number = self._get("id", lambda cell: cell_.code(cell, optional=True), "")
        if self.kind in {"transfer", "receipt", "sale"}:
            fields["doc"] = self._get("doc", lambda cell: cell_.code(cell, optional=True), "") or number
        if self.kind in {"transfer", "receipt"}:
            fields |= {"product": product, "written": written}
        if self.kind == "receipt":
            fields["source"] = source
        if self.kind == "sale":
            fields["serial"] = self._get("serial", _serial, "")
        fields["by"] = self._get("by", lambda cell: self._staff(cell_.code(cell, optional=True)), "") or self._by
        if self._faults or when is None:
            return tuple(self._faults)
        return self._event(number, when, fields)

    def _event(self, number: str, when: When, fields: dict[str, Any]) -> AnyEvent | tuple[Fault, ...]:
        at, precision = when
        event = _EVENTS[self.kind](id=self._id(number, at), at=at, precision=precision, **fields)
        try:
            checked(event)
        except FoodtraceError as error:
            return (Fault("", str(error.params.get("reason", "")), error),)
        return event

    def _id(self, number: str, at: dt.datetime) -> str:
        """Rule 2."""
        if number:
            return number if _CODE.fullmatch(number) else "D-" + hashlib.sha256(number.encode("utf-8", "replace")).hexdigest()[:24]
        digest = self.fingerprint(self._cells)[:10]
        again = self._seen[digest] = self._seen.get(digest, 0) + 1
        return f"R{at:%Y%m%dT%H%M%S}-{digest.hex()}-{again}"

    def _get(self, field: str, read: Callable[[Cell], str], default: str) -> str:
        """Return what ``read`` makes of a field's cell; a failure is noted."""
        index = self._at.get(field)
        if index is None:
            return default
        try:
            return read(self._cells[index])
        except FoodtraceError as error:
            self._fault(field, error)
            return default

    def _fault(self, field: str, error: FoodtraceError) -> None:
        heading = self._heading.get(field, "")
        value = cell_.words(self._cells[self._at[field]]) if field in self._at else ""
        if error.code in _PERSONAL:
            value = str(error.value)  # masked
        self._faults.append(Fault(heading, value, error))

    def _missing(self, field: str) -> BadData:
        return BadData("record.missing", value="", column=self._heading.get(field, field))

    def _has_any(self, *fields: str) -> bool:
        return any(field in self._at for field in fields)

    def _when(self) -> When | None:
        field = "at" if self.has("at") else "date"
        index = self._at.get(field, -1)
        time = self._cells[self._at["time"]] if self.has("time") and field == "date" else None
        cell = self._cells[index]
        try:
            if cell is None or cell == "":
                raise self._missing(field)
            when = read_time(cell, zone=self._zone, epoch=self._table.epoch, time=time, year=max(self.year, 0))
        except FoodtraceError as error:
            self._fault("time" if time and error.value == str(time) else field, error)
            return None
        except OverflowError:
            self._fault(field, BadData("record.time", value=cell_.words(cell), expected="2026-11-23 05:12"))
            return None
        if self._now is not None and when[0] > self._now + dt.timedelta(days=1):
            self._fault(field, BadData("record.time_future", value=cell_.words(cell)))
        return when

    def _party(self, code: str, name: str) -> str:
        """Return the site of a code column and a name column."""
        before = len(self._faults)
        given = self._get(code, lambda cell: cell_.code(cell, optional=True), "")
        called = self._get(name, cell_.name, "")
        if len(self._faults) > before:
            return ""
        try:
            found = self._names.party(given, called)
            if not found and code == "site":
                raise self._missing(code if self.has(code) else name)
        except FoodtraceError as error:
            self._fault(code if given or not self.has(name) else name, error)
            return ""
        return found

    def _lot(self, site: str, gtin: str, product: str) -> str:
        before = len(self._faults)
        text = self._get("lot", lambda cell: cell_.code(cell, optional=True), "")
        if len(self._faults) > before:
            return ""
        if not text and self.kind != "transfer":
            self._fault("lot", self._missing("lot"))
        elif not text and not product and not any(fault.column == self._heading.get("product") for fault in self._faults):
            self._fault("product", self._missing("product" if self.has("product") else "lot"))
        if not text:
            return ""
        try:
            return self._names.lot(text, site, gtin)
        except FoodtraceError as error:
            self._fault("lot", error)
            return ""

    def _quantity(self) -> tuple[Quantity, str]:
        nothing = Quantity(0, "piece")
        text, field = self.raw(self._cells, "quantity"), "quantity"
        if not text and self.raw(self._cells, "serial"):
            return Quantity(1, "piece"), ""
        try:
            if not text:
                raise self._missing("quantity")
            word = self._units.of(text, self.raw(self._cells, "unit"))
            found = cell_.quantity(text, word)
        except UnitMissing:  # of the whole column: no matter of this row
            raise
        except FoodtraceError as error:
            if error.code == "quantity.unit_unknown" and self.has("unit") and not cell_.has_unit(text):
                field = "unit"
            self._fault(field, error)
            return nothing, ""
        whole = text if cell_.has_unit(text) else f"{text} {word}"
        metric = found.unit == "piece" or unicodedata.normalize("NFKC", whole).lower().lstrip("0123456789., ") in _METRIC
        return found, "" if metric else whole[:100]

    @staticmethod
    def _staff(text: str) -> str:
        """Keep a staff number; drop a name (entries are for ever)."""
        return text if text.isascii() and " " not in text and len(text) <= 40 else ""  # noqa: PLR2004


def _within(row: int, stretches: Sequence[tuple[int, int]]) -> bool:
    place = bisect.bisect_right(stretches, row, key=itemgetter(0))
    return place > 0 and row <= stretches[place - 1][1]


def _serial(cell: Cell) -> str:
    """Read a can code."""
    text = cell_.code(cell, optional=True)
    if text and _CODE.fullmatch(text) is None:
        raise BadData("record.serial", value=text, expected="1-80 x [!-~]")
    return text
