"""What is typed may be the id of one entry and the number of another's paper: then none is chosen, to correct, erase or look at."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from foodtrace import Ledger, errors
from foodtrace.keeping import proving
from foodtrace.operations import corrections
from foodtrace.operations.common import Doing, local
from foodtrace.operations.entries import find_entry
from tests.cli.shell import run
from tests.keeping.ownlog import NOW, ORIGIN, clock, fill, move


@pytest.fixture
def ledger(url: str, tmp_path: Path) -> Iterator[Ledger]:
    opened = Ledger.open(url, keys=tmp_path / "keys", clock=clock)
    fill(opened)
    opened.record(
        [
            move("XS-1"),
            msgspec.structs.replace(move("t2"), doc="XS-1"),
            msgspec.structs.replace(move("XS-2"), doc="XS-2"),
            msgspec.structs.replace(move("XS-3"), doc="XS-3"),
            msgspec.structs.replace(move("XS-3b"), doc="XS-3"),
            move("V-261124-0004"),
            move("alone"),
        ]
    )
    yield opened
    opened.close()


def named(ledger: Ledger, given: str) -> str:
    with ledger.reading() as session:
        return find_entry(session, given, ledger.writer().number).event.id


def both(ledger: Ledger, given: str) -> list[int]:
    """Return the numbers of the entries that are listed, of which none is chosen."""
    with ledger.reading() as session, pytest.raises(errors.Ambiguous) as told:
        find_entry(session, given, ledger.writer().number)
    assert told.value.code == "entry.ambiguous"
    return sorted(int(str(each).partition("  ")[0].partition("#")[2]) for each in told.value.candidates)


def test_an_id_that_is_the_number_of_another_paper_too_names_neither(ledger: Ledger) -> None:
    assert both(ledger, "XS-1") == [4, 5]
    with ledger.reading() as session:
        with pytest.raises(errors.Ambiguous):
            corrections.correct(session, Doing(now=local(NOW)), ledger.writer().number, "XS-1")
        with pytest.raises(errors.Ambiguous):
            proving.entries_of(session, "XS-1")  # as proofs have it


def test_an_id_that_is_the_number_of_its_own_paper_is_its_entry_unless_the_paper_has_more_lines(ledger: Ledger) -> None:
    assert named(ledger, "XS-2") == "XS-2"
    assert named(ledger, "alone") == "alone"
    assert both(ledger, "XS-3") == [7, 8]
    assert named(ledger, f"{ORIGIN}#7") == "XS-3", "the list says how to name one"


def test_an_id_that_reads_like_the_number_of_another_transfer_names_neither(ledger: Ledger) -> None:
    """Each transfer is shown with a number of that form; somebody chose one for an id."""
    with ledger.reading() as session, pytest.raises(errors.Ambiguous):
        proving.entries_of(session, "V-261124-0004")
    assert both(ledger, "V-261124-0004") == [4, 9]


def test_at_the_command_line_both_are_listed_and_nothing_is_recorded(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "foodtrace.db", keys=tmp_path / "keys", clock=clock) as ledger:
        fill(ledger)
        ledger.record([move("XS-1"), msgspec.structs.replace(move("t2"), doc="XS-1")])
    for words in ((), ("--did-not-occur",)):
        said = run(tmp_path, "--now", "2026-11-24 05:00", "correct", "XS-1", *words, code=2)
        assert f"{ORIGIN}#4" in said
        assert f"{ORIGIN}#5" in said
    with Ledger.open(tmp_path / "foodtrace.db", keys=tmp_path / "keys", clock=clock) as ledger, ledger.reading() as session:
        assert session.row("SELECT size FROM head") == (6,)
