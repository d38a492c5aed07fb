"""The one catalogue of every text for people, in Chinese and English.

Rules:

1. Every text has a stable ASCII key (``area.name``) and exactly two forms, Chinese and English.
2. Placeholders are ``{name}`` fields of :meth:`str.format`; both forms use the same set.
3. Every Chinese text encodes in GBK and no text has a character of ambiguous width (TRANSCRIPTS house rule 3).
4. An error's hint has the key of the error plus ``.hint``.
5. What is counted is said in the singular where it is one: ``{count} {count:log is|logs are} here`` takes the words before the bar for 1,
   else those behind it. Whoever prints a text decides nothing. Chinese needs none of it.
6. Each area has its own module ``_area.py`` here with one dict ``TEXTS``; two areas never share a key.

The catalogue is read on first use, so that importing the library costs nothing for it.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Final, Literal, TypeAlias

Lang: TypeAlias = Literal["zh", "en"]
LANGS: Final[tuple[Lang, Lang]] = ("zh", "en")

AREAS: Final = (
    "errors",
    "identifiers",
    "quantity",
    "tlog",
    "certificate",
    "labels",
    "gate",
    "formula",
    "fields",
    "recall",
    "intake",
    "cli",
    "counter",
    "demo",
    "keeping",
    "doctor",
    "report",
    "finding",
    "case",
    "caseerrors",
    "cleared",
    "proofs",
    "scan",
    "verify",
)
"""Every area module, ``foodtrace.texts._<area>``."""


@cache
def catalogue() -> dict[str, tuple[str, str]]:
    """Return every text: key -> (Chinese, English). Raises ``RuntimeError`` when two areas share a key."""
    merged: dict[str, tuple[str, str]] = {}
    for area in AREAS:
        texts = of_area(area)
        shared = merged.keys() & texts.keys()
        if shared:
            message = f"texts: {sorted(shared)} stand in more than one area"
            raise RuntimeError(message)
        merged.update(texts)
    return merged


def of_area(name: str) -> dict[str, tuple[str, str]]:
    """Return the texts of one area alone: key -> (Chinese, English)."""
    texts: dict[str, tuple[str, str]] = import_module(f"{__name__}._{name}").TEXTS
    return texts


def has(key: str) -> bool:
    """Say whether the catalogue has a text under this key."""
    return key in catalogue()


def text(key: str, lang: Lang = "en", /, **params: object) -> str:
    """Return one text in one language with its placeholders filled.

    A key without a text gives the key itself: a person must see something they can search for, never a crash
    inside an error message. A test keeps every key that the code uses in the catalogue.
    """
    pair = catalogue().get(key)
    if pair is None:
        return key
    form = pair[0] if lang == "zh" else pair[1]
    given = {name: _in_words(value, lang) for name, value in params.items()}
    try:
        return form.format_map(_Counting(given) if "|" in form else _Missing(given))
    except (ValueError, IndexError, AttributeError, TypeError):
        return form


def _in_words(value: object, lang: Lang) -> object:
    """Return a quantity as it is said in this language; everything else as it is."""
    words = getattr(value, "in_words", None)
    return value if words is None else words(lang)


class _Missing(dict[str, object]):
    """Parameters of a text; one that was not given shows as ``?`` instead of raising."""

    def __missing__(self, key: str) -> str:
        return "?"


class _Counting(_Missing):
    """Parameters of a text that has words for one and for many (rule 5)."""

    def __getitem__(self, name: str) -> _Counted:
        return _Counted(super().__getitem__(name))


class _Counted:
    """A value in a text with words for one and for many: ``{n:log|logs}`` is the word, ``{n}`` the value."""

    def __init__(self, value: object) -> None:
        self._value = value

    def __format__(self, spec: str) -> str:
        one, bar, many = spec.partition("|")
        if not bar:
            return format(self._value, spec)
        return one if str(self._value) == "1" else many
