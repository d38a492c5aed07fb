"""A head row that does not fit its entries: the finding names each column that differs, with both values, and nothing else."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from foodtrace import Ledger
from foodtrace.tlog.frontier import Frontier
from tests.cli.inside import Inside, here
from tests.keeping.gatelog import NOW, ORIGIN, site
from tests.ledger.tampering import sealed_again, unsealed

__all__ = ["here"]
COLUMNS = ("size", "prev", "frontier", "time", "key_seq", "key_id")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give a ledger of five entries."""
    with Ledger.open(f"sqlite:///{tmp_path}/x.db", keys=tmp_path / "keys", clock=lambda: NOW) as ledger:
        ledger.init(ORIGIN)
        ledger.record([site(f"s{n}") for n in range(4)])
        assert ledger.verify().ok
    for each in (tmp_path / "keys").glob("*"):
        if each.suffix in (".anchor", ".verified"):
            each.unlink()  # what a host remembers would refuse to open it before anything is looked at
    return tmp_path / "x.db"


def head(path: Path) -> dict[str, object]:
    with sqlite3.connect(path) as owner:
        return dict(zip(COLUMNS, owner.execute(f"SELECT {', '.join(COLUMNS)} FROM head").fetchone(), strict=True))


def changed(path: Path, **values: object) -> None:
    owner = unsealed(path)
    for name, value in values.items():
        owner.execute(f"UPDATE head SET {name} = ?", (value,))
    sealed_again(owner)
    owner.close()


def told(path: Path) -> list[tuple[str, str, str, int | None]]:
    with Ledger.open(f"sqlite:///{path}", keys=path.parent / "keys", clock=lambda: NOW) as ledger:
        found = ledger.verify()
        assert not found.ok
        return [(each.code, each.expected, each.got, each.seq) for each in found.findings]


def shown(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)


@pytest.mark.parametrize(
    ("name", "value"), [("prev", bytes(range(32))), ("time", NOW + 5), ("key_seq", 3), ("key_id", b"\1\2\3\4"), ("key_id", b"")]
)
def test_the_column_and_both_values_are_named(path: Path, name: str, value: object) -> None:
    before = head(path)[name]
    changed(path, **{name: value})
    assert ("tlog.head_mismatch", f"{name} {shown(before)}", f"{name} {shown(value)}", 4) in told(path)


def test_of_a_frontier_the_root_and_the_first_hash_that_differs(path: Path) -> None:
    before = head(path)["frontier"]
    assert isinstance(before, bytes)
    spoilt = before[:-32] + bytes(32)
    changed(path, frontier=spoilt)
    ((_, expected, got, _),) = [each for each in told(path) if each[0] == "tlog.head_mismatch"]
    place = (len(before) - 8) // 32 - 1
    assert expected == f"root {Frontier.from_bytes(before).root().hex()}, frontier[{place}] {before[-32:].hex()}"
    assert got == f"root {Frontier.from_bytes(spoilt).root().hex()}, frontier[{place}] {bytes(32).hex()}"


def test_a_frontier_that_is_none_has_no_root(path: Path) -> None:
    changed(path, frontier=b"\0")
    ((_, _, got, _),) = [each for each in told(path) if each[0] == "tlog.head_mismatch"]
    assert got == "root -"


def test_two_columns_are_both_named_in_their_order(path: Path) -> None:
    before = head(path)
    changed(path, time=7, key_seq=2)
    ((_, expected, got, _),) = [each for each in told(path) if each[0] == "tlog.head_mismatch"]
    assert (expected, got) == (f"time {before['time']}, key_seq 0", "time 7, key_seq 2")


@pytest.mark.parametrize(("lang", "words"), [("en", "the head row does not fit the entries"), ("zh", "日志头与内容不符")])
def test_on_the_command_line(here: Inside, path: Path, lang: str, words: str) -> None:
    before = head(path)["time"]
    changed(path, time=7)
    said = here("--db", str(path), "verify", code=3, lang=lang)
    assert f"tlog.head_mismatch: {words}" in said
    assert f"time {before}" in said
    assert "time 7" in said
