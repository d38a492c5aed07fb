"""Another host's log comes home from its copy in tiles: verified before anything is written, whole or not at all, on both databases."""

from __future__ import annotations

import datetime as dt
import shutil
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NoReturn

import pytest

from foodtrace import Ledger, Quantity, errors
from foodtrace.events import CertificateIssued, Event, Site, Transfer
from foodtrace.keeping import rotation
from foodtrace.keeping.tilesexport import choose_log, export_tiles
from foodtrace.keyfiles import create
from foodtrace.opening import logs
from foodtrace.operations.entries import Target
from foodtrace.operations.history import personal_state
from foodtrace.tlog.files import publish
from foodtrace.tlog.whole import event_of

AT = dt.datetime(2026, 11, 24, 4, 0, tzinfo=dt.timezone(dt.timedelta(hours=8)))
GATE = "beihe.example/gate2"
LOT = "F-1/261123-1"
KG500 = Quantity(500_000, "g")


def goods(count: int, first: int = 0) -> list[Event]:
    """Return what a gate writes in a night: a farm, a shop, a lot, and so many transfers of it."""
    made: list[Event] = []
    if not first:
        made = [
            Site(id="s1", at=AT, site="F-1", operator="F-1", kind="farm", name="永发合作社"),
            Site(id="s2", at=AT, site="S-7", operator="S-7", kind="shop", name="福安超市"),
            CertificateIssued(id="c1", at=AT, site="F-1", lot=LOT, serial="1", issuer="F-1", product="西红柿", quantity=KG500),
        ]
    return made + [
        Transfer(id=f"t{each}", at=AT, site="F-1", to="S-7", lot=LOT, quantity=Quantity(1_000, "g")) for each in range(first, first + count)
    ]


