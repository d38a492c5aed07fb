"""``certificate``: issue, record, void, show and print commitment certificates (承诺达标合格证)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from foodtrace.errors import Ambiguous, BadData, NotFound
from foodtrace.quantity import Quantity
from foodtrace_cli.commands.certificate_label import label, rendered, save
from foodtrace_cli.commands.certificate_show import sheet
from foodtrace_cli.commands.echo import amount
from foodtrace_cli.context import Context
from foodtrace_cli.output import emit_json, say
from foodtrace_cli.schemaoption import prints
from foodtrace_cli.typed import OUT_FILE, Word, today

if TYPE_CHECKING:
    from foodtrace.certificate.balance import OverCertified
    from foodtrace.certificate.payload import Test
    from foodtrace.events import Portion
    from foodtrace.operations.certificates import Issued
    from foodtrace.operations.common import Outcome
    from foodtrace.storage.session import Session

_BASES = {"1": "quality_control", "2": "own_test", "3": "commissioned_test", "4": "self_declared"}
_FORMS = {"commitment": "commitment", "self-commitment": "self_commitment", "origin-proof": "origin_proof"}
_RESULTS = {"negative": False, "-": False, "阴性": False, "合格": False, "positive": True, "+": True, "阳性": True}

_SHOWN = 20
"""Sites that are listed where one must be named."""


@click.group()
def certificate() -> None:
    """Issue, record, void, show and print commitment certificates."""


certificate.add_command(label)


@certificate.command()
@click.argument("product")
@click.argument("quantity")
@click.option("--site", default=None, help="Farm or collector that issues; by default the only one.")
@click.option(
    "--basis",
    multiple=True,
    metavar="1|2|3|NAME",
    help="1 quality_control, 2 own_test, 3 commissioned_test; may be repeated. Never defaulted.",
)
@click.option("--origin", default="", help="Origin, to the county or village; by default the county of the site on record.")
@click.option("--region", default="", metavar="DIGITS", help="Area code of the origin, 6 or 12 digits; by default the site's.")
@click.option("--harvested", default="", metavar="DATE", help="Day of harvest or slaughter; by default today.")
@click.option("--valid-days", default=30, show_default=True, type=click.IntRange(0, 3650), help="Days the certificate is valid for.")
@click.option("--valid-until", default="", metavar="DATE", help="Last day it is valid; wins over --valid-days.")
@click.option("--test", "tested", default="", metavar="METHOD:RESULT:DATE", help="A test to name in the code, as in 1:negative:2026-11-23.")
@click.option("--style", type=click.Choice(["1", "2"]), default=None, help="1 producer, 2 collector who mixed or repacked; 2 with --from.")
@click.option(
    "--from", "upstream", multiple=True, metavar="LOT=QUANTITY", help="Style 2: a lot that was taken in, and how much of it went in."
)
@click.option(
    "--paper", "papers", multiple=True, metavar="NUMBER", help="Style 2: number of an upstream certificate that is not on this ledger."
)
@click.option("--gtin", default="", help="GTIN-14 of the product, where it has a real one: the lot is then named under it.")
@click.option("--code", default="", help="Code of the lot; by default the day and the next number.")
@click.option("--host", default="", envvar="FOODTRACE_HOST", help="Host of the page behind the code.")
@click.option("--new-key", is_flag=True, help="Register this log's key for the issuer beside the ones it has.")
@click.option("--out", default=None, type=OUT_FILE, metavar="FILE", help="Label to write, .png .svg or .pdf; by default 合格证-CODE.png.")
@click.option("--dpi", type=click.Choice(["203", "300"]), default="203", show_default=True, help="Dots an inch of the label printer.")
@click.option("--contact", is_flag=True, help="Print the site's phone on the label.")
@click.option("--id", "event_id", default="", help="Id of the event, for retries.")
@prints("certificate-issue")
@click.pass_obj
def issue(
    ctx: Context,
    product: str,
    quantity: str,
    *,
    site: str | None,
    basis: tuple[str, ...],
    origin: str,
    region: str,
    harvested: str,
    valid_days: int,
    valid_until: str,
    tested: str,
    style: str | None,
    upstream: tuple[str, ...],
    papers: tuple[str, ...],
    gtin: str,
    code: str,
    host: str,
    out: str | None,
    dpi: str,
    event_id: str,
    new_key: bool,
    contact: bool,
    as_json: bool,
) -> None:
    """Issue a certificate for QUANTITY (500kg, 1000斤) of PRODUCT and write its label.

    A collector who mixed or repacked names every lot taken in: --from 261123-1=300kg --from 261123-2=200kg.
    """
    from foodtrace.certificate.link import gtin_holds  # noqa: PLC0415 - import time is part of a command's time
    from foodtrace.operations import certificates  # noqa: PLC0415
    from foodtrace.operations.common import Doing, local  # noqa: PLC0415

    size = Quantity.parse(quantity)
    if gtin and not gtin_holds(gtin):  # before anything is asked: it is wrong wherever the goods come from
        raise BadData("certificate.gtin", value=gtin, expected="GTIN-14")
    chosen = _bases(basis)
    if not chosen and ctx.interactive:
        asked = click.prompt(ctx.t("cli.certificate.ask_basis"), err=True)
        chosen = _bases(asked.replace(",", " ").split())
    with ctx.open() as ledger:
        doing = Doing(now=local(ledger.clock()), id=event_id)
        key = ledger.writer().key

        def decide(session: Session) -> Outcome:
            terms = certificates.Terms(
                origin=origin,
                region=region,
                harvested=_date(harvested),
                valid_days=valid_days,
                valid_until=_date(valid_until),
                host=host or certificates.HOST,
                gtin=gtin,
                code=code,
                test=_test(tested),
                style=2 if style == "2" or (style is None and (upstream or papers)) else 1,
                upstream=tuple(_portion(session, each) for each in upstream),
                papers=papers,
                new_key=new_key,
            )
            made = certificates.issue(session, doing, key, place_of(session, site), product, size, chosen, terms=terms)
            if made.refused is not None:
                return made
            issued: Issued = made.answer
            path = Path(out) if out else _free(issued.event.lot)
            # Drawn before anything is recorded: what cannot be printed is not issued.
            made.answer = (issued, path, rendered(session, issued.event, path, dpi=int(dpi), contact=contact))
            return made

        _, (issued, path, drawn) = ledger.act(decide)
    save(path, drawn)
    if as_json:
        from foodtrace.operations.wrote import CertificateSaid  # noqa: PLC0415

        emit_json(CertificateSaid(event=issued.event, text=issued.text, file=str(path), findings=issued.findings))
    else:
        from foodtrace.graph.directory import written_lot  # noqa: PLC0415

        with ctx.open() as ledger, ledger.reading() as session:
            code = written_lot(session, issued.event.lot)
        say(ctx.t("cli.certificate.issued", product=product, quantity=amount(ctx, size), lot=code, path=path))
    if not issued.event.origin:
        say(ctx.t("cli.certificate.no_origin"), err=True)
    _warn(ctx, issued.findings)


@certificate.command("record")
@click.argument("product")
@click.argument("quantity")
@click.option("--form", type=Word(sorted(_FORMS)), required=True, help="What the paper is: older forms are recorded as such.")
@click.option("--number", default="", help="Number printed on the paper.")
@click.option("--site", default=None, help="Site the goods come from; by default the only farm or collector.")
@click.option("--basis", multiple=True, metavar="1|2|3|4|NAME", help="As ticked on the paper; 4 self_declared (自我承诺).")
@click.option("--origin", default="", help="Origin as written on the paper.")
@click.option("--issued", default="", metavar="DATE", help="Date on the paper, not later than today; left out, it is not known.")
@click.option("--harvested", default="", metavar="DATE", help="Day of harvest, if the paper says it.")
@click.option("--valid-until", default="", metavar="DATE", help="Last day of validity, if the paper says it.")
@click.option("--from", "upstream", multiple=True, metavar="LOT=QUANTITY", help="A collector's paper: a lot that was taken in.")
@click.option("--paper", "papers", multiple=True, metavar="NUMBER", help="A collector's paper: number of an upstream certificate.")
@click.option("--code", default="", help="Code of the lot; by default the day and the next number.")
@click.option("--id", "event_id", default="", help="Id of the event, for retries.")
@prints("certificate-issue")
@click.pass_obj
def record_(
    ctx: Context,
    product: str,
    quantity: str,
    *,
    form: str,
    number: str,
    site: str | None,
    basis: tuple[str, ...],
    origin: str,
    issued: str,
    harvested: str,
    valid_until: str,
    upstream: tuple[str, ...],
    papers: tuple[str, ...],
    code: str,
    event_id: str,
    as_json: bool,
) -> None:
    """Record a paper that is not ours as what it is: another platform's certificate, 自我承诺 or 产地证明."""
    from foodtrace.operations import certificates  # noqa: PLC0415
    from foodtrace.operations.common import Doing, local  # noqa: PLC0415

    size = Quantity.parse(quantity)
    with ctx.open() as ledger:
        doing = Doing(now=local(ledger.clock()), id=event_id)

        def decide(session: Session) -> Outcome:
            terms = certificates.Terms(
                origin=origin,
                issued=_date(issued),
                harvested=_date(harvested),
                valid_until=_date(valid_until),
                code=code,
                style=2 if upstream or papers else 1,
                upstream=tuple(_portion(session, each) for each in upstream),
                papers=papers,
            )
            place = place_of(session, site)
            return certificates.record_paper(
                session,
                doing,
                place,
                _FORMS[form],  # type: ignore[arg-type]
                product,
                size,
                number=number,
                basis=_bases(basis),
                terms=terms,
            )

        _, recorded = ledger.act(decide)
    event = recorded.event
    if as_json:
        from foodtrace.operations.wrote import CertificateSaid  # noqa: PLC0415

        emit_json(CertificateSaid(event=event, text="", file="", findings=recorded.findings))
    else:
        named = ctx.t("certificate.sheet." + ("title" if event.form == "commitment" else event.form))
        said = {"form": named, "product": product, "quantity": amount(ctx, size), "lot": event.lot, "serial": event.number or event.serial}
        say(ctx.t("cli.certificate.recorded", **said))
    _warn(ctx, recorded.findings)


