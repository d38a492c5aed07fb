"""Recall rule packs: dated parameters, chosen by date (DOMAIN section 0: nothing hard-coded).

Rules:

1. A pack names its source and says whether its text was read (``verified``).
2. A pack without figures is a **gap**: known to be in force, text not read. It never computes anything.
3. For a day, the newest pack with figures in force computes, packs of one's own before those that come with foodtrace, and every
   newer gap in force is named beside it.
4. A case is computed by the very pack it was opened under. Where that is not here (another host, a text that was changed since), the
   pack of that id or of that day computes, the answer says so (:attr:`Choice.missing`), and no block is softer than by default.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from foodtrace.errors import BadData
from foodtrace.recall.deadlines import local_day
from foodtrace.recall.facts import Case
from foodtrace.recall.packfiles import Pack, local, read_pack, shipped
from foodtrace.recall.settings import Settings

if TYPE_CHECKING:
    from foodtrace.recall.said import Answer


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """The pack that computes for a day, and what is known to have replaced it."""

    pack: Pack
    settings: Settings
    gaps: tuple[Pack, ...]
    """Packs in force by that day whose text could not be read: say so with every answer."""
    missing: str = ""
    """The pack that the case was opened under, where it is not here or has no figures: say so with every answer (rule 4)."""

    def named(self, answer: Answer) -> Answer:
        """Return an answer computed by this choice, which says so."""
        return msgspec.structs.replace(answer, rule_pack=self.pack.name, rule_pack_missing=self.missing)


def choose(day: dt.date, *, id: str = "", own: Sequence[Pack] = ()) -> Choice:  # noqa: A002 - the pack's own word
    """Return the pack that computes for a day (rule 3), or the one named ``id``.

    :param id: what a case names (:attr:`Pack.name`); empty: by date.
    :param own: packs of one's own; by date, one with the id of a shipped pack replaces it.
    :raises BadData: ``deadline.pack_unknown``, ``deadline.pack_gap`` (named, but has no figures), ``deadline.pack_none``.
    """
    packs = _in_order(own)
    in_force = [each for each in packs if each.effective_from <= day and (each.effective_to is None or day <= each.effective_to)]
    if id:
        usable = [each for each in (*shipped(), *own) if each.name == id]
        if not usable:
            raise BadData("deadline.pack_unknown", value=id, expected=", ".join(each.name for each in packs))
    else:
        usable = [each for each in in_force if each.settings is not None]
    if not usable:
        raise BadData("deadline.pack_none", value=day, expected=str(min(each.effective_from for each in packs)))
    pack = usable[-1]
    if pack.settings is None:
        raise BadData("deadline.pack_gap", value=pack.id, expected=", ".join(each.name for each in packs if each.settings is not None))
    gaps = tuple(each for each in in_force if each.settings is None and each.effective_from > pack.effective_from)
    return Choice(pack=pack, settings=pack.settings, gaps=gaps)


def _in_order(own: Sequence[Pack]) -> list[Pack]:
    """Return every pack in force by its dates; the last one with figures computes."""
    replaced = {each.id for each in own}
    kept = [each for each in shipped() if each.id not in replaced]
    return [*sorted(kept, key=lambda pack: pack.effective_from), *sorted(own, key=lambda pack: pack.effective_from)]


@lru_cache(maxsize=256)
def _of(named: str, day: dt.date, rules: Path | None) -> Choice:
    own = local(rules)
    if not named:
        return _by_day(day, own)
    try:
        return choose(day, id=named, own=own)
    except BadData:
        same = [each for each in _in_order(own) if each.id == named.partition("@")[0] and each.settings is not None]
        found = choose(day, id=same[-1].name, own=own) if same else _by_day(day, own)
        return msgspec.structs.replace(found, missing=named, settings=_no_softer(found.settings))


def _by_day(day: dt.date, own: Sequence[Pack]) -> Choice:
    """Return the pack of a day; of a day before all of them, the first."""
    try:
        return choose(day, own=own)
    except BadData:
        return choose(max(day, min(each.effective_from for each in shipped() if each.settings is not None)), own=own)


def _no_softer(settings: Settings) -> Settings:
    """Return the parameters with which no goods pass that the pack which is not here may hold (rule 4)."""
    possible = "hold" if settings.block_possible == "allow" else settings.block_possible
    return msgspec.structs.replace(settings, block_possible=possible, unblock_on_close=False)


def for_case(case: Case, rules: Path | None) -> Choice:
    """Return the pack that computes for a case (rule 4).

    :param rules: folder of packs of one's own (:attr:`foodtrace.storage.session.Session.rules`).
    :raises BadData: ``rules.*``: a file there.
    """
    return for_opening(case.rule_pack, case.opened, rules)


def for_opening(named: str, opened: int, rules: Path | None) -> Choice:
    """Return the pack that computes for a case, by the one it names and when it was opened (microseconds UTC)."""
    return _of(named, local_day(opened), rules)


def for_day(moment: int, rules: Path | None) -> Choice:
    """Return the pack that computes at a moment (microseconds UTC) where no case names one."""
    return _of("", local_day(moment), rules)


__all__ = ["Choice", "Pack", "choose", "for_case", "for_day", "for_opening", "local", "read_pack", "shipped"]
