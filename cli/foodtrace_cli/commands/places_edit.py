"""``operator add`` and ``site edit``: who answers, and what has changed about a place."""

from __future__ import annotations

import datetime as dt

import click

from foodtrace.errors import BadData
from foodtrace_cli.context import Context
from foodtrace_cli.output import emit_json, say
from foodtrace_cli.schemaoption import prints


def day(text: str | None) -> dt.date | None:
    """Read a day. Raises ``BadData`` (``cli.time``)."""
    from foodtrace_cli.commands.case_common import day as typed  # noqa: PLC0415

    return typed(text, ahead=True, example="2026-09-12") if text else None


@click.command("add")
@click.argument("name")
@click.option("--code", default="", help="Unified social credit code (18 characters); without one a local id is given.")
@click.option(
    "--kind",
    type=click.Choice(["enterprise", "cooperative", "household", "individual", "authority"]),
    default=None,
    help="What it is; by default an enterprise with a credit code, a household (sole trader) without.",
)
@click.option("--licence", "licences", multiple=True, metavar="NUMBER[=DAY]", help="SC or JY licence and its last day; may be repeated.")
@click.option("--region", default="", help="Region code, 6 to 12 digits.")
@click.option("--again", is_flag=True, help="Describe anew one that is registered; what is not mentioned stays.")
@click.option("--by", default="", help="Staff number of who registers it.")
@prints("operator-add")
@click.pass_obj
def operator_add(
    ctx: Context,
    name: str,
    *,
    code: str,
    kind: str | None,
    licences: tuple[str, ...],
    region: str,
    again: bool,
    by: str,
    as_json: bool,
) -> None:
    """Register an operator (经营者) by NAME. The name of a sole trader or a self-grower is kept beside the log and can be erased."""
    from foodtrace.operations.common import Doing, local  # noqa: PLC0415
    from foodtrace.operations.places import prefix_of  # noqa: PLC0415
    from foodtrace.operations.registering import add_operator, licence_of  # noqa: PLC0415

    given = tuple(licence_of(number, day(last)) for number, _, last in (each.partition("=") for each in licences))
    with ctx.open() as ledger:
        doing = Doing(now=local(ledger.clock()), by=by)
        prefix = prefix_of(ledger.writer().origin)
        receipt, number = ledger.act(
            lambda session: add_operator(
                session, doing, name, code=code, kind=kind or "", given=given, region=region, prefix=prefix, again=again
            )
        )
    if as_json:
        from foodtrace.operations.wrote import OperatorSaid, placed  # noqa: PLC0415

        emit_json(OperatorSaid(operator=number, **placed(receipt)))
        return
    say(f"{number}  {name}")


@click.command("edit")
@click.argument("site", metavar="SITE")
@click.option("--name", default=None, help="Trading name as painted over the door.")
@click.option("--kind", default=None, help="Kind of site, as in site add.")
@click.option("--operator", default=None, help="Operator it belongs to: credit code, local id, or name on record.")
@click.option("--licence", default=None, help="Number of its SC or JY licence.")
@click.option("--licence-until", default=None, metavar="DAY", help="Last day of the licence.")
@click.option("--county", default=None, help="County, for lists by county.")
@click.option("--region", default=None, help="Region code, 6 to 12 digits.")
@click.option("--parent", default=None, help="The market it stands in.")
@click.option("--gln", default=None, help="GS1 location number, 13 digits.")
@click.option("--contact", default=None, help="Name of a person to call; '' takes it away.")
@click.option("--phone", default=None, help="Telephone; '' takes it away.")
@click.option("--address", default=None, help="Address; '' takes it away.")
@click.option("--closed/--open", "closed", default=None, help="It is closed for good, or open again.")
@click.option("--by", default="", help="Staff number of who says so.")
@prints("site-edit")
@click.pass_obj
def site_edit(ctx: Context, /, site: str, *, by: str, as_json: bool, **given: str | bool | None) -> None:
    """Describe SITE anew: what is named changes, all else stays. What was said before stays in the log."""
    from foodtrace.operations.common import Doing, local  # noqa: PLC0415
    from foodtrace.operations.registering import Changes, edit_site, licence_of  # noqa: PLC0415

    personal = {field: str(value) for field in ("contact", "phone", "address") if (value := given.pop(field)) is not None}
    number, until = given.pop("licence"), given.pop("licence_until")
    if until and not number:
        raise BadData("site.licence_number", value=until, expected="--licence")
    licence = licence_of(str(number), day(str(until) if until else None)) if number else None
    changes = Changes(licence=licence, personal=personal, **given)  # type: ignore[arg-type]  # an option for each field
    with ctx.open() as ledger:
        doing = Doing(now=local(ledger.clock()), by=by)
        receipt, (event, changed) = ledger.act(lambda session: edit_site(session, doing, site, changes))
    if as_json:
        from foodtrace.operations.wrote import SiteSaid, placed  # noqa: PLC0415

        emit_json(SiteSaid(site=event.site, changed=changed, **placed(receipt)))
        return
    say(ctx.t("cli.site.edited", site=event.site, name=event.name, changed=", ".join(changed)))