@certificate.command()
@click.argument("lot")
@click.option("--reason", default="", help="Why; it stands on record for good.")
@click.option("--serial", default="", help="Which certificate, where the lot has several.")
@click.option("--id", "event_id", default="", help="Id of the event, for retries.")
@prints("certificate-void")
@click.pass_obj
def void(ctx: Context, lot: str, reason: str, serial: str, event_id: str, *, as_json: bool) -> None:
    """Make a certificate void. LOT is its lot, its label's file, or its code as scanned."""
    from foodtrace.operations import certificates  # noqa: PLC0415
    from foodtrace.operations.common import Doing, local  # noqa: PLC0415

    with ctx.open() as ledger:
        doing = Doing(now=local(ledger.clock()), id=event_id)
        key = ledger.writer().key
        _, made = ledger.act(
            lambda session: certificates.void(session, doing, key, lot_of(session, lot), reason, serial=serial),
        )
    if as_json:
        emit_json(made)
        return
    event = made.event
    said = {"product": event.product, "quantity": amount(ctx, event.quantity), "lot": event.lot, "serial": event.serial}
    say(ctx.t("cli.certificate.voided", **said))
    if made.used:
        say(ctx.t("cli.certificate.voided_used", value=", ".join(amount(ctx, each) for each in made.used)), err=True)


