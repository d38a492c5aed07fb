"""``init``: a ledger and its first signing key."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from foodtrace_cli.context import Context
from foodtrace_cli.output import say

if TYPE_CHECKING:
    from foodtrace.ledger import Ledger


@click.command()
@click.option("--name", default=None, help="Origin of the log, NAME/operator/site; by default local/ and eight random hex digits.")
@click.option("--operator", default="", help="Operator who runs this log: credit code, local id (L-0001), or one on record.")
@click.option("--passphrase", "guarded", is_flag=True, help="Lock the key file with a passphrase (FOODTRACE_PASSPHRASE, or asked for).")
@click.pass_obj
def init(ctx: Context, name: str | None, operator: str, *, guarded: bool) -> None:
    """Make a ledger here, or one more log in it: a signing key and the first, signed, checkpoint."""
    from foodtrace_cli.commands.key import new_passphrase  # noqa: PLC0415 - import time is part of a command's time

    operator = _operator(ctx, operator) if operator else ""
    passphrase = new_passphrase(ctx) if guarded else None
    with ctx.open(create=True) as ledger:
        if name is None:
            _only_once(ledger)
        log, key = ledger.init(name, operator=operator, passphrase=passphrase)
        path = ledger.keys / f"{key.key_id.hex()}.key"
    say(ctx.t("cli.init.done", db=ctx.shown_db, log=log.origin, path=path))


def _operator(ctx: Context, given: str) -> str:
    """Return the operator's id as ``site add`` would take it: a log of a mistyped operator is entitled to nothing, for ever."""
    from foodtrace.errors import BadData, NotFound  # noqa: PLC0415
    from foodtrace.operations.places import operator_id  # noqa: PLC0415

    try:
        return operator_id(None, given)
    except BadData as wrong:  # before anything is made; it may be one on record
        try:
            with ctx.open() as ledger, ledger.store.read() as session:
                return operator_id(session, given)
        except NotFound as unknown:
            raise (wrong if unknown.code == "ledger.missing" else unknown) from None


def _only_once(ledger: Ledger) -> None:
    """Refuse a second log that nobody named where this host writes one already: typed twice, it would split the records in two."""
    from foodtrace.errors import Conflict  # noqa: PLC0415
    from foodtrace.keyfiles import list_keys  # noqa: PLC0415

    here = {each.verifier.key_id.hex() for each in list_keys(ledger.keys)}
    mine = [each.origin for each in ledger.logs() if each.key_id in here]
    if mine:
        raise Conflict("log.have_one", value=mine[0], expected="--name")
