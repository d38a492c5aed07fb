"""``operator`` and ``site``: who there is, and where."""

from __future__ import annotations

import click

from foodtrace.errors import BadData
from foodtrace_cli.commands.gate_files import file_command
from foodtrace_cli.commands.places_edit import day, operator_add, site_edit
from foodtrace_cli.context import Context
from foodtrace_cli.output import emit_json, say, table
from foodtrace_cli.schemaoption import prints


@click.group()
def site() -> None:
    """Farms, markets, stalls, plants, shops: where goods are."""


site.add_command(file_command)
site.add_command(site_edit)


@site.command()
@click.argument("sites", nargs=-1, required=True, metavar="NAME:KIND...")
@click.option("--id", "site_id", default="", help="Id of the site; by default the next local number.")
@click.option("--operator", default="", help="Operator: credit code, local id, or name on record; by default the site's own id.")
@click.option("--contact", default="", help="Name of a person to call (kept beside the log, can be erased).")
@click.option("--phone", default="", help="Telephone (kept beside the log, can be erased).")
@click.option("--address", default="", help="Address (kept beside the log, can be erased).")
@click.option("--county", default="", help="County, for lists by county.")
@click.option("--region", default="", help="Region code, 6 to 12 digits.")
@click.option("--parent", default="", help="The market a stall stands in.")
@click.option("--licence", default="", help="Number of the SC or JY licence.")
@click.option("--licence-until", default=None, metavar="DAY", help="Last day of the licence.")
@click.pass_obj
def add(
    ctx: Context,
    sites: tuple[str, ...],
    site_id: str,
    operator: str,
    contact: str,
    phone: str,
    address: str,
    county: str,
    *,
    region: str,
    parent: str,
    licence: str,
    licence_until: str | None,
) -> None:
    """Register sites, each as NAME:KIND, for example 福安超市:shop.

    Kinds: farm, collector, market, stall, warehouse, processor, plant, distributor, shop, restaurant, canteen, retail_stall,
    online_shop, laboratory, disposal, office.
    """
    from foodtrace.graph.directory import resolve_site  # noqa: PLC0415
    from foodtrace.operations import places  # noqa: PLC0415
    from foodtrace.operations.common import Doing, local  # noqa: PLC0415
    from foodtrace.operations.naming import names_of  # noqa: PLC0415
    from foodtrace.operations.registering import licence_of  # noqa: PLC0415

    wanted = []
    for each in sites:
        name, colon, kind = each.replace("\uff1a", ":").rpartition(":")
        if not colon:
            raise BadData("site.spec", value=each, expected="NAME:KIND")
        wanted.append((name, kind))
    if site_id and len(wanted) > 1:
        raise BadData("site.one_id", value=site_id)
    if licence_until and not licence:
        raise BadData("site.licence_number", value=licence_until, expected="--licence")
    papers = licence_of(licence, day(licence_until)) if licence else None
    details = {"contact": contact, "phone": phone, "address": address}
    with ctx.open() as ledger:
        doing = Doing(now=local(ledger.clock()))
        prefix = places.prefix_of(ledger.writer().origin)
        _, made = ledger.act(
            lambda session: places.add_sites(
                session,
                doing,
                wanted,
                prefix=prefix,
                site_id=site_id,
                operator=operator,
                details=details,
                county=county,
                region=region,
                licence=papers,
                parent=resolve_site(session, parent) if parent else "",
            )
        )
        with ledger.reading() as session:
            names = names_of(session, {market for *_, listed in made for market in listed}, ledger.clock())
    for own, name, kind, listed in made:
        more = ctx.t("cli.site.listed", markets=", ".join(names.get(each, each) for each in listed)) if listed else ""
        say(f"{name}  {ctx.t('site.kind.' + kind)}  {own}  {more}".rstrip())


@site.command("list")
@click.option("--kind", default="", help="Only this kind.")
@prints("site-list")
@click.pass_obj
def list_(ctx: Context, kind: str, *, as_json: bool) -> None:
    """List the sites on record."""
    with ctx.open() as ledger, ledger.reading() as session:
        rows = session.rows(
            "SELECT n.text, s.name, s.kind, s.operator, s.county FROM site_fact AS s JOIN name AS n ON n.id = s.site WHERE s.ended = 0 "
            "ORDER BY n.text, s.recorded"
        )
    newest = {row[0]: row for row in rows if not kind or row[2] == kind}
    if as_json:
        emit_json([dict(zip(("site", "name", "kind", "operator", "county"), row, strict=True)) for row in newest.values()])
        return
    headings = [
        ctx.t("cli.head.site"),
        ctx.t("cli.head.name"),
        ctx.t("cli.head.kind"),
        ctx.t("cli.head.operator"),
        ctx.t("cli.head.county"),
    ]
    say(table(headings, [[row[0], row[1], ctx.t("site.kind." + row[2]), row[3], row[4]] for row in newest.values()]))


@click.group()
def operator() -> None:
    """Operators: who answers for a site."""


operator.add_command(operator_add)


@operator.command()
@click.argument("given", metavar="OPERATOR")
@prints("operator-show")
@click.pass_obj
def show(ctx: Context, given: str, *, as_json: bool) -> None:
    """Show an operator and its sites, by credit code, local id or name."""
    import msgspec  # noqa: PLC0415

    from foodtrace.errors import NotFound  # noqa: PLC0415
    from foodtrace.events import Operator  # noqa: PLC0415
    from foodtrace.operations.common import latest  # noqa: PLC0415
    from foodtrace.operations.operators import resolve_operator  # noqa: PLC0415

    with ctx.open() as ledger, ledger.reading() as session:
        found = latest(session, f"operator {resolve_operator(session, given)}", Operator)
        if found is None:
            raise NotFound("operator.not_found", value=given)
        sites = session.rows(
            "SELECT DISTINCT n.text, s.name FROM site_fact AS s JOIN name AS n ON n.id = s.site WHERE s.operator = ? AND s.ended = 0",
            (found.operator,),
        )
    if as_json:
        emit_json({"operator": msgspec.to_builtins(found), "sites": [{"site": each, "name": name} for each, name in sites]})
        return
    say(f"{found.operator}  {found.name}  {found.kind}".rstrip())
    for each, name in sites:
        say(f"  {each}  {name}")
