"""A fault of foodtrace itself: the clerk reads a sentence and a code, the developer a traceback, and only when asked for."""

from __future__ import annotations

import pytest

from foodtrace_cli import main as program


def test_a_bug_is_told_in_words_and_with_debug_in_full(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def broken(_arguments: list[str]) -> None:
        raise AttributeError("no such thing")

    monkeypatch.setattr(program, "_invoke", broken)
    assert program.main(["--lang", "en", "verify"]) == 3
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines() == [
        "error cli.bug: a fault of foodtrace itself: AttributeError: no such thing",
        "hint: what was not confirmed is not recorded; run again with --debug and report it",
    ]
    with pytest.raises(AttributeError):
        program.main(["--debug", "verify"])
