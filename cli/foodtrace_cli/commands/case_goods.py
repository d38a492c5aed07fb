"""``case seal``, ``return``, ``destroy``, ``correct``, ``restock``: what happens to the goods of a recall."""

from __future__ import annotations

from typing import Any

import click

from foodtrace.errors import BadData
from foodtrace.quantity import Quantity
from foodtrace_cli.commands.case_common import APPROVED, BY, CASE, EVIDENCE, act, hashed, moment, names_of
from foodtrace_cli.commands.case_left import said_otherwise
from foodtrace_cli.commands.echo import amount
from foodtrace_cli.context import Context
from foodtrace_cli.output import clean, say
from foodtrace_cli.typed import Word

_SITE = click.argument("site")
_LOT = click.option("--lot", default=None, help="Lot; by default every lot of the case there, with --quantity the only one there.")
_QUANTITY = click.option(
    "--quantity", default=None, help="How much; by default all that is there by the book; needed where the site keeps none."
)
_SHORT = click.option("--allow-short", is_flag=True, help="Record it although the book says that less was there.")


def _dispose(
    ctx: Context, what: str, site: str, case_id: str | None, lot: str | None, quantity: str | None, *, by: str, **more: Any
) -> list[Any]:
    from foodtrace.operations import disposal  # noqa: PLC0415

    size = _size(quantity)
    events: list[Any] = act(ctx, lambda session, doing: disposal.dispose(session, doing, what, case_id, site, lot, size, **more), by=by)
    names = names_of(ctx, (event.site for event in events))
    for event in events:
        say(ctx.t(f"cli.case.{what}", case=event.case, site=names[event.site], lot=event.lot, quantity=amount(ctx, event.quantity)))
    _say_only(ctx, events, names, chosen=size is not None and lot is None)
    return events


def _say_strange(ctx: Context, events: list[Any]) -> None:
    from foodtrace.operations.disposal import strange_returns  # noqa: PLC0415

    with ctx.open() as ledger, ledger.reading() as session:
        strange = strange_returns(session, events, ledger.clock())
    for name in names_of(ctx, strange).values():
        say(ctx.t("cli.case.return_strange", name=name), err=True)


def _number(ctx: Context, event_id: str) -> str:
    """Return the number by which a receipt names a return that was just recorded."""
    from foodtrace.operations.vouchers import number_of  # noqa: PLC0415

    with ctx.open() as ledger, ledger.reading() as session:
        row = session.row("SELECT log, seq FROM entry WHERE log = ? AND id = ?", (ledger.writer().number, event_id))
        return event_id if row is None else number_of(session, row[0], row[1])


def _size(quantity: str | None) -> Quantity | None:
    return Quantity.parse(quantity) if quantity else None


def _say_only(ctx: Context, events: list[Any], names: dict[str, str], *, chosen: bool) -> None:
    """Say which lot was taken where a quantity was given without one."""
    for event in events if chosen else ():
        say(ctx.t("cli.case.only_lot", site=names[event.site], lot=event.lot), err=True)


@click.command()
@_SITE
@CASE
@_LOT
@_QUANTITY
@EVIDENCE
@_SHORT
@BY
@click.pass_obj
def seal(
    ctx: Context, site: str, case_id: str | None, lot: str | None, quantity: str | None, evidence: str | None, by: str, *, allow_short: bool
) -> None:
    """Record that goods of the case were sealed at SITE."""
    events = _dispose(ctx, "seal", site, case_id, lot, quantity, by=by, evidence=hashed(evidence), allow_short=allow_short)
    for each in {event.case for event in events}:
        said_otherwise(ctx, each, {event.site for event in events})


@click.command("return")
@_SITE
@CASE
@_LOT
@_QUANTITY
@click.option("--to", required=True, help="Where the goods go back to.")
@click.option("--shipped", is_flag=True, help="They are only under way: a receipt will say what arrived.")
@EVIDENCE
@_SHORT
@BY
@click.pass_obj
def return_(
    ctx: Context,
    site: str,
    case_id: str | None,
    lot: str | None,
    quantity: str | None,
    to: str,
    evidence: str | None,
    by: str,
    *,
    shipped: bool,
    allow_short: bool,
) -> None:
    """Record that goods of the case went back from SITE."""
    events = _dispose(
        ctx, "return", site, case_id, lot, quantity, by=by, to=to, in_transit=shipped, evidence=hashed(evidence), allow_short=allow_short
    )
    _say_strange(ctx, events)
    for event in events if shipped else ():
        say("  " + ctx.t("cli.case.return_number", lot=event.lot, number=_number(ctx, event.id)))


