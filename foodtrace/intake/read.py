"""A whole file -> events, bad rows, and what else there is to say. Nothing is recorded here.

Rules:

1. Every row is read; all faults of all rows are collected. Nothing of the file counts as recorded until the ledger says so.
2. Totals, repeated headings and footers are skipped and listed; so are rows of zero (but in a count) and the same row twice.
3. The same id with other content in one file: where an id column that was recognised by its heading repeats in more than
   one row of twenty, it is a document number (several lines each) and the rows get ids of their own; else each is a bad row.
4. The content of an event depends on the file, its mapping and the names on record only, never on the clock or on who sends
   it: so a file sent again changes nothing.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import Final, Literal, TypeAlias

import msgspec

from foodtrace.errors import BadData
from foodtrace.intake.cells import words
from foodtrace.intake.lines import is_json_lines, read_lines
from foodtrace.intake.mapping import choose_mapping
from foodtrace.intake.model import (
    CHINA,
    Ask,
    BadRow,
    Cell,
    Check,
    Directory,
    Fault,
    FileKind,
    Intake,
    Mapping,
    Note,
    Progress,
    Question,
    Skipped,
)
from foodtrace.intake.names import Names
from foodtrace.intake.onrecord import OnRecord
from foodtrace.intake.rows import Rows
from foodtrace.intake.source import Path_, Source, encoding_of, format_of, open_source, shown
from foodtrace.intake.table import Table, open_table
from foodtrace.intake.units import Units

Why: TypeAlias = Literal["total", "heading", "footer"]

_EVERY: Final = 500
_TOTAL: Final = re.compile(
    r"(?:本页|本日|当日|本月|全部)?(?:合\s*计|总\s*计|小\s*计|共\s*计|累\s*计|汇\s*总).*|(?:grand |sub)?totals?\b.*|sum\b.*", re.IGNORECASE
)
_FOOTER: Final = re.compile(
    r"(?:制表|打印|审核|复核|经办|导出|备注|说明|填表|统计|负责人|第\s*\d+\s*页|共\s*\d+\s*[页条行]"
    r"|printed|exported|page |prepared|note:).*",
    re.IGNORECASE,
)


def read_events(
    path: Path_,
    *,
    directory: Directory,
    mapping: Mapping | None = None,
    unit: str | None = None,
    sheet: str | None = None,
    tz: dt.tzinfo = CHINA,
    ask: Ask | None = None,
    kind: FileKind | None = None,
    by: str = "",
    site: str = "",
    saved: Sequence[Mapping] = (),
    encoding: str = "",
    progress: Progress | None = None,
    now: dt.datetime | None = None,
    check: Check | None = None,
) -> Intake:
    """Read a file of JSON lines, CSV or XLSX.

    :param path: a path, the bytes themselves, or a binary stream such as standard input.
    :param mapping: which column is what (``--map``); none: chosen as :mod:`foodtrace.intake.mapping` says.
    :param unit: unit word of quantities that name none. :param sheet: title of the sheet of a workbook.
    :param tz: zone of times without an offset. :param ask: asks a person; none where there is nobody to ask.
    :param kind: what a row is, when the headings do not say. :param saved: remembered mappings.
    :param by: staff or device number written into every event whose row names none; leave it out where different people
        may send the same file (rule 4). :param site: name or id of the market or shop the file belongs to.
    :param now: the present moment; rows more than a day ahead of it are bad.
    :param check: compares rows with what is on record (``Ledger.refusals``); those it refuses are bad rows.
    :raises BadData: when the file as a whole cannot be read: ``record.*``, ``quantity.unit_missing``.
    :raises NotFound: ``record.no_file``; or what ``directory`` says of ``site``. :raises Storage: ``record.unreadable``.
    """
    source = open_source(path)
    if format_of(source) == "text" and is_json_lines(source):
        return _read_lines(source, encoding_of(source, encoding=encoding, ask=ask), progress, check)
    known = {frozenset(each.columns) for each in (*saved, *([mapping] if mapping else []))}
    table = open_table(source, sheet, known=known, encoding=encoding, ask=ask)
    chosen = choose_mapping(table, saved=saved, given=mapping, kind=kind, ask=ask)
    chosen, here = _place(table, chosen, directory, site, ask)
    reader = _Reader(table, chosen, directory, unit, ask, progress, check)
    found = reader.read(tz, here, by, now)
    if reader.repeats and chosen.origin in {"known", "asked"} and reader.repeats * 20 >= found.total:
        columns = {heading: "doc" if field == "id" else "" if field == "doc" else field for heading, field in chosen.columns.items()}
        heading = chosen.column("id")
        unit = unit or reader.units.mapping.unit or None
        reader = _Reader(table, msgspec.structs.replace(chosen, columns=columns), directory, unit, ask, progress, check)
        found = reader.read(tz, here, by, now)
        found.notes.append(Note("record.note.id_is_doc", {"heading": heading}))
    return found


def _place(table: Table, mapping: Mapping, directory: Directory, site: str, ask: Ask | None) -> tuple[Mapping, str]:
    """Return the mapping, and the id of the market or shop the file belongs to; asked for when the rows do not say."""
    named = site or mapping.site
    rows_say = mapping.column("site") or mapping.column("site_name")
    if not named and not rows_say:
        named = (ask(Question(about="site", params={"file": table.name})) if ask else None) or ""
        if not named:
            raise BadData("record.site_missing", value=table.name, expected="--site")
    if named != mapping.site:
        mapping = msgspec.structs.replace(mapping, site=named)
    return mapping, directory.site(named) if named else ""


class _Reader:
    """Reads one table under one mapping."""

    def __init__(
        self,
        table: Table,
        mapping: Mapping,
        directory: Directory,
        unit: str | None,
        ask: Ask | None,
        progress: Progress | None,
        check: Check | None,
    ) -> None:
        self.units = Units(table, mapping, unit, ask)
        self.repeats = 0
        """Rows whose id stood in another row with other content."""
        self._table, self._mapping, self._directory = table, mapping, directory
        self._ask, self._progress = ask, progress
        self._on_record = OnRecord(check, mapping, table.headings)
        self._ids: dict[str, tuple[int, bytes]] = {}
        self._headings = [text for i, text in enumerate(table.written) if text and i != table.reason]

    def read(self, tz: dt.tzinfo, here: str, by: str, now: dt.datetime | None) -> Intake:
        names = Names(self._directory, here)
        rows = Rows(self._table, self._mapping, names, self.units, zone=tz, here=here, by=by, now=now)
        out = Intake(
            name=self._table.name,
            events=[],
            rows=[],
            bad=[],
            skipped=[],
            total=0,
            notes=[],
            encoding=self._table.encoding,
            sheet=self._table.sheet,
        )
        done = 0
        for row, cells, fault in self._table.rows():
            done += 1
            if self._progress and done % _EVERY == 0:
                self._progress(done, max(self._table.total, done))
            if fault is None and (reason := self._no_record(rows, cells)):
                out.skipped.append(Skipped(row, reason, _first_words(cells)))
                continue
            out.total += 1
            if fault is not None:
                out.bad.append(BadRow(row, tuple(cells), (Fault("", str(fault.value or ""), fault),)))
            else:
                self._one(out, rows, row, cells)
        if self._progress:
            self._progress(done, done)
        self._on_record.settle(out)
        out.mapping = self.units.mapping
        if not rows.has("id"):
            out.notes.append(Note("record.note.hash_ids"))
        out.notes += _untaken(out.mapping)
        return out

    def _one(self, out: Intake, rows: Rows, row: int, cells: Sequence[Cell]) -> None:
        event = rows.read(cells, row)
        if isinstance(event, tuple) and self._ask and not rows.year and any(fault.code == "record.time_no_year" for fault in event):
            answer = self._ask(Question(about="year", params={"file": self._table.name}))
            rows.year = int(answer) if answer and answer.isascii() and answer.isdigit() and len(answer) == 4 else -1  # noqa: PLR2004
            event = rows.read(cells, row) if rows.year > 0 else event
        if isinstance(event, tuple):
            out.bad.append(BadRow(row, tuple(cells), event))
            return
        if event.quantity.value == 0 and rows.kind != "stock_count":  # type: ignore[union-attr]
            out.skipped.append(Skipped(row, "zero", _first_words(cells)))
            out.total -= 1
            return
        if rows.has("id"):
            content = rows.fingerprint(cells)
            before, same = self._ids.setdefault(event.id, (row, content))
            if before != row and same == content:
                out.skipped.append(Skipped(row, "repeated", event.id))
                out.total -= 1
                return
            if before != row:
                self.repeats += 1
                error = BadData("record.id_repeated", value=event.id, row=before)
                heading = self._mapping.column("id")
                out.bad.append(BadRow(row, tuple(cells), (Fault(heading, event.id, error),)))
                return
        out.events.append(event)
        out.rows.append(row)
        self._on_record.take(event, row, cells)

    def _no_record(self, rows: Rows, cells: Sequence[Cell]) -> Why | None:
        """Say why a row is no record (rule 2), none if it is one."""
        when = rows.raw(cells, "at") or rows.raw(cells, "date")
        if any(c.isdigit() for c in when):
            return None
        texts = [" ".join(text.split()) for cell in cells if (text := words(cell))]
        if not texts:
            return "footer"
        if texts == self._headings:
            return "heading"
        if _TOTAL.fullmatch(texts[0]):
            return "total"
        if _FOOTER.fullmatch(texts[0]) and not rows.raw(cells, "quantity"):
            return "footer"
        named = rows.raw(cells, "product") or rows.raw(cells, "lot")
        return "total" if not named and any(_TOTAL.fullmatch(each) for each in texts) else None


def _untaken(mapping: Mapping) -> list[Note]:
    """Say that a settlement file's buyers, or its sellers, are not taken, while some of its columns are not recorded."""
    left = " ".join(heading for heading, field in mapping.columns.items() if not field)
    if mapping.kind != "transfer" or not left:
        return []
    notes = []
    if not (mapping.column("site") or mapping.column("site_name")):
        notes.append(Note("record.note.no_seller", {"site": mapping.site, "left": left}))
    if not (mapping.column("buyer") or mapping.column("buyer_name")):
        notes.append(Note("record.note.no_buyer", {"left": left}))
    return notes


def _first_words(cells: Sequence[Cell]) -> str:
    return " ".join(text for cell in cells if (text := words(cell)))[:60]


def _read_lines(source: Source, codec: str, progress: Progress | None, check: Check | None) -> Intake:
    on_record = OnRecord(check, None, ())
    out = Intake(name=source.name, events=[], rows=[], bad=[], skipped=[], total=0, notes=[], encoding=shown(codec))
    for done, each in enumerate(read_lines(source, codec), start=1):
        if isinstance(each, BadRow):
            out.bad.append(each)
        elif isinstance(each, Skipped):
            out.skipped.append(each)
        else:
            row, event, line = each
            out.rows.append(row)
            out.events.append(event)
            on_record.take(event, row, (line,))
        if progress and done % _EVERY == 0:
            progress(done, 0)
    on_record.settle(out)
    out.total = len(out.events) + len(out.bad)
    if progress:
        progress(out.total, out.total)
    return out
