"""`foodtrace certificate` as its user types it: labels of several lots, older papers, what a sheet looks like."""

import datetime as dt

from foodtrace.certificate.payload import decode
from foodtrace.events import CertificateIssued
from foodtrace.operations.common import CHINA
from tests.cli.inside import Inside, here
from tests.gate.desk import Market

__all__ = ["here"]


def started(here: Inside) -> Inside:
    here("init")
    here("site", "add", "村东合作社:farm")
    return here


def test_two_lots_whose_names_join_alike_are_two_labels(here: Inside) -> None:
    desk = Market(str(here.folder / "foodtrace.db"), here.folder / "keys")
    for number, (code, serial) in enumerate((("X.1", "11"), ("X.11", "1"))):
        text = desk.forged(desk.certificate("西红柿", "500 kg"), desk.key, lot=code, serial=serial)
        found = decode(text)
        event = CertificateIssued(
            id=f"join-{number}",
            at=desk.now(),
            site=desk.farm,
            lot=found.lot_id,
            serial=serial,
            issuer=found.operator,
            product="西红柿",
            quantity=found.amount,
            issued=found.issued,
            kid=found.kid.hex(),
            payload=text,
        )
        desk.ledger.record([event])
    desk.ledger.close()
    assert "label.one_file" in here("certificate", "label", "X.1", "X.11", "--out", "h.png", code=2)
    assert not (here.folder / "h.png").exists()


def test_a_heading_of_a_sheet_never_touches_its_value(here: Inside) -> None:
    started(here)
    here("site", "add", "老张收购站:collector")
    words = ("certificate", "record", "西红柿", "5kg", "--form", "commitment", "--basis", "1", "--site", "老张收购站", "--paper", "村-9")
    here(*words, "--code", "C.1")
    assert "Papers taken in 村-9" in here("certificate", "show", "C.1")
    assert "收来的纸证  村-9" in here("certificate", "show", "C.1", lang="zh")


def test_a_signer_without_a_list_is_told(here: Inside) -> None:
    started(here)
    here("site", "add", "北河农批:market")
    for command in ("scan", "gate"):
        assert "keys.signer_alone" in here(command, "x", "--keys-signer", "nobody+00000000+AAAA", code=2)
    assert "keys.signer_alone" not in here("scan", "x", code=1)


def test_a_paper_keeps_its_own_date(here: Inside) -> None:
    started(here)
    today = dt.datetime.now(CHINA).date()
    words = ("certificate", "record", "黄瓜", "100斤", "--form", "origin-proof")
    before = today - dt.timedelta(days=9)
    event = here.json(*words, "--issued", before.isoformat(), "--code", "A.1")["event"]
    assert event["issued"] == before.isoformat()
    assert str(before) in here("certificate", "show", "A.1")
    assert "issued" not in here.json(*words, "--code", "A.2")["event"], "nobody read a date off it"
    assert str(today) not in here("certificate", "show", "A.2")
    said = here(*words, "--issued", (today + dt.timedelta(days=1)).isoformat(), code=2)
    assert "certificate.issued_ahead" in said
    said = here(*words, "--issued", before.isoformat(), "--valid-until", (before - dt.timedelta(days=1)).isoformat(), code=2)
    assert "certificate.valid_until" in said


def test_a_paper_beside_our_certificate_does_not_stop_the_labels(here: Inside) -> None:
    started(here)
    here("certificate", "record", "黄瓜", "100斤", "--form", "origin-proof", "--number", "YZ-12", "--code", "B.1")
    assert "label.no_code" in here("certificate", "label", "B.1", code=2)
    here("certificate", "issue", "黄瓜", "50kg", "--basis", "1", "--code", "B.1")
    for words in (("B.1", "--out", "one.png"), ("--day", dt.datetime.now(CHINA).date().isoformat(), "--out", "day.pdf")):
        _, err = here.both("certificate", "label", *words)
        assert "YZ-12" in err, "what is not printed is said"
        assert (here.folder / words[-1]).is_file()
    assert here.json("certificate", "label", "B.1", "--out", "again.pdf")["labels"] == 1
