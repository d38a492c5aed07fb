"""Small answers as programs read them: ``site list``, ``operator show``, lists in files, and errors; ``schemas/`` has their forms."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from foodtrace.errors import FoodtraceError
from foodtrace.events import Operator


class SiteLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of ``site list``."""

    site: str
    name: str
    kind: str
    operator: str
    county: str


class SiteNamed(msgspec.Struct, frozen=True, kw_only=True):
    """A site of an operator."""

    site: str
    name: str


class OperatorShown(msgspec.Struct, frozen=True, kw_only=True):
    """What ``operator show`` says."""

    operator: Operator
    sites: list[SiteNamed]


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """A text in both languages."""

    zh: str
    en: str


class ErrorTold(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An error; see :meth:`foodtrace.errors.FoodtraceError.as_dict`."""

    code: str
    message: Words
    hint: Words
    value: str | None
    expected: str | None
    candidates: list[str] = []
    """Full ids of what the name may mean."""
    near: list[str] = []
    """What has a similar name, best first."""


class ErrorSaid(msgspec.Struct, frozen=True, kw_only=True):
    """What any command with ``--json`` prints instead of its answer when it ends with an error."""

    error: ErrorTold


class BadRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of a list in a file that cannot be taken."""

    row: int
    """As a spreadsheet counts them: the heading is row 1."""
    error: ErrorTold


class BadRows(msgspec.Struct, frozen=True, kw_only=True):
    """What ``gate expect`` and ``site file --import`` print of a list with bad rows; nothing of it was recorded."""

    bad: list[BadRow]


def bad_rows_said(faults: Iterable[tuple[int, FoodtraceError]]) -> BadRows:
    """Return what programs read of bad rows, each with its number and what is wrong."""
    return BadRows(bad=[BadRow(row=row, error=msgspec.convert(error.as_dict(), ErrorTold)) for row, error in faults])


class Announced(msgspec.Struct, frozen=True, kw_only=True):
    """What ``gate expect`` recorded of a list of trucks."""

    new: int
    known: int
    """Rows that were on record already."""


class FilesWritten(msgspec.Struct, frozen=True, kw_only=True):
    """What ``site file --import`` recorded of a list of sellers."""

    written: int
    known: int
    """Rows that say nothing new."""
