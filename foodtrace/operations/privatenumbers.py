"""Whether words that will stand in the log for ever hold what looks like somebody's telephone or identity number. Pure.

Rules:

1. An identity number is one in any grouping, the day in it notwithstanding. One whose year is of this century may be the number of a
   document (region, day, order): it counts if its word stands before it, or its check digit is right and no voucher's word does.
2. A mobile number is one in any grouping, with a country's code or without. A landline is one with an area code that exists, written with
   its 0 or the country's code. A number abroad is one with its plus, or 00 set apart. Behind a word such as ``tel`` 7 digits are one.
3. What a voucher's word stands right before (``单号``, ``voucher``, ``V-``, ``No.``) or right behind (``..号单``) is its number, and
   so is what it should have been, if that is as long (``UPC .. instead of ..``); never the next number, and none that a word for a
   telephone stands beside as well. ``#`` says so of no mobile number. A zero-padded number is no telephone: no subscriber's begins
   with 0 or 1, and 00 alone makes no country. But 12 digits that are both a product's code and a landline as people write it are refused:
   a check digit fits every tenth telephone, and one word more says which it is.
4. Where no voucher needs to be named (``strict``), 7 digits in a row are enough, and ``6234-5678``; a day is not, nor ``2026-0457``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from foodtrace.identifiers.gs1 import check_digit
from foodtrace.operations.digitruns import even, told
from foodtrace.operations.telephones import Number, numbers

__all__ = ["holds_number"]

_LINK: Final = r"[\s:.,;'\"=#(\[+\u2116\u662f\u4e3a-]*"
_CLOSE: Final = r"[\s:.'\"=#(\[\u2116\u662f\u4e3a-]*"
"""What may stand between a voucher's word and its number: no comma, no plus."""
_VOUCHERS: Final = (
    r"(?:(?<![\u4e00-\u9fff])单|[运订货托提派退账工]单|编号|(?<![a-z])(?:po|no|nr|refs?|reference|id)(?![a-z])|单号|票号|凭证号?|凭证编号|发票号?|订单号?|运单号?|送货单|入库单|出库单|收据|小票|单据号?|批号|批次号?|条码|条形码|商品码|追溯码|合格证号?|报告号?|流水号|序列号"
    r"|(?<![a-z])(?:vouchers?|invoices?|receipts?|orders?|waybills?|tickets?|serial|batch|lots?|barcodes?|upc|ean|gtin|gln|sscc|sku"
    r"|documents?|certificates?|v(?=[-\s])))"
)
_NUMBERED: Final = r"(?:号码?|编号|(?<![a-z])(?:no|nr|number|code|id|ref|reference|is)(?![a-z]))?"
_ANOTHER: Final = (
    r"(?:[a-z]{0,3}(?P<first>[\d-]{4,20})[\s,]*(?:写成了?|写作|误写为?|错写为?|应为|应是|改为|而不是|不是|->"
    r"|instead of|should (?:be|read)|in place of|rather than|not)\s*)?"
)
"""The same word stands for the number behind: a note says what was written and what should have been."""
_OF_VOUCHER: Final = re.compile(rf"{_VOUCHERS}{_CLOSE}{_NUMBERED}{_CLOSE}{_ANOTHER}$")
_VOUCHER_BEHIND: Final = re.compile(
    r"[\s)\]]*号?的?(?:单(?:号|据)?|运单|订单|凭证|发票|票据|收据|小票|批次|(?<![a-z])(?:voucher|invoice|waybill)(?![a-z]))"
    rf"(?![号据独位元身人纯方打价亲手])(?!{_LINK}{_NUMBERED}{_LINK}[\da-z])"
)
"""Behind its number, and before no other."""
_OF_ANYTHING: Final = re.compile(rf"(?:序号|数量|重量|金额|#|(?<![a-z])(?:code|qty|quantity|weight|amount))\.?{_LINK}$")
_TELEPHONES: Final = (
    r"(?:电话|手机|座机|固话|热线|传真|联系方式|微信|致电|拨打|打|(?<![\u4e00-\u9fff])号码|(?<![a-z])(?:his|her|my|their)\s+(?:no|nr|number)"
    r"|(?<![a-z])(?:tel|telephone|phones?|mobile|cell|call|called|ring|fax|whatsapp|wechat|qq))"
)
_OF_TELEPHONE: Final = re.compile(rf"{_TELEPHONES}{_LINK}(?:{_VOUCHERS}{_CLOSE})?{_NUMBERED}{_LINK}$")
_TELEPHONE_BEHIND: Final = re.compile(r"[\s)\]]*(?:的?(?:电话|手机|座机|微信)|(?:tel|phone|mobile|wechat)(?![a-z]))")
_OF_PERSON: Final = re.compile(rf"(?:身份证|证件|居民证|身份|(?<![a-z])(?:id|identity|passport)(?: card)?){_LINK}{_NUMBERED}{_LINK}$")
_OF_DOCUMENT: Final = re.compile(
    r"(?:身份证|居民证|护照|通行证|港澳|回乡证|台胞证|居留证|居住证|军官证|驾驶证|驾照|(?<![a-z])(?:id(?:entity)? card|passport"
    rf"|(?:residence|travel|work|driving) (?:permit|licen[cs]e))){_LINK}{_NUMBERED}{_LINK}(?:[a-z]{{1,2}}[\s-]?)?$"
)
"""A person's, whatever number stands behind."""
_IN_GROUPS: Final = ([6, 6, 3], [6, 2, 2, 2, 3])
"""An identity number of before 2000, region, day and order apart."""
_BEFORE: Final = 60
"""Characters before a number in which the word for it stands."""
_IN_A_ROW: Final = 7
_IDENTITY: Final = 18
_SIGNS: Final = frozenset("0123456789x")
_GREAT: Final = 2
_EIGHT: Final = 8
"""Where the area code is of two digits, numbers are of eight."""
_GTIN: Final = 13
_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
"""Of ISO 7064 MOD 11-2 (GB 11643)."""


