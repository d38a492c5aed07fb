"""``key``: the keys that sign the log and the certificates, and the entries that say since when and until when."""

from __future__ import annotations

import datetime as dt
import os
from typing import TYPE_CHECKING

import click

from foodtrace.errors import BadData, NotFound, Refused
from foodtrace_cli.context import Context
from foodtrace_cli.output import clean, emit_json, say, table
from foodtrace_cli.schemaoption import prints
from foodtrace_cli.typed import DAY, OUT_FILE

if TYPE_CHECKING:
    from pathlib import Path

    from foodtrace.keeping.keyrows import KeyRow
    from foodtrace.keeping.rotation import Changed
    from foodtrace.keys import SigningKey


def new_passphrase(ctx: Context) -> str:
    """Return the passphrase for a new key file: FOODTRACE_PASSPHRASE, else asked for twice. Raises ``BadData``."""
    given = os.environ.get("FOODTRACE_PASSPHRASE")
    if given:
        return given
    if not ctx.interactive:
        raise BadData("key.no_terminal", value="-", expected="FOODTRACE_PASSPHRASE")
    return str(click.prompt(ctx.t("cli.keys.passphrase"), hide_input=True, confirmation_prompt=True, err=True))


@click.group()
def key() -> None:
    """Signing keys: of this host's log, and of those who issue certificates."""


@key.command()
@click.option("--name", default=None, help="Name of the key; by default the origin of this host's log.")
@click.option("--passphrase", "guarded", is_flag=True, help="Lock the key file with a passphrase (FOODTRACE_PASSPHRASE, or asked for).")
@prints("key-create")
@click.pass_obj
def create(ctx: Context, name: str | None, *, guarded: bool, as_json: bool) -> None:
    """Make a key file (mode 0600). The key is in force only once an entry says so: key rotate, key register."""
    from foodtrace import keyfiles  # noqa: PLC0415 - import time is part of a command's time

    with ctx.open() as ledger:
        own = name or ledger.writer().origin
        made = keyfiles.create(ledger.keys, own, new_passphrase(ctx) if guarded else None)
        path = ledger.keys / f"{made.key_id.hex()}.key"
    if as_json:
        from foodtrace.operations.wrote import KeyMade  # noqa: PLC0415

        emit_json(KeyMade(key_id=made.key_id.hex(), name=made.name, path=str(path), vkey=made.vkey))
        return
    say(ctx.t("cli.keys.created", key=made.key_id.hex(), path=path))
    say(ctx.t("cli.keys.vkey", vkey=made.vkey))


@key.command()
@click.argument("public", metavar="VKEY")
@click.option("--issuer", required=True, help="Operator whose certificates the key signs.")
@click.option("--from", "start", type=DAY, default=None, help="First day it is good for.")
@click.option("--until", type=DAY, default=None, help="Last day it is good for.")
@click.option("--by", default="", help="Your staff number.")
@prints("key-entry")
@click.pass_obj
def register(
    ctx: Context, public: str, issuer: str, start: dt.datetime | None, until: dt.datetime | None, by: str, *, as_json: bool
) -> None:
    """Register a public key (VKEY, or 64 hex digits) that signs an operator's certificates. Weak keys are refused."""
    from foodtrace.keeping import issuerkeys  # noqa: PLC0415
    from foodtrace.operations.common import Doing, local  # noqa: PLC0415

    raw = issuerkeys.public_of(public)
    first, last = (each.date() if each is not None else None for each in (start, until))
    with ctx.open() as ledger:
        doing = Doing(now=local(ledger.clock()), by=by)
        operator = issuer.strip().upper()
        log = ledger.writer().number
        receipt, event = ledger.act(
            lambda session: issuerkeys.register_issuer(session, doing, raw, operator, start=first, until=last, log=log)
        )
    if as_json:
        from foodtrace.operations.wrote import KeySaid, placed  # noqa: PLC0415

        emit_json(KeySaid(event=event, **placed(receipt)))
        return
    say(ctx.t("cli.keys.done_registered", issuer=event.issuer, kid=event.kid))


