"""A reader that left (``| head -1``) changes no exit code: what is broken is broken, and what was asked for is done."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from foodtrace import Ledger
from foodtrace.keys import SigningKey
from tests.cli.inside import Inside, here
from tests.ledger.tampering import unsealed

__all__ = ["here"]
pytestmark = pytest.mark.skipif(os.name != "posix", reason="pipes of a shell")


def unread(folder: Path, *words: str, both: bool = True) -> int:
    """Type a command whose output, and talk too, nobody reads from the first byte on; return its exit code."""
    reader, writer = os.pipe()
    os.close(reader)
    environment = {**os.environ, "FOODTRACE_KEYS": str(folder / "keys"), "FOODTRACE_LANG": "en", "HOME": str(folder)}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "foodtrace_cli.start", *words],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=writer,
            stderr=writer if both else subprocess.PIPE,
            timeout=120,
            check=False,
        )
    finally:
        os.close(writer)
    assert not done.stderr or b"Traceback" not in done.stderr, done.stderr
    return done.returncode


def test_what_does_not_hold_is_3_though_nobody_reads_why(here: Inside) -> None:
    here("init", "--name", "t.example/a")
    here("site", "add", "永发合作社:farm")
    here("export", "tiles", "copy")
    vkey = here.json("prove", "#0", "--out", "proofs")[0]["vkey"]
    spoil(here.folder / "proofs" / "key.entry")
    spoil(next((here.folder / "copy" / "tile" / "entries" / "000.p").iterdir()))
    owner = unsealed(here.folder / "foodtrace.db")
    owner.execute("UPDATE entry SET leaf = zeroblob(32) WHERE seq = 1")
    owner.commit()
    owner.close()
    for both in (True, False):
        assert unread(here.folder, "verify", "--full", both=both) == 3
    assert unread(here.folder, "verify", "--tiles", "copy", "--json") == 3
    assert unread(here.folder, "check-proof", "proofs/key.tlog-proof", "--key", vkey) == 3


def spoil(path: Path) -> None:
    """Change one bit in the middle of a file."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def test_what_was_asked_for_is_done_though_nobody_reads_that_it_is(tmp_path: Path) -> None:
    assert unread(tmp_path, "init") == 0
    site = {"type": "site", "at": "2026-11-24T04:00:00+08:00", "kind": "farm", "name": "x"}
    lines = [{**site, "id": f"s{n}", "site": f"S-{n}", "operator": f"F-{n}"} for n in range(700)]
    (tmp_path / "many.jsonl").write_text("".join(json.dumps(each) + "\n" for each in lines), encoding="utf-8")
    assert unread(tmp_path, "record", "many.jsonl") == 0
    with Ledger.open(str(tmp_path / "foodtrace.db"), keys=tmp_path / "keys") as ledger:
        assert [each.size for each in ledger.logs()] == [701]
    assert unread(tmp_path, "recall", "NOWHERE", "--json") == 1


def test_a_file_that_could_not_be_written_is_no_yes(here: Inside) -> None:
    here("init")
    here("key", "register", SigningKey("F-1", bytes(range(32))).vkey, "--issuer", "F-1")
    assert unread(here.folder, "key", "list", "--export", "/dev/stdout") == 3
