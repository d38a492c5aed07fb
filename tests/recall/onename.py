"""An answer with every lot under one name, so that answers of one lot asked for by unlike names can be compared (law 15)."""

from __future__ import annotations

from typing import Any

import msgspec

from foodtrace.recall.said import Answer

_ASKED = ("lots", "scope", "at", "products")
"""What says the lot as it was asked for."""


def under_one_name(answer: Answer) -> Any:
    """Return the fields of an answer as plain data, each lot that goes by several names under the first of them and once in a list."""
    first = {name: group[0] for group in answer.same_lots for name in group}
    return _renamed({name: each for name, each in msgspec.to_builtins(answer).items() if name not in _ASKED}, first)


def _renamed(value: Any, first: dict[str, str]) -> Any:
    if isinstance(value, str):
        return first.get(value, value)
    if isinstance(value, dict):
        return {key: _renamed(each, first) for key, each in value.items() if key != "also"}
    if not isinstance(value, list | tuple):
        return value
    made = [_renamed(each, first) for each in value]
    if all(isinstance(each, str) for each in made):
        return sorted(set(made))
    return sorted(made, key=repr)