@key.command()
@click.option("--to", "wanted", default=None, help="Key id of a key made with key create; by default a new key is made.")
@click.option("--reason", default="", help="Why; stands in the entry.")
@click.option("--stolen", is_flag=True, help="The old key is in wrong hands: certificates signed with it are refused.")
@click.option("--passphrase", "guarded", is_flag=True, help="Lock the new key file with a passphrase.")
@click.option("--by", default="", help="Your staff number.")
@prints("key-changed")
@click.pass_obj
def rotate(ctx: Context, wanted: str | None, reason: str, by: str, *, stolen: bool, guarded: bool, as_json: bool) -> None:
    """Put a new key in force for this host's log, by an entry that the old and the new key sign."""
    from foodtrace import keyfiles  # noqa: PLC0415
    from foodtrace.keeping import rotation  # noqa: PLC0415

    with ctx.open() as ledger:
        if wanted:
            new = _opened(ctx, ledger.keys, wanted.strip().lower())
            done = rotation.rotate(ledger, new, reason=reason, stolen=stolen, by=by)
        else:
            old = ledger.writer().key
            # What was locked stays locked.
            locked = any(each.encrypted for each in keyfiles.list_keys(ledger.keys) if each.verifier.public == old.public)
            phrase = new_passphrase(ctx) if guarded or locked else None
            done = rotation.rotate_anew(ledger, phrase, reason=reason, stolen=stolen, by=by)
        path = ledger.keys / f"{done.new}.key"
    if as_json:
        emit_json(done)
        return
    say(ctx.t("cli.keys.rotated", log=done.log, seq=done.seq, old=done.old, new=done.new, path=path))
    say(ctx.t("cli.keys.vkey", vkey=done.vkey))
    if done.issuers:
        say(ctx.t("cli.keys.issuers", issuers=", ".join(done.issuers)))


def _opened(ctx: Context, keys: Path, number: str) -> SigningKey:
    """Return the key of a file here, whose passphrase may be another than that of the key in force."""
    from foodtrace.keyfiles import load  # noqa: PLC0415

    try:
        return load(keys, number, os.environ.get("FOODTRACE_PASSPHRASE"))
    except Refused as error:
        if error.code != "key.passphrase_needed" or not ctx.interactive:
            raise
    return load(keys, number, str(click.prompt(f"{ctx.t('cli.keys.passphrase')} ({number})", hide_input=True, err=True)))


@key.command()
@click.argument("key_id", metavar="KEY")
@click.option("--reason", required=True, help="Why; stands in the entry.")
@click.option("--end-log", is_flag=True, help="KEY is in force for this host's log: end that log for good.")
@click.option("--by", default="", help="Your staff number.")
@prints("key-entry", "key-changed")
@click.pass_obj
def revoke(ctx: Context, key_id: str, reason: str, by: str, *, end_log: bool, as_json: bool) -> None:
    """Revoke a key that signs certificates, by its number in key list; or, with --end-log, the key of this host's log."""
    from foodtrace.keeping import issuerkeys, rotation  # noqa: PLC0415
    from foodtrace.operations.common import Doing, local  # noqa: PLC0415

    given = key_id.strip().lower()
    with ctx.open() as ledger:
        # A log that a recovery left is ended with --log: by default the log that goes on is meant.
        writer = ledger.writer(ending=end_log and ctx.log is not None)
        if given == writer.key.key_id.hex():
            if not end_log:
                raise Refused("key.ends_log", value=given, log=writer.origin)
            done: Changed = rotation.end_log(ledger, reason=reason, by=by, log=writer.origin)
            if as_json:
                emit_json(done)
            else:
                say(ctx.t("cli.keys.ended_log", log=done.log, seq=done.seq))
            return
        doing = Doing(now=local(ledger.clock()), by=by)
        log = ledger.writer().number
        receipt, event = ledger.act(lambda session: issuerkeys.revoke_issuer(session, doing, given, reason, log=log))
    if as_json:
        from foodtrace.operations.wrote import KeySaid, placed  # noqa: PLC0415

        emit_json(KeySaid(event=event, **placed(receipt)))
        return
    say(ctx.t("cli.keys.done_revoked", issuer=event.issuer, kid=event.kid))