def holds_number(text: str, *, strict: bool = False) -> bool:
    """Say whether a text holds such a number (rules 1 to 3, with ``strict`` rule 4)."""
    text = even(text)
    found = numbers(text)
    days = {(each.start, each.end) for each in found if each.kind == "time" and not text[each.start - 1 : each.start].isalpha()}
    others = [each for each in found if (each.start, each.end) not in days]
    return any(_is_private(text, each) or (strict and _is_long(each)) for each in others)


def _is_private(text: str, number: Number) -> bool:
    before = text[max(0, number.start - _BEFORE) : number.start]
    if _OF_DOCUMENT.search(before):
        return True
    if number.kind == "time":
        return False
    telephone = _OF_TELEPHONE.search(before) is not None or _TELEPHONE_BEHIND.match(text, number.end) is not None
    voucher = not telephone and _of_voucher(text, before, number)
    if number.kind == "identity":
        sizes = [len(each) for each in number.groups]
        person = _OF_PERSON.search(before) is not None or (sizes in _IN_GROUPS and not voucher)
        return person or _is_identity(text[number.start : number.end], voucher=voucher)
    if number.kind == "service" or voucher:  # a firm's, by its form
        return False
    if number.kind == "mobile":
        return True
    if not telephone and _OF_ANYTHING.search(before):
        return False
    if number.kind == "landline":
        return telephone or _has_area(before, number)
    plus = before.rstrip().endswith("+")
    return telephone or (number.kind == "foreign" and (plus or number.groups[0] in ("00", f"00{number.country}")))


def _of_voucher(text: str, before: str, number: Number) -> bool:
    """Say whether a word right before or behind a number says that it is a voucher's (rule 3)."""
    word = _OF_VOUCHER.search(before)
    if word is None:
        return _VOUCHER_BEHIND.match(text, number.end) is not None
    return not word["first"] or len(word["first"].replace("-", "")) == sum(map(len, number.groups))


def _has_area(before: str, number: Number) -> bool:
    """Say whether a landline is told by its area code or its country's (rule 2)."""
    whole = "".join(number.groups)
    if not number.country:
        short = len(number.area) == _GREAT and len(number.digits) < _EIGHT and number.near
        return bool(number.area) and whole.startswith("0") and not short
    if len(number.groups) > 1 or whole.startswith("00") or before.rstrip().endswith("+"):
        return True
    return len(whole) != _GTIN or check_digit(whole[:-1]) != whole[-1]


def _is_identity(written: str, *, voucher: bool) -> bool:
    """Say whether the digits of an identity number are a person's (rule 1)."""
    signs = [each for each in told(written) if each in _SIGNS]
    if len(signs) != _IDENTITY:
        return False  # of before 2000: any long number may look like it
    if "".join(signs[6:8]) == "19":
        return True
    return not voucher and signs[-1] == "10x98765432"[sum(w * int(each) for w, each in zip(_WEIGHTS, signs, strict=False)) % 11]


def _is_long(number: Number) -> bool:
    """Say whether a number is one by its length or its grouping alone (rule 4)."""
    if number.kind == "time":
        return False
    sizes = [len(each) for each in number.groups]
    if number.kind in ("service", "foreign", "identity") or max(sizes) >= _IN_A_ROW or (number.near and sum(sizes) >= _IN_A_ROW):
        return True
    return number.kind == "landline" and (bool(number.area) or (_in_halves(sizes) and number.groups[0][:2] not in ("19", "20")))


def _in_halves(sizes: Sequence[int]) -> bool:
    return len(sizes) == 2 and sizes[0] in (3, 4) and sizes[1] == 4  # noqa: PLR2004 - 623-4567, 6234-5678
