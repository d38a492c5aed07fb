"""A photograph of one code on several lanes at the same moment: what is certified is spent once, in one transaction a truck."""

import datetime as dt
import multiprocessing
from pathlib import Path
from typing import Any

import pytest

from foodtrace import Ledger
from foodtrace.graph.edges import micros
from tests.gate.desk import Market

LANES = 3


def lane(url: str, keys: str, log: str, now: dt.datetime, text: str, weight: str, number: int, start: Any, told: Any) -> None:
    """Be one lane: a process of its own, which lets trucks in when all lanes are ready."""
    ledger = Ledger.open(url, keys=Path(keys), log=log, clock=lambda: micros(now))
    start.wait(60)
    answer = ledger.gate(text, weight=weight, gate=str(number), id=f"LANE-{number}")
    told.put((answer.verdict, answer.decision.codes))
    ledger.close()


@pytest.mark.parametrize(
    ("weight", "admitted", "own_logs"),
    [("300 kg", 1, False), ("300 kg", 1, True), ("200 kg", 2, True)],
    ids=["1 in one log", "1, a log each", "2, a log each"],
)
def test_lanes_that_scan_one_code_at_once_share_what_is_certified(either: Market, weight: str, admitted: int, *, own_logs: bool) -> None:
    text = either.certificate("西红柿", "500 kg")
    logs = [f"beihe.example/gate{n + 1 if own_logs else 1}" for n in range(LANES)]
    for log in logs[1:] if own_logs else ():
        either.ledger.init(log)
    spawn = multiprocessing.get_context("spawn")
    start, told = spawn.Barrier(LANES), spawn.Queue()
    url, keys = str(either.url), str(either.ledger.keys)
    lanes = [spawn.Process(target=lane, args=(url, keys, logs[n], either.now(), text, weight, n + 1, start, told)) for n in range(LANES)]
    for each in lanes:
        each.start()
    answers = sorted(told.get(timeout=40) for _ in lanes)
    for each in lanes:
        each.join(60)
    assert [verdict for verdict, _ in answers] == ["admit"] * admitted + ["hold"] * (LANES - admitted)
    assert all("gate.over_certified" in codes for verdict, codes in answers if verdict == "hold")
    assert either.ledger.verify().ok
