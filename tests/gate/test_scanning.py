"""Scanning on a real ledger: every way a code can be has its own answer, and an offline gate gives the same with a key list."""

import datetime as dt
import json
from functools import partial
from pathlib import Path

import msgspec
import pytest
from jsonschema import Draft202012Validator

from foodtrace.certificate.keylist import KeyList, parse_list
from foodtrace.certificate.payload import decode
from foodtrace.errors import BadData, ProofError
from foodtrace.gate.rules import load
from foodtrace.keeping import keylists
from foodtrace.keys import SigningKey, kid
from foodtrace.operations import certificates, held
from foodtrace.operations.common import Doing
from foodtrace.operations.scanning import ScanAnswer, Scanner
from foodtrace.schemas import schema_of
from foodtrace.tlog.note import parse_verifier
from tests.gate.desk import Market

STRANGER = SigningKey("stranger", bytes(range(7, 39)))
FOREIGN = "91230199FT0000013A"


def look(desk: Market, text: str, *, hosts: tuple[str, ...] = (), keys: KeyList | None = None) -> ScanAnswer:
    with desk.ledger.reading() as session:
        (found,) = Scanner(session, desk.now(), hosts=hosts, keys=keys).typed(text)
    Draft202012Validator(schema_of("scan")).validate(json.loads(msgspec.json.encode([found])))
    return found


def code(found: ScanAnswer) -> str:
    return str(found.problem["code"]) if found.problem else ""


def notes(found: ScanAnswer) -> list[str]:
    return [str(each["code"]) for each in found.notes]


def carried(desk: Market) -> KeyList:
    data, _, vkey = keylists.export(desk.ledger, desk.now())
    return parse_list(data, [parse_verifier(vkey)])


def test_a_good_certificate(either: Market) -> None:
    text = either.certificate("西红柿", "500 kg")
    found = look(either, text)
    assert (found.answer, found.good, code(found), notes(found)) == ("good", True, "", [])
    assert (found.lot, found.certified, found.remaining) == (decode(text).lot_id, decode(text).amount, decode(text).amount)
    assert found.issuer == decode(text).operator
    assert (found.style, found.basis, found.used) == (1, ("own_test",), ())


def test_used_before_says_where_when_and_what_is_left(either: Market) -> None:
    text = either.certificate("西红柿", "500 kg")
    assert either.ledger.gate(text, weight="482 kg").verdict == "admit"
    either.clock.later(minutes=20)
    found = look(either, text)
    assert (found.answer, found.good, notes(found)) == ("used", True, ["scan.used"])
    assert found.remaining is not None
    assert found.remaining.value == 18_000
    (use,) = found.used
    assert (use.where, use.site, use.quantity.value) == ("北河农批 1", either.market, 482_000)
    assert found.notes[0]["message"]["en"] == "used before, 1 x, first 2026-11-24 03:40 北河农批 1, 482.0 kg; 18.0 kg left"


def test_a_photograph_of_a_used_code_is_told(either: Market) -> None:
    text = either.certificate("西红柿", "500 kg")
    either.ledger.gate(text, weight="500 kg")
    either.clock.later(hours=3)
    found = look(either, text)
    assert (found.answer, notes(found)) == ("used_up", ["scan.used_up"])
    assert found.notes[0]["message"]["zh"] == "以前用过 1 次, 首次 2026-11-24 03:40 北河农批 1, 500.0 kg; 一点不剩"


def test_the_first_use_is_named_of_several(either: Market) -> None:
    text = either.certificate("西红柿", "500 kg")
    for weight in ("300 kg", "100 kg"):
        assert either.ledger.gate(text, weight=weight).verdict == "admit"
        either.clock.later(minutes=20)
    found = look(either, text)
    assert found.notes[0]["message"]["en"] == "used before, 2 x, first 2026-11-24 03:40 北河农批 1, 300.0 kg; 100.0 kg left"
    assert [use.quantity.value for use in sorted(found.used, key=lambda use: use.when)] == [300_000, 100_000]


