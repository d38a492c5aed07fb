"""A private key file given where a verifier key is due: nothing prints it, and the answer says what it is and where the right one is."""

from __future__ import annotations

from base64 import b64decode, b64encode
from pathlib import Path

import pytest

from foodtrace.errors import BadData
from foodtrace.texts import LANGS
from foodtrace.tlog.verifier import parse_verifier
from tests.cli.inside import Inside, here

__all__ = ["here"]

ORIGIN = "test.example/gate"


def lines_of(key: Path) -> list[str]:
    return [each for each in key.read_text().splitlines()[1:] if each and not each.startswith("-----")]


def everything(here: Inside) -> tuple[Path, list[str]]:
    """Return the private key file of a log with a proof, a copy and a checkpoint, and the lines that nobody may print."""
    here("init", "--name", ORIGIN)
    here("site", "add", "福安超市:shop")
    here("prove", f"{ORIGIN}#1", "--out", "p")
    here("export", "tiles", "tiles")
    (here.folder / "old.note").write_bytes((here.folder / "tiles" / "checkpoint").read_bytes())
    (key,) = (here.folder / "keys").glob("*.key")
    return key, lines_of(key)


@pytest.mark.parametrize("locked", [False, True])
def test_no_command_prints_a_private_key(here: Inside, monkeypatch: pytest.MonkeyPatch, *, locked: bool) -> None:
    if locked:
        monkeypatch.setenv("FOODTRACE_PASSPHRASE", "correct horse")
    key, secret = everything(here)
    if locked:
        here("key", "create", "--passphrase", "--json")
        key = next(each for each in (here.folder / "keys").glob("*.key") if "ENCRYPTED" in each.read_text())
        secret = lines_of(key)
    (proof,) = (here.folder / "p").glob("*.tlog-proof")
    text = key.read_text()
    asked = [
        ["check-proof", str(proof), "--key", str(key)],
        ["check-proof", str(proof), "--key", text],
        ["verify", "--tiles", "tiles", "--key", str(key)],
        ["verify", "--since", "old.note", "--key", str(key)],
        ["witness", "tiles", "--key", str(key), "--state", "w", "--name", "w.example/1"],
        ["key", "register", text, "--issuer", "L-1"],
        ["key", "register", "".join(secret), "--issuer", "L-1"],
        ["check-proof", str(proof), "--key", "\n".join(secret)],
        ["check-proof", str(proof), "--key", text.replace("\n", " ")],
    ]
    for words in asked:
        for more, lang in (([], "en"), ([], "zh"), (["--json"], "en")):
            said = here(*words, *more, code=2, lang=lang)
            assert not any(each in said or each[:24] in said for each in secret), words
            if not locked and words[0] != "key":
                assert "key list" in said, words


def test_nothing_else_repeats_a_private_key_that_was_typed_in_its_place(here: Inside) -> None:
    key, secret = everything(here)
    text = key.read_text()
    for code, words in (
        (2, ["key", "rotate", "--to", text]),
        (1, ["key", "revoke", text, "--reason", "x"]),
        (1, ["site", "edit", text, "--phone", "1"]),
        (2, ["recall", text]),
        (2, ["verify", text]),
        (2, ["verify", f"--{text}"]),
        (2, ["init", "--name", text]),
    ):
        said = here(*words, code=code)
        assert said, words
        assert not any(each in said for each in secret), words


def test_key_list_prints_the_verifier_key_that_the_hint_promises(here: Inside) -> None:
    key, _ = everything(here)
    vkey = key.read_text().splitlines()[0]
    assert vkey in here("key", "list")
    (proof,) = (here.folder / "p").glob("*.tlog-proof")
    assert "is entry 1" in here("check-proof", str(proof), "--key", vkey)


SEED = b64decode("qhV3oz0SVtqBn5n2Gx9uBg0pJmS2wq1Wl9dM0Pq3Y0c=")


@pytest.mark.parametrize("given", [SEED.hex(), b64encode(SEED).decode(), b64encode(SEED).decode() + "+x"])
def test_what_may_be_a_bare_secret_is_not_repeated_either(given: str) -> None:
    with pytest.raises(BadData) as caught:
        parse_verifier(given)
    for lang in LANGS:
        assert given[:16] not in str(caught.value.as_dict()) + caught.value.message(lang) + caught.value.hint(lang)


def test_a_mistyped_path_is_repeated(here: Inside) -> None:
    with pytest.raises(BadData) as caught:
        parse_verifier("proofs/of-the-market-in-the-north/gate1.vkey")
    assert "gate1.vkey" in caught.value.message("en")
