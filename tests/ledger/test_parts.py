"""An event too long for one entry goes on record in parts, means what it would mean whole, and is never taken for less than it is."""

from __future__ import annotations

import doctest
import hashlib
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

import foodtrace.events.parts as splitting
from foodtrace import Ledger, errors
from foodtrace.events import Correction, Event, Loss, Packing, StockCount, Transformation, VoucherLines
from foodtrace.events.canonical import MAX_WHOLE, checked, decode, decode_alone, encode
from foodtrace.events.lean import Texts
from foodtrace.events.parts import LISTS, MAX_PAIRS, Gathering, sealed_as
from foodtrace.graph import projection
from foodtrace.operations import packing
from foodtrace.operations.common import Doing, local
from foodtrace.operations.corrections import correct, find_entry, history
from foodtrace.storage.session import Session
from foodtrace.tlog.append import append, lock_head
from foodtrace.tlog.entry import MAX_BYTES
from foodtrace.tlog.frontier import Frontier
from foodtrace.tlog.span import Entries, Span, look
from foodtrace.tlog.whole import event_of
from tests.ledger.parts import around, blend, long_ones, lot, outputs, portions, told
from tests.ledger.rich import AT, kg

LONG = long_ones()
NOW = 1_795_500_000_000_000


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'x.db'}" if request.param == "sqlite" else str(request.getfixturevalue("pg_url"))


@pytest.fixture
def ledger(tmp_path: Path) -> Any:
    with opened(f"sqlite:///{tmp_path / 'x.db'}", tmp_path) as found:
        yield found


def opened(url: str, folder: Path) -> Ledger:
    ledger = Ledger.open(url, keys=folder / "keys", clock=lambda: NOW)
    if not ledger.logs():
        ledger.init("city/one", operator="F-1")
    return ledger


# -- splitting, and putting together -------------------------------------------------------------------------------------------


def test_every_kind_that_is_split_is_here() -> None:
    assert {type(each) for each in LONG} == set(LISTS)


@pytest.mark.parametrize("event", LONG, ids=lambda event: event.id)
def test_the_parts_of_an_event_are_the_event(event: Event) -> None:
    made = sealed_as(event)
    *lines, (own, _) = made
    assert len(made) > 1
    assert all(len(data) <= MAX_BYTES - 600 for _, data in made)
    assert own == event.id
    assert [name for name, _ in lines] == [f"{event.id}~{part}" for part in range(1, len(made))]
    gathering = Gathering()
    found = [gathering.take(decode_alone(data)) for _, data in made]
    assert found == [None] * len(lines) + [event]
    gathering.end()


def test_a_correction_takes_the_lines_of_its_replacement_along() -> None:
    event = Correction(id="k", at=AT, seq=3, leaf="0" * 64, reason="incorrect_data", replacement=blend())
    gathering = Gathering()
    found = [gathering.take(decode_alone(data)) for _, data in sealed_as(event)]
    assert len(found) > 2
    assert found[-1] == event


def test_an_event_is_split_in_the_same_way_for_ever() -> None:
    """A retry has to find what is on record, whatever version wrote it."""
    whole = hashlib.sha256(b"\n".join(data for event in LONG for _, data in sealed_as(event))).hexdigest()
    assert whole == "a6140f1ec6a7d37e6884752c2fe950dc31f55ba5d02027f3fd379b576622c598"


def test_what_one_entry_holds_is_not_split() -> None:
    event = blend(inputs=700)
    assert sealed_as(event) == [("T-1", checked(event))]
    assert b'"parts"' not in checked(event)


def test_the_last_entry_alone_is_not_taken_for_the_event() -> None:
    *_, (_, data) = sealed_as(blend())
    with pytest.raises(errors.BadData) as raised:
        decode(data)
    assert raised.value.code == "event.in_parts"


def _lines(event: Event) -> list[Any]:
    return [decode_alone(data) for _, data in sealed_as(event)]


