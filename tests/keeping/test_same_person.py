"""Nobody is told that a person is forgotten because the same number was written in another way."""

from __future__ import annotations

import pytest

from foodtrace import Ledger, errors
from foodtrace.operations import corrections, erasing
from foodtrace.operations.common import Doing, local
from foodtrace.operations.sameperson import SamePerson
from tests.keeping.onfile import NAME, NOW, PHONE, ledger

__all__ = ["ledger"]

PERSON = SamePerson(
    [
        ("phone", "138-0013-8000"),
        ("contact", "李四"),
        ("plate", "黑A·12345"),
        ("address", "松北村 3 组 0451-5550199"),
        ("receipt", "1234567"),
    ]
)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("phone", "13800138000"),
        ("phone", "+86 138 0013 8000"),
        ("phone", "008613800138000"),
        ("phone", "(+86)138.0013.8000"),
        ("phone", "0451-5550104 / 13800138000"),
        ("phone", "13800138000转8"),
        ("phone", "13800138000-8"),
        ("phone", "１３８００１３８０００"),
        ("contact", "李四 13800138000"),
        ("contact", "李四"),
        ("contact", "经理: 李四"),
        ("contact", "李 四"),
        ("plate", "黑a·12345"),
        ("address", "松北村, 电话 13800138000"),
        ("phone", "5550199"),
        ("phone", "138\u20140013\u20148000"),
        ("phone", "138\u20110013\u20118000"),
        ("phone", "138\u00b70013\u00b78000"),
        ("phone", "一三八零零一三八零零零"),
        ("phone", "幺三八 〇〇一三 八〇〇〇"),
        ("contact", "李四先生"),
        ("contact", "店长李四"),
        ("contact", "李四店长 (夜班)"),
        ("contact", "李四电话"),
        ("contact", "李\u200b四"),
        ("address", "幸福路1号 李四收"),
        ("phone", "(0451) 555 0199"),
    ],
)
def test_what_is_one_persons_is_found_however_it_is_written(field: str, value: str) -> None:
    assert PERSON.holds(field, value)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("phone", "13800138001"),
        ("phone", "138001"),
        ("contact", "李四光"),
        ("contact", "李"),
        ("address", "松北村 3 组"),
        ("address", "李四村"),
        ("receipt", "1234567"),
        ("contact", ""),
        ("plate", "黑A·99999"),
        ("plate", "黑A1"),
        ("contact", "黑A 车主"),
    ],
)
def test_what_may_be_anybodys_is_not_taken_for_this_persons(field: str, value: str) -> None:
    assert not PERSON.holds(field, value)
    assert not SamePerson([("address", "松北村 3 组"), ("receipt", "1234567890")])


NUMBERS = ("his number is 139 3333 4444", "23010219800101123X", "一三八零零一三八零零零", "138\u20140013\u20148000")


@pytest.mark.parametrize("note", [f"call {PHONE}", f"{NAME} 说的", *NUMBERS])
def test_the_note_of_a_correction_puts_no_person_into_the_log(ledger: Ledger, note: str) -> None:
    number, size = ledger.writer().number, ledger.logs()[0].size
    doing = Doing(now=local(NOW))
    with ledger.reading() as session:
        (seq,) = session.rows("SELECT seq FROM personal ORDER BY seq LIMIT 1")[0]
    with pytest.raises(errors.BadData) as caught, ledger.store.write() as session:
        corrections.correct(session, doing, number, f"#{seq}", note=note)
    assert caught.value.code in {"correction.says_value", "correction.says_number"}
    assert PHONE not in str(caught.value)
    assert ledger.logs()[0].size == size
    with ledger.store.write() as session:
        assert corrections.correct(session, doing, number, f"#{seq}", note="voucher 20261124001, wrong site").events


def test_an_erasure_names_the_other_spellings_that_are_left(ledger: Ledger) -> None:
    from foodtrace.events import Site

    with ledger.reading() as session:
        (seq, phone) = session.rows("SELECT seq, value FROM personal WHERE field = 'phone' ORDER BY seq LIMIT 1")[0]
    other = Site(id="other", at=local(NOW), site="S-77", operator="S-77", kind="shop", name="别家")
    ledger.record([other], personal={"other": {"phone": f"+86 {phone}", "contact": "别人"}})
    with ledger.store.write() as session:
        answer = erasing.erase(session, Doing(now=local(NOW)), ledger.writer().number, "test.example/own", f"#{seq}").answer
    assert [each.fields for each in answer.left if each.seq == ledger.logs()[0].size - 1] == [("phone",)]
