"""docs/certificates.md says what is so: its commands run and say what it shows, and it names every answer of a scan."""

import re
import shlex
from pathlib import Path
from typing import get_args

import pytest

from foodtrace.operations.scanning import Word
from tests.cli.shell import run

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "certificates.md").read_text("utf-8")
LOT = "261124-1"
"""The lot's code on the page; in a test it is the day's."""


def commands() -> list[tuple[str, list[str]]]:
    """Return the commands of the page, each with the lines that it shows."""
    found: list[tuple[str, list[str]]] = []
    for block in re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append((line.removeprefix("$ "), []))
            else:
                found[-1][1].append(line)
    return found


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, list[str], str]]:
    folder = tmp_path_factory.mktemp("page")
    out, lot = [], LOT
    for line, shown in commands():
        words, _, code = line.partition(" ; exit ")
        answer = run(folder, *shlex.split(words.replace(LOT, lot))[1:], code=int(code or 0))
        if " issue " in words:
            lot = str(re.search(r"\b[0-9]{6}-1\b", answer)[0])  # type: ignore[index]
        out.append((line, shown, answer))
    return out


def test_every_command_says_what_the_page_shows(said: list[tuple[str, list[str], str]]) -> None:
    assert len(said) >= 13
    for line, shown, answer in said:
        assert shown, line
        for part in shown:
            assert part in answer, (line, answer)


def test_the_page_names_every_answer() -> None:
    assert [word for word in get_args(Word) if f"`{word}`" not in PAGE] == []


def test_every_share_on_the_page_is_at_least_what_is_asked_for() -> None:
    shares = [float(each) for each in re.findall(r"^\| [0-9]+ \| ([0-9.]+) %", PAGE, re.MULTILINE)]
    assert len(shares) == 3
    assert min(shares) >= 90