def _through(gathering: Gathering, made: list[Any]) -> None:
    for event in made:
        gathering.take(event)
    gathering.end()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda made: made[1:],
        lambda made: [made[0], *made[2:]],
        lambda made: [*made[:-2], made[-1]],
        lambda made: [made[-1]],
        lambda made: [made[1], made[0], *made[2:]],
        lambda made: [made[0], *made],
        lambda made: [*made[:-1], msgspec.structs.replace(made[-1], parts=0)],
        lambda made: [*made[:-1], msgspec.structs.replace(made[-1], parts=len(made) + 1)],
        lambda made: [*made[:-1], msgspec.structs.replace(made[-1], id="T-9")],
        lambda made: [*made[:-1], msgspec.structs.replace(made[-1], site="P-9")],
        lambda made: [made[0], msgspec.structs.replace(made[1], doc="T-9", id="T-9~2"), *made[2:]],
        lambda made: [made[0], Loss(id="l", at=AT, site="P-1", lot=lot("IN", 1), quantity=kg(1)), *made[1:]],
        lambda made: [*made[:-1], StockCount(id="T-1", at=AT, by="7", site="P-1", lot=lot("IN", 1), quantity=kg(1), parts=len(made))],
        lambda made: made[:-1],
    ],
)
def test_parts_that_are_not_all_there_are_an_error_and_never_less_of_an_event(spoil: Callable[[list[Any]], list[Any]]) -> None:
    gathering = Gathering()
    made = spoil(_lines(blend()))
    with pytest.raises(errors.Integrity) as raised:
        _through(gathering, made)
    assert raised.value.code == "event.parts"


# -- on record -----------------------------------------------------------------------------------------------------------------


