"""``certificate``: issue and show commitment certificates (承诺达标合格证)."""

from __future__ import annotations

from pathlib import Path

import click

from foodtrace.errors import BadData, NotFound
from foodtrace.quantity import Quantity
from foodtrace_cli.commands.goods import amount
from foodtrace_cli.context import Context
from foodtrace_cli.output import emit_json, say

_BASES = {"1": "quality_control", "2": "own_test", "3": "commissioned_test"}


@click.group()
def certificate() -> None:
    """Issue and show commitment certificates."""


@certificate.command()
@click.argument("product")
@click.argument("quantity")
@click.option("--site", default=None, help="Farm that issues; by default the only one.")
@click.option(
    "--basis",
    multiple=True,
    metavar="1|2|3|NAME",
    help="1 quality_control, 2 own_test, 3 commissioned_test; may be repeated. Never defaulted.",
)
@click.option("--origin", default="", help="Origin, to the county or village.")
@click.option("--out", default=None, metavar="FILE", help="PNG file of the code; by default 合格证-CODE.png.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def issue(
    ctx: Context, product: str, quantity: str, site: str | None, basis: tuple[str, ...], origin: str, out: str | None, *, as_json: bool
) -> None:
    """Issue a certificate for QUANTITY (500kg, 1000斤) of PRODUCT and write its QR code to a PNG file."""
    from foodtrace.graph.directory import resolve_site, sites_of_kind  # noqa: PLC0415
    from foodtrace.operations import certificates  # noqa: PLC0415
    from foodtrace.operations.common import Doing, local  # noqa: PLC0415

    size = Quantity.parse(quantity)
    chosen = tuple(_BASES.get(each, each) for each in basis)
    if not chosen and ctx.interactive:
        asked = click.prompt(ctx.t("cli.certificate.ask_basis"), err=True)
        chosen = tuple(_BASES.get(each, each) for each in asked.replace(",", " ").split())
    with ctx.open() as ledger:
        with ledger.reading() as session:
            if site is None:
                farms = sites_of_kind(session, ("farm", "collector"))
                if len(farms) != 1:
                    raise BadData("certificate.which_site", value=len(farms), expected="--site")
                place = farms[0][0]
            else:
                place = resolve_site(session, site)
        doing = Doing(now=local(ledger.clock()))
        key = ledger.writer().key
        _, issued = ledger.act(lambda session: certificates.issue(session, doing, key, place, product, size, chosen, origin=origin))
    code = issued.event.lot.rpartition("/")[2]
    path = Path(out or f"合格证-{code}.png")
    draw(issued.text, path)
    if as_json:
        emit_json({"event": issued.event, "text": issued.text, "file": str(path)})
        return
    say(ctx.t("cli.certificate.issued", product=product, quantity=amount(size), lot=code, path=path))


def draw(text: str, path: Path) -> None:
    """Write a QR code to a PNG file."""
    import qrcode  # noqa: PLC0415 - Pillow loads only to draw
    from qrcode.constants import ERROR_CORRECT_M  # noqa: PLC0415

    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, box_size=4, border=4)
    code.add_data(text)
    code.make()
    with path.open("wb") as file:
        code.make_image().save(file)


@certificate.command()
@click.argument("lot")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def show(ctx: Context, lot: str, *, as_json: bool) -> None:
    """Show the certificates of a lot as a person reads them."""
    from foodtrace.graph.directory import resolve_lot  # noqa: PLC0415
    from foodtrace.operations.certificates import certificates_of  # noqa: PLC0415

    with ctx.open() as ledger, ledger.reading() as session:
        full = resolve_lot(session, lot)
        issued, voided = certificates_of(session, full)
    if not issued:
        raise NotFound("certificate.none", value=full)
    if as_json:
        emit_json({"issued": issued, "voided": voided})
        return
    void = {each.serial for each in voided}
    for each in issued:
        basis = ", ".join(ctx.t("certificate.basis." + name) for name in each.basis)
        state = ctx.t("cli.certificate.void") if each.serial in void else ctx.t("cli.certificate.valid", until=each.valid_until)
        say(ctx.t("cli.certificate.shown", product=each.product, quantity=amount(each.quantity), issuer=each.issuer, issued=each.issued))
        say(ctx.t("cli.certificate.more", lot=each.lot, serial=each.serial, basis=basis, state=state))
