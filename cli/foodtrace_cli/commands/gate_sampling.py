"""``gate sampling``: which admitted trucks are tested."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import click

from foodtrace.errors import NotFound
from foodtrace_cli.commands.gate_more import desk_of, doing_of
from foodtrace_cli.context import Context
from foodtrace_cli.output import clean, emit_json, say
from foodtrace_cli.schemaoption import prints
from foodtrace_cli.typed import DAY

if TYPE_CHECKING:
    from foodtrace.ledger import Ledger
    from foodtrace.operations.samplecheck import DayChecked


@click.group()
def sampling() -> None:
    """Which admitted trucks are tested: committed to before the day, opened and checked afterwards."""


@sampling.command()
@click.option("--market", default=None, help="Market; by default the only one.")
@click.option("--gate", "number", default="", help="Number of the gate.")
@click.option("--days", type=click.IntRange(1, 60), default=7, show_default=True, help="Days ahead, tomorrow first.")
@click.option("--by", default="", help="Staff number.")
@click.option("--new-seed", is_flag=True, help="Make a new seed although the one that days were committed to is gone.")
@click.pass_obj
def commit(ctx: Context, market: str | None, number: str, days: int, by: str, *, new_seed: bool) -> None:
    """Commit to the seeds of the coming days. The first time a seed is made in the key directory: nobody else should read it.

    A seed that is gone is not replaced without a word: days committed to with it draw nothing and are never proven.
    """
    from foodtrace.operations import sampling as samples  # noqa: PLC0415

    with ctx.open() as ledger:
        place, gate = desk_of(ledger, market), _gate(ledger, number)
        with ledger.reading() as session:
            seed = samples.seed_to_commit(session, ledger.keys, place, gate, new=new_seed)
            lost = samples.lost_days(session, seed, place, gate)
        doing = doing_of(ledger, by)
        _, made = ledger.act(lambda session: samples.commit_days(session, doing, seed, place, gate, days))
    if lost:
        say(ctx.t("cli.sampling.lost", days=" ".join(str(each) for each in lost)), err=True)
    say(ctx.t("cli.sampling.committed", count=len(made), last=made[-1] if made else "-"))


@sampling.command("open")
@click.argument("day", type=DAY)
@click.option("--market", default=None, help="Market; by default the only one.")
@click.option("--gate", "number", default="", help="Number of the gate.")
@click.option("--by", default="", help="Staff number.")
@click.pass_obj
def open_(ctx: Context, day: dt.datetime, market: str | None, number: str, by: str) -> None:
    """Open the seed of a DAY that is over, so that anybody can draw again."""
    from foodtrace.operations import sampling as samples  # noqa: PLC0415

    with ctx.open() as ledger:
        place, gate = desk_of(ledger, market), _gate(ledger, number)
        seed = samples.master_seed(ledger.keys)
        if seed is None:
            raise NotFound("sampling.no_seed", value=str(ledger.keys))
        doing = doing_of(ledger, by)
        _, event = ledger.act(lambda session: samples.open_day(session, doing, seed, place, gate, day.date()))
    say(ctx.t("cli.sampling.opened", day=event.day, seed=event.seed))


@sampling.command()
@click.argument("day", type=DAY)
@click.option("--market", default=None, help="Market; by default the only one.")
@click.option("--gate", "number", default="", help="Number of the gate.")
@prints("gate-sampling-check")
@click.pass_context
def check(click_ctx: click.Context, day: dt.datetime, market: str | None, number: str, *, as_json: bool) -> None:
    """Check a DAY's choice from the log alone: committed before, opened, every draw made again, every drawn truck tested.

    Exit 1 if there is anything to look at.
    """
    from foodtrace.operations import samplecheck  # noqa: PLC0415

    ctx: Context = click_ctx.obj
    with ctx.open() as ledger:
        place = desk_of(ledger, market)
        gate = _gate(ledger, number)
        with ledger.reading() as session:
            found = samplecheck.check_day(session, ledger.rulebook(), place, gate, day.date())
    if as_json:
        emit_json(found)
    else:
        _checked(ctx, found)
    click_ctx.exit(0 if found.good else 1)


def _checked(ctx: Context, found: DayChecked) -> None:
    from foodtrace.recall.shortcodes import short_codes  # noqa: PLC0415

    say(
        ctx.t(
            "cli.sampling.checked",
            day=found.day,
            trucks=found.trucks,
            admitted=found.admitted,
            drawn=len(found.drawn),
            checked=found.checked,
            word=ctx.t("cli.sampling.good" if found.good else "cli.sampling.look"),
        )
    )
    if found.drawn:
        say("  " + ctx.t("cli.sampling.drawn", numbers=" ".join(f"{each:04d}" for each in found.drawn)))
    code = short_codes(each.lot for each in found.findings)
    for each in found.findings:
        words = ctx.t(each.code, number=f"{each.number:04d}", lot=code(each.lot), value=each.value, expected=each.expected)
        say(f"  {clean(words)}  {each.code}")


def _gate(ledger: Ledger, number: str) -> str:
    """Return the gate's number: as given, else by the log this host writes, else the ledger's first."""
    from foodtrace.operations.desk import gate_of  # noqa: PLC0415

    if number:
        return gate_of("", number)
    try:
        return gate_of(ledger.writer().origin)
    except NotFound:  # an auditor has no key here
        origins = [each.origin for each in ledger.logs()]
        return gate_of(origins[0]) if origins else "1"
