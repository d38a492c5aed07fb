"""``erase``: personal values, for good."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from foodtrace.errors import BadData
from foodtrace_cli.context import Context
from foodtrace_cli.output import emit_json, say
from foodtrace_cli.schemaoption import prints

if TYPE_CHECKING:
    from foodtrace.operations.erasing import Erased
    from foodtrace.operations.reach import ErasedEntry

_SHOWN = 20
"""Entries that are left, shown one by one; --json has all."""


@click.command()
@click.argument("what")
@click.option("--field", "fields", multiple=True, help="Only this field (contact, phone, address, name ...); may be repeated.")
@click.option("--reason", default="", help="Why; stands in the entry. No names here.")
@click.option("--by", default="", help="Your staff number.")
@click.option("--id", "event_id", default="", help="Id of the erasure, for retries.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@prints("erased")
@click.pass_context
def erase(
    click_ctx: click.Context, what: str, fields: tuple[str, ...], reason: str, by: str, event_id: str, *, yes: bool, as_json: bool
) -> None:
    """Erase the names, phones and addresses of WHAT: a site, an operator, or an entry by its number or id.

    Of an operator everything that speaks of it goes: its sites and files, and what a gate recorded of it as a seller. Other
    entries that hold the same values are named.

    The values are deleted with their salts; the entries stay, with proofs that go on verifying, and readers see "erased". Values
    in logs that a recovery left go too. Exit 0 only if all that was asked for is gone; 1 if some of it is
    in another log, or other entries still hold the same values.
    """
    ctx: Context = click_ctx.obj
    import msgspec  # noqa: PLC0415 - import time is part of a command's time

    from foodtrace.operations import erasing  # noqa: PLC0415
    from foodtrace.operations.common import Doing, local  # noqa: PLC0415

    if not yes:
        if not ctx.interactive:
            raise BadData("erase.confirm", value=what, expected="--yes")
        click.confirm(ctx.t("cli.erase.ask", what=what), abort=True, err=True)
    with ctx.open() as ledger:
        writer = ledger.writer()
        doing = Doing(now=local(ledger.clock()), by=by, id=event_id)
        _, done = ledger.act(
            lambda session: erasing.erase(
                session, doing, writer.number, writer.origin, what, fields=fields, reason=reason, keys=ledger.keys
            )
        )
        # Also when nothing was left to delete: an earlier run may have found the old pages still held open.
        clean = ledger.store.forget()
        kind = "vacuumed" if ledger.store.dialect == "postgresql" else "forgotten"
    done = msgspec.structs.replace(done, storage=kind if clean else "not_yet")
    if as_json:
        emit_json(done)
    else:
        _show(ctx, done, what, writer.origin)
    click_ctx.exit(0 if clean and not (done.elsewhere or done.not_here or done.left) else 1)


def _show(ctx: Context, done: Erased, what: str, own: str) -> None:
    for each in done.entries:
        say(ctx.t("cli.erase.done", log=each.log, seq=each.seq, fields=", ".join(each.fields)))
    for each in done.elsewhere:
        key = "cli.erase.elsewhere" if each.via else "cli.erase.elsewhere_other"
        say(ctx.t(key, log=each.log, seq=each.seq, fields=", ".join(each.fields), command=f"foodtrace --log {each.via} erase {what}"))
    for each in done.not_here:
        say(ctx.t("cli.erase.not_here", log=each.log, seq=each.seq, fields=", ".join(each.fields)))
    for each in done.left[:_SHOWN]:
        key = "cli.erase.left" if each.via else "cli.erase.left_other"
        say(ctx.t(key, log=each.log, seq=each.seq, fields=", ".join(each.fields), command=_command(each, own)))
    if len(done.left) > _SHOWN:
        say(ctx.t("cli.erase.left_more", count=len(done.left) - _SHOWN))
    if done.before:
        say(ctx.t("cli.erase.before", what=done.what))
    if done.entries:
        say(ctx.t("cli.erase.stays"))
    remain = len(done.elsewhere) + len(done.not_here) + len(done.left)
    if remain:
        say(ctx.t("cli.erase.remain", count=remain))
    if remain and not done.entries and done.storage != "not_yet":
        return  # nothing was erased: nothing is said to be gone
    if done.before and not done.entries and done.storage == "forgotten":
        say(ctx.t("cli.erase.before_gone"))
        return
    say(ctx.t("cli.erase.forgotten_part" if remain and done.storage == "forgotten" else f"cli.erase.{done.storage}"))


def _command(entry: ErasedEntry, own: str) -> str:
    """Return what erases one entry, with the log that may do it."""
    number = str(entry.seq) if entry.log == entry.via else f"{entry.log}#{entry.seq}"
    return f"foodtrace erase {number}" if entry.via == own else f"foodtrace --log {entry.via} erase {number}"
