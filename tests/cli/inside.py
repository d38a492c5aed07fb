"""Runs the command line within the test's own process: what a shell shows, without starting Python for every command."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from foodtrace_cli.main import main


class Inside:
    """A folder in which commands are typed."""

    def __init__(self, folder: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self._capfd = capfd
        self._patch = monkeypatch
        monkeypatch.chdir(folder)
        monkeypatch.setenv("FOODTRACE_KEYS", str(folder / "keys"))
        monkeypatch.setenv("HOME", str(folder))

    def __call__(self, *words: str, code: int = 0, lang: str = "en", stdin: str = "") -> str:
        """Run one command and return what it printed; its exit code must be ``code``."""
        out, err = self.both(*words, code=code, lang=lang, stdin=stdin)
        return out + err

    def both(self, *words: str, code: int = 0, lang: str = "en", stdin: str = "") -> tuple[str, str]:
        """Return standard output and standard error of one command."""
        self._patch.setenv("FOODTRACE_LANG", lang)
        self._patch.setattr(sys, "stdin", io.StringIO(stdin))
        self._capfd.readouterr()
        got = main(list(words))
        sys.stdout.flush()
        out, err = self._capfd.readouterr()
        assert "Traceback" not in err, err
        assert got == code, f"{words}: {got}\n{out}\n{err}"
        return out, err

    def spoken(self, *words: str) -> tuple[int, str]:
        """Return the exit code of one command, whatever it is, and all it printed."""
        self._capfd.readouterr()
        code = main(list(words))
        sys.stdout.flush()
        return code, "".join(self._capfd.readouterr())

    def set(self, name: str, value: str) -> None:
        """Set a variable of the environment; empty: take it away."""
        if value:
            self._patch.setenv(name, value)
        else:
            self._patch.delenv(name, raising=False)

    def json(self, *words: str, code: int = 0, stdin: str = "") -> Any:
        """Return the JSON that one command prints."""
        return json.loads(self.both(*words, "--json", code=code, stdin=stdin)[0])


@pytest.fixture
def here(tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Inside:
    """Give the test an empty folder to type commands in."""
    return Inside(tmp_path, capfd, monkeypatch)
