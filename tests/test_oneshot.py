"""The collector rests while one answer is made, and is back for whatever comes after it."""

from __future__ import annotations

import gc

import pytest

from foodtrace.oneshot import uncollected


def test_the_collector_rests_and_is_back() -> None:
    assert gc.isenabled()
    with uncollected():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_it_is_back_after_an_error() -> None:
    with pytest.raises(KeyError), uncollected():
        raise KeyError("lot")
    assert gc.isenabled()


def test_whoever_had_switched_it_off_finds_it_off() -> None:
    gc.disable()
    try:
        with uncollected():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
