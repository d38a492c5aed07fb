"""What an outsider sees: a key that was handed over, and values that were erased, with a proof in hand and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.shell import run

ORIGIN = "test.example/gate"


def proof(folder: Path, entry: int, out: str) -> Path:
    run(folder, "prove", f"{ORIGIN}#{entry}", "--out", out)
    (found,) = (folder / out).glob("*.tlog-proof")
    return found


def test_who_holds_the_first_key_checks_proofs_after_it_was_replaced(tmp_path: Path) -> None:
    run(tmp_path, "init", "--name", ORIGIN)
    run(tmp_path, "site", "add", "福安超市:shop", "--phone", "0451-555-0104")
    first = next((tmp_path / "keys").glob("*.key")).read_text().splitlines()[0]
    old = proof(tmp_path, 2, "old")
    second = json.loads(run(tmp_path, "key", "rotate", "--json"))["vkey"]
    run(tmp_path, "erase", "福安超市", "--yes")
    third = json.loads(run(tmp_path, "key", "rotate", "--json"))["vkey"]
    new = proof(tmp_path, 2, "new")
    (tmp_path / "foodtrace.db").unlink()  # an outsider has no database
    assert "is entry 2" in run(tmp_path, "check-proof", str(old), "--key", first)
    assert "the signing key was in force" in run(tmp_path, "check-proof", str(new), "--key", first)
    assert old.with_suffix(".entry").read_bytes() == new.with_suffix(".entry").read_bytes(), "erasing changed no byte of the entry"
    assert b"0451-555-0104" not in new.with_suffix(".entry").read_bytes()
    assert "does not hold" in run(tmp_path, "check-proof", str(old), "--key", second, code=3)
    # The newest key signed the newest checkpoint: who trusts it needs no handing over.
    assert "holds" in run(tmp_path, "check-proof", str(new), "--key", third) or "is entry 2" in run(
        tmp_path, "check-proof", str(new), "--key", third
    )
