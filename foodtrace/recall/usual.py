"""The settings of a recall without a rule pack that plain lots need, apart from :class:`foodtrace.recall.settings.Settings`.

So that the commonest recall loads no structs. A test keeps them equal to that class's defaults.
"""

from __future__ import annotations

_DAY = 86_400_000_000
OUTLET_KINDS = frozenset({"shop", "restaurant", "canteen", "retail_stall", "online_shop"})
"""Kinds of site that sell or serve to consumers (RECALL section 3)."""
TRANSIT_LIMIT = 7 * _DAY
"""After so long goods on the road are overdue, microseconds."""
SILENT_AFTER = 7 * _DAY
"""A site with stock and no entry for so long is silent, microseconds."""
