"""The one form of JSON on standard output: UTF-8, keys sorted, two spaces a level.

Rules:

1. :func:`document` and :func:`plain_document` print the same bytes for the same value; which one runs is a question of time alone.
2. :func:`plain_document` loads no library: to import msgspec takes longer than to print a few hundred outlets.
"""

from __future__ import annotations

from json.encoder import encode_basestring as quoted
from typing import Any

MANY = 2_000
"""From so many outlets on it pays to load the encoder."""


def document(value: Any) -> bytes:
    """Return one JSON document, with its last line end, of structs, dicts, lists, texts and numbers."""
    import msgspec  # noqa: PLC0415 - see rule 2

    return msgspec.json.format(msgspec.json.encode(value, order="sorted"), indent=2) + b"\n"


def plain_document(value: Any) -> bytes:
    """Return the same for dicts with ASCII keys, lists, tuples, texts, whole numbers, booleans and nothing."""
    return (_text(value, "\n", {}) + "\n").encode()


def _text(value: Any, line: str, shapes: dict[tuple[str, ...], list[tuple[str, str]]]) -> str:
    """Print a value; ``line`` begins a line at its level, ``shapes`` remembers the sorted keys of alike dicts."""
    kind = type(value)
    if kind is str:
        return quoted(value)
    if kind is int:
        return repr(value)
    if kind is dict:
        if not value:
            return "{}"
        shape = tuple(value)
        keys = shapes.get(shape)
        if keys is None:
            keys = shapes[shape] = [(key, quoted(key) + ": ") for key in sorted(shape)]
        inner = line + "  "
        # Numbers and texts here and now: there are twenty to an outlet, and a call costs more than to print one.
        fields = [
            name + (repr(v) if (of := type(v := value[key])) is int else quoted(v) if of is str else _text(v, inner, shapes))
            for key, name in keys
        ]
        return "{" + inner + ("," + inner).join(fields) + line + "}"
    if value is None:
        return "null"
    if kind is bool:
        return "true" if value else "false"
    if not value:
        return "[]"
    inner = line + "  "
    return "[" + inner + ("," + inner).join([_text(each, inner, shapes) for each in value]) + line + "]"
