"""Two farms, and two plants, that number alike: at a gate, in a shop's ledger and in every line of one lot it is said which is meant."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import msgspec
import pytest

from foodtrace.operations.samplecheck import DayChecked, Finding
from foodtrace.operations.shopledger import Statement
from foodtrace_cli.commands import formula_ledger, gate_sampling
from foodtrace_cli.context import Context
from tests.cli.cans import BATCH
from tests.cli.cansale import shop, today
from tests.cli.inside import Inside, here

__all__ = ["here", "shop"]

ONE, TWO, ALONE = "L-0001/K", "L-0002/K", "L-0001/M"
BARE = re.compile(r"(?<![\w/])K(?![\w/.-])")


@pytest.fixture
def gate(here: Inside) -> Inside:
    """Give a market, and two farms whose papers are for 500 kg each of lots K and K; one of them has a lot M too."""
    here("init")
    here("site", "add", "永发合作社:farm", "东风合作社:farm", "北河农批:market", "福安超市:shop")
    for farm, code in (("永发合作社", "K"), ("永发合作社", "M")):
        assert f"lot {code} " in issued(here, farm, code), "nobody else has it"
    assert f"lot {TWO} " in issued(here, "东风合作社", "K"), "from now on there are two"
    return here


def issued(here: Inside, farm: str, code: str) -> str:
    words = ("西红柿", "500kg", "--basis", "1", "--site", farm, "--code", code)
    return here("certificate", "issue", *words, "--out", f"{farm}-{code}.png")


def test_what_the_gate_has_put_aside(gate: Inside) -> None:
    for paper, lot in (("永发合作社-K", ONE), ("东风合作社-K", TWO), ("永发合作社-M", "M")):
        said = gate("gate", f"{paper}.png", "--weight", "600kg", code=1)
        assert f" {lot} " in said
        assert not BARE.search(said)
    rows = gate("gate", "held").splitlines()[1:]
    assert [next(each for each in (ONE, TWO, "M") if f" {each} " in row) for row in rows] == [ONE, TWO, "M"]
    assert [each["lot"] for each in gate.json("gate", "held")] == [ONE, TWO, ALONE]
    assert TWO in gate("gate", "resolve", "2", "refuse", "--by", "S-1")


def test_what_is_handed_on_and_tested(gate: Inside) -> None:
    assert f"lot {ONE} " in gate("transfer", ONE, "20kg", "--from", "永发合作社", "--to", "福安超市")
    assert "lot M " in gate("transfer", "M", "20kg", "--from", "永发合作社", "--to", "福安超市")
    said = gate("test", ONE, "--verdict", "negative", "--site", "北河农批")
    assert ONE in said
    assert not BARE.search(said)


def test_the_trucks_of_a_day_that_were_drawn_and_not_tested(capfd: pytest.CaptureFixture[str]) -> None:
    lots = enumerate((ONE, TWO, ALONE), 1)
    said = DayChecked(
        market="L-0003",
        gate="1",
        day=dt.date(2026, 11, 26),
        committed=None,
        opened=False,
        trucks=3,
        admitted=3,
        checked=3,
        drawn=(1, 2, 3),
        findings=tuple(Finding(code="sampling.not_tested", number=number, lot=lot) for number, lot in lots),
    )
    gate_sampling._checked(Context(db="", keys=None, log=None, lang="en"), said)
    assert re.findall(r"\(lot (\S+)\)", capfd.readouterr().out) == [ONE, TWO, "M"]


def test_the_ledger_of_a_formula_shop(shop: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    code = BATCH.rpartition("/")[2]
    other = f"06909999000029/{code}"
    shop("formula", "receive", BATCH, "47", "--from", "小北乳业", "--doc", "D-1")
    shop("formula", "ledger", "--from", today(), "--pdf", "one.pdf")
    plain = pages(shop.folder / "one.pdf")
    assert code in plain
    assert BATCH not in plain
    drawn = formula_ledger._pdf

    def twice(ctx: Context, found: Statement) -> bytes:
        again = tuple(msgspec.structs.replace(each, lot=other) for each in found.purchases)
        return drawn(ctx, msgspec.structs.replace(found, purchases=found.purchases + again))

    monkeypatch.setattr(formula_ledger, "_pdf", twice)
    shop("formula", "ledger", "--from", today(), "--pdf", "two.pdf")
    both = pages(shop.folder / "two.pdf")
    assert BATCH in both
    assert other in both


def pages(path: Path) -> str:
    import pypdfium2

    with pypdfium2.PdfDocument(path) as book:
        return "".join(page.get_textpage().get_text_range() for page in book).replace("\r", "").replace("\n", "")