@click.command()
@_SITE
@CASE
@_LOT
@_QUANTITY
@click.option("--plan", "planned", default=None, metavar="TIME", help="Do not destroy: say when it is to happen.")
@click.option("--report", "reporting", is_flag=True, help="Record that time and place of what is planned were reported just now.")
@click.option("--call-off", "calling_off", is_flag=True, help="Call off what is planned at SITE (of --lot, or all of it).")
@click.option("--doc", default="", help="Number of the report.")
@click.option("--place", default="", help="Where it happens.")
@click.option("--witness", default="", help="Number of the witness.")
@click.option(
    "--reported",
    default=None,
    metavar="TIME",
    help="When time and place had been reported; with --plan: just now.",
    is_flag=False,
    flag_value="now",
)
@click.option(
    "--method",
    type=Word(["destroyed", "rendered_harmless"]),
    default=None,
    help="How they were destroyed; by default as planned, else destroyed.",
)
@EVIDENCE
@_SHORT
@BY
@click.pass_obj
def destroy(
    ctx: Context,
    site: str,
    case_id: str | None,
    lot: str | None,
    quantity: str | None,
    *,
    planned: str | None,
    doc: str,
    place: str,
    witness: str,
    reported: str | None,
    method: str | None,
    evidence: str | None,
    by: str,
    reporting: bool,
    calling_off: bool,
    allow_short: bool,
) -> None:
    """Record that goods of the case were destroyed at SITE; or plan it (--plan), or report it beforehand (--report).

    Time and place are reported before it happens (FSL Art. 63). What was not reported or had no witness is recorded as it is, and
    stands in the status of the case as such.
    """
    if calling_off:
        _call_off(ctx, site, case_id, lot, by)
        return
    if reporting:
        _report(ctx, site, case_id, doc, by)
        return
    if planned is not None:
        _plan(
            ctx,
            site,
            case_id,
            lot,
            quantity,
            by,
            due=moment(planned, ahead=True),
            place=place,
            method=method or "destroyed",
            witness=witness,
            reported=reported is not None,
            doc=doc,
        )
        return
    if reported == "now":
        raise BadData("cli.time", value="--reported", expected="--reported 2026-11-24T09:10")
    when = moment(reported) if reported else None
    what = {
        "witness": witness,
        "place": place,
        "method": method or "",
        "reported": when,
        "evidence": hashed(evidence),
        "allow_short": allow_short,
    }
    events = _dispose(ctx, "destroy", site, case_id, lot, quantity, by=by, **what)
    if any(event.reported is None for event in events):
        say(ctx.t("cli.case.unreported"), err=True)
    if any(not event.witness for event in events):
        say(ctx.t("cli.case.unwitnessed"), err=True)
    if any(not event.place.strip() for event in events):
        say(ctx.t("cli.case.unplaced"), err=True)
    _say_otherwise(ctx, events)


def _say_otherwise(ctx: Context, events: list[Any]) -> None:
    """Say which of some destructions were reported too early, or differ from their plan."""
    from foodtrace.operations.asplanned import otherwise, reported_after  # noqa: PLC0415
    from foodtrace.operations.destruction import reported_early  # noqa: PLC0415
    from foodtrace.recall.cases import case_events  # noqa: PLC0415

    with ctx.open() as ledger, ledger.reading() as session:
        early = any(reported_early(session, event) for event in events)
        told = [each for case in sorted({event.case for event in events}) for each in case_events(session, case)]
    if early:
        say(ctx.t("cli.case.reported_early"), err=True)
    mine = {event.id for event in events}
    entries = {entry: event for _, event, entry in told if event.id in mine}
    if not entries.keys().isdisjoint(reported_after(told)):
        say(ctx.t("cli.case.reported_after"), err=True)
    unlike = {entries[entry].id: each for entry, each in otherwise(told).items() if entry in entries}
    names = names_of(ctx, (event.site for event in events)) if unlike else {}
    for event in events:
        if event.id in unlike:
            what = unlike[event.id].words(ctx.lang)
            say(ctx.t("cli.case.otherwise", site=names[event.site], lot=event.lot, what=clean(what)), err=True)


