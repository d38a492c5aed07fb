"""Printing: words, tables measured in cells, JSON, progress.

Rules (TRANSCRIPTS house rules 2, 3, 5):

1. The verdict is a word; colour only repeats it. ``NO_COLOR`` and pipes lose nothing.
2. Width is cells, not ``len()``: a Chinese character is two.
3. Progress goes to stderr, four updates a second at most, as lines where stderr is not a terminal.
4. What a cell holds comes from files and strangers: control characters never reach the terminal.
"""

from __future__ import annotations

import os
import sys
import time
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Literal

import click

from foodtrace.errors import FoodtraceError, said
from foodtrace.texts import Lang, text
from foodtrace_cli.jsontext import document


def clean(value: object) -> str:
    """Return a value as one line that no terminal obeys."""
    return "".join(c if c.isprintable() else " " for c in str(value))


def cells(value: str) -> int:
    """Return the width of a text in terminal cells."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in value)


def fit(value: str, width: int, align: Literal["<", ">"] = "<") -> str:
    """Return a text padded, or cut with ``..``, to a width in cells."""
    value = clean(value)
    if cells(value) > width:
        while value and cells(value) > max(width - 2, 0):
            value = value[:-1]
        value += ".." if width >= 2 else ""  # noqa: PLR2004 - room for the mark
    pad = " " * (width - cells(value))
    return pad + value if align == ">" else value + pad


def table(headings: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[int] = (), width: int | None = None) -> str:
    """Lay a table out; columns are as wide as their widest cell, the widest text column gives way to fit ``width``."""
    grid = [[clean(each) for each in row] for row in (headings, *rows)]
    widths = [max(cells(row[i]) for row in grid) for i in range(len(headings))]
    if width is not None:
        spare = sum(widths) + len(widths) - 1 - width
        order = sorted((i for i in range(len(widths)) if i not in right), key=lambda i: -widths[i])
        for i in order:
            cut = max(0, min(spare, widths[i] - 6))
            widths[i] -= cut
            spare -= cut
    return "\n".join(" ".join(fit(cell, widths[i], ">" if i in right else "<") for i, cell in enumerate(row)).rstrip() for row in grid)


_HANG: Final = 2
"""Cells by which the lines after a broken one stand further in."""
_CLOSING: Final = frozenset(",.;:!?)]>\u3001\u3002\uff0c\uff1b\uff1a\uff09")
"""What begins no line."""


def wrapped(line: str, width: int | None) -> list[str]:
    """Break a line that is wider than ``width`` cells: after a comma or at a gap, else at any space, else between wide characters.

    Lines after the first hang a little further in than the first one. Nothing is lost but the spaces at a break; none: as it is.
    """
    line = clean(line)
    hang = len(line) - len(line.lstrip(" ")) + _HANG
    if width is None or cells(line) <= width or width <= hang + _HANG:
        return [line]
    made: list[str] = []
    before = ""
    while cells(before + line) > width:
        place = _break(line, width - len(before))
        made.append((before + line[:place]).rstrip(" "))
        line, before = line[place:].lstrip(" "), " " * hang
    return [*made, before + line] if line else made


def _break(line: str, room: int) -> int:
    """Return where to break a line that is wider than ``room`` cells: the best place in its last two fifths, else the last one."""
    best = [0, 0, 0]
    size, begun, place = 0, False, 0
    for place, char in enumerate(line):
        if begun and place:
            two = line[place - 2 : place]
            kind = 0 if two in (", ", "; ", "  ") else 1 if two[-1:] == " " else 2 if max(cells(two[-1:]), cells(char)) > 1 else 3
            if kind < len(best) and char != " " and char not in _CLOSING:
                best[kind] = place
        size += cells(char)
        if size > room:
            break
        begun = begun or char != " "
    half = [found for found in best if cells(line[:found]) * 5 >= room * 3]
    return half[0] if half else max(best) or max(place, 1)


def terminal_width() -> int:
    """Return the columns of the terminal; a pipe gets every column there is."""
    if os.environ.get("COLUMNS", "").isdigit():
        return int(os.environ["COLUMNS"])
    if not sys.stdout.isatty():
        return 200
    return os.get_terminal_size(sys.stdout.fileno()).columns or 80


def say(line: str = "", *, err: bool = False) -> None:
    """Print one line: data to stdout, talk to stderr. What the terminal's encoding lacks is shown as ``?``."""
    stream = sys.stderr if err else sys.stdout
    encoding = getattr(stream, "encoding", None) or "utf-8"
    click.echo(line.encode(encoding, "replace").decode(encoding, "replace"), err=err)


def replace_file(path: Path, data: bytes) -> None:
    """Write a file so that it is there whole or not at all; a device is written to as it is."""
    if path.exists() and not path.is_file():
        path.write_bytes(data)
        return
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(data)
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise


def verdict(word: str, colour: str) -> str:
    """Return ``[ word ]``, coloured on a terminal."""
    shown = f"[ {word} ]"
    if os.environ.get("NO_COLOR") or not sys.stdout.isatty():
        return shown
    return click.style(shown, fg=colour, bold=True)


def emit_json(value: Any) -> None:
    """Print one JSON document to stdout."""
    sys.stdout.buffer.write(document(value))


def emit_error(error: FoodtraceError, lang: Lang, *, as_json: bool) -> None:
    """Print an error: what, value, expected; then what to do next."""
    if as_json:
        emit_json({"error": error.as_dict()})
        return
    say(f"{text('cli.error', lang)} {error.code}: {error.message(lang)}", err=True)
    hint = error.hint(lang)
    if hint:
        say(f"{text('cli.hint', lang)}: {hint}", err=True)
    for each in getattr(error, "candidates", ()):
        say(f"  {clean(said(each, lang))}", err=True)
    if near := getattr(error, "near", ()):
        say(f"{text('cli.near', lang)}: {clean(', '.join(said(each, lang) for each in near))}", err=True)


@contextmanager
def progress(label: str, total: int | None = None) -> Iterator[Progress]:
    """Show how far a long piece of work has come."""
    bar = Progress(label, total)
    try:
        yield bar
    finally:
        bar.finish()


_BAR = 24
"""Characters in a progress bar."""


class Progress:
    """A bar on a terminal, a counter elsewhere, on stderr; call it with (done, total)."""

    def __init__(self, label: str, total: int | None) -> None:
        self._label = label
        self._total = total
        self._next = time.monotonic() + 0.5
        self._shown = False
        self._terminal = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"

    def __call__(self, done: int, total: int | None = None) -> None:
        """Say how much is done."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + (0.25 if self._terminal else 10)
        whole = total or self._total
        part = f"{done:,}" + (f" / {whole:,}  {done * 100 // max(whole, 1)} %" if whole else "")
        if whole and self._terminal:
            filled = min(done, whole) * _BAR // max(whole, 1)
            part = f"[{'#' * filled}{'.' * (_BAR - filled)}] {part}"
        click.echo(("\r" if self._terminal else "") + f"{self._label} {part}", nl=not self._terminal, err=True)
        self._shown = True

    def finish(self) -> None:
        """End the line."""
        if self._shown and self._terminal:
            click.echo("", err=True)