@certificate.command()
@click.argument("lot")
@click.option("--contacts", is_flag=True, help="Show the phone of the site.")
@prints("certificate-show")
@click.pass_obj
def show(ctx: Context, lot: str, *, contacts: bool, as_json: bool) -> None:
    """Show the certificates of a lot as a person reads them. LOT is the lot, a label's file, or a code as scanned."""
    from foodtrace.operations.certificatestate import certificates_of, shown  # noqa: PLC0415
    from foodtrace.operations.common import local  # noqa: PLC0415
    from foodtrace.operations.places import describe  # noqa: PLC0415

    with ctx.open() as ledger, ledger.reading() as session:
        full = lot_of(session, lot)
        issued, _ = certificates_of(session, full)
        if not issued:
            raise NotFound("certificate.none", value=full)
        found = [shown(session, each, local(ledger.clock())) for each in issued]
        phones = {each.event.site: (describe(session, each.event.site) or (None, {}))[1].get("phone", "") for each in found}
    if as_json:
        emit_json(found)
        return
    for number, each in enumerate(found):
        for line in ([""] if number else []) + sheet(ctx, each, phones[each.event.site] if contacts else ""):
            say(line)


def _warn(ctx: Context, findings: tuple[OverCertified, ...]) -> None:
    for each in findings:
        say(ctx.t("cli.certificate.finding", code=f"certificate.{each.kind}", message=each.message(ctx.lang)), err=True)


