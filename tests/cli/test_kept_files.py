"""What a command writes never takes the place of a ledger, of a part of one, or of a file among the keys."""

from __future__ import annotations

import pytest

from tests.cli.inside import Inside, here

__all__ = ["here"]


@pytest.mark.parametrize(
    "command",
    [
        ("recall", "X", "--csv"),
        ("recall", "X", "--xlsx"),
        ("reconcile", "--csv"),
        ("trace", "X", "--picture"),
        ("drill", "--out"),
        ("case", "report", "1", "--proofs"),
        ("stoplist", "--out"),
        ("key", "list", "--export"),
        ("formula", "ledger", "--shop", "S", "--pdf"),
    ],
)
def test_neither_a_ledger_nor_a_key_is_overwritten(here: Inside, command: tuple[str, ...]) -> None:
    here("init", "--name", "t.example/a")
    (key,) = (here.folder / "keys").glob("*.key")
    other = here.folder / "other.db"
    other.write_bytes((here.folder / "foodtrace.db").read_bytes())
    (here.folder / "other.db-wal").write_bytes(b"newest")
    for kept in (other, here.folder / "other.db-wal", key):
        before = kept.read_bytes()
        said = here(*command, str(kept), code=2)
        assert "output.kept" in said
        assert kept.read_bytes() == before
