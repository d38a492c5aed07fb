"""Two lots of one answer that bear the same code: nowhere does "L" stand for both, and a code that only one bears stands alone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from foodtrace.recall.shortcodes import short_codes
from tests.cli.shell import run

LANGS = ("zh", "en")
GROWN, MADE, ALONE = "L-0009/L", "L-0008/L", "L-0008/MIX"
BARE = re.compile(r"(?<![\w/])L(?![\w/.-])")
"""The code alone; litres stand nowhere here."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a market that made lots L and MIX of lot L, which somebody else numbered, and a shop that got some of each."""
    folder = tmp_path_factory.mktemp("samecode")
    run(folder, "init")
    run(folder, "site", "add", "永发合作社:farm", "北河农批:market", "福安超市:shop")
    for lot in (GROWN, "L-0009/B"):
        run(folder, "receive", lot, "70kg", "--at", "北河农批")
    used = ("--in", f"{GROWN}=30kg", "--in", "L-0009/B=70kg")
    run(folder, "transform", "--at", "北河农批", *used, "--out", f"{MADE}=60kg", "--out", f"{ALONE}=30kg", "--kind", "blend")
    for lot, much in ((GROWN, "10kg"), (MADE, "20kg"), (ALONE, "5kg")):
        run(folder, "transfer", lot, much, "--from", "北河农批", "--to", "福安超市")
    return folder


def both_by_full_id(said: str) -> None:
    """Say that a text names both lots, each by its full id and never by its code alone."""
    assert GROWN in said
    assert MADE in said
    assert not BARE.search(said), [line for line in said.splitlines() if BARE.search(line)]


def test_only_a_code_that_several_full_ids_bear_is_written_with_its_origin() -> None:
    code = short_codes(("OP/L", "WHO/L", "OP/L", "OP/K", "OP/K", "?log/L#1/L", ""))
    assert [code(each) for each in ("OP/L", "WHO/L", "OP/K", "?log/L#1/L", "")] == ["OP/L", "WHO/L", "K", "?log/L#1/L", ""]
    assert short_codes(["OP/L", "?log/A#1/L"])("OP/L") == "L", "no code is that of goods without lot"


@pytest.mark.parametrize("lang", LANGS)
def test_rows_findings_and_bounds_of_a_recall(world: Path, lang: str) -> None:
    said = run(world, "recall", GROWN, "--bounds", "--all", "--long", lang=lang)
    both_by_full_id(said)
    (row,) = [line for line in said.splitlines() if line.startswith("1 ")]
    assert re.search(rf"(?<!/)MIX {MADE} {GROWN}|{MADE} (?<!/)MIX {GROWN}", row), "the code of MIX is nobody else's"
    shares = [line.split()[1] for line in said.splitlines() if line.split()[:1] == ["福安超市"]]
    assert MADE in shares
    assert "MIX" in shares
    begins = [line for line in said.splitlines() if line.startswith("  ") and f": {GROWN}" in line]
    assert begins, "where the grown lot began no record says"
    only = run(world, "recall", ALONE, "--all", "--long", lang=lang)
    assert MADE not in only
