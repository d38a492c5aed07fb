"""`scan` on what we print ourselves: entry slips, receipt codes of notices, staff cards, lot codes, checkpoints; on both databases."""

from base64 import b64encode
from functools import partial
from typing import Any

import pytest

from foodtrace.certificate.payload import decode
from foodtrace.events import TestRecorded
from foodtrace.gate.facts import Paper
from foodtrace.gate.rules import load
from foodtrace.operations import cases, held, notices, staff
from foodtrace.operations.common import Doing
from foodtrace.operations.gatefacts import Truck
from foodtrace.operations.scanning import ScanAnswer, Scanner
from foodtrace.operations.slips import slip_of
from tests.gate.desk import Market


def look(desk: Market, text: str) -> ScanAnswer:
    with desk.ledger.reading() as session:
        (found,) = Scanner(session, desk.now()).typed(text)
    return found


def slip(desk: Market, entry: str) -> str:
    writer = desk.ledger.writer()
    with desk.ledger.reading() as session:
        return slip_of(session, writer.number, writer.origin, entry, "北河农批", "zh").code


def said(found: ScanAnswer, lang: str = "en") -> str:
    return str(found.problem["message"][lang]) if found.problem else ""


def doing(desk: Market, name: str) -> Doing:
    return Doing(now=desk.now(), id=name, by="S-01", log=desk.ledger.writer().number)


def test_a_slip_says_what_where_and_how_it_was_decided(either: Market) -> None:
    answer = either.ledger.gate(either.certificate("西红柿", "500 kg"), weight="482 kg")
    code = slip(either, answer.entry)
    found = look(either, code)
    assert (found.answer, found.good, found.kind) == ("slip_admitted", True, "slip")
    assert found.printed is not None
    assert (found.printed.lot, found.printed.product, str(found.printed.quantity)) == (answer.lot, "西红柿", "482.0 kg")
    assert (found.printed.where, found.printed.number, found.printed.seq) == ("北河农批 1", 1, int(code.split(":")[2]))
    assert found.problem is None
    assert "admitted" in str(found.notes[0]["message"]["en"])
    assert "已准入" in str(found.notes[0]["message"]["zh"])


@pytest.mark.parametrize("mangle", [str.upper, lambda text: text + "\r", lambda text: "]Q1" + text, lambda text: text + text])
def test_a_slip_through_a_keyboard(either: Market, mangle: Any) -> None:
    answer = either.ledger.gate(either.certificate("西红柿", "500 kg"), weight="482 kg")
    assert look(either, mangle(slip(either, answer.entry))).answer == "slip_admitted"


def test_a_held_slip_is_not_good_and_says_how_the_hold_ended(either: Market) -> None:
    answer = either.ledger.gate(either.certificate("西红柿", "500 kg"), weight="600 kg")
    code = slip(either, answer.entry)
    found = look(either, code)
    assert (found.answer, found.good) == ("slip_held", False)
    either.clock.later(minutes=5)
    resolve = partial(held.resolve, rules=load(), market=either.market, given="1", verdict="admit", second="S-02")
    either.ledger.act(lambda session: resolve(session, doing(either, "resolve-1")))
    found = look(either, code)
    assert (found.answer, found.good) == ("slip_admitted", True)


def test_a_hold_that_ended_in_a_refusal(either: Market) -> None:
    answer = either.ledger.gate(either.certificate("西红柿", "500 kg"), weight="600 kg")
    either.clock.later(minutes=5)
    either.ledger.act(
        lambda session: held.resolve(session, doing(either, "resolve-1"), load(), either.market, "1", "refuse", second="S-02")
    )
    assert look(either, slip(either, answer.entry)).answer == "slip_refused"


def test_an_undone_truck_has_a_worthless_slip(either: Market) -> None:
    answer = either.ledger.gate(either.certificate("西红柿", "500 kg"), weight="482 kg")
    code = slip(either, answer.entry)
    either.clock.later(minutes=1)
    number, day = either.ledger.writer().number, either.now().date()
    either.ledger.act(lambda session: held.undo(session, doing(either, "undo-1"), number, either.market, "1", day, 1))
    found = look(either, code)
    assert (found.answer, found.good) == ("slip_undone", False)
    assert "undone" in said(found)


def test_a_slip_somebody_made_up(either: Market) -> None:
    answer = either.ledger.gate(either.certificate("西红柿", "500 kg"), weight="482 kg")
    code = slip(either, answer.entry)
    other = code[:-1] + ("0" if code[-1] != "0" else "1")
    assert (look(either, other).answer, look(either, other).good) == ("slip_false", False)
    assert look(either, code.replace("gate1", "gate9")).answer == "slip_unknown"
    head, origin, seq, leaf = code.split(":")
    assert look(either, f"{head}:{origin}:{int(seq) + 1000}:{leaf}").answer == "slip_unknown"
    assert look(either, f"{head}:{origin}:0:{leaf}").answer == "slip_false", "an entry that is no truck"
    assert look(either, code[:-5]).answer == "truncated"


def test_without_a_ledger_a_slip_is_known_and_cannot_be_checked(either: Market) -> None:
    answer = either.ledger.gate(either.certificate("西红柿", "500 kg"), weight="482 kg")
    (found,) = Scanner(None, either.now()).typed(slip(either, answer.entry))
    assert (found.answer, found.good) == ("slip_unknown", False)


