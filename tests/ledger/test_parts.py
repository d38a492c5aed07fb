"""An event too long for one entry is split into parts, in one way for ever; they are put together to the event or to an error."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from foodtrace import errors
from foodtrace.events import Correction, Event, Loss, StockCount
from foodtrace.events.canonical import checked, decode, decode_alone
from foodtrace.events.parts import LISTS, Gathering, sealed_as
from foodtrace.tlog.entry import MAX_BYTES
from tests.ledger.parts import blend, lines_of, long_ones, lot
from tests.ledger.rich import AT, kg

LONG = long_ones()


def test_every_kind_that_is_split_is_here() -> None:
    assert {type(each) for each in LONG} == set(LISTS)


@pytest.mark.parametrize("event", LONG, ids=lambda event: event.id)
def test_the_parts_of_an_event_are_the_event(event: Event) -> None:
    made = sealed_as(event)
    *lines, (own, _) = made
    assert len(made) > 1
    assert all(len(data) <= MAX_BYTES - 600 for _, data in made)
    assert own == event.id
    assert [name for name, _ in lines] == [f"{event.id}~{part}" for part in range(1, len(made))]
    gathering = Gathering()
    found = [gathering.take(decode_alone(data)) for _, data in made]
    assert found == [None] * len(lines) + [event]
    gathering.end()


def test_a_correction_takes_the_lines_of_its_replacement_along() -> None:
    event = Correction(id="k", at=AT, seq=3, leaf="0" * 64, reason="incorrect_data", replacement=blend())
    gathering = Gathering()
    found = [gathering.take(decode_alone(data)) for _, data in sealed_as(event)]
    assert len(found) > 2
    assert found[-1] == event


def test_an_event_is_split_in_the_same_way_for_ever() -> None:
    """A retry has to find what is on record, whatever version wrote it."""
    whole = hashlib.sha256(b"\n".join(data for event in LONG for _, data in sealed_as(event))).hexdigest()
    assert whole == "a6140f1ec6a7d37e6884752c2fe950dc31f55ba5d02027f3fd379b576622c598"


def test_what_one_entry_holds_is_not_split() -> None:
    event = blend(inputs=700)
    assert sealed_as(event) == [("T-1", checked(event))]
    assert b'"parts"' not in checked(event)


def test_the_last_entry_alone_is_not_taken_for_the_event() -> None:
    *_, (_, data) = sealed_as(blend())
    with pytest.raises(errors.BadData) as raised:
        decode(data)
    assert raised.value.code == "event.in_parts"


def _through(gathering: Gathering, made: list[Any]) -> None:
    for event in made:
        gathering.take(event)
    gathering.end()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda made: made[1:],
        lambda made: [made[0], *made[2:]],
        lambda made: [*made[:-2], made[-1]],
        lambda made: [made[-1]],
        lambda made: [made[1], made[0], *made[2:]],
        lambda made: [made[0], *made],
        lambda made: [*made[:-1], msgspec.structs.replace(made[-1], parts=0)],
        lambda made: [*made[:-1], msgspec.structs.replace(made[-1], parts=len(made) + 1)],
        lambda made: [*made[:-1], msgspec.structs.replace(made[-1], id="T-9")],
        lambda made: [*made[:-1], msgspec.structs.replace(made[-1], site="P-9")],
        lambda made: [made[0], msgspec.structs.replace(made[1], doc="T-9", id="T-9~2"), *made[2:]],
        lambda made: [made[0], Loss(id="l", at=AT, site="P-1", lot=lot("IN", 1), quantity=kg(1)), *made[1:]],
        lambda made: [*made[:-1], StockCount(id="T-1", at=AT, by="7", site="P-1", lot=lot("IN", 1), quantity=kg(1), parts=len(made))],
        lambda made: made[:-1],
    ],
)
def test_parts_that_are_not_all_there_are_an_error_and_never_less_of_an_event(spoil: Callable[[list[Any]], list[Any]]) -> None:
    gathering = Gathering()
    made = spoil(lines_of(blend()))
    with pytest.raises(errors.Integrity) as raised:
        _through(gathering, made)
    assert raised.value.code == "event.parts"
