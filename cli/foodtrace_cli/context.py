"""What every command gets: which ledger, which language, is somebody there to ask."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from foodtrace.texts import Lang, text

if TYPE_CHECKING:
    import datetime as dt

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
    confirm_clock: bool = False
    """The clock is right, whatever the last entry says (``--confirm-clock``)."""
    now: str = ""
    """The time by another clock (``--now``), from which time goes on in this run; empty: this machine's clock."""

    rules: str | None = None
    """Folder of rule packs of one's own (``--rules``, FOODTRACE_RULES)."""

    def open(self, *, create: bool = False, recovering: bool = False, older: bool = False, looking: bool = False) -> Ledger:
        """Open the ledger of ``--db``. A missing file is an error unless the command makes one.

        :param recovering: in spite of this host's anchors, for the commands that compare with them.
        :param looking: whatever its settings say, for the command that looks what is wrong.
        :param older: of an older version too, for the commands that bring it over or copy it.
        """
        from foodtrace.ledger import Ledger  # noqa: PLC0415 - not every command needs a ledger

        clock = _GivenClock(self.now) if self.now else None
        ledger = Ledger.open(
            self.db,
            log=None if recovering else self.log,
            keys=self.keys,
            create=create,
            passphrase=self.passphrase,
            recovering=recovering,
            older=older,
            looking=looking,
            clock=clock,
            confirm_clock=self.confirm_clock,
            clock_ahead=_clock_ahead(),
            rules=self.rules or None,
        )
        if clock is not None and not (create or recovering or older or looking):
            clock.goes_on_from(max((each.time for each in ledger.logs()), default=0))
        return ledger

    @property
    def shown_db(self) -> str:
        """Return what ``--db`` says, without any password."""
        from foodtrace.addresses import without_passwords  # noqa: PLC0415 - a recall does not show it

        return without_passwords(self.db)

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


class _GivenClock:
    """A clock that stands at the time given now and goes on from there, whatever happens to the machine's own.

    A time to the minute is somewhere in that minute: what was sealed within it has happened, or a command would not see the one before.

    :raises BadData: ``cli.time``.
    """

    def __init__(self, text: str) -> None:
        from foodtrace.tlog.entry import epoch_micros  # noqa: PLC0415 - hardly ever asked for
        from foodtrace_cli.commands.case_common import moment  # noqa: PLC0415

        when = moment(text, "2026-11-24 03:10")
        self._span = (1 if when.second else 60) * 1_000_000 if not when.microsecond else 0
        self._began, self._start = time.monotonic_ns(), epoch_micros(when)

    def __call__(self) -> int:
        return self._start + (time.monotonic_ns() - self._began) // 1000

    def goes_on_from(self, last: int) -> None:
        """Take a last entry, in microseconds UTC, that was sealed within the minute or second given for past."""
        if self._start <= last < self._start + self._span:
            self._began, self._start = time.monotonic_ns(), last + 1


def _clock_ahead() -> dt.timedelta | None:
    """Return FOODTRACE_CLOCK_AHEAD, a number of days. Raises ``BadData`` (``clock.ahead``)."""
    given = os.environ.get("FOODTRACE_CLOCK_AHEAD", "")
    if not given:
        return None
    import datetime as dt  # noqa: PLC0415 - hardly ever set

    from foodtrace.errors import BadData  # noqa: PLC0415

    if not (given.isascii() and given.isdigit() and len(given) < 6):  # noqa: PLR2004 - digits that no timedelta chokes on
        raise BadData("clock.ahead", value=given, expected="FOODTRACE_CLOCK_AHEAD=60")
    return dt.timedelta(days=int(given))
