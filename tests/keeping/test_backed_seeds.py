"""A backup carries the seeds of draws, as secret as its keys; lost with the disk, nothing that was committed to could be proven."""

from __future__ import annotations

import json
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from foodtrace import Ledger, errors
from foodtrace.keeping.backup import backup, read_backup, restore
from foodtrace.keeping.manifest import MANIFEST
from foodtrace.operations import checks, sampling
from tests.cli.shell import run
from tests.keeping.ownlog import clock, fill


@pytest.fixture
def host(tmp_path: Path) -> Path:
    """A host with a gate's seed and a case's."""
    with Ledger.open(tmp_path / "x.db", keys=tmp_path / "keys", clock=clock) as ledger:
        fill(ledger)
        sampling.master_seed(ledger.keys, create=True)
        checks.make_seed(ledger.keys)
    return tmp_path


def copied(host: Path, name: str, **how: object) -> Path:
    with Ledger.open(host / "x.db", keys=host / "keys", clock=clock) as ledger:
        backup(ledger, host / name, **how)  # type: ignore[arg-type]
    return host / name


def seeds(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.seed")}


def test_they_come_back_as_they_were_and_nobody_else_reads_them(host: Path) -> None:
    kept = copied(host, "b")
    assert seeds(kept / "keys") == seeds(host / "keys")
    assert len(seeds(kept / "keys")) == 2
    done = restore(kept, host / "y.db", host / "keys2")
    assert (done.seeds_unknown, done.seeds_missing) == ((), ())
    assert seeds(host / "keys2") == seeds(host / "keys")
    for folder in (kept / "keys", host / "keys2"):
        assert {stat.S_IMODE(path.stat().st_mode) for path in folder.glob("*.seed")} == {0o600}
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert sampling.master_seed(host / "keys2") == sampling.master_seed(host / "keys")
    secret = [each.strip() for each in seeds(host / "keys").values()]
    for path in (each for each in kept.rglob("*") if each.is_file() and each.parent.name != "keys"):
        assert not any(each in path.read_bytes() for each in secret), path


def test_they_go_where_the_keys_go_and_nowhere_without_them(host: Path) -> None:
    kept = copied(host, "b", keys_to=host / "stick")
    assert seeds(kept / "keys") == {}
    assert seeds(host / "stick") == seeds(host / "keys")
    assert set(read_backup(kept).seed_files or {}) == set(seeds(host / "keys"))
    assert read_backup(copied(host, "c", with_keys=False)).seed_files is None
    assert [*(host / "c").rglob("*.seed")] == []


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-9])


def other(path: Path) -> None:
    path.write_text("00" * 32 + "\n", encoding="ascii")


@pytest.mark.parametrize("harm", [cut, other])
@pytest.mark.parametrize("which", ["sampling.seed", "sample-*.seed"])
def test_one_that_was_changed_is_refused_before_anything_is_put_back(host: Path, harm: Callable[[Path], None], which: str) -> None:
    kept = copied(host, "b")
    (path,) = (kept / "keys").glob(which)
    harm(path)
    with pytest.raises(errors.Integrity) as caught:
        restore(kept, host / "y.db", host / "keys2")
    assert (caught.value.code, caught.value.value) == ("backup.key_changed", f"keys/{path.name}")
    assert not (host / "y.db").exists()
    assert not (host / "keys2").exists()


def test_one_that_is_damaged_already_is_not_copied_as_if_it_were_whole(host: Path) -> None:
    cut(host / "keys" / "sampling.seed")
    with pytest.raises(errors.BadData) as caught:
        copied(host, "b")
    assert caught.value.code == "backup.seed_damaged"
    assert not (host / "b").exists()


def test_another_seed_that_lies_there_is_not_replaced(host: Path) -> None:
    kept = copied(host, "b")
    (host / "keys2").mkdir(mode=0o700)
    sampling.master_seed(host / "keys2", create=True)
    before = seeds(host / "keys2")
    with pytest.raises(errors.Conflict) as caught:
        restore(kept, host / "y.db", host / "keys2")
    assert caught.value.code == "key.exists"
    assert seeds(host / "keys2") == before
    assert not (host / "y.db").exists()
    restore(kept, host / "z.db", host / "keys")  # the very same ones


def test_one_that_was_taken_out_or_put_in_by_hand_is_told(host: Path) -> None:
    kept = copied(host, "b")
    shutil.move(kept / "keys" / "sampling.seed", host / "away")
    done = restore(kept, host / "y.db", host / "keys2")
    assert done.seeds_missing == ("sampling.seed",)
    (host / "z").mkdir()
    old = copied(host, "c", with_keys=False)
    shutil.copytree(host / "keys", old / "keys", ignore=shutil.ignore_patterns("*.anchor*", "*.verified*"))
    done = restore(old, host / "z" / "z.db", host / "z" / "keys")
    assert set(done.seeds_unknown) == set(seeds(host / "keys"))


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_on_the_command_line_it_is_said_and_they_come_back(tmp_path: Path, lang: str) -> None:
    run(tmp_path, "init")
    sampling.master_seed(tmp_path / "keys", create=True)
    said = run(tmp_path, "backup", "b", lang=lang)
    assert ("as secret as keys" if lang == "en" else "和密钥一样保密") in said
    assert set(json.loads((tmp_path / "b" / MANIFEST).read_bytes())["seed_files"]) == {"sampling.seed"}
    run(tmp_path, "--db", "y.db", "--keys", "keys2", "recover", "--from", "b", "--reason", "moved", lang=lang)
    assert seeds(tmp_path / "keys2") == seeds(tmp_path / "keys")
