"""``init`` and ``key``: a ledger and its signing keys."""

from __future__ import annotations

import click

from foodtrace_cli.context import Context
from foodtrace_cli.output import emit_json, say, table


@click.command()
@click.option("--name", default=None, help="Origin of the log, NAME/operator/site; by default local/ and eight random hex digits.")
@click.option("--operator", default="", help="Operator who runs this log (credit code or local id).")
@click.pass_obj
def init(ctx: Context, name: str | None, operator: str) -> None:
    """Make a ledger here, or one more log in it: a signing key and the first, signed, checkpoint."""
    with ctx.open(create=True) as ledger:
        log, key = ledger.init(name, operator=operator)
        path = ledger.keys / f"{key.key_id.hex()}.key"
    say(ctx.t("cli.init.done", db=ctx.db, log=log.origin, path=path))


@click.group()
def key() -> None:
    """Signing keys of this host."""


@key.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def list_(ctx: Context, *, as_json: bool) -> None:
    """List the keys in the key directory, without opening their private parts."""
    from foodtrace.keyfiles import list_keys  # noqa: PLC0415 - import time is part of a command's time

    with ctx.open() as ledger:
        found = list_keys(ledger.keys)
    if as_json:
        emit_json([{"key_id": each.verifier.key_id.hex(), "name": each.verifier.name, "path": each.path} for each in found])
        return
    headings = [ctx.t("cli.key.id"), ctx.t("cli.key.log"), ctx.t("cli.key.file")]
    say(table(headings, [[each.verifier.key_id.hex(), each.verifier.name, each.path] for each in found]))
