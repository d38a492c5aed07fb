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
from foodtrace.tlog.proofpage import packed_in, packed_link
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
