"""What every command gets: which ledger, which language, is somebody there to ask."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from foodtrace.texts import Lang, text

if TYPE_CHECKING:
    from foodtrace.ledger import Ledger


def language(asked: str | None) -> Lang:
    """Return the language: asked for, else FOODTRACE_LANG, else the locale (zh_* is Chinese; unset or C is English)."""
    for choice in (asked, os.environ.get("FOODTRACE_LANG")):
        if choice in ("zh", "en"):
            return cast("Lang", choice)
    locale = os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
    return "zh" if locale.lower().startswith("zh") else "en"


@dataclass
class Context:
    """The settings of one run."""

    db: str
    keys: str | None
    log: str | None
    lang: Lang
    debug: bool = False

    def open(self, *, create: bool = False) -> Ledger:
        """Open the ledger of ``--db``. A missing file is an error unless the command makes one."""
        from foodtrace.ledger import Ledger  # noqa: PLC0415 - not every command needs a ledger

        return Ledger.open(self.db, log=self.log, keys=self.keys, create=create, passphrase=self.passphrase)

    @property
    def passphrase(self) -> str | Callable[[], str] | None:
        """Return FOODTRACE_PASSPHRASE, else, where there is a terminal, what asks for it when a locked key is first needed."""
        given = os.environ.get("FOODTRACE_PASSPHRASE")
        return given if given is not None or not self.interactive else self._ask_passphrase

    def _ask_passphrase(self) -> str:
        import click  # noqa: PLC0415 - only where somebody is asked

        return str(click.prompt(self.t("cli.keys.passphrase"), hide_input=True, err=True))

    def t(self, key: str, /, **params: object) -> str:
        """Return a text of the catalogue in this run's language."""
        return text(key, self.lang, **params)

    @property
    def interactive(self) -> bool:
        """Say whether somebody can be asked: without a terminal a missing answer is exit 2, never a hang."""
        return sys.stdin.isatty() and sys.stderr.isatty()
