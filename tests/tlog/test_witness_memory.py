"""A witness whose memory is gone asks: what it cosigned before must not be forgotten in silence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from foodtrace import errors
from foodtrace.tlog.witness import Request, Witness
from tests.cli.shell import run, shop  # noqa: F401 - a fixture
from tests.tlog.watched import FORKED, KEY, LOG, OTHER, begun, note, request


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    return begun(KEY, tmp_path, LOG, OTHER)


LIST = "cosigned-logs"


def memories(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.checkpoint"))


@pytest.mark.parametrize("gone", [(), (LIST,), ("keys/" + LIST,)])
def test_a_deleted_memory_is_not_taken_for_a_log_never_seen(witness: Witness, tmp_path: Path, gone: tuple[str, ...]) -> None:
    """It cosigned 13 entries, its memory was removed, and it cosigned another 11 as if nothing had been."""
    held = witness.add(request(0, 13)).checkpoint.encode()
    witness.add(request(0, 4, key=OTHER))
    for name in gone:
        (tmp_path / name).unlink()
    for each in memories(tmp_path):
        if b"gate1" in each.read_bytes():
            each.unlink()
    for first in (False, True):
        for asked in (request(0, 11, FORKED), request(0, 13), request(13, 20)):
            with pytest.raises(errors.Integrity) as caught:
                witness.add(asked, first=first)
            assert caught.value.code == "witness.forgotten"
    assert witness.add(request(4, 5, key=OTHER)).before == 4, "what it remembers goes on"
    assert (tmp_path / LIST).read_bytes() == (tmp_path / "keys" / LIST).read_bytes(), "the list is whole again"
    assert witness.restore(held).size == 13
    assert witness.add(request(13, 20)).before == 13


@pytest.mark.parametrize("damage", [b"", b"foodtrace cosigned logs 1\n", None])
def test_a_key_that_is_not_new_and_has_no_list_asks(witness: Witness, tmp_path: Path, damage: bytes | None) -> None:
    held = witness.add(request(0, 13)).checkpoint.encode()
    for each in memories(tmp_path):
        each.unlink()
    for path in (tmp_path / LIST, tmp_path / "keys" / LIST):
        path.unlink() if damage is None else path.write_bytes(damage + path.read_bytes()[40:] if damage else damage)
    for key in (LOG, OTHER):
        with pytest.raises(errors.Integrity) as caught:
            witness.add(request(0, 11, key=key))
        assert caught.value.code == "witness.unsure"
    assert witness.add(request(0, 4, key=OTHER), first=True).before == 0
    with pytest.raises(errors.Integrity) as again:
        witness.add(request(0, 11))
    assert again.value.code == "witness.unsure", "one word for one log: the list that was begun now is not complete"
    witness.restore(held)
    assert witness.add(request(13, 20)).before == 13
    with pytest.raises(errors.Conflict) as remembers:
        witness.add(request(20, 21), first=True)
    assert remembers.value.code == "witness.remembers"


def test_evidence_alone_shows_that_a_log_was_cosigned(witness: Witness, tmp_path: Path) -> None:
    witness.add(request(0, 8))
    with pytest.raises(errors.Integrity):
        witness.add(Request(8, (), note(8, FORKED)))
    for path in (tmp_path / LIST, tmp_path / "keys" / LIST, *memories(tmp_path)):
        path.unlink()
    with pytest.raises(errors.Integrity) as caught:
        witness.add(request(0, 11), first=True)
    assert caught.value.code == "witness.forgotten"


def test_a_witness_begins_once_and_one_of_before_goes_on_with_what_it_remembers(witness: Witness, tmp_path: Path) -> None:
    with pytest.raises(errors.Conflict) as caught:
        witness.begin()
    assert caught.value.code == "witness.begun"
    witness.add(request(0, 8))
    for path in (tmp_path / LIST, tmp_path / "keys" / LIST):
        path.unlink()  # as a program of before left it
    assert witness.add(request(8, 20)).before == 8
    with pytest.raises(errors.Integrity) as unsure:
        witness.add(request(0, 2, key=OTHER))
    assert unsure.value.code == "witness.unsure"
    for each in memories(tmp_path):
        each.unlink()
    with pytest.raises(errors.Integrity) as forgotten:
        witness.add(request(0, 11), first=True)
    assert forgotten.value.code == "witness.forgotten"


def test_a_deleted_memory_on_the_command_line(shop: Path) -> None:  # noqa: F811
    key = json.loads(run(shop, "prove", "#0", "--json"))[0]["vkey"]
    run(shop, "export", "tiles", "copy")
    options = ("witness", "copy", "--key", key, "--state", "w")
    run(shop, *options, "--name", "witness.example/w1", "--out", "cosigned")
    for each in memories(shop / "w"):
        each.unlink()
    assert "witness.forgotten" in run(shop, *options, code=3)
    (shop / "w" / LIST).unlink()
    assert "--restore" in run(shop, *options, "--first", code=3)
    (shop / "w" / "keys" / LIST).unlink()
    assert "--first" in run(shop, *options, code=3)
    assert "is restored to" in run(shop, "witness", "cosigned", "--key", key, "--state", "w", "--restore")
    run(shop, *options)


def test_a_first_request_that_is_refused_leaves_nothing_behind(shop: Path) -> None:  # noqa: F811
    key = json.loads(run(shop, "prove", "#0", "--json"))[0]["vkey"]
    run(shop, "export", "tiles", "copy")
    other = KEY.vkey
    options = ("--state", "w", "--name", "witness.example/w1")
    run(shop, "witness", "copy", "--key", other, *options, code=1)
    run(shop, "witness", "none", "--key", key, *options, code=3)
    run(shop, "witness", "copy/checkpoint", "--key", key, *options, "--restore", code=1)
    assert not (shop / "w").exists()
    (shop / "w").mkdir()
    run(shop, "witness", "copy", "--key", other, *options, code=1)
    assert list((shop / "w").iterdir()) == [], "a folder that was there stays"
    run(shop, "witness", "copy", "--key", key, *options)
    assert len(list((shop / "w" / "keys").glob("*.key"))) == 1


def test_a_witness_that_lost_its_key_gets_no_new_one(shop: Path) -> None:  # noqa: F811
    key = json.loads(run(shop, "prove", "#0", "--json"))[0]["vkey"]
    run(shop, "export", "tiles", "copy")
    options = ("witness", "copy", "--key", key, "--state", "w", "--name", "witness.example/w1")
    run(shop, *options)
    (file,) = (shop / "w" / "keys").glob("*.key")
    file.rename(shop / "kept")
    before = sorted((shop / "w").rglob("*"))
    for more in ((), ("--first",)):
        assert "witness.key_gone" in run(shop, *options, *more, code=3)
    for each in memories(shop / "w"):
        each.rename(shop / "memory")  # its list alone says so as well
        assert "witness.key_gone" in run(shop, *options, code=3)
        (shop / "memory").rename(each)
    assert sorted((shop / "w").rglob("*")) == before
    (shop / "kept").rename(file)
    run(shop, *options)
