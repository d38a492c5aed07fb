"""Every text a person may see: both languages, printable in GBK, no ambiguous width, and none missing."""

from __future__ import annotations

import ast
import re
import string
import subprocess
import sys
import unicodedata
from pathlib import Path

from foodtrace.texts import catalogue, text

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


def test_every_text_prints_on_every_console_and_both_languages_say_the_same() -> None:
    wrong: dict[str, list[str]] = {}
    for key, forms in catalogue().items():
        for form in forms:
            if form.encode("gbk", "replace").decode("gbk") != form:
                wrong.setdefault(key, []).append(f"not in GBK: {form}")
            if ambiguous := [c for c in form if unicodedata.east_asian_width(c) == "A"]:
                wrong.setdefault(key, []).append(f"of no certain width: {ambiguous} in {form}")
        zh, en = (_fields(form) for form in forms)
        if zh != en and (zh ^ en) - {"candidates", "near"}:
            wrong.setdefault(key, []).append(f"fields differ: {zh} {en}")
    assert not wrong


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


# -- counted ---------------------------------------------------------------------------------------------------------------------

WORDS = re.compile(r"\{\w+:([^{}|]*)\|([^{}|]*)\}")
NOT_COUNTED = {
    "certificate.licence_form",
    "certificate.operator",
    "cli.case.answers",
    "cli.keys.done_registered",
    "cli.record.unknown_lots",
    "cli.record.unknown_sites",
    "cli.recover.beyond",
    "cli.recover.lost",
    "correction.of_lines",
    "record.contradicts",
    "record.id_of_lines",
    "record.no_headings",
    "record.serial",
    "record.sheet_which",
    "record.skipped.heading",
}
"""Texts in which the number before the noun is a name: of a log, a code, a row that names lots."""


def _plurals() -> str:
    """Return every noun that some text counts, in the plural, as a pattern."""
    found = {many.split()[0] for _, form in catalogue().values() for _, many in WORDS.findall(form)}
    return "|".join(sorted(each for each in found if each.endswith("s") and each not in {"was", "has"}))


def test_what_is_counted_is_said_in_the_singular_where_it_is_one() -> None:
    plural = re.compile(rf"(?<![\w.,#-])1 (?:[\w-]+ ){{0,2}}(?:{_plurals()})\b")
    assert plural.search("1 more entries")
    wrong = {}
    for key, (_, form) in catalogue().items():
        shown = text(key, "en", **dict.fromkeys(_fields(form), 1 if ":," in form else "1"))
        if key not in NOT_COUNTED and (found := plural.search(shown)):
            wrong[key] = found[0]
    assert wrong == {}


def test_every_counted_text_has_words_for_one_and_for_many_and_says_them() -> None:
    counted = {key: form for key, (_, form) in catalogue().items() if WORDS.search(form)}
    assert len(counted) > 200
    for key, form in counted.items():
        assert not WORDS.search(catalogue()[key][0]), "Chinese needs none of it"
        names = _fields(form)
        for number, words in ((1, 0), (0, 1), (2, 1), (1204, 1)):
            shown = text(key, "en", **dict.fromkeys(names, number if ":," in form else f"{number:,}"))
            assert "|" not in shown.replace(" | ", ""), (key, shown)
            assert all(both[words] in shown for both in WORDS.findall(form)), (key, shown)
    assert text("cli.verify.ok", "en", logs=1, entries=12, checkpoints="1").startswith("verified  1 log, 12 entries, 1 checkpoint,")
    assert text("cli.verify.ok", "en", logs=1).startswith("verified  1 log, ? entries, ? checkpoints"), "what was not given is no crash"
