"""Everything that can go wrong, as one family of exceptions.

An error says what was given, what was expected and what to do next, in both languages, and carries a stable
``code`` that programs may compare. Its texts stand in :mod:`foodtrace.texts` under the code and ``code.hint``.

``TypeError`` and ``ValueError`` are never raised for data: they mean a bug in the calling program.

=============  =========================================================================
class          meaning
=============  =========================================================================
BadData        what was given is not in the form asked for, or breaks a rule: mend it
NotFound       no such lot, site, log, file ...; ``near`` may name similar ones
Ambiguous      more than one thing has this name; ``candidates`` lists them in full
Conflict       the id is taken by other content, or two writers disagree
Refused        a domain "no": well-formed, understood, and not allowed (recalled lot ...)
Busy           try again with the same event ids, it is harmless
Integrity      what is stored contradicts what was sealed: stop, do not write, page someone
Storage        disk, database or network failed; nothing was half done
=============  =========================================================================
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from foodtrace.texts import LANGS, Lang, has, text

__all__ = [
    "PRIVATE_MARK",
    "Ambiguous",
    "BadData",
    "Busy",
    "Conflict",
    "FoodtraceError",
    "Integrity",
    "NotFound",
    "ProofError",
    "Refused",
    "Storage",
]

PRIVATE_MARK: Final = "PRIVATE KEY-----"
"""Ends the first line of every private key in PEM, encrypted or not; what holds it is never repeated in a message."""
_SHOWN: Final = 200
"""Longest piece of a given value that is repeated in a message, in characters."""


def _brief(value: object) -> str:
    """Return a value as one short printable line: control characters escaped, long text cut."""
    shown = value if isinstance(value, str) else str(value)
    if PRIVATE_MARK in shown:  # before it is cut: whoever typed a key file where something else was due is not shown it again
        return "(private key)"
    if "postgres" in shown.lower() or "password" in shown.lower():
        from foodtrace.addresses import without_passwords  # noqa: PLC0415 - hardly ever

        shown = without_passwords(shown)
    cut = shown[: _SHOWN + 1]
    clean = "".join(c if c.isprintable() else c.encode("unicode_escape", "replace").decode("ascii") for c in cut)
    return clean if len(shown) <= _SHOWN else clean[:_SHOWN] + ".."


def _has_words(value: object) -> bool:
    """Say whether a value is said otherwise in each language (a quantity); the catalogue asks it then."""
    return hasattr(value, "in_words")


class _Listed:
    """Lines of a list within a sentence, each said in the reader's language where it knows how."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = tuple(lines)

    def in_words(self, lang: Lang) -> str:
        return _brief(", ".join(said(each, lang) for each in self._lines))

    def __str__(self) -> str:
        return self.in_words("en")


def said(line: str, lang: Lang) -> str:
    """Return a line of ``candidates`` or ``near`` in one language."""
    words = getattr(line, "in_words", None)
    return line if words is None else str(words(lang))


class FoodtraceError(Exception):
    """Root of every error foodtrace raises about data or the world.

    :param code: stable ASCII code ``area.name``; the key of the text.
    :param value: what was given (never a secret; personal values are masked by the caller).
    :param expected: what was expected instead.
    :param params: the text's other placeholders.
    """

    exit_code = 1
    """Exit code of the command line: 1 a domain "no", 2 usage, 3 integrity or I/O."""

    def __init__(self, code: str, /, *, value: object = None, expected: object = None, **params: object) -> None:
        self.code = code
        self.value = value
        self.expected = expected
        self.params = params
        super().__init__(code)

    def _fields(self) -> dict[str, object]:
        shown = {k: _brief(v) if isinstance(v, str) and not _has_words(v) else v for k, v in self.params.items()}
        both = {"value": self.value, "expected": self.expected}
        return {**shown, **{name: each if _has_words(each) else _brief(each) for name, each in both.items()}}

    def message(self, lang: Lang = "en") -> str:
        """Return what is wrong, in one sentence."""
        return text(self.code, lang, **self._fields())

    def hint(self, lang: Lang = "en") -> str:
        """Return what to do next, or an empty string."""
        key = self.code + ".hint"
        return text(key, lang, **self._fields()) if has(key) else ""

    def as_dict(self, lang: Lang | None = None) -> dict[str, object]:
        """Return the error for a program: code, message and hint (both languages unless one is named), value, expected."""
        out: dict[str, object] = {"code": self.code}
        if lang is None:
            out["message"] = {each: self.message(each) for each in LANGS}
            out["hint"] = {each: self.hint(each) for each in LANGS}
        else:
            out["message"] = self.message(lang)
            out["hint"] = self.hint(lang)
        for listed in ("candidates", "near"):
            if getattr(self, listed, ()):
                out[listed] = [said(each, lang or "en") for each in getattr(self, listed)]
        out["value"] = None if self.value is None else _brief(self.value)
        out["expected"] = None if self.expected is None else _brief(self.expected)
        return out

    def __str__(self) -> str:
        hint = self.hint("en")
        return f"{self.code}: {self.message('en')}" + (f" ({hint})" if hint else "")

    def __reduce__(self) -> tuple[object, ...]:
        return _restore, (type(self), self.code, self.__dict__.copy())


def _restore(kind: type[FoodtraceError], code: str, state: dict[str, object]) -> FoodtraceError:
    """Rebuild an error that crossed a process border."""
    error = kind.__new__(kind)
    Exception.__init__(error, code)
    error.__dict__.update(state)
    return error


class BadData(FoodtraceError):
    """What was given is not in the form asked for, or breaks a rule."""

    exit_code = 2


class ProofError(BadData):
    """A proof, note or checkpoint does not hold."""

    exit_code = 1


class NotFound(FoodtraceError):
    """There is no such thing here; :attr:`near` names similar ones, best first."""

    def __init__(self, code: str, /, *, value: object = None, expected: object = None, near: Sequence[str] = (), **params: object) -> None:
        self.near = tuple(near)
        super().__init__(code, value=value, expected=expected, near=_Listed(near), **params)


class Ambiguous(FoodtraceError):
    """More than one thing has this name; :attr:`candidates` lists their full ids."""

    exit_code = 2

    def __init__(
        self, code: str, /, *, value: object = None, expected: object = None, candidates: Sequence[str] = (), **params: object
    ) -> None:
        self.candidates = tuple(candidates)
        super().__init__(code, value=value, expected=expected, candidates=_Listed(candidates), **params)


class Conflict(FoodtraceError):
    """The same id stands for other content already."""


class Refused(FoodtraceError):
    """Well-formed and understood, and not allowed."""


class Busy(FoodtraceError):
    """Another writer holds the log; the same call with the same event ids may be repeated."""

    exit_code = 3


class Integrity(FoodtraceError):
    """What is stored contradicts what was sealed. Stop writing."""

    exit_code = 3


class Storage(FoodtraceError):
    """Disk, database or network failed; nothing was half done."""

    exit_code = 3
