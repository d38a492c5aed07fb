"""A third party checks a case report with nothing but the file and a key: no ledger, and no word taken on trust."""

from __future__ import annotations

import base64
import html
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import proofbundle.tlogproof
import pytest
from openpyxl import load_workbook

from foodtrace.tlog.note import Verifier
from foodtrace.tlog.proofpage import packed_in, packed_link
from foodtrace.tlog.prooftar import pack, unpack
from foodtrace_cli.checking import check_packed, open_packed
from foodtrace_cli.commands.prove import verifier_of
from tests.cli.cans import recall
from tests.cli.shell import lot_of, run, shop

__all__ = ["shop"]


@pytest.fixture
def page(shop: Path) -> Path:
    """A report of a case in which somebody sold, answered and had the destruction planned; and the log's key, told by the log's owner."""
    lot = lot_of(shop)
    run(shop, "transfer", lot, "120kg", "--from", "北河农批", "--to", "福安超市")
    recall(shop, lot)
    run(shop, "case", "notify")
    run(shop, "case", "destroy", "福安超市", "--quantity", "120kg", "--plan", "2100-01-01T09:00", "--place", "填埋场")
    run(shop, "case", "report", "--out", "r.html", "--xlsx", "r.xlsx", "--proofs", "all.tar.gz")
    (made,) = json.loads(run(shop, "prove", "#1", "--json"))
    (shop / "owner.vkey").write_text(made["vkey"])
    away = shop / "elsewhere"
    away.mkdir()
    for name in ("r.html", "r.xlsx", "all.tar.gz", "owner.vkey"):
        shutil.copy(shop / name, away)
    return away / "r.html"


def proofs(page: Path) -> dict[str, bytes]:
    import io

    return dict(unpack(io.BytesIO(packed_in(page.read_bytes()))))


def repacked(page: Path, files: dict[str, bytes]) -> None:
    text = page.read_bytes()
    old = base64.b64encode(packed_in(text))
    page.write_bytes(text.replace(old, base64.b64encode(b"".join(pack(files.items())))))


def test_every_record_the_report_rests_on_is_proven_from_the_file_alone(page: Path) -> None:
    said = json.loads(run(page.parent, "check-proof", "r.html", "--key", "owner.vkey", "--json"))
    assert all(each["ok"] and each["key_shown"] for each in said)
    kinds = [each["about"]["kind"] for each in said]
    assert sorted(kinds) == sorted(
        ["certificate_issued", "market_entry", "transfer", "recall_opened", "notice", "notice", "notice", "destruction_planned"]
    )
    book = load_workbook(page.parent / "r.xlsx")
    printed = {
        row[0]: row[5] for name in ("Records of the case", "Records of the goods") for row in book[name].iter_rows(2, values_only=True)
    }
    assert {f"{each['log']}#{each['index']}" for each in said} == set(printed)
    assert re.findall(rb'(?:href|src|action)="(.{20})', page.read_bytes()) == [b"data:application/gzi"], "no link leads away"
    text = run(page.parent, "check-proof", "r.html", "--key", "owner.vkey")
    assert text.count("true: ") == len(said)
    assert "not the other words of the page" in text
    assert "证明的是这些记录" in run(page.parent, "check-proof", "r.html", "--key", "owner.vkey", lang="zh")
    every = json.loads(run(page.parent, "check-proof", "all.tar.gz", "--key", "owner.vkey", "--json"))
    assert [each["index"] for each in every] == [each["index"] for each in said]


def test_by_hand_any_tar_and_any_verifier_will_do(page: Path) -> None:
    (page.parent / "p.tar.gz").write_bytes(packed_in(page.read_bytes()))
    subprocess.run([sys.executable, "-m", "tarfile", "-e", "p.tar.gz", "out"], cwd=page.parent, check=True, capture_output=True)
    found = sorted((page.parent / "out").glob("*.tlog-proof"))
    assert len(found) == 8
    key = (page.parent / "owner.vkey").read_text()
    for each in found:
        entry = each.with_suffix(".entry").read_bytes()
        assert proofbundle.tlogproof.verify_tlog_proof(each.read_text(), entry, key, (), threshold=0, expected_origin=key.split("+")[0])[
            "ok"
        ]
        assert json.loads(entry)["event"]["type"]
    run(page.parent, "check-proof", *(str(each.relative_to(page.parent)) for each in found), "--key", "owner.vkey")
    assert "RFC 9162" in (page.parent / "out" / "README.txt").read_text(encoding="utf-8")


def broken(page: Path, known: list[Verifier]) -> list[str]:
    """Return the codes of what does not hold, as the command finds it."""
    packed = open_packed(page)
    assert packed is not None
    said = list(check_packed(packed, known, 0, vouch=False))
    return [each.error["code"] if each.error else "" for each in said if each.verdict == "broken"]