@key.command("list")
@click.option(
    "--export", "target", default=None, type=OUT_FILE, metavar="FILE", help="Write a signed list of issuers' keys for gates to carry."
)
@click.option("--days", default=30, show_default=True, help="With --export: how long the list is good for.")
@prints("key-list", "key-list-export")
@click.pass_obj
def list_(ctx: Context, target: str | None, days: int, *, as_json: bool) -> None:
    """List every key on record, since when and for which entries it is in force, and the key files here; or export them for gates."""
    from foodtrace.keeping.keyrows import all_keys  # noqa: PLC0415

    if target is not None:
        _export(ctx, target, days, as_json=as_json)
        return
    with ctx.open() as ledger:
        try:
            with ledger.reading() as session:
                found = all_keys(session, ledger.keys)
        except NotFound:
            found = all_keys(None, ledger.keys)
    if as_json:
        emit_json(found)
        return
    from foodtrace.keys import format_vkey  # noqa: PLC0415

    headings = [
        ctx.t("cli.key.id"),
        *(ctx.t(f"cli.keys.{each}") for each in ("use", "of", "state", "since", "entries")),
        ctx.t("cli.key.file"),
    ]
    say(table(headings, [_row(ctx, each) for each in found]))
    for each in found:
        if each.into:
            say(ctx.t("cli.keys.left_for", log=clean(each.log), into=clean(each.into)))
        if each.rivals:
            say(ctx.t("cli.keys.rivals", log=clean(each.log), rivals=clean(", ".join(each.rivals))))
        if each.known:
            say(ctx.t("cli.keys.known", log=clean(each.log), count=each.known))
        if each.beyond:
            say(ctx.t("cli.keys.beyond", log=clean(each.log), count=each.beyond))
    for each in found:
        if each.use != "issuer" and each.state != "replaced":
            say(ctx.t("cli.keys.vkey", vkey=clean(format_vkey(each.name, bytes.fromhex(each.public)))))


def _export(ctx: Context, target: str, days: int, *, as_json: bool) -> None:
    """Write the signed key list."""
    from pathlib import Path  # noqa: PLC0415

    from foodtrace.keeping import keylists  # noqa: PLC0415
    from foodtrace.operations.common import local  # noqa: PLC0415

    with ctx.open() as ledger:
        data, found, vkey = keylists.export(ledger, local(ledger.clock()), days)
    keylists.save_list(Path(target), data)
    revoked = sum(each.revoked for each in found.keys)
    if as_json:
        from foodtrace.operations.wrote import KeyListWritten  # noqa: PLC0415

        emit_json(KeyListWritten(file=target, keys=len(found.keys), revoked=revoked, until=found.until, signer=vkey))
        return
    say(ctx.t("cli.keylist.done", count=f"{len(found.keys):,}", revoked=f"{revoked:,}", until=found.until, path=target))
    say(ctx.t("cli.keylist.signer", vkey=vkey))


def _row(ctx: Context, row: KeyRow) -> list[str]:
    since = "" if row.since is None else row.since.strftime("%Y-%m-%d")
    if row.valid_from or row.valid_until:
        since = ctx.t("cli.keys.from_until", start=row.valid_from or "..", until=row.valid_until or "..")
    entries = "" if row.use != "log" else f"{row.seq}-{'' if row.last is None else row.last}"
    return [row.key_id, ctx.t(f"cli.keys.use.{row.use}"), row.name, ctx.t(f"cli.keys.{row.state}"), since, entries, row.path]
