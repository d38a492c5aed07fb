"""``gate staff``: cards of those who work at a market's gate, and showing one on the command line."""

from __future__ import annotations

import datetime as dt
import sys
from functools import partial
from typing import TYPE_CHECKING

import click

from foodtrace_cli.commands.gate_more import desk_of, doing_of
from foodtrace_cli.context import Context
from foodtrace_cli.output import emit_json, say, table
from foodtrace_cli.schemaoption import prints
from foodtrace_cli.typed import DAY, OUT_FILE

if TYPE_CHECKING:
    from foodtrace.ledger import Ledger
    from foodtrace.operations.staff import Issued

_LONGEST = 200


@click.group()
def staff() -> None:
    """Staff cards: who begins a shift and who is the second person is shown by a card, not only said.

    From the first card on, a number that is only typed is not taken.
    """


@staff.command()
@click.argument("number")
@click.option("--until", type=DAY, default=None, help="Last day of the card; by default until it is withdrawn.")
@click.option("--by", default="", metavar="CARD", help="Card of who vouches for it (not for the first); - to be asked, unseen.")
@click.option("--card", default="", metavar="CARD", help="Register a card that another gate issued; - to be asked, unseen.")
@click.option("--out", default="", type=OUT_FILE, metavar="FILE", help="Card to print, .png or .pdf; by default staff-NUMBER.png here.")
@click.option("--market", default=None, help="Market; by default the only one.")
@click.pass_obj
def add(ctx: Context, number: str, until: dt.datetime | None, by: str, card: str, out: str, market: str | None) -> None:
    """Issue a card for a staff NUMBER, and print it. An older card of the same number is worthless then.

    Every gate has its own list: register the card at the others with --card.
    """
    from foodtrace.operations import staff as cards  # noqa: PLC0415
    from foodtrace.operations.places import describe  # noqa: PLC0415

    wanted = number.strip().upper()
    with ctx.open() as ledger:
        place = desk_of(ledger, market)
        word = shown(ctx, ledger, place, by, "by")
        known = asked(ctx, card, "card")
        doing = doing_of(ledger, log=ledger.writer().number)
        last = until.date() if until else None
        with ledger.reading() as session:
            found = describe(session, place)
        name = found[0].name if found else place
        _, made = ledger.act(partial(cards.issue, doing=doing, market=place, number=wanted, word=word, card=known, until=last))
    if card:
        say(ctx.t("cli.staff.registered", number=made.number))
    else:
        _print(ctx, made, out or f"staff-{made.number}.png", name)
    if made.first:
        say(ctx.t("cli.staff.first"))


def _print(ctx: Context, made: Issued, path: str, market: str) -> None:
    from foodtrace.certificate.receipt import receipt  # noqa: PLC0415 - Pillow only when something is printed

    lines = [f"{made.number}  {market}", ctx.t("cli.staff.until", until=made.until) if made.until else "", ctx.t("cli.staff.keep")]
    receipt(ctx.t("cli.staff.title"), [each for each in lines if each], path, code=made.text, private=True)
    say(ctx.t("cli.staff.added", number=made.number, path=path))


@staff.command()
@click.argument("number")
@click.option("--by", default="", metavar="CARD", help="Card of who withdraws it; - to be asked, unseen.")
@click.option("--market", default=None, help="Market; by default the only one.")
@click.pass_obj
def withdraw(ctx: Context, number: str, by: str, market: str | None) -> None:
    """Make the card of a staff NUMBER worthless: it was lost, or its holder has left."""
    from foodtrace.operations import staff as cards  # noqa: PLC0415

    with ctx.open() as ledger:
        place = desk_of(ledger, market)
        word = shown(ctx, ledger, place, by, "by")
        doing = doing_of(ledger, log=ledger.writer().number)
        _, event = ledger.act(partial(cards.withdraw, doing=doing, market=place, number=number.strip().upper(), word=word))
    say(ctx.t("cli.staff.withdrawn", number=event.staff))


@staff.command("list")
@click.option("--market", default=None, help="Market; by default the only one.")
@prints("gate-staff")
@click.pass_obj
def list_(ctx: Context, market: str | None, *, as_json: bool) -> None:
    """List the numbers that have a card here. No secret is kept, so none is shown."""
    from foodtrace.operations import staff as cards  # noqa: PLC0415

    with ctx.open() as ledger:
        place, number = desk_of(ledger, market), ledger.writer().number
        with ledger.reading() as session:
            found = cards.list_cards(session, place, number, doing_of(ledger).now.date())
    if as_json:
        emit_json(found)
        return
    if not found:
        say(ctx.t("cli.staff.none"))
        return
    headings = [ctx.t(f"cli.staff.{each}") for each in ("number", "state", "since", "last", "word")]
    rows = [
        [each.number, ctx.t(f"cli.staff.state.{each.state}"), f"{each.issued:%Y-%m-%d}", str(each.until or "-"), each.by or "-"]
        for each in found
    ]
    say(table(headings, rows))


def shown(ctx: Context, ledger: Ledger, market: str, given: str, whose: str) -> str:
    """Return a card, or a number where no cards are in use; asks for the card, unseen, where only a number was given."""
    from foodtrace.gate.staffcard import parse_card  # noqa: PLC0415
    from foodtrace.operations.staff import in_use  # noqa: PLC0415

    if given == "-":
        return asked(ctx, given, whose)
    with ledger.reading() as session:
        needed = in_use(session, market, ledger.writer().number)
    if needed and parse_card(given) is None and ctx.interactive:
        return asked(ctx, "-", whose)
    return given


def number_of(ledger: Ledger, market: str, given: str) -> str:
    """Return the staff number of one truck's clerk: a card is checked, its secret recorded nowhere; a number is taken as it is."""
    from foodtrace.gate.staffcard import looks_like_card  # noqa: PLC0415
    from foodtrace.operations.staff import prove  # noqa: PLC0415

    if not looks_like_card(given):
        return given
    with ledger.reading() as session:
        return prove(session, market, ledger.writer().number, given, doing_of(ledger).now.date()).number


def asked(ctx: Context, given: str, whose: str) -> str:
    """Return what was given, or for ``-`` a line from a pipe, or from a terminal that does not show it."""
    if given != "-":
        return given
    if ctx.interactive:
        return str(
            click.prompt(ctx.t(f"cli.staff.ask.{whose}"), hide_input=True, default="", show_default=False, err=True, prompt_suffix="> ")
        ).strip()
    return sys.stdin.readline(_LONGEST).strip()
