"""The clock of a writer: what it may say, how a person confirms it, and what goes on when a log's last entry lies in the future."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from foodtrace import Ledger, errors
from foodtrace.events import Site
from foodtrace.graph.edges import micros
from foodtrace.keeping import recovery
from foodtrace.tlog.clock import AHEAD_DAYS, DAY, LATEST, SKEW
from tests.cli.inside import Inside, here

__all__ = ["here"]

AT = dt.datetime(2026, 11, 24, 4, 0, tzinfo=dt.timezone(dt.timedelta(hours=8)))
NOW = micros(AT)
LAST = NOW + 1
"""``time`` of the last entry of the ledger below: its second batch is a microsecond later than the first, for the clock stood still."""


def site(name: str) -> Site:
    return Site(id=name, at=AT, site=name.upper(), operator="F-1", kind="farm", name="永发合作社")


class Clock:
    """A clock that a test sets."""

    now = NOW

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ledger(url: str, tmp_path: Path, clock: Clock) -> Iterator[Ledger]:
    with Ledger.open(url, keys=tmp_path / "keys", clock=clock) as opened:
        opened.init("test.example/own")
        opened.record([site("s1")])
        yield opened


def refused(ledger: Ledger, code: str) -> str:
    with pytest.raises(errors.Refused) as caught:
        ledger.record([site("no")])
    assert caught.value.code == code
    return caught.value.hint("en")


@pytest.mark.parametrize(
    ("shift", "code"),
    [
        (-SKEW, ""),
        (-SKEW - 1, "log.clock_behind"),
        (AHEAD_DAYS * DAY, ""),
        (AHEAD_DAYS * DAY + 1, "log.clock_ahead"),
        (400 * DAY, "log.clock_ahead"),
        (-LAST, "log.clock_unset"),
    ],
)
def test_how_far_a_clock_may_be_from_the_last_entry(ledger: Ledger, clock: Clock, shift: int, code: str) -> None:
    clock.now = LAST + shift
    if not code:
        assert ledger.record([site("s2")]).new == 1
        return
    assert "foodtrace --" in refused(ledger, code), "the hint is what to type"
    assert ledger.record([site("s1")]).new == 0, "a retry seals nothing, so it needs no clock"
    assert ledger.logs()[0].size == 2


def test_the_setting_counts_and_has_bounds(url: str, tmp_path: Path, ledger: Ledger, clock: Clock) -> None:
    with Ledger.open(url, keys=tmp_path / "keys", clock=clock, clock_ahead=dt.timedelta(days=90)) as canteen:
        clock.now = NOW + 90 * DAY
        assert canteen.record([site("s2")]).new == 1
        clock.now += 90 * DAY + 1
        with pytest.raises(errors.Refused, match="90 days"):
            canteen.record([site("s3")])
    for days in (0, -1, 100_000):
        with pytest.raises(errors.BadData) as caught:
            Ledger.open(url, keys=tmp_path / "keys", clock_ahead=dt.timedelta(days=days))
        assert caught.value.code == "clock.ahead"


def test_a_confirmed_clock_writes_by_every_way(url: str, tmp_path: Path, ledger: Ledger, clock: Clock) -> None:
    clock.now = NOW + 200 * DAY
    with pytest.raises(errors.Refused):
        ledger.record([site("s2")])
    with Ledger.open(url, keys=tmp_path / "keys", clock=clock, confirm_clock=True) as sure:
        assert sure.record([site("s2")]).new == 1
    assert ledger.record([site("s3")]).new == 1, "once is enough"
    clock.now = NOW + 100 * DAY
    with Ledger.open(url, keys=tmp_path / "keys", clock=clock, confirm_clock=True) as sure:
        sure.record([site("s4")])
        assert sure.logs()[0].time == NOW + 200 * DAY + 2, "time does not run backwards, whatever is confirmed: a microsecond a batch"
        assert sure.verify().ok


def test_nobody_can_confirm_a_clock_that_was_never_set(ledger: Ledger, clock: Clock) -> None:
    clock.now = micros(dt.datetime(2019, 1, 1, tzinfo=dt.UTC))
    with pytest.raises(errors.Refused) as caught:
        ledger.record([site("s2")], confirm_clock=True)
    assert caught.value.code == "log.clock_unset"
    with pytest.raises(errors.Refused) as caught:
        recovery.recover(ledger, None, new_log=True, reason="battery")
    assert caught.value.code == "log.clock_unset"
    assert [(each.origin, each.size) for each in ledger.logs()] == [("test.example/own", 2)], "nothing half done"


def test_a_frozen_log_is_left_for_a_new_one(url: str, tmp_path: Path, ledger: Ledger, clock: Clock) -> None:
    clock.now = micros(dt.datetime(2099, 1, 1, tzinfo=dt.UTC))
    ledger.record([site("s2")], confirm_clock=True)
    clock.now = NOW
    assert "recover --new-log" in refused(ledger, "log.clock_behind")
    with Ledger.open(url, keys=tmp_path / "keys", clock=clock, recovering=True) as opened:
        done = recovery.recover(opened, None, new_log=True, reason="the clock stood at 2099")
    assert (done.old_key, done.lost_from, done.lost_to) == ("ended", 3, 3)
    with Ledger.open(url, keys=tmp_path / "keys", clock=clock) as after:
        assert after.record([site("s3")]).log == "test.example/own-r2"
        assert after.verify().ok


@pytest.mark.parametrize("reading", [-1, LATEST, 2**63, 2**70, -(2**70)])
def test_what_is_no_time_is_refused_as_such(ledger: Ledger, clock: Clock, reading: int) -> None:
    clock.now = reading
    for confirmed in (False, True):
        with pytest.raises(errors.BadData) as caught:
            ledger.record([site("s2")], confirm_clock=confirmed)
        assert (caught.value.code, str(caught.value.value)) == ("clock.range", str(reading))
    for work in (ledger.verify, lambda: ledger.init("test.example/more"), lambda: ledger.recall("X")):
        with pytest.raises(errors.BadData):
            work()
    clock.now = NOW
    assert ledger.verify().entries == 2


# -- on the command line ----------------------------------------------------------------------------------------------------------


def test_a_gate_whose_battery_died_is_told_what_to_type(here: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    here("--now", "2026-11-24 03:00", "init")
    here("--now", "2026-11-24 03:00", "site", "add", "永发合作社:farm")
    monkeypatch.setattr("foodtrace.ledger.wall_clock", lambda: micros(dt.datetime(2019, 1, 1, tzinfo=dt.UTC)))
    said = here("site", "add", "北河农批:market", code=1)
    assert "log.clock_unset" in said
    assert '--now "2026-11-24 03:10"' in said
    assert "log.clock_unset" in here("--confirm-clock", "site", "add", "北河农批:market", code=1)
    assert "never set" in here("doctor", code=3)
    here("--now", "2026-11-24 03:10", "site", "add", "北河农批:market")
    assert "clock" not in here("--now", "2026-11-24 03:10", "verify")
    zh = here("site", "add", "福安超市:shop", code=1, lang="zh")
    assert "--now" in zh


def test_a_shop_that_was_closed_for_long_confirms_once(here: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    here("--now", "2026-02-01 08:00", "init")
    said = here("--now", "2026-09-01 08:00", "site", "add", "学校食堂:canteen", code=1)
    assert "more than 25 days ahead" in said
    assert "foodtrace --confirm-clock COMMAND, once" in said
    assert "nothing is recorded unconfirmed" in here("--now", "2026-09-01 08:00", "doctor")
    here("--now", "2026-09-01 08:00", "--confirm-clock", "site", "add", "学校食堂:canteen")
    here("--now", "2026-09-01 08:01", "site", "add", "福安超市:shop")
    monkeypatch.setenv("FOODTRACE_CLOCK_AHEAD", "200")
    here("--now", "2027-03-01 08:00", "site", "add", "永发合作社:farm")
    for wrong in ("0", "-3", "1.5", "many", "99999", "1" * 400):
        monkeypatch.setenv("FOODTRACE_CLOCK_AHEAD", wrong)
        assert "clock.ahead" in here("verify", code=2)


def test_keys_change_and_logs_end_by_a_confirmed_clock(here: Inside) -> None:
    here("--now", "2026-02-01 08:00", "init")
    assert "log.clock_ahead" in here("--now", "2026-09-01 08:00", "key", "rotate", code=1)
    here("--now", "2026-09-01 08:00", "--confirm-clock", "key", "rotate")
    assert "log.clock_behind" in here("--now", "2026-05-01 08:00", "key", "rotate", code=1)
    here("--now", "2026-05-01 08:00", "recover", "--new-log", "--reason", "the clock was wrong")
    here("--now", "2026-05-01 08:01", "site", "add", "福安超市:shop")
    assert "verified" in here("--now", "2026-05-01 08:02", "verify")


@pytest.mark.parametrize("wrong", ["3:10", "yesterday", "2026-13-01 00:00", "12026-01-01", ""])
def test_a_time_that_is_none(here: Inside, wrong: str) -> None:
    if wrong:
        assert "cli.time" in here("--now", wrong, "init", code=2)
    for far in ("1969-12-31 00:00", "9999-12-31 23:59", "0001-01-01 00:00"):
        assert "cli.time" in here("--now", far, "init", code=2)
    assert "ledger.missing" in here("verify", code=1)
    assert not list((here.folder / "keys").glob("*.key"))


def test_the_page_says_the_limit_that_holds() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "clock.md").read_text(encoding="utf-8")
    assert f"more than {AHEAD_DAYS} days ahead" in page
    assert SKEW == 2 * 60_000_000, "two minutes, says the page"
