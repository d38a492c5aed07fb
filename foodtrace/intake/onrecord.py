"""Rows compared with what is on record, before anything of the file is written.

Rules:

1. A row that the log would refuse is a bad row like any other: all of them are named, ``--skip-bad`` skips them.
2. The fault stands in the column that the differing field was read from; a field no column says (``--site``) in the column of numbers.
3. Rows are compared some at a time; only those wait with their cells.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from foodtrace.errors import FoodtraceError
from foodtrace.events import AnyEvent, Transfer
from foodtrace.intake.cells import words
from foodtrace.intake.model import BadRow, Cell, Check, Fault, Intake, Mapping

_PIECE: Final = 2_000
_FROM: Final[dict[str, tuple[str, ...]]] = {
    "at": ("at", "date"),
    "precision": ("at", "date"),
    "site": ("site", "site_name"),
    "to": ("buyer", "buyer_name"),
    "source": ("source", "source_name"),
    "doc": ("doc", "id"),
    "written": ("quantity",),
}
"""Field of an event -> fields of a mapping it is read from, where they differ by name."""


class OnRecord:
    """The good rows of one file, on their way through the comparison."""

    def __init__(self, check: Check | None, mapping: Mapping | None, headings: Sequence[str]) -> None:
        self._check, self._mapping, self._headings = check, mapping, headings
        self._held: list[tuple[AnyEvent, int, tuple[Cell, ...]]] = []
        self._refused: dict[int, BadRow] = {}

    def take(self, event: AnyEvent, row: int, cells: Sequence[Cell]) -> None:
        """Take a good row, in the order of the file."""
        if self._check is not None:
            self._held.append((event, row, tuple(cells)))
            if len(self._held) >= _PIECE:
                self._compare()

    def settle(self, out: Intake) -> None:
        """Make bad rows of those that would be refused, and count what is left."""
        self._compare()
        if self._refused:
            good = [each for each in zip(out.rows, out.events, strict=True) if each[0] not in self._refused]
            out.rows, out.events = [row for row, _ in good], [event for _, event in good]
            out.bad = sorted((*out.bad, *self._refused.values()), key=lambda bad: bad.row)
        transfers = [event for event in out.events if isinstance(event, Transfer)]
        out.without_lot = sum(not event.lot for event in transfers)
        out.without_buyer = sum(not event.to for event in transfers)

    def _compare(self) -> None:
        held, self._held = self._held, []
        if self._check is None or not held:
            return
        for place, error in self._check([event for event, _, _ in held]):
            _, row, cells = held[place]
            before = self._refused.get(row)
            faults = (*(before.faults if before else ()), self._fault(error, cells))
            self._refused[row] = BadRow(row, cells, faults)

    def _fault(self, error: FoodtraceError, cells: Sequence[Cell]) -> Fault:
        field = str(error.params.get("field", ""))
        if self._mapping is None:
            return Fault(field, str(error.params.get("now", error.value)), error)
        own = [heading for each in _FROM.get(field, (field,)) if (heading := self._mapping.column(each))]
        said = [heading for heading in own if words(cells[self._headings.index(heading)])]
        heading = (said or own or [self._mapping.column("id") or self._mapping.column("doc")])[0]
        if not heading:
            return Fault("", str(error.params.get("now", error.value)), error)
        return Fault(heading, words(cells[self._headings.index(heading)]), error)
