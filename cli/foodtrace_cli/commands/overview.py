"""What ``foodtrace`` alone says: what is here, and which commands there are."""

from __future__ import annotations

from foodtrace.errors import NotFound
from foodtrace_cli.context import Context
from foodtrace_cli.output import say


def overview(ctx: Context) -> None:
    """Print one screen."""
    try:
        with ctx.open() as ledger:
            from foodtrace.operations.common import local  # noqa: PLC0415 - only where there is a ledger
            from foodtrace.operations.today import today  # noqa: PLC0415

            logs = ledger.logs()
            with ledger.reading() as session:
                (sites,) = session.row("SELECT COUNT(DISTINCT site) FROM site_fact WHERE ended = 0") or (0,)
                came = today(session, local(ledger.clock()))
            seen = ledger.verified_at()
        verified = f"{seen.astimezone():%Y-%m-%d %H:%M}" if seen else ctx.t("cli.overview.never")
        entries = f"{sum(each.size for each in logs):,}"
        gates = ctx.t("cli.overview.today", admitted=came.admitted, held=came.held, refused=came.refused)
        say(
            ctx.t("cli.overview.here", db=ctx.shown_db, sites=f"{sites:,}", logs=len(logs), entries=entries, verified=verified)
            + "  "
            + gates
        )
    except NotFound:
        say(ctx.t("cli.overview.none"))
    say(ctx.t("cli.overview.commands"))
    say(ctx.t("cli.overview.help"))
