"""What a recall could not see, or saw twice: every finding with the entries behind it (RECALL section 3, "Findings").

Each rule is a function that yields findings; all of them are asked. :data:`RULES` says which rule detects which kind, and
:data:`KINDS` are RECALL's, exhaustive. A text for people stands under ``finding.KIND``, what to do about it under
``finding.KIND.hint``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from foodtrace.recall.affected import Affected
from foodtrace.recall.deadlines import Calendar
from foodtrace.recall.facts import Case, Facts
from foodtrace.recall.finding import case as about_case
from foodtrace.recall.finding import lots, moves, records, stock
from foodtrace.recall.finding.look import Finding, Look, Rule
from foodtrace.recall.matter import Matter
from foodtrace.recall.quantities import HoldingSum, Key
from foodtrace.recall.settings import DEFAULT, Settings

NO_TABLES: Final = Calendar({})

RULES: Final[Mapping[Rule, tuple[str, ...]]] = {
    moves.sides: (
        "not_received",
        "not_sent",
        "source_missing",
        "destination_missing",
        "quantity_differs",
        "unit_differs",
        "time_contradiction",
        "duplicate_conflict",
    ),
    lots.origins: ("origin_missing", "several_origins"),
    lots.no_path: ("same_lot_no_path",),
    lots.same_code: ("code_only",),
    moves.without_lot: ("lot_missing", "mixed_stall", "destination_missing", "time_contradiction"),
    moves.not_held: ("lot_missing",),
    moves.alike: ("duplicate_conflict",),
    moves.astray: ("destination_missing", "lot_missing"),
    moves.ahead: ("time_contradiction",),
    lots.attributes: ("attribute_missing",),
    stock.stock: ("unexplained_stock", "unaccounted", "returns_exceed_sales"),
    stock.silence: ("silent_site",),
    lots.transformations: ("mass_gain", "yield_odd", "unit_differs"),
    stock.over_certified: ("over_certified",),
    moves.before_birth: ("time_contradiction",),
    moves.by_slack: ("time_contradiction",),
    records.behind: ("log_behind",),
    about_case.visited: ("same_lot_no_path",),
    about_case.unanswered: ("no_answer", "calendar_missing"),
    about_case.against: ("before_known", "after_notice"),
    about_case.restocked: ("restocked",),
    records.conflicts: ("duplicate_conflict",),
    records.unlike_lots: ("duplicate_conflict",),
    records.disputed: ("disputed",),
}
"""Every rule, in the order of RECALL's table as far as possible -> the kinds it detects."""

KINDS: Final = frozenset(kind for kinds in RULES.values() for kind in kinds)


def findings_of(
    facts: Facts,
    found: Affected,
    *,
    settings: Settings = DEFAULT,
    case: Case | None = None,
    calendar: Calendar = NO_TABLES,
    sums: Mapping[Key, HoldingSum] | None = None,
    matter: Matter | None = None,
) -> list[Finding]:
    """Return every finding about an affected set, in a fixed order.

    :param calendar: which days are worked, for ``no_answer``; without a table for a year that finding is ``calendar_missing``.
    :param sums: quantities of every holding with what outlets answered as counts, and ``matter`` what is still the matter of the case,
        where who asks has them already.
    """
    look = Look(facts, found, settings, case, calendar, sums=sums, matter=matter)
    return sorted({each for rule in RULES for each in rule(look)})


__all__ = ["KINDS", "NO_TABLES", "RULES", "Finding", "findings_of"]
