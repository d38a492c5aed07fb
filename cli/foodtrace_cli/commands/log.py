"""``verify`` and ``rebuild``: whether the record holds."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from foodtrace.errors import BadData, NotFound, ProofError
from foodtrace_cli.context import Context
from foodtrace_cli.output import clean, emit_error, emit_json, progress, say
from foodtrace_cli.schemaoption import prints

if TYPE_CHECKING:
    from foodtrace.verification import Finding, Verification

_SHOWN = 50
"""Findings that are listed on a screen; JSON has them all."""


@click.command()
@prints("verify", "verify-tiles")
@click.option("--full", is_flag=True, help="Check everything from the first entry on; trust no earlier run.")
@click.option("--tiles", "copy", default=None, metavar="FOLDER|URL", help="Audit a copy in tiles instead; needs no ledger.")
@click.option("--key", "log_keys", multiple=True, help="Verifier key of the log or a witness, got elsewhere: its text, or a file with it.")
@click.option(
    "--since", multiple=True, type=click.Path(exists=True, dir_okay=False), help="An older checkpoint to extend; may be repeated."
)
@click.option(
    "--within", type=click.IntRange(min=1), default=None, help="Minutes after which a copy behind an address is given up; else 30."
)
@click.option("--alone", is_flag=True, help="Start no second process.")
@click.pass_context
def verify(
    click_ctx: click.Context,
    copy: str | None,
    log_keys: Sequence[str],
    since: Sequence[str],
    within: int | None,
    *,
    as_json: bool,
    full: bool,
    alone: bool,
) -> None:
    """Check every log, byte by byte, and every figure that was computed from it. Exit 0 only if all of it holds; 3 if not.

    What an earlier run on this host has verified is hashed again and compared with the mark it left beside the keys; the rest is
    checked in full. The answer says which is which, and what it proves. With --since, older checkpoints have to be extended.
    """
    ctx: Context = click_ctx.obj
    if copy is not None:
        from foodtrace_cli.commands.tiles import audit_copy  # noqa: PLC0415

        if len(since) > 1:
            raise BadData("cli.usage_extra", value="--since", expected="foodtrace verify --help")
        click_ctx.exit(audit_copy(ctx, copy, log_keys, since[0] if since else None, within, as_json=as_json))
    if within is not None:
        raise BadData("cli.usage_goes_with", value="--within", expected="--tiles", where="foodtrace verify --help")
    if log_keys and not since:
        raise BadData("cli.usage_goes_with", value="--key", expected="--since / --tiles", where="foodtrace verify --help")
    from foodtrace.verification import older  # noqa: PLC0415 - import time is part of a command's time
    from foodtrace_cli.commands.prove import read, verifier_of  # noqa: PLC0415

    known = [verifier_of(each) for each in log_keys]
    try:
        given = [older(name, read(Path(name)), known) for name in since]
    except ProofError as error:  # no checkpoint of a key that is trusted: nothing was verified, and it is no "no"
        emit_error(error, ctx.lang, as_json=as_json)
        click_ctx.exit(3)
    # In spite of this host's anchors: what contradicts them is a finding beside all others.
    try:
        with ctx.open(recovering=True, looking=True) as ledger, progress(ctx.t("cli.verify.label")) as bar:
            found = ledger.verify(progress=bar, full=full, files=full, older=given, helpers=0 if alone else 1)
            mark = str(ledger.mark)
    except NotFound as error:
        gone = _gone(ctx, error) if error.code == "ledger.missing" else None
        if gone is None:
            raise
        found, mark = gone
    if as_json:
        emit_json(found)
    else:
        _say(ctx, found, mark)
        if found.names_unused:
            say(ctx.t("cli.verify.names_unused", count=f"{found.names_unused:,}"))
    click_ctx.exit(0 if found.ok else 1 if found.empty else 3)


def _gone(ctx: Context, error: NotFound) -> tuple[Verification, str] | None:
    """Return what is to be said of a ledger that was verified here and is not here any more, with the mark; none if there never was one."""
    from foodtrace.ledger import default_keys  # noqa: PLC0415 - hardly ever
    from foodtrace.verification import ledger_gone, mark_path  # noqa: PLC0415

    database = ctx.db.removeprefix("sqlite:///")
    path = None if "://" in database else Path(database).expanduser()
    keys = Path(ctx.keys).expanduser() if ctx.keys else default_keys(path)
    mark = mark_path(keys, str(error.value) if path is None else f"sqlite:///{path}", None)
    found = ledger_gone(mark)
    return None if found is None else (found, str(mark))


def _say(ctx: Context, found: Verification, mark: str) -> None:
    if found.mark in ("damaged", "other_program", "not_written"):
        say(ctx.t(f"cli.verify.{found.mark}", mark=mark), err=True)
    if found.ok:
        _say_ok(ctx, found, mark)
    elif found.empty:
        say(ctx.t("cli.verify.empty"))
    else:
        say(ctx.t("cli.verify.broken", count=f"{len(found.findings):,}"))
        for each in found.findings[:_SHOWN]:
            _say_finding(ctx, found, each)
        if len(found.findings) > _SHOWN:
            say(ctx.t("cli.verify.more", count=f"{len(found.findings) - _SHOWN:,}"))
        for log in found.logs:
            if log.not_compared:
                say(ctx.t("cli.verify.not_compared", log=clean(log.log), reason=ctx.t(log.not_compared)))
        say(ctx.t("cli.verify.stop", db=ctx.shown_db))


def _say_ok(ctx: Context, found: Verification, mark: str) -> None:
    counts = {"logs": len(found.logs), "entries": f"{found.entries:,}", "checkpoints": f"{found.checkpoints:,}"}
    if found.full:
        say(ctx.t("cli.verify.ok", **counts))
    else:
        say(ctx.t("cli.verify.ok_new", fresh=f"{found.fresh:,}", **counts))
        oldest = min(each.known_since for each in found.logs if each.known)
        say(ctx.t("cli.verify.known", known=f"{found.known:,}", since=oldest, mark=mark))
    say(ctx.t("cli.verify.level.chain"))
    keys = [each.by for log in found.logs for each in log.assured if each.level == "signed"]
    say(ctx.t("cli.verify.level.signed", by=keys[0] if len(keys) == 1 else f"({len(keys)})"))
    more = [each for log in found.logs for each in log.assured if each.level in ("witnessed", "published")]
    for each in more:
        say(ctx.t(f"cli.verify.level.{each.level}", size=f"{each.size:,}", by=clean(each.by)))
    for log in found.logs:
        if log.entries == 1:
            say(ctx.t("cli.verify.only_key", log=clean(log.log)))
        if log.ended:
            say(ctx.t("cli.verify.ended", log=clean(log.log)))
        if log.bare:
            say(ctx.t("cli.verify.bare", log=clean(log.log), count=f"{log.bare:,}"))
    if not more:
        say(ctx.t("cli.verify.no_older"))


def _say_finding(ctx: Context, found: Verification, each: Finding) -> None:
    where = ctx.t("cli.verify.place", log=each.log, seq=f"{each.seq:,}") if each.seq is not None else each.log
    say(f"  {clean(where or ctx.t('cli.verify.whole'))}  {each.code}: {ctx.t(each.code)}")
    say(f"    {ctx.t('cli.verify.expected')} {clean(each.expected)[:80]}  {ctx.t('cli.verify.got')} {clean(each.got)[:160]}")
    first = next(other for other in found.findings if other.log == each.log)
    if first is each and each.seq and each.code == "tlog.leaf_mismatch":
        say(f"  {ctx.t('cli.verify.before', count=f'{each.seq:,}')}")


@click.command()
@click.pass_obj
def rebuild(ctx: Context) -> None:
    """Throw away everything computed from the log and compute it anew. The log itself is not touched."""
    with ctx.open(older=True) as ledger, progress(ctx.t("cli.rebuild.label")) as bar:
        entries = ledger.rebuild(progress=bar)
    say(ctx.t("cli.rebuild.done", entries=f"{entries:,}"))
    sys.stdout.flush()
