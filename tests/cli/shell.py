"""Types a command as a shell does, in a process of its own; a shop whose market took in a lot, and the lot's code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


def run(folder: Path, *words: str, code: int = 0, lang: str = "en", stdin: str = "", width: int = 0) -> str:
    """Type one command in ``folder`` and return what it printed; its exit code must be ``code``, and no traceback shows."""
    environment = {
        "PATH": "/usr/bin:/bin",
        "FOODTRACE_KEYS": str(folder / "keys"),
        "FOODTRACE_LANG": lang,
        "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
        "HOME": str(folder),
        **({"COLUMNS": str(width)} if width else {}),
    }
    done = subprocess.run(
        [sys.executable, "-m", "foodtrace_cli.main", *words],
        cwd=folder,
        env=environment,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    assert done.returncode == code, f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Give a folder with a farm, a market that took in 500 kg of its tomatoes by label.png, and a shop."""
    run(tmp_path, "init")
    run(tmp_path, "site", "add", "永发合作社:farm", "北河农批:market", "福安超市:shop", "--phone", "0451-555-0104")
    run(tmp_path, "certificate", "issue", "西红柿", "500kg", "--basis", "1", "--out", "label.png")
    run(tmp_path, "gate", "label.png")
    return tmp_path


def lot_of(folder: Path) -> str:
    """Return the lot's code from its label: https://HOST/lot/OPERATOR/CODE/SERIAL?c=.."""
    return str(json.loads(run(folder, "scan", "label.png", "--json"))[0]["text"].split("/")[5])
