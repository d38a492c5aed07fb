"""Every command of the program with its English help."""

from __future__ import annotations

from collections.abc import Iterator

import click

from foodtrace_cli.helptext import speak
from foodtrace_cli.main import cli


def every(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in sorted({*command.list_commands(context), *getattr(command, "commands", {})}):
            below = command.get_command(context, name)
            assert below is not None
            yield from every(below, (*path, name))


def english() -> list[tuple[tuple[str, ...], click.Command]]:
    """Every command with its English help, whatever an earlier run in this process has made of it."""
    cli.lang = "en"
    speak(cli, "en")
    return list(every(cli))
