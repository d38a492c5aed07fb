"""Around the gate, on both engines: holds and who ends them, seller files, tests, the sampling that nobody can pick."""

import datetime as dt
from functools import partial
from pathlib import Path

import msgspec
import pytest

from foodtrace import errors
from foodtrace.events import MarketEntry, RecallOpened, RecallWithdrawn, Refusal, SamplingCommitted, SamplingOpened, TestRecorded
from foodtrace.events.case import LotsClause, PredicateClause
from foodtrace.gate.rules import load
from foodtrace.gate.sampling import commit, day_seed
from foodtrace.operations import held, samplecheck, sampling, sellers, tests
from foodtrace.operations.common import CHINA, Doing, about
from foodtrace.operations.market import GateAnswer, Truck
from foodtrace.operations.sellers import Wish
from tests.gate.desk import Market

RULES = load()


def resolve(desk: Market, given: str, verdict: str = "admit", by: str = "S-01", **more: object) -> held.Resolved:
    doing = Doing(now=desk.clock.later(minutes=1), by=by)
    _, answer = desk.ledger.act(
        lambda session: held.resolve(session, doing, RULES, desk.market, given, verdict, **more)  # type: ignore[arg-type]
    )
    found: held.Resolved = answer
    return found


def waiting(desk: Market) -> list[held.Held]:
    with desk.ledger.reading() as session:
        return held.held(session, desk.market, desk.now())


def over(desk: Market, weight: str = "600 kg") -> GateAnswer:
    return desk.ledger.gate(desk.certificate("西红柿", "500 kg"), weight=weight, by="S-07")


# -- holds ---------------------------------------------------------------------------------------------------------------


def test_a_hold_never_ends_by_itself_and_says_when_it_is_late(either: Market) -> None:
    over(either)
    (one,) = waiting(either)
    assert (one.number, one.late, one.reasons) == (1, False, ("gate.over_certified",))
    either.clock.later(hours=13)
    (one,) = waiting(either)
    assert one.late
    found = resolve(either, "1", second="S-02")
    assert (found.verdict, found.late) == ("admit", True)
    assert waiting(either) == []


def test_part_of_it_is_admitted_without_a_second_person_where_the_gate_would_admit_it(either: Market) -> None:
    from foodtrace import Quantity

    over(either)
    found = resolve(either, "1", quantity=Quantity(500_000, "g"))
    assert (found.verdict, str(found.quantity)) == ("admit", "500.0 kg")


def test_no_second_person_lifts_a_recall_and_the_attempt_is_an_entry(either: Market) -> None:
    answer = over(either)
    when = either.clock.later(minutes=1)
    scope = (LotsClause(lots=(answer.lot,)),)
    either.ledger.record([RecallOpened(id="R-1", at=when, case="2026-0001", scope=scope, level=2, reason="x", known=when)])
    found = resolve(either, "1", second="S-02")
    assert (found.verdict, [each.code for each in found.reasons][:1]) == ("refuse", ["gate.recalled"])
    assert len(waiting(either)) == 1, "the goods still stand there"
    with either.ledger.reading() as session:
        refusals = [each.event for each in about(session, f"gate {either.market}", Refusal)]
    assert [each.reasons[0] for each in refusals if isinstance(each, Refusal)] == ["gate.recalled"]
    assert resolve(either, "1", "refuse").verdict == "refuse"
    assert waiting(either) == []


def test_no_second_person_lifts_a_positive_that_stands(either: Market) -> None:
    answer = over(either)
    event = TestRecorded(id="T-1", at=either.clock.later(minutes=1), lot=answer.lot, sample="S", item="有机磷", verdict="positive")
    either.ledger.record([event])
    found = resolve(either, "1", second="S-02")
    assert (found.verdict, [each.code for each in found.reasons]) == ("refuse", ["gate.test_positive"])
    lifted = {"id": "T-2", "rapid": False, "verdict": "negative", "confirms": "T-1", "at": either.clock.later(minutes=1)}
    either.ledger.record([msgspec.structs.replace(event, **lifted)])
    assert resolve(either, "1", second="S-02").verdict == "admit"


def test_a_recall_that_was_withdrawn_or_names_other_lots_is_no_reason(either: Market) -> None:
    text = either.certificate("西红柿", "500 kg")
    lot = f"{either.farm}/{text.split('/')[5]}"
    when = either.clock.later(minutes=1)
    for case, lots in (("2026-0001", (lot,)), ("2026-0002", ("L-0999/OTHER",))):
        scope = (LotsClause(lots=lots),)
        either.ledger.record([RecallOpened(id=case, at=when, case=case, scope=scope, level=2, reason="x", known=when)])
    assert either.ledger.gate(text).decision.codes == ("gate.recalled",)
    either.ledger.record([RecallWithdrawn(id="W", at=either.clock.later(minutes=1), case="2026-0001", reason="x")])
    either.clock.later(minutes=1)
    assert either.ledger.gate(text).verdict == "admit"


