"""A change of key that fails leaves no key file behind; one that is on record never loses its key, whatever was told."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from foodtrace import Ledger, errors, keyfiles
from foodtrace.keeping import rotation
from foodtrace.keeping.keyrows import log_keys
from foodtrace.storage.session import Session
from tests.cli.inside import Inside, here
from tests.keeping.gatelog import NOW, ORIGIN, site

__all__ = ["here"]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    url = f"sqlite:///{tmp_path}/x.db" if request.param == "sqlite" else request.getfixturevalue("pg_url")
    with Ledger.open(url, keys=tmp_path / "keys", clock=lambda: NOW) as opened:
        opened.init(ORIGIN, operator="L-1")
        opened.record([site("s1")])
        yield opened


class Stop(BaseException):
    """Not an error: somebody pressed Ctrl-C."""


FAILURES = [
    errors.Busy("storage.busy", value="x", seconds=1),
    errors.Storage("storage.full", value="x"),
    errors.Integrity("ledger.forked_log", value="x", expected=1),
    errors.Refused("log.clock_behind", value="x", expected="y"),
    OSError("disk"),
    Stop(),
]
BEFORE = ["_not_used", "_move_issuers", "checked", "sealing_time", "append", "projection.apply"]
"""Steps of a change of key before it is durable, in order."""


def files(ledger: Ledger) -> list[str]:
    return sorted(path.name for path in ledger.keys.iterdir() if path.suffix != ".anchor")


def fail(error: BaseException) -> Any:
    def failing(*_: object, **__: object) -> object:
        raise error

    return failing


@pytest.mark.parametrize("error", FAILURES, ids=lambda each: type(each).__name__)
@pytest.mark.parametrize("step", BEFORE)
def test_before_it_is_durable_no_file_is_left(ledger: Ledger, monkeypatch: pytest.MonkeyPatch, step: str, error: BaseException) -> None:
    before = files(ledger)
    with monkeypatch.context() as patch:
        patch.setattr(f"foodtrace.keeping.rotation.{step}", fail(error))
        with pytest.raises(type(error)):
            rotation.rotate_anew(ledger)
    assert files(ledger) == before
    assert ledger.record([site("s2")]).new == 1, "the old key goes on"
    rotation.rotate_anew(ledger)
    assert ledger.verify().ok


@pytest.mark.parametrize("call", ["open", "fdopen", "fsync", "link"])
def test_a_file_that_cannot_be_made_is_not_left_half_made(ledger: Ledger, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    before = files(ledger)
    real, seen = getattr(os, call), [0]
    calls = {"fsync": 2}.get(call, 1)
    for fails_at in range(1, calls + 1):
        seen[0] = 0

        def sometimes(*given: Any, fails_at: int = fails_at, **more: Any) -> Any:
            seen[0] += 1
            if seen[0] == fails_at:
                raise OSError(28, "No space left on device")
            return real(*given, **more)

        with monkeypatch.context() as patch:
            patch.setattr(f"foodtrace.keyfiles.os.{call}", sometimes)
            with pytest.raises((errors.Storage, OSError)):
                rotation.rotate_anew(ledger)
        assert files(ledger) == before, (call, fails_at)
    rotation.rotate_anew(ledger)


@pytest.mark.parametrize("where", ["commit", "remember", "anchor"])
def test_once_it_is_durable_the_key_stays_whatever_is_told(ledger: Ledger, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    """The answer to COMMIT was lost, or what comes after it failed."""
    write, first = ledger.store.write, [True]

    @contextmanager
    def unanswered() -> Iterator[Session]:
        with write() as session:
            yield session
        if first and first.pop():
            raise errors.Storage("storage.failed", value="x", reason="connection lost")

    with monkeypatch.context() as patch:
        if where == "commit":
            patch.setattr(ledger.store, "write", unanswered)
        elif where == "remember":
            patch.setattr(ledger.names, "remember", fail(errors.Busy("storage.busy", value="x", seconds=1)))
        else:
            patch.setattr("foodtrace.tlog.anchor.Anchor.move", fail(errors.Storage("anchor.unwritable", value="x", reason="r")))
        with pytest.raises(errors.FoodtraceError):
            rotation.rotate_anew(ledger)
    with ledger.reading() as session:
        (newest, *_) = log_keys(session, 1)
    assert newest[1].action == "rotate"
    assert newest[1].public in {each.verifier.public.hex() for each in keyfiles.list_keys(ledger.keys)}
    ledger.forget_writers()
    assert ledger.record([site("s2")]).new == 1
    assert ledger.verify().ok


def test_where_the_log_cannot_be_asked_the_file_stays(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    before = files(ledger)
    ledger.writer()
    with monkeypatch.context() as patch:
        patch.setattr(ledger.store, "write", fail(errors.Storage("storage.failed", value="x", reason="server gone")))
        with pytest.raises(errors.Storage):
            rotation.rotate_anew(ledger)
    assert len(files(ledger)) == len(before) + 1


def test_on_the_command_line(here: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    here("init")
    keys = here.folder / "keys"
    before = {each.name for each in keys.glob("*.key")}
    with monkeypatch.context() as patch:
        patch.setattr("foodtrace.keeping.rotation.projection.apply", fail(errors.Storage("storage.full", value="x.db")))
        assert "storage.full" in here("key", "rotate", code=3)
    assert {each.name for each in keys.glob("*.key")} == before
    here("key", "create")
    (other,) = {each.name for each in keys.glob("*.key")} - before
    with monkeypatch.context() as patch:
        patch.setattr("foodtrace.keeping.rotation.projection.apply", fail(errors.Storage("storage.full", value="x.db")))
        here("key", "rotate", "--to", other.removesuffix(".key"), code=3)
    assert (keys / other).exists(), "a key that was there before is the user's"


def test_the_list_has_chinas_days_whatever_zone_the_host_is_in(here: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    for zone in ("America/New_York", "Asia/Shanghai", "UTC"):
        monkeypatch.setenv("TZ", zone)
        db = f"{zone.replace('/', '-')}.db"
        here("--db", db, "--now", "2026-11-24 00:30", "init", "--name", f"t.example/{zone.lower().replace('/', '-')}")
        said = here("--db", db, "key", "list")
        assert "2026-11-24" in said
        assert "2026-11-23" not in said
        (row,) = [each for each in here.json("--db", db, "key", "list") if each["log"].endswith(zone.lower().replace("/", "-"))]
        assert row["since"].startswith("2026-11-24T00:30:00")
        assert row["since"].endswith("+08:00")
