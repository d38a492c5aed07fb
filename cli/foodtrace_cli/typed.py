"""What is typed at several commands: types of options, and days and times with a Chinese input method on."""

from __future__ import annotations

import datetime as dt
import unicodedata
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import click

from foodtrace.errors import BadData

_DATABASE: Final = b"SQLite format 3\0"
_BESIDE: Final = ("-wal", "-shm", "-journal")
"""Endings of what SQLite keeps beside a database."""
_OTHERS: Final = 0o077
_CHINA: Final = dt.timezone(dt.timedelta(hours=8))


def plain(text: str) -> str:
    """Return digits, dashes, colons and the like in half width, without blanks around them."""
    return text.strip() if text.isascii() else unicodedata.normalize("NFKC", text).strip()


def today() -> dt.datetime:
    """Return the time by which a year that was left out is told: that of ``--now`` if it was given."""
    given = getattr(getattr(click.get_current_context(silent=True), "obj", None), "now", "")
    with suppress(ValueError):
        if given:
            when = dt.datetime.fromisoformat(plain(given).replace("/", "-"))
            return when if when.tzinfo is not None else when.replace(tzinfo=_CHINA)
    return dt.datetime.now(_CHINA)


class Day(click.DateTime):
    """A day, ``2026-11-24``; help says it as people write it, not as a program formats it."""

    def __init__(self) -> None:
        super().__init__(("%Y-%m-%d",))

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the day that was typed."""
        if isinstance(value, str):
            from foodtrace.operations.typed import typed_day  # noqa: PLC0415

            with suppress(ValueError):
                return dt.datetime.combine(typed_day(value, today(), year=""), dt.time())
        return super().convert(plain(value) if isinstance(value, str) else value, param, ctx)

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:  # noqa: ARG002 - click's way to ask
        """Return what stands for the value in help."""
        return "YYYY-MM-DD"


class Word(click.Choice[str]):
    """A choice of words that takes a hyphen for an underscore and the other way round; the command gets the word as it is offered."""

    def normalize_choice(self, choice: object, ctx: click.Context | None) -> str:
        """Return what is compared."""
        return super().normalize_choice(choice, ctx).replace("_", "-")


class OutFile(click.ParamType[str]):
    """A file to write. One that is a ledger, lies beside one as a part of it, or lies among keys is not replaced.

    ``recall LOT --csv shop.db`` would else put a table in the place of the log, or of the key that signs it.
    """

    name = "file"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:  # noqa: ARG002 - click's way to ask
        """Return the name that was typed. Raises ``BadData`` (``output.kept``)."""
        if value and value != "-" and _is_kept(Path(value).expanduser()):
            raise BadData("output.kept", value=value)
        return str(value)


def _is_kept(path: Path) -> bool:
    try:
        if path.is_file() and not path.stat().st_mode & _OTHERS and any(path.resolve().parent.glob("*.key")):
            return True  # a key, an anchor, a mark, the seed of a draw
        ending = next((each for each in _BESIDE if path.name.endswith(each)), "")
        return _is_database(path) or bool(ending and _is_database(path.with_name(path.name.removesuffix(ending))))
    except OSError:
        return False  # whoever writes it says what is wrong


def _is_database(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(_DATABASE)) == _DATABASE


DAY = Day()
OUT_FILE = OutFile()
