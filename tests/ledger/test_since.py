"""Older checkpoints that somebody kept, and what verify says that each level proves: no more than it does."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from foodtrace import Ledger, errors
from foodtrace.keyfiles import create
from foodtrace.keys import COSIGNATURE_V1, format_vkey
from foodtrace.schemas import schema_of
from foodtrace.tlog.note import Cosigner, add_signatures, parse_verifier
from foodtrace.verification import Older, older
from tests.cli.shell import run
from tests.ledger.rich import grow, unsealed
from tests.ledger.verified import more, opened

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def grown(tmp_path: Path) -> Path:
    with opened(tmp_path) as ledger:
        grow(ledger)
    return tmp_path


def note(ledger: Ledger, log: str = "city/one") -> bytes:
    with ledger.reading() as session:
        row = session.row(
            "SELECT c.note FROM checkpoint AS c JOIN log AS l ON l.id = c.log WHERE l.origin = ? ORDER BY c.size DESC LIMIT 1", (log,)
        )
    assert row is not None
    return bytes(row[0])


def kept(ledger: Ledger, log: str = "city/one") -> Older:
    return older("old.note", note(ledger, log))


SWAP = "UPDATE entry SET bytes = (SELECT o.bytes FROM entry AS o WHERE o.log = 1 AND o.seq = 9 - entry.seq) WHERE log = 1 AND seq IN (4, 5)"


def first(text: str) -> Any:
    """Return the JSON that a command printed; talk on stderr comes after it."""
    return json.JSONDecoder().raw_decode(text)[0]


def put_back(folder: Path, *, forget: bool) -> None:
    """Set the database back to old.db, as an owner does who also takes this host's anchors and mark away."""
    for suffix in ("", "-wal", "-shm"):
        (folder / f"x.db{suffix}").unlink(missing_ok=True)
    shutil.copy(folder / "old.db", folder / "x.db")
    for path in (folder / "keys").glob("*.anchor" if not forget else "*.[av]*"):
        path.unlink()


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_a_log_that_extends_an_older_checkpoint_gains_a_level(tmp_path: Path, engine: str, request: pytest.FixtureRequest) -> None:
    url = f"sqlite:///{tmp_path / 'x.db'}" if engine == "sqlite" else request.getfixturevalue("pg_url")
    with Ledger.open(url, keys=tmp_path / "keys") as ledger:
        grow(ledger)
        old = kept(ledger)
        ledger.record(more(40), log="city/one")
        plain = ledger.verify()
        assert [[each.level for each in log.assured] for log in plain.logs] == [["chain", "signed"], ["chain", "signed"]]
        found = ledger.verify(older=[old])
        assert found.ok
        one = found.logs[0]
        assert [(each.level, each.size) for each in one.assured] == [
            ("chain", one.entries),
            ("signed", one.entries),
            ("published", one.entries - 40),
        ]
        assert one.assured[1].by.startswith("city/one+")
        assert one.assured[2].by == "old.note"
        assert ledger.verify(older=[old], full=True).ok


def test_a_witness_counts_only_if_its_key_was_given(grown: Path) -> None:
    key = create(grown / "w", "witness.example/w1")
    with opened(grown) as ledger:
        cosigned = add_signatures(note(ledger), [Cosigner(key, 1_790_000_000)])
        ledger.record(more(3), log="city/one")
        verifier = parse_verifier(format_vkey(key.name, key.public, COSIGNATURE_V1))
        without = ledger.verify(older=[older("w.note", cosigned)])
        assert [each.level for each in without.logs[0].assured] == ["chain", "signed", "published"]
        found = ledger.verify(older=[older("w.note", cosigned, [verifier])])
        assert [(each.level, each.by) for each in found.logs[0].assured][2:] == [("witnessed", f"{verifier.name}+{verifier.key_id.hex()}")]
        other = b"B" if cosigned[-20:-19] == b"A" else b"A"
        forged = cosigned[:-20] + other + cosigned[-19:]
        assert [each.code for each in ledger.verify(older=[older("w.note", forged, [verifier])]).findings] == ["tlog.since_signature"]


def test_a_ledger_set_back_and_written_to_again_is_found_by_whoever_holds_an_older_checkpoint(grown: Path) -> None:
    shutil.copy(grown / "x.db", grown / "old.db")
    with opened(grown) as ledger:
        ledger.record(more(4), log="city/one")
        held = kept(ledger)
    put_back(grown, forget=True)
    with opened(grown) as ledger:
        assert ledger.verify().ok, "nothing on this host remembers"
        assert [each.code for each in ledger.verify(older=[held]).findings] == ["tlog.rolled_back"]
        ledger.record(more(9, "other"), log="city/one")
        for full in (False, True):
            found = ledger.verify(older=[held], full=full)
            assert not found.ok
            assert [(each.code, each.log, each.seq) for each in found.findings] == [("tlog.forked", "city/one", held.head.size - 1)]
            assert found.logs[0].assured == ()