def test_after_one_byte_of_a_proof_an_entry_or_a_printed_hash_is_changed_the_answer_is_no(page: Path) -> None:
    good, files = page.read_bytes(), proofs(page)
    known = [verifier_of(str(page.parent / "owner.vkey"))]
    assert broken(page, known) == []
    for number, name in enumerate(each for each in files if each.endswith((".entry", ".tlog-proof"))):
        for at in range(number % 5, len(files[name]), 41):
            changed = files[name][:at] + bytes([files[name][at] ^ 1]) + files[name][at + 1 :]
            repacked(page, {**files, name: changed})
            assert broken(page, known), (name, at)
            page.write_bytes(good)
    start = good.index(b"gzip;base64,") + len(b"gzip;base64,")
    for at in range(start, good.index(b'">', start), 29):
        page.write_bytes(good[:at] + (b"A" if good[at : at + 1] != b"A" else b"B") + good[at + 1 :])
        assert broken(page, known), at
    run(page.parent, "check-proof", "r.html", "--key", "owner.vkey", code=3)
    for leaf in re.findall(rb'<td class="c">([0-9a-f]{64})</td>', good):
        page.write_bytes(good.replace(leaf, leaf[:-1] + (b"0" if leaf[-1:] != b"0" else b"1")))
        assert broken(page, known) == ["proof.page_differs"]


def test_an_entry_without_its_proof_none_at_all_and_a_page_without_any_are_no_yes(page: Path) -> None:
    good, files = page.read_bytes(), proofs(page)
    first = next(each for each in files if each.endswith(".tlog-proof"))
    for kept in ({name: data for name, data in files.items() if name != first}, {"README.txt": b""}, {**files, "more.txt": b""}):
        repacked(page, kept)
        assert "does not hold" in run(page.parent, "check-proof", "r.html", "--key", "owner.vkey", code=3)
        page.write_bytes(good)
    page.write_bytes(good.replace(packed_link(packed_in(good), "proofs-2026-0001.tar.gz", 8).encode(), b""))
    page.write_bytes(re.sub(rb'<a id="proofs".*?">', b"", good))
    assert "proof.page_none" in run(page.parent, "check-proof", "r.html", "--key", "owner.vkey", code=1)


def without(files: dict[str, bytes], *words: str) -> dict[str, bytes]:
    return {name: data for name, data in files.items() if not any(word in name for word in words)}


def test_proofs_taken_out_of_the_page_are_named(page: Path) -> None:
    good, files = page.read_bytes(), proofs(page)
    for gone, count in (("destruction-planned",), 1), (("certificate-issued",), 1), (("notice", "transfer"), 4):
        repacked(page, without(files, *gone))
        said = json.loads(run(page.parent, "check-proof", "r.html", "--key", "owner.vkey", "--json", code=3))
        missing = [each["error"]["value"] for each in said if each["error"] and each["error"]["code"] == "proof.page_unproven"]
        there = {f"{each['log']}#{each['index']}" for each in said if each["ok"]}
        assert len(set(missing) - there) == len(missing) == count, "each by its place"
        page.write_bytes(good)
    repacked(page, without(files, "destruction-planned"))
    assert "页上列出" in run(page.parent, "check-proof", "r.html", "--key", "owner.vkey", code=3, lang="zh")


def one_less(page: bytes, row: bytes) -> bytes:
    """Return a page without a row, its list said to be one shorter."""
    start = page.rfind(b"<table>", 0, page.index(row))
    count = list(re.finditer(rb"\((\d+)\)</(?:h2|summary)>", page[:start]))[-1]
    page = page[: count.start(1)] + b"%d" % (int(count[1]) - 1) + page[count.end(1) :]
    return page.replace(row, b"")


def test_a_record_taken_off_the_list_is_missed_by_its_proof_and_by_the_count(page: Path) -> None:
    good, files = page.read_bytes(), proofs(page)
    rows = re.findall(rb'<tr><td class="c">[^<]*#\d+</td>.*?</tr>', good)
    assert len(rows) == 8
    known = [verifier_of(str(page.parent / "owner.vkey"))]
    for row in rows:
        page.write_bytes(good.replace(row, b""))
        assert broken(page, known) == ["proof.page_markup"], "the list says how long it is"
        page.write_bytes(one_less(good, row))
        assert broken(page, known) == ["proof.page_unlisted", "proof.page_count"]
    page.write_bytes(one_less(good, rows[-1]))
    repacked(page, without(files, rows_name(rows[-1])))
    assert broken(page, known) == ["proof.page_count"], "row and proof are both gone: the page's own count is left"


def rows_name(row: bytes) -> str:
    return re.findall(rb"#(\d+)<", row)[0].decode().join(("-", "-"))


def test_a_key_that_came_along_is_nobodys_word(page: Path) -> None:
    assert "proof.no_key" in run(page.parent, "check-proof", "r.html", code=2)
    assert "cli.usage" in run(page.parent, "check-proof", "r.html", "--entry", "owner.vkey", "--key", "owner.vkey", code=2)


