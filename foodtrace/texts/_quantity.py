"""Texts of the area ``quantity``: key -> (Chinese, English)."""

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "unit.piece": ("件", "pcs"),
    "quantity.form": ('"{value}" 不是数量, 应如 {expected}', '"{value}" is not a quantity, expected the form {expected}'),
    "quantity.form.hint": ("数字加单位, 如 500kg 或 1000斤", "a number and a unit, such as 500kg or 1000斤"),
    "quantity.unit_missing": ('"{value}" 没有单位', '"{value}" has no unit'),
    "quantity.unit_missing.hint": ("500kg 或 1000斤", "write 500kg or 1000斤"),
    "quantity.unit_unknown": ('不认识单位 "{value}", 可用: {expected}', 'unit "{value}" is not known, use one of: {expected}'),
    "quantity.not_integer": ("{value} 比 1 {expected} 还细", "{value} is finer than one {expected}"),
    "quantity.not_integer.hint": ("最多三位小数", "at most three decimals"),
    "quantity.range": ("数量 {value} 超出范围 {expected}", "quantity {value} is outside {expected}"),
    "quantity.sum": ("数量加起来超过 {expected}", "the quantities add up to more than {expected}"),
    "quantity.sum.hint": ("看看有没有多打几位; 这一批一条也没有记", "check for extra digits; nothing of this batch was recorded"),
    "quantity.unit_differs": ("单位不同: {value}, 应为 {expected}", "unlike units: {value}, expected {expected}"),
}
