"""``case``: a recall carried to its end. Here its life; what is done with goods, notices and checks stands beside."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from foodtrace.errors import BadData, NotFound
from foodtrace_cli.commands.case_check import check, sample
from foodtrace_cli.commands.case_common import (
    APPROVED,
    BY,
    CASE_AND_LOTS,
    CASE_ARGUMENT,
    NOTHING_YET,
    REASON,
    act,
    case_and_lots,
    day,
    given,
    moment,
    names_of,
    say_taken,
)
from foodtrace_cli.commands.case_goods import correct, destroy, restock, return_, seal
from foodtrace_cli.commands.case_left import conditions, unaccounted_words
from foodtrace_cli.commands.case_list import list_
from foodtrace_cli.commands.case_notice import acknowledge, notify
from foodtrace_cli.commands.case_status import deadlines, status
from foodtrace_cli.commands.recall_screen import named_ahead
from foodtrace_cli.commands.report import report
from foodtrace_cli.commands.scope_words import scope_options
from foodtrace_cli.context import Context
from foodtrace_cli.output import clean, say

if TYPE_CHECKING:
    from foodtrace.events import DeadlineExtended, RecallOpened, RecallPublished
    from foodtrace.operations.caseplan import Plan
    from foodtrace.operations.cases import Rescoped
    from foodtrace.recall.facts import Case
    from foodtrace.storage.session import Session

_HELD = 5
"""Lots that a line names."""


@click.group()
def case() -> None:
    """Recall cases: open, widen, publish, notify, acknowledge, seal, return, destroy, check, status, close, clear."""


@case.command("open")
@click.argument("lots", nargs=-1, metavar="[LOT...]")
@click.option("--class", "level", type=click.IntRange(1, 3), required=True, help="Class of the recall, 1 the gravest.")
@click.option("--known", required=True, help="When the risk was known: 2026-11-24T09:10 (China time unless an offset is given).")
@click.option("--reason", required=True, help="What is wrong with the goods.")
@click.option("--operator", default="", help="Who recalls, by id or name; by default the producer.")
@click.option("--advice", default="", help="What to tell customers.")
@click.option("--plan", "plan_file", default=None, metavar="FILE.toml", help="What plan and notice say: product, brand, spec, quantity, ..")
@scope_options
@NOTHING_YET
@click.option("--again", is_flag=True, help="Open another although a case of this scope and class is open.")
@BY
@click.pass_obj
def open_(
    ctx: Context,
    /,
    lots: tuple[str, ...],
    level: int,
    known: str,
    reason: str,
    operator: str,
    advice: str,
    plan_file: str | None,
    by: str,
    *,
    nothing_yet: bool,
    again: bool,
    **words: str,
) -> None:
    """Open a case for LOTs, or what a rule fits, or what left or passed through a site, and everything made from it.

    From now on these goods can be neither transferred nor sold. The plan file (RCL15 Art. 15, 16) may say: date, product, brand, spec,
    produced, quantity, harm, process, area, duties, disposal, cost, refund, advice, expected, channel, ends, and, kept beside the log:
    representative, in_charge, phone, email, address.
    """
    from foodtrace.graph.reader import SqlFacts  # noqa: PLC0415
    from foodtrace.operations import cases, checks  # noqa: PLC0415
    from foodtrace.operations.common import Doing, local  # noqa: PLC0415
    from foodtrace.operations.managing import reach_of  # noqa: PLC0415
    from foodtrace.operations.notices import dated_ahead  # noqa: PLC0415
    from foodtrace.operations.othercases import also_about  # noqa: PLC0415
    from foodtrace.operations.sellers import name_of  # noqa: PLC0415
    from foodtrace.recall.cases import load_case  # noqa: PLC0415

    scope, when, plan = given(lots, dict(words)), moment(known), _plan(plan_file)
    with ctx.open() as ledger:
        doing = Doing(now=local(ledger.clock()), by=by, log=ledger.writer().number)
        seed = checks.make_seed(ledger.keys)
        _, event = ledger.act(
            lambda session: cases.open_case(
                session,
                doing,
                level=level,
                known=when,
                reason=reason,
                operator=operator,
                advice=advice,
                scope=scope,
                nothing_yet=nothing_yet,
                plan=plan,
                sample=seed,
                again=again,
            )
        )
        with ledger.reading() as session:
            state = load_case(session, event.case)
            facts = SqlFacts(session, ledger.clock())
            found = reach_of(facts, state)
            nothing = _fits_nothing(session, state, ledger.clock()) if nothing_yet else None
            who = name_of(session, event.operator) if event.operator else ""
            early = dated_ahead(facts, found, state)
            others = also_about(session, facts, found.lots, ledger.clock(), but=event.case)
        say(ctx.t("cli.case.opened", case=event.case))
        say("  " + ctx.t("cli.case.opened_scope", lots=len(found.lots), outlets=len(found.outlets)))
        say("  " + ctx.t(_recalls(event), who=who))
        for line in named_ahead(ctx, early):
            say("  " + line)
        deadlines(ctx, state, ledger.clock(), ledger.rules)
    for other in others:
        level_ = ctx.t(f"status.level_{other.level}")
        say("  " + ctx.t("cli.case.also_open", case=other.name, level=level_, opened=f"{local(other.opened):%Y-%m-%d %H:%M}"), err=True)
    say("  " + ctx.t("cli.case.sample_committed"), err=True)
    if nothing is not None:
        near = ", ".join(nothing.near)
        say("  " + nothing.message(ctx.lang) + (f" ({near})" if near else ""), err=True)


def _recalls(event: RecallOpened) -> str:
    """Return the text that says who recalls, and why where it is not who made the goods."""
    if not event.operator:
        return "cli.case.recalls_nobody"
    return "cli.case.recalls" if event.producer else "cli.case.recalls_site"


@case.command()
@CASE_AND_LOTS
@REASON
@scope_options
@NOTHING_YET
@BY
@click.pass_obj
def widen(ctx: Context, /, names: tuple[str, ...], reason: str, by: str, *, nothing_yet: bool, **words: str) -> None:
    """Add LOTs, a rule, or what left or passed a site to the scope of CASE: a new version. What was done so far stays."""
    from foodtrace.operations import cases  # noqa: PLC0415

    case_id, lots = case_and_lots(ctx, names)
    scope = given(lots, dict(words))
    answer = act(
        ctx, lambda session, doing: cases.widen(session, doing, case_id, reason=reason, scope=scope, nothing_yet=nothing_yet), by=by
    )
    say_taken(ctx, case_id, answer.case)
    _rescoped(ctx, answer)


@case.command()
@CASE_AND_LOTS
@REASON
@APPROVED
@scope_options
@NOTHING_YET
@BY
@click.pass_obj
def narrow(ctx: Context, /, names: tuple[str, ...], reason: str, approved_by: str, by: str, *, nothing_yet: bool, **words: str) -> None:
    """Put a smaller scope in the place of the one CASE has, with a reason and who approved it. Earlier versions are kept."""
    from foodtrace.operations import cases  # noqa: PLC0415

    case_id, lots = case_and_lots(ctx, names)
    scope = given(lots, dict(words))
    answer = act(
        ctx,
        lambda session, doing: cases.narrow(
            session, doing, case_id, reason=reason, approved_by=approved_by, scope=scope, nothing_yet=nothing_yet
        ),
        by=by,
    )
    say_taken(ctx, case_id, answer.case)
    _rescoped(ctx, answer)
    say(ctx.t("cli.case.still_held"))


@case.command()
@CASE_ARGUMENT
@click.option("--channel", default="", help="Where it was published.")
@BY
@click.pass_obj
def publish(ctx: Context, case_id: str | None, channel: str, by: str) -> None:
    """Record that the public notice was published: starts the completion clock."""
    from foodtrace.operations import cases  # noqa: PLC0415

    event = act(ctx, lambda session, doing: cases.publish(session, doing, case_id, channel), by=by)
    say(ctx.t("cli.case.published", case=event.case))
    _say_deadlines(ctx, event)


@case.command()
@CASE_ARGUMENT
@click.option("--until", required=True, metavar="DAY", help="New last day, 2026-12-31.")
@click.option("--approval", default="", help="Number of the approval.")
@click.option("--published", default=None, metavar="TIME", help="When the extension was published; it counts from then.")
@BY
@click.pass_obj
def extend(ctx: Context, case_id: str | None, until: str, approval: str, published: str | None, by: str) -> None:
    """Move the completion deadline, with its approval. It counts once it is published; the first date stays visible."""
    from foodtrace.operations import cases  # noqa: PLC0415

    last, when = day(until, ahead=True), moment(published) if published else None
    event = act(ctx, lambda session, doing: cases.extend(session, doing, case_id, last, approval, published=when), by=by)
    if published is None:
        say(ctx.t("cli.case.extension_unpublished"))
    _say_deadlines(ctx, event)


@case.command()
@CASE_AND_LOTS
@click.option("--all", "everything", is_flag=True, help="All lots that the case reaches now.")
@click.option("--site", default="", help="Only what lies at this site now; once more of the lot comes there, it is blocked there again.")
@click.option("--custody", is_flag=True, help="With --site: what is sealed or came back there was examined as well.")
@click.option("--basis", default="", help="Why they may be sold: a laboratory report, an approval.")
@APPROVED
@BY
@click.pass_obj
def clear(
    ctx: Context, names: tuple[str, ...], site: str, basis: str, approved_by: str, by: str, *, everything: bool, custody: bool
) -> None:
    """Clear LOTs of CASE for sale: the only way, besides withdrawing the case, by which its block is lifted."""
    from foodtrace.operations import cases  # noqa: PLC0415

    case_id, lots = case_and_lots(ctx, names)
    if bool(lots) == everything:
        raise BadData("case.no_lots", value="-", expected="LOT / --all")
    event = act(
        ctx, lambda session, doing: cases.clear(session, doing, case_id, lots, basis, approved_by, site=site, custody=custody), by=by
    )
    say_taken(ctx, case_id, event.case)
    what = ", ".join(event.lots[:_HELD]) + (" .." if len(event.lots) > _HELD else "") if event.all else ", ".join(event.lots)
    if event.all:
        what = ctx.t("cli.case.cleared_all", count=len(event.lots), lots=what)
    where = f" {names_of(ctx, [event.site])[event.site]}" if event.site else ""
    held = _still_blocked(ctx, event.case, () if event.all else event.lots, event.site)
    say(ctx.t("cli.case.cleared_held" if held else "cli.case.cleared", case=event.case, lots=what, site=where))
    _say_held(ctx, held)
    if event.site:
        say("  " + ctx.t("cli.case.cleared_here"))
        if event.coming:
            say(ctx.t("cli.case.cleared_coming", goods=", ".join(each.in_words(ctx.lang) for each in event.coming)))
    if event.all:
        partly = event.sites and not event.site
        say("  " + ctx.t("cli.case.cleared_places" if partly else "cli.case.cleared_now", count=len(event.sites)))


@case.command()
@CASE_ARGUMENT
@REASON
@APPROVED
@BY
@click.pass_obj
def withdraw(ctx: Context, case_id: str | None, reason: str, approved_by: str, by: str) -> None:
    """Withdraw CASE, because it was opened in error. It blocks nothing from then on; its record stays."""
    from foodtrace.operations import cases  # noqa: PLC0415

    event = act(ctx, lambda session, doing: cases.withdraw(session, doing, case_id, reason, approved_by), by=by)
    say_taken(ctx, case_id, event.case)
    say(ctx.t("cli.case.withdrawn", case=event.case))
    _say_held(ctx, _still_blocked(ctx, event.case, (), ""))


@case.command()
@CASE_ARGUMENT
@click.option("--override", default="", help="Reason for closing although a condition does not hold.")
@APPROVED
@BY
@click.pass_context
def close(click_ctx: click.Context, case_id: str | None, override: str, approved_by: str, by: str) -> None:
    """Close a case whose goods are all disposed of, or say what is missing. Its lots stay blocked until they are cleared."""
    from foodtrace.operations import cases  # noqa: PLC0415
    from foodtrace.operations.notdone import NotDone  # noqa: PLC0415

    ctx: Context = click_ctx.obj
    try:
        event, against = act(ctx, lambda session, doing: cases.close(session, doing, case_id, override, approved_by), by=by)
    except NotDone as error:
        conditions(ctx, str(error.value), error.conditions, err=True)
        raise
    if against:
        say(ctx.t("cli.case.still_open", reason=event.override))
        conditions(ctx, event.case, against)
    _say_closed(ctx, event.case)


def _say_closed(ctx: Context, number: str) -> None:
    """Say that a case is closed, whether it still blocks anything, and what closing did not wait for: cleared goods, missing goods."""
    from foodtrace.operations.blocking import sealed_until  # noqa: PLC0415
    from foodtrace.operations.casestatus import Standing  # noqa: PLC0415
    from foodtrace.recall.cases import case_events, load_cases, standing_of  # noqa: PLC0415
    from foodtrace.recall.clearedwords import line_words  # noqa: PLC0415
    from foodtrace.recall.namesakes import names_in  # noqa: PLC0415

    with ctx.open() as ledger:
        log = ledger.writer().number
        with ledger.reading() as session:
            now = max(ledger.clock(), sealed_until(session))
            told = case_events(session, number)
            opened = load_cases(session, number, until=now, told=told)
            mine = next(each for each in opened if standing_of(session, each.opener)(log))
            stands = Standing(session, mine, told, now)
            missing, let_go, free = stands.unaccounted, stands.answer.cleared, not stands.matter.sites
    say(ctx.t("cleared.closed" if free and let_go is not None else "cli.case.closed", case=number))
    if mine.published is None:
        say("  " + ctx.t("cli.case.closed_unpublished", case=number))
    for line in () if let_go is None else let_go.lines:
        say("  " + clean(line_words(line, ctx.lang)))
    if words := unaccounted_words(ctx, missing, names_in(stands.answer)):
        say("  " + words)


@case.command()
@CASE_ARGUMENT
@REASON
@APPROVED
@BY
@click.pass_obj
def reopen(ctx: Context, case_id: str | None, reason: str, approved_by: str, by: str) -> None:
    """Go on with a closed case."""
    from foodtrace.operations import cases  # noqa: PLC0415

    event = act(ctx, lambda session, doing: cases.reopen(session, doing, case_id, reason, approved_by), by=by)
    say(ctx.t("cli.case.reopened", case=event.case))


for _command in (notify, acknowledge, seal, return_, destroy, correct, restock, sample, check, status, list_, report):
    case.add_command(_command)


def _fits_nothing(session: Session, state: Case, now: int) -> NotFound | None:
    """Return the complaint that a rule or a window of the scope fits nothing yet: it stands, but may be a slip of the pen."""
    from foodtrace.operations.scopes import check_any  # noqa: PLC0415

    try:
        check_any(session, state.versions[-1].clauses, now)
    except NotFound as error:
        return error
    return None


def _still_blocked(ctx: Context, number: str, lots: tuple[str, ...], site: str) -> dict[str, tuple[str, ...]]:
    """Return which cases still block goods that one let go."""
    from foodtrace.operations.blocking import sealed_until  # noqa: PLC0415
    from foodtrace.operations.othercases import still_blocked  # noqa: PLC0415
    from foodtrace.recall.cases import load_cases, standing_of  # noqa: PLC0415

    with ctx.open() as ledger:
        log = ledger.writer().number
        with ledger.reading() as session:
            now = max(ledger.clock(), sealed_until(session))
            mine = next(each for each in load_cases(session, number, until=now) if standing_of(session, each.opener)(log))
            return still_blocked(session, mine, lots, now, site=site)


def _say_held(ctx: Context, held: dict[str, tuple[str, ...]]) -> None:
    for case, lots in held.items():
        what = ", ".join(lots[:_HELD]) + (" .." if len(lots) > _HELD else "")
        say("  " + ctx.t("cli.case.held_by", case=case, count=len(lots), lots=what, lot=lots[0]))


def _rescoped(ctx: Context, answer: Rescoped) -> None:
    said = {name: getattr(answer, name) for name in ("version", "lots_before", "lots_after", "outlets_before", "outlets_after")}
    kept = answer.outlets_before - len(answer.dropped)
    say(ctx.t("cli.case.rescoped", case=answer.case, new=len(answer.new), kept=kept, **said))
    if answer.dropped:
        names = names_of(ctx, answer.dropped[:8])
        say(
            ctx.t(
                "cli.case.dropped",
                count=len(answer.dropped),
                names=", ".join(names.values()) + (" .." if len(answer.dropped) > len(names) else ""),
            )
        )
    if answer.new:
        say(ctx.t("cli.case.notify_new", new=len(answer.new), case=answer.case))


def _say_deadlines(ctx: Context, event: RecallPublished | DeadlineExtended) -> None:
    """Print both clocks of the case an event is about; of two cases of one number, the one this log has a say in."""
    from foodtrace.graph.edges import micros  # noqa: PLC0415
    from foodtrace.operations.common import Doing, local  # noqa: PLC0415
    from foodtrace.operations.managing import managed  # noqa: PLC0415

    with ctx.open() as ledger:
        # With --now the clock begins anew at every opening: never before what was just recorded.
        now, log = max(ledger.clock(), micros(event.at)), ledger.writer().number
        with ledger.reading() as session:
            deadlines(ctx, managed(session, Doing(now=local(now), log=log), event.case), now, ledger.rules)


def _plan(path: str | None) -> Plan | None:
    """Read a plan file. Raises ``BadData`` (``case.plan_form``)."""
    if path is None:
        return None
    from pathlib import Path  # noqa: PLC0415

    from foodtrace.operations.caseplan import read_plan  # noqa: PLC0415 - only for a plan

    try:
        return read_plan(Path(path).read_bytes(), path)
    except FileNotFoundError:
        raise NotFound("case.no_file", value=path) from None
