"""`foodtrace certificate` as its user types it: labels of several lots, older papers, what a sheet looks like."""

from foodtrace.certificate.payload import decode
from foodtrace.events import CertificateIssued
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
