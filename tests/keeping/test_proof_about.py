"""A proof says, for people, which lot and event it is about: of every kind of event, and of each part of a long one."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from foodtrace.events import AnyEvent, Correction, Erasure, Key
from foodtrace.events.canonical import encode
from foodtrace.events.model import kinds
from foodtrace.texts import has
from foodtrace.tlog.about import About, about_entry
from foodtrace.tlog.entry import compose
from tests.cli.shell import run, shop  # noqa: F401 - a fixture
from tests.keeping.sampled import AT, filled

LOG = "test.example/own"
MORE = {"transfer": {"product": "tomatoes"}, "recovered": {"former": "test.example/old"}}
"""What such an event has beside the fields that every one of its kind has."""


def said_of(event: AnyEvent) -> About:
    return about_entry(compose(encode(event), LOG, bytes(32), 7, "2026-11-24T00:00:00Z"))


@pytest.mark.parametrize("tag", kinds())
def test_no_kind_of_event_is_about_nothing(tag: str) -> None:
    kind = msgspec.inspect.type_info(kinds()[tag])
    assert isinstance(kind, msgspec.inspect.StructType)
    event = msgspec.convert({**filled(kind), "id": "e-1", **MORE.get(tag, {})}, AnyEvent)
    about = said_of(event)
    assert about.event
    # A look at contacts without a case has no more than who looked; lines may be serial numbers, and stand with their event.
    assert about.lots or about.subject or tag in ("contacts_shown", "voucher_lines")
    assert has(f"kind.{about.event_kind}"), "people are told the kind in words"
    assert about.kind == tag


def test_what_names_another_entry_or_a_key_says_which() -> None:
    correction = Correction(id="c", at=AT, seq=41, leaf="0" * 64, reason="did_not_occur")
    assert said_of(correction).subject == (f"{LOG}#41",)
    assert said_of(msgspec.structs.replace(correction, log="city/two")).subject == ("city/two#41",)
    assert said_of(Erasure(id="e", at=AT, seq=3, fields=("phone",))).subject == (f"{LOG}#3",)
    issuer = Key(id="k", at=AT, action="register", use="issuer", public="0" * 64, issuer="F-1", kid="ab" * 8)
    assert said_of(issuer).subject == ("ab" * 8, "F-1")


@pytest.fixture
def long(shop: Path) -> list[str]:  # noqa: F811
    """Record an event in parts; return its proofs."""
    event = {
        "type": "transformation",
        "id": "T-9",
        "at": "2026-11-24T08:00:00+08:00",
        "kind": "blend",
        "inputs": [{"lot": f"F-1/IN{n:04d}", "quantity": {"value": 1000, "unit": "g"}} for n in range(2000)],
        "outputs": [{"lot": "F-1/OUT", "quantity": {"value": 2_000_000, "unit": "g"}}],
    }
    (shop / "long.jsonl").write_text(json.dumps(event) + "\n", encoding="utf-8")
    run(shop, "record", "long.jsonl")
    return [each["proof"] for each in json.loads(run(shop, "prove", "T-9", "--out", "p", "--json"))]


def test_one_of_thousands_of_lines(shop: Path, long: list[str]) -> None:  # noqa: F811
    parts = len(long)
    assert parts > 2
    assert long[0] == f"p/transformation-part-1-of-{parts}.tlog-proof"
    said = run(shop, "prove", "F-1/IN0007", "--out", "q").splitlines()
    assert "transformation F-1/IN0007, F-1/IN0000, F-1/IN0001, F-1/IN0002, F-1/IN0003 and" in said[0], "the lot asked for comes first"
    assert f"(part 1 of {parts} of event T-9)" in said[0]
    key = next((shop / "p").glob("*.vkey")).as_posix()
    said = run(shop, "check-proof", *long, "--key", key).splitlines()
    shown = [line for line in said if line.startswith("true: ")]
    assert [line.partition(" (part ")[2].partition(" ")[0] for line in shown] == [str(k) for k in range(1, parts + 1)]
    assert all("more lots (part" in line for line in shown[:-1])
    assert not [line for line in said if "is not shown" in line]


def test_lines_that_were_left_out_do_not_pass_for_lines_that_are_not_there(shop: Path, long: list[str]) -> None:  # noqa: F811
    key = next((shop / "p").glob("*.vkey")).as_posix()
    for left in range(len(long)):
        given = [each for place, each in enumerate(long) if place != left]
        here = ", ".join(str(place + 1) for place in range(len(long)) if place != left)
        said = run(shop, "check-proof", *given, "--key", key)
        assert f"event T-9 stands in {len(long)} parts, and only part {here} came here: what the others say is not shown." in said
    said = run(shop, "check-proof", long[0], "--key", key, lang="zh")
    assert f"事件 T-9 分 {len(long)} 条, 这是第 1 条" in said
    assert "其余各条所写的没有证明" in said
