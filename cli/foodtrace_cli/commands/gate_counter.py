"""The counter's loop on a terminal or a pipe: reads lines, prints lines, rings; what is said comes from ``operations.counter``.

Rules:

1. Scrolling lines only. The prompt is printed before a line is read, on a pipe too: what came back is then a readable transcript.
2. A line that never ends is cut at :data:`LONGEST` characters; undecodable bytes are shown, never a crash.
3. Ctrl+C, a closed window and the end of input lose no truck: what was decided is on record, and so is a hold nobody chose about.
4. The bell only repeats the word: admit one short, hold two, refuse one long; nothing on a pipe or with ``--bell off``.
5. A staff card's secret is not shown while it is typed.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from foodtrace_cli.commands.gate import COLOURS
from foodtrace_cli.commands.scan import key_list
from foodtrace_cli.context import Context
from foodtrace_cli.output import say, terminal_width

if TYPE_CHECKING:
    from foodtrace.gate.screen import Said
    from foodtrace.operations.counter import Counter
    from foodtrace.operations.slips import SlipText

try:
    import termios
except ImportError:  # Windows
    termios = None  # type: ignore[assignment]

LONGEST: Final = 8_192
_NARROWEST: Final = 40
_GAP: Final = 0.18
"""Seconds between two rings."""


def loop(
    ctx: Context,
    *,
    market: str | None,
    number: str,
    unit: str,
    hosts: tuple[str, ...],
    carried: tuple[str | None, tuple[str, ...]],
    folder: str,
    bell: bool,
    by: str,
) -> None:
    """Run the counter until the shift ends or no more lines come."""
    from foodtrace.operations.counter import Counter, Setting  # noqa: PLC0415
    from foodtrace.operations.desk import gate_of, market_of  # noqa: PLC0415
    from foodtrace.operations.places import describe  # noqa: PLC0415

    with ctx.open() as ledger:
        writer = ledger.writer()
        with ledger.reading() as session:
            place = market_of(session, market)
            found = describe(session, place)
            keys = key_list(session, *carried)
        setting = Setting(
            market=place,
            name=found[0].name if found else place,
            gate=gate_of(writer.origin, number),
            origin=writer.origin,
            log=writer.number,
            rules=ledger.rulebook(),
            lang=ctx.lang,
            unit=unit,
            hosts=hosts,
            key_list=keys,
            keys=ledger.keys,
            slip=_slips(Path(folder)),
            report=_reports(ctx, Path(folder)),
        )
        counter = Counter(ledger, setting)
        ring = _bell() if bell and sys.stdout.isatty() else None
        if by:
            _say(counter.feed(by), ring)
        _run(counter, _lines(), ring)


def _run(counter: Counter, lines: Iterable[str], ring: Callable[[str], None] | None) -> None:
    """Feed lines until the counter has finished; whatever ends it, an open choice is recorded (rule 3)."""
    _on_hangup()
    try:
        try:
            _feed(counter, iter(lines), ring)
        finally:
            _leave_in_peace()
    except (KeyboardInterrupt, OSError):
        # A window that was closed hangs up and fails to be read, in either order: the second one comes here.
        _leave_in_peace()
    last = counter.close()
    # On record from here on; that nobody may be there to read it is no failure.
    with suppress(OSError):
        if not counter.finished:
            click.echo()
        _say(last, None)


def _feed(counter: Counter, source: Iterator[str], ring: Callable[[str], None] | None) -> None:
    while not counter.finished:
        click.echo(_printable(counter.prompt), nl=False)
        sys.stdout.flush()
        with _unseen(hidden=counter.secret):
            line = next(source, None)
        if line is None:
            return
        if not sys.stdin.isatty():
            click.echo()  # no Enter was echoed
        _say(counter.feed(line), ring)


@contextmanager
def _unseen(*, hidden: bool) -> Iterator[None]:
    """Let a terminal not show what is typed: a staff card's secret. Windows' consoles show it."""
    if not hidden or not sys.stdin.isatty() or termios is None:
        yield
        return
    number = sys.stdin.fileno()
    before = termios.tcgetattr(number)
    quiet = [*before]
    quiet[3] &= ~termios.ECHO
    termios.tcsetattr(number, termios.TCSADRAIN, quiet)
    try:
        yield
    finally:
        termios.tcsetattr(number, termios.TCSADRAIN, before)
        click.echo()  # no Enter was echoed


_ENDINGS: Final = tuple(getattr(signal, name) for name in ("SIGHUP", "SIGTERM", "SIGINT") if hasattr(signal, name))


def _on_hangup() -> None:
    """Let a closed window or a stop of the machine end the loop like Ctrl+C (rule 3)."""

    def leave(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    for each in _ENDINGS:
        signal.signal(each, leave)


def _leave_in_peace() -> None:
    """Let nothing interrupt what is left to be recorded."""
    for each in _ENDINGS:
        signal.signal(each, signal.SIG_IGN)


def _lines() -> Iterator[str]:
    """Yield lines of standard input without their ends (rule 2)."""
    stream = sys.stdin.buffer if hasattr(sys.stdin, "buffer") else None
    encoding = getattr(sys.stdin, "encoding", None) or "utf-8"
    while True:
        raw = stream.readline(LONGEST) if stream is not None else sys.stdin.readline(LONGEST).encode(encoding, "replace")
        if not raw:
            return
        while stream is not None and len(raw) >= LONGEST and not raw.endswith(b"\n"):
            rest = stream.readline(LONGEST)
            if not rest or rest.endswith(b"\n"):
                break
        yield raw.decode(encoding, "replace").rstrip("\r\n")


def _say(lines: list[Said], ring: Callable[[str], None] | None) -> None:
    for each in lines:
        for part in _folded(each):
            say(_coloured(part))
    if ring is not None:
        for tone in [each.tone for each in lines if each.tone][:1]:
            ring(tone)


def _folded(line: Said) -> list[Said]:
    """Break what is wider than the terminal; a pipe gets lines as they are."""
    from foodtrace.gate.screen import Said, wrapped  # noqa: PLC0415 - loaded with the counter

    if not sys.stdout.isatty():
        return [line]
    first, *rest = wrapped(line.text, max(terminal_width(), _NARROWEST))
    return [Said(first, line.tone), *(Said(each) for each in rest)]


def _coloured(line: Said) -> str:
    """Repeat the verdict's word in colour on a terminal."""
    end = line.text.find("]")
    plain = os.environ.get("NO_COLOR") or not sys.stdout.isatty()
    if not line.tone or plain or not line.text.startswith("[") or end < 0:
        return line.text
    return click.style(line.text[: end + 1], fg=COLOURS[line.tone], bold=True) + line.text[end + 1 :]


