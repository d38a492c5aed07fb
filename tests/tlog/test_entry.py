"""An entry's event and time are read in a quick way and in a strict one: where both read it, they must read the same."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foodtrace.errors import BadData
from foodtrace.events import Correction, Event, Sale
from foodtrace.events.canonical import encode
from foodtrace.quantity import Quantity
from foodtrace.tlog.entry import compose, parse, sealed, time_text

AT = dt.datetime(2026, 11, 2, 4, tzinfo=dt.timezone(dt.timedelta(hours=8)))
TEXTS = st.sampled_from(["", "x", '","log":"y","time":"2026-01-01T00:00:00Z"}', '{"event":', "é\\", '"'])


def entry(event: Event, recorded: int) -> bytes:
    return compose(encode(event), "a/P-1", bytes(32), 7, time_text(recorded))


@given(TEXTS, TEXTS, st.integers(0, 4_000_000_000_000_000))
def test_the_quick_way_reads_what_the_strict_one_reads(one: str, two: str, recorded: int) -> None:
    event = Correction(id=f"i{one}", at=AT, site=f"P{two}", seq=3, leaf="00" * 32, reason="did_not_occur", log="b/W-1")
    data = entry(event, recorded)
    strict = parse(data)
    assert sealed(data) == (bytes(strict.event), strict.recorded) == (encode(event), recorded)


@pytest.mark.parametrize("cut", [0, 1, 9, 40, -1, -2, -12, -40])
def test_bytes_that_are_no_entry_are_refused_and_not_stumbled_over(cut: int) -> None:
    whole = entry(Sale(id="s", at=AT, site="X-1", lot="P-1/L", quantity=Quantity(1, "g")), 1_000_000)
    with pytest.raises(BadData) as caught:
        sealed(whole[:cut])
    assert caught.value.code == "entry.form"


@pytest.mark.parametrize("time", ["2026-11-02", "2026-11-02T04:00:00.5Z", "2026-11-02T04:00:00+00:00", "é"])
def test_a_time_that_is_spelt_otherwise_is_refused(time: str) -> None:
    whole = entry(Sale(id="s", at=AT, site="X-1", lot="P-1/L", quantity=Quantity(1, "g")), 1_000_000)
    other = whole.replace(b"1970-01-01T00:00:01Z", time.encode())
    assert other != whole
    with pytest.raises(BadData):
        sealed(other)
