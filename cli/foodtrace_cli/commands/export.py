"""``export``: what others read without our database."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from foodtrace.errors import Integrity
from foodtrace_cli.context import Context
from foodtrace_cli.output import clean, emit_json, say
from foodtrace_cli.schemaoption import prints

_NAMED = 5
"""Files that are named of those that were put back; ``--json`` has all."""


@click.group()
def export() -> None:
    """Write the log in forms that others read without this database."""


@export.command()
@click.argument("folder", type=click.Path(file_okay=False))
@click.option("--full", is_flag=True, help="Write every file anew; else only what has changed since the last time.")
@prints("export-tiles")
@click.pass_obj
def tiles(ctx: Context, folder: str, *, full: bool, as_json: bool) -> None:
    """Bring FOLDER up to date with the log, as tiles (C2SP tlog-tiles) that any static web server can serve."""
    from foodtrace.keeping import tilesexport  # noqa: PLC0415

    with ctx.open() as ledger, ledger.reading() as session:
        ledger.refuse_set_back()
        said = tilesexport.export_tiles(session, tilesexport.choose_log(session, ctx.log), Path(folder), full=full)
    if as_json:
        emit_json(said)
        return
    say(ctx.t("cli.tiles.done", log=clean(said.log), size=f"{said.size:,}", before=f"{said.before:,}", written=said.written, folder=folder))
    if said.mended:
        names = ", ".join(said.mended[:_NAMED]) + (", .." if len(said.mended) > _NAMED else "")
        say(ctx.t("cli.tiles.mended", count=f"{len(said.mended):,}", names=clean(names)))
    say(ctx.t("cli.keys.vkey", vkey=clean(said.vkey)))


@export.command()
@click.option("--old", type=click.IntRange(0), default=0, show_default=True, help="Size that the witness cosigned last; 0: none yet.")
@click.pass_obj
def checkpoint(ctx: Context, old: int) -> None:
    """Print the newest checkpoint with the proof that it extends --OLD, as witnesses take it (C2SP tlog-witness, add-checkpoint)."""
    from foodtrace.keeping import proving, tilesexport  # noqa: PLC0415
    from foodtrace.tlog.nodes import consistency_at  # noqa: PLC0415
    from foodtrace.tlog.witness import format_request  # noqa: PLC0415

    with ctx.open() as ledger, ledger.reading() as session:
        ledger.refuse_set_back()
        state = tilesexport.choose_log(session, ctx.log)
        size, note = proving.note_at(session, state)
        tilesexport.check_signed(session, state, size, note)
        if old > size:
            raise Integrity("witness.ahead", value=size, expected=old, log=state.origin)
        request = format_request(old, consistency_at(session, state.number, old, size) if old else [], note)
    sys.stdout.buffer.write(request)


@export.command()
@click.argument("folder", type=click.Path(file_okay=False))
@click.pass_obj
def public(ctx: Context, folder: str) -> None:
    """Write the pages behind the codes on labels into FOLDER, for any static web server at the codes' host.

    They hold what the paper says, whether it is void, expired or under recall, and no personal data. Run it again to bring them up to date.
    """
    from foodtrace.operations.common import local  # noqa: PLC0415
    from foodtrace.operations.publicpages import pages  # noqa: PLC0415
    from foodtrace_cli.output import replace_file  # noqa: PLC0415

    count = 0
    with ctx.open() as ledger, ledger.reading() as session:
        ledger.refuse_set_back()
        for page in pages(session, local(ledger.clock())):
            place = Path(folder) / page.path
            place.parent.mkdir(parents=True, exist_ok=True)
            replace_file(place, page.html.encode())
            count += 1
    say(ctx.t("cli.public.done", pages=f"{count:,}", folder=folder))
