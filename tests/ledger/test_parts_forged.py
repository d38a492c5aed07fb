"""Parts that a forger with the key seals, or that a copy lost, are never taken for less of an event than there is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from foodtrace import Ledger, errors
from foodtrace.events import Event, Loss
from foodtrace.events.canonical import encode
from foodtrace.events.lean import Texts
from foodtrace.operations.entries import find_entry
from foodtrace.tlog.append import append, lock_head
from foodtrace.tlog.frontier import Frontier
from foodtrace.tlog.span import Entries, Span, look
from tests.ledger.parts import NOW, around, blend, lines_of, lot
from tests.ledger.rich import AT, kg


def _seal(ledger: Ledger, *batches: list[Event]) -> None:
    """Seal entries as they are: what a program of somebody's own can do who has the key."""
    writer = ledger.writer()
    with ledger.store.write() as session:
        for batch in batches:
            head = lock_head(session, writer.number)
            append(session, writer.number, writer.origin, head, [(e.id, encode(e)) for e in batch], max(NOW, head.time + 1), [writer.key])


TEN = [Loss(id=f"l{n}", at=AT, site="P-1", lot=lot("IN", n), quantity=kg(1)) for n in range(10)]


@pytest.mark.parametrize("before", [0, 5])
@pytest.mark.parametrize(
    "forge",
    [
        lambda made: [made[1:]],
        lambda made: [[*made[:1], *made[2:]]],
        lambda made: [made[-1:]],
        lambda made: [made[:2], made[2:]],
        lambda made: [made[:-1]],
        lambda made: [[*made[:2], TEN[7], *made[2:]]],
        lambda made: [[made[1], made[0], *made[2:]]],
    ],
)
def test_parts_that_do_not_stand_together_do_not_verify(
    ledger: Ledger, forge: Callable[[list[Event]], list[list[Event]]], before: int
) -> None:
    if before:
        ledger.record(TEN[:before])
        assert ledger.verify().ok  # so that the next run rests on a mark
    _seal(ledger, *forge(lines_of(blend())))
    end = ledger.logs()[0].size
    with ledger.reading() as session:  # of itself, and not only because the projection fits nothing
        span = Span(log=1, origin="city/one", start=0, end=end, edge=Frontier().to_bytes())
        assert look(session, span, texts=Texts(), each=_count([])) is None
    for full in (False, True):
        found = ledger.verify(full=full)
        assert not found.ok
        assert "tlog.parts" in {each.code for each in found.findings}


def test_an_event_whose_lines_are_gone_is_never_read_as_less(ledger: Ledger) -> None:
    ledger.record([blend()])
    with ledger.reading() as session:
        assert find_entry(session, "T-1", 1).event == blend()
    _seal(ledger, lines_of(blend(name="T-2"))[1:])
    with ledger.reading() as session, pytest.raises(errors.Integrity) as raised:
        find_entry(session, "T-2", 1)
    assert raised.value.code == "event.parts"
    with pytest.raises(errors.Integrity):
        ledger.rebuild()


def _count(found: list[int]) -> Callable[[int, int, Entries], None]:
    return lambda _start, _end, entries: found.extend(len(getattr(event, "inputs", ())) for _, _, event, _ in entries)


def test_a_span_that_begins_between_parts_hands_the_event_on_whole(ledger: Ledger) -> None:
    ledger.record([*around(), blend(), *TEN[:2], blend(3000, 1, name="T-5")])
    with ledger.reading() as session:
        rows = session.rows("SELECT leaf FROM entry WHERE log = 1 ORDER BY seq")
        frontier = Frontier()
        edges = []
        for (leaf,) in rows:
            edges.append(frontier.to_bytes())
            frontier.extend([bytes(leaf)])
        for start in range(len(rows)):
            found: list[int] = []
            for begin, end in ((0, start), (start, len(rows))):
                if begin < end:
                    span = Span(log=1, origin="city/one", start=begin, end=end, edge=edges[begin])
                    seen = look(session, span, texts=Texts(), each=_count(found))
                    assert seen is not None, (begin, end)
            assert len(found) == 1 + len(around()) + 4
            assert [count for count in found if count] == [3000, 3000]


def test_a_copy_in_tiles_with_a_part_missing_does_not_pass(ledger: Ledger, tmp_path: Path) -> None:
    from foodtrace.keeping.tilesexport import choose_log, export_tiles
    from foodtrace.tlog.tileaudit import audit
    from foodtrace.tlog.tilesource import source_of

    ledger.record([blend()])
    good, bad = tmp_path / "good", tmp_path / "bad"
    with ledger.reading() as session:
        export_tiles(session, choose_log(session, None), good)
    assert audit(source_of(str(good))).ok
    _seal(ledger, lines_of(blend(name="T-2"))[1:])
    with ledger.reading() as session:
        export_tiles(session, choose_log(session, None), bad)
    assert {each.code for each in audit(source_of(str(bad))).findings} == {"tlog.parts"}
