"""What ``foodtrace`` alone says: what is here, and which commands there are."""

from __future__ import annotations

import datetime as dt

from foodtrace.errors import NotFound
from foodtrace_cli.context import Context
from foodtrace_cli.output import say


def overview(ctx: Context) -> None:
    """Print one screen."""
    try:
        with ctx.open() as ledger:
            logs = ledger.logs()
            with ledger.reading() as session:
                (sites,) = session.row("SELECT COUNT(DISTINCT site) FROM site_fact WHERE ended = 0") or (0,)
                (seen,) = session.row("SELECT MAX(time) FROM verified") or (None,)
        verified = f"{_local(seen):%Y-%m-%d %H:%M}" if seen else ctx.t("cli.overview.never")
        entries = f"{sum(each.size for each in logs):,}"
        say(ctx.t("cli.overview.here", db=ctx.db, sites=f"{sites:,}", logs=len(logs), entries=entries, verified=verified))
    except NotFound:
        say(ctx.t("cli.overview.none"))
    say(ctx.t("cli.overview.commands"))
    say(ctx.t("cli.overview.help"))


def _local(microseconds: int) -> dt.datetime:
    """Return a time in the zone of this machine."""
    return dt.datetime.fromtimestamp(microseconds / 1_000_000, dt.UTC).astimezone()
