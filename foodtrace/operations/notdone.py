"""What stands against closing a case, in the words of who has to mend it: by site, and how many sites for what.

Rules:

1. A site is told once, with all that is missing there. One that got no notice has answered none: it is counted once, as both.
2. The notice comes before the answer, in words and in what is to be done.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from foodtrace.errors import Refused
from foodtrace.operations.closing import Condition, Kind
from foodtrace.recall.namesakes import told_apart
from foodtrace.texts import Lang, text

_GRAVEST: Final[tuple[Kind, ...]] = (
    "free", "found", "check_failed", "astray",
    "travelling", "unnotified", "silent", "contradicts", "twice", "undisposed", "sealed", "undrawn", "unvisited",
)  # fmt: skip
_NAMED: Final = 5
"""Sites that a sentence names."""


def by_site(against: Iterable[Condition]) -> list[tuple[Condition, ...]]:
    """Return what stands against closing, site by site, as they come; of a site the notice before the answer (rules 1, 2)."""
    sites: dict[str, list[Condition]] = {}
    for each in against:
        sites.setdefault(each.site, []).append(each)
    return [tuple(sorted(found, key=lambda each: each.kind != "unnotified")) for found in sites.values()]


def things(against: Iterable[Condition]) -> int:
    """Return how many things those are (rule 1)."""
    kinds = [(each.site, "unnotified" if each.kind == "silent" else each.kind, each.unit, each.product) for each in against]
    return len(set(kinds))


def worst(against: Iterable[Condition]) -> Condition | None:
    """Return what weighs most of what stands against closing: goods within reach of buyers before goods in custody, then the most of it."""
    return min(against, key=lambda each: (_GRAVEST.index(each.kind), -each.quantity, each.site), default=None)


def standing_words(against: Sequence[Condition], lang: Lang, named: Mapping[str, str] | None = None) -> str:
    """Return in words what stands against closing, how many sites and which. :param named: what to call sites; by default apart here."""
    called = told_apart((each.site, each.name) for each in against) if named is None else named
    kinds: dict[tuple[str, ...], dict[str, str]] = {}
    silent = {each.site for each in against if each.kind == "silent"}
    untold = {each.site for each in against if each.kind == "unnotified"}
    for each in against:
        both = each.kind in ("silent", "unnotified") and each.site in silent & untold
        kinds.setdefault(("unnotified", "silent") if both else (each.kind,), {})[each.site] = called.get(each.site, each.name)
    return "; ".join(
        ", ".join(text(f"closing.{kind}", lang) for kind in what)
        + f" {len(names):,} ({', '.join(list(names.values())[:_NAMED])}{', ..' * (len(names) > _NAMED)})" * ("" not in names)
        for what, names in kinds.items()
    )


class NotDone(Refused):
    """A case cannot be closed yet; :attr:`conditions` says what is missing, where."""

    def __init__(self, case: str, against: Sequence[Condition]) -> None:
        self.conditions = tuple(against)
        super().__init__("case.not_done", value=case, left=_Left(self.conditions))


class _Left:
    """What is left, in the language that an error is told in."""

    def __init__(self, against: Sequence[Condition]) -> None:
        self._against = against

    def in_words(self, lang: Lang) -> str:
        return standing_words(self._against, lang)

    def __str__(self) -> str:
        return self.in_words("en")
