"""No words that stand in the log for ever hold a person, however written; and honest words of a voucher are taken."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foodtrace import errors
from foodtrace.operations.erasurereason import check_note, check_words

OWN = [
    ("contact", "王五先生", "王五要求"),
    ("contact", "店长李四", "李四要求"),
    ("contact", "李四(老板)", "李四要求"),
    ("contact", "李四13800138000", "李四要求"),
    ("contact", "李四 (夜班)", "李 四 要求"),
    ("contact", "老板 张三", "应张三的要求"),
    ("contact", "Mr Li Si", "asked for by Si Li"),
    ("contact", "Li Si", "LI  SI asked"),
    ("contact", "Wang Xiaoming", "asked by Wang Xiao-Ming"),
    ("contact", "Wang Xiaoming", "Wang asked for it"),
    ("contact", "买买提·艾力", "买买提艾力申请"),
    ("contact", "王老板", "王老板要求"),
    ("contact", "福安超市李四", "李四要求"),
    ("contact", "李四已离职", "李四要求"),
    ("email", "li@example.com", "asked by LI@example.com"),
    ("plate", "黑A·12345", "truck 黑A12345"),
    ("address", "松北村 3 组", "松北村的农户申请"),
    ("address", "幸福路1号 李四收", "李四要求"),
    ("contact", "陈七老师傅", "陈七要求"),
    ("contact", "\u0418\u0432\u0430\u043d\u043e\u0432 \u0418\u0432\u0430\u043d", "\u0418\u0432\u0430\u043d\u043e\u0432 asked"),
    ("contact", "买买提·阿不都", "阿不都要求"),
    ("contact", "张三丰 (张师傅)", "张师傅要求"),
    ("contact", "老王 13900139000", "老王要求"),
    ("contact", "欧阳修", "欧阳要求"),
    ("plate", "黑A12345", "A12345"),
    ("address", "北河区红旗路12号3单元501", "红旗路12号"),
    ("phone", "010-62345678/79", "6234 5679"),
    ("phone", "62345678", "电话 6234-5678"),
    ("phone", "010-62345678", "6234 5678"),
    ("phone", "62345678-801", "(010) 6234/5678"),
    ("phone", "20260457", "request 2026-0457"),
    ("phone", "1234567", "request 123-4567"),
    ("phone", "13800138000", "壹叁捌零零壹叁捌零零零"),
    ("identity", "11010519900101123X", "110105 900101 123"),
]

ANYBODYS = [
    "证件 110105 19900101 123X",
    "证件 110105-1990-01-01-1234",
    "11010519900101123x",
    "单号 110105199001011230",
    "身份证 110105200401011230",
    "110105 2004-0101 1237",
    "id no. 110105200401011230",
    "tel 138,0013,8000",
    "138/0013/8000",
    "138_0013_8000",
    "138~0013~8000",
    "138, 0013, 8000",
    "壹叁捌零零壹叁捌零零零",
    "电话13800138000",
    "phone no. 13800138000",
    "单号 0001,13800138000",
    "单号 0001 应为 13800138000",
    "voucher 0001 and 13800138000",
    "13800138000 单号 0001",
    "联系电话 单号 13800138000",
    "单号13800138000电话",
    "voucher +8613800138000",
    "his no. 13800138000",
    "13800138000 单独联系",
    "名单 13800138000",
    "110105 90 01 01 123",
    "110105 900101 123",
    "护照 E12345678",
    "护照 E20061124",
    "passport no. E12345678",
    "通行证 H12345678901",
    "港澳 M1234567",
    "QQ 123456789",
    "号码 5550104",
    "138\u20260013\u20268000",
    "138OO138OOO",
    "l38 O013 8OOO",
    "打 0912 3234567",
    "+86(0)13800138000",
    "0086-571-85123456",
    "+86 571 85123456",
    "(0571) 8512 3456",
    "057185123456",
    "电话 62345678",
    "tel no. 6234-5678",
    "tel 0912345678",
    "138\u30020013\u30028000",
    "138:0013:8000",
    "+44 (0)20 7946 0958",
    "0044 20 7946 0958",
    "于 2026-11-24 10:30 致电 138 0013 8000",
]

HONEST = [
    "",
    "wrong site",
    "单号 0001234567 写错",
    "000012345678",
    "0102000000",
    "V-0012 3456 7890",
    "012345678905",
    "0912 1234 5678",
    "voucher 20261124001, wrong site",
    "单号 13800138000 写错",
    "凭证号: 0571-85123456 重复",
    "invoice no. 057185123456 twice",
    "UPC 041331024020 instead of 041331024037",
    "UPC 041331024020",
    "条码 6901234567892, 应为 06901234567892",
    "8690632000008",
    "(01)06901234567892(10)A1",
    "No. 0571-85123456",
    "编号 110105202611240012",
    "单号 110105202611240010",
    "按 2026-11-24 10:30 的单据",
    "2026-11-24 14:30:05 至 2026-11-25 09:00",
    "20261124",
    "62345678 应为 62345679",
    "1500 kg, 1300 kg, 120 kg",
    "1,250,000 g",
    "see entry 4711 of log 2",
    "单 13512345678",
    "PO 13512345678",
    "ref 13512345678",
    "No. 13512345678",
    "ID 13512345678",
    "编号 13512345678",
    "13512345678 单",
    "13512345678号单",
    "单据13512345678号",
    "发票号码 5550104",
    "单号 13512345678 应为 13512345679",
    "qty 0451 5550104",
    "11111111111",
    "10l, 20l, 30l, 40l",
    "import permit 20261124001",
    "400-820-8820",
    "运单 SF1234567890123, (00)306141411234567897",
    "see V-20261124-0012",
    "单据 2026-0451-5550104",
    "10:00-12:00, 13:00-15:00",
    "0.5 kg x 1200 + 0.3 kg x 450",
    "certificate GATE1-0002",
]


@pytest.mark.parametrize(("field", "value", "words"), OWN)
def test_no_form_of_what_is_erased_goes_into_the_log(field: str, value: str, words: str) -> None:
    for check, code in ((check_words, "erase.says_value"), (check_note, "correction.says_value")):
        with pytest.raises(errors.BadData) as caught:
            check([(field, value)], words)
        assert caught.value.code == code


@pytest.mark.parametrize("words", ANYBODYS)
def test_nobodys_number_goes_into_the_log(words: str) -> None:
    with pytest.raises(errors.BadData) as caught:
        check_note([], words)
    assert caught.value.code == "correction.says_number"
    with pytest.raises(errors.BadData) as caught:
        check_words([], words)
    assert caught.value.code == "erase.says_number"


@pytest.mark.parametrize("words", HONEST)
def test_a_note_says_which_voucher_was_wrong(words: str) -> None:
    check_note([("contact", "老板 张三"), ("phone", "13900139000"), ("name", "李"), ("contact", "不详"), ("phone", "-")], words)


@pytest.mark.parametrize("words", ["6234-5678", "138 0013 8000", "62345678", "voucher 20261124001", "0001234567", "400-820-8820"])
def test_the_reason_of_an_erasure_needs_no_long_number(words: str) -> None:
    with pytest.raises(errors.BadData) as caught:
        check_words([], words)
    assert caught.value.code == "erase.says_number"


@pytest.mark.parametrize(
    "words", ["老板要求删除", "本人电话申请", "left the market", "on 2026-11-24, request 2026-0457", "2026-11-24 10:30"]
)
def test_words_beside_a_name_may_be_said(words: str) -> None:
    values = [
        ("contact", "老板 张三 电话 13800138000"),
        ("contact", "Mr Wang Fang, owner"),
        ("contact", "同上"),
        ("name", "none"),
        ("address", "松北村 3 组"),
    ]
    check_words(values, words)


MOBILES = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)


@given(MOBILES, st.sampled_from(["3-4-4", "3-3-5", "4-4-3", "1-10", "11"]), st.sampled_from(" -./,_~"))
def test_a_mobile_number_in_any_grouping_is_refused(number: str, grouping: str, sign: str) -> None:
    parts, at = [], 0
    for size in map(int, grouping.split("-")):
        parts.append(number[at : at + size])
        at += size
    with pytest.raises(errors.BadData):
        check_note([], f"tell {sign.join(parts)} of it")


@given(st.integers(0, 10**8 - 1), st.integers(10, 12))
def test_a_zero_padded_number_is_a_vouchers(number: int, width: int) -> None:
    check_note([], f"was {number:0{width}d}")
