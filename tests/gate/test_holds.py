"""What was held at the gate, on both engines: who ends it, what nobody can lift, and that it never ends by itself."""

from functools import partial

import msgspec
import pytest

from foodtrace import errors
from foodtrace.events import RecallOpened, RecallWithdrawn, Refusal, TestRecorded
from foodtrace.events.case import LotsClause, PredicateClause
from foodtrace.operations import held
from foodtrace.operations.common import Doing, about
from foodtrace.operations.market import GateAnswer, Truck
from tests.gate.desk import RULES, Market


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
    either.ledger.record([RecallWithdrawn(id="W", at=either.clock.later(minutes=1), case="2026-0001", reason="x", approved_by="7")])
    either.clock.later(minutes=1)
    assert either.ledger.gate(text).verdict == "admit"


def test_a_recall_by_rule_reaches_a_lot_the_ledger_has_never_seen(either: Market) -> None:
    signed = either.forged(either.certificate("西红柿", "500 kg"), either.key, lot="NEW-1", serial="NEW-1")
    when = either.clock.later(minutes=1)
    scope = (PredicateClause(producer=either.farm, code="NEW-*"),)
    either.ledger.record([RecallOpened(id="R", at=when, case="2026-0001", scope=scope, level=1, reason="x", known=when)])
    answer = either.ledger.gate(signed, weight="5 kg", truck=Truck(product="西红柿"))
    assert (answer.verdict, answer.decision.codes) == ("refuse", ("gate.recalled",))


def test_a_scan_that_was_refused_is_refused_again_and_goods_without_a_lot_are_met_by_a_rule_too(either: Market) -> None:
    signed = either.forged(either.certificate("西红柿", "500 kg"), either.key, lot="NEW-1", serial="NEW-1")
    when = either.clock.later(minutes=1)
    scope = (PredicateClause(product="西红柿"),)
    either.ledger.record([RecallOpened(id="R", at=when, case="2026-0001", scope=scope, level=1, reason="x", known=when)])
    for _ in range(2):  # the first refusal names the lot
        either.clock.later(minutes=10)
        assert either.ledger.gate(signed, weight="5 kg", truck=Truck(product="西红柿")).decision.codes == ("gate.recalled",)
    either.clock.later(minutes=10)
    without = either.ledger.gate("", weight="5 kg", truck=Truck(product="西红柿", shown="paper"))
    assert (without.verdict, "gate.recalled" in without.decision.codes) == ("refuse", True)
    other = either.ledger.gate("", weight="5 kg", truck=Truck(product="黄瓜", shown="paper"))
    assert not {"gate.recalled", "gate.recall_possible"} & set(other.decision.codes)


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
