"""``correct``: what an entry should have said, or that it did not occur; and its history."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any

import click

from foodtrace.errors import BadData
from foodtrace_cli.context import Context
from foodtrace_cli.eventwords import event_line, field_word
from foodtrace_cli.output import clean, emit_json, say
from foodtrace_cli.schemaoption import prints

if TYPE_CHECKING:
    from foodtrace.events import AnyEvent
    from foodtrace.ledger import Ledger
    from foodtrace.operations.common import Outcome
    from foodtrace.operations.corrections import Corrected
    from foodtrace.operations.history import History
    from foodtrace.storage.session import Session


@click.command()
@click.argument("entry")
@click.option("--did-not-occur", "gone", is_flag=True, help="It did not happen: take it out of every figure.")
@click.option("--set", "changes", multiple=True, metavar="FIELD=VALUE", help="What it should have said; may be repeated.")
@click.option("--with", "file", type=click.File("rb"), default=None, help="The whole event as it should have been (JSON; - for stdin).")
@click.option("--dispute", is_flag=True, help="Object to an entry of another log; changes no figure. Needs --note.")
@click.option("--revive", is_flag=True, help="It did occur after all: lets --set or --with bring back an entry that was taken out.")
@click.option("--note", default="", help="Why, for whoever reads the record.")
@click.option("--by", default="", help="Your staff number.")
@click.option("--id", "event_id", default="", help="Id of the correction, for retries.")
@click.option("--dry-run", is_flag=True, help="Show what would change; record nothing.")
@prints("corrected", "entry-history")
@click.pass_obj
def correct(
    ctx: Context,
    entry: str,
    changes: tuple[str, ...],
    file: IO[bytes] | None,
    note: str,
    by: str,
    event_id: str,
    *,
    gone: bool,
    dispute: bool,
    revive: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Correct ENTRY: its number, ORIGIN#NUMBER, its event's id, a voucher (V-..), or the number on the paper. Alone: show its history.

    Nothing is overwritten. A correction is an entry that names the one it corrects; figures and lists follow at once.
    """
    from foodtrace.operations import corrections, entries, history  # noqa: PLC0415 - import time is part of a command's time
    from foodtrace.operations.common import Doing, local  # noqa: PLC0415

    asked = sum((gone, bool(changes), file is not None, dispute))
    # What is said about a correction, without one, would go on no record: not shown as a history in silence.
    if asked > 1 or (not asked and (note or by or event_id or revive or dry_run)):
        raise BadData("cli.correct.what", value=entry, expected="--did-not-occur, --set, --with")
    with ctx.open() as ledger:
        if not asked:
            number = _own_number(ledger, ctx.log)
            with ledger.reading() as session:
                target = entries.original(session, entries.find_entry(session, entry, number))
                story = history.with_marks(session, history.history(session, target), target, ledger.clock())
            _show(ctx, story, as_json=as_json)
            return
        writer = ledger.writer()
        doing = Doing(now=local(ledger.clock()), by=by, id=event_id)
        wanted, whole = _pairs(changes), _event(file)

        def decide(session: Session) -> Outcome:
            how: Any = {"changes": wanted, "replacement": whole, "note": note, "dispute": dispute, "revive": revive}
            return corrections.correct(session, doing, writer.number, entry, **how)

        receipt, done = ledger.act(decide, dry_run=dry_run)
    _done(ctx, done, receipt.last if receipt else None, as_json=as_json)


def _own_number(ledger: Ledger, log: str | None) -> int | None:
    """Return the number of the log that plain entry numbers mean: the one this host writes, else the only one."""
    from foodtrace.errors import NotFound, Refused  # noqa: PLC0415
    from foodtrace.opening import logs  # noqa: PLC0415

    try:
        return ledger.writer(log).number
    except (NotFound, Refused):  # reading needs no key
        with ledger.reading() as session:
            found = logs(session)
        return found[0].number if len(found) == 1 else None


def _pairs(changes: tuple[str, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    for each in changes:
        field, equals, value = each.partition("=")
        if not equals or not field:
            raise BadData("cli.correct.set", value=each, expected="FIELD=VALUE")
        if field.strip() in found:
            raise BadData("cli.correct.set_twice", value=field.strip(), first=found[field.strip()], second=value.strip())
        found[field.strip()] = value.strip()
    return found


def _event(file: IO[bytes] | None) -> AnyEvent | None:
    if file is None:
        return None
    from foodtrace.events.canonical import read  # noqa: PLC0415

    return read(file.read())


def _done(ctx: Context, done: Corrected, seq: int | None, *, as_json: bool) -> None:
    if as_json:
        emit_json(done)
        return
    if seq is None:
        say(ctx.t("cli.correct.dry", reason=done.reason))
    else:
        key = {"did_not_occur": "removed", "incorrect_data": "replaced", "disputed": "disputed"}[done.reason]
        say(ctx.t(f"cli.correct.{key}", log=done.log, seq=done.seq, own=seq))
    for each in done.changes:
        say(ctx.t("cli.correct.change", field=field_word(each.field, ctx.lang), before=clean(each.before), after=clean(each.after)))


def _show(ctx: Context, story: History, *, as_json: bool) -> None:
    if as_json:
        emit_json(story)
        return
    state = ctx.t(f"cli.history.{story.state}")
    kind = _kind(ctx, story.event)
    say(ctx.t("cli.history.head", log=story.log, seq=story.seq, kind=kind, time=f"{story.recorded:%Y-%m-%d %H:%M:%S}", state=state))
    say(ctx.t("cli.history.recorded", event=clean(event_line(story.event, ctx.lang))))
    for step in story.steps:
        reason = {"did_not_occur": ctx.t("cli.history.removed"), "incorrect_data": ""}.get(step.reason, step.reason)
        idle = "" if step.counts else ctx.t("cli.history.idle")
        what = ctx.t(f"cli.history.{step.kind}")
        line = ctx.t(
            "cli.history.step",
            time=f"{step.recorded:%Y-%m-%d %H:%M:%S}",
            what=what,
            log=step.log,
            seq=step.seq,
            by=clean(step.by),
            reason=clean(reason),
            note=f"{clean(step.note)} {idle}".strip(),
        )
        say(line.rstrip())
        for each in step.changes:
            say(
                "  "
                + ctx.t("cli.correct.change", field=field_word(each.field, ctx.lang), before=clean(each.before), after=clean(each.after))
            )
    if story.state == "replaced" and story.now is not None:
        say(ctx.t("cli.history.now", event=clean(event_line(story.now, ctx.lang))))
    for told in story.marks:
        marks = "; ".join(ctx.t(f"mark.{mark}") for mark in told.marks)
        say(ctx.t("cli.history.mark", case=told.case, marks=marks))
    for field, state in story.personal.items():
        say(ctx.t("cli.history.personal", field=field_word(field, ctx.lang), state=ctx.t(f"personal.state.{state}")))


def _kind(ctx: Context, event: AnyEvent) -> str:
    """Return what an event is called; a kind without a name of its own is shown as ``foodtrace schema event`` calls it."""
    import msgspec  # noqa: PLC0415

    from foodtrace.texts import has  # noqa: PLC0415

    tag = str(msgspec.to_builtins(event)["type"])
    return ctx.t(f"kind.{tag}") if has(f"kind.{tag}") else tag
