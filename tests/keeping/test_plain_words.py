"""What is said of two things that do not go together names what differs, in words that a person can read."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from foodtrace import Ledger
from foodtrace.errors import Conflict
from foodtrace.events import Portion, Transformation
from foodtrace.events.base import Event
from foodtrace.operations.common import Doing, local
from foodtrace.operations.corrections import correct
from tests.cli.shell import run
from tests.ledger.rich import LOT, first, kg


def conflict(ledger: Ledger, event: Event) -> str:
    with pytest.raises(Conflict) as caught:
        ledger.record([event])
    return caught.value.message("en")


def test_a_list_that_differs_is_no_python(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "x.db", keys=tmp_path / "keys") as ledger:
        ledger.record(first())
        made = next(each for each in first() if isinstance(each, Transformation))
        said = conflict(ledger, msgspec.structs.replace(made, inputs=(Portion(LOT, kg(21)),)))
    assert said == (
        'f1 is on record, inputs was [{"lot":"F-1/261123-1","quantity":{"value":20000,"unit":"g"}}], '
        'now [{"lot":"F-1/261123-1","quantity":{"value":21000,"unit":"g"}}]'
    )


@pytest.mark.parametrize(
    ("how", "wanted"),
    [
        ({"changes": {"quantity": "12kg"}}, "k1 is on record, quantity was 11.0 kg, now 12.0 kg"),
        ({"replacement": None}, "k1 is on record, reason was incorrect_data, now did_not_occur"),
        ({"replacement": first()[3]}, "k1 is on record, type was transfer, now certificate_issued"),
    ],
)
def test_another_correction_under_an_id_is_told_by_what_differs(tmp_path: Path, how: dict[str, object], wanted: str) -> None:
    with Ledger.open(tmp_path / "x.db", keys=tmp_path / "keys") as ledger:
        ledger.record(first())
        number = ledger.writer().number

        def go(**given: object) -> None:
            ledger.act(lambda session: correct(session, Doing(now=local(ledger.clock()), id="k1"), number, "t1", **given))  # type: ignore[arg-type]

        go(changes={"quantity": "11kg"})
        with pytest.raises(Conflict) as caught:
            go(**how)
    assert caught.value.message("en") == wanted


def test_two_ways_of_recovery_at_once_are_told_as_such(tmp_path: Path) -> None:
    run(tmp_path, "init")
    said = run(tmp_path, "recover", "--new-log", "--same-log", "--reason", "x", code=2)
    assert "recover.both: --same-log --new-log exclude each other" in said
    assert "signed entries" not in said
