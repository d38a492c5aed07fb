"""Certificates on the command line: every field, both styles, older papers, voiding, who may issue, what does not add up."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from foodtrace.certificate.payload import decode, encode
from foodtrace.certificate.read import read_image
from foodtrace.events import Key, Licence, Operator, Site
from foodtrace.keys import kid
from foodtrace.ledger import Ledger
from foodtrace.operations.certificatestate import certificates_of
from foodtrace.quantity import Quantity
from foodtrace_cli.main import main

Run = Callable[..., str]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FOODTRACE_KEYS", str(tmp_path / "keys"))
    monkeypatch.delenv("FOODTRACE_DB", raising=False)

    def call(*words: str, code: int = 0, lang: str = "en") -> str:
        assert main(["--lang", lang, *words]) == code, (words, capsys.readouterr())
        said = capsys.readouterr()
        return said.out + said.err

    call("init")
    call(
        "site", "add", "永发合作社:farm", "集发收购站:collector", "北河农批:market", "--county", "北河市永发县", "--phone", "0451-555-0104"
    )
    return call


def issue(run: Run, product: str, size: str, *words: str, site: str = "永发合作社") -> dict:
    said = run("certificate", "issue", product, size, "--basis", "1", "--site", site, "--json", *words)
    made: dict = json.loads(said[said.index("{") : said.rindex("}") + 1])
    return made


def test_a_producers_certificate_says_everything_it_was_told(run: Run) -> None:
    said = run(
        *("certificate", "issue", "西红柿", "1000斤", "--basis", "3", "--basis", "1", "--site", "L-0001", "--origin", "永发县新民村"),
        *("--region", "230199101201", "--harvested", "2026-01-05", "--valid-until", "2119-12-31", "--test", "1:阴性:2026-01-04"),
        *("--host", "trace.beihe.example", "--code", "A-7", "--out", "x.png", "--json"),
    )
    event = json.loads(said)["event"]
    assert event["basis"] == ["quality_control", "commissioned_test"]
    assert event["quantity"] == {"unit": "g", "value": 500_000}
    (found,) = read_image("x.png")
    payload = decode(found.text)
    assert payload.bases == ("quality_control", "commissioned_test")
    assert (payload.style, payload.lot_id, payload.host) == (1, "L-0001/A-7", "trace.beihe.example")
    assert (payload.region, str(payload.harvested), str(payload.valid_until)) == ("230199101201", "2026-01-05", "2119-12-31")
    assert payload.test is not None
    assert (payload.test.method, payload.test.positive, str(payload.test.day)) == (1, False, "2026-01-04")
    shown = run("certificate", "show", "x.png", lang="zh")
    assert shown.startswith("承诺达标合格证 (样式 1 生产者)\n")
    for words in (
        "西红柿",
        "500.0 kg (1,000 斤)",
        "永发县新民村",
        "永发合作社  L-0001",
        "质量安全控制符合要求; 委托检测合格",
        "快检抑制率  阴性  2026-01-04",
    ):
        assert words in shown
    assert "0451" not in shown, "a phone is personal"
    assert "0451-555-0104" in run("certificate", "show", "A-7", "--contacts")


def test_shown_in_english_the_papers_own_words_come_first(run: Run) -> None:
    issue(run, "西红柿", "5kg")
    shown = run("certificate", "show", "L-0001/" + _code(run))
    assert shown.startswith("承诺达标合格证 Commitment certificate (style 1, producer)\n")
    assert "承诺依据 Basis" in shown


def _code(run: Run) -> str:
    issued = json.loads(run("certificate", "show", "合格证-" + Path(next(Path().glob("合格证-*.png"))).stem[4:] + ".png", "--json"))
    return str(issued[0]["event"]["serial"])


def test_a_collector_names_what_was_taken_in_and_a_surplus_is_a_finding(run: Run) -> None:
    first = issue(run, "西红柿", "500kg", "--code", "A-1")
    issue(run, "西红柿", "200kg", "--code", "A-2")
    fine = issue(run, "西红柿", "600kg", "--from", "A-1=400kg", "--from", "A-2=200kg", "--code", "B-1", site="集发收购站")
    assert fine["findings"] == []
    assert fine["event"]["style"] == 2
    assert decode(fine["text"]).style == 2
    assert [each["lot"] for each in fine["event"]["upstream"]] == ["L-0001/A-1", "L-0001/A-2"]
    over = issue(run, "西红柿", "150kg", "--from", "A-1=150kg", "--code", "B-2", site="集发收购站")
    (finding,) = over["findings"]
    assert finding["kind"] == "over_upstream"
    assert finding["over"] == {"unit": "g", "value": 50_000}
    assert finding["certificates"] == ["L-0002/B-1 B-1", "L-0002/B-2 B-2"]
    assert "certificate.over_upstream" in run("certificate", "show", "B-2")
    run("certificate", "void", "B-1", "--reason", "写错")
    assert "over_upstream" not in run("certificate", "show", "B-2"), "a voided certificate does not count"
    assert first["findings"] == []


def test_a_certificate_for_more_than_its_portions_shows_it(run: Run) -> None:
    issue(run, "西红柿", "500kg", "--code", "A-1")
    over = issue(run, "西红柿", "700kg", "--from", "A-1=500kg", "--code", "B-1", site="集发收购站")
    assert [each["kind"] for each in over["findings"]] == ["over_portions"]
    assert "certificate.over_portions" in run("certificate", "show", "B-1")
    assert "certificate.over_portions" not in run("certificate", "show", "A-1")


def test_what_arrived_outranks_what_was_certified(run: Run) -> None:
    issue(run, "西红柿", "500kg", "--code", "A-1")
    run("transfer", "A-1", "300kg", "--from", "永发合作社", "--to", "集发收购站")
    over = issue(run, "西红柿", "400kg", "--from", "A-1=400kg", site="集发收购站")
    assert [(each["kind"], each["over"]["value"]) for each in over["findings"]] == [("over_upstream", 100_000)]


def test_a_collector_with_papers_alone(run: Run) -> None:
    made = issue(run, "西红柿", "40kg", "--paper", "永证 12", "--paper", "永证 13", site="集发收购站")
    assert made["event"]["style"] == 2
    assert made["event"]["upstream_serials"] == ["永证 12", "永证 13"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--style", "2"), 2, "certificate.no_upstream: style 2 (collector) names no certificate that was taken in"),
        (("--style", "1", "--paper", "7"), 2, "certificate.style: style 1 (producer) takes nothing in, this is style 2"),
        (("--from", "A-1"), 2, 'certificate.upstream_form: "A-1" does not name a lot and its quantity, write 261123-1=300kg'),
        (("--from", "A-9=3kg"), 1, "lot.not_found"),
        (("--test", "1:maybe:2026-01-01"), 2, 'certificate.test_form: "1:maybe:2026-01-01" is no test, write 1:negative:2026-11-23'),
        (("--harvested", "gestern"), 2, 'certificate.date: "gestern" is no date, write 2026-11-23'),
        (("--valid-until", "2020-01-01"), 2, "certificate.valid_until"),
        (("--basis", "4"), 2, "certificate.basis_unknown: basis self_declared is not known"),
        (("--out", "x.gif"), 2, "label.format: cannot write x.gif, use one of: .png .svg .pdf"),
    ],
)
def test_what_cannot_be_said_is_not_issued(run: Run, words: tuple[str, ...], code: int, said: str) -> None:
    issue(run, "西红柿", "5kg", "--code", "A-1")
    assert said in run("certificate", "issue", "黄瓜", "5kg", "--basis", "1", "--site", "L-0001", "--code", "A-2", *words, code=code)
    assert "lot.not_found" in run("certificate", "show", "A-2", code=1)
    assert not Path("合格证-A-2.png").exists()


def test_a_label_that_cannot_be_printed_is_not_issued(run: Run) -> None:
    assert "label.glyph" in run(
        "certificate", "issue", "西红柿\U0001f345", "5kg", "--basis", "1", "--site", "L-0001", "--code", "A-1", code=2
    )
    assert "lot.not_found" in run("certificate", "show", "A-1", code=1)


def test_older_papers_stay_what_they_are(run: Run) -> None:
    run("certificate", "record", "黄瓜", "100斤", "--form", "origin-proof", "--number", "永证字第12号", "--site", "L-0001", "--code", "A-1")
    (shown,) = json.loads(run("certificate", "show", "A-1", "--json"))
    assert (shown["event"]["form"], shown["event"]["number"], shown["event"]["serial"]) == ("origin_proof", "永证字第12号", "A-1")
    said = run("certificate", "show", "A-1", lang="zh")
    assert said.startswith("产地证明 (旧式)\n")
    assert "承诺依据" not in said
    run(
        "certificate",
        "record",
        "黄瓜",
        "5kg",
        "--form",
        "self-commitment",
        "--basis",
        "4",
        "--number",
        "77",
        "--site",
        "L-0001",
        "--code",
        "A-2",
    )
    said = run("certificate", "show", "A-2", lang="zh")
    assert said.startswith("自我承诺 (旧式)\n")
    assert "承诺依据    自我承诺" in said
    assert "certificate.basis_missing" in run("certificate", "record", "黄瓜", "5kg", "--form", "commitment", "--site", "L-0001", code=2)
    assert "label.no_code" in run("certificate", "label", "A-1", code=2)


def test_void_once_with_a_reason_and_for_good(run: Run) -> None:
    issue(run, "西红柿", "500kg", "--code", "A-1", "--out", "x.png")
    assert "certificate.reason_missing" in run("certificate", "void", "A-1", code=2)
    assert "void  西红柿 500.0 kg" in run("certificate", "void", "x.png", "--reason", "重量写错")
    assert "certificate.already_void" in run("certificate", "void", "A-1", "--reason", "again", code=1)
    assert "已作废" in run("certificate", "show", "A-1", lang="zh")
    assert "重量写错" in run("certificate", "show", "A-1")
    assert "label.voided" in run("certificate", "label", "A-1", code=1)
    assert "certificate.none" in run("certificate", "void", "A-1", "--serial", "9", "--reason", "x", code=1)


def _key(folder: Path, action: str, public: str, **more: str) -> None:
    with Ledger.open(str(folder / "foodtrace.db"), keys=folder / "keys") as ledger:
        import datetime as dt

        event = Key(
            id=f"k-{action}-{public[:6]}",
            at=dt.datetime.now(dt.UTC),
            action=action,  # type: ignore[arg-type]
            use="issuer",
            public=public,
            issuer="L-0001",
            kid=kid("L-0001", bytes.fromhex(public)).hex(),
        )
        ledger.record([event])


def _public(folder: Path) -> str:
    with Ledger.open(str(folder / "foodtrace.db"), keys=folder / "keys") as ledger:
        return ledger.writer().key.public.hex()


def test_a_revoked_key_signs_nothing(run: Run, tmp_path: Path) -> None:
    issue(run, "西红柿", "5kg", "--code", "A-1")
    _key(tmp_path, "revoke", _public(tmp_path))
    assert "certificate.key_revoked" in run("certificate", "issue", "黄瓜", "5kg", "--basis", "1", "--site", "L-0001", code=1)
    assert "certificate.key_revoked" not in run("certificate", "issue", "黄瓜", "5kg", "--basis", "1", "--site", "L-0002")


def test_another_hosts_key_does_not_sign_for_an_issuer_who_has_one(run: Run, tmp_path: Path) -> None:
    other = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"  # RFC 8032 test 1
    _key(tmp_path, "register", other)
    said = run("certificate", "issue", "黄瓜", "5kg", "--basis", "1", "--site", "L-0001", code=1)
    assert "certificate.key_not_issuers" in said
    assert kid("L-0001", bytes.fromhex(other)).hex() in said
    issue(run, "黄瓜", "5kg", "--new-key")
    issue(run, "黄瓜", "5kg")


def test_processed_goods_need_a_production_licence_in_force(run: Run, tmp_path: Path) -> None:
    import datetime as dt

    run("site", "add", "小北酱菜:processor", "--id", "P-1")
    ask = ("certificate", "issue", "酱黄瓜", "5kg", "--basis", "2", "--site", "P-1")
    assert "certificate.licence_missing: P-1 has no production licence (SC) on record" in run(*ask, code=1)
    for number, until, said in [
        ("SC12442011202449", None, "certificate.licence_form"),
        ("SC12923022500018", dt.date(2020, 1, 1), "certificate.licence_expired: licence SC12923022500018 ended on 2020-01-01"),
        ("SC12923022500018", dt.date(2119, 1, 1), ""),
    ]:
        with Ledger.open(str(tmp_path / "foodtrace.db"), keys=tmp_path / "keys") as ledger:
            licence = Licence(number=number, valid_until=until)
            now = dt.datetime.now(dt.UTC)
            ledger.record(
                [
                    Site(id=f"s-{number}-{until}", at=now, site="P-1", operator="P-1", kind="processor", name="小北酱菜", licence=licence),
                    Operator(id=f"o-{number}-{until}", at=now, operator="P-1"),
                ]
            )
        assert said in run(*ask, code=1 if said else 0)


def test_an_unregistered_site_issues_nothing(run: Run) -> None:
    run("certificate", "issue", "黄瓜", "5kg", "--basis", "1", "--site", "L-0077", code=1)
    run("certificate", "issue", "黄瓜", "5kg", "--basis", "1", code=2)  # two could be meant


def test_two_issuers_with_one_code_do_not_overwrite_each_others_label(run: Run) -> None:
    issue(run, "黄瓜", "5kg")
    issue(run, "黄瓜", "5kg", "--paper", "1", site="集发收购站")
    assert len(list(Path().glob("合格证-*.png"))) == 2


@pytest.mark.parametrize("word", ["origin-proof", "origin_proof"])
def test_a_word_is_taken_with_a_hyphen_or_an_underscore(run: Run, word: str) -> None:
    paper = ("certificate", "record", "黄瓜", "5kg", "--site", "L-0001", "--form")
    assert json.loads(run(*paper, word, "--json"))["event"]["form"] == "origin_proof"
    assert "cli.usage_choice" in run(*paper, "originproof", code=2, lang="zh")
    made = json.loads(run(*paper, "commitment", "--basis", word.replace("origin", "own").replace("proof", "test"), "--json"))
    assert made["event"]["basis"] == ["own_test"]


def test_which_site_issues_is_asked_with_every_farm_and_collector(run: Run) -> None:
    said = run("certificate", "issue", "黄瓜", "5kg", "--basis", "1", code=2)
    assert "2 farms and collectors here" in said
    assert "  L-0001  永发合作社\n  L-0002  集发收购站\n" in said
    assert "--kind collector" in said
    assert "2 个农场和收购点" in run("certificate", "issue", "黄瓜", "5kg", "--basis", "1", code=2, lang="zh")


def test_a_gtin_that_is_none_is_said_before_the_site_is_asked(run: Run) -> None:
    assert "certificate.gtin" in run("certificate", "issue", "黄瓜", "5kg", "--basis", "1", "--gtin", "06909999000013", code=2)
    assert "certificate.which_site" in run("certificate", "issue", "黄瓜", "5kg", "--basis", "1", "--gtin", "06909999000012", code=2)


def test_without_farm_or_collector_the_next_step_is_said(tmp_path: Path, run: Run) -> None:
    other = str(tmp_path / "other.db")
    run("--db", other, "init", code=0)
    run("--db", other, "site", "add", "北河农批:market")
    assert "certificate.no_issuer" in run("--db", other, "certificate", "issue", "黄瓜", "5kg", "--basis", "1", code=2)


def test_labels_in_a_folder_are_one_file_a_certificate_and_overwrite_nothing(run: Run) -> None:
    one = issue(run, "西红柿", "500kg", "--code", "A-7", "--out", "x.png")
    second(one["event"]["lot"])
    run("certificate", "label", "A-7", "--out", "labels")
    names = sorted(each.name for each in Path("labels").iterdir())
    assert names == ["合格证-L-0001_A-7_A-7.png", "合格证-L-0001_A-7_A-8.png"], "two certificates of one lot are two files"
    found = [decode(read_image(f"labels/{name}")[0].text) for name in names]
    assert [(each.serial, each.quantity) for each in found] == [("A-7", 500_000), ("A-8", 20_000)]
    run("certificate", "label", "A-7", "--out", "labels")
    before = Path("labels", names[0]).read_bytes()
    Path("labels", names[1]).unlink()
    said = run("certificate", "label", "A-7", "--out", "labels", "--dpi", "300", code=1, lang="zh")
    assert "label.exists" in said
    assert names[0] in said
    assert "另写了 1 个" in said
    assert Path("labels", names[0]).read_bytes() == before
    assert Path("labels", names[1]).exists()


def second(lot: str) -> None:
    """Put another certificate of a lot on record, as another program of the same issuer would."""
    with Ledger.open("sqlite:///foodtrace.db") as ledger:
        key = ledger.writer().key
        with ledger.reading() as session:
            (first,) = certificates_of(session, lot)[0]
        payload = msgspec.structs.replace(decode(first.payload), serial="A-8", quantity=20_000, signature=b"")
        text = encode(payload, key.sign)
        ledger.record([msgspec.structs.replace(first, id="second", serial="A-8", quantity=Quantity(20_000, "g"), payload=text)])
