"""``witness``: cosign other logs' checkpoints, each only if it extends the last one."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from foodtrace.errors import BadData, Integrity, Storage
from foodtrace_cli.commands.prove import read, verifier_of
from foodtrace_cli.context import Context
from foodtrace_cli.output import emit_json, say
from foodtrace_cli.schemaoption import prints
from foodtrace_cli.typed import OUT_FILE

if TYPE_CHECKING:
    from foodtrace.tlog.verifier import Verifier
    from foodtrace.tlog.witness import Request, Witness


@click.command()
@click.argument("source", metavar="REQUEST|FOLDER|URL")
@click.option("--key", "keys", multiple=True, required=True, help="Verifier key of a log to witness: its text, or a file. Repeatable.")
@click.option(
    "--state", "folder", required=True, type=click.Path(file_okay=False), help="Folder of this witness: its key, memory, evidence."
)
@click.option("--name", default=None, help="Name of this witness, e.g. witness.example/w1; needed the first time, when its key is made.")
@click.option("--restore", is_flag=True, help="Its memory is damaged or gone: take this checkpoint, which it cosigned.")
@click.option("--first", is_flag=True, help="I know that this witness never cosigned this log; for a key that lost its list of logs.")
@click.option("--out", type=OUT_FILE, default=None, metavar="FILE", help="Write the cosigned checkpoint to this file too.")
@prints("witness")
@click.pass_obj
def witness(
    ctx: Context,
    source: str,
    keys: Sequence[str],
    folder: str,
    name: str | None,
    out: str | None,
    *,
    restore: bool,
    first: bool,
    as_json: bool,
) -> None:
    """Cosign a log's checkpoint if it extends the one cosigned before; print the cosignature.

    The source is a request file of C2SP tlog-witness (from export checkpoint; - is stdin), or a copy of the log in tiles. A fork is
    refused, exit 3, and both checkpoints are kept as evidence.
    """
    from foodtrace.keeping.witnesskey import witness_key  # noqa: PLC0415
    from foodtrace.ledger import wall_clock  # noqa: PLC0415
    from foodtrace.tlog.files import publish  # noqa: PLC0415
    from foodtrace.tlog.witness import Witness, parse_request  # noqa: PLC0415

    state = Path(folder)
    known = [verifier_of(each) for each in keys]
    if restore and first:
        raise BadData("cli.usage_extra", value="--first", expected="foodtrace witness --help")
    with witness_key(state, name, os.environ.get("FOODTRACE_PASSPHRASE")) as (key, made):
        watcher = Witness(key, state, known, wall_clock)
        if made:
            watcher.begin()
        if restore:
            _restore(ctx, watcher, source, as_json=as_json)
            return
        look = None
        if source == "-":
            request = parse_request(sys.stdin.buffer.read(1_100_000))
        elif "://" in source or Path(source).is_dir():
            request, look = _from_tiles(watcher, source), lambda: _look(source, known)
        else:
            request = parse_request(read(Path(source)))
        said = watcher.add(request, look, first=first)
    if out is not None:
        publish(Path(out), said.checkpoint.encode())
    if as_json:
        emit_json(said)
        return
    say(said.line.rstrip("\n"))
    say(ctx.t("cli.witness.done", log=said.log, size=f"{said.size:,}", before=f"{said.before:,}"), err=True)
    say(ctx.t("cli.keys.vkey", vkey=said.vkey), err=True)


def _restore(ctx: Context, watcher: Witness, source: str, *, as_json: bool) -> None:
    """Put a cosigned checkpoint in place of a damaged memory."""
    given = sys.stdin.buffer.read(1_100_000) if source == "-" else read(_file(source))
    said = watcher.restore(given)
    if as_json:
        emit_json(said)
        return
    say(ctx.t("cli.witness.restored", log=said.log, size=f"{said.size:,}"))


def _file(source: str) -> Path:
    path = Path(source)
    if not path.is_file():
        raise BadData("cli.usage_goes_with", value="--restore", expected="FILE", where="foodtrace witness --help")
    return path


def _look(given: str, known: Sequence[Verifier]) -> None:
    """Audit the copy as ``verify --tiles`` does.

    :raises Integrity: ``witness.copy`` where it does not hold. :raises Storage: where it could not be looked at to its end.
    """
    from foodtrace.tlog.tileaudit import audit  # noqa: PLC0415
    from foodtrace.tlog.tilesource import source_of  # noqa: PLC0415

    found = audit(source_of(given), known)
    if not found.looked and len(found.findings) == 1:
        raise Storage(found.findings[0].code, value=found.findings[0].path, reason=found.findings[0].got)
    if not found.ok:
        raise Integrity(
            "witness.copy", value=given, expected="verify --tiles", first=", ".join(dict.fromkeys(f.code for f in found.findings))
        )


def _from_tiles(watcher: Witness, given: str) -> Request:
    """Make the request from a copy: its checkpoint, and the consistency proof that its own tiles give."""
    from foodtrace.tlog.merkle import consistency_proof_from  # noqa: PLC0415
    from foodtrace.tlog.note import MAX_NOTE  # noqa: PLC0415
    from foodtrace.tlog.tilenodes import nodes_of  # noqa: PLC0415
    from foodtrace.tlog.tiles import CHECKPOINT  # noqa: PLC0415
    from foodtrace.tlog.tilesource import source_of  # noqa: PLC0415
    from foodtrace.tlog.witness import Request  # noqa: PLC0415

    source = source_of(given)
    note = source.read(CHECKPOINT, MAX_NOTE)
    if note is None:
        raise Storage("tiles.no_checkpoint", value=given)
    head, old = watcher.size_of(note)
    if not 0 < old <= head.size:
        return Request(old, (), note)
    try:
        return Request(old, tuple(consistency_proof_from(nodes_of(source, head.size), old, head.size)), note)
    except Integrity:  # the copy lacks what the proof is made of: the witness says so, and keeps what it has
        return Request(old, (), note)
