"""docs/proofs.md says what is so: its commands run as they stand, its program runs, its answers fit their schemas."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from tests.cli.shell import lot_of, run

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "proofs.md").read_text(encoding="utf-8")

LOTS: dict[Path, str] = {}
"""Folder -> its lot, read once: after the recall `scan` says no."""


def words_of(folder: Path, line: str) -> list[str]:
    """Put what a reader puts in place of the capitals."""
    words = []
    for word in shlex.split(line):
        if word == "LOT":
            words.append(LOTS.setdefault(folder, "") or lot_of(folder))
            LOTS[folder] = words[-1]
        elif word == "VKEYFILE":
            words.append(str(next((folder / "proofs").glob("*.vkey"))))
        elif word == "WITNESSKEY":
            (stored,) = (folder / "w1" / "keys").glob("*.key")
            plain = stored.read_text(encoding="utf-8").splitlines()[0]
            words.append(cosigner(plain))
        else:
            words.append(word)
    return words


def cosigner(plain: str) -> str:
    """Return the key text for cosignatures of a stored key: what `witness` prints."""
    from foodtrace.keys import COSIGNATURE_V1, format_vkey
    from foodtrace.tlog.note import parse_verifier

    key = parse_verifier(plain)
    return format_vkey(key.name, key.public, COSIGNATURE_V1)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[tuple[str, str]]]:
    folder = tmp_path_factory.mktemp("page")
    lines = re.findall(r"^\$ foodtrace (.*)$", PAGE, flags=re.MULTILINE)
    assert len(lines) == 15
    return folder, [(line, run(folder, *words_of(folder, line))) for line in lines]


def test_every_command_of_the_page_runs_and_says_what_the_page_says(done: tuple[Path, list[tuple[str, str]]]) -> None:
    folder, said = done
    answers = [answer for line, answer in said if line.startswith(("check-proof", "verify"))]
    assert len(answers) == 4
    assert "true: market entry" in answers[0]
    assert answers[1].count("true: ") == 4
    assert "the copy holds" in answers[2]
    assert "cosigned by a witness" in answers[3]
    assert sorted({each.suffix for each in (folder / "proofs").iterdir()}) == [".entry", ".tlog-proof", ".vkey"]


def test_the_program_of_the_page_runs(done: tuple[Path, list[tuple[str, str]]]) -> None:
    folder, _ = done
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    key = next((folder / "proofs").glob("*.vkey"))
    code = code.replace('"gate1.vkey"', repr(str(key))).replace('"p.', '"proofs/market-entry.')
    loaded = "import sys; print(sorted({'sqlalchemy', 'sqlite3', 'click', 'foodtrace.storage', 'foodtrace.events'} & set(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", code + loaded], cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 0, ran.stderr
    first, last = ran.stdout.splitlines()
    assert (len(first.split()), last) == (3, "[]")


def test_the_answers_fit_their_schemas(done: tuple[Path, list[tuple[str, str]]]) -> None:
    folder, _ = done
    key = words_of(folder, "VKEYFILE")[0]
    asked = {
        "prove": ["prove", *words_of(folder, "LOT"), "--json"],
        "check-proof": ["check-proof", "proofs/market-entry.tlog-proof", "--key", key, "--json"],
        "export-tiles": ["export", "tiles", "web/log", "--json"],
        "verify-tiles": ["verify", "--tiles", "web/log", "--key", key, "--json"],
        "witness": ["witness", "web/log", "--key", key, "--state", "w1", "--json"],
    }
    for name, words in asked.items():
        schema = json.loads((ROOT / "schemas" / f"{name}.json").read_text(encoding="utf-8"))
        jsonschema.validate(json.loads(run(folder, *words)), schema)


def test_the_page_names_options_that_exist() -> None:
    for command in (["prove"], ["check-proof"], ["witness"], ["export", "tiles"], ["export", "checkpoint"], ["verify"]):
        helped = run(ROOT, *command, "--help")
        assert helped.startswith("Usage: foodtrace")
    for option in ("--since", "--tiles"):
        assert option in run(ROOT, "verify", "--help")
