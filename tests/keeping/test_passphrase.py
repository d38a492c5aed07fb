"""A key file that was copied is worth nothing without its passphrase, before and after it is replaced."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from foodtrace import Ledger, errors, keyfiles
from tests.cli.shell import run

SECRET = "correct horse battery"  # noqa: S105 - a test's


def test_what_was_locked_stays_locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Ledger.open(f"sqlite:///{tmp_path}/foodtrace.db", keys=tmp_path / "keys", passphrase=SECRET) as ledger:
        ledger.init("test.example/x", passphrase=SECRET)
    said = run(tmp_path, "site", "add", "福安超市:shop", code=1)
    assert "key.passphrase_needed" in said
    assert "FOODTRACE_PASSPHRASE" in said
    assert "key.passphrase_needed" in run(tmp_path, "key", "rotate", code=1)
    assert [row["encrypted"] for row in json.loads(run(tmp_path, "key", "list", "--json"))] == [True]

    from click.testing import CliRunner

    from foodtrace_cli.main import cli

    monkeypatch.setenv("FOODTRACE_PASSPHRASE", SECRET)
    words = ["--db", str(tmp_path / "foodtrace.db"), "--keys", str(tmp_path / "keys"), "key", "rotate", "--json"]
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == 0, done.output
    new = json.loads(done.stdout)["new"]
    assert {each.verifier.key_id.hex(): each.encrypted for each in keyfiles.list_keys(tmp_path / "keys")}[new]
    with pytest.raises(errors.Refused):
        keyfiles.load(tmp_path / "keys", new, "another")
    with Ledger.open(str(tmp_path / "foodtrace.db"), keys=tmp_path / "keys", passphrase=SECRET) as ledger:
        assert ledger.verify().ok
        assert ledger.writer().key.key_id.hex() == new


def test_on_a_terminal_a_locked_key_is_asked_for_when_it_is_needed_and_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Ledger.open(f"sqlite:///{tmp_path}/foodtrace.db", keys=tmp_path / "keys", passphrase=SECRET) as ledger:
        ledger.init("test.example/x", passphrase=SECRET)
    import click

    from foodtrace_cli.context import Context

    asked: list[dict[str, object]] = []
    answers = ["wrong one", SECRET]

    def prompt(_: str, **how: object) -> str:
        asked.append(how)
        return answers.pop(0)

    monkeypatch.setattr(click, "prompt", prompt)
    context = Context(db=str(tmp_path / "foodtrace.db"), keys=str(tmp_path / "keys"), log=None, lang="en")
    with context.open() as ledger, pytest.raises(errors.Refused) as caught:
        ledger.writer()
    assert (caught.value.code, asked) == ("key.passphrase_needed", []), "nobody is there to ask"
    monkeypatch.setattr(Context, "interactive", property(lambda _: True))
    with context.open() as ledger:
        assert ledger.verify().ok
        assert asked == [], "reading needs no key"
        with pytest.raises(errors.Refused) as caught:
            ledger.writer()
        assert caught.value.code == "key.passphrase_wrong"
        assert ledger.writer().origin == "test.example/x"
        ledger.forget_writers()
        assert ledger.writer().origin == "test.example/x"
    assert asked == [{"hide_input": True, "err": True}] * 2
