"""An event on one line for a person: what each field is called, and what it says.

In English it is the event's JSON, whose names are the ones ``--set`` takes. In Chinese the names are Chinese, and quantities are said as
everywhere. Codes stay codes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from foodtrace.texts import text

if TYPE_CHECKING:
    from foodtrace.events import AnyEvent
    from foodtrace.texts import Lang

LEFT_OUT: Final = frozenset({"type", "commitments", "payload"})
"""What says nothing to a person, or only to a machine."""
LONGEST: Final = 400


def event_line(event: AnyEvent, lang: Lang) -> str:
    """Return an event on one line, as a person can compare it with a paper; cut at :data:`LONGEST`."""
    if lang == "en":
        shown = {field: value for field, value in msgspec.to_builtins(event).items() if field not in LEFT_OUT}
        return msgspec.json.encode(shown).decode()[:LONGEST]
    return _fields(event, lang)[:LONGEST]


def field_word(field: str, lang: Lang) -> str:
    """Return what a field is called; the word itself where it has no text (a personal field of somebody's own)."""
    word = text(f"field.{field}", lang)
    return field if word == f"field.{field}" else word


def _fields(struct: Any, lang: Lang) -> str:
    said = [(field, getattr(struct, field)) for field in msgspec.to_builtins(struct) if field not in LEFT_OUT and hasattr(struct, field)]
    return "  ".join(
        field_word(field, lang) if value is True else f"{field_word(field, lang)} {_value(value, lang)}" for field, value in said
    )


def _value(value: Any, lang: Lang) -> str:
    if hasattr(value, "in_words"):
        return str(value.in_words(lang))
    if isinstance(value, msgspec.Struct):
        return f"({_fields(value, lang)})"
    if isinstance(value, tuple | list | frozenset):
        return ", ".join(_value(each, lang) for each in value)
    if value is False:
        return text("cli.history.no", lang)
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
