"""Every command of the program is started once as a shell starts it: a process that has loaded nothing, and shares nothing with a test.

Other tests type most commands within their own process (:func:`tests.cli.shell.run`). What one command forgot to import and another has,
or what only a fresh process sees, is found here.
"""

from __future__ import annotations

import json
import shlex
from pathlib import Path

from foodtrace_cli.main import COMMANDS
from tests.cli.cans import BATCH, filled
from tests.cli.shell import lot_of, run_apart, shop

__all__ = ["shop"]  # a fixture

DAY = """
    init --name test.example/own
    operator add 福安超市有限公司 --code 91230199FT0000013A
    site add 永发合作社:farm 北河农批:market 福安超市:shop --phone 0451-555-0104
    certificate issue 西红柿 500kg --basis 1 --out label.png
    scan label.png
    test LOT --blank 0.400 --sample 0.390
    gate label.png
    transfer LOT 120kg --from 北河农批 --to 福安超市
    receive LOT 1kg --at 福安超市
    transform --at 北河农批 --in LOT=5kg --out L-0001/M=5kg --kind blend
    record a.csv --as transfer
    recall LOT --json
    trace LOT
    blast
    reconcile => 1
    drill
    correct JS-7 --set quantity=12kg
    stoplist
    key list
    schema
"""
"""``LOT`` stands for the lot of the label; after ``=>`` stands the exit code, if it is not 0."""
KEEPING = """
    case open LOT --class 2 --known 2026-01-01T00:00 --reason x
    case status --json
    verify
    prove LOT --out proofs --json
    export tiles copy
    import copy => 1
    export checkpoint
    witness copy --key VKEY --state w1 --name witness.example/w1 --out cosigned
    check-proof PROOF --key VKEY
    backup b
    doctor
    rebuild
    erase 福安超市 --yes => 1
    erase 2 --yes => 1
    erase 4 --yes
    recover --from b --reason disk => 1
    formula show BATCH
    --db demo.db demo --days 3 --outlets 20
"""


def lines(story: str) -> list[tuple[list[str], int]]:
    """Return the words of each line of a story, and its exit code."""
    parts = [line.partition(" => ") for line in story.strip().splitlines()]
    return [(shlex.split(words), int(code or 0)) for words, _, code in parts]


def first(words: list[str]) -> str:
    """Return the command of a line, past options of the program."""
    return words[2] if words[0].startswith("--") else words[0]


def test_every_command_is_started() -> None:
    assert {first(words) for story in (DAY, KEEPING) for words, _ in lines(story)} == set(COMMANDS)


def test_a_day_in_processes_of_their_own(tmp_path: Path) -> None:
    lot = "LOT"
    for words, code in lines(DAY):
        run_apart(tmp_path, *(each.replace("LOT", lot) for each in words), code=code)
        if words[0] == "certificate":
            lot = lot_of(tmp_path)
            rows = ["单号,时间,卖方,品名,批次,数量,单位,买方", f"JS-7,2026-01-02 05:12,北河农批,西红柿,{lot},120,kg,福安超市"]
            (tmp_path / "a.csv").write_text("\r\n".join(rows), encoding="utf-8")


def test_keeping_the_record_in_processes_of_their_own(shop: Path) -> None:
    filled(shop, delivered=True)
    known = {"LOT": lot_of(shop), "BATCH": BATCH}
    for words, code in lines(KEEPING):
        said = run_apart(shop, *(known.get(each, each) for each in words), code=code)
        if words[0] == "prove":
            made = json.loads(said)[0]
            known |= {"VKEY": made["vkey"], "PROOF": made["proof"]}
