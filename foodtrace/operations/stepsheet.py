"""What was done in a case at each site, as a table of its workbook: a row a step, with time, quantity, evidence and who.

Rules:

1. The rows are those of ``case status --steps``, in their order. What was not said is ``-``, never zero or empty.
2. The evidence is its whole SHA-256, so that it can be compared with the file.
"""

from __future__ import annotations

from collections.abc import Iterable

from foodtrace.operations.casedone import SiteSteps
from foodtrace.quantity import unit_word
from foodtrace.recall.report_tables import Grid, Measured
from foodtrace.texts import Lang, text

_COLUMNS = ("site", "step_name", "step", "at", "lot", "quantity", "unit", "evidence", "step_by", "entry")


def steps_grid(sites: Iterable[SiteSteps], lang: Lang) -> Grid:
    """Return the table of steps; quantities in kg, litres or pieces with their unit."""
    rows = tuple(
        (
            site.site,
            site.name,
            text(f"status.step_{each.kind}", lang),
            each.at[:16].replace("T", " "),
            each.lot or "-",
            "-" if each.quantity is None else Measured(each.quantity, each.unit),
            unit_word(each.unit, lang) if each.unit else "-",
            each.evidence or "-",
            each.by or "-",
            each.entry or "-",
        )
        for site in sites
        for each in site.steps
    )
    return Grid(name="steps", columns=_COLUMNS, rows=rows)
