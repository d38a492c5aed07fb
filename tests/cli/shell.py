"""Types a command as a shell does, in this process or in one of its own; a shop whose market took in a lot, and the lot's code.

Starting Python takes ten times as long as most commands, so a test that is not about the process uses :func:`run`. Both see the same
folder, the same variables and no terminal, and end in the same :func:`foodtrace_cli.main.main`.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest

from foodtrace_cli.main import main


def run(folder: Path, *words: str, code: int = 0, lang: str = "en", stdin: str = "", width: int = 0) -> str:
    """Type one command in ``folder`` and return what it printed; its exit code must be ``code``, and no traceback shows."""
    out, err = _stream(), _stream(errors="backslashreplace")
    with _standing_in(folder, _environment(folder, lang, width), stdin), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        got = main(list(words))
    return _said(words, code, got, *(_text(each) for each in (out, err)))


def run_apart(folder: Path, *words: str, code: int = 0, lang: str = "en", stdin: str = "", width: int = 0) -> str:
    """Type one command as :func:`run` does, in a process of its own: nothing is loaded yet, and nothing is shared with the test."""
    done = subprocess.run(
        [sys.executable, "-m", "foodtrace_cli.main", *words],
        cwd=folder,
        env=_environment(folder, lang, width) | {"PYTHONPATH": os.environ.get("PYTHONPATH", "")},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return _said(words, code, done.returncode, done.stdout, done.stderr)


def _environment(folder: Path, lang: str, width: int) -> dict[str, str]:
    known = {"PATH": "/usr/bin:/bin", "FOODTRACE_KEYS": str(folder / "keys"), "FOODTRACE_LANG": lang, "HOME": str(folder)}
    return known | ({"COLUMNS": str(width)} if width else {})


def _stream(text: str = "", *, errors: str = "surrogateescape") -> io.TextIOWrapper:
    """Return what Python makes of a pipe where no language is set."""
    return io.TextIOWrapper(io.BytesIO(text.encode()), encoding="utf-8", errors=errors, write_through=True)


def _text(stream: io.TextIOWrapper) -> str:
    """Return what was written, lines ended as a test reads them from a pipe."""
    stream.seek(0)
    return stream.read()


@contextlib.contextmanager
def _standing_in(folder: Path, environment: dict[str, str], stdin: str) -> Iterator[None]:
    with contextlib.chdir(folder), mock.patch.dict(os.environ, environment, clear=True), mock.patch.object(sys, "stdin", _stream(stdin)):
        yield


def _said(words: tuple[str, ...], code: int, got: int, out: str, err: str) -> str:
    assert "Traceback" not in err, err
    assert got == code, f"{words}: {got}\n{out}\n{err}"
    return out + err


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
