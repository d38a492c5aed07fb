"""The parameters of :data:`foodtrace.recall.settings.DEFAULT` that a recall of plain lots needs; a test holds the two together."""

from __future__ import annotations

from typing import Final

OUTLET_KINDS: Final = frozenset({"shop", "restaurant", "canteen", "retail_stall", "online_shop"})
TRANSIT_LIMIT: Final = 7 * 86_400_000_000
SILENT_AFTER: Final = 7 * 86_400_000_000
RULE_PACK: Final = "cn-recall-2015"
"""The shipped pack with these parameters, in force since 2015."""
CLOCK_SLACK: Final = 86_400_000_000
