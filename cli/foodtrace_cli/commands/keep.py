"""``backup`` and ``recover``: a copy for the day it is needed, and the way on from there."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from foodtrace.addresses import is_malformed, is_server
from foodtrace.errors import BadData
from foodtrace_cli.commands.key import new_passphrase
from foodtrace_cli.context import Context
from foodtrace_cli.output import clean, emit_json, say
from foodtrace_cli.schemaoption import prints

if TYPE_CHECKING:
    from foodtrace.keeping.backup import Restored


@click.command()
@click.argument("directory", type=click.Path(path_type=Path))
@click.option(
    "--keys-to", type=click.Path(path_type=Path), default=None, help="Put the keys into this directory instead (a stick for the safe)."
)
@click.option("--no-keys", is_flag=True, help="Leave the keys out.")
@prints("backup")
@click.pass_obj
def backup(ctx: Context, directory: Path, keys_to: Path | None, *, no_keys: bool, as_json: bool) -> None:
    """Copy the ledger, the newest checkpoints and, apart from them, the keys into a new DIRECTORY, while others write."""
    from foodtrace.keeping.backup import backup as copy  # noqa: PLC0415 - import time is part of a command's time

    with ctx.open(older=True) as ledger:
        ledger.refuse_set_back()
        made = copy(ledger, directory, keys_to=keys_to, with_keys=not no_keys)
    if as_json:
        emit_json(made)
        return
    say(ctx.t("cli.backup.done", path=made.path, logs=len(made.logs), entries=f"{sum(each.size for each in made.logs):,}"))
    if made.keys:
        say(ctx.t("cli.backup.keys", count=len(made.keys), path=made.keys_path))
    if made.seed_files:
        say(ctx.t("cli.backup.seeds", count=len(made.seed_files), path=made.keys_path))
    say(ctx.t("cli.backup.checkpoints"))


@click.command()
@click.option("--from", "source", type=click.Path(path_type=Path), default=None, help="Put this backup in the place of --db first.")
@click.option("--same-log", is_flag=True, help="Go on in the same log, although signed entries are lost.")
@click.option("--new-log", is_flag=True, help="Begin a new log that names the old one; the old one is never written again.")
@click.option("--beyond", is_flag=True, help="Say that what was written in a left log since is known; its entries count as they did.")
@click.option("--name", default="", help="Origin of the new log; by default the old one's with -r2.")
@click.option("--passphrase", "guarded", is_flag=True, help="Lock the new log's key file; it is locked anyway where the old one is.")
@click.option("--reason", default="", help="What happened; stands in the mark for ever.")
@click.option("--by", default="", help="Your staff number.")
@prints("recovery", "recovery-beyond")
@click.pass_obj
def recover(
    ctx: Context,
    source: Path | None,
    name: str,
    reason: str,
    by: str,
    *,
    same_log: bool,
    new_log: bool,
    beyond: bool,
    guarded: bool,
    as_json: bool,
) -> None:
    """Go on after an honest restore, a failover or a lost key. Leaves an entry that everybody sees; mends no tampering."""
    from foodtrace.keeping import recovery  # noqa: PLC0415 - import time is part of a command's time
    from foodtrace.ledger import default_keys  # noqa: PLC0415

    if same_log and new_log:
        raise BadData("recover.both", value="--same-log --new-log", expected="--same-log / --new-log")
    if not reason.strip():
        raise BadData("recover.reason", value="-", expected="--reason")
    if beyond:
        if source is not None or same_log or new_log or name or guarded:
            raise BadData("cli.usage_goes_with", value="--beyond", expected="--reason, --by", where="foodtrace recover --help")
        _beyond(ctx, reason, by, as_json=as_json)
        return
    given = new_passphrase(ctx) if guarded else os.environ.get("FOODTRACE_PASSPHRASE") or None
    if source is not None:
        beside = None if "://" in ctx.db else Path(ctx.db)
        _put_back(ctx, source, Path(ctx.keys).expanduser() if ctx.keys else default_keys(beside), as_json=as_json)
    with ctx.open(recovering=True, older=True) as ledger:
        chosen = True if new_log else False if same_log else None
        done = recovery.recover(ledger, ctx.log, new_log=chosen, name=name, reason=reason, by=by, passphrase=given)
    if as_json:
        emit_json(done)
        return
    say(ctx.t(f"cli.recover.{'new' if done.kind == 'new_log' else 'same'}", log=done.log, into=done.into, mark=done.mark))
    if done.lost_to > done.lost_from:
        say(ctx.t("cli.recover.lost", log=done.log, first=done.lost_from, last=done.lost_to - 1))
    elif not done.evidence:
        say(ctx.t("cli.recover.nothing" if done.compared else "cli.recover.unknown"))
    if done.evidence:
        say(ctx.t("cli.recover.evidence", path=done.evidence))
    if done.kind == "new_log":
        lost = "_lost" if done.old_key == "not_here" and done.lost_to > done.lost_from else ""
        say(ctx.t(f"cli.recover.{done.old_key}{lost}", log=done.log))
        if done.old_key != "ended":
            say(ctx.t("cli.recover.uncorrected", log=done.log))
    if done.locked is False:
        say(ctx.t("cli.recover.open_key"))


def _beyond(ctx: Context, reason: str, by: str, *, as_json: bool) -> None:
    """Leave the mark that what stands beyond a seal is known."""
    from foodtrace.keeping.acknowledge import acknowledge  # noqa: PLC0415

    with ctx.open() as ledger:
        done = acknowledge(ledger, ctx.log, reason=reason, by=by)
    if as_json:
        emit_json(done)
        return
    say(ctx.t("cli.recover.beyond", log=done.log, first=done.first, last=done.last, into=done.into, mark=done.mark))


def _put_back(ctx: Context, source: Path, keys: Path, *, as_json: bool) -> None:
    """Put a backup where ``--db`` says."""
    from foodtrace.keeping.backup import restore  # noqa: PLC0415

    if is_server(ctx.db):
        if is_malformed(ctx.db):
            raise BadData("storage.url_form", value=ctx.db, expected="%40 %3A %2F %3F")
        _said_of(ctx, restore(source, ctx.db, keys), ctx.shown_db, as_json=as_json)
        return
    database = ctx.db.removeprefix("sqlite:///")
    if "://" in database:
        raise BadData("storage.url", value=database.split("://")[0] + "://..", expected="sqlite:///FILE, postgresql://HOST/NAME")
    _said_of(ctx, restore(source, Path(database).expanduser(), keys), database, as_json=as_json)


def _said_of(ctx: Context, done: Restored, path: str, *, as_json: bool) -> None:
    """Say where a backup was put, and which of its key files could not be compared with what was copied then."""
    say(ctx.t("cli.recover.restored", path=path), err=as_json)
    for what in ("unknown", "locked", "missing", "seeds_unknown", "seeds_missing"):
        keys: tuple[str, ...] = getattr(done, what)
        if keys:
            say(ctx.t(f"cli.recover.keys_{what}", keys=clean(", ".join(keys))), err=as_json)