def test_on_record_in_parts_an_event_means_what_it_means_whole(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(url, tmp_path) as ledger:
        receipt = ledger.record([*around(), *LONG])
        assert receipt.new == len(around()) + len(LONG)
        assert receipt.last + 1 - receipt.first > receipt.new
        found = ledger.verify()
        assert found.ok
        assert found.entries == receipt.last + 1
        with ledger.reading() as session:
            split = told(session)
        ledger.rebuild()
        with ledger.reading() as session:
            assert told(session) == split
        assert ledger.verify(full=True).ok
        assert {row.site for row in ledger.recall(lot("IN", 0)).outlets} == {"S-1"}
    monkeypatch.setattr(splitting, "LIMIT", 2**30)
    monkeypatch.setattr("foodtrace.events.canonical.MAX_BYTES", 2**30)
    monkeypatch.setattr("foodtrace.events.parts.MAX_BYTES", 2**30)
    monkeypatch.setattr("foodtrace.tlog.entry.MAX_BYTES", 2**30)
    with opened(f"sqlite:///{tmp_path / 'whole.db'}", tmp_path / "whole") as other:
        entries = other.record([*around(), *LONG])
        assert entries.last + 1 - entries.first == entries.new
        with other.reading() as session:
            assert told(session) == split


def test_a_retry_gives_the_first_receipt_and_other_content_is_refused(url: str, tmp_path: Path) -> None:
    with opened(url, tmp_path) as ledger:
        first = ledger.record([blend()])
        again = ledger.record([blend(), *around()])
        assert again.seqs[0] == first.seqs[0]
        assert again.new == len(around())
        assert ledger.record([blend()]).checkpoint == first.checkpoint
        assert (ledger.record([blend()]).first, ledger.record([blend()]).last) == (first.first, first.last)
        for other in (blend(2999), blend(100), blend(9000)):
            with pytest.raises(errors.Conflict) as raised:
                ledger.record([other])
            assert raised.value.code == "record.id_conflict"
            assert len(raised.value.message()) < 700
        ledger.record([blend(100, name="T-3")])
        with pytest.raises(errors.Conflict):
            ledger.record([blend(3000, name="T-3")])
        assert ledger.verify().ok


@pytest.mark.parametrize("order", [1, -1])
def test_an_id_that_lines_have_is_taken(ledger: Ledger, order: int) -> None:
    clash = Loss(id="T-1~1", at=AT, site="P-1", lot=lot("IN", 1), quantity=kg(1))
    with pytest.raises(errors.Conflict):
        ledger.record([blend(), clash][::order])
    assert ledger.logs()[0].size == 1
    first, second = (clash, blend())[::order]
    ledger.record([first])
    with pytest.raises(errors.Conflict) as raised:
        ledger.record([second])
    assert raised.value.code == "record.id_conflict"
    assert ledger.verify().ok


def test_all_parts_or_none(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    ledger.record(around())
    size = ledger.logs()[0].size
    with monkeypatch.context() as patch:
        patch.setattr(projection, "apply", fail)
        with pytest.raises(errors.FoodtraceError):
            ledger.record([blend()])
    assert ledger.logs()[0].size == size
    assert ledger.verify().ok
    assert ledger.record([blend()]).new == 1


def test_personal_values_lie_with_the_event(ledger: Ledger) -> None:
    given = {"T-1": {"contact": "张三"}}
    receipt = ledger.record([blend()], personal=given)
    with ledger.reading() as session:
        assert session.rows("SELECT seq, value FROM personal") == [(receipt.seqs[0], "张三")]
    assert ledger.record([blend()], personal=given).new == 0
    assert ledger.verify().ok


@pytest.mark.parametrize(
    ("event", "code"),
    [
        (blend(name="T" * 80), "event.part_id"),
        (VoucherLines(id="x~1", doc="x", part=1, parts=2, at=AT, kind="packing"), "event.part_given"),
        (msgspec.structs.replace(blend(2), parts=3), "event.part_given"),
        (Transformation(id="x", at=AT, site="P-1", kind="blend", inputs=portions("A", 1001), outputs=outputs("B", 1000)), "event.pairs"),
        (Transformation(id="x", at=AT, site="P-1", kind="blend", inputs=portions("A", 10_001), outputs=outputs("B", 1)), "event.too_many"),
        (Packing(id="x", at=AT, parent="P", children=(*("A" * 8 for _ in range(9000)), "坏")), "event.form"),
        (Packing(id="x", at=AT, parent="P", children=tuple("A" * 80 for _ in range(110_000))), "event.size"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_what_cannot_be_split_is_refused_and_says_why(ledger: Ledger, event: Event, code: str) -> None:
    with pytest.raises(errors.BadData) as raised:
        ledger.record([event])
    assert raised.value.code == code
    assert raised.value.hint("zh")
    assert raised.value.hint("en")
    assert ledger.logs()[0].size == 1


# -- corrected and shown as one ------------------------------------------------------------------------------------------------


def _leaf(session: Session, seq: int) -> str:
    row = session.row("SELECT leaf FROM entry WHERE log = 1 AND seq = ?", (seq,))
    assert row is not None
    return bytes(row[0]).hex()


def test_one_correction_takes_the_whole_event_back(url: str, tmp_path: Path) -> None:
    with opened(url, tmp_path) as ledger:
        receipt = ledger.record([blend()])
        for given in ("T-1~2", "T-1~", "#3"):
            with ledger.reading() as session:
                before = find_entry(session, given, 1)
            assert (before.seq, before.event) == (receipt.last, blend())
            with pytest.raises(errors.Refused) as refused:
                ledger.act(lambda session, given=given: correct(session, Doing(now=local(NOW)), 1, given))  # type: ignore[misc]
            assert refused.value.code == "correction.some_lines"
            assert "foodtrace correct T-1;" in refused.value.hint("en")

        def decide(session: Session) -> Any:
            return correct(session, Doing(now=local(NOW)), 1, "T-1")

        ledger.act(decide)
        with ledger.reading() as session:
            assert session.rows("SELECT 1 FROM lot_edge WHERE n <> 0 LIMIT 1") == []
            assert session.rows("SELECT 1 FROM move WHERE ended = 0 LIMIT 1") == []
            story = history(session, find_entry(session, "T-1", 1))
        assert (story.state, story.event, story.now) == ("removed", blend(), None)
        assert ledger.verify(full=True).ok


def test_a_long_event_is_put_in_the_place_of_another_and_changed_again(url: str, tmp_path: Path) -> None:
    with opened(url, tmp_path) as ledger:
        ledger.record([blend(2000)])

        def put(replacement: Event | None = None, changes: dict[str, str] | None = None) -> None:
            made = Doing(now=local(NOW))
            ledger.act(lambda session: correct(session, made, 1, "T-1", replacement=replacement, changes=changes))  # type: ignore[arg-type]

        put(blend(3000))
        assert ledger.verify().ok
        put(changes={"inputs.2999.quantity": "7 kg"})
        with ledger.reading() as session:
            story = history(session, find_entry(session, "T-1", 1))
            rows = session.rows(
                "SELECT m.q FROM move AS m JOIN name AS n ON n.id = m.lot WHERE n.text = ? AND m.ended = 0", (lot("IN", 2999),)
            )
        assert isinstance(story.now, Transformation)
        assert len(story.now.inputs) == 3000
        assert story.now.parts == 0
        assert story.now.inputs[2999].quantity == kg(7)
        assert rows == [(7000,)]
        assert ledger.verify(full=True).ok


def test_lines_are_not_corrected_by_themselves(ledger: Ledger) -> None:
    receipt = ledger.record([blend()])
    with ledger.reading() as session:
        leaf = _leaf(session, receipt.first)
    with pytest.raises(errors.BadData) as raised:
        ledger.record([Correction(id="k", at=AT, seq=receipt.first, leaf=leaf, reason="did_not_occur")])
    assert raised.value.code == "correction.of_lines"
    assert str(receipt.last) in raised.value.hint()


def test_a_proof_of_the_event_is_a_proof_of_all_its_parts(ledger: Ledger) -> None:
    from foodtrace.keeping.proving import entries_of, prove

    receipt = ledger.record([*around(), blend()])
    with ledger.reading() as session:
        wanted = list(range(receipt.first + len(around()), receipt.last + 1))
        assert [seq for _, seq in entries_of(session, "T-1")] == wanted
        assert [seq for _, seq in entries_of(session, lot("IN", 5))] == wanted
        state, seq = entries_of(session, "T-1")[0]
        about = prove(session, state, seq).about
        assert prove(session, state, wanted[-1]).about.lots == (lot("IN", 2999), lot("OUT", 1))
    assert (about.kind, about.event, about.lots[:1]) == ("voucher_lines", "T-1", (lot("IN", 0),))
    assert (about.event_kind, about.part, about.parts) == ("transformation", 1, len(wanted))


def test_the_same_long_event_in_two_logs_is_one_finding(tmp_path: Path) -> None:
    from foodtrace.operations.reconciling import reconcile

    with opened(f"sqlite:///{tmp_path / 'x.db'}", tmp_path) as ledger:
        ledger.init("city/two")
        for log, event in (("city/one", blend()), ("city/two", blend(3001))):
            ledger.record([event], log=log)
        with ledger.reading() as session:
            found = [each for each in reconcile(session, now=NOW).open if each.kind in ("same_id", "duplicate_conflict")]
        assert [(each.kind, each.document) for each in found] == [("duplicate_conflict", "T-1")]


def test_a_pallet_of_ten_thousand_cans_is_packed_unpacked_and_packed_again(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger.record([*around(), blend(2, 1)])
    cans = [f"CAN-{number:06d}" for number in range(10_000)]
    read = [0]

    def counted(*given: Any) -> Any:
        read[0] += 1
        return event_of(*given)

    monkeypatch.setattr("foodtrace.operations.common.event_of", counted)

    def do(operation: Callable[..., Any], minute: int, *given: Any, **more: Any) -> Any:
        doing = Doing(now=local(NOW + minute * 60_000_000))
        return ledger.act(lambda session: operation(session, doing, *given, **more))[1]

    do(packing.pack, 1, "PALLET-1", "P-1", lot=lot("OUT", 0), children=cans)
    with pytest.raises(errors.Conflict) as raised:
        do(packing.pack, 2, "PALLET-2", "P-1", lot=lot("OUT", 0), children=cans[-2:])
    assert (raised.value.code, raised.value.params["parent"]) == ("pack.taken", "PALLET-1")
    assert len(do(packing.unpack, 3, "PALLET-1", "P-1").children) == 10_000
    do(packing.pack, 4, "PALLET-2", "P-1", lot=lot("OUT", 0), children=cans)
    with ledger.reading() as session:
        assert packing.contents(session, "PALLET-1") == ()
        assert [(each.cans, each.serials) for each in packing.contents(session, "PALLET-2")] == [(10_000, tuple(cans))]
    assert read[0] < 20  # and not once for each can
    assert ledger.verify().ok


# -- what a forger with the key seals ------------------------------------------------------------------------------------------


def _seal(ledger: Ledger, *batches: list[Event]) -> None:
    """Seal entries as they are: what a program of somebody's own can do who has the key."""
    writer = ledger.writer()
    with ledger.store.write() as session:
        for batch in batches:
            head = lock_head(session, writer.number)
            append(session, writer.number, writer.origin, head, [(e.id, encode(e)) for e in batch], NOW, [writer.key])


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
    _seal(ledger, *forge(_lines(blend())))
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
    _seal(ledger, _lines(blend(name="T-2"))[1:])
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
    _seal(ledger, _lines(blend(name="T-2"))[1:])
    with ledger.reading() as session:
        export_tiles(session, choose_log(session, None), bad)
    assert {each.code for each in audit(source_of(str(bad))).findings} == {"tlog.parts"}


def test_the_page_says_what_happens(ledger: Ledger) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "record.md").read_text("utf-8")
    part = page[page.index("## Long vouchers") : page.index("## Limits")]
    tried = doctest.DocTestParser().get_doctest(part.replace("```", "\n"), {"ledger": ledger, "now": AT}, "record.md", None, 0)
    assert doctest.DocTestRunner().run(tried) == (0, 5)
    for said, is_so in (
        ("10,000 inputs", 10_000),
        ("1,000,000 pairs", MAX_PAIRS),
        ("8 MiB", MAX_WHOLE >> 20),
        ("76 characters", 80 - len("~998")),
    ):
        assert said in part
        assert said.split()[0].replace(",", "") == str(is_so)
