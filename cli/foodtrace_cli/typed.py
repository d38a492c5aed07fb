"""What is typed at several commands: types of options, and days and times with a Chinese input method on."""

from __future__ import annotations

import unicodedata
from typing import Any

import click


def plain(text: str) -> str:
    """Return digits, dashes, colons and the like in half width, without blanks around them."""
    return text.strip() if text.isascii() else unicodedata.normalize("NFKC", text).strip()


class Day(click.DateTime):
    """A day, ``2026-11-24``; help says it as people write it, not as a program formats it."""

    def __init__(self) -> None:
        super().__init__(("%Y-%m-%d",))

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the day that was typed."""
        return super().convert(plain(value) if isinstance(value, str) else value, param, ctx)

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:  # noqa: ARG002 - click's way to ask
        """Return what stands for the value in help."""
        return "YYYY-MM-DD"


class Word(click.Choice[str]):
    """A choice of words that takes a hyphen for an underscore and the other way round; the command gets the word as it is offered."""

    def normalize_choice(self, choice: object, ctx: click.Context | None) -> str:
        """Return what is compared."""
        return super().normalize_choice(choice, ctx).replace("_", "-")


DAY = Day()
