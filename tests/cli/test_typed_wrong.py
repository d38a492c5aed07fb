"""What the command line says of a command that was typed wrong: in the reader's language, with what would have been taken."""

from __future__ import annotations

import json

import pytest

from foodtrace_cli import main as program
from tests.cli.inside import Inside, here

__all__ = ["here"]

TYPED = [
    ("foo", "cli.usage_command", ("foo",)),
    ("case nope", "cli.usage_command", ("nope",)),
    ("record x --as foo", "cli.usage_choice", ("--as", "foo", "transfer, receipt")),
    ("case open X --class 9 --known x --reason y", "cli.usage_value", ("--class", "9", "1..3")),
    ("gate x --expiry abc", "cli.usage_value", ("--expiry", "abc", "2026-11-24")),
    ("verify --since no-file", "cli.usage_value", ("--since", "no-file", "FILE")),
    ("verify --key x", "cli.usage_goes_with", ("--key", "--since")),
    ("schema a b", "cli.usage_extra", ("b",)),
    ("recall --nope", "cli.usage_option", ("--nope",)),
    ("recall X --now 2026-11-24", "cli.usage_before", ("--now",)),
    ("key rotate --confirm-clock", "cli.usage_before", ("--confirm-clock",)),
    ("recall X --at", "cli.usage_bare", ("--at",)),
]


@pytest.mark.parametrize(("typed", "code", "parts"), TYPED, ids=[each[0] for each in TYPED])
def test_in_chinese_no_sentence_of_the_parser_is_left_in_english(here: Inside, typed: str, code: str, parts: tuple[str, ...]) -> None:
    said = here(*typed.split(), code=2, lang="zh").splitlines()
    assert said[0].startswith(f"错误 {code}: ")
    assert all(each in said[0] for each in parts), said
    assert said[1].startswith("提示: foodtrace "), "what to type next"
    assert not any(word in said[0] for word in ("Invalid", "No such", "Got unexpected", "requires")), said


def test_an_option_of_all_commands_is_told_where_it_goes(here: Inside) -> None:
    said = here("gate", "held", "--confirm-clock", code=2)
    assert "--confirm-clock goes before the command" in said
    assert "foodtrace --confirm-clock .. gate held" in said


@pytest.mark.parametrize("far", ["0001-01-01", "0001-01-01T00:00+08:00", "1969-12-31", "9999-12-31", "9999-12-31T23:59-08:00"])
def test_a_time_beyond_every_calendar_is_no_fault_of_the_program(here: Inside, far: str) -> None:
    here("init")
    here("site", "add", "永发合作社:farm")
    here("certificate", "issue", "西红柿", "500kg", "--basis", "1", "--out", "label.png")
    lot = here.json("scan", "label.png")[0]["text"].split("/")[5]
    assert "cli.time" in here("recall", lot, "--at", far, code=2)


@pytest.mark.parametrize("group", ["case", "export", "formula", "key", "site"])
def test_a_group_without_a_command_shows_its_help_and_is_usage(here: Inside, group: str) -> None:
    said = here(group, code=2, lang="zh")
    assert f"foodtrace {group} " in said.splitlines()[0]
    assert "\\n" not in said
    assert "cli.usage" not in said


def test_a_program_gets_both_languages(here: Inside) -> None:
    error = json.loads(here("recall", "--at", "--json", "--by", "town", code=2))["error"]
    assert error["code"] == "cli.usage_choice"
    assert error["message"]["zh"] != error["message"]["en"]


STOPPED = [("zh", "已停。没有确认的就没有记上。"), ("en", "stopped. What was not confirmed is not recorded.")]


@pytest.mark.parametrize(("lang", "said"), STOPPED)
def test_whoever_interrupts_is_told_what_is_on_record(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], lang: str, said: str
) -> None:
    def interrupted(_arguments: list[str]) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(program, "_invoke", interrupted)
    assert program.main(["--lang", lang, "recall", "X"]) == 130
    assert capsys.readouterr().err.strip() == said


def test_a_name_where_a_staff_number_belongs_is_refused_in_words_of_ours(here: Inside) -> None:
    here("init")
    here("site", "add", "Farm:farm", "Shop:shop")
    lot = here("certificate", "issue", "tomato", "20kg", "--basis", "1", "--out", "a.png").split("  lot ")[1].split()[0]
    here("transfer", lot, "20kg", "--to", "Shop")
    here("case", "open", lot, "--class", "2", "--known", "2026-01-01", "--reason", "x")
    for field, words in {
        "by": ("seal", "Shop", "--quantity", "20kg", "--by", "李四"),
        "witness": ("destroy", "Shop", "--quantity", "20kg", "--place", "kiln", "--witness", "李四"),
        "approved_by": ("clear", "2026-0001", lot, "--basis", "x", "--approved-by", "李四"),
    }.items():
        said = here("case", *words, code=2, lang="zh")
        assert f"event.staff: {field}: 李四 不是工号" in said
        assert "写工号, 不写姓名" in said
        assert "Expected" not in said
