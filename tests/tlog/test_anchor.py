"""The anchor: forward only, a lower bound, and there whatever moment the power goes (ADR 13)."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import foodtrace.tlog.anchor as subject
from foodtrace import Ledger
from foodtrace.errors import Integrity, Storage
from foodtrace.events import Operator
from foodtrace.tlog.anchor import PAGE, SLOT, Anchor, anchor_path, move_anchor, read_anchor

AT = dt.datetime(2026, 11, 24, 4, tzinfo=dt.UTC)


def checkpoint(size: int) -> bytes:
    """A checkpoint's text, long enough to be torn."""
    return b"example.org/log\n%d\nroot %s\n" % (size, hashlib.sha256(b"%d" % size).hexdigest().encode() * 4)


class Disk:
    """What of a file is on the disk: writes are in the system's memory until they are synced, page by page in any order."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.safe = bytearray()
        self.waiting: list[tuple[int, bytes]] = []
        self.cuts: list[int] = []
        self.low = 1
        """Size of the newest checkpoint that was synced."""

    def write(self, handle: int, data: bytes, place: int) -> int:
        if len(data) > 1 or self.waiting:  # the byte that says "on the disk" may wait: nothing hangs on it
            self.waiting.append((place, data))
        done = os.pwrite(handle, data, place)
        # Whatever became of the writes that wait: one slot is intact, and it is not older than what was synced last.
        found = self.path.with_name("found.anchor")
        found.write_bytes(self.after_a_power_cut(iter(self.cuts)))
        left = read_anchor(found)
        assert left is not None
        assert left[1] == checkpoint(left[0])
        assert left[0] >= self.low
        return done

    def sync(self, _: int) -> None:
        self.waiting.clear()
        self.safe = bytearray(self.path.read_bytes())
        newest = read_anchor(self.path)
        assert newest is not None
        self.low = newest[0]

    def after_a_power_cut(self, cuts: Iterator[int]) -> bytes:
        """Return the file as it may be found: every unsynced write is there from its start up to a cut, or not at all."""
        found = bytearray(self.safe)
        for place, data in self.waiting:
            kept = next(cuts) % (len(data) + 1)
            found.extend(b"\0" * (place + kept - len(found)))
            found[place : place + kept] = data[:kept]
        return bytes(found)


class Clock:
    """Seconds, as the test says."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.booleans(), st.sampled_from([0.0, 0.0, 0.3, 2.0]), st.sampled_from([False] * 6 + [True])), max_size=20),
    st.lists(st.integers(0, 500) | st.just(SLOT), min_size=40, max_size=40),
)
def test_a_power_cut_at_any_moment_leaves_an_anchor_not_older_than_the_last_sync(
    tmp_path_factory: pytest.TempPathFactory, moves: list[tuple[bool, float, bool]], cuts: list[int]
) -> None:
    """Two processes move it on in turn, each with a memory of its own, some ending after their move."""
    path = tmp_path_factory.mktemp("anchor") / "a.anchor"
    disk, clock = Disk(path), Clock()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: None)  # of the machine's own disk
        move_anchor(path, 1, checkpoint(1))
        disk.safe = bytearray(path.read_bytes())
        patch.setattr(subject, "os", _Watched(disk))
        patch.setattr(subject, "_sync", disk.sync)
        processes = [Anchor(path, now=clock) for _ in range(2)]
        disk.cuts = cuts
        for number, (who, passed, ends) in enumerate(moves, 2):
            clock.now += passed
            processes[who].move(number, checkpoint(number))
            assert read_anchor(path) == (number, checkpoint(number)), "who was only killed loses nothing"
            if ends:
                processes[who].settle()
                assert not disk.waiting, "a process that ends leaves nothing that waits"
                processes[who] = Anchor(path, now=clock)


