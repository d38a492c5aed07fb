"""Importing an identifier loads no database, no command line, no cryptography; texts are whole."""

import string
import subprocess
import sys

import pytest

from foodtrace.texts._identifiers import TEXTS


@pytest.mark.parametrize("module", ["", ".uscc", ".licence", ".gs1", ".digital_link", ".lgtin", ".lot"])
def test_an_import_stays_light(module: str) -> None:
    heavy = ("sqlalchemy", "click", "rich", "cryptography", "PIL", "sqlite3")
    code = f"import sys, foodtrace.identifiers{module}; print([m for m in {heavy!r} if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout == "[]\n"


def test_every_error_has_a_hint_and_both_languages_the_same_placeholders() -> None:
    for key, (zh, en) in TEXTS.items():
        assert key.endswith(".hint") or f"{key}.hint" in TEXTS, key
        fields = [{name for _, name, _, _ in string.Formatter().parse(text) if name} for text in (zh, en)]
        assert fields[0] == fields[1], key
        (zh + en).encode("gbk")