def test_more_let_in_than_certified_is_not_good(either: Market) -> None:
    text = either.certificate("西红柿", "500 kg")
    assert either.ledger.gate(text, weight="482 kg").verdict == "admit"
    either.clock.later(minutes=20)
    held_back = either.ledger.gate(text, weight="60 kg")
    assert held_back.verdict == "hold"
    doing = Doing(now=either.now(), by="S-01", id="over-1")
    rules = load()
    either.ledger.act(lambda session: held.resolve(session, doing, rules, either.market, held_back.entry, "admit", second="S-02"))
    either.clock.later(minutes=20)
    found = look(either, text)
    assert (found.answer, found.good, code(found), notes(found)) == ("overspent", False, "scan.overspent", [])
    assert found.problem is not None
    assert found.problem["message"]["en"] == (
        "overspent: certified 500.0 kg, 542.0 kg used (2 x), 42.0 kg too much; first 2026-11-24 03:40 北河农批 1, 482.0 kg"
    )
    assert "42.0 kg" in found.problem["message"]["zh"]


def test_voided(either: Market) -> None:
    text = either.certificate("西红柿", "500 kg")
    doing = Doing(now=either.now(), id="void-1")
    lot = decode(text).lot_id
    either.ledger.act(partial(certificates.void, doing=doing, key=either.key, lot=lot, reason="写错了"))
    found = look(either, text)
    assert (found.answer, found.good, code(found)) == ("voided", False, "scan.voided")


def test_voided_goes_before_expired(either: Market) -> None:
    text = either.certificate("西红柿", "500 kg", days=1)
    either.ledger.act(
        partial(certificates.void, doing=Doing(now=either.now(), id="void-1"), key=either.key, lot=decode(text).lot_id, reason="写错了")
    )
    either.clock.later(days=3)
    assert look(either, text).answer == "voided"


def test_expired(either: Market) -> None:
    text = either.certificate("西红柿", "500 kg", days=1)
    either.clock.later(days=1)
    assert look(either, text).answer == "good", "the last day counts"
    either.clock.later(days=1)
    found = look(either, text)
    assert (found.answer, code(found)) == ("expired", "scan.expired")


def test_dated_ahead_is_not_good_and_held_at_the_gate(either: Market) -> None:
    tomorrow = either.now().date() + dt.timedelta(days=1)
    text = either.forged(either.certificate("西红柿", "500 kg"), either.key, serial="F-1", lot="F-1", issued=tomorrow, harvested=tomorrow)
    found = look(either, text)
    assert (found.answer, found.good, code(found)) == ("future", False, "scan.future")
    assert either.ledger.gate(text, weight="5 kg").decision.codes == ("gate.certificate_future",)
    either.clock.later(days=1)
    assert look(either, text).answer == "good"


def test_forged_foreign_unknown_revoked_rehosted_each_have_their_own(either: Market) -> None:
    text = either.certificate("西红柿", "500 kg")
    payload = decode(text)
    either.issuer_key(STRANGER, FOREIGN)
    answers = {
        "forged": either.forged(text, STRANGER, as_kid=""),
        "altered": text.replace(payload.serial + "?", payload.serial[:-1] + ("8?" if payload.serial[-1] != "8" else "7?")),
        "foreign": either.forged(text, STRANGER, as_kid=FOREIGN),
        "unknown": either.forged(text, SigningKey("x", bytes(range(9, 41))), as_kid=payload.operator),
        "rehosted": text.replace(payload.host, "evil.example"),
    }
    found = {name: look(either, each) for name, each in answers.items()}
    assert {name: (each.answer, each.good) for name, each in found.items()} == {
        "forged": ("bad_signature", False),
        "altered": ("bad_signature", False),
        "foreign": ("foreign_key", False),
        "unknown": ("unknown_key", False),
        "rehosted": ("host", True),
    }
    listed = look(either, answers["rehosted"], hosts=(payload.host,))
    assert (listed.answer, notes(listed)) == ("host", ["scan.host"])
    assert look(either, text, hosts=(payload.host,)).answer == "good"
    either.issuer_key(either.key, payload.operator, "revoke")
    assert (look(either, text).answer, code(look(either, text))) == ("revoked", "scan.revoked")


def test_what_is_no_certificate(either: Market) -> None:
    text = either.certificate("西红柿", "500 kg")
    wanted = {
        text[:90]: "truncated",
        text[:-9] + "AAAAAAAAA": "bad_signature",
        text + "&c=A": "payload",
        "6909999000012": "product_code",
        "(01)06909999000012(10)B1": "gs1",
        "https://hgz.example.cn/s/1": "foreign_certificate",
        "https://www.example.cn/": "not_ours",
        "呵他他跑：、、trace。": "input_method",
        "x" * 9_000: "too_long",
        "hello": "not_a_code",
    }
    assert {each: look(either, each).answer for each in wanted} == wanted
    told = look(either, "呵他他跑：、、trace。")
    assert told.problem is not None
    assert told.problem["hint"]["en"] == "switch the keyboard to English and scan again"


