"""The parameters of :data:`foodtrace.recall.settings.DEFAULT` that a recall of plain lots needs; a test holds the two together."""

from __future__ import annotations

from typing import Final

from foodtrace.graph.described import OUTLET_KINDS

__all__ = ["CLOCK_SLACK", "OUTLET_KINDS", "RULE_PACK", "SILENT_AFTER", "TRANSIT_LIMIT"]

TRANSIT_LIMIT: Final = 7 * 86_400_000_000
SILENT_AFTER: Final = 7 * 86_400_000_000
RULE_PACK: Final = "cn-recall-2015"
"""The shipped pack with these parameters, in force since 2015."""
CLOCK_SLACK: Final = 86_400_000_000