def test_a_checkpoint_by_a_key_that_was_not_in_force_says_nothing(grown: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other")
    with opened(other) as ledger:
        grow(ledger)  # the same origins, other keys
        foreign = kept(ledger)
    with opened(grown) as ledger:
        assert [each.code for each in ledger.verify(older=[foreign]).findings] == ["tlog.since_signature"]


def test_a_checkpoint_of_a_log_that_is_not_here_is_never_passed_over(grown: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other")
    with opened(other) as ledger:
        ledger.init("city/three")
        foreign = kept(ledger, "city/three")
    with opened(grown) as ledger, pytest.raises(errors.NotFound) as caught:
        ledger.verify(older=[foreign])
    assert caught.value.code == "verify.since_log"


def test_a_replaced_keys_checkpoint_counts_for_its_time(grown: Path) -> None:
    from foodtrace.keeping.rotation import rotate

    with opened(grown) as ledger:
        before = kept(ledger)
        rotate(ledger, create(grown / "keys", "city/one"), log="city/one")
        ledger.record(more(2), log="city/one")
        found = ledger.verify(older=[before])
        assert found.ok
        assert found.logs[0].assured[1].by != before.head.origin


# --- on the command line -----------------------------------------------------------------------------------------


def command(folder: Path, *words: str, code: int = 0, lang: str = "en") -> str:
    return run(folder, "--db", "x.db", *words, code=code, lang=lang)


def test_the_answer_says_what_was_looked_at_and_what_each_level_proves(grown: Path) -> None:
    one = command(grown, "verify")
    assert "everything checked in full" in one
    assert "Not: that the whole was not written anew" in one
    assert "would not be noticed" in one
    (grown / "old.note").write_text(command(grown, "--log", "city/one", "export", "checkpoint"))
    with opened(grown) as ledger:
        ledger.record(more(3), log="city/one")
    second = command(grown, "verify", "--since", "old.note")
    assert "3 of them new" in second
    assert re.search(r"the other \d+: every byte was hashed again", second)
    assert "older checkpoint in old.note" in second
    assert "would not be noticed" not in second
    assert "本次新增 0 条" in command(grown, "verify", lang="zh")
    answer = first(command(grown, "verify", "--since", "old.note", "--json"))
    jsonschema.validate(answer, schema_of("verify"))
    assert [each["level"] for each in answer["logs"][0]["assured"]] == ["chain", "signed", "published"]
    assert (answer["full"], answer["fresh"]) == (False, 0)
    assert "--key goes with" in command(grown, "verify", "--key", "x", code=2)


@pytest.mark.parametrize(
    ("name", "statements", "code"),
    [
        ("tail cut off", ["DELETE FROM entry WHERE log = 1 AND seq > 18"], "tlog."),
        (
            "tail cut off with its checkpoints and nodes",
            ["DELETE FROM entry WHERE log = 1 AND seq > 16", "DELETE FROM checkpoint WHERE log = 1 AND size > 17"],
            "tlog.",
        ),
        (
            "rows swapped",
            [SWAP],
            "tlog.leaf_mismatch",
        ),
        ("projection altered", ["UPDATE holding SET sent = sent + 1"], "projection.differs"),
        ("projection row taken out", ["DELETE FROM move WHERE seq = 6"], "projection.differs"),
        ("head taken out", ["DELETE FROM head WHERE log = 2"], ""),
    ],
)
def test_damage_is_exit_3_with_place_expected_and_got(grown: Path, name: str, statements: list[str], code: str) -> None:
    for marked in (False, True):
        if marked:
            shutil.copy(grown / "clean.db", grown / "x.db")
            command(grown, "verify", "--full")
        else:
            shutil.copy(grown / "x.db", grown / "clean.db")
        assert unsealed(grown / "x.db", *((each, ()) for each in statements))
        said = command(grown, "verify", code=3)
        assert code in said or "ledger." in said, (name, said)
        if code:
            assert "NOT verified" in said or "ledger." in said
            found = first(run(grown, "--db", "x.db", "--keys", "elsewhere", "verify", "--json", code=3))
            assert found["ok"] is False
            assert all(each["log"] for each in found["findings"])
            assert any(each["expected"] or each["got"] for each in found["findings"])
        for suffix in ("-wal", "-shm"):
            (grown / f"x.db{suffix}").unlink(missing_ok=True)


def test_an_empty_log_and_no_ledger_are_never_exit_0(tmp_path: Path) -> None:
    from foodtrace.tlog.append import new_log

    run(tmp_path, "--db", "none.db", "verify", code=1)
    with opened(tmp_path) as ledger:
        ledger.store.create()
        with ledger.store.write() as session:
            new_log(session, "city/none")
    assert 'not "verified"' in command(tmp_path, "verify", code=1)
    (tmp_path / "x.db").write_bytes(b"garbage" * 500)
    for suffix in ("-wal", "-shm"):
        (tmp_path / f"x.db{suffix}").unlink(missing_ok=True)
    command(tmp_path, "verify", code=3)
    (tmp_path / "note").write_text("no checkpoint")
    command(tmp_path, "verify", "--since", "note", code=3)


def test_the_pages_words_and_options_are_those_of_the_program() -> None:
    page = (ROOT / "docs" / "verify.md").read_text(encoding="utf-8")
    from foodtrace_cli.commands.keep import recover
    from foodtrace_cli.commands.log import verify

    there = {name for each in (*verify.params, *recover.params) for name in each.opts}
    assert set(re.findall(r"(--[a-z][a-z-]+)", page)) <= there
    for level in ("chain", "signed", "witnessed", "published"):
        assert f"| {level} |" in page
