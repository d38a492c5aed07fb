"""``site file``: a market's seller files."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, NamedTuple

import click

from foodtrace.errors import Ambiguous, BadData, FoodtraceError
from foodtrace_cli.commands.gate_more import bad_rows
from foodtrace_cli.context import Context
from foodtrace_cli.output import clean, emit_json, say, table
from foodtrace_cli.schemaoption import prints
from foodtrace_cli.typed import DAY

if TYPE_CHECKING:
    from foodtrace.intake.lists import ListRow
    from foodtrace.ledger import Ledger
    from foodtrace.operations.sellers import FileSaid, Wish
    from foodtrace.storage.session import Session

_EDITS = ("stall", "card", "agreement", "kinds", "sources", "left", "name", "identity", "contact", "phone", "address")


@click.command("file")
@click.argument("seller", required=False)
@click.option("--market", default=None, help="Market; by default the only one.")
@click.option(
    "--new", default="", metavar="NAME", help="Register an operator of this name with the file; SELLER is then its credit code, if any."
)
@click.option(
    "--kind", type=click.Choice(("enterprise", "cooperative", "household", "individual")), default="household", help="With --new."
)
@click.option("--stall", default=None, help="Stall: id, or a name, registered if it is new.")
@click.option("--card", default=None, help="Number of the trader card shown at the gate.")
@click.option("--agreement", type=DAY, default=None, help="Last day of the safety agreement.")
@click.option("--kinds", default=None, help="Kinds of goods, with commas: the gate offers them by number.")
@click.option("--sources", default=None, help="Where the goods come from, with commas.")
@click.option("--left", type=DAY, default=None, help="Day the seller left the market.")
@click.option("--back", is_flag=True, help="The seller is back.")
@click.option("--name", default=None, help="Name of the person (kept beside the log, can be erased).")
@click.option("--identity", default=None, help="Number of the identity paper (kept beside the log, can be erased).")
@click.option("--contact", default=None, help="Person to call (kept beside the log, can be erased).")
@click.option("--phone", default=None, help="Telephone (kept beside the log, can be erased).")
@click.option("--address", default=None, help="Address (kept beside the log, can be erased).")
@click.option("--import", "source", default=None, metavar="FILE", help="Open or edit many files from a CSV or XLSX list.")
@click.option("--another", is_flag=True, help="With --new or --import: somebody else of a name that has a file here already.")
@click.option("--contacts", is_flag=True, help="Show names and phones.")
@prints("site-file", "site-files", "site-file-import", "bad-rows")
@click.pass_context
def file_command(
    click_ctx: click.Context,
    /,
    seller: str | None,
    market: str | None,
    new: str,
    kind: str,
    source: str | None,
    *,
    back: bool,
    another: bool,
    contacts: bool,
    as_json: bool,
    **edits: object,
) -> None:
    """Show, open or edit a market's file on a seller (卖方档案). Without SELLER: list them.

    SELLER is an operator's id, credit code or name, the id or name of one of its sites, or its trader card. Who has no
    file is refused at the gate.
    """
    from foodtrace.operations import sellers  # noqa: PLC0415
    from foodtrace.operations.desk import market_of  # noqa: PLC0415

    ctx: Context = click_ctx.obj
    with ctx.open() as ledger:
        with ledger.reading() as session:
            place = market_of(session, market)
        if source is not None:
            click_ctx.exit(_import(ctx, ledger, place, source, another=another, as_json=as_json))
        wish = _wish(edits, back=back)
        if seller is None and not new:
            _list(ctx, ledger, place, as_json=as_json)
            return
        if new or back or any(value is not None for value in edits.values()):
            try:
                operator = _write(ledger, place, seller or "", wish, new, kind, another=another)
            except Ambiguous as error:
                if error.code != "seller.same_name" or not ctx.interactive or not _confirmed(ctx, error):
                    raise
                operator = _write(ledger, place, seller or "", wish, new, kind, another=True)
        else:
            with ledger.reading() as session:
                operator = sellers.seller_at(session, place, seller or "")
        with ledger.reading() as session:
            found = sellers.show_file(session, place, operator, contacts=contacts)
    if as_json:
        emit_json(found)
    else:
        _show(ctx, found)


def _wish(edits: dict[str, object], *, back: bool) -> Wish:
    from foodtrace.operations.sellers import PERSONAL, Wish  # noqa: PLC0415

    def words(name: str) -> str | None:
        value = edits[name]
        return value if isinstance(value, str) else None

    def day(name: str) -> dt.date | None:
        value = edits[name]
        return value.date() if isinstance(value, dt.datetime) else None

    def parts(name: str) -> tuple[str, ...] | None:
        value = words(name)
        return (
            None
            if value is None
            else tuple(each.strip() for each in value.replace("\uff0c", ",").replace("\u3001", ",").split(",") if each.strip())
        )

    return Wish(
        stall=words("stall"),
        card=words("card"),
        agreement_until=day("agreement"),
        kinds=parts("kinds"),
        sources=parts("sources"),
        left=day("left"),
        back=back,
        personal={name: value for name in PERSONAL if (value := words(name))},
    )


def _confirmed(ctx: Context, error: Ambiguous) -> bool:
    asked = ctx.t("cli.file.same", value=clean(error.value), candidates=clean(", ".join(error.candidates)))
    return click.confirm(asked, default=False, err=True)


def _write(ledger: Ledger, market: str, seller: str, wish: Wish, new: str, kind: str, *, another: bool = False) -> str:
    from foodtrace.operations import places, sellers  # noqa: PLC0415
    from foodtrace.operations.common import Doing, local  # noqa: PLC0415

    doing = Doing(now=local(ledger.clock()))
    prefix = places.prefix_of(ledger.writer().origin)
    _, operator = ledger.act(
        lambda session: sellers.write_file(session, doing, market, seller, wish, new=new, kind=kind, prefix=prefix, another=another)
    )
    return str(operator)


def _list(ctx: Context, ledger: Ledger, market: str, *, as_json: bool) -> None:
    from foodtrace.operations import sellers  # noqa: PLC0415

    with ledger.reading() as session:
        found = [sellers.show_file(session, market, each) for each in sellers.files(session, market)]
    if as_json:
        emit_json(found)
        return
    headings = [ctx.t(f"cli.file.{each}") for each in ("seller", "name", "stall", "card", "agreement", "kinds")]
    rows = [[e.seller, e.name, e.stall, e.card, str(e.agreement_until or "-"), " ".join(e.kinds)] for e in found]
    say(table(headings, rows) if rows else ctx.t("cli.file.none"))


def _show(ctx: Context, found: FileSaid) -> None:
    say(f"{found.seller}  {clean(found.name)}")
    for name in ("stall", "card", "agreement", "kinds", "sources", "left"):
        value = getattr(found, "agreement_until" if name == "agreement" else name)
        shown = " ".join(value) if isinstance(value, tuple) else value
        if shown:
            say(f"  {ctx.t(f'cli.file.{name}')}  {clean(shown)}")
    if found.agreement_until is None:
        say("  " + ctx.t("cli.file.no_agreement"))
    for name, value in found.personal.items():
        shown = ctx.t(f"cli.file.{value}") if value in ("present", "erased") else clean(value)
        say(f"  {ctx.t(f'cli.file.{name}')}  {shown}")


def _import(ctx: Context, ledger: Ledger, market: str, source: str, *, another: bool, as_json: bool) -> int:
    """Open or edit a file for every row of a list: first all rows are read, then they are written."""
    from foodtrace.intake.lists import SELLERS, read_list  # noqa: PLC0415

    faults: list[tuple[int, FoodtraceError]] = []
    rows = []
    for row in read_list(source, SELLERS, needed=()):
        try:
            rows.append((row, _row_wish(row)))
        except FoodtraceError as error:
            faults.append((row.row, error))
    named: dict[int, _Who] = {}
    if not faults:
        named, faults = _resolved(ledger, market, rows, another=another)
    bad_rows(ctx, source, faults, as_json=as_json)
    if faults:
        return 1
    new = sum(_row(ledger, market, wish, named[row.row]) for row, wish in rows)
    if as_json:
        from foodtrace.operations.said import FilesWritten  # noqa: PLC0415

        emit_json(FilesWritten(written=new, known=len(rows) - new))
    else:
        say(ctx.t("cli.file.imported", count=new, known=len(rows) - new))
    return 0


class _Who(NamedTuple):
    """Whose file a row is."""

    seller: str
    """Operator id, empty of somebody new without a credit code."""
    new: str = ""
    """Name to register, empty of somebody known."""
    as_opened: bool = False
    """The file was opened with this very row: what has been edited since stays."""


def _row(ledger: Ledger, market: str, wish: Wish, who: _Who) -> bool:
    """Make the file of one row say what the row says; tell whether it did not before.

    What is on record already is found by what it says, not by an id made of the row: an entry's id stays for ever, and a hash of a
    name and a telephone is found out by trying them.
    """
    from foodtrace.operations import places, sellers  # noqa: PLC0415
    from foodtrace.operations.common import Doing, Outcome, local  # noqa: PLC0415

    doing = Doing(now=local(ledger.clock()))
    prefix = places.prefix_of(ledger.writer().origin)

    def decide(session: Session) -> Outcome:
        if not who.new and (who.as_opened or sellers.says(session, market, who.seller, wish)):
            return Outcome()
        return sellers.write_file(session, doing, market, who.seller, wish, new=who.new, kind="household", prefix=prefix, another=True)

    receipt, _ = ledger.act(decide)
    return receipt is not None


def _resolved(
    ledger: Ledger, market: str, rows: list[tuple[ListRow, Wish]], *, another: bool
) -> tuple[dict[int, _Who], list[tuple[int, FoodtraceError]]]:
    """Say whose file each row is: somebody known, by id or by the name of a file here, or somebody new; and find rows of nobody."""
    from foodtrace.operations.sellers import names_on_file, opened_with, plain_name  # noqa: PLC0415

    with ledger.reading() as session:
        names = names_on_file(session, market)
        opened = {
            row.row: next((each for each in names.get(plain_name(row.text("name")), ()) if opened_with(session, market, each, wish)), "")
            for row, wish in rows
        }
    who: dict[int, _Who] = {}
    faults: list[tuple[int, FoodtraceError]] = []
    seen: dict[str, int] = {}
    for row, _ in rows:
        given, name = row.text("seller"), row.text("name")
        plain = plain_name(name)
        same = names.get(plain, [])
        known = _known(ledger, given or name)
        if not given and plain in seen:
            faults.append((row.row, BadData("seller.twice", value=name, expected=seen[plain])))
        elif not given and len(same) == 1 and not another:
            who[row.row] = _Who(same[0])
        elif known and (given or not another):
            who[row.row] = _Who(known)
        elif not name:
            faults.append((row.row, BadData("list.column", value=given or "-", expected="name")))
        elif opened[row.row] and not given:
            who[row.row] = _Who(opened[row.row], as_opened=True)
        elif same and not another:
            faults.append((row.row, Ambiguous("seller.same_name", value=name, expected=same[0], candidates=same)))
        else:
            who[row.row] = _Who(given, name)
        seen.setdefault(plain, row.row)
    return who, faults


def _known(ledger: Ledger, given: str) -> str:
    """Return the operator that an id or the name of a site names, empty if nobody is called so."""
    from foodtrace.errors import NotFound  # noqa: PLC0415
    from foodtrace.operations.sellers import resolve_seller  # noqa: PLC0415

    with ledger.reading() as session:
        try:
            return resolve_seller(session, given)
        except NotFound:
            return ""


def _row_wish(row: ListRow) -> Wish:
    from foodtrace.intake.lists import day_of  # noqa: PLC0415
    from foodtrace.operations.sellers import Wish  # noqa: PLC0415

    personal = {name: row.text(name) for name in ("identity", "contact", "phone", "address") if row.text(name)}
    return Wish(
        stall=row.text("stall") or None,
        card=row.text("card") or None,
        agreement_until=day_of(row, "agreement"),
        kinds=row.parts("kinds") or None,
        sources=row.parts("sources") or None,
        personal=personal,
    )
