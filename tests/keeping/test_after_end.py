"""A log that has ended has ended for everybody who reads it: whoever has its key can write on, and nobody takes it for the log's word."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from foodtrace.errors import ProofError
from foodtrace.events import AnyEvent, Key, Transfer
from foodtrace.keyfiles import list_keys, load
from foodtrace.keys import SigningKey
from foodtrace.quantity import Quantity
from foodtrace.tlog.keychain import KeyChain
from foodtrace.tlog.note import parse_verifier
from foodtrace.tlog.proof import check_proof
from foodtrace.tlog.prooftar import pack
from tests.cli.inside import Inside, here
from tests.keeping.gatelog import AT
from tests.tlog.afterend import forge, proof_of

__all__ = ["here"]

ORIGIN = "t.example/a"
NEW = SigningKey(ORIGIN, bytes(range(32)))


class Ended(NamedTuple):
    """A log that was ended (its copy: ``copy``), and what was written on (``evil``)."""

    here: Inside
    vkeys: list[str]
    """Keys that signed the checkpoint of ``evil``."""
    own: str
    """Key that the log had when it ended."""
    end: int
    """Number of the entry that ended it; a delivery and one more entry were written on."""
    proof: bytes
    """Of the delivery."""
    entry: bytes


@pytest.fixture(params=["rotate", "revoke", "register", "transfer"])
def ended(here: Inside, request: pytest.FixtureRequest) -> Ended:
    here("init", "--name", ORIGIN)
    here("site", "add", "永发合作社:farm", "福安超市:shop")
    (stored,) = list_keys(here.folder / "keys")
    old = load(here.folder / "keys", stored.verifier.key_id)
    here("key", "revoke", stored.verifier.key_id.hex(), "--end-log", "--reason", "失窃")
    end = here.json("export", "tiles", "copy")["size"] - 1
    (here.folder / "end.note").write_bytes((here.folder / "copy" / "checkpoint").read_bytes())
    here("verify", "--tiles", "copy", "--key", old.vkey, "--since", "end.note")
    signers = {"rotate": [NEW, old], "register": [NEW]}.get(request.param, [old])
    log = forge(here.folder / "copy", here.folder / "evil", written_on(request.param, old, end), {end + 3: signers})
    made = Ended(here, [each.vkey for each in signers], old.vkey, end, proof_of(log, end + 1), log.entries[end + 1])
    (here.folder / "x.tlog-proof").write_bytes(made.proof)
    (here.folder / "x.entry").write_bytes(made.entry)
    return made


def written_on(how: str, key: SigningKey, end: int) -> list[AnyEvent]:
    """Return a delivery that nobody made, and after it a key entry, or another delivery."""
    goods = [
        Transfer(id=f"x{n}", at=AT, site="L-0001", lot="L-0001/EVIL", quantity=Quantity(value=999_000, unit="g"), to="L-0002", doc="X")
        for n in range(2)
    ]
    if how == "transfer":
        return list(goods)
    public = key.public if how == "revoke" else NEW.public
    return [goods[0], Key(id="k", at=AT, action=how, public=public.hex(), previous=end)]  # type: ignore[arg-type]


def test_a_copy_that_goes_on_after_the_end_does_not_hold(ended: Ended) -> None:
    for more in (["--since", "end.note"], []):
        for key in ([], *(["--key", each] for each in ended.vkeys)):
            found = ended.here.json("verify", "--tiles", "evil", *key, *more, code=3)["findings"]
            after = [(each["seq"], each["expected"]) for each in found if each["code"] == "tlog.after_end"]
            assert after == [(ended.end + n, str(ended.end)) for n in (1, 2)], found


def test_a_witness_does_not_cosign_what_came_after_the_end(ended: Ended) -> None:
    first = ended.here.json("witness", "copy", "--key", ended.own, "--state", "w", "--name", "witness.example/w1")
    assert first["size"] == ended.end + 1
    for key in ended.vkeys:
        assert "tlog.after_end" in ended.here("witness", "evil", "--key", key, "--state", "w", code=3)
        assert "tlog.after_end" in ended.here("witness", "evil", "--key", key, "--state", "v", "--name", "witness.example/v", code=3)
    again = ended.here.json("witness", "copy", "--key", ended.own, "--state", "w")
    assert again["before"] == ended.end + 1, "what it remembers is what it cosigned"


@pytest.mark.parametrize("known", [False, True])
def test_what_came_after_the_end_is_not_taken_in(ended: Ended, known: bool) -> None:
    ended.here.set("FOODTRACE_KEYS", str(ended.here.folder / "others"))
    market = ("--db", "sqlite:///market.db")
    ended.here(*market, "init", "--name", "t.example/market")
    if known:
        ended.here(*market, "import", "copy", "--vkey", ended.own)
    before = ended.here.json(*market, "verify", "--full")["entries"]
    for key in ended.vkeys:
        assert "tlog.after_end" in ended.here(*market, "import", "evil", "--vkey", key, code=3)
    assert ended.here.json(*market, "verify", "--full")["entries"] == before


@pytest.mark.parametrize("ended", ["rotate", "revoke", "transfer"], indirect=True)
def test_a_ledger_that_took_it_in_once_is_told(ended: Ended, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a release did that asked only the database's own log where it had ended."""
    ended.here.set("FOODTRACE_KEYS", str(ended.here.folder / "others"))
    market = ("--db", "sqlite:///market.db")
    ended.here(*market, "init", "--name", "t.example/market")
    with monkeypatch.context() as patch:
        patch.setattr(KeyChain, "past_end", lambda *_: False)
        ended.here(*market, "import", "evil", *(word for key in ended.vkeys for word in ("--vkey", key)))
    for more in ([], ["--full"]):
        found = ended.here.json(*market, "verify", *more, code=3)["findings"]
        assert [each["seq"] for each in found if each["code"] == "tlog.after_end"] == [ended.end + 1, ended.end + 2]


def test_no_proof_of_what_came_after_the_end_holds(ended: Ended) -> None:
    (ended.here.folder / "x.tar.gz").write_bytes(b"".join(pack([("x.tlog-proof", ended.proof), ("x.entry", ended.entry)])))
    for key in ended.vkeys:
        with pytest.raises(ProofError) as caught:
            check_proof(ended.proof, ended.entry, [parse_verifier(key)])
        size = ended.end + 3
        assert caught.value.message() == f"the log had ended with entry {ended.end}; the proof is under a checkpoint of {size} entries"
        assert f"日志到第 {ended.end} 条已结束" in caught.value.message("zh")
        for words in ("x.tlog-proof", "x.tar.gz"):
            assert "the log had ended with entry" in ended.here("check-proof", words, "--key", key, "--vouch", code=3)
