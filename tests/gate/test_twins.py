"""Two certificates under one key and serial: the issuer's fraud or fault. Each is judged as itself, and it is said; on both databases."""

import datetime as dt
import hashlib
import shutil
from functools import partial
from pathlib import Path

import pytest

from foodtrace import Ledger, Quantity
from foodtrace.certificate.payload import decode, signed_bytes, verify
from foodtrace.errors import Conflict
from foodtrace.events import CertificateIssued, MarketEntry
from foodtrace.gate.rules import load
from foodtrace.keys import SigningKey
from foodtrace.operations import certificates, held
from foodtrace.operations.common import Doing, about
from foodtrace.operations.overspent import overspent
from foodtrace.operations.reconciling import Break, reconcile
from foodtrace.operations.scanning import ScanAnswer, Scanner
from foodtrace.operations.serials import subject
from tests.gate.desk import Market
from tests.gate.offline import stick

TWIN = "gate.certificate_twin"


def twin(desk: Market, text: str, **changes: object) -> str:
    """Return what the same key signed under the same serial, with something else in it."""
    other = desk.forged(text, desk.key, **(changes or {"quantity": 5_000_000}))  # type: ignore[arg-type]
    verify(decode(other), desk.key.public)
    return other


def look(desk: Market, text: str) -> ScanAnswer:
    with desk.ledger.reading() as session:
        (found,) = Scanner(session, desk.now()).typed(text)
    return found


def open_(desk: Market, kind: str = "serial_twice") -> list[Break]:
    with desk.ledger.reading() as session:
        return [each for each in reconcile(session, now=desk.clock()).open if each.kind == kind]


def test_the_second_is_not_used_before_of_the_first(either: Market) -> None:
    text = either.certificate("西红柿", "500 kg")
    assert either.ledger.gate(text, weight="482 kg").verdict == "admit"
    either.clock.later(minutes=20)
    other = twin(either, text)
    found = look(either, other)
    assert (found.answer, found.good, found.problem and found.problem["code"]) == ("twin", False, "scan.twin")
    assert (found.used, found.remaining) == ((), Quantity(5_000_000, "g"))
    answer = either.ledger.gate(other, weight="4000 kg")
    assert (answer.verdict, answer.decision.codes) == ("hold", (TWIN,)), "4 t of 5 t: neither used before nor over what is certified"
    assert answer.decision.notes == ()
    said = answer.decision.reasons[0].message("en")
    assert "西红柿 500.0 kg" in said
    assert answer.remaining == Quantity(5_000_000, "g")


def test_from_then_on_the_first_is_held_too(either: Market) -> None:
    text = either.certificate("西红柿", "500 kg")
    assert look(either, text).answer == "good"
    either.ledger.gate(twin(either, text), weight="100 kg")
    either.clock.later(minutes=1)
    assert look(either, text).answer == "twin"
    answer = either.ledger.gate(text, weight="100 kg")
    assert (answer.verdict, answer.decision.codes) == ("hold", (TWIN,))
    assert "5,000.0 kg" in answer.decision.reasons[0].message("zh")


@pytest.mark.parametrize(
    "changes",
    [{"basis": 1}, {"region": "230199000000"}, {"lot": "261124-9"}, {"valid_until": dt.date(2027, 2, 1)}, {"unit": "ml"}],
    ids=["basis", "origin", "lot", "last day", "unit"],
)
def test_whatever_differs_it_is_another_certificate(either: Market, changes: dict[str, object]) -> None:
    text = either.certificate("西红柿", "500 kg")
    either.ledger.gate(text, weight="100 kg")
    either.clock.later(minutes=1)
    other = twin(either, text, **changes)
    assert look(either, other).answer == "twin"
    assert TWIN in either.ledger.gate(other, weight="100 kg").decision.codes
    assert len(open_(either)) == 1


def test_another_page_is_the_same_certificate(either: Market) -> None:
    text = either.certificate("西红柿", "500 kg")
    either.ledger.gate(text, weight="100 kg")
    either.clock.later(minutes=1)
    found = look(either, text.replace(decode(text).host, "evil.example"))
    assert (found.answer, len(found.used)) == ("used", 1)
    assert open_(either) == []