def _plan(ctx: Context, site: str, case_id: str | None, lot: str | None, quantity: str | None, by: str, **more: Any) -> None:
    from foodtrace.operations import destruction  # noqa: PLC0415

    size = _size(quantity)
    events = act(ctx, lambda session, doing: destruction.plan_destruction(session, doing, case_id, site, lot, size, **more), by=by)
    names = names_of(ctx, (event.site for event in events))
    for event in events:
        due = f"{event.due:%Y-%m-%d %H:%M}"
        shown = amount(ctx, event.quantity)
        say(ctx.t("cli.case.planned", case=event.case, site=names[event.site], due=due, quantity=shown, lot=event.lot))
    _say_only(ctx, events, names, chosen=size is not None and lot is None)
    if any(event.reported is None for event in events):
        say(ctx.t("cli.case.must_report", site=site))


def _call_off(ctx: Context, site: str, case_id: str | None, lot: str | None, by: str) -> None:
    from foodtrace.operations import destruction  # noqa: PLC0415

    events = act(ctx, lambda session, doing: destruction.call_off(session, doing, case_id, site, lot), by=by)
    names = names_of(ctx, (event.site for event in events))
    for event in events:
        due, shown = f"{event.due:%Y-%m-%d %H:%M}", amount(ctx, event.quantity)
        say(ctx.t("cli.case.called_off", case=event.case, site=names[event.site], due=due, quantity=shown, lot=event.lot))


def _report(ctx: Context, site: str, case_id: str | None, doc: str, by: str) -> None:
    from foodtrace.operations import destruction  # noqa: PLC0415

    events = act(ctx, lambda session, doing: destruction.report_destruction(session, doing, case_id, site, doc=doc), by=by)
    names = names_of(ctx, (event.site for event in events))
    for event in events:
        words = {"site": names[event.site], "lot": event.lot, "quantity": amount(ctx, event.quantity)}
        say(ctx.t("cli.case.reported", case=event.case, due=f"{event.due:%Y-%m-%d %H:%M}", **words))


@click.command()
@_SITE
@click.argument("lot")
@click.argument("quantity")
@click.option("--to-lot", required=True, metavar="AUTHORITY/CODE", help="Lot the corrected goods have from now on.")
@click.option("--note", default="", help="What buyers are told.")
@APPROVED
@CASE
@_SHORT
@BY
@click.pass_obj
def correct(
    ctx: Context,
    site: str,
    lot: str,
    quantity: str,
    to_lot: str,
    note: str,
    approved_by: str,
    case_id: str | None,
    by: str,
    *,
    allow_short: bool,
) -> None:
    """Relabel goods of a class 3 case, so that they may be sold again under a new lot (RCL15 Art. 25)."""
    from foodtrace.operations import reselling  # noqa: PLC0415

    size = Quantity.parse(quantity)
    event = act(
        ctx,
        lambda session, doing: reselling.correct(
            session, doing, case_id, site, lot, size, to_lot, approved_by=approved_by, note=note, allow_short=allow_short
        ),
        by=by,
    )
    name = names_of(ctx, [event.site])[event.site]
    say(
        ctx.t(
            "cli.case.corrected",
            case=event.case,
            site=name,
            quantity=amount(ctx, size),
            lot=event.inputs[0].lot,
            output=event.outputs[0].lot,
        )
    )


@click.command()
@_SITE
@click.argument("lot")
@_QUANTITY
@BY
@click.pass_obj
def restock(ctx: Context, site: str, lot: str, quantity: str | None, by: str) -> None:
    """Ask to put goods back to free stock: refused, and put on record, while any case blocks them, closed or not."""
    from foodtrace.operations import reselling  # noqa: PLC0415

    size = Quantity.parse(quantity) if quantity else None
    full = act(ctx, lambda session, doing: reselling.restock(session, doing, site, lot, size), by=by)
    say(ctx.t("cli.case.free", lot=full))
