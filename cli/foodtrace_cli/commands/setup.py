"""``init``: a ledger and its first signing key."""

from __future__ import annotations

import click

from foodtrace_cli.context import Context
from foodtrace_cli.output import say


@click.command()
@click.option("--name", default=None, help="Origin of the log, NAME/operator/site; by default local/ and eight random hex digits.")
@click.option("--operator", default="", help="Operator who runs this log (credit code or local id).")
@click.option("--passphrase", "guarded", is_flag=True, help="Lock the key file with a passphrase (FOODTRACE_PASSPHRASE, or asked for).")
@click.pass_obj
def init(ctx: Context, name: str | None, operator: str, *, guarded: bool) -> None:
    """Make a ledger here, or one more log in it: a signing key and the first, signed, checkpoint."""
    from foodtrace_cli.commands.key import new_passphrase  # noqa: PLC0415 - import time is part of a command's time

    passphrase = new_passphrase(ctx) if guarded else None
    with ctx.open(create=True) as ledger:
        log, key = ledger.init(name, operator=operator, passphrase=passphrase)
        path = ledger.keys / f"{key.key_id.hex()}.key"
    say(ctx.t("cli.init.done", db=ctx.db, log=log.origin, path=path))
