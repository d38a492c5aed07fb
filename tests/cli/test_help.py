"""Every command and option explains itself, in both languages, within the width of a terminal."""

from __future__ import annotations

import re
import unicodedata

import click
import pytest

from foodtrace.texts._help import COMMANDS
from foodtrace.texts._help_options import OPTIONS
from foodtrace_cli.helptext import flat, wrapped
from foodtrace_cli.output import cells
from foodtrace_cli.schemaoption import HELP, names_in
from tests.cli.commands import english
from tests.cli.inside import Inside, here

__all__ = ["here"]


ALL = english()


def _template(sentence: str) -> str:
    """Return what stands in the catalogue: of ``--json`` one sentence for all schemas."""
    return HELP if names_in(sentence) else sentence


def test_nothing_is_left_unexplained() -> None:
    silent = [(path, each.opts) for path, command in ALL for each in command.params if isinstance(each, click.Option) and not each.help]
    assert silent == []
    assert [path for path, command in ALL if not command.help] == []


def test_every_sentence_of_help_has_its_chinese_and_no_chinese_is_left_over() -> None:
    commands = english()
    said = {flat(command.help or "") for _, command in commands}
    options = {_template(flat(each.help or "")) for _, command in commands for each in command.params if isinstance(each, click.Option)}
    assert sorted(said - set(COMMANDS)) == []
    assert sorted(options - set(OPTIONS)) == []
    assert sorted(set(COMMANDS) - said) == []
    assert sorted(set(OPTIONS) - options - {"Show this message and exit."}) == []


def test_chinese_help_prints_on_every_console() -> None:
    for sentence in (*COMMANDS.values(), *OPTIONS.values()):
        sentence.encode("gbk")
        assert not [c for c in sentence if unicodedata.east_asian_width(c) == "A"], sentence
        assert any("\u4e00" <= c <= "\u9fff" for c in sentence), sentence


@pytest.mark.parametrize("path", [path for path, _ in ALL if path[:2] != ("gate", "truck")], ids=" ".join)
def test_help_speaks_the_language_and_keeps_to_the_width(here: Inside, monkeypatch: pytest.MonkeyPatch, path: tuple[str, ...]) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    said = here(*path, "--help", lang="zh")
    assert said.startswith("用法: foodtrace")
    assert "显示这段说明。" in said
    assert [line for line in said.splitlines() if cells(line) > 80 and "[" not in line] == []
    english = here(*path, "--help", lang="en")
    assert english.startswith("Usage: foodtrace"), "asked for English it speaks English again"
    assert "%" not in re.sub(r"[0-9.]+ ?%", "", said + english), "a format is for programs"


def test_lines_break_between_chinese_characters_and_never_before_a_stop() -> None:
    assert wrapped("召回案件的货从这里退回。", 12) == ["召回案件的货", "从这里退回。"]
    assert wrapped("一二三四五六。七", 12) == ["一二三四五", "六。七"]
    assert wrapped("plain words break at spaces", 12) == ["plain words", "break at", "spaces"]