def place_of(session: Session, site: str | None) -> str:
    """Return the site that was named, by default the only farm or collector."""
    from foodtrace.graph.directory import resolve_site, sites_of_kind  # noqa: PLC0415

    if site is not None:
        return resolve_site(session, site)
    issuers = sites_of_kind(session, ("farm", "collector"))
    if not issuers:
        raise BadData("certificate.no_issuer", value=0, expected="foodtrace site add 永发合作社:farm")
    if len(issuers) > 1:
        shown = [f"{site}  {name}" for site, name in issuers[:_SHOWN]]
        raise Ambiguous("certificate.which_site", value=len(issuers), expected="--site", candidates=shown)
    return issuers[0][0]


def _bases(given: Iterable[str]) -> tuple[str, ...]:
    """Return the bases that numbers or words name; a hyphen is as good as an underscore."""
    return tuple(_BASES.get(each, each.replace("-", "_")) for each in given)


def _free(lot: str) -> Path:
    """Return the label's file by default; where another issuer's label of that code lies already, with the issuer's name."""
    authority, _, code = lot.rpartition("/")
    short = Path(f"合格证-{code}.png")
    return Path(f"合格证-{authority}-{code}.png") if short.exists() else short


def lot_of(session: Session, given: str) -> str:
    """Return the lot that a person named: by id, by a label's picture, or by the text of its code."""
    from foodtrace.certificate.scan import classify  # noqa: PLC0415
    from foodtrace.graph.directory import resolve_lot  # noqa: PLC0415
    from foodtrace_cli.commands.scan import certificates_of  # noqa: PLC0415

    for text in certificates_of(given):
        payload = classify(text).payload
        if payload is not None:
            return payload.lot_id
    return resolve_lot(session, given)


def _portion(session: Session, given: str) -> Portion:
    from foodtrace.events import Portion  # noqa: PLC0415
    from foodtrace.identifiers import lot as lots  # noqa: PLC0415

    lot, equals, size = given.replace("＝", "=").rpartition("=")
    if not equals or not lot:
        raise BadData("certificate.upstream_form", value=given, expected="261123-1=300kg")
    try:
        return Portion(lot_of(session, lot), Quantity.parse(size))
    except NotFound:
        if "/" not in lot:
            raise
        return Portion(str(lots.parse(lot)), Quantity.parse(size))  # taken in from somebody whose records are not here


def _date(given: str) -> dt.date | None:
    if not given:
        return None
    from foodtrace.operations.typed import typed_day  # noqa: PLC0415

    try:
        return typed_day(given, today(), year="")
    except ValueError:
        raise BadData("certificate.date", value=given, expected="2026-11-23") from None


def _test(given: str) -> Test | None:
    from foodtrace.certificate.payload import Test  # noqa: PLC0415

    if not given:
        return None
    method, _, rest = given.replace("：", ":").partition(":")
    result, _, day = rest.partition(":")
    if not (method.isascii() and method.isdigit() and len(method) <= 3) or result.lower() not in _RESULTS or not day:  # noqa: PLR2004
        raise BadData("certificate.test_form", value=given, expected="1:negative:2026-11-23")
    when = _date(day)
    assert when is not None  # noqa: S101 - day is not empty
    return Test(int(method), _RESULTS[result.lower()], when)
