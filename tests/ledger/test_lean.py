"""Decoding for a verification is quicker than decoding to read, and takes and refuses exactly the same bytes."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.market import events, master
from foodtrace import Ledger
from foodtrace.errors import FoodtraceError
from foodtrace.events import ContactsShown, Correction, Dispute, Erasure, Key, Transfer, VoucherLines, kinds
from foodtrace.events.canonical import decode_alone, encode, read
from foodtrace.events.lean import Texts, _matcher, twins
from tests.ledger.rich import AT, LOT, first, kg

SAMPLES = [
    *first(),
    master()[0],
    *itertools.islice(events(), 60),
    Key(id="k1", at=AT, public="ab" * 32, action="register", use="log"),
    Correction(
        id="x1",
        at=AT,
        seq=3,
        leaf="0" * 64,
        reason="incorrect_data",
        replacement=Transfer(id="t9", at=AT, site="F-1", lot=LOT, quantity=kg(1)),
    ),
    Dispute(id="d1", at=AT, log="city/one", seq=3, leaf="0" * 64, reason="否"),
    Erasure(id="e1", at=AT, seq=3, fields=("phone",)),
    ContactsShown(id="c9", at=AT, what="recall", scope=("甲",), sites=3),
    VoucherLines(id="p1~1", at=AT, doc="p1", part=1, parts=2, kind="packing", children=("A",)),
]
DATA = [encode(each) for each in SAMPLES]
_TEXTS = ["", " ", "A", "A\n", "甲", "a\tb", "a\x00b", "\x7f", "\x1f", "é", "A" * 20, "A" * 41, "A" * 81, "甲" * 401, "0" * 14, "1" * 12]
_NAMED = ["F-1/..", "F-1/A\n", LOT, "g", "did_not_occur", "day", "instant", "f" * 64, "2026-11-24", "2026-11-24T04:00:00Z", "M-1"]
_AMOUNTS: list[Any] = [{"value": value, "unit": "g"} for value in (1, -1, 2**53 - 1, 2**53, 1.0)] + [{"value": 1, "unit": "kg"}]
ODD: list[Any] = [
    *(*_TEXTS, *_NAMED, *_AMOUNTS),
    *(0, 1, -1, True, False, None, 1.5, 2**53 - 1, 2**53, 2**63, [], [""], ["甲"], {}, {"phone": "f" * 64}),
]
_read = msgspec.json.Decoder(twins().union).decode


def exact(data: bytes) -> bool:
    """Say whether one event's bytes are canonical; what decodes its kind alone answers as what decodes every kind."""
    got, whole = tried(decode_alone, data), tried(read, data)
    assert got == (whole if whole is not None and tried(encode, whole) == data else None), data
    return got is not None


def tried(way: Callable[[Any], Any], given: Any) -> Any:
    try:
        return way(given)
    except FoodtraceError:
        return None


def lean(data: bytes, texts: Texts) -> bool:
    try:
        event = _read(data)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return False
    return msgspec.json.encode(event, order="sorted") == data and texts.hold([event])


def test_every_kind_has_a_twin_and_what_was_sealed_passes() -> None:
    assert {kind.__name__ for kind in twins().kinds.values()} == {kind.__name__ for kind in kinds().values()}
    assert all(twin is not kind for twin, kind in twins().kinds.items())
    texts = Texts()
    assert [data for data in DATA if not lean(data, texts)] == []
    assert texts.hold([_read(data) for data in DATA])


@pytest.mark.parametrize("data", DATA[:12] + DATA[-5:], ids=lambda data: json.loads(data)["type"])
def test_every_field_with_every_odd_value_passes_both_or_neither(data: bytes) -> None:
    remembering = Texts()
    found = json.loads(data)
    names = {field.encode_name for field in msgspec.structs.fields(kinds()[found["type"]])}
    refused = 0
    for name in sorted(names):
        for odd in ODD:
            changed = msgspec.json.encode({**found, name: odd}, order="sorted")
            assert lean(changed, remembering) == lean(changed, Texts()) == exact(changed), changed
            refused += not exact(changed)
    assert refused > len(names)


@given(st.sampled_from(DATA), st.integers(0, 2000), st.integers(0, 255), st.sampled_from(["put", "insert", "cut"]))
def test_any_byte_changed_passes_both_or_neither(data: bytes, place: int, byte: int, how: str) -> None:
    place %= len(data)
    changed = data[:place] + (b"" if how == "cut" else bytes([byte])) + data[place + (how != "insert") :]
    assert lean(changed, Texts()) == exact(changed)


def test_one_bad_text_among_many_good_ones_is_found() -> None:
    texts = Texts()
    many = [_read(encode(msgspec.structs.replace(first()[5], id=f"t{n}", quantity=kg(n)))) for n in range(50)]
    assert texts.hold(many)
    for name, bad in (("id", "t 1"), ("site", "f-1"), ("lot", "F-1/.."), ("doc", "V\x7f"), ("to", "S-7\n")):
        assert not texts.hold([*many, msgspec.structs.replace(many[7], **{name: bad})]), name
    assert texts.hold(many)


def test_a_bad_text_is_found_whatever_came_before_it() -> None:
    """Ids come once and are not remembered, sites come again and are; neither lets a bad one through later."""
    one, texts = _read(encode(first()[5])), Texts()
    for start in range(0, 12_000, 400):
        many = [msgspec.structs.replace(one, id=f"t{n}", site=f"F-{n % 3000}") for n in range(start, start + 400)]
        assert texts.hold(many)
        for name, bad in (("id", "t 1"), ("id", "t\n"), ("id", "t" * 81), ("site", "f-1"), ("site", "F-1\n"), ("site", "F" * 41)):
            assert not texts.hold([*many, msgspec.structs.replace(one, **{name: bad})]), (start, name, bad)
            assert not texts.hold([msgspec.structs.replace(one, **{name: bad})]), (start, name, bad)


def test_a_sealed_entry_whose_text_no_kind_allows_does_not_verify(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("foodtrace.events.parts.checked", encode)  # somebody's own program, with the key in its hands
    with Ledger.open(f"sqlite:///{tmp_path / 'x.db'}", keys=tmp_path / "keys") as ledger:
        ledger.record([Transfer(id="t9", at=AT, site="F-1", to="S-7", lot="F-1/a lot", quantity=kg(1))])
        found = ledger.verify(full=True)
    assert (found.ok, {each.code for each in found.findings} >= {"tlog.entry_form"}) == (False, True)
    assert "tlog.unexplained" not in {each.code for each in found.findings}


LETTERS = ["", "A", "甲", "é", "\n", "\t", "\x00", "\x7f", "\x80", "\ud800", "~", "!", "0", "z", "A\n", "AB" * 41]


@given(st.lists(st.sampled_from(LETTERS), min_size=1))
def test_texts_looked_at_together_are_as_their_patterns_say_of_each(texts: list[str]) -> None:
    """Where a pattern only says which characters there are, all texts are matched as one."""
    together = [rule for found in twins().rules.values() for rule in found.rules if _matcher(rule.pattern)[1]]
    assert len({rule.pattern for rule in together}) >= 6
    for pattern in {rule.pattern for rule in together}:
        match, search = _matcher(pattern)[0], re.compile(pattern).search
        assert match(texts, set(map(len, texts))) == all(search(each) is not None for each in texts), pattern
    assert not _matcher("^[!-~]{1,80}$")[1]  # lets a line feed follow
    assert not _matcher(r"^[^\s+]{1,9}$(?!\n)")[1]  # is about others than ASCII characters
