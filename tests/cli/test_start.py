"""How ``foodtrace`` begins: the short way answers exactly as the command does, and loads nothing it does not need."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foodtrace_cli.jsontext import document, plain_document
from foodtrace_cli.start import plain_recall
from tests.cli.shell import lot_of, run, shop
from tests.cli.twoways import alike

__all__ = ["shop"]

HEAVY = {"PIL", "cryptography", "openpyxl", "pyzbar", "qrcode", "rich", "sqlalchemy", "zxingcpp", "psycopg"}


def test_a_recall_is_the_same_by_the_short_way(shop: Path) -> None:
    lot = lot_of(shop)
    run(shop, "transfer", lot, "120kg", "--from", "北河农批", "--to", "福安超市")
    for words in ((), ("--db", "foodtrace.db"), ("--lang=zh",), ("--db=sqlite:///foodtrace.db", "--keys", str(shop / "keys"))):
        code, out, _ = alike(shop, *words, "recall", lot, "--json")
        assert code == 0
        assert json.loads(out)["outlets"][0]["name"] == "福安超市"


def test_what_goes_wrong_is_said_the_same_way(shop: Path, tmp_path: Path) -> None:
    for words in (
        ("recall", "NO-SUCH", "--json"),
        ("recall", "--json"),
        ("--db", "nowhere.db", "recall", "X", "--json"),
        ("--lang", "fr", "recall", "X", "--json"),
        ("--lang", "zh", "recall", "NO-SUCH", "--json"),
        ("recall", lot_of(shop), "--json", "--at", "yesterday-ish"),
        ("recall", lot_of(shop), "--jsn"),
    ):
        code, _, _ = alike(shop, *words)
        assert code in (1, 2), words
    damaged = tmp_path / "damaged.db"
    damaged.write_bytes(b"no ledger" * 1000)
    assert alike(shop, "--db", str(damaged), "recall", "X", "--json")[0] == 3


def test_a_rolled_back_ledger_is_refused_by_the_short_way_too(shop: Path) -> None:
    lot = lot_of(shop)
    old = (shop / "foodtrace.db").read_bytes()
    run(shop, "transfer", lot, "1kg", "--from", "北河农批", "--to", "福安超市")
    for end in ("-wal", "-shm"):
        (shop / f"foodtrace.db{end}").unlink(missing_ok=True)
    (shop / "foodtrace.db").write_bytes(old)
    code, out, _ = alike(shop, "recall", lot, "--json")
    assert code == 3
    assert b"ledger.rolled_back" in out


def test_the_case_of_a_lot_is_in_the_answer_by_the_short_way_too(shop: Path) -> None:
    lot = lot_of(shop)
    run(shop, "transfer", lot, "120kg", "--from", "北河农批", "--to", "福安超市")
    run(shop, "case", "open", lot, "--class", "2", "--reason", "x", "--known", "2026-01-02T03:04")
    code, out, _ = alike(shop, "recall", lot, "--json")
    assert code == 0
    assert json.loads(out)["case"]


@pytest.mark.parametrize(
    "words",
    [
        "", "recall", "recall --json", "recall X", "recall X --json --json", "recall -h --json", "recall X --json --all",
        "--help recall X --json", "--db recall X --json", "--db= recall X --json", "--db a --db b recall X --json",
        "--lang fr recall X --json", "--debug recall X --json", "gate X --json", "recall -- X --json", "--db", "recall X --json=1",
        "--version recall X --json",
    ],
)  # fmt: skip
def test_any_other_form_is_left_to_the_command(words: str) -> None:
    assert plain_recall(words.split()) is None


def test_the_plain_form_is_taken_apart() -> None:
    assert plain_recall(["--db", "a.db", "--lang=zh", "recall", "--json", "X", "Y"]) == ({"--db": "a.db", "--lang": "zh"}, ["X", "Y"])


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.lists(inner, max_size=3).map(tuple) | st.dictionaries(st.text("abcdef_R1", max_size=4), inner)
    ),
    max_leaves=25,
)


@settings(max_examples=150, deadline=None)
@given(VALUES)
def test_both_ways_to_print_json_print_the_same_bytes(value: Any) -> None:
    assert plain_document(value) == document(value)


def loaded(folder: Path, *words: str) -> set[str]:
    """Return the modules that a run of the program loaded."""
    program = (
        "import sys\nfrom foodtrace_cli.start import main\nout, sys.stdout = sys.stdout, open('answer', 'w')\n"
        "try:\n    main(sys.argv[1:])\nexcept SystemExit:\n    pass\nprint('\\n'.join(sys.modules), file=out)"
    )
    environment = {**os.environ, "FOODTRACE_KEYS": str(folder / "keys"), "FOODTRACE_LANG": "en", "HOME": str(folder)}
    done = subprocess.run(
        [sys.executable, "-c", program, *words], cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=True
    )
    return set(done.stdout.split())


def test_a_recall_of_what_was_known_loads_no_rules_of_the_gate(shop: Path) -> None:
    lot = lot_of(shop)
    names = loaded(shop, "recall", lot, "--at", "2099-01-01", "--as-known", "--json")
    assert "foodtrace.graph.known" in names, "it was answered"
    assert {name for name in names if name.startswith("foodtrace.gate")} == set()
    assert not names & {*HEAVY - {"sqlalchemy"}, "importlib.resources", "zipfile", "tempfile"}
    assert not {name for name in names if name.startswith("foodtrace.verification")} | (
        names & {"foodtrace.recall.plain.incase", "subprocess"}
    )


def test_a_recall_from_the_shell_loads_no_parser_no_structs_no_events(shop: Path) -> None:
    lot = lot_of(shop)
    run(shop, "transfer", lot, "120kg", "--from", "北河农批", "--to", "福安超市")
    got = loaded(shop, "recall", lot, "--json")
    assert json.loads((shop / "answer").read_text())["outlets"]
    assert "foodtrace.recall.plain.told" in got
    mine = {"foodtrace.events", "foodtrace.keys", "foodtrace.ledger", "foodtrace.recording", "foodtrace.gate", "foodtrace.recall.answer"}
    assert not got & (HEAVY | mine | {"click", "msgspec", "inspect", "dataclasses", "asyncio", "email"})
    assert {name for name in got if name.startswith("foodtrace.texts._")} == {"foodtrace.texts._finding"}, "of the catalogue what it prints"


def test_help_loads_no_ledger(tmp_path: Path) -> None:
    got = loaded(tmp_path, "--help")
    assert "init" in (tmp_path / "answer").read_text()
    assert not got & (
        HEAVY | {"foodtrace.ledger", "foodtrace.events", "foodtrace.gate", "foodtrace.recall", "foodtrace.storage", "sqlite3"}
    )


def test_the_gate_loads_nothing_for_tables_or_pictures(shop: Path) -> None:
    text = json.loads(run(shop, "scan", "label.png", "--json"))[0]["text"]
    got = loaded(shop, "gate", text, "--weight", "1kg", "--json")
    assert "foodtrace.gate.decision" in got
    assert not got & ((HEAVY - {"cryptography"}) | {"foodtrace.recall.report", "foodtrace.intake", "foodtrace.certificate.read"})
