"""What people are told a site is called, where several bear one name. Pure.

The name over a door is nobody's own: a street has two shops of one name. Where it is borne by more than one of the sites that an answer is
about, the id stands behind it, ``福安超市 (S0)``; any other site goes by its name alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


def told_apart(sites: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return what to call each of some sites, by id. :param sites: (id, name), in any order and as often as they come; no name: its id."""
    names = {site: name or site for site, name in sites}
    bearers: dict[str, int] = {}
    for name in names.values():
        bearers[name] = bearers.get(name, 0) + 1
    return {site: f"{name} ({site})" if bearers[name] > 1 and name != site else name for site, name in names.items()}


def names_in(answer: Any, more: Iterable[tuple[str, str]] = ()) -> dict[str, str]:
    """Return what to call each site that an answer about a recall names: affected, or in what could not be traced.

    :param more: (id, name) of others that stand beside them.
    """
    rows = [(row.site, row.name) for row in (*answer.outlets, *answer.others)]
    here = {site for site, _ in rows}
    others = [*more, *((each.site, each.site_name) for each in answer.untraced if each.site)]
    return told_apart(rows + [each for each in others if each[0] not in here])


def called(each: Any, names: Mapping[str, str], name: str) -> str:
    """Return what to call the site of something: as the answer has it, else by the name it has there, else by its id."""
    return names.get(each.site) or name or str(each.site)


__all__ = ["called", "names_in", "told_apart"]
