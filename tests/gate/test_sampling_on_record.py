"""The sampling that nobody can pick, on both engines: what a day must have on record, and every way of cheating is found."""

import datetime as dt
from functools import partial
from pathlib import Path

import msgspec
import pytest

from foodtrace import errors
from foodtrace.events import MarketEntry, SamplingCommitted, SamplingOpened
from foodtrace.gate.sampling import commit, day_seed
from foodtrace.operations import held, sampling
from foodtrace.operations.common import CHINA, Doing, about
from tests.gate.desk import Market
from tests.gate.drawing import TODAY, checked, codes, committed, night, opened, result, results, until_drawn, write_stall


def test_the_choice_holds_when_everything_was_done(either: Market, fixed: None) -> None:
    seed = committed(either)
    answers = night(either, 60)
    drawn = [each.number for each in answers if each.drawn]
    assert drawn
    assert not all(each.drawn for each in answers)
    results(either, answers)
    found = opened(either, seed)
    assert (found.good, found.trucks, found.admitted, list(found.drawn), found.checked) == (True, 60, 60, drawn, 60)


def test_a_drawn_truck_without_a_test_is_to_be_looked_at(either: Market, fixed: None) -> None:
    seed = committed(either)
    night(either, 60)
    assert codes(opened(either, seed)) == {"sampling.not_tested"}


def test_only_a_test_of_this_truck_counts(either: Market, fixed: None) -> None:
    """Of the lot, at this market, after the truck came and not months later, with a result of its own."""
    seed = committed(either)
    drawn = until_drawn(either, either.certificate("西红柿", "500 kg"), "1 kg")
    stall = write_stall(either)
    either.clock.now = dt.datetime(2026, 11, 24, 6, 0, tzinfo=CHINA)
    wrong: list[dict[str, object]] = [
        {"site": either.shop},
        {"site": ""},
        {"lot": f"{either.farm}/OTHER"},
        {"at": dt.datetime(2026, 11, 24, 1, 0, tzinfo=CHINA)},
        {"at": dt.datetime(2026, 12, 24, 1, 0, tzinfo=CHINA)},
        {"verdict": "invalid"},
        {"repeats": "T-0"},
        {"rapid": False, "confirms": "T-0"},
    ]
    assert codes(opened(either, seed)) == {"sampling.not_tested"}
    for count, each in enumerate(wrong):
        either.ledger.record([result(either, drawn, f"T-{count}", **each)])
        assert codes(checked(either)) == {"sampling.not_tested"}, each
    either.ledger.record([result(either, drawn, "T-9", site=stall, at=dt.datetime(2026, 11, 30, 1, 0, tzinfo=CHINA))])
    assert checked(either).good


def test_one_test_stands_for_one_drawn_truck(either: Market, fixed: None) -> None:
    """A lot that comes on many trucks, several of them drawn, needs a sample of each."""
    seed = committed(either)
    text = either.certificate("西红柿", "500 kg")
    drawn = [until_drawn(either, text, "1 kg")]
    for _ in range(2):
        either.clock.later(seconds=60)
        drawn.append(either.ledger.gate(text, weight="1 kg"))
    assert all(each.drawn for each in drawn), "the draw sticks to the certificate"
    assert len({each.lot for each in drawn}) == 1
    either.clock.later(seconds=60)
    twice = [result(either, drawn[0], f"T-{count}", sample="S-1", item=item) for count, item in enumerate(("有机磷", "克百威"))]
    either.ledger.record([*twice, *(result(either, each, f"R-{each.number}") for each in drawn[2:])])
    found = opened(either, seed)
    assert [each.number for each in found.findings if each.code == "sampling.not_tested"] == [drawn[-1].number], "one sample is missing"
    either.ledger.record([result(either, drawn[0], "T-9", at=dt.datetime(2026, 11, 24, 9, 0, tzinfo=CHINA))])
    assert checked(either).good


def test_without_a_commitment_before_the_day_nothing_is_drawn(either: Market, fixed: None) -> None:
    committed(either, day_before=False)
    assert either.ledger.gate(either.certificate("西红柿", "5 kg")).drawn is None
    assert codes(checked(either)) >= {"sampling.no_commitment"}


def test_a_commitment_of_the_day_itself_is_late(either: Market, fixed: None) -> None:
    seed = sampling.master_seed(either.ledger.keys, create=True)
    assert seed is not None
    own = day_seed(seed, TODAY, f"{either.market}/1")
    # Its own `at` says yesterday; the log's time says what is true.
    yesterday = either.now() - dt.timedelta(days=1)
    either.ledger.record([SamplingCommitted(id="C-1", at=yesterday, site=either.market, gate="1", day=TODAY, commitment=commit(own))])
    assert either.ledger.gate(either.certificate("西红柿", "5 kg")).drawn is None
    assert "sampling.late" in codes(checked(either))


def test_a_second_commitment_does_not_help(either: Market, fixed: None) -> None:
    seed = committed(either)
    other = commit(day_seed(b"\x01" * 32, TODAY, f"{either.market}/1"))
    either.ledger.record([SamplingCommitted(id="C-2", at=either.now(), site=either.market, gate="1", day=TODAY, commitment=other)])
    assert night(either, 1)[0].drawn is not None
    assert "sampling.twice" in codes(opened(either, seed))