def test_a_forger_makes_no_twin(either: Market) -> None:
    text = either.certificate("西红柿", "500 kg")
    stranger = SigningKey("stranger", bytes(range(7, 39)))
    forged = either.forged(text, stranger, quantity=5_000_000)
    assert look(either, forged).answer == "bad_signature"
    assert either.ledger.gate(forged, weight="100 kg").verdict == "refuse"
    either.clock.later(minutes=1)
    assert look(either, text).answer == "good"
    # Nor does somebody who writes into a log that the issuer signed something.
    lie = CertificateIssued(
        id="lie-1",
        at=either.now(),
        site=either.farm,
        lot=decode(text).lot_id,
        serial=decode(text).serial,
        issuer=decode(text).operator,
        product="黄金",
        quantity=Quantity(5_000_000, "g"),
        origin="",
        issued=either.now().date(),
        basis=("own_test",),
        kid=decode(text).kid.hex(),
        payload=forged,
    )
    either.ledger.record([lie])
    assert look(either, text).answer == "good"
    assert either.ledger.gate(text, weight="100 kg").verdict == "admit"
    assert open_(either) == []


def test_a_gate_that_knows_neither_from_the_record_knows_the_second(either: Market) -> None:
    text = either.certificate("西红柿", "500 kg")
    one = twin(either, text, lot="261124-77", serial="S-77")
    two = twin(either, one, quantity=900_000)
    assert either.ledger.gate(one, weight="100 kg").verdict == "admit"
    either.clock.later(seconds=2)
    answer = either.ledger.gate(two, weight="100 kg")
    assert (answer.verdict, answer.duplicate, answer.decision.codes) == ("hold", False, (TWIN,))
    (found,) = open_(either)
    assert found.document == "S-77"
    assert len(found.entries) == 2


def test_a_second_person_admits_it_as_what_it_is(either: Market) -> None:
    text = either.certificate("西红柿", "500 kg")
    other = twin(either, text)
    either.ledger.gate(other, weight="4000 kg")
    either.clock.later(minutes=5)
    doing = Doing(now=either.now(), by="S-01", id="resolve-1")
    _, done = either.ledger.act(
        partial(held.resolve, doing=doing, rules=load(), market=either.market, given="1", verdict="admit", second="S-02")
    )
    assert done.verdict == "admit", done.reasons
    assert look(either, other).remaining == Quantity(1_000_000, "g")
    assert look(either, text).remaining == Quantity(500_000, "g"), "nothing of the first was used"
    with either.ledger.reading() as session:
        assert overspent(session) == [], "goods came in on one of the two"
    either.ledger.gate(text, weight="100 kg")
    doing = Doing(now=either.clock.later(minutes=5), by="S-01", id="resolve-2")
    either.ledger.act(partial(held.resolve, doing=doing, rules=load(), market=either.market, given="2", verdict="admit", second="S-02"))
    with either.ledger.reading() as session:
        found = overspent(session)
    assert [(str(each.certified), str(each.admitted), each.over.value, each.bodies) for each in found] == [
        ("500.0 kg", "100.0 kg", 0, 2),
        ("5,000.0 kg", "4,000.0 kg", 0, 2),
    ]


def test_reconcile_says_it_of_what_two_logs_issued(tmp_path: Path) -> None:
    """One issuer's key on two hosts that hear nothing of each other: both make serial 261124-1."""
    path, keys = tmp_path / "home.db", tmp_path / "keys"
    desk = Market(str(path), keys)
    desk.ledger.init("beihe.example/gate2")
    desk.ledger.close()
    texts = []
    for name, product in (("gate1", "西红柿"), ("gate2", "黄瓜")):
        shutil.copy(path, tmp_path / f"{name}.db")
        shutil.copytree(keys, tmp_path / f"{name}.keys")
        desk.ledger = Ledger.open(
            str(tmp_path / f"{name}.db"), keys=tmp_path / f"{name}.keys", log=f"beihe.example/{name}", clock=desk.clock
        )
        texts.append(desk.certificate(product, "500 kg"))
        stick(desk.ledger, tmp_path / f"stick-{name}")
        desk.ledger.close()
    one, two = (decode(each) for each in texts)
    assert (one.kid, one.serial) == (two.kid, two.serial)
    desk.ledger = Ledger.open(str(path), keys=tmp_path / "nobody", clock=desk.clock)
    for name in ("gate1", "gate2"):
        desk.ledger.import_log(tmp_path / f"stick-{name}")
    assert desk.ledger.verify().ok
    # The code says nothing of the product, so these two are one text: what differs is on record, and that is a finding all the same.
    (found,) = open_(desk)
    assert (found.document, len(found.entries)) == (one.serial, 2)
    desk.ledger.close()


