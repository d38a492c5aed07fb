"""Recall rule packs: dated parameters, chosen by date (DOMAIN section 0: nothing hard-coded).

Rules:

1. A pack names its source and says whether its text was read (``verified``).
2. A pack without figures is a **gap**: known to be in force, text not read. It never computes anything.
3. For a day, the newest pack with figures in force computes, and every newer gap in force is named beside it.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Iterable
from functools import cache, lru_cache
from importlib.resources import files
from typing import Literal

import msgspec

from foodtrace.errors import BadData
from foodtrace.recall.deadlines import local_day
from foodtrace.recall.facts import Case
from foodtrace.recall.settings import DAY_LONG, DEFAULT, HOUR, Settings


class Pack(msgspec.Struct, frozen=True, kw_only=True):
    """One rule pack."""

    id: str
    title: str
    effective_from: dt.date
    effective_to: dt.date | None = None
    """Last day; none: until a newer one."""
    source: str
    verified: bool
    settings: Settings | None
    """None: a gap (rule 2)."""


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """The pack that computes for a day, and what is known to have replaced it."""

    pack: Pack
    settings: Settings
    gaps: tuple[Pack, ...]
    """Packs in force by that day whose text could not be read: say so with every answer."""


class _Law(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    start_hours: tuple[int, int, int]
    complete_days: tuple[int, int, int]
    count_publication_day: bool = DEFAULT.count_publication_day


class _Chosen(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    clock_slack_hours: int = DEFAULT.clock_slack // HOUR
    transit_limit_days: int = DEFAULT.transit_limit // DAY_LONG
    silent_after_days: int = DEFAULT.silent_after // DAY_LONG
    answer_limit: int = DEFAULT.answer_limit
    lot_presumption: Literal["lot", "path"] = DEFAULT.lot_presumption
    outlet_kinds: tuple[str, ...] = tuple(sorted(DEFAULT.outlet_kinds))
    publication_is_notice: bool = DEFAULT.publication_is_notice
    count_possible: bool = DEFAULT.count_possible
    sealed_counts: bool = DEFAULT.sealed_counts
    block_possible: Literal["hold", "refuse", "allow"] = DEFAULT.block_possible
    unblock_on_close: bool = DEFAULT.unblock_on_close


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    id: str
    title: str
    effective_from: dt.date
    effective_to: dt.date | None = None
    source: str
    verified: bool
    law: _Law | None = None
    chosen: _Chosen = _Chosen()


def read_pack(text: str) -> Pack:
    """Read one pack.

    :raises BadData: ``deadline.pack_form``.
    """
    try:
        file = msgspec.convert(tomllib.loads(text), _File)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as wrong:
        raise BadData("deadline.pack_form", value=text.partition("\n")[0], reason=str(wrong)) from None
    if file.law is not None and min(*file.law.start_hours, *file.law.complete_days, file.chosen.answer_limit) < 1:
        raise BadData("deadline.pack_form", value=file.id, reason="limits < 1")
    return Pack(
        id=file.id,
        title=file.title,
        effective_from=file.effective_from,
        effective_to=file.effective_to,
        source=file.source,
        verified=file.verified,
        settings=None if file.law is None else _settings(file.law, file.chosen),
    )


def _settings(law: _Law, chosen: _Chosen) -> Settings:
    return Settings(
        clock_slack=chosen.clock_slack_hours * HOUR,
        transit_limit=chosen.transit_limit_days * DAY_LONG,
        silent_after=chosen.silent_after_days * DAY_LONG,
        answer_limit=chosen.answer_limit,
        lot_presumption=chosen.lot_presumption,
        outlet_kinds=frozenset(chosen.outlet_kinds),
        publication_is_notice=chosen.publication_is_notice,
        count_possible=chosen.count_possible,
        sealed_counts=chosen.sealed_counts,
        count_publication_day=law.count_publication_day,
        block_possible=chosen.block_possible,
        unblock_on_close=chosen.unblock_on_close,
        start_hours=law.start_hours,
        complete_days=law.complete_days,
    )


@cache
def shipped() -> tuple[Pack, ...]:
    """Return the packs that come with foodtrace, oldest first."""
    folder = files("foodtrace.recall") / "rules"
    packs = [read_pack(each.read_text("utf-8")) for each in folder.iterdir() if each.name.endswith(".toml")]
    return tuple(sorted(packs, key=lambda pack: pack.effective_from))


def choose(day: dt.date, *, id: str = "", local: Iterable[str] = ()) -> Choice:  # noqa: A002 - the pack's own word
    """Return the pack that computes for a day (rule 3), or the one named ``id``.

    :param id: pack a case names; empty: by date.
    :param local: further packs, TOML texts; one with the id of a shipped pack replaces it.
    :raises BadData: ``deadline.pack_unknown``, ``deadline.pack_gap`` (named, but has no figures), ``deadline.pack_none``.
    """
    packs = {each.id: each for each in (*shipped(), *map(read_pack, local))}
    ordered = sorted(packs.values(), key=lambda pack: pack.effective_from)
    in_force = [each for each in ordered if each.effective_from <= day and (each.effective_to is None or day <= each.effective_to)]
    if id and id not in packs:
        raise BadData("deadline.pack_unknown", value=id, expected=", ".join(each.id for each in ordered))
    usable = [packs[id]] if id else [each for each in in_force if each.settings is not None]
    if not usable:
        raise BadData("deadline.pack_none", value=day, expected=str(min(each.effective_from for each in ordered)))
    pack = usable[-1]
    if pack.settings is None:
        raise BadData("deadline.pack_gap", value=pack.id, expected=", ".join(each.id for each in ordered if each.settings is not None))
    gaps = tuple(each for each in in_force if each.settings is None and each.effective_from > pack.effective_from)
    return Choice(pack=pack, settings=pack.settings, gaps=gaps)


@lru_cache(maxsize=256)
def _of(pack: str, day: dt.date) -> Choice:
    try:
        return choose(day, id=pack)
    except BadData:
        # A pack that is not here: what the law says by date; the answer names the pack it was computed by.
        return choose(max(day, min(each.effective_from for each in shipped() if each.settings is not None)))


def for_case(case: Case | None) -> Choice:
    """Return the pack that computes for a case: the one it names, else by the day it was opened; without a case, the last one."""
    if case is None:
        return _of("", dt.date.max)
    return for_opening(case.rule_pack, case.opened)


def for_opening(rule_pack: str, opened: int) -> Choice:
    """Return the pack that computes for a case, by the one it names and when it was opened (microseconds UTC)."""
    return _of(rule_pack, local_day(opened))
