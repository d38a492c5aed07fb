"""``formula receive``, ``count`` and ``show``: a shop's shelf and book."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from foodtrace.errors import BadData, FoodtraceError, NotFound
from foodtrace.quantity import Quantity
from foodtrace_cli.commands.formula_till import Repeats, check_typed, each_scan, scanned_of, scans
from foodtrace_cli.commands.taken_in import say_taken_in
from foodtrace_cli.context import Context
from foodtrace_cli.output import clean, emit_error, emit_json, say, verdict
from foodtrace_cli.schemaoption import prints

if TYPE_CHECKING:
    from foodtrace.ledger import Ledger
    from foodtrace.operations.shopdesk import BatchShown, Counted
    from foodtrace.storage.session import Session

_COUNT_AGAIN, _RECORD = "1", "2"
"""What may be done about a count that differs."""


@click.command()
@click.argument("lot", required=False, metavar="[LOT|CASE]")
@click.argument("cans", type=click.IntRange(1, 10**9), required=False)
@click.option("--shop", default=None, help="Shop that receives; by default the only one.")
@click.option("--from", "source", default="", help="Sender.")
@click.option("--transfer", "transfer_id", default="", help="Transfer that this receives: its number (V-..), its id, or ORIGIN#NUMBER.")
@click.option("--doc", default="", help="Number of the delivery note; what it says is compared.")
@click.pass_context
def receive(click_ctx: click.Context, lot: str | None, cans: int | None, shop: str | None, source: str, transfer_id: str, doc: str) -> None:
    """Take cans in: LOT and how many, or the code of a case or pallet alone. A batch under recall is received as sealed.

    Without arguments case codes are read line by line. What was sent is named by --transfer or --doc, or it is on record as two loads.
    """
    ctx: Context = click_ctx.obj
    with ctx.open() as ledger:
        if lot is None:
            received = Repeats()

            def one(line: str) -> int:
                case = scanned_of(line, "").sscc or line
                if received.again(case):
                    say(ctx.t("cli.formula.twice_case", code=clean(line)))
                    return 0
                answer = _receive(ctx, ledger, line, None, shop, source, transfer_id, doc)
                received.done(case)
                return answer

            click_ctx.exit(each_scan(ctx, "cli.formula.scan_case", one))
        click_ctx.exit(_receive(ctx, ledger, lot, cans, shop, source, transfer_id, doc))


def _receive(ctx: Context, ledger: Ledger, code: str, cans: int | None, shop: str | None, source: str, transfer_id: str, doc: str) -> int:
    from foodtrace.operations import goods, shopdesk  # noqa: PLC0415
    from foodtrace.operations.common import Doing, Outcome, local  # noqa: PLC0415
    from foodtrace.operations.delivery import noted  # noqa: PLC0415

    doing = Doing(now=local(ledger.clock()))

    def take(session: Session) -> Outcome:
        place = shopdesk.shop_of(session, shop)
        made = Outcome(answer=[])
        for lot, count in _goods(session, code, cans):
            one = goods.receive(session, doing, lot, Quantity(count, "piece"), place, source=source, transfer=transfer_id, doc=doc)
            event, cases = one.answer
            pair = event.transfer or event.doc
            made.events += one.events
            made.answer.append((event, cases, noted(session, lot, place, pair, doing.now) if pair else None))
        return made

    receipt, answer = ledger.act(take)
    for (event, cases, said), seq in zip(answer, receipt.seqs if receipt is not None else (), strict=True):
        say_taken_in(ctx, ledger, event, cases, f"{receipt.log}#{seq}" if receipt is not None else "")
        if said is not None:
            fits = said == event.quantity.value
            say("  " + ctx.t("cli.receive.fits" if fits else "cli.receive.differs", doc=doc or transfer_id, said=said))
    return 0


def _goods(session: Session, code: str, cans: int | None) -> list[tuple[str, int]]:
    """Return (lot, cans) of what is received: of a case or pallet code, what is in it."""
    if cans is not None:
        return [(scanned_of(code, "").lot, cans)]
    from foodtrace.operations.packing import contents  # noqa: PLC0415

    inside = contents(session, code) or contents(session, scanned_of(code, "").sscc or code)
    if not inside:
        raise NotFound("pack.unknown", value=code)
    return [(each.lot, each.cans) for each in inside]


@click.command()
@click.argument("counted", nargs=-1, metavar="[LOT=CANS...]")
@click.option("--shop", default=None, help="Shop that counts; by default the only one.")
@click.option("--scan", is_flag=True, help="Read can codes line by line and count them.")
@click.option("--missing", multiple=True, metavar="LOT=SERIAL", help="Code of a can that should be there; may be repeated.")
@click.option("--book", "book_it", is_flag=True, help="Record the count although it differs from the book.")
@click.option("--by", default="", help="Staff number of who counted.")
@prints("formula-count")
@click.pass_context
def count(
    click_ctx: click.Context,
    counted: tuple[str, ...],
    *,
    shop: str | None,
    scan: bool,
    missing: tuple[str, ...],
    book_it: bool,
    by: str,
    as_json: bool,
) -> None:
    """Count the cans on the shelf and compare with the book, batch by batch. Exit 1 if they differ and nothing was recorded.

    A count that fits is recorded. One that differs is shown; then it is counted again, or recorded with --book. Without arguments
    the book is shown.
    """
    from foodtrace.operations import shopdesk  # noqa: PLC0415
    from foodtrace.operations.common import Doing, local  # noqa: PLC0415

    ctx: Context = click_ctx.obj
    with ctx.open() as ledger:
        doing = Doing(now=local(ledger.clock()), by=by)
        while True:
            with ledger.reading() as session:
                place = shopdesk.shop_of(session, shop)
                found = _scan_shelf(ctx, session) if scan else _said(session, counted)
                lines = shopdesk.compare(session, place, found, _serials(session, missing), ledger.clock())
            differs = [each for each in lines if each.counted is not None and each.counted != each.book]
            fits = bool(found) and (not differs or book_it)
            answer = _asked(ctx, differs) if found and not fits else ""
            if not (scan and answer == _COUNT_AGAIN):
                break
        done = fits or answer == _RECORD
        if done:
            ledger.act(lambda _session: shopdesk.count(doing, place, lines))
    if as_json:
        emit_json(shopdesk.CountSaid(shop=place, lines=lines, recorded=done))
    else:
        _print_count(ctx, lines, done=done, asked=bool(found))
    click_ctx.exit(0 if done or not found else 1)


def _said(session: Session, counted: tuple[str, ...]) -> dict[str, int]:
    from foodtrace.graph.directory import resolve_lot  # noqa: PLC0415

    made: dict[str, int] = {}
    for each in counted:
        lot, equals, number = each.rpartition("=")
        if not equals or not number.isdigit():
            raise BadData("cli.portion", value=each, expected="LOT=46")
        made[resolve_lot(session, lot)] = int(number)
    return made


def _serials(session: Session, missing: tuple[str, ...]) -> dict[str, list[str]]:
    from foodtrace.graph.directory import resolve_lot  # noqa: PLC0415

    made: dict[str, list[str]] = {}
    for each in missing:
        lot, _, serial = each.rpartition("=")
        if not lot or not serial:
            raise BadData("cli.portion", value=each, expected="LOT=000203")
        made.setdefault(resolve_lot(session, lot), []).append(serial)
    return made


def _scan_shelf(ctx: Context, session: Session) -> dict[str, int]:
    """Count scanned cans; the same can twice is one. On a terminal a code that says nothing is told and scanned once more."""
    from foodtrace.operations.cans import batch_of, read  # noqa: PLC0415

    seen: dict[str, set[str]] = {}
    plain: dict[str, int] = {}
    for text in scans(ctx, "cli.formula.scan_can"):
        try:
            check_typed(text)
            scanned = read(text)
            lot = batch_of(session, scanned)
        except FoodtraceError as error:
            if not ctx.interactive or error.exit_code >= 3:  # noqa: PLR2004 - the ledger itself
                raise  # nobody is there to scan it once more, and a count must not miss a can
            emit_error(error, ctx.lang, as_json=False)
            continue
        if scanned.serial:
            seen.setdefault(lot, set()).add(scanned.serial)
        else:
            plain[lot] = plain.get(lot, 0) + 1
    return {lot: len(seen.get(lot, ())) + plain.get(lot, 0) for lot in seen.keys() | plain.keys()}


def _asked(ctx: Context, differs: list[Counted]) -> str:
    """Ask on a terminal what is done about a difference; elsewhere nothing is."""
    if not ctx.interactive:
        return ""
    for each in differs:
        say(_difference(ctx, each), err=True)
    choices = click.Choice([_COUNT_AGAIN, _RECORD])
    return str(click.prompt(ctx.t("cli.formula.count_again"), type=choices, default=_COUNT_AGAIN, err=True))


def _difference(ctx: Context, each: Counted) -> str:
    counted = each.counted or 0
    key = "cli.formula.count_short" if counted < each.book else "cli.formula.count_over"
    more = ": " + " ".join(each.missing) if each.missing else ""
    return ctx.t(key, lot=each.lot, book=each.book, counted=counted, difference=abs(counted - each.book)) + more


def _print_count(ctx: Context, lines: tuple[Counted, ...], *, done: bool, asked: bool) -> None:
    book, counted = sum(each.book for each in lines), sum(each.counted or 0 for each in lines)
    say(ctx.t("cli.formula.count_head", book=book, counted=counted) if asked else ctx.t("cli.formula.count_book", book=book))
    for each in lines:
        if each.counted is None:
            say(
                "  "
                + ctx.t("cli.formula.count_not" if asked else "cli.formula.count_line", lot=each.lot, book=each.book, product=each.product)
            )
        elif each.counted != each.book:
            say("  " + _difference(ctx, each))
    if asked:
        say(ctx.t("cli.formula.count_done" if done else "cli.formula.count_not_done"), err=not done)


@click.command()
@click.argument("lot", metavar="LOT")
@click.option("--serial", default="", help="Can code.")
@click.option("--public", is_flag=True, help="Only what stands on the can or in a notice: fit to be shown to anybody.")
@prints("formula-show")
@click.pass_obj
def show(ctx: Context, lot: str, *, serial: str, public: bool, as_json: bool) -> None:
    """Show what is on record of a formula batch, or of the batch of a scanned can."""
    from foodtrace.operations import shopdesk  # noqa: PLC0415

    with ctx.open() as ledger, ledger.reading() as session:
        found = shopdesk.show(session, scanned_of(lot, serial), ledger.clock(), public=public)
    if as_json:
        emit_json(found)
        return
    _print_batch(ctx, found, public=public)


def _print_batch(ctx: Context, found: BatchShown, *, public: bool) -> None:
    head = (found.product, found.content, found.registration, found.licence, ctx.t("cli.formula.made", day=found.produced or "?"))
    say("  ".join(each for each in head if each))
    if found.certificate:
        day = found.tested or found.released
        say(ctx.t("cli.formula.passed", day=day, certificate=found.certificate))
    else:
        say(ctx.t("cli.formula.not_released"))
    say(ctx.t("cli.formula.until", expiry=found.expiry or "?"))
    for case in found.cases:
        key = "till.answer.refuse" if case.link == "confirmed" else "till.answer.hold"
        say(
            f"{verdict(ctx.t(key), 'red')}  "
            + ctx.t("cli.formula.in_case", case=case.case, level=ctx.t(f"status.level_{case.level}"), link=ctx.t("cli.link." + case.link))
        )
        if case.advice:
            say(f"  {ctx.t('cli.formula.tell')} {case.advice}")
    if public:
        say(ctx.t("cli.formula.public"))
        return
    say(ctx.t("cli.formula.filled", plant=found.plant, cans=f"{found.cans:,}", serials=found.serials or "-"))
    say(ctx.t("cli.formula.from", inputs=", ".join(found.inputs)))
    if found.packed_in:
        say(ctx.t("cli.formula.packed_in", code=found.packed_in))