def test_a_recall_by_rule_reaches_a_lot_the_ledger_has_never_seen(either: Market) -> None:
    signed = either.forged(either.certificate("西红柿", "500 kg"), either.key, lot="NEW-1", serial="NEW-1")
    when = either.clock.later(minutes=1)
    scope = (PredicateClause(producer=either.farm, code="NEW-*"),)
    either.ledger.record([RecallOpened(id="R", at=when, case="2026-0001", scope=scope, level=1, reason="x", known=when)])
    answer = either.ledger.gate(signed, weight="5 kg", truck=Truck(product="西红柿"))
    assert (answer.verdict, answer.decision.codes) == ("refuse", ("gate.recalled",))


def test_a_hold_is_ended_once(either: Market) -> None:
    over(either)
    resolve(either, "1", "refuse")
    with pytest.raises(errors.NotFound) as caught:
        resolve(either, "1", "refuse")
    assert caught.value.code == "gate.not_held"


def test_two_holds_of_one_number_are_told_apart_by_day(either: Market) -> None:
    over(either)
    either.clock.later(days=1)
    over(either)
    with pytest.raises(errors.Ambiguous) as caught:
        resolve(either, "1", "refuse")
    assert len(caught.value.candidates) == 2
    resolve(either, waiting(either)[0].id, "refuse")


def test_undoing_a_resolution_opens_the_hold_again(either: Market) -> None:
    over(either)
    either.clock.later(minutes=1)
    with pytest.raises(errors.Refused) as caught:
        resolve(either, "1", second="S-07")
    assert caught.value.code == "gate.second_person"
    resolve(either, "1", second="S-02")
    writer = either.ledger.writer()
    doing = Doing(now=either.clock.later(minutes=1))
    undo = partial(held.undo, doing=doing, log=writer.number, market=either.market, gate="1", day=doing.now.date(), number=1)
    with pytest.raises(errors.Refused) as caught:
        either.ledger.act(undo)
    assert caught.value.code == "gate.undo_resolved"


# -- seller files --------------------------------------------------------------------------------------------------------


def write(desk: Market, seller: str, wish: Wish, **more: object) -> str:
    doing = Doing(now=desk.clock.later(minutes=1))
    _, operator = desk.ledger.act(lambda session: sellers.write_file(session, doing, desk.market, seller, wish, **more))  # type: ignore[arg-type]
    return str(operator)


def test_a_file_keeps_what_is_not_mentioned_and_names_stay_beside_the_log(either: Market) -> None:
    wish = Wish(stall="3排7号", card="A-17", agreement_until=dt.date(2027, 6, 30), personal={"phone": "13800000001", "name": "李某"})
    operator = write(either, "", wish, new="李记蔬菜")
    write(either, operator, Wish(kinds=("芹菜",)))
    with either.ledger.reading() as session:
        shown = sellers.show_file(session, either.market, operator)
        open_ = sellers.show_file(session, either.market, operator, contacts=True)
        sealed = b"".join(bytes(row[0]) for row in session.rows("SELECT bytes FROM entry"))
        assert sellers.resolve_seller(session, "3排7号") == operator
    assert (shown.card, shown.kinds, shown.agreement_until) == ("A-17", ("芹菜",), dt.date(2027, 6, 30))
    assert (shown.personal, open_.personal["phone"]) == ({"name": "present", "phone": "present"}, "13800000001")
    for value in ("李某", "13800000001", "李记蔬菜"):
        assert value.encode() not in sealed


def test_a_card_that_changed_hands_is_the_new_ones(either: Market) -> None:
    first = write(either, "", Wish(card="A-17"), new="甲")
    second = write(either, "", Wish(), new="乙")
    assert first != second
    with pytest.raises(errors.BadData) as caught:
        write(either, second, Wish(card="A-17"))
    assert caught.value.code == "seller.card"
    write(either, first, Wish(card=""))
    write(either, second, Wish(card="A-17"))
    with either.ledger.reading() as session:
        file = sellers.seller_of_card(session, either.market, "A-17")
    assert file is not None
    assert file.seller == second


# -- tests ---------------------------------------------------------------------------------------------------------------