def test_another_seed_opened_afterwards_is_found(either: Market, fixed: None) -> None:
    committed(either)
    night(either, 3)
    either.clock.now = dt.datetime(2026, 11, 25, 9, 0, tzinfo=CHINA)
    either.ledger.record([SamplingOpened(id="O-1", at=either.now(), site=either.market, gate="1", day=TODAY, seed="ab" * 32)])
    found = checked(either)
    assert (found.opened, codes(found)) == (False, {"sampling.commitment"})


def test_a_truck_left_out_of_the_draw_or_drawn_at_will_is_found(either: Market, fixed: None) -> None:
    seed = committed(either)
    answers = night(either, 40)
    results(either, answers)
    clean = next(each for each in answers if not each.drawn)
    with either.ledger.reading() as session:
        event = next(each.event for each in about(session, clean.lot, MarketEntry))
    assert isinstance(event, MarketEntry)
    forged = [
        msgspec.structs.replace(event, id="F-1", number=41, rate=None, serial="", kid=""),
        msgspec.structs.replace(event, id="F-2", number=42, drawn=True, serial="", kid="", rate=500),
        msgspec.structs.replace(event, id="F-3", number=44, rate=1, serial="", kid=""),
    ]
    either.ledger.record(forged)
    found = opened(either, seed)
    told = {each.code: each.number for each in found.findings}
    assert told["sampling.left_out"] == 41
    assert told["sampling.draw"] == 42
    assert told["sampling.rate_low"] == 44
    assert told["sampling.gap"] == 43


def test_undoing_a_drawn_truck_does_not_undraw_it(either: Market, fixed: None) -> None:
    seed = committed(either)
    either.clock.now = dt.datetime(2026, 11, 24, 2, 0, tzinfo=CHINA)
    writer = either.ledger.writer()
    text = either.certificate("西红柿", "500 kg")
    answer = either.ledger.gate(text)
    while not answer.drawn:
        either.clock.later(seconds=60)
        text = either.certificate("西红柿", "500 kg")
        answer = either.ledger.gate(text)
    doing = Doing(now=either.clock.later(minutes=1))
    either.ledger.act(partial(held.undo, doing=doing, log=writer.number, market=either.market, gate="1", day=TODAY, number=answer.number))
    either.clock.later(minutes=1)
    again = either.ledger.gate(text)
    assert (again.number, again.drawn) == (answer.number + 1, True)
    results(either, [again])
    assert codes(opened(either, seed)) == {"sampling.undone"}


def test_the_seed_stays_shut_until_the_day_is_over(either: Market, fixed: None) -> None:
    seed = committed(either)
    doing = Doing(now=either.now())
    with pytest.raises(errors.Refused) as caught:
        either.ledger.act(lambda session: sampling.open_day(session, doing, seed, either.market, "1", TODAY))
    assert caught.value.code == "sampling.too_early"


def test_a_lost_seed_is_said_by_the_gate_the_commitment_and_the_opening(either: Market, fixed: None, tmp_path: Path) -> None:
    committed(either)
    file = either.ledger.keys / sampling.FILE
    kept = file.read_text()
    file.unlink()
    (answer,) = night(either, 1)
    assert (answer.verdict, answer.drawn) == ("admit", None)
    assert [each.code for each in answer.decision.notes] == ["gate.sampling_lost"]
    with either.ledger.reading() as session:
        with pytest.raises(errors.Refused) as caught:
            sampling.seed_to_commit(session, either.ledger.keys, either.market, "1")
        assert caught.value.code == "sampling.seed_lost"
        assert caught.value.params["first"] == TODAY
        assert not file.exists(), "no new seed without a word"
        assert sampling.seed_to_commit(session, tmp_path / "other", either.market, "2"), "another gate has its own"
        other = b"\x01" * 32
        assert sampling.lost_days(session, other, either.market, "1")[0] == TODAY
    file.write_text(other.hex())
    file.chmod(0o600)
    (answer,) = night(either, 1)
    assert [each.code for each in answer.decision.notes] == ["gate.sampling_lost"], "another seed is as good as none"
    with pytest.raises(errors.Refused) as caught:
        opened(either, other)
    assert caught.value.code == "sampling.other_seed"
    file.write_text(kept)
    (answer,) = night(either, 1)
    assert answer.drawn is not None
    assert answer.decision.notes == ()
    found = opened(either, bytes.fromhex(kept))
    assert codes(found) == {"sampling.left_out"}, "what came meanwhile was in no draw"
    with either.ledger.reading() as session:
        assert TODAY not in sampling.lost_days(session, None, either.market, "1"), "that day is opened and proven"


def test_a_seed_that_others_may_read_is_refused(tmp_path: Path) -> None:
    seed = sampling.master_seed(tmp_path, create=True)
    assert sampling.master_seed(tmp_path) == seed
    (tmp_path / sampling.FILE).chmod(0o644)
    with pytest.raises(errors.Storage):
        sampling.master_seed(tmp_path)
    (tmp_path / sampling.FILE).chmod(0o600)
    (tmp_path / sampling.FILE).write_text("00\n")
    with pytest.raises(errors.Storage):
        sampling.master_seed(tmp_path)
