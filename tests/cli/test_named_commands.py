"""A command that a hint, a page or the help tells people to type exists, with the options it names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from foodtrace.texts import catalogue
from foodtrace.texts._help import COMMANDS
from foodtrace.texts._help_options import OPTIONS
from foodtrace_cli.main import cli

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
TYPED = re.compile(r"\bfoodtrace((?: +(?:--?[a-z][a-z-]*|[a-z][a-z-]*|[A-Z][A-Z_./=-]*|\{\w+\}))+)")
"""What is typed after ``foodtrace``: commands, options, and words that stand for something."""


def unknown(words: list[str]) -> str:
    """Return the first subcommand or option that is not there; empty if all are, or if no command is named."""
    command: click.Command = cli
    for word in words:
        if word.startswith("-"):
            if word not in _options(command):
                return word
        elif isinstance(command, click.Group):
            below = command.get_command(click.Context(command), word) if word.islower() else None
            if below is None and command is cli and not word.isupper():
                return ""  # a sentence about foodtrace
            if below is None and word.islower() and "truck" not in getattr(command, "commands", {}):
                return word
            command = below or command
    return ""


def _options(command: click.Command) -> set[str]:
    """Return the options of a command and those before every command; of ``gate``, those of a truck too, which it is short for."""
    both = [command, cli]
    truck = command.commands.get("truck") if isinstance(command, click.Group) else None
    return {
        "-h",
        "--help",
        *(name for each in [*both, *([truck] if truck else [])] for p in each.params for name in [*p.opts, *p.secondary_opts]),
    }


def told(text: str) -> Iterator[str]:
    for found in TYPED.finditer(text):
        words = found[1].split()
        if wrong := unknown(words):
            yield f"foodtrace {' '.join(words)}: there is no {wrong}"


def test_what_is_not_there_is_found() -> None:
    assert list(told("try foodtrace correct --show, or foodtrace gate --market X")) == ["foodtrace correct --show: there is no --show"]
    assert list(told("foodtrace --no-such verify")) == ["foodtrace --no-such verify: there is no --no-such"]
    assert list(told("foodtrace case ack --code CODE")) == ["foodtrace case ack --code CODE: there is no ack"]
    assert list(told("foodtrace key list --export FILE; foodtrace never writes here")) == []


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_text_names_commands_that_are_there(lang: str) -> None:
    texts = {key: pair[lang == "en"] for key, pair in catalogue().items()}
    texts |= {key: key if lang == "en" else chinese for key, chinese in {**COMMANDS, **OPTIONS}.items()}
    assert [f"{key}: {wrong}" for key, text in texts.items() for wrong in told(text)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_page_names_commands_that_are_there(page: Path) -> None:
    assert list(told(page.read_text(encoding="utf-8"))) == []
