"""``gate``: the counter's loop, one truck at once, and what is around it (held, resolve, expect, sampling)."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

import click

from foodtrace.errors import BadData
from foodtrace.quantity import Quantity
from foodtrace_cli.commands.echo import amount
from foodtrace_cli.commands.gate_staff import number_of
from foodtrace_cli.commands.scan import HOSTS, certificates_of, key_list, with_keys_file
from foodtrace_cli.context import Context
from foodtrace_cli.output import clean, emit_json, say, verdict
from foodtrace_cli.schemaoption import prints
from foodtrace_cli.typed import DAY, Word, today

if TYPE_CHECKING:
    from foodtrace.gate.facts import Paper
    from foodtrace.operations.market import GateAnswer, Truck

COLOURS: Final = {"admit": "green", "hold": "yellow", "refuse": "red", "again": "cyan"}
_MORE: Final = ("held", "resolve", "expect", "sampling", "staff", "conflicts")
_MODULES: Final = {"sampling": "gate_sampling", "staff": "gate_staff"}
_SHOWN: Final = ("paper", "foreign", "origin_proof", "self_commitment")
_GOODS: Final = ("produce", "meat", "imports", "self_grown", "packaged")


class GateGroup(click.Group):
    """``gate NAME ..`` is a command of the gate; anything else is a truck, or the counter's loop."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name what is around the gate."""
        del ctx
        return list(_MORE)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        if cmd_name in _MORE:
            module = _MODULES.get(cmd_name, "gate_more")
            found: click.Command = getattr(import_module(f"foodtrace_cli.commands.{module}"), cmd_name)
            if "_english" in self.__dict__:  # somebody asked for Chinese
                from foodtrace_cli.helptext import like  # noqa: PLC0415 - English needs none of it

                return like(self, found)
            return found
        return super().get_command(ctx, cmd_name)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Send everything that names no command of the gate to ``truck``."""
        if not args or (args[0] not in _MORE and args[0] not in ctx.help_option_names):
            args = ["truck", *args]
        return super().parse_args(ctx, args)

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Show how a truck, the loop and the other commands are called."""
        formatter.write_usage(ctx.command_path, "[OPTIONS] [FILE|TEXT|-]")
        formatter.write_usage(ctx.command_path, f"{'|'.join(_MORE)} ..")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Show the options of a truck and of the loop, then the other commands."""
        truck.format_options(ctx, formatter)
        self.format_commands(ctx, formatter)


@click.group(cls=GateGroup, invoke_without_command=False)
def gate() -> None:
    """Decide on trucks at a market's gate: admit, hold or refuse, with every reason; every decision is recorded.

    With FILE, TEXT or - one truck: the code on its papers. Without, a counter's loop: staff card, then scan, weigh, next,
    every key on the numeric pad; end it with **. Exit 0 only if every truck was admitted (the loop: always).
    """


@gate.command(hidden=True)
@click.argument("given", metavar="[FILE|TEXT|-]", required=False)
@click.option("--market", default=None, help="Market; by default the only one.")
@click.option("--gate", "number", default="", help="Number of the gate; by default the digits at the end of the log's name, else 1.")
@click.option("--weight", default=None, help="What the scale says (482kg, or 600kg-118kg gross less tare); by default what is certified.")
@click.option("--product", default="", help="Product, where no certificate on record says it.")
@click.option("--goods", type=Word(_GOODS), default=None, help="Kind of goods; by default told by the product's name.")
@click.option("--seller", default="", help="Seller (id, name or trader card); by default the certificate's issuer.")
@click.option("--paper", "papers", multiple=True, metavar="KIND[=NUMBER[@DATE]]", help="Paper shown: purchase, animal_quarantine, ...")
@click.option(
    "--identity", default="", metavar="NUMBER|PAPER=NUMBER", help="Self-grower's identity card, or passport=E12345678 (beside the log)."
)
@click.option("--phone", default="", help="Self-grower's telephone (kept beside the log, can be erased).")
@click.option("--address", default="", help="Self-grower's address (kept beside the log, can be erased).")
@click.option("--shown", type=Word(_SHOWN), default=None, help="A certificate that is not ours, looked at.")
@click.option("--lot", default="", help="Lot that packaged goods bring along.")
@click.option("--batch", default="", help="Production date or batch number as printed.")
@click.option("--expiry", type=DAY, default=None, help="Last day of the shelf life.")
@click.option("--by", default="", help="Staff number.")
@HOSTS
@with_keys_file
@click.option("--id", "event_id", default="", help="Id of the event, for retries.")
@click.option("--unit", type=click.Choice(("kg", "斤")), default="kg", help="Loop: unit of bare weights.")
@click.option("--bell", type=click.Choice(("on", "off")), default="on", help="Loop: ring with the verdict.")
@click.option("--slips", default=".", type=click.Path(file_okay=False), help="Loop: folder for entry slips and shift reports.")
@prints("gate")
@click.pass_context
def truck(click_ctx: click.Context, /, given: str | None, event_id: str, *, as_json: bool, **told: object) -> None:
    """One truck, or the loop."""
    ctx: Context = click_ctx.obj
    by_hand = any(told[name] for name in ("product", "shown", "lot", "seller"))
    if given is None and not by_hand:
        if as_json:
            raise BadData("gate.no_code", value="--json", expected="FILE|TEXT|-")
        from foodtrace_cli.commands.gate_counter import loop  # noqa: PLC0415 - only for the loop

        loop(
            ctx,
            market=_text(told, "market") or None,
            number=_text(told, "number"),
            unit=_text(told, "unit"),
            hosts=_many(told, "hosts"),
            carried=_carried(told),
            folder=_text(told, "slips"),
            bell=told["bell"] == "on",
            by=_text(told, "by"),
        )
        return
    answers = _decide(ctx, [""] if given is None else _texts(given, _text(told, "shown")), told, event_id)
    for answer, name, lot in answers:
        if as_json:
            from foodtrace.operations.answers import said  # noqa: PLC0415

            emit_json(said(answer))
        else:
            _print(ctx, answer, name, lot)
    click_ctx.exit(0 if answers and all(answer.verdict == "admit" for answer, *_ in answers) else 1)


def _texts(given: str, shown: str) -> list[str]:
    """Return the codes to decide on; another platform's code that somebody looked at (``--shown``) is a paper without one of ours."""
    from foodtrace.certificate.scan import classify  # noqa: PLC0415 - import time is part of a command's time

    if not given.strip():
        raise BadData("scan.not_a_code", value=given)
    texts = certificates_of(given)
    if shown and all(classify(each).kind == "foreign_certificate" for each in texts):
        return [""]
    return texts


