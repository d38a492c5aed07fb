"""What ``foodtrace`` alone says: what is here, and which commands there are."""

from __future__ import annotations

from foodtrace.errors import NotFound
from foodtrace_cli.context import Context
from foodtrace_cli.output import say


def overview(ctx: Context) -> None:
    """Print one screen."""
    try:
        with ctx.open() as ledger:
            logs = ledger.logs()
        say(ctx.t("cli.overview.here", db=ctx.db, logs=len(logs), entries=f"{sum(each.size for each in logs):,}"))
    except NotFound:
        say(ctx.t("cli.overview.none"))
    say(ctx.t("cli.overview.commands"))
    say(ctx.t("cli.overview.help"))