class Gate:
    """A gate without network: a ledger of its own, whose copy goes on a stick."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ledger = Ledger.open(folder / "gate.db", keys=folder / "gate.keys")
        self.vkey = self.ledger.init(GATE)[1].vkey
        self.ledger.record(goods(2), personal={"s2": {"phone": "0451-555-0104"}})

    def stick(self, name: str = "stick") -> Path:
        with self.ledger.reading() as session:
            export_tiles(session, choose_log(session, None), self.folder / name)
        return self.folder / name


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    made = Gate(tmp_path)
    yield made
    made.ledger.close()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    url = f"sqlite:///{tmp_path}/home.db" if request.param == "sqlite" else request.getfixturevalue("pg_url")
    with Ledger.open(url, keys=tmp_path / "keys") as opened:
        opened.init("beihe.example/office")
        yield opened


def rows(ledger: Ledger) -> dict[str, int]:
    """Count the rows of every table that an import writes to."""
    with ledger.store.read() as session:
        tables = ("log", "head", "entry", "node", "checkpoint", "holding", "move", "about", "name")
        return {each: session.rows(f"SELECT COUNT(*) FROM {each}")[0][0] for each in tables}


def holds(ledger: Ledger) -> None:
    found = ledger.verify(full=True)
    assert found.ok, found.findings


def refused(code: str, call: Callable[[], object]) -> errors.FoodtraceError:
    with pytest.raises(errors.FoodtraceError) as caught:
        call()
    assert caught.value.code == code, caught.value
    for lang in ("en", "zh"):
        assert "{" not in caught.value.message(lang) + caught.value.hint(lang)
    return caught.value


# --- what comes home ---------------------------------------------------------------------------------------------------------------


def test_a_log_comes_home_whole_and_is_what_it_was(home: Ledger, gate: Gate) -> None:
    said = home.import_log(gate.stick(), vkeys=[gate.vkey])
    assert (said.outcome, said.log, said.before, said.size, said.vkey) == ("imported", GATE, 0, 6, gate.vkey)
    holds(home)
    there, here = gate.ledger.recall("261123-1"), home.recall("261123-1")
    assert [(each.site, each.amounts) for each in here.outlets] == [(each.site, each.amounts) for each in there.outlets]
    before = home.recall("261123-1")
    assert home.rebuild() == 7
    assert home.recall("261123-1").outlets == before.outlets
    with home.reading() as session:
        export_tiles(session, choose_log(session, GATE), gate.folder / "again")
    for each in sorted(path.relative_to(gate.folder / "stick") for path in (gate.folder / "stick").rglob("*") if path.is_file()):
        assert (gate.folder / "again" / each).read_bytes() == (gate.folder / "stick" / each).read_bytes(), each


def test_a_telephone_number_that_stayed_at_the_gate_is_not_called_erased(home: Ledger, gate: Gate) -> None:
    home.import_log(gate.stick(), vkeys=[gate.vkey])
    assert [(each.name, each.phone, each.personal) for each in home.recall("261123-1").outlets] == [("福安超市", "", "not_here")]
    assert [each.personal for each in gate.ledger.recall("261123-1").outlets] == ["present"]
    holds(home)
    with home.reading() as session:
        number = next(state.number for state in logs(session) if state.origin == GATE)
        data = bytes(session.rows("SELECT bytes FROM entry WHERE log = ? AND id = 's2'", (number,))[0][0])
        target = Target(log=number, origin=GATE, seq=2, event=event_of(session, number, 2, data), leaf="", recorded=0)
        assert personal_state(session, target) == {"phone": "not_here"}


def test_nobody_here_can_write_it(home: Ledger, gate: Gate) -> None:
    home.import_log(gate.stick(), vkeys=[gate.vkey])
    refused("key.missing", lambda: home.record(goods(1, 90), log=GATE))
    assert home.record(goods(1, 91)).log == "beihe.example/office"


def test_the_next_night_needs_no_key_and_brings_what_is_new(home: Ledger, gate: Gate) -> None:
    home.import_log(gate.stick(), vkeys=[gate.vkey])
    home.verify()
    for night in range(1, 4):
        gate.ledger.record(goods(150, night * 1000))
        said = home.import_log(gate.stick())
        assert (said.before, said.size) == (6 + 150 * (night - 1), 6 + 150 * night)
        holds(home)
    kept = rows(home)
    again = home.import_log(gate.stick())
    assert (again.outcome, again.before, again.size) == ("unchanged", 456, 456)
    assert rows(home) == kept


def test_an_older_copy_changes_nothing_and_says_so(home: Ledger, gate: Gate) -> None:
    old = gate.stick("old")
    gate.ledger.record(goods(3, 50))
    home.import_log(gate.stick(), vkeys=[gate.vkey])
    kept = rows(home)
    said = home.import_log(old)
    assert (said.outcome, said.copy, said.size) == ("older", 6, 9)
    assert rows(home) == kept


def test_corrections_and_vouchers_in_parts_come_whole(home: Ledger, gate: Gate) -> None:
    from tests.ledger.parts import blend  # a transformation longer than one entry

    gate.ledger.record([blend()])
    home.import_log(gate.stick(), vkeys=[gate.vkey])
    holds(home)
    with home.reading() as session:
        ids = [row[0] for row in session.rows("SELECT id FROM entry")]
    assert any("~" in each for each in ids), "the voucher was long enough to stand in parts"


def test_what_is_here_is_not_read_again(home: Ledger, gate: Gate) -> None:
    """The second night costs what is new: of the copy nothing is needed but the last bundle, and a voucher may stand across its border."""
    from tests.ledger.parts import blend

    gate.ledger.record(goods(248, 100))  # 254 entries; the voucher's lines stand on both sides of 256
    gate.ledger.record([blend()])
    first = home.import_log(gate.stick(), vkeys=[gate.vkey]).size
    assert 256 < first < 300
    gate.ledger.record(goods(400, 1000))
    stick = gate.stick()
    for each in ("tile/entries/000", "tile/0/000"):
        (stick / each).unlink()
    bundle = stick / "tile" / "entries" / "001"
    good = bundle.read_bytes()
    bundle.write_bytes(good.replace(b"t1010", b"t1910"))
    kept = rows(home)
    refused("import.broken", lambda: home.import_log(stick))
    assert rows(home) == kept
    bundle.write_bytes(good)
    assert home.import_log(stick).size == first + 400
    holds(home)


def test_keys_that_changed_meanwhile_are_known_by_the_word_of_the_one_before(home: Ledger, gate: Gate) -> None:
    home.import_log(gate.stick(), vkeys=[gate.vkey])
    rotation.rotate(gate.ledger, create(gate.ledger.keys, GATE), reason="yearly")
    gate.ledger.record(goods(1, 70))
    said = home.import_log(gate.stick())
    assert said.size == 8
    assert said.vkey != gate.vkey
    holds(home)
    rotation.end_log(gate.ledger, reason="closed")
    assert home.import_log(gate.stick()).size == 9
    holds(home)


def test_a_key_that_the_one_before_did_not_sign_for_is_not_taken(home: Ledger, gate: Gate) -> None:
    rotation.rotate(gate.ledger, create(gate.ledger.keys, GATE), reason="yearly")
    gate.ledger.record(goods(1, 70))
    stick = gate.stick()
    signed = stick / "keys" / "7"
    lines = signed.read_bytes().splitlines(keepends=True)
    signed.write_bytes(b"".join(lines[:-1]))
    kept = rows(home)
    refused("import.broken", lambda: home.import_log(stick, vkeys=[gate.vkey]))
    signed.unlink()
    error = refused("import.broken", lambda: home.import_log(stick, vkeys=[gate.vkey]))
    assert error.params["path"] == "keys/7"
    assert rows(home) == kept


# --- what does not -----------------------------------------------------------------------------------------------------------------


def test_the_first_time_somebody_vouches_for_the_key(home: Ledger, gate: Gate, tmp_path: Path) -> None:
    kept = rows(home)
    error = refused("import.not_trusted", lambda: home.import_log(gate.stick()))
    assert error.value == gate.vkey
    assert gate.vkey in error.hint("en")
    with Ledger.open(tmp_path / "other.db", keys=tmp_path / "other.keys") as other:
        stranger = other.init(GATE)[1].vkey
        nobody = other.init("beihe.example/gate9")[1].vkey
    refused("import.other_key", lambda: home.import_log(gate.stick(), vkeys=[stranger]))
    refused("import.not_trusted", lambda: home.import_log(gate.stick(), vkeys=[nobody]))
    assert rows(home) == kept


def test_every_byte_of_a_copy_counts(home: Ledger, gate: Gate) -> None:
    stick = gate.stick()
    kept = rows(home)
    files = sorted(path for path in stick.rglob("*") if path.is_file())
    assert {str(path.relative_to(stick)).split("/")[0] for path in files} == {"checkpoint", "keys", "tile"}
    for path in files:
        data = path.read_bytes()
        for at in range(0, len(data), 1 if home.store.dialect == "sqlite" else 37):
            path.write_bytes(data[:at] + bytes([data[at] ^ (1 << at % 8)]) + data[at + 1 :])
            with pytest.raises(errors.FoodtraceError):
                home.import_log(stick, vkeys=[gate.vkey])
        path.write_bytes(data[:-1])
        with pytest.raises(errors.FoodtraceError):
            home.import_log(stick, vkeys=[gate.vkey])
        path.unlink()
        with pytest.raises(errors.FoodtraceError):
            home.import_log(stick, vkeys=[gate.vkey])
        path.write_bytes(data)
    assert rows(home) == kept
    assert home.import_log(stick, vkeys=[gate.vkey]).size == 6


def test_a_fork_is_refused_and_both_checkpoints_kept(home: Ledger, gate: Gate, tmp_path: Path) -> None:
    gate.ledger.close()
    shutil.copy(tmp_path / "gate.db", tmp_path / "twin.db")
    shutil.copytree(tmp_path / "gate.keys", tmp_path / "twin.keys")
    gate.ledger = Ledger.open(tmp_path / "gate.db", keys=tmp_path / "gate.keys")
    gate.ledger.record(goods(2, 20))
    home.import_log(gate.stick(), vkeys=[gate.vkey])
    kept = rows(home)
    for count in (1, 1, 3):  # shorter, as long, longer
        with Ledger.open(tmp_path / "twin.db", keys=tmp_path / "twin.keys") as twin:
            twin.record(goods(count, 30 + rows(twin)["entry"]))
            size = rows(twin)["entry"]
            with twin.reading() as session:
                export_tiles(session, choose_log(session, None), tmp_path / f"fork{size}")
        error = refused("import.fork", partial(home.import_log, tmp_path / f"fork{size}", vkeys=[gate.vkey]))
        assert error.exit_code == 3
        evidence = Path(str(error.params["path"]))
        assert (evidence / "refused.checkpoint").read_bytes() == (tmp_path / f"fork{size}" / "checkpoint").read_bytes()
        assert (evidence / "here.checkpoint").read_bytes() == (gate.folder / "stick" / "checkpoint").read_bytes()
    assert rows(home) == kept


def test_a_stranger_under_the_same_name_is_no_fork(home: Ledger, gate: Gate, tmp_path: Path) -> None:
    home.import_log(gate.stick(), vkeys=[gate.vkey])
    with Ledger.open(tmp_path / "other.db", keys=tmp_path / "other.keys") as other:
        other.init(GATE)
        other.record(goods(20))
        with other.reading() as session:
            export_tiles(session, choose_log(session, None), tmp_path / "strange")
    kept = rows(home)
    refused("import.other_key", lambda: home.import_log(tmp_path / "strange"))
    assert rows(home) == kept
    assert not (home.keys / "evidence").exists(), "nobody can make us keep what no key of the log has signed"


def test_our_own_log_comes_back_by_recover_alone(home: Ledger, tmp_path: Path) -> None:
    home.record(goods(1))
    with home.reading() as session:
        export_tiles(session, choose_log(session, None), tmp_path / "own")
    assert "recover" in refused("import.own_log", lambda: home.import_log(tmp_path / "own")).hint("en")


@pytest.mark.parametrize("content", [None, b"", b"no checkpoint", b"a\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\nx\n"])
def test_a_folder_that_is_no_copy(home: Ledger, tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        publish(tmp_path / "odd" / "checkpoint", content)
    with pytest.raises(errors.FoodtraceError) as caught:
        home.import_log(tmp_path / "odd")
    assert caught.value.code in {"tiles.no_checkpoint", "checkpoint.form", "import.broken"}


def test_without_a_ledger_nothing_is_made(gate: Gate, tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "none.db", keys=tmp_path / "keys") as none:
        refused("ledger.missing", lambda: none.import_log(gate.stick(), vkeys=[gate.vkey]))


@pytest.mark.parametrize("moment", ["grow", "apply", "advance"])
def test_what_breaks_off_leaves_none_of_it(home: Ledger, gate: Gate, moment: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from foodtrace.graph import projection
    from foodtrace.keeping import homecoming

    def gone(*_: object, **__: object) -> NoReturn:
        raise OSError("the power went")

    kept = rows(home)
    del kept["name"]  # names are made first on PostgreSQL; they are no facts
    with monkeypatch.context() as patch:
        patch.setattr(projection if moment == "apply" else homecoming, moment, gone)
        with pytest.raises(OSError, match="the power went"):
            home.import_log(gate.stick(), vkeys=[gate.vkey])
    left = rows(home)
    del left["name"]
    assert left == kept
    assert home.import_log(gate.stick(), vkeys=[gate.vkey]).size == 6
    holds(home)


def test_whoever_comes_second_is_told_that_it_is_here(home: Ledger, gate: Gate) -> None:
    """The second of two at once was told to choose another name for the log."""
    stick = gate.stick()
    came: list[bool] = []

    def another(_done: int, _total: int) -> None:
        if not came:
            came.append(True)
            home.import_log(stick, vkeys=[gate.vkey])

    with pytest.raises(errors.Busy) as told:
        home.import_log(stick, vkeys=[gate.vkey], progress=another)
    assert told.value.code == "import.meanwhile"
    assert home.import_log(stick).outcome == "unchanged"
    holds(home)


def test_a_long_log_comes_in_pieces(home: Ledger, gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    from foodtrace.keeping import homecoming

    monkeypatch.setattr(homecoming, "_PIECE", 7)
    monkeypatch.setattr(homecoming, "_ASIDE", 1000)
    gate.ledger.record(goods(300, 500))
    seen: list[tuple[int, int]] = []
    home.import_log(gate.stick(), vkeys=[gate.vkey], progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (306, 306)
    holds(home)


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def test_a_copy_on_a_web_server(home: Ledger, gate: Gate) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(gate.stick())))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        said = home.import_log(f"http://127.0.0.1:{server.server_port}", vkeys=[gate.vkey])
        assert said.size == 6
        refused("tiles.no_checkpoint", lambda: home.import_log(f"http://127.0.0.1:{server.server_port}/tile"))
    finally:
        server.shutdown()
        server.server_close()
    holds(home)