def _decide(ctx: Context, texts: list[str], told: dict[str, object], event_id: str) -> list[tuple[GateAnswer, str, str]]:
    """Decide on every text as a truck of its own; each answer with what its seller is called, and how its lot is written."""
    from foodtrace.graph.directory import written_lot  # noqa: PLC0415
    from foodtrace.operations import sellers  # noqa: PLC0415
    from foodtrace.operations.desk import market_of  # noqa: PLC0415

    with ctx.open() as ledger:
        with ledger.reading() as session:
            place = market_of(session, _text(told, "market") or None)
            what = _truck(session, place, told)
            keys = key_list(session, *_carried(told))
        by = number_of(ledger, place, _text(told, "by"))
        answers = [
            ledger.gate(
                text,
                market=place,
                id=_id_of(event_id, texts.index(text)),
                by=by,
                gate=_text(told, "number"),
                truck=what,
                hosts=_many(told, "hosts"),
                keys=keys,
            )
            for text in texts
        ]
        with ledger.reading() as session:
            return [
                (
                    each,
                    sellers.name_of(session, each.seller) if each.seller else "-",
                    written_lot(session, each.lot) if each.lot else "-",
                )
                for each in answers
            ]


def _id_of(event_id: str, place: int) -> str:
    """Return the event id of a text at this place among several: ``--id`` itself for the first. A text seen twice is one truck."""
    return f"{event_id}-{place}" if event_id and place else event_id


