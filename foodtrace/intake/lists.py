"""Short lists as a market keeps them: announced trucks, seller files; CSV and XLSX, Chinese or English headings.

Rules:

1. A column is known by its heading (:data:`EXPECTED`, :data:`SELLERS`), written as people write it; others are left alone. A unit in
   brackets behind the heading of the quantity, ``on hand (g)``, is that of the cells without one.
   Of two columns of one heading (or of headings that differ in the unit alone) nothing tells which counts: the list is refused with both
   named, as :mod:`foodtrace.intake.mapping` asks; so are two that a caller takes for one thing however they are called (``single``).
2. Every row is read; all faults are collected with row, column, value and what was expected. Blank rows are no rows.
3. Dates and amounts are read as everywhere; an amount without a unit is a fault, never a guess.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from typing import Final

import msgspec

from foodtrace.errors import BadData, FoodtraceError
from foodtrace.intake.cells import quantity, words
from foodtrace.intake.headings import repeated
from foodtrace.intake.model import CHINA, Cell
from foodtrace.intake.source import Path_
from foodtrace.intake.table import Table, open_table
from foodtrace.intake.times import read_time
from foodtrace.quantity import FACTORS, Quantity

Columns = Mapping[str, tuple[str, ...]]
"""Field -> the headings it goes by, folded."""

EXPECTED: Final[Columns] = {
    "day": ("日期", "预约日期", "到货日期", "预计到达", "day", "date"),
    "seller": ("卖方", "商户", "商户名称", "商户号", "供货商", "信用代码", "卖方编号", "seller"),
    "product": ("品名", "产品", "商品", "货品", "product"),
    "quantity": ("数量", "重量", "预计数量", "quantity", "weight"),
    "unit": ("单位", "unit"),
    "plate": ("车牌", "车牌号", "车号", "plate"),
    "doc": ("预约号", "预约单号", "单号", "booking", "doc"),
}
SELLERS: Final[Columns] = {
    "seller": ("信用代码", "统一社会信用代码", "编号", "经营者", "id", "seller", "uscc"),
    "name": ("名称", "商户", "商户名称", "卖方", "字号", "name"),
    "stall": ("档口", "摊位", "摊位号", "档口号", "stall"),
    "card": ("商户卡", "卡号", "card"),
    "agreement": ("协议至", "协议到期", "协议有效期", "agreement"),
    "kinds": ("品类", "经营品种", "品种", "主营", "kinds"),
    "sources": ("来源", "货源", "产地", "sources"),
    "contact": ("联系人", "contact"),
    "phone": ("电话", "手机", "联系电话", "phone"),
    "address": ("地址", "住址", "address"),
    "identity": ("身份证", "身份证号", "identity"),
}
_PARTS: Final = re.compile(r"[,;、，；/ ]+")


class ListRow(msgspec.Struct, frozen=True):
    """A row of a list: its number in the file and its cells by field."""

    row: int
    cells: dict[str, Cell]
    written: tuple[Cell, ...] = ()
    """The row as it stands in the file, under all its headings."""
    fault: FoodtraceError | None = None
    """What is wrong with the row as a whole."""

    def text(self, field: str) -> str:
        """Return a cell as text, empty where there is none."""
        return words(self.cells.get(field))

    def parts(self, field: str) -> tuple[str, ...]:
        """Return a cell that lists several things."""
        return tuple(each for each in _PARTS.split(self.text(field)) if each)


class ListFault(msgspec.Struct, frozen=True):
    """Something wrong with one cell."""

    row: int
    column: str
    value: str
    error: FoodtraceError


def read_list(path: Path_, columns: Columns, *, needed: Sequence[str]) -> list[ListRow]:
    """Return the rows of a list, none of which has a fault as a whole.

    :param needed: fields that must have a column.
    :raises BadData: ``list.column``, what opening a table raises, and what is wrong with a row as a whole.
    """
    rows = rows_of(open_list(path, columns, needed=needed), columns)
    for row in rows:
        if row.fault is not None:
            raise row.fault
    return rows


def open_list(path: Path_, columns: Columns, *, needed: Sequence[str], single: Collection[str] = ()) -> Table:
    """Open a list and find its headings.

    :param single: fields that only one column may be for, whatever its heading.
    :raises BadData: ``list.column``, ``list.columns_two`` (rule 1), and what opening a table raises.
    """
    wanted = {heading for field in needed for heading in columns[field]}
    table = open_table(path, alone=lambda heading: bool(wanted.intersection(_plain(heading))))
    places = _places(table, columns)
    missing = [field for field in needed if field not in places]
    if missing:
        raise BadData("list.column", value=" ".join(table.headings)[:80], expected=" / ".join(columns[missing[0]]))
    _check_single(table, columns, places, single)
    return table


def _check_single(table: Table, columns: Columns, places: Mapping[str, int], single: Collection[str]) -> None:
    """Raise ``BadData`` (``list.columns_two``) where two columns could be one field and nothing tells which counts (rule 1)."""
    first_of = {heading: first for first, heading in repeated(table.headings)}
    for place, heading in enumerate(table.headings):
        field = _field(first_of.get(heading, heading), columns)
        taken = table.headings[places[field]] if field in places else heading
        same = heading in first_of or _plain(heading)[0] == _plain(taken)[0]
        if field and places[field] != place and (same or field in single):
            raise BadData("list.columns_two", value=f"{taken} / {first_of.get(heading, heading)}", expected=columns[field][0])


def rows_of(table: Table, columns: Columns) -> list[ListRow]:
    """Return the rows of a list in which anything stands under a heading that is known, or that are faulty as a whole."""
    places = _places(table, columns)
    unit = _unit(table.headings[places["quantity"]]) if "quantity" in places else ""
    rows = []
    for number, cells, fault in table.rows():
        read = {field: cells[place] for field, place in places.items() if words(cells[place])}
        rows.append(ListRow(number, {"unit": unit, **read} if unit and "quantity" in read else read, tuple(cells), fault))
    return [each for each in rows if each.cells or each.fault is not None]


def headings_of(table: Table, columns: Columns) -> dict[str, str]:
    """Return the heading that each field has in this list."""
    return {field: table.headings[place] for field, place in _places(table, columns).items()}


def _plain(heading: str) -> tuple[str, str]:
    """Return a heading as the columns may have it: without what follows a bracket, and without what follows a blank."""
    folded = re.sub(r"[\s_]+", " ", unicodedata.normalize("NFKC", heading).casefold().partition("(")[0]).strip()
    return folded, folded.partition(" ")[0]


def _unit(heading: str) -> str:
    """Return the unit in brackets behind a heading, empty where there is none that is known."""
    found = re.search(r"\(\s*([^()]+?)\s*\)\s*$", unicodedata.normalize("NFKC", heading).casefold())
    return found[1] if found and found[1] in FACTORS else ""


def _places(table: Table, columns: Columns) -> dict[str, int]:
    found: dict[str, int] = {}
    for place, heading in enumerate(table.headings):
        field = _field(heading, columns)
        if field and field not in found:
            found[field] = place
    return found


def _field(heading: str, columns: Columns) -> str:
    """Return the field that a heading is for, empty where it is not known."""
    known = {each: field for field, headings in columns.items() for each in headings}
    whole, first = _plain(heading)
    return known.get(whole) or known.get(first, "")


def day_of(row: ListRow, field: str, epoch: dt.datetime = dt.datetime(1899, 12, 30)) -> dt.date | None:  # noqa: DTZ001 - a calendar
    """Return the day in a cell, none where it is empty. Raises ``BadData``."""
    cell = row.cells.get(field)
    return read_time(cell, zone=CHINA, epoch=epoch)[0].date() if words(cell) else None


def amount_of(row: ListRow) -> Quantity | None:
    """Return the quantity of a row, none where it is empty. Raises ``BadData``: ``quantity.*``."""
    given = row.text("quantity")
    return quantity(given, row.text("unit")) if given else None