def test_a_positive_of_what_a_lot_was_made_from_holds_it_too(either: Market) -> None:
    from foodtrace import Quantity
    from foodtrace.events import Output
    from foodtrace.operations import goods

    answer = either.ledger.gate(either.certificate("芹菜", "500 kg"))
    doing = Doing(now=either.clock.later(minutes=1))
    made = [Output(lot="L-0002/MIX-1", quantity=Quantity(100_000, "g"), product="芹菜段")]
    inputs = [(answer.lot, Quantity(100_000, "g"))]
    either.ledger.act(partial(goods.transform, doing=doing, site=either.market, kind="process", inputs=inputs, outputs=made, loss=None))
    doing = Doing(now=either.clock.later(minutes=1))
    change = tests.Absorbances(blank=3000, sample=1499)
    _, tested = either.ledger.act(partial(tests.record_test, doing=doing, rules=RULES, lot=answer.lot, item="有机磷", absorbances=change))
    assert (tested.state, tested.event.verdict, tested.event.inhibition) == ("positive", "positive", 50_033)
    doing = Doing(now=either.clock.later(minutes=1))
    size = Quantity(1_000, "g")
    with pytest.raises(errors.Refused) as caught:
        either.ledger.act(partial(goods.transfer, doing=doing, lot="L-0002/MIX-1", quantity=size, to=either.shop))
    assert caught.value.code == "transfer.test_positive"


@pytest.mark.parametrize(("sample", "verdict"), [(1500, "positive"), (1501, "negative")])
def test_half_is_positive_and_one_less_is_not(either: Market, sample: int, verdict: str) -> None:
    answer = either.ledger.gate(either.certificate("芹菜", "500 kg"))
    doing = Doing(now=either.clock.later(minutes=1))
    change = tests.Absorbances(blank=3000, sample=sample)
    _, tested = either.ledger.act(partial(tests.record_test, doing=doing, rules=RULES, lot=answer.lot, item="有机磷", absorbances=change))
    assert tested.event.verdict == verdict


def test_what_must_follow_counts_from_the_tests_own_time(either: Market) -> None:
    answer = either.ledger.gate(either.certificate("芹菜", "500 kg"))
    doing = Doing(now=either.clock.later(minutes=1))
    _, tested = either.ledger.act(partial(tests.record_test, doing=doing, rules=RULES, lot=answer.lot, item="有机磷", verdict="positive"))
    due = {each.id: each.due for each in tested.must}
    assert due["offer_recheck"] == doing.now + dt.timedelta(hours=4)
    assert {each.id for each in tested.must if each.at_once} == {"stop_sale", "report_regulator"}


# -- sampling ------------------------------------------------------------------------------------------------------------

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


@pytest.fixture
def fixed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give a master seed under which some of the first sixty trucks are drawn."""
    monkeypatch.setattr("foodtrace.operations.sampling.secrets.token_hex", lambda _: "07" * 32)


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


def until_drawn(desk: Market, text: str, weight: str) -> GateAnswer:
    """Bring trucks on one certificate until one is drawn."""
    desk.clock.now = dt.datetime(2026, 11, 24, 2, 0, tzinfo=CHINA)
    for _ in range(90):
        desk.clock.later(seconds=60)
        answer = desk.ledger.gate(text, weight=weight)
        if answer.drawn:
            return answer
    raise AssertionError("no truck is drawn under this seed")


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


def write_stall(desk: Market) -> str:
    write(desk, "", Wish(stall="3排7号", card="A-17"), new="李记蔬菜")
    with desk.ledger.reading() as session:
        file = sellers.seller_of_card(session, desk.market, "A-17")
    assert file is not None
    return file.stall


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


def test_a_test_that_names_no_site_was_made_where_the_gate_put_the_lot(either: Market) -> None:
    answer = either.ledger.gate(either.certificate("西红柿", "500 kg"))
    doing = Doing(now=either.clock.later(minutes=1))
    _, said = either.ledger.act(lambda session: tests.record_test(session, doing, RULES, answer.lot, "有机磷", verdict="negative"))
    assert said.event.site == either.market


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


def test_goods_of_a_truck_named_by_its_seller_card(either: Market) -> None:
    write(either, "", Wish(card="A-17", agreement_until=dt.date(2027, 6, 30)), new="李记蔬菜")
    with either.ledger.reading() as session:
        file = sellers.seller_of_card(session, either.market, "A-17")
    assert file is not None
    answer = either.ledger.gate(either.certificate("西红柿", "500 kg"), truck=Truck(seller=file.seller))
    assert (answer.verdict, answer.seller) == ("admit", file.seller)
