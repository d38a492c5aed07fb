"""``import``: other hosts' logs come into this ledger."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from foodtrace.errors import FoodtraceError
from foodtrace_cli.commands.prove import verifier_of
from foodtrace_cli.context import Context
from foodtrace_cli.output import clean, emit_error, emit_json, progress, say
from foodtrace_cli.schemaoption import prints

if TYPE_CHECKING:
    from foodtrace.ledger import Ledger
    from foodtrace.tlog.said import ImportSaid


@click.command("import")
@click.argument("copies", metavar="COPY...", nargs=-1, required=True)
@click.option(
    "--vkey", "--key", "keys", multiple=True, help="Verifier key of a log, told by its writer: its text, or a file. May be repeated."
)
@prints("import")
@click.pass_context
def import_(click_ctx: click.Context, copies: Sequence[str], keys: Sequence[str], *, as_json: bool) -> None:
    """Take in other hosts' logs, or what is new of them, from their copies in tiles; bring the night's log of a gate without network home.

    A COPY is what foodtrace export tiles filled: a folder (a stick), or its address on a web server. Everything is verified before
    anything is written, and a log is taken in whole or not at all. The first time the log's key has to be named with --vkey; a fork is
    refused, exit 3, and both checkpoints are kept.
    """
    ctx: Context = click_ctx.obj
    known = [verifier_of(each).vkey for each in keys]
    done: list[ImportSaid] = []
    code = 0
    with ctx.open() as ledger:
        for given in copies:
            said, failed = _one(ctx, ledger, given, known, as_json=as_json)
            done.append(said)
            code = max(code, failed)
    if as_json:
        emit_json(done)
    elif any(each.outcome == "imported" for each in done):
        say(ctx.t("cli.import.next"), err=True)
    click_ctx.exit(code)


def _one(ctx: Context, ledger: Ledger, given: str, known: Sequence[str], *, as_json: bool) -> tuple[ImportSaid, int]:
    """Take in one copy and say what became of it; one that is refused keeps none of the others out."""
    from foodtrace.tlog.said import ImportSaid  # noqa: PLC0415 - the shell waits for what is imported

    try:
        with progress(ctx.t("cli.import.label")) as bar:
            said = ledger.import_log(given, vkeys=known, progress=bar)
    except FoodtraceError as error:
        if not as_json:
            say(f"{clean(given)}:", err=True)
            emit_error(error, ctx.lang, as_json=False)
        return ImportSaid(source=given, outcome="refused", error=error.as_dict()), error.exit_code
    if not as_json:
        counts = {"new": f"{said.size - said.before:,}", "size": f"{said.size:,}", "copy": f"{said.copy:,}"}
        say(ctx.t(f"cli.import.{said.outcome}", log=clean(said.log), **counts))
    return said, 0
