"""Every text a person may see: both languages, printable in GBK, no ambiguous width, and none missing."""

from __future__ import annotations

import ast
import string
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest

from foodtrace.texts import catalogue

ROOT = Path(__file__).resolve().parents[2]
ERRORS = {"BadData", "NotFound", "Ambiguous", "Conflict", "Refused", "Busy", "Integrity", "Storage", "ProofError"}


def _codes() -> set[str]:
    found: set[str] = set()
    for path in (*ROOT.glob("foodtrace/**/*.py"), *ROOT.glob("cli/**/*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ERRORS and node.args:
                first = node.args[0]
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    found.add(first.value)
    return found


def _fields(form: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(form) if name}


@pytest.mark.parametrize("key", sorted(catalogue()))
def test_a_text_prints_on_every_console(key: str) -> None:
    for form in catalogue()[key]:
        form.encode("gbk")
        assert not [c for c in form if unicodedata.east_asian_width(c) == "A"], form
    zh, en = (_fields(form) for form in catalogue()[key])
    assert zh == en or not (zh ^ en) - {"candidates", "near"}, (zh, en)


def test_every_error_has_a_text_and_a_hint() -> None:
    codes = _codes()
    assert len(codes) > 100
    assert sorted(code for code in codes if code not in catalogue()) == []
    assert sorted(code for code in codes if code + ".hint" not in catalogue()) == []


def test_importing_identifiers_loads_no_database() -> None:
    program = (
        "import sys, foodtrace.identifiers.uscc, foodtrace.identifiers.digital_link; "
        "print(sorted({'sqlalchemy', 'click', 'cryptography', 'sqlite3', 'rich'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
