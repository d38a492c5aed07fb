"""``recall LOT``: every outlet that holds a lot or anything made from it, fit for a phone call."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click
import msgspec

from foodtrace.oneshot import uncollected
from foodtrace_cli.commands.scope_words import scope_options
from foodtrace_cli.context import Context
from foodtrace_cli.output import emit_json, say
from foodtrace_cli.schemaoption import prints
from foodtrace_cli.typed import OUT_FILE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from foodtrace.ledger import Ledger
    from foodtrace_cli.commands.recall_screen import View


class Files(msgspec.Struct, frozen=True, kw_only=True):
    """Which files an answer is written to."""

    csv: str | None = None
    xlsx: str | None = None
    contacts: bool = False
    by: str = ""


@click.command()
@click.argument("lots", nargs=-1, metavar="[LOT...]")
@click.option("--all", "everything", is_flag=True, help="Print every outlet on a terminal, page by page.")
@click.option("--long", is_flag=True, help="A second line for each outlet, with what the width leaves out.")
@click.option("--by", "grouped", type=click.Choice(["county"]), default=None, help="Group the outlets, for vans.")
@click.option("--late", is_flag=True, help="Only outlets that nobody told, or that are silent past the limit.")
@prints("recall")
@click.option("--csv", "csv_file", default=None, type=OUT_FILE, metavar="FILE", help="Write the outlets as CSV; - is standard output.")
@click.option("--xlsx", "xlsx_file", default=None, type=OUT_FILE, metavar="FILE", help="Write the outlets as an Excel workbook.")
@click.option("--bounds", is_flag=True, help="Also say how much at each site can stem from the scope: least, proportional, most.")
@click.option("--contacts", is_flag=True, help="Write names, phones and addresses into files in full; that is put on record.")
@click.option("--staff", default="", metavar="NUMBER", help="Staff number of whoever asks for the contacts.")
@click.option("--positions", is_flag=True, help="Print the position of every log.")
@click.option("--at", default=None, metavar="TIME", help="As of TIME: what happened later is not seen.")
@click.option("--as-known", is_flag=True, help="With --at: nor what was recorded later.")
@scope_options
@click.pass_obj
def recall(
    ctx: Context,
    /,
    lots: tuple[str, ...],
    csv_file: str | None,
    xlsx_file: str | None,
    at: str | None,
    grouped: str | None,
    staff: str,
    *,
    everything: bool,
    long: bool,
    late: bool,
    as_json: bool,
    contacts: bool,
    positions: bool,
    as_known: bool,
    bounds: bool,
    **words: str,
) -> None:
    """Find every outlet that holds LOTs, or what a rule fits, or what left or passed a site, or anything made from it.

    Likely remaining stock comes first. The rule's parts must all fit one lot; lots, a rule and a window at a site are united.
    """
    from foodtrace_cli.commands.recall_screen import View  # noqa: PLC0415

    if at is None and not any(words.values()) and not lots:
        raise click.MissingParameter(param_hint="LOT", param_type="argument")
    check_known(at, as_known=as_known)
    view = View(by_county=grouped == "county", late=late, everything=everything, long=long, positions=positions)
    files = Files(csv=csv_file, xlsx=xlsx_file, contacts=contacts, by=staff)
    known = _until(at) if as_known and at is not None else None
    begun = time.monotonic()
    with ctx.open() as ledger:
        if not as_json:
            _resolve(ctx, ledger, lots)
        with uncollected():
            if at is None and not any(words.values()):
                answer = ledger.recall(tuple(dict.fromkeys(lots)), bounds=bounds)
            else:
                answer = _scoped(ledger, tuple(dict.fromkeys(lots)), words, at, as_known=as_known, bounds=bounds)
        view = msgspec.structs.replace(view, took=time.monotonic() - begun)
        if late and not answer.case:
            from foodtrace.errors import BadData  # noqa: PLC0415

            raise BadData("recall.late_no_case", value=" ".join(answer.lots) or "-", expected="case open")
        if as_json:
            emit_json(answer)
        if files.csv or files.xlsx:
            from foodtrace_cli.commands.recall_files import write_files  # noqa: PLC0415

            write_files(ctx, ledger, answer, files, view, known)
        elif not as_json:
            write(ctx, ledger, answer, view, known)


def check_known(at: str | None, *, as_known: bool) -> None:
    """Refuse to say what was known at no moment: without one the option would do nothing, and nobody would see it."""
    if as_known and at is None:
        from foodtrace.errors import BadData  # noqa: PLC0415

        raise BadData("recall.as_known", value="--as-known", expected="--at TIME")


def _resolve(ctx: Context, ledger: Ledger, lots: Sequence[str]) -> None:
    """Say of a lot that is not found how far the records have come, and of one that is several what they are; end with its code."""
    from foodtrace.errors import Ambiguous, NotFound  # noqa: PLC0415
    from foodtrace.graph.directory import resolve_lot  # noqa: PLC0415
    from foodtrace_cli.output import clean, emit_error  # noqa: PLC0415

    with ledger.reading() as session:
        try:
            for lot in lots:
                resolve_lot(session, lot)
        except NotFound as error:
            emit_error(error, ctx.lang, as_json=False)
            from foodtrace_cli.commands.recall_screen import records_come  # noqa: PLC0415

            records_come(ctx, ledger.logs())
            raise click.exceptions.Exit(error.exit_code) from None
        except Ambiguous as error:
            from foodtrace.operations.naming import told  # noqa: PLC0415

            say(f"{ctx.t('cli.error')} {error.code}: {error.message(ctx.lang)}", err=True)
            for line in told(session, error.candidates, ledger.clock()):
                say("  " + clean(line), err=True)
            raise click.exceptions.Exit(error.exit_code) from None


def _until(at: str) -> int:
    from foodtrace.graph.times import micros  # noqa: PLC0415
    from foodtrace_cli.commands.case_common import moment  # noqa: PLC0415

    return micros(moment(at))


def _scoped(ledger: Ledger, lots: Sequence[str], words: dict[str, str], at: str | None, *, as_known: bool, bounds: bool) -> Any:
    """Answer for a scope in words, or as of a moment."""
    if at is not None and not any(words.values()):
        from foodtrace.operations.recalling import as_of  # noqa: PLC0415 - of lots alone nothing else has to be loaded
        from foodtrace.operations.recalling import recall as find_lots  # noqa: PLC0415

        then, today = _until(at), ledger.clock()
        with ledger.reading() as session:
            found = find_lots(session, lots, now=then, recorded_until=then if as_known else None, bounds=bounds)
            return as_of(found, None if then > today else find_lots(session, lots, now=today))
    from foodtrace.graph.edges import micros  # noqa: PLC0415
    from foodtrace.operations.common import local  # noqa: PLC0415
    from foodtrace.operations.recalling import as_of  # noqa: PLC0415
    from foodtrace.operations.recalling import recall as find_all  # noqa: PLC0415
    from foodtrace.operations.scopes import check_rules, check_windows, clauses_of, producers_of  # noqa: PLC0415
    from foodtrace_cli.commands.case_common import given, moment  # noqa: PLC0415

    when = moment(at) if at else None
    with ledger.reading() as session:
        now = ledger.clock() if when is None else micros(when)
        asked = given(tuple(lots), words)
        clauses = clauses_of(session, asked, local(ledger.clock())) if any(words.values()) else ()
        # Of a moment in the past too: what fits nothing to this day is a slip of the pen.
        today = max(now, ledger.clock())
        check_rules(session, clauses, today)
        rules = tuple(each for each in clauses if not hasattr(each, "lots"))
        who, known = producers_of(session, rules, now)[1], now if as_known else None
        answer = find_all(session, lots, now=now, recorded_until=known, scope=rules, operator=who, bounds=bounds)
        if not answer.affected_lots or len(rules) + len(lots) > 1:  # else the window that found some has been looked at
            check_windows(session, clauses, today)
        if when is None:
            return answer
        return as_of(answer, None if now > ledger.clock() else find_all(session, lots, now=today, scope=rules, operator=who))


def write(ctx: Context, ledger: Ledger, answer: Any, view: View, known: int | None = None) -> None:
    """Print an answer; what the rows on the screen need besides is read for them alone.

    :param known: until when records count, microseconds UTC; none: all there are.
    """
    from foodtrace.operations.outletdetails import births  # noqa: PLC0415
    from foodtrace_cli.commands import recall_screen  # noqa: PLC0415
    from foodtrace_cli.commands.recall_table import shown_time  # noqa: PLC0415

    found = details_of(ledger, answer, recall_screen.shown_rows(answer, view), known)
    origin: Sequence[Any] = ()
    recalls = ""
    if len(answer.lots) == 1:
        with ledger.reading() as session:
            origin = births(session, answer.lots[0], _moment(answer), known)
    elif not answer.lots and answer.operator:
        from foodtrace.operations.sellers import name_of  # noqa: PLC0415

        with ledger.reading() as session:
            recalls = name_of(session, answer.operator)
    if not answer.lots:
        with ledger.reading() as session:
            answer = msgspec.structs.replace(answer, scope=tuple(_named(session, each) for each in answer.scope))
    if known is not None and not answer.affected_lots and not answer.at_remark:
        say(ctx.t("cli.recall.nothing_known", at=shown_time(answer.at)))
    recall_screen.screen(ctx, answer, view, found, origin, recalls)


def _named(session: Any, words: str) -> str:
    """Return a window at a site with the site's name in place of its id, where it has one."""
    from foodtrace.graph.rows import Rows  # noqa: PLC0415

    kind, _, rest = words.partition(" ")
    site, _, window = rest.partition(" ")
    number = Rows(session, 0).site(site) if kind in ("left", "through") else None
    name = Rows(session, 0).sites_said([number])[number][3] if number is not None else ""
    return f"{kind} {name} {window}" if name else words


def details_of(ledger: Ledger, answer: Any, rows: Sequence[Any], known: int | None = None) -> dict[str, Any]:
    """Return what else is known of some of an answer's sites, by site."""
    if not rows:
        return {}
    from foodtrace.operations.outletdetails import details  # noqa: PLC0415

    with ledger.reading() as session:
        return details(session, {row.site: row.lots for row in rows}, {row.site: row.operator for row in rows}, _moment(answer), known)


def _moment(answer: Any) -> int:
    from datetime import datetime  # noqa: PLC0415

    from foodtrace.graph.edges import micros  # noqa: PLC0415

    # The answer's time is cut to the second: goods that came within it are in the answer.
    return micros(datetime.fromisoformat(answer.at)) + 999_999