def _printable(words: str) -> str:
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    return words.encode(encoding, "replace").decode(encoding, "replace")


def _bell() -> Callable[[str], None]:
    """Return what rings: a long tone is a length of its own on the Linux console, elsewhere short ones close together."""
    linux = os.environ.get("TERM") == "linux"

    def ring(tone: str) -> None:
        times, gap = {"admit": (1, 0.0), "hold": (2, _GAP), "refuse": (1 if linux else 4, 0.05)}.get(tone, (0, 0.0))
        for place in range(times):
            if place:
                time.sleep(gap)
            long = linux and tone == "refuse"
            sys.stdout.write("\x1b[11;700]\a\x1b[11;125]" if long else "\a")
            sys.stdout.flush()

    return ring


def _slips(folder: Path) -> Callable[[SlipText], str]:
    """Return what draws a slip: a picture of the width of a receipt."""

    def draw(slip: SlipText) -> str:
        from foodtrace.certificate.receipt import receipt  # noqa: PLC0415 - Pillow only when something is printed

        path = folder / f"{slip.title.partition(' ')[0]}-{slip.name}.png"
        receipt(slip.title, slip.lines, path, code=slip.code)
        return str(path)

    return draw


def _reports(ctx: Context, folder: Path) -> Callable[[list[str], str], str]:
    def keep(lines: list[str], name: str) -> str:
        from foodtrace.certificate.receipt import receipt  # noqa: PLC0415

        path = folder / f"{ctx.t('counter.report')}-{name}.pdf"
        receipt(ctx.t("counter.report"), lines, path)
        return str(path)

    return keep
