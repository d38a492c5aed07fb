"""Packed proofs: what is packed comes out again, any tar unpacks it, and nothing else is read as such a file."""

from __future__ import annotations

import gzip
import io
import re
import tarfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foodtrace.errors import BadData, NotFound, ProofError
from foodtrace.tlog.proofpage import Listed, disagreements, packed_in, packed_link
from foodtrace.tlog.prooftar import pack, unpack

FILES = [("a-1-sale.tlog-proof", b"x" * 513), ("a-1-sale.entry", b""), ("README.txt", "说明\n".encode() * 200), ("a.vkey", b"y" * 512)]


def packed(files: list[tuple[str, bytes]] = FILES) -> bytes:
    return b"".join(pack(files))


def unpacked(data: bytes) -> list[tuple[str, bytes]]:
    return list(unpack(io.BytesIO(data)))


def refused(data: bytes) -> bool:
    try:
        unpacked(data)
    except ProofError as error:
        return error.code == "proof.pack_form"
    return False


@settings(max_examples=40)
@given(
    st.lists(st.tuples(st.from_regex(re.compile("[A-Za-z0-9_-][A-Za-z0-9._-]{0,98}", re.ASCII), fullmatch=True), st.binary(max_size=2000)))
)
def test_what_is_packed_comes_out_again_and_any_tar_unpacks_it(files: list[tuple[str, bytes]]) -> None:
    data = packed(files)
    assert unpacked(data) == files
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as tar:
        theirs = [(each.name, tar.extractfile(each)) for each in tar]
        assert [(name, stream.read() if stream else None) for name, stream in theirs] == files


def test_no_byte_changes_what_comes_out() -> None:
    """A packed stream may have a second spelling of the same content; other content it never has."""
    data = packed()
    for at in range(len(data)):
        for bit in (1, 0x80):
            changed = data[:at] + bytes([data[at] ^ bit]) + data[at + 1 :]
            assert refused(changed) or unpacked(changed) == FILES
    plain = gzip.decompress(data)
    for at in range(0, len(plain), 7):
        other = data[:10] + gzip.compress(plain[:at] + bytes([plain[at] ^ 1]) + plain[at + 1 :], mtime=0)[10:]
        assert refused(other) or unpacked(other) != FILES


@pytest.mark.parametrize("cut", [0, 1, 9, 10, 40, -9, -8, -1])
def test_a_file_cut_off_or_with_more_behind_it_is_refused(cut: int) -> None:
    data = packed()
    assert refused(data[:cut])
    assert refused(data + b"\0")
    assert refused(data + data)


def test_what_another_tar_may_hold_is_refused_without_being_unpacked() -> None:
    def made(info: tarfile.TarInfo, content: bytes = b"") -> bytes:
        stream = io.BytesIO()
        with tarfile.open(fileobj=stream, mode="w", format=tarfile.USTAR_FORMAT) as tar:
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
        return packed()[:10] + gzip.compress(stream.getvalue(), mtime=0)[10:]

    link, outside, huge = tarfile.TarInfo("a.entry"), tarfile.TarInfo("../a.entry"), tarfile.TarInfo("a.entry")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    assert refused(made(link))
    assert refused(made(outside))
    assert refused(made(huge, bytes(2_000_001)))
    assert refused(gzip.compress(b""))
    with pytest.raises(BadData):
        packed([("../a", b"")])


def test_a_page_has_its_proofs_once_in_one_spelling() -> None:
    data = packed()
    page = f"<!DOCTYPE html><p>{packed_link(data, 'p.tar.gz', 1)}take</a>".encode()
    assert packed_in(page) == data
    with pytest.raises(NotFound):
        packed_in(b"<!DOCTYPE html>")
    for wrong in (page + page, page.replace(b'download="', b'download=" "'), page.replace(b"gzip;base64,", b"gzip;base64,=")):
        with pytest.raises(ProofError):
            packed_in(wrong)


def test_a_hash_printed_beside_another_record_is_found() -> None:
    begins = '<!DOCTYPE html><html lang="en"><head></head><body><table><tbody>'
    ends = "</tbody></table><p>{}take</a></p></body></html>"
    one, other, third = ("ab" * 32, "cd" * 32, "ef" * 32)

    def row(number: int, leaf: str, kind: str = "sale") -> str:
        return f'<tr><td class="c">a&amp;b#{number}</td><td>{kind}</td><td>X</td><td>-</td><td>-</td><td class="c">{leaf}</td></tr>'

    def said(rows: str, claimed: int, proven: dict[str, Listed], parts: frozenset[str] = frozenset()) -> list[tuple[str, object]]:
        page = (begins + rows + ends.format(packed_link(b"", "p.tar.gz", claimed))).encode()
        return [(error.code.removeprefix("proof.page_"), error.as_dict()["value"]) for error in disagreements(page, proven, parts)]

    two = row(1, one) + row(2, other)
    first, second, more = {"a&b#1": Listed(one)}, {"a&b#2": Listed(other)}, {"a&b#3": Listed(third)}
    assert said(two, 1, first) == [], "of the two it lists it says that one is proven"
    assert said(two, 1, {"a&b#1": Listed(third)} | second) == [("differs", "a&b#1")]
    assert said(two, 2, first) == [("unproven", "a&b#2"), ("count", "1")]
    assert said(two, 1, first | more) == [("unlisted", "a&b#3")]
    assert said(two, 1, first | more, frozenset({"a&b#3"})) == [], "a further part of a listed event"
    assert said(two, 3, first | second) == [("count", "2")]
    assert said(two + row(2, other), 2, first | second) == [("markup", "a&b#2")], "each stands once"
    sale = (frozenset({"sale"}), frozenset({"X"}), frozenset({"-"}), frozenset({"-"}))
    assert said(two, 1, {"a&b#1": Listed(one, sale)}) == []
    assert said(row(1, one, "destroyed"), 1, {"a&b#1": Listed(one, sale)}) == [("says", "a&b#1")]
