"""Keys of the table of settings that several parts of the program know."""

from typing import Final

LEFT: Final = "left "
"""Begins the key of a note on what else held the values that were erased (:mod:`foodtrace.operations.stillheld`)."""

__all__ = ["LEFT"]