def opened(desk: Market, lot: str) -> str:
    how = partial(cases.open_case, lots=(lot,), level=1, known=desk.now(), reason="农残超标")
    _, event = desk.ledger.act(lambda session: how(session, doing(desk, "case-1")))
    return str(event.case)


def test_goods_under_recall_are_told_whatever_was_scanned(either: Market) -> None:
    text = either.certificate("西红柿", "500 kg")
    answer = either.ledger.gate(text, weight="100 kg")
    code = slip(either, answer.entry)
    either.clock.later(minutes=1)
    case = opened(either, answer.lot)
    either.clock.later(minutes=1)
    for each in (text, code):
        found = look(either, each)
        assert (found.answer, found.good) == ("recalled", False), each
        assert case in said(found)
    assert look(either, answer.lot).answer == "recalled"


def test_a_positive_test_is_told_whatever_was_scanned(either: Market) -> None:
    text = either.certificate("西红柿", "500 kg")
    answer = either.ledger.gate(text, weight="100 kg")
    code = slip(either, answer.entry)
    either.clock.later(minutes=1)
    found: dict[str, Any] = {"lot": answer.lot, "item": "有机磷"}
    either.ledger.record([TestRecorded(id="T-1", at=either.now(), sample="S-1", verdict="positive", rapid=True, **found)])
    either.clock.later(minutes=1)
    for each in (text, code, answer.lot):
        told = look(either, each)
        assert (told.answer, told.good) == ("test_positive", False), each
        assert "有机磷" in said(told)
    lab = TestRecorded(id="T-2", at=either.now(), sample="S-2", verdict="negative", rapid=False, confirms="T-1", **found)
    either.ledger.record([lab])
    either.clock.later(minutes=1)
    assert [look(either, each).answer for each in (text, code)] == ["used", "slip_admitted"], "the laboratory lifted it"


def test_a_lot_code_of_the_gate(either: Market) -> None:
    seller = decode(either.certificate("芹菜", "5 kg")).operator
    papers = (Paper(kind="purchase", number="P-1"), Paper(kind="test_report", number="T-1"))
    truck = Truck(seller=seller, product="豆角", goods="produce", papers=papers)
    answer = either.ledger.gate("", weight="35 kg", truck=truck)
    code = answer.lot.rpartition("/")[2]
    found = look(either, code)
    assert (found.answer, found.lot, found.good) == ("lot", answer.lot, False)
    assert "豆角" in said(found)
    wrong = code[:-1] + str((int(code[-1]) + 1) % 10)
    assert look(either, wrong).answer == "lot_digit"
    assert look(either, "261124-3-00019").answer in ("lot_unknown", "lot_digit")


def test_a_staff_card_shows_no_secret(either: Market) -> None:
    _, made = either.ledger.act(lambda session: staff.issue(session, doing(either, "card-1"), either.market, "S-07"))
    secret = made.text.rpartition("-")[2]
    whole = made.text
    for text in (whole, whole.lower(), whole + "\r", "]Q1" + whole, whole[:-3], whole + whole, whole + " x", "x" * 9_000 + whole):
        with either.ledger.reading() as session:
            scanner = Scanner(session, either.now())
            for found in (*scanner.typed(text), scanner.read(text)):
                assert secret[:8] not in repr(found).upper(), text[-40:]
                assert (found.answer, found.good) == ("staff_card", False), text[-40:]
                assert "S-07" in found.text


def test_a_receipt_code_of_a_notice(either: Market) -> None:
    text = either.certificate("西红柿", "500 kg")
    answer = either.ledger.gate(text, weight="100 kg")
    case = opened(either, answer.lot)
    _, sent = either.ledger.act(lambda session: notices.notify(session, doing(either, "notice-1"), case))
    (mine, *_) = [each for each in sent.notices if each.party.site == either.market]
    found = look(either, mine.text)
    assert (found.answer, found.good, found.kind) == ("notice", False, "notice")
    assert found.printed is not None
    assert (found.printed.case, found.printed.party) == (case, either.market)
    assert mine.code not in repr(found), "whoever has the code had the notice"
    other = mine.text[:-1] + ("A" if mine.text[-1] != "A" else "B")
    assert look(either, other).answer == "notice_unknown"
    assert look(either, other.replace(case, "2031-0009")).answer == "notice_unknown"
    with either.ledger.reading() as session:
        (listed,) = Scanner(session, either.now(), hosts=("trace.example",)).typed(mine.text)
    assert listed.answer == "notice", "a page of a trusted host is not a certificate cut short"


def test_a_checkpoint_of_a_log(either: Market) -> None:
    query = "SELECT l.origin, c.note FROM checkpoint AS c JOIN log AS l ON l.id = c.log ORDER BY c.size DESC"
    with either.ledger.reading() as session:
        origin, note = session.rows(query)[0]
    head = "data:text/plain;charset=utf-8;base64,"
    found = look(either, head + b64encode(bytes(note)).decode())
    assert (found.answer, found.good) == ("checkpoint", False)
    assert str(origin) in said(found)
    lines = bytes(note).split(b"\n")
    lines[2] = b64encode(bytes(32))
    assert look(either, head + b64encode(b"\n".join(lines)).decode()).answer == "checkpoint_other"
    assert look(either, head + b64encode(b"hello").decode()).answer == "not_a_code"
