"""The option ``--json``, whose help names the schemas of what it prints (``foodtrace schema NAME``)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

import click

HELP: Final = "Print JSON (foodtrace schema {names})."
"""Help of the option; its Chinese stands in the catalogue under this very text."""
_NAMED: Final = re.compile(r"Print JSON \(foodtrace schema ([a-z, -]+)\)\.")


def prints(*schemas: str) -> Callable[[Any], Any]:
    """Add ``--json`` to a command whose answers are in these schemas; its value comes as ``as_json``."""
    return click.option("--json", "as_json", is_flag=True, help=HELP.format(names=", ".join(schemas)))


def names_in(sentence: str) -> str:
    """Return the names of the schemas in this option's help; empty for any other sentence."""
    found = _NAMED.fullmatch(sentence)
    return "" if found is None else found[1]
