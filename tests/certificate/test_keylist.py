"""A key list says exactly what its maker signed; anything else about it is refused, and what it lacks is said."""

import datetime as dt

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foodtrace.certificate.keylist import format_list, newest, parse_list, sign_list
from foodtrace.errors import BadData, FoodtraceError, ProofError
from foodtrace.keys import SigningKey
from foodtrace.tlog.note import parse_verifier, sign_note
from tests.certificate.keylists import LIST, LOG, entry

OTHER = SigningKey("beihe.example/head", bytes(range(1, 33)))


VERIFIER = parse_verifier(LOG.vkey)


def test_what_was_signed_is_what_is_read() -> None:
    found = parse_list(sign_list(LIST, LOG), [VERIFIER])
    assert msgspec.structs.replace(found, signers=()) == LIST
    assert found.signers == (f"beihe.example/head+{LOG.key_id.hex()}",)
    assert found.find(entry(2).kid) == entry(2, revoked=True)
    assert found.find("0" * 16) is None


def test_the_text_is_small_and_plain() -> None:
    lines = format_list(LIST).decode().splitlines()
    assert lines[:3] == ["foodtrace/keys/v1", "2026-11-23T18:00:00Z", "2026-12-23"]
    words = sorted(line.split(" ", 2)[2] for line in lines[3:])
    assert words == [
        "F-0001 - - good",
        "F-0002 - - revoked",
        "F-0003 2026-01-01 2026-06-30 good",
    ]


def test_another_signer_or_a_changed_byte_is_refused() -> None:
    with pytest.raises(ProofError) as caught:
        parse_list(sign_list(LIST, OTHER), [VERIFIER])
    assert caught.value.code == "keylist.signature"
    with pytest.raises(ProofError):
        parse_list(sign_list(LIST, LOG), [])
    data = sign_list(LIST, LOG)
    for place in range(0, len(data), 3):
        changed = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
        with pytest.raises(FoodtraceError) as caught_any:
            parse_list(changed, [VERIFIER])
        assert caught_any.value.code in {"keylist.signature", "keylist.form"}
        assert caught_any.value.hint("zh")
    with pytest.raises(FoodtraceError):
        parse_list(data[:-9], [VERIFIER])


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("good", "fine"),
        lambda text: text.replace("F-0001", "F-0009"),  # the kid is not that of this issuer and key
        lambda text: text.replace("2026-12-23", "2026-12-32"),
        lambda text: text.replace("T18:00:00Z", "T18:00:00"),
        lambda text: text + text.splitlines()[-1] + "\n",
        lambda text: "\n".join([*text.splitlines()[:3], *text.splitlines()[:2:-1]]) + "\n",
        lambda text: text + "\n",
        lambda text: text.replace(" - -", "  - -", 1),
        lambda text: "foodtrace/keys/v1\n",
    ],
)
def test_a_signed_text_of_another_form_is_refused(change: object) -> None:
    text = change(format_list(LIST).decode())  # type: ignore[operator]
    with pytest.raises(BadData) as caught:
        parse_list(sign_note(text.encode(), [LOG]), [VERIFIER])
    assert caught.value.code == "keylist.form"


@given(st.binary(max_size=300))
def test_any_bytes_are_refused_without_a_crash(data: bytes) -> None:
    for each in (data, b"foodtrace/keys/v1\n" + data):
        with pytest.raises(FoodtraceError):
            parse_list(each, [VERIFIER])


def test_validity_and_age() -> None:
    listed = entry(3, valid_from=dt.date(2026, 1, 1), valid_until=dt.date(2026, 6, 30))
    days = [dt.date(2025, 12, 31), dt.date(2026, 1, 1), dt.date(2026, 6, 30), dt.date(2026, 7, 1)]
    assert [listed.holds_on(day) for day in days] == [False, True, True, False]
    assert not entry(2, revoked=True).holds_on(dt.date(2026, 2, 1))
    assert LIST.stale(dt.date(2026, 12, 23)) is None
    warning = LIST.stale(dt.date(2026, 12, 24))
    assert warning is not None
    assert warning.message("en") == "the key list ended on 2026-12-23: keys revoked since are unknown"


def test_a_revocation_counts_wherever_it_stands() -> None:
    good, bad = entry(1), entry(1, revoked=True)
    assert newest(good, bad) == bad
    assert newest(bad, good) == bad
    assert newest(None, good) == good
    assert newest(good, None) == good
    assert newest(None, None) is None
    # Days on record go before days on the list.
    assert newest(entry(1, valid_until=dt.date(2026, 1, 1)), good) == entry(1, valid_until=dt.date(2026, 1, 1))
