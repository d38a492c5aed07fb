"""What of a file's rows nobody on record knows: sites that are not registered, lots that were never seen. Said, not refused.

Lots of deliveries may come from outside, and a file may register sites and begin lots itself: neither is counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from foodtrace_cli.context import Context
from foodtrace_cli.output import clean, say

if TYPE_CHECKING:
    from foodtrace.events import AnyEvent
    from foodtrace.storage.session import Session

_SITES = (
    "SELECT DISTINCT n.text FROM {texts} CROSS JOIN name AS n CROSS JOIN site_fact AS s "
    "WHERE n.text = f.value AND s.site = n.id AND s.ended = 0"
)
_LOTS = "SELECT n.text FROM {texts} CROSS JOIN name AS n WHERE n.text = f.value AND n.code IS NOT NULL"
_FIRST = 3


def say_unknown(ctx: Context, session: Session, events: Iterable[AnyEvent]) -> None:
    """Say how many rows name sites or lots that are not on record, and the first few of these."""
    from foodtrace.events import Loss, Receipt, Sale, Site, StockCount, Transfer  # noqa: PLC0415

    sites: Counter[str] = Counter()
    lots: Counter[str] = Counter()
    here: set[str] = set()
    for event in events:
        if isinstance(event, Site):
            here.add(event.site)
        elif isinstance(event, (Transfer, Sale, StockCount, Loss, Receipt)):
            other = event.to if isinstance(event, Transfer) else event.source if isinstance(event, Receipt) else ""
            sites.update({each for each in (event.site, other) if each})
            if event.lot and not isinstance(event, Receipt):
                lots[event.lot] += 1
            elif event.lot:
                here.add(event.lot)
        else:
            here.update(each for each in (getattr(event, "lot", ""), *(out.lot for out in getattr(event, "outputs", ()))) if each)
    for key, named, query in (("unknown_sites", sites, _SITES), ("unknown_lots", lots, _LOTS)):
        known = {str(row[0]) for row in session.each(query, sorted(named))} | here if named else here
        unknown = [name for name in named if name not in known]
        if unknown:
            shown = ", ".join(clean(name) for name in unknown[:_FIRST]) + (" .." if len(unknown) > _FIRST else "")
            say(ctx.t(f"cli.record.{key}", count=f"{sum(named[name] for name in unknown):,}", first=shown), err=True)
