"""docs/performance.md is printed section by section; what is not run keeps its text, and nobody edits it by hand."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import performance
from benchmarks.measure import Paired, against, verdict
from benchmarks.performance import HEAD, PAGE, SECTIONS, days, replaced, show, text_of


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "performance.md"
    monkeypatch.setattr(performance, "PAGE", path)
    return path


def _run(monkeypatch: pytest.MonkeyPatch, name: str, printed: str, code: int = 0, *, quick: bool = False) -> bool:
    section = next(each for each in SECTIONS if each.name == name)
    done = subprocess.CompletedProcess([], code, stdout=printed)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: done)
    return show(section, quick=quick)


def test_a_section_that_is_not_run_keeps_its_text(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = SECTIONS[0].name, SECTIONS[1].name
    assert _run(monkeypatch, second, "two, first time")
    assert _run(monkeypatch, first, "one, first time")
    before = page.read_text(encoding="utf-8")
    assert before.index("one, first time") < before.index("two, first time")
    assert _run(monkeypatch, first, "one, second time")
    assert page.read_text(encoding="utf-8") == before.replace("one, first time", "one, second time")


def test_a_failed_or_quick_run_changes_nothing(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = SECTIONS[0].name
    assert _run(monkeypatch, name, "good")
    before = page.read_text(encoding="utf-8")
    assert not _run(monkeypatch, name, "half a", code=1)
    assert _run(monkeypatch, name, "small", quick=True)
    assert page.read_text(encoding="utf-8") == before


def test_a_section_says_its_command_and_day(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    section = SECTIONS[0]
    assert days("")[section.name] == "never run"
    _run(monkeypatch, section.name, "x")
    text = page.read_text(encoding="utf-8")
    assert f"`python -m {section.module}" in text
    assert text.startswith(HEAD)
    assert days(text)[section.name].startswith("20")


def test_the_page_is_as_the_program_prints_it() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert text.startswith(HEAD)
    again, parts = text, dict(performance._PART.findall(text))
    for section in SECTIONS:
        if section.name in parts:
            again = replaced(again, section, parts[section.name])
    assert again == text


def test_every_section_has_a_benchmark_that_explains_itself() -> None:
    names = [each.name for each in SECTIONS]
    assert len(set(names)) == len(names)
    for each in SECTIONS:
        done = subprocess.run([sys.executable, "-m", each.module, "--help"], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        for option in each.quick + each.options:
            assert not option.startswith("--") or option in done.stdout, (each.name, option)


def test_ratios_are_of_medians() -> None:
    got = Paired(("ours", "raw"), ((2.0, 1.0), (4.0, 1.0), (3.0, 2.0)))
    assert got.ratio("ours", "raw") == 3.0
    assert against(got, "ours", "raw") == "3.00x (1.50-4.00)"
    assert (verdict(3.0, 3.0), verdict(3.01, 3.0)) == ("reached", "MISSED")
    assert "plain" in text_of(SECTIONS[0]._replace(plain=True), "plain", "load 1")