def _truck(session: object, market: str, told: dict[str, object]) -> Truck:
    """Return what the options say of the truck."""
    from foodtrace.gate import pad  # noqa: PLC0415
    from foodtrace.graph.directory import resolve_lot  # noqa: PLC0415
    from foodtrace.operations import sellers  # noqa: PLC0415
    from foodtrace.operations.market import Truck  # noqa: PLC0415

    weight, seller, lot = _text(told, "weight"), _text(told, "seller"), _text(told, "lot")
    weighed = None
    if weight:
        # A weight alone needs its unit, as everywhere; in the loop the desk has one.
        weighed = pad.weight(weight, "") if "-" in weight or "*" in weight else pad.Weighed(net=Quantity.parse(weight), written=weight)
    if seller:
        seller = sellers.seller_at(session, market, seller)  # type: ignore[arg-type]
    expiry = told["expiry"]
    return Truck(
        seller=seller,
        goods=_text(told, "goods"),
        product=_text(told, "product"),
        weight=weighed.net if weighed else None,
        gross=weighed.gross if weighed else None,
        tare=weighed.tare if weighed else None,
        crates=weighed.crates if weighed else None,
        written=weighed.written if weighed else "",
        papers=tuple(_paper(each) for each in _many(told, "papers")),
        shown=_text(told, "shown"),
        grower=_grower(told),
        expiry=expiry.date() if expiry is not None else None,  # type: ignore[attr-defined]
        batch=_text(told, "batch"),
        lot=resolve_lot(session, lot) if lot else "",  # type: ignore[arg-type]
    )


def _grower(told: dict[str, object]) -> dict[str, str]:
    """Return what the options say of a self-grower, each in a form that can be true."""
    from foodtrace.gate import grower  # noqa: PLC0415

    found = {field: _text(told, field) for field in grower.FIELDS if _text(told, field)}
    paper, equals, number = found.get("identity", "").partition("=")
    if equals:
        found["identity"] = number
    return {field: grower.read(field, value, paper if equals and field == "identity" else "") for field, value in found.items()}


def _paper(given: str) -> Paper:
    """Read ``KIND[=NUMBER[@DATE]]``."""
    from typing import get_args  # noqa: PLC0415

    from foodtrace.gate.facts import Paper, PaperKind  # noqa: PLC0415

    kind, _, rest = given.partition("=")
    number, _, until = rest.partition("@")
    if kind == "self_grown_record":
        raise BadData("gate.grower_paper", value=kind, expected="--identity --phone --address")
    if kind not in get_args(PaperKind):
        raise BadData("gate.paper", value=kind, expected=", ".join(get_args(PaperKind)))
    from foodtrace.operations.typed import typed_day  # noqa: PLC0415

    try:
        day = typed_day(until, today(), year="") if until else None
    except ValueError:
        raise BadData("counter.day", value=until, expected="2026-11-25") from None
    return Paper(kind=kind, number=number, valid_until=day)  # type: ignore[arg-type]  # looked up above


def _print(ctx: Context, answer: GateAnswer, seller: str, lot: str) -> None:
    word = verdict(ctx.t("gate.verdict." + answer.verdict), COLOURS[answer.verdict])
    quantity = amount(ctx, answer.quantity) if answer.quantity else ""
    say(ctx.t("cli.gate.line", word=word, product=clean(answer.product), quantity=quantity, lot=lot, seller=clean(seller)))
    if answer.duplicate:
        say("          " + ctx.t("cli.gate.duplicate", time=f"{answer.at:%H:%M:%S}"))
    for reason in answer.decision.reasons:
        say(f"          {clean(reason.as_dict(ctx.lang)['message'])}  {reason.code}")
    if answer.goods == "self_grown" and "gate.voucher_missing" in answer.decision.codes:
        say("          " + ctx.t("cli.gate.grower"))
    for note in answer.decision.notes:
        say(f"          {clean(note.message(ctx.lang))}")
    for must in answer.decision.must:
        say(f"          {must.message(ctx.lang)}")
    if answer.verdict != "admit":
        say(f"          {answer.decision.authority(ctx.lang)}")
    if answer.verdict == "hold":
        until = f"{answer.decision.deadline:%m-%d %H:%M}" if answer.decision.deadline else "-"
        say("          " + ctx.t("counter.held_until", number=f"{answer.number:04d}", deadline=until))


def _text(told: dict[str, object], name: str) -> str:
    value = told[name]
    return value if isinstance(value, str) else ""


def _carried(told: dict[str, object]) -> tuple[str | None, tuple[str, ...]]:
    """Return the key list that the gate carries, and whose lists it trusts."""
    return _text(told, "keys_file") or None, _many(told, "keys_signer")


def _many(told: dict[str, object], name: str) -> tuple[str, ...]:
    value = told[name]
    return tuple(str(each) for each in value) if isinstance(value, tuple) else ()
