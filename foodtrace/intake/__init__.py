"""Bulk intake: files as markets, shops and programs have them -> events (``foodtrace record FILE``).

The way of a file: :mod:`source` (bytes, encoding) -> :mod:`table` (:mod:`delimited`, :mod:`workbook`; headings) -> :mod:`mapping`
(which column is what) -> :mod:`rows` (:mod:`cells`, :mod:`times`, :mod:`names`, :mod:`units`) -> :mod:`read` (the whole
file; :mod:`onrecord` compares with the log) -> :mod:`bad` (what to mend). Nothing here knows a database or a terminal.
"""

from foodtrace.intake.bad import bad_path, reasons, write_bad, write_bad_rows
from foodtrace.intake.mapping import FILE, KINDS, as_toml, choose_mapping, load_mappings, save_mapping
from foodtrace.intake.model import (
    CHINA,
    Ask,
    BadRow,
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
from foodtrace.intake.read import read_events
from foodtrace.intake.table import Table, open_table

__all__ = [
    "CHINA",
    "FILE",
    "KINDS",
    "Ask",
    "BadRow",
    "Check",
    "Directory",
    "Fault",
    "FileKind",
    "Intake",
    "Mapping",
    "Note",
    "Progress",
    "Question",
    "Skipped",
    "Table",
    "as_toml",
    "bad_path",
    "choose_mapping",
    "load_mappings",
    "open_table",
    "read_events",
    "reasons",
    "save_mapping",
    "write_bad",
    "write_bad_rows",
]
