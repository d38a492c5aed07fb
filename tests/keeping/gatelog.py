"""A gate's log, the clock of its tests, and a site to put on it."""

from __future__ import annotations

import datetime as dt

from foodtrace.events import Site
from foodtrace.graph.edges import micros

AT = dt.datetime(2026, 11, 24, 4, 0, tzinfo=dt.timezone(dt.timedelta(hours=8)))
NOW = micros(AT)
ORIGIN = "test.example/L-1/gate1"


def site(name: str) -> Site:
    return Site(id=name, at=AT, site=name.upper(), operator="F-1", kind="farm", name="永发合作社")