class _Watched:
    """The module ``os`` with a disk under it."""

    def __init__(self, disk: Disk) -> None:
        self.pwrite = disk.write

    def __getattr__(self, name: str) -> object:
        return getattr(os, name)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Counts how often the anchor is synced."""
    real, seen = subject._sync, [0]

    def sync(handle: int) -> None:
        seen[0] += 1
        real(handle)

    monkeypatch.setattr(subject, "_sync", sync)
    return seen


def test_many_commits_in_one_second_sync_the_anchor_once_and_a_slow_pace_syncs_each(tmp_path: Path, counted: list[int]) -> None:
    clock = Clock()
    anchor = Anchor(tmp_path / "a.anchor", now=clock)
    for size in range(1, 501):
        anchor.move(size, checkpoint(size))
        clock.now += 0.001
    assert counted[0] == 0, "the file was made on the disk, and no second has passed since"
    anchor.settle()
    anchor.settle()
    assert counted[0] == 1
    for size in range(501, 504):
        clock.now += 5
        anchor.move(size, checkpoint(size))
    assert counted[0] == 4, "each is on the disk when its move returns"
    anchor.settle()
    assert counted[0] == 4
    assert read_anchor(anchor.path) == (503, checkpoint(503))


def test_a_command_that_records_one_event_leaves_its_anchor_on_the_disk(tmp_path: Path, counted: list[int]) -> None:
    path = tmp_path / "a.anchor"
    move_anchor(path, 1, checkpoint(1))
    move_anchor(path, 2, checkpoint(2))
    assert counted[0] == 1
    assert path.read_bytes()[SLOT - 1] == path.read_bytes()[PAGE + SLOT - 1] == 1, "both slots are known to be there"


def test_an_older_checkpoint_and_the_same_again_change_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.anchor"
    for size in (5, 4, 5, 1):
        move_anchor(path, size, checkpoint(size))
    assert read_anchor(path) == (5, checkpoint(5))


@pytest.mark.parametrize("newest_first", [True, False])
def test_a_file_of_before_with_both_slots_in_one_page_is_read_and_goes_on(tmp_path: Path, *, newest_first: bool) -> None:
    path = tmp_path / "a.anchor"
    sizes = (8, 7) if newest_first else (7, 8)
    path.write_bytes(b"".join(subject._pack(checkpoint(size)) for size in sizes))
    assert read_anchor(path) == (8, checkpoint(8))
    anchor = Anchor(path)
    for size in range(9, 20):
        anchor.move(size, checkpoint(size))
        assert read_anchor(path) == (size, checkpoint(size))


def test_a_file_of_before_that_another_program_wrote_meanwhile_goes_on_in_a_page_of_its_own(tmp_path: Path) -> None:
    anchor = Anchor(tmp_path / "a.anchor", now=Clock())
    anchor.move(1, checkpoint(1))
    before = b"".join(subject._pack(checkpoint(size)) for size in (7, 8))
    anchor.path.write_bytes(before)
    anchor.move(9, checkpoint(9))
    assert anchor.path.read_bytes()[: len(before)] == before
    assert read_anchor(anchor.path) == (9, checkpoint(9))


def test_one_damaged_slot_is_no_loss_and_two_are_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.anchor"
    move_anchor(path, 1, checkpoint(1))
    move_anchor(path, 2, checkpoint(2))
    whole = path.read_bytes()
    for place, left in ((0, 2), (PAGE, 1)):
        path.write_bytes(whole[: place + 40] + b"?" + whole[place + 41 :])
        assert read_anchor(path) == (left, checkpoint(left))
    path.write_bytes(bytes(len(whole)))
    with pytest.raises(Integrity) as caught:
        read_anchor(path)
    assert caught.value.code == "anchor.damaged"
    path.write_bytes(b"")
    with pytest.raises(Integrity):
        read_anchor(path)


def test_who_reads_while_a_slot_is_written_over_reads_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.anchor"
    move_anchor(path, 1, checkpoint(1))
    torn = iter([b"\0" * (PAGE + SLOT)])
    real = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda self: next(torn, None) or real(self))
    assert read_anchor(path) == (1, checkpoint(1))


def test_a_checkpoint_that_does_not_fit_and_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(Storage) as caught:
        move_anchor(tmp_path / "a.anchor", 1, b"x" * SLOT)
    assert caught.value.code == "anchor.too_long"
    (tmp_path / "file").write_bytes(b"")
    for path in (tmp_path / "file" / "a.anchor", tmp_path):
        with pytest.raises(Storage) as caught:
            move_anchor(path, 1, checkpoint(1))
        assert caught.value.code == "anchor.unwritable"
        assert "safe" in caught.value.hint("en")


def test_a_closed_ledger_has_its_anchor_on_the_disk(tmp_path: Path, counted: list[int]) -> None:
    with Ledger.open(tmp_path / "x.db", keys=tmp_path / "keys") as ledger:
        ledger.init("example.org/shop")
        for number in range(5):
            ledger.record([Operator(id=f"o{number}", at=AT, operator=f"F-{number}", name="x")])
        before = counted[0]
    assert counted[0] == before + 1
    path = anchor_path(tmp_path / "keys", "example.org/shop")
    newest = read_anchor(path)
    assert newest is not None
    assert newest[0] == 6
    assert path.stat().st_mode & 0o777 == 0o600


def test_an_anchor_put_aside_under_an_open_ledger_is_not_written_any_more(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "x.db", keys=tmp_path / "keys") as ledger:
        ledger.init("example.org/shop")
        path = anchor_path(tmp_path / "keys", "example.org/shop")
        ledger.record([Operator(id="o1", at=AT, operator="F-1", name="x")])
        aside = path.replace(path.with_suffix(".evidence"))
        before = aside.read_bytes()
        ledger.record([Operator(id="o2", at=AT, operator="F-2", name="x")])
        assert aside.read_bytes() == before
        newest = read_anchor(path)
        assert newest is not None
        assert newest[0] == 3
