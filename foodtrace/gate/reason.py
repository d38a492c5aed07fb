"""A reason for or against something asked for: the noun that the gate and the formula till share.

Rules:

1. A reason is a code with parameters; its words stand in :mod:`foodtrace.texts` under the code, what to do next and what
   to tell the driver or parent under ``code.hint``.
2. It says which verdict it asks for: ``refuse``, ``hold``, or ``note`` (to be said, changes nothing).
3. Of all reasons together the worst verdict wins; adding a reason never makes the outcome better.
4. It names the rule that found it and the article of law behind the rule, and whether that article's text was read.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Final, Literal, TypeAlias

import msgspec

from foodtrace.quantity import Quantity
from foodtrace.texts import LANGS, Lang, has, text

Asks: TypeAlias = Literal["note", "hold", "refuse"]
"""What one reason asks for."""

SEVERITY: Final[Mapping[str, int]] = {"note": 0, "hold": 1, "refuse": 2}

_SHOWN: Final = 80
"""Longest value repeated in a text, in characters."""


class Word(msgspec.Struct, frozen=True):
    """A parameter that is itself a text of the catalogue (a kind of paper, "the goods")."""

    key: str


Param: TypeAlias = "str | int | Quantity | dt.datetime | dt.date | Word | tuple[str | Word, ...]"


class Article(msgspec.Struct, frozen=True, kw_only=True):
    """Where a rule stands, in both languages; empty: in no law, foodtrace's or the market's own choice."""

    zh: str = ""
    en: str = ""

    def of(self, lang: Lang) -> str:
        """Return the article as one cites it in this language."""
        return self.zh if lang == "zh" else self.en


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """One reason, ready to be shown, recorded or sent."""

    code: str
    """Stable code ``area.name``; never changes between languages or versions."""
    verdict: Asks
    """What this reason alone asks for."""
    params: dict[str, Param] = {}
    rule: str = ""
    """Id of the rule that found it, unique in its pack."""
    article: Article = Article()
    verified: bool = False
    """Whether the article's text was read by whoever wrote the rule."""

    def message(self, lang: Lang = "en") -> str:
        """Return what is the matter, in one sentence."""
        return text(self.code, lang, **shown(self.params, lang))

    def hint(self, lang: Lang = "en") -> str:
        """Return what to do or to say next, or an empty string."""
        key = self.code + ".hint"
        return text(key, lang, **shown(self.params, lang)) if has(key) else ""

    def as_dict(self, lang: Lang | None = None) -> dict[str, object]:
        """Return the reason for a program: texts in both languages unless one is named, quantities as value and unit."""
        return {
            "code": self.code,
            "verdict": self.verdict,
            "message": self.message(lang) if lang else {each: self.message(each) for each in LANGS},
            "hint": self.hint(lang) if lang else {each: self.hint(each) for each in LANGS},
            "article": self.article.of(lang) if lang else {each: self.article.of(each) for each in LANGS},
            "rule": self.rule,
            "verified": self.verified,
            "params": {name: _plain(value) for name, value in self.params.items()},
        }


def shown(params: Mapping[str, Param], lang: Lang) -> dict[str, object]:
    """Return parameters as they stand in a sentence of this language."""
    return {name: _sentence(value, lang) for name, value in params.items()}


def worst(reasons: Iterable[Reason]) -> Asks:
    """Return the worst verdict that any of the reasons asks for; ``note`` if there is none."""
    found: Asks = "note"
    for reason in reasons:
        if SEVERITY[reason.verdict] > SEVERITY[found]:
            found = reason.verdict
    return found


def _sentence(value: Param, lang: Lang) -> str:
    if isinstance(value, Word):
        return text(value.key, lang)
    if isinstance(value, tuple):
        return ", ".join(_sentence(each, lang) for each in value)
    if isinstance(value, Quantity):
        return value.in_words(lang)
    if isinstance(value, dt.datetime):
        return value.isoformat(" ", "minutes")[:16]
    if isinstance(value, dt.date):
        return value.isoformat()
    plain = str(value)
    return plain if len(plain) <= _SHOWN else plain[:_SHOWN] + ".."


def _plain(value: Param) -> object:
    if isinstance(value, Quantity):
        return {"value": value.value, "unit": value.unit}
    if isinstance(value, Word):
        return value.key
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return value.isoformat() if isinstance(value, dt.date) else value
