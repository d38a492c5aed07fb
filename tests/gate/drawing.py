"""A day of sampling on record: committed before, trucks at night, tests, the seed opened on the day after."""

import datetime as dt

import msgspec

from foodtrace.events import TestRecorded
from foodtrace.operations import samplecheck, sampling, sellers
from foodtrace.operations.common import CHINA, Doing
from foodtrace.operations.market import GateAnswer
from foodtrace.operations.sellers import Wish
from tests.gate.desk import RULES, Market, write_file

TODAY = dt.date(2026, 11, 24)


def committed(desk: Market, *, day_before: bool = True) -> bytes:
    """Commit the day before; return the master seed."""
    seed = sampling.master_seed(desk.ledger.keys, create=True)
    assert seed is not None
    desk.clock.now = dt.datetime(2026, 11, 23 if day_before else 24, 22, 0, tzinfo=CHINA)
    doing = Doing(now=desk.now())
    desk.ledger.act(lambda session: sampling.commit_days(session, doing, seed, desk.market, "1"))
    return seed


def night(desk: Market, trucks: int) -> list[GateAnswer]:
    desk.clock.now = dt.datetime(2026, 11, 24, 2, 0, tzinfo=CHINA)
    answers = []
    for _ in range(trucks):
        desk.clock.later(seconds=60)
        answers.append(desk.ledger.gate(desk.certificate("西红柿", "500 kg")))
    return answers


def results(desk: Market, answers: list[GateAnswer]) -> None:
    for count, each in enumerate(answers):
        if each.drawn:
            desk.ledger.record([result(desk, each, f"T-{count}")])


def result(desk: Market, truck: GateAnswer, name: str, **more: object) -> TestRecorded:
    event = TestRecorded(id=name, at=desk.now(), site=desk.market, lot=truck.lot, sample=f"S-{name}", item="有机磷", verdict="negative")
    return msgspec.structs.replace(event, **more)


def opened(desk: Market, seed: bytes) -> samplecheck.DayChecked:
    desk.clock.now = dt.datetime(2026, 11, 25, 9, 0, tzinfo=CHINA)
    doing = Doing(now=desk.now())
    desk.ledger.act(lambda session: sampling.open_day(session, doing, seed, desk.market, "1", TODAY))
    return checked(desk)


def checked(desk: Market) -> samplecheck.DayChecked:
    with desk.ledger.reading() as session:
        return samplecheck.check_day(session, RULES, desk.market, "1", TODAY)


def codes(found: samplecheck.DayChecked) -> set[str]:
    return {each.code for each in found.findings}


def until_drawn(desk: Market, text: str, weight: str) -> GateAnswer:
    """Bring trucks on one certificate until one is drawn."""
    desk.clock.now = dt.datetime(2026, 11, 24, 2, 0, tzinfo=CHINA)
    for _ in range(90):
        desk.clock.later(seconds=60)
        answer = desk.ledger.gate(text, weight=weight)
        if answer.drawn:
            return answer
    raise AssertionError("no truck is drawn under this seed")


def write_stall(desk: Market) -> str:
    write_file(desk, "", Wish(stall="3排7号", card="A-17"), new="李记蔬菜")
    with desk.ledger.reading() as session:
        file = sellers.seller_of_card(session, desk.market, "A-17")
    assert file is not None
    return file.stall
