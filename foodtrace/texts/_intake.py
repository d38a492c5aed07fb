"""Texts of the area ``intake``: key -> (Chinese, English)."""

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {}
