"""What the commands of ``case`` share: who acts on which log, options, names, how a scope is given."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from foodtrace.errors import BadData, NotFound
from foodtrace_cli.context import Context
from foodtrace_cli.output import say
from foodtrace_cli.typed import plain, today

if TYPE_CHECKING:
    from foodtrace.operations.common import Doing, Outcome
    from foodtrace.operations.scopes import Given
    from foodtrace.storage.session import Session

BY = click.option("--by", default="", envvar="FOODTRACE_BY", help="Number of who records it (never a name).")
CASE = click.option("--case", "case_id", default=None, help="Case; by default the only one.")
CASE_AND_LOTS = click.argument("names", nargs=-1, metavar="[CASE] [LOT...]")
CASE_ARGUMENT = click.argument("case_id", required=False, metavar="[CASE]")
REASON = click.option("--reason", default="", help="Why; it stays on record.")
APPROVED = click.option("--approved-by", default="", help="Number of who approved it.")
NOTHING_YET = click.option("--nothing-yet", is_flag=True, help="Also where a rule or a window fits nothing on record yet.")
EVIDENCE = click.option("--evidence", default=None, metavar="FILE", help="Photo or document; its SHA-256 is recorded.")

_FIRST, _LAST = 1971, 2998
"""Years that somebody may type."""


def act(ctx: Context, work: Callable[[Session, Doing], Outcome], *, by: str = "") -> Any:
    """Carry an operation out in a transaction of the log that this host writes; return its answer."""
    from foodtrace.operations.common import Doing, local  # noqa: PLC0415

    with ctx.open() as ledger:
        doing = Doing(now=local(ledger.clock()), by=by, log=ledger.writer().number)
        return ledger.act(lambda session: work(session, doing))[1]


def case_and_lots(ctx: Context, names: tuple[str, ...]) -> tuple[str | None, tuple[str, ...]]:
    """Tell the case from the lots among the words of a command (:data:`CASE_AND_LOTS`)."""
    from foodtrace.operations import whichcase  # noqa: PLC0415

    with ctx.open() as ledger, ledger.reading() as session:
        return whichcase.case_and_lots(session, names)


def say_taken(ctx: Context, named: str | None, case: str) -> None:
    """Say which case was taken where none was named."""
    if not named:
        say(ctx.t("cli.case.taken", case=case), err=True)


def names_of(ctx: Context, sites: Iterable[str]) -> dict[str, str]:
    """Return what is over the doors of some sites."""
    from foodtrace.operations.sellers import site_name  # noqa: PLC0415

    with ctx.open() as ledger, ledger.reading() as session:
        return {site: site_name(session, site) for site in dict.fromkeys(sites) if site}


def as_file(case: str) -> str:
    """Return the name of a case as part of a file's name."""
    return case.replace("/", "-")


def moment(text: str, example: str = "2026-11-24T09:10", *, ahead: bool = False) -> dt.datetime:
    """Read a time (:mod:`foodtrace.operations.typed`). Raises ``BadData`` (``cli.time``). :param ahead: it may be still to come."""
    from foodtrace.operations.typed import typed_moment  # noqa: PLC0415

    try:
        when, _ = typed_moment(text, today(), year="" if ahead else "last")
    except ValueError:
        raise BadData("cli.time", value=text, expected=example) from None
    if not _FIRST <= when.year <= _LAST:  # beyond it no deadline can be counted
        raise BadData("cli.time", value=text, expected=example)
    return when


def day(text: str, *, ahead: bool = False, example: str = "2026-12-31") -> dt.date:
    """Read a day. Raises ``BadData`` (``cli.time``). :param ahead: it may be still to come."""
    from foodtrace.operations.typed import typed_day  # noqa: PLC0415

    try:
        given = typed_day(text, today(), year="" if ahead else "last")
    except ValueError:
        raise BadData("cli.time", value=text, expected=example) from None
    if not _FIRST <= given.year <= _LAST:
        raise BadData("cli.time", value=text, expected=example)
    return given


def hashed(path: str | None) -> str:
    """Return the SHA-256 of a file of evidence, empty without one. Raises ``NotFound`` (``cli.no_file``)."""
    if path is None:
        return ""
    digest = hashlib.sha256()
    try:
        with Path(path).open("rb") as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
    except FileNotFoundError:
        raise NotFound("case.no_file", value=path) from None
    return digest.hexdigest()


def given(lots: Iterable[str], words: dict[str, str]) -> Given:
    """Return a scope from lots and the options of :func:`foodtrace_cli.commands.scope_words.scope_options`."""
    from foodtrace.operations.scopes import Given  # noqa: PLC0415

    # A copy: whoever asks afterwards whether a rule was given must still see these two.
    words = dict(words)
    produced, expiring = _range(words.pop("produced")), _range(words.pop("expiring"))
    return Given(
        lots=tuple(lots),
        produced_from=produced[0],
        produced_to=produced[1],
        expiring_from=expiring[0],
        expiring_to=expiring[1],
        **words,
    )


def _range(text: str) -> tuple[str, str]:
    if not text:
        return "", ""
    first, dots, last = plain(text).partition("..")
    return (first, last) if dots else (first, first)
