"""Proofs read from a database: right at every signed size, in a handful of reads, and never from a gap."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from foodtrace.errors import Integrity
from foodtrace.storage.engine import open_store
from foodtrace.storage.session import Row, Session
from foodtrace.tlog import merkle
from foodtrace.tlog.frontier import Frontier
from foodtrace.tlog.nodes import consistency_at, inclusion_at, root_at

SIZE = 4_700
LEAVES = [merkle.leaf_hash(b"n %d" % n) for n in range(SIZE)]
LOG = 7


class Counting:
    """A session that counts its queries and the rows they gave."""

    def __init__(self, session: Session) -> None:
        self.inner, self.dialect = session, session.dialect
        self.reads = self.most = 0

    def rows(self, sql: str, params: Sequence[object] = ()) -> list[Row]:
        found = self.inner.rows(sql, params)
        self.reads += 1
        self.most = max(self.most, len(found))
        return found


@pytest.fixture
def counting(url: str) -> Iterator[Counting]:
    store = open_store(url, create=True)
    store.create()
    with store.write() as session:
        for log, leaves in ((LOG, LEAVES), (LOG + 1, LEAVES[::-1])):  # a neighbour whose rows are none of ours
            rows = [(log, seq, str(seq), leaf, b"") for seq, leaf in enumerate(leaves)]
            session.many("INSERT INTO entry (log, seq, id, leaf, bytes) VALUES (?,?,?,?,?)", rows)
            nodes = [(log, *node) for node in Frontier().extend(leaves)]
            session.many("INSERT INTO node (log, level, idx, hash) VALUES (?,?,?,?)", nodes)
    with store.read() as session:
        yield Counting(session)
    store.close()


SIZES = (1, 2, 15, 16, 17, 255, 256, 257, 1000, 4095, 4096, 4097, SIZE - 1, SIZE)


def test_inclusion_and_consistency_at_any_size(counting: Counting) -> None:
    for size in SIZES:
        leaves = LEAVES[:size]
        root = merkle.root(leaves)
        assert root_at(counting, LOG, size) == root  # type: ignore[arg-type]
        for index in {0, size // 3, size // 2, size - 1}:
            proof = inclusion_at(counting, LOG, index, size)  # type: ignore[arg-type]
            merkle.verify_inclusion(index=index, size=size, leaf_hash=LEAVES[index], proof=proof, root=root)
        for older in SIZES[: SIZES.index(size) + 1]:
            proof = consistency_at(counting, LOG, older, size)  # type: ignore[arg-type]
            merkle.verify_consistency(size1=older, size2=size, root1=merkle.root(LEAVES[:older]), root2=root, proof=proof)


def test_a_proof_takes_two_reads_for_every_four_levels(counting: Counting) -> None:
    """4,700 entries are 13 levels: 0, 4, 8 and 12 are stored, so eight reads of 16 rows at most."""
    most = 2 * ((SIZE.bit_length() + 3) // 4)
    assert most == 8
    for size in SIZES:
        for index in {0, size // 3, size - 1}:
            counting.reads = 0
            inclusion_at(counting, LOG, index, size)  # type: ignore[arg-type]
            assert counting.reads <= most, (index, size)
            counting.reads = 0
            consistency_at(counting, LOG, index + 1, size)  # type: ignore[arg-type]
            assert counting.reads <= most, (index + 1, size)
    assert counting.most <= 16


def test_a_row_that_is_not_there_is_an_error_and_never_another_node(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/x.db", create=True)
    store.create()
    with store.write() as session:
        rows = [(LOG, seq, str(seq), leaf, b"") for seq, leaf in enumerate(LEAVES[:33]) if seq != 5]
        session.many("INSERT INTO entry (log, seq, id, leaf, bytes) VALUES (?,?,?,?,?)", rows)
        nodes = [(LOG, *node) for node in Frontier().extend(LEAVES[:33]) if node[1] != 0]
        session.many("INSERT INTO node (log, level, idx, hash) VALUES (?,?,?,?)", nodes)
    with store.read() as session:
        for index, size in ((4, 8), (9, 12), (20, 33)):
            with pytest.raises(Integrity) as caught:
                inclusion_at(session, LOG, index, size)
            assert caught.value.code == "proof.node_missing"
    store.close()