def test_one_certificate_is_no_finding(either: Market) -> None:
    text = either.certificate("西红柿", "500 kg")
    for weight in ("100 kg", "200 kg"):
        either.ledger.gate(text, weight=weight)
        either.clock.later(minutes=1)
    assert open_(either) == []
    with either.ledger.reading() as session:
        assert overspent(session) == []


def issue(desk: Market, product: str, number: int, **terms: object) -> CertificateIssued:
    doing = Doing(now=desk.now(), id=f"gtin-{number}")
    _, made = desk.ledger.act(
        partial(
            certificates.issue,
            doing=doing,
            key=desk.key,
            site=desk.farm,
            product=product,
            quantity=Quantity(500_000, "g"),
            basis=("own_test",),
            terms=certificates.Terms(**terms),  # type: ignore[arg-type]
        )
    )
    event: CertificateIssued = made.event
    return event


def test_two_products_of_a_day_never_share_a_serial(either: Market) -> None:
    """The lot's code counts under the GTIN, the serial under the key: the second product was "used before" at the gate."""
    tomatoes = issue(either, "西红柿", 1, gtin="06909999000012")
    cucumbers = issue(either, "黄瓜", 2, gtin="06909999000029")
    plain = issue(either, "豆角", 3)
    batch = [issue(either, "茄子", 4, gtin="06909999000012", code="B1"), issue(either, "辣椒", 5, gtin="06909999000029", code="B1")]
    serials = [each.serial for each in (tomatoes, cucumbers, plain, *batch)]
    assert len(set(serials)) == 5, serials
    assert [each.lot.rpartition("/")[2] for each in batch] == ["B1", "B1"], "the batch's code is the maker's"
    assert either.ledger.gate(tomatoes.payload, weight="500 kg").verdict == "admit"
    either.clock.later(minutes=1)
    answer = either.ledger.gate(cucumbers.payload, weight="500 kg")
    assert (answer.verdict, answer.decision.notes) == ("admit", ())
    assert open_(either) == []


def test_the_same_lot_twice_is_still_refused(either: Market) -> None:
    issue(either, "茄子", 1, gtin="06909999000012", code="B1")
    with pytest.raises(Conflict) as caught:
        issue(either, "茄子", 2, gtin="06909999000012", code="B1")
    assert caught.value.code == "certificate.exists"


def test_the_entry_keeps_which_one_it_was(either: Market) -> None:
    text = either.certificate("西红柿", "500 kg")
    either.ledger.gate(text, weight="100 kg")
    with either.ledger.reading() as session:
        (entry,) = [each.event for each in about(session, subject(decode(text).kid.hex(), decode(text).serial), MarketEntry)]
    assert isinstance(entry, MarketEntry)
    signed = signed_bytes(decode(text))
    assert entry.certificate_hash == hashlib.sha256(signed).hexdigest()[:32]


def test_pieces_of_a_twin_are_said_in_the_readers_language(tmp_path: Path) -> None:
    desk = Market(str(tmp_path / "gate.db"), tmp_path / "keys")
    found = look(desk, twin(desk, desk.certificate("鸡蛋", "240 个"), quantity=999))
    assert found.problem is not None
    said = found.problem["message"]
    assert "鸡蛋 240 件" in said["zh"]
    assert "鸡蛋 240 pcs" in said["en"]
    desk.ledger.close()
