"""What ``trace`` and ``reconcile`` print at a narrow terminal: nothing is wider than it, and nothing is left out."""

from __future__ import annotations

import pytest

from foodtrace.events import Alias, Site
from foodtrace_cli.output import cells
from tests.cli.inside import Inside, here
from tests.cli.typedtrade import CHAIN, LOT, NOW, START, begun, born, day, record, sent

__all__ = ["here"]
LONG = "黑龙江省哈尔滨市南岗区永发蔬菜种植专业合作社联合社中山路直营店"


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("width", [60, 80])
def test_no_line_is_wider_than_the_terminal(here: Inside, lang: str, width: int) -> None:
    renamed = Site(id="x2", at=day(START), site="X", operator="OP-X", kind="shop", name=LONG)
    road = sent(20, 2, in_transit=True, transfer="T")
    other = born("L", 1, product="白菜", q=5)
    alias = Alias(id="-", at=day(1), site="W", lot=LOT, alias="OP-P/JCHZ-1")
    record(begun(here), renamed, *CHAIN, road, sent(30, 2), alias, other, ids="e")
    here.set("COLUMNS", str(width))
    clock = ("--now", f"{day(NOW):%Y-%m-%d %H:%M}")
    for words, code in ((("reconcile",), 1), (("trace", LOT), 0)):
        said = here(*clock, *words, lang=lang, code=code)
        wide = [line for line in said.splitlines() if cells(line) > width]
        assert not wide, wide
        whole = "".join(line.strip() for line in said.splitlines())
        assert LONG in whole.replace(" ", "")
    said = here(*clock, "reconcile", lang=lang, code=1)
    assert "county/one#" in said
    assert "白菜" in said
    here.set("COLUMNS", "")
    assert LONG in here(*clock, "reconcile", lang=lang, code=1), "a pipe gets its tables as they are"
