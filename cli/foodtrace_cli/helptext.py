"""Help in Chinese: the commands' own English sentences, looked up in the catalogue and laid out in cells.

Rules:

1. A command is touched when it is loaded, and only where Chinese is asked for; asked for English afterwards, it speaks English again.
2. Lines are broken by cells, between any two Chinese characters: click counts characters, and breaks at spaces only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

import click

from foodtrace.texts import Lang
from foodtrace_cli.output import cells
from foodtrace_cli.schemaoption import HELP, names_in

_SECTIONS: Final = {"Options": "选项", "Commands": "命令", "Arguments": "参数"}
_PIECES: Final = re.compile(r"[\u2e80-\uffef]|[^\s\u2e80-\uffef]+|\s+")
_NEVER_FIRST: Final = frozenset("。、，；：！？）),.;:!?]")
_WIDEST: Final = 30
"""Cells of the column of options; a longer one has its help on the next line."""


def flat(sentence: str) -> str:
    """Return a docstring with one line for each paragraph."""
    return "\n\n".join(" ".join(part.split()) for part in sentence.split("\n\n")).strip()


def chinese(sentence: str) -> str:
    """Return the Chinese of a help text; what has none is shown as it is."""
    from foodtrace.texts._help import COMMANDS  # noqa: PLC0415 - only where Chinese help is shown
    from foodtrace.texts._help_options import OPTIONS  # noqa: PLC0415

    names = names_in(sentence)
    if names:
        return OPTIONS[HELP].format(names=names)
    return COMMANDS.get(flat(sentence)) or OPTIONS.get(flat(sentence)) or sentence


def speak(command: click.Command, lang: Lang) -> None:
    """Let a command, and those below it, help in a language (rule 1)."""
    english: dict[str, Any] = command.__dict__.setdefault(
        "_english", {"help": command.help, "short": command.short_help, "options": [getattr(each, "help", None) for each in command.params]}
    )
    if lang == "zh":
        command.help = chinese(english["help"] or "")
        command.short_help = command.help.split("\n")[0].split("。")[0] + "。"
        command.context_class = ChineseContext
    else:
        command.help, command.short_help = english["help"], english["short"]
        command.context_class = click.Context
    for option, said in zip(command.params, english["options"], strict=False):
        if isinstance(option, click.Option):
            option.help = chinese(said) if said and lang == "zh" else said
    for below in getattr(command, "commands", {}).values():
        speak(below, lang)


def like(group: click.Group, command: click.Command) -> click.Command:
    """Let a command that a group has just loaded speak as the group does."""
    speak(command, "zh" if group.context_class is ChineseContext else "en")
    return command


def wrapped(text: str, width: int) -> list[str]:
    """Break a text into lines of at most so many cells (rule 2)."""
    lines = [""]
    for piece in _PIECES.findall(text):
        if cells(lines[-1] + piece.rstrip()) > width and lines[-1].strip():
            kept = _PIECES.findall(lines[-1])
            with_it = kept.pop() if piece[0] in _NEVER_FIRST and len(kept) > 1 else ""
            lines[-1] = "".join(kept)
            lines.append(with_it)
        lines[-1] += piece if lines[-1] else piece.lstrip()
    return [line.rstrip() for line in lines if line.strip()]


class ChineseFormatter(click.HelpFormatter):
    """Lays help out by cells, under Chinese headings."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """Write the line of usage."""
        del prefix
        super().write_usage(prog, args, prefix="用法: ")

    def write_heading(self, heading: str) -> None:
        """Write the heading of a section."""
        super().write_heading(_SECTIONS.get(heading, heading))

    def write_text(self, text: str) -> None:
        """Write paragraphs."""
        indent = " " * self.current_indent
        for number, paragraph in enumerate(text.split("\n\n")):
            if number:
                self.write("\n")
            for line in wrapped(flat(paragraph), self.width - self.current_indent):
                self.write(f"{indent}{line}\n")

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = _WIDEST, col_spacing: int = 2) -> None:
        """Write a list of options or commands."""
        rows = list(rows)
        first = min(max((cells(each) for each, _ in rows), default=0), col_max) + col_spacing
        for name, said in rows:
            self.write(" " * self.current_indent + name)
            words = chinese(said).replace("required]", "必填]").replace("[default: ", "[默认: ")
            lines = wrapped(words, self.width - self.current_indent - first)
            room = first - cells(name)
            for line in lines:
                if room < col_spacing:
                    self.write("\n")
                    room = self.current_indent + first
                self.write(" " * room + line + "\n")
                room = self.current_indent + first
            if not lines:
                self.write("\n")


class ChineseContext(click.Context):
    """A context whose help is laid out by cells."""

    formatter_class = ChineseFormatter