def test_no_persons_telephone_is_in_the_proofs_even_of_a_report_that_shows_it(page: Path) -> None:
    shop = page.parent.parent
    run(shop, "case", "report", "--contacts", "--out", "c.html")
    text = (shop / "c.html").read_bytes()
    assert "0451-555-0104" in html.unescape(text.decode())
    assert all(b"0451-555-0104" not in data for data in proofs(shop / "c.html").values())


def test_a_bounded_page_says_what_it_leaves_out_and_where_it_is(page: Path) -> None:
    from foodtrace import Ledger
    from foodtrace.keeping.reportproofs import chosen, proofs_of
    from foodtrace.recall.report import case_report
    from foodtrace.recall.report_html import html as made

    shop = page.parent.parent
    with Ledger.open(f"sqlite:///{shop}/foodtrace.db", keys=shop / "keys") as ledger, ledger.reading() as session:
        report, chain = case_report(session, next(iter(case_of(session))), now=ledger.clock(), most_goods=2)
        assert (len(report.goods), report.goods_left_out) == (2, 1)
        pack = proofs_of(session, report, most=6)
    assert (pack.proven, pack.left_out) == (6, 2)
    assert {each.kind for each in chosen(report, 5)[report.logs[0].log]} == {"recall_opened", "notice", "destruction_planned"}
    said = html.unescape(made(report, chain, proofs=(pack.packed, pack.proven, pack.left_out)))
    assert "2 more records are not in this page" in said
    bounded = page.parent / "bounded.html"
    bounded.write_text(made(report, chain, proofs=(pack.packed, pack.proven, pack.left_out)), encoding="utf-8")
    run(page.parent, "check-proof", "bounded.html", "--key", "owner.vkey")
    assert "--proofs FILE.tar.gz" in said
    assert "carries no proofs" in html.unescape(made(report, chain))


def case_of(session: object) -> list[str]:
    from foodtrace.recall.cases import case_ids

    return case_ids(session)  # type: ignore[arg-type]


def test_rows_that_are_seen_are_those_that_were_compared(page: Path) -> None:
    good = page.read_bytes()
    known = [verifier_of(str(page.parent / "owner.vkey"))]
    row = re.findall(rb'<tr><td class="c">[^<]*#\d+</td>.*?</tr>', good)[0]
    false = re.sub(rb"[0-9a-f]{64}", b"0" * 64, row)
    hidden = b"<!--" + row + b"-->"
    for changed in (
        hidden + false.replace(b"<tr>", b"<tr >"),
        hidden + false.replace(b"<tr>", b"<TR>"),
        row + false.replace(b"<td>", b"<td><b>", 1),
        row + false.replace(b'<td class="c">', b'<td class="c"><i>x</i>', 1).replace(b"#", b"&#35;", 1),
        b"<template>" + row + b"</template>",
        row + row,
        row + false.replace(b"#", "\uff03".encode(), 1),
        row + re.sub(rb"#\d+<", b"#99<", row).replace(b"</td></tr>", b" ok</td></tr>"),
        b"</tbody></table><style>" + row + b"</style><table><tbody>" + false[4:-5],
    ):
        page.write_bytes(good.replace(row, changed))
        assert "proof.page_markup" in broken(page, known), changed
    page.write_bytes(good)
    assert broken(page, known) == []


def test_a_row_that_says_other_words_of_a_record_than_the_record_is_named(page: Path) -> None:
    good = page.read_bytes()
    known = [verifier_of(str(page.parent / "owner.vkey"))]
    (row,) = re.findall(rb'<tr><td class="c">[^<]*#\d+</td><td>transfer</td>.*?</tr>', good)
    for number, cell in enumerate(re.findall(rb"<td>[^<]*</td>", row)):
        page.write_bytes(good.replace(row, row.replace(cell, b"<td>destroyed</td>", 1)))
        assert broken(page, known) == ["proof.page_says"], number


def test_a_row_beyond_those_that_the_page_proves_is_no_yes(page: Path) -> None:
    good = page.read_bytes()
    row = re.findall(rb'<tr><td class="c">[^<]*#\d+</td>.*?</tr>', good)[-1]
    more = re.sub(rb"#\d+<", b"#99<", row)
    (counted,) = re.findall(rb"<summary>[^<]* \((\d+)\)</summary>", good)
    page.write_bytes(good.replace(row, row + more).replace(b"(" + counted + b")</summary>", b"(%d)</summary>" % (int(counted) + 1)))
    assert broken(page, [verifier_of(str(page.parent / "owner.vkey"))]) == ["proof.page_unproven"]
    page.write_bytes(good)
    assert "nothing is proven in it" not in run(page.parent, "check-proof", "r.html", "--key", "owner.vkey")
