"""Entry slips: what is printed for the driver, and what a scanned slip says."""

from __future__ import annotations

import datetime as dt

import msgspec

from foodtrace.errors import NotFound
from foodtrace.events import MarketEntry, Refusal
from foodtrace.events.canonical import decode_alone
from foodtrace.gate import screen
from foodtrace.gate.screen import Said, Tone
from foodtrace.gate.slip import Slip, format_slip
from foodtrace.operations.printed import slip_said
from foodtrace.operations.sellers import name_of
from foodtrace.storage.session import Session
from foodtrace.texts import Lang, text
from foodtrace.tlog.entry import event_bytes


class SlipText(msgspec.Struct, frozen=True, kw_only=True):
    """A slip, ready to be drawn."""

    title: str
    lines: tuple[str, ...]
    code: str
    """Text of its QR code."""
    name: str
    """A name for its file: day, gate and number."""


def slip_of(session: Session, log: int, origin: str, entry: str, market: str, lang: Lang, reasons: tuple[str, ...] = ()) -> SlipText:
    """Return the slip of an entry of a log. Raises ``NotFound`` (``entry.not_found``).

    :param reasons: its reasons in words; by default their codes.
    """
    row = session.row("SELECT seq, leaf, bytes FROM entry WHERE log = ? AND id = ?", (log, entry))
    event = decode_alone(event_bytes(bytes(row[2]))) if row else None
    if row is None or not isinstance(event, (MarketEntry, Refusal)):
        raise NotFound("entry.not_found", value=entry)
    kind = {"admitted": "title", "held": "held"}.get(getattr(event, "decision", ""), "refused")
    number = f"{event.number:04d}"
    amount = screen.amount(event.quantity, lang) if event.quantity else ""
    lines = [
        text("counter.slip.place", lang, market=market, gate=event.gate, number=number),
        f"{event.at:%Y-%m-%d %H:%M}",
        screen.clean(f"{event.product} {amount}"),
        screen.clean(text("counter.slip.lot", lang, lot=event.lot.rpartition("/")[2])) if event.lot else "",
        screen.clean(text("counter.slip.seller", lang, seller=name_of(session, event.seller))) if event.seller else "",
    ]
    lines += [screen.clean(each) for each in reasons or event.reasons]
    if isinstance(event, MarketEntry) and event.drawn:
        lines.append(text("counter.drawn", lang))
    lines.append(text("counter.slip.entry", lang, log=origin, seq=row[0]))
    return SlipText(
        title=text(f"counter.slip.{kind}", lang),
        lines=tuple(each for each in lines if each),
        code=format_slip(origin, row[0], bytes(row[1])),
        name=f"{event.at:%y%m%d}-{event.gate or '1'}-{number}",
    )


def explain(session: Session, now: dt.datetime, slip: Slip, lang: Lang) -> list[Said]:
    """Say what a scanned slip is and what became of its entry: :func:`foodtrace.operations.printed.slip_said`."""
    found = slip_said(session, now, slip)
    told = [each for each in (found.problem, *found.notes) if each is not None]
    tone: Tone = "again" if found.word in ("slip_false", "slip_undone", "recalled") else ""
    return [Said(screen.clean(each.message(lang)), tone if place == 0 else "") for place, each in enumerate(told)]
