"""Texts of the area ``certificate``: key -> (Chinese, English)."""

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {}