def test_two_codes_in_a_line_are_two_answers(either: Market) -> None:
    one, two = either.certificate("西红柿", "500 kg"), either.certificate("黄瓜", "300 kg")
    with either.ledger.reading() as session:
        found = Scanner(session, either.now()).typed(one + two)
    assert [each.text for each in found] == [one, two]


def test_an_offline_gate_with_a_key_list(either: Market, tmp_path: Path) -> None:
    text = either.certificate("西红柿", "500 kg")
    keys = carried(either)
    away = Market(str(tmp_path / "away.db"), tmp_path / "away.keys", origin="beihe.example/gate9")
    away.ledger.close()
    bare = Scanner(None, either.now())
    assert bare.typed(text)[0].answer == "unknown_key"
    (found,) = Scanner(None, either.now(), keys=keys).typed(text)
    assert (found.answer, found.good, notes(found), found.remaining) == ("good", True, ["scan.no_ledger"], None)
    (old,) = Scanner(None, either.now() + dt.timedelta(days=31), keys=keys).typed(text)
    assert notes(old) == ["keylist.stale", "scan.no_ledger"]
    either.issuer_key(either.key, decode(text).operator, "revoke")
    (after,) = Scanner(None, either.now(), keys=carried(either)).typed(text)
    assert (after.answer, after.issuer) == ("revoked", decode(text).operator)


def test_the_gate_decides_with_the_list_it_carries(either: Market, tmp_path: Path) -> None:
    farmer = SigningKey("away", bytes(range(3, 35)))
    text = either.certificate("西红柿", "500 kg")
    issuer = decode(text).operator
    foreign = either.forged(text, farmer, as_kid=issuer)
    unknown = either.ledger.gate(foreign, weight="500 kg")
    assert "gate.certificate_unknown_key" in unknown.decision.codes
    # The head office has registered the farm's second key; this gate has only its list.
    head = Market(str(tmp_path / "head.db"), tmp_path / "head.keys", origin="beihe.example/head")
    head.issuer_key(farmer, issuer)
    keys = carried(head)
    either.clock.later(minutes=1)
    known = either.ledger.gate(foreign, weight="500 kg", keys=keys)
    assert "gate.certificate_unknown_key" not in known.decision.codes
    assert look(either, foreign, keys=keys).answer in ("good", "used", "used_up")
    head.issuer_key(farmer, issuer, "revoke")
    either.clock.later(minutes=1)
    revoked = either.ledger.gate(foreign, weight="500 kg", keys=carried(head))
    assert "gate.certificate_revoked" in revoked.decision.codes
    assert not known.decision.notes
    # A list out of date is told with every decision: who was revoked since, this gate cannot know.
    fresh = [either.certificate("黄瓜", "5 kg", days=60) for _ in range(2)]
    either.clock.later(days=15)
    either.certificate("豆角", "5 kg")  # a market that recorded nothing for a month would be asked about its clock
    for later, days, wanted in zip(fresh, (30, 31), ([], ["gate.keylist_ended"]), strict=True):
        either.clock.now = head.now() + dt.timedelta(days=days)
        answer = either.ledger.gate(later, weight="5 kg", keys=keys)
        assert (answer.verdict, [note.code for note in answer.decision.notes]) == ("admit", wanted)
    head.ledger.close()


def test_whose_lists_are_trusted(either: Market, tmp_path: Path) -> None:
    data, made, vkey = keylists.export(either.ledger, either.now(), days=7)
    assert made.until == either.now().date() + dt.timedelta(days=7)
    assert [each.issuer for each in made.keys] == [kid_issuer(either)]
    path = tmp_path / "keys.txt"
    keylists.save_list(path, data)
    with either.ledger.reading() as session:
        assert keylists.open_list(path, keylists.trusted(session)).keys == made.keys, "this ledger's own log signed it"
    assert keylists.open_list(path, keylists.trusted(None, [vkey])).keys == made.keys
    with pytest.raises(ProofError) as caught:
        keylists.open_list(path, keylists.trusted(None))
    assert caught.value.message("en") == "the key list's signature is unknown or does not hold"
    for days in (0, 3_661):
        with pytest.raises(BadData) as bad:
            keylists.export(either.ledger, either.now(), days=days)
        assert bad.value.code == "keylist.days"


def kid_issuer(desk: Market) -> str:
    with desk.ledger.reading() as session:
        (row,) = keylists.listed(session, desk.now()).keys
    assert row.kid == kid(row.issuer, desk.key.public).hex()
    return row.issuer
