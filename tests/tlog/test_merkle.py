"""Merkle tree: foreign vectors, a naive RFC 6962 reference, and what a broken proof may not do."""

import base64
import json
import random
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foodtrace.errors import Integrity, ProofError
from foodtrace.tlog import frontier, merkle, ranges
from foodtrace.tlog.merkle import Frontier, StoredNodes

VECTORS = Path(__file__).resolve().parents[2] / "../shared/vectors"
SIZES = range(1, 131)
LEAVES = [merkle.leaf_hash(b"entry %d" % i) for i in range(max(SIZES))]


# --- RFC 6962 §2.1 word for word, as slow as it stands there ------------------------------------------------------


def mth(leaves: Sequence[bytes]) -> bytes:
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    return sha256(b"\x01" + mth(leaves[:k]) + mth(leaves[k:])).digest()


def split(n: int) -> int:
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def path(m: int, leaves: Sequence[bytes]) -> list[bytes]:
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if m < k:
        return [*path(m, leaves[:k]), mth(leaves[k:])]
    return [*path(m - k, leaves[k:]), mth(leaves[:k])]


def subproof(m: int, leaves: Sequence[bytes], whole: bool) -> list[bytes]:
    if m == len(leaves):
        return [] if whole else [mth(leaves)]
    k = split(len(leaves))
    if m <= k:
        return [*subproof(m, leaves[:k], whole), mth(leaves[k:])]
    return [*subproof(m - k, leaves[k:], False), mth(leaves[:k])]


def full_node(leaves: Sequence[bytes]) -> merkle.Node:
    """Give nodes of full subtrees only; any other is a mistake of the caller."""

    def node(level: int, index: int) -> bytes:
        part = leaves[index << level : (index + 1) << level]
        assert len(part) == 1 << level, "not a full subtree"
        return mth(part)

    return node


# --- vectors nobody here wrote -----------------------------------------------------------------------------------


def _cases(kind: str) -> list[Any]:
    root = VECTORS / "merkle" / kind
    if not root.is_dir():
        return [pytest.param(None, marks=pytest.mark.skip(reason=f"vectors/merkle/{kind} is not beside the checkout"))]
    return [pytest.param(each, id=str(each.relative_to(root))) for each in sorted(root.rglob("*.json"))]


def _hashes(values: list[str] | None) -> list[bytes]:
    return [base64.b64decode(each) for each in values or []]


@pytest.mark.parametrize("file", _cases("inclusion"))
def test_inclusion_vector(file: Path) -> None:
    case = json.loads(file.read_text())

    def check() -> None:
        merkle.verify_inclusion(
            index=case["leafIdx"],
            size=case["treeSize"],
            leaf_hash=base64.b64decode(case["leafHash"]),
            proof=_hashes(case["proof"]),
            root=base64.b64decode(case["root"]),
        )

    _expect(check, refused=case["wantErr"])


@pytest.mark.parametrize("file", _cases("consistency"))
def test_consistency_vector(file: Path) -> None:
    case = json.loads(file.read_text())

    def check() -> None:
        merkle.verify_consistency(
            size1=case["size1"],
            size2=case["size2"],
            root1=base64.b64decode(case["root1"]),
            root2=base64.b64decode(case["root2"]),
            proof=_hashes(case["proof"]),
        )

    _expect(check, refused=case["wantErr"])


def _expect(check: Any, *, refused: bool) -> None:
    if refused:
        with pytest.raises(ProofError) as caught:
            check()
        assert caught.value.code.startswith("proof.")
    else:
        check()


@pytest.mark.skipif(not (VECTORS / "merkle").is_dir(), reason="vectors/merkle is not beside the checkout")
@pytest.mark.parametrize("kind", ["inclusion", "consistency"])
def test_the_vectors_are_all_there(kind: str) -> None:
    cases = [json.loads(each.values[0].read_text()) for each in _cases(kind)]
    assert (len(cases), sum(each["wantErr"] for each in cases)) == (98, 92)


@pytest.mark.skipif(not (VECTORS / "note").is_dir(), reason="vectors/note is not beside the checkout")
def test_rfc6962_constants() -> None:
    known = json.loads((VECTORS / "note/rfc6962_constants.json").read_text())
    leaves = [merkle.leaf_hash(bytes.fromhex(each)) for each in known["leaf_inputs_hex"]]
    assert [merkle.root(leaves[:n]).hex() for n in range(9)] == known["root_hashes_hex"]
    assert merkle.leaf_hash(b"L123456").hex() == known["leaf_L123456"]
    assert merkle.node_hash(b"N123", b"N456").hex() == known["node_N123_N456"]


# --- every size up to 130 against the reference ------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
def test_roots_and_inclusion_proofs_are_the_reference(size: int) -> None:
    leaves, node = LEAVES[:size], full_node(LEAVES[:size])
    root = mth(leaves)
    assert merkle.root(leaves) == merkle.root_from(node, size) == root
    for index in range(size):
        proof = path(index, leaves)
        assert merkle.inclusion_proof(leaves, index) == proof
        assert merkle.inclusion_proof_from(node, index, size) == proof
        merkle.verify_inclusion(index=index, size=size, leaf_hash=leaves[index], proof=proof, root=root)


@pytest.mark.parametrize("size", SIZES)
def test_consistency_proofs_are_the_reference(size: int) -> None:
    leaves, node = LEAVES[:size], full_node(LEAVES[:size])
    root = mth(leaves)
    for size1 in range(1, size + 1):
        proof = subproof(size1, leaves, True)
        assert merkle.consistency_proof(leaves, size1) == proof
        assert merkle.consistency_proof_from(node, size1, size) == proof
        merkle.verify_consistency(size1=size1, size2=size, root1=mth(leaves[:size1]), root2=root, proof=proof)


def test_a_leaf_proves_only_its_own_place() -> None:
    for size in range(1, 24):
        leaves, root = LEAVES[:size], mth(LEAVES[:size])
        for index in range(size):
            proof = path(index, leaves)
            for other in set(range(size + 3)) - {index}:
                with pytest.raises(ProofError):
                    merkle.verify_inclusion(index=other, size=size, leaf_hash=leaves[index], proof=proof, root=root)


def test_reads_stay_few() -> None:
    """1 M entries: a proof folds one subtree a hash but for one range at the right edge."""
    size = 1_000_003
    for index in (0, 1, size // 2, size - 3, size - 1):
        assert sum(map(len, merkle.proof_ranges_inclusion(index, size))) <= 2 * size.bit_length()
    assert sum(map(len, merkle.proof_ranges_consistency(777_777, size))) <= 2 * size.bit_length()
    assert sum(map(len, merkle.proof_ranges_inclusion(5, merkle.MAX_SIZE))) <= 126


def test_root_ranges() -> None:
    assert merkle.root_ranges(0) == []
    assert merkle.root_ranges(13) == [(3, 0), (2, 2), (0, 12)]


# --- broken proofs -----------------------------------------------------------------------------------------------


def _flip(data: bytes, bit: int) -> bytes:
    return (int.from_bytes(data, "big") ^ 1 << bit).to_bytes(len(data), "big")


@given(st.integers(1, 60), st.data())
def test_one_flipped_bit_breaks_an_inclusion_proof(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    parts = [LEAVES[index], mth(LEAVES[:size]), *path(index, LEAVES[:size])]
    which, bit = data.draw(st.integers(0, len(parts) - 1)), data.draw(st.integers(0, 255))
    parts[which] = _flip(parts[which], bit)
    with pytest.raises(ProofError) as caught:
        merkle.verify_inclusion(index=index, size=size, leaf_hash=parts[0], proof=parts[2:], root=parts[1])
    assert caught.value.code == "proof.root_mismatch"


@given(st.integers(2, 60), st.data())
def test_one_flipped_bit_breaks_a_consistency_proof(size: int, data: st.DataObject) -> None:
    size1 = data.draw(st.integers(1, size))
    parts = [mth(LEAVES[:size1]), mth(LEAVES[:size]), *subproof(size1, LEAVES[:size], True)]
    which, bit = data.draw(st.integers(0, len(parts) - 1)), data.draw(st.integers(0, 255))
    parts[which] = _flip(parts[which], bit)
    with pytest.raises(ProofError):
        merkle.verify_consistency(size1=size1, size2=size, root1=parts[0], root2=parts[1], proof=parts[2:])


@pytest.mark.parametrize("change", ["drop first", "drop last", "repeat last", "add"])
def test_a_proof_of_another_length_is_refused(change: str) -> None:
    for size in range(2, 40):
        for index in range(size):
            good = path(index, LEAVES[:size])
            bad = {"drop first": good[1:], "drop last": good[:-1], "repeat last": [*good, good[-1]], "add": [*good, bytes(32)]}
            with pytest.raises(ProofError):
                merkle.verify_inclusion(index=index, size=size, leaf_hash=LEAVES[index], proof=bad[change], root=mth(LEAVES[:size]))


ODD = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=3), st.binary(max_size=40), st.lists(st.binary(max_size=33))
)


@given(ODD, ODD, ODD, ODD, ODD)
def test_nothing_but_proof_errors_for_odd_arguments(index: Any, size: Any, leaf: Any, proof: Any, root: Any) -> None:
    with pytest.raises(ProofError):
        merkle.verify_inclusion(index=index, size=size, leaf_hash=leaf, proof=proof, root=root)
    for size1, size2 in ((index, size), (1, 2), (3, 7)):
        with pytest.raises(ProofError):
            merkle.verify_consistency(size1=size1, size2=size2, root1=leaf, root2=root, proof=proof)


@pytest.mark.parametrize(
    ("index", "size", "message"),
    [
        (-1, 4, "index is -1, expected an integer 0 .. 2^63-1"),
        (True, 4, "index is True, expected an integer 0 .. 2^63-1"),
        (0, 1 << 63, "size is 9223372036854775808, expected an integer 0 .. 2^63-1"),
        (1.0, 4, "index is 1.0, expected an integer 0 .. 2^63-1"),
        (4, 4, "index 4 is outside a log of 4 entries"),
        (0, 0, "index 0 is outside a log of 0 entries"),
    ],
)
def test_numbers_out_of_form(index: Any, size: Any, message: str) -> None:
    with pytest.raises(ProofError) as caught:
        merkle.verify_inclusion(index=index, size=size, leaf_hash=bytes(32), proof=[], root=bytes(32))
    assert caught.value.message() == message


def test_a_fork_is_told_apart_from_a_bad_form() -> None:
    with pytest.raises(ProofError) as caught:
        merkle.verify_consistency(size1=3, size2=3, root1=bytes(32), root2=bytes([1]) * 32, proof=[])
    assert caught.value.message() == (
        f"two checkpoints of the same size 3 have different roots: {bytes(32).hex()} and {(bytes([1]) * 32).hex()}"
    )
    assert caught.value.hint() == "keep both checkpoints, they are evidence; tell whoever runs the log, and the regulator"


def test_a_long_proof_is_refused_by_its_length_alone() -> None:
    with pytest.raises(ProofError) as caught:
        merkle.verify_inclusion(index=0, size=2, leaf_hash=bytes(32), proof=[b"x"] * 65, root=bytes(32))
    assert caught.value.code == "proof.length"


def test_leaf_hashes_are_checked() -> None:
    with pytest.raises(ProofError, match=r"proof\.hash_length: a hash of leaf must be 32 bytes long, got 31"):
        merkle.root([bytes(32), bytes(31)])


# --- growing -----------------------------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 40), max_size=12))
def test_frontier_in_any_batches_is_the_same_tree(batches: list[int]) -> None:
    tree, stored, at = Frontier(), [], 0
    for count in batches:
        leaves = [merkle.leaf_hash(b"%d" % i) for i in range(at, at + count)]
        stored += tree.extend(leaves)
        at += count
    leaves = [merkle.leaf_hash(b"%d" % i) for i in range(at)]
    assert tree.size == at
    assert tree.root() == mth(leaves)
    assert tree.hashes == tuple(mth(leaves[i << n : (i + 1) << n]) for n, i in merkle.root_ranges(at))
    expected = {(n, i): mth(leaves[i << n : (i + 1) << n]) for n in (4, 8) for i in range(at >> n)}
    assert {(n, i): h for n, i, h in stored} == expected
    assert len(stored) == len(expected), "a stored node is reported once"
    assert Frontier.from_bytes(tree.to_bytes()) == tree


def test_frontier_one_by_one() -> None:
    tree = Frontier()
    assert tree.root() == merkle.EMPTY_ROOT
    for size in SIZES:
        stored = tree.append(LEAVES[size - 1])
        assert [(n, i) for n, i, _ in stored] == [(4, size // 16 - 1)] * (size % 16 == 0)
        assert tree.root() == mth(LEAVES[:size])
        assert len(tree.to_bytes()) == 8 + 32 * size.bit_count()
        assert Frontier.from_bytes(tree.to_bytes()).root() == tree.root()


def test_a_failed_extend_changes_nothing_and_a_copy_is_its_own() -> None:
    tree = Frontier()
    tree.extend(LEAVES[:5])
    before = tree.to_bytes()
    with pytest.raises(ProofError):
        tree.extend([LEAVES[5], b"short"])
    assert tree.to_bytes() == before
    twin = tree.copy()
    twin.extend(LEAVES[5:20])
    assert tree.to_bytes() == before
    assert twin != tree
    assert "Frontier(size=5, root=" in repr(tree)


def test_an_interrupt_in_the_middle_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    tree = Frontier()
    tree.extend(LEAVES[:5])
    before, calls = tree.to_bytes(), iter(range(9))

    def interrupted(nodes: Sequence[bytes]) -> list[bytes]:
        if next(calls) == 2:
            raise KeyboardInterrupt
        return ranges.parents(nodes)

    monkeypatch.setattr(frontier, "parents", interrupted)
    with pytest.raises(KeyboardInterrupt):
        tree.extend(LEAVES[5:40])
    assert tree.to_bytes() == before
    assert tree.root() == mth(LEAVES[:5])


@given(st.binary(max_size=200))
def test_frontier_bytes_out_of_form(data: bytes) -> None:
    try:
        tree = Frontier.from_bytes(data)
    except Integrity as caught:
        assert caught.code == "proof.frontier"  # noqa: PT017 (either outcome is right)
    else:
        assert tree.to_bytes() == data


@pytest.mark.parametrize("cut", [b"", b"\x00", bytes(7), bytes(9), b"\xff" * 8 + bytes(32 * 64)])
def test_frontier_bytes_of_wrong_length_or_size(cut: bytes) -> None:
    with pytest.raises(Integrity):
        Frontier.from_bytes(cut)


# --- from a store of every 4th level -----------------------------------------------------------------------------


class _Store:
    """Leaf hashes and the nodes that ``extend`` gave, in rows of 16 as a database reads them."""

    def __init__(self, leaves: list[bytes]) -> None:
        self.rows = {(0, i): each for i, each in enumerate(leaves)}
        self.rows |= {(n, i): each for n, i, each in Frontier().extend(leaves)}
        self.reads = 0

    def read(self, level: int, block: int) -> list[bytes]:
        self.reads += 1
        found = [self.rows.get((level, i)) for i in range(16 * block, 16 * block + 16)]
        return [each for each in found if each is not None]


BIG = [merkle.leaf_hash(b"big %d" % i) for i in range(5003)]
STORE = _Store(BIG)


@given(st.integers(1, len(BIG)), st.data())
def test_proofs_from_stored_nodes_are_those_from_all_leaves(size: int, data: st.DataObject) -> None:
    index, size1 = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    node = StoredNodes(STORE.read)
    assert merkle.root_from(node, size) == merkle.root(BIG[:size])
    assert merkle.inclusion_proof_from(node, index, size) == merkle.inclusion_proof(BIG[:size], index)
    assert merkle.consistency_proof_from(node, size1, size) == merkle.consistency_proof(BIG[:size], size1)


def test_a_proof_reads_few_blocks() -> None:
    for index in random.Random(7).sample(range(len(BIG)), 50):
        STORE.reads = 0
        merkle.inclusion_proof_from(StoredNodes(STORE.read), index, len(BIG))
        assert STORE.reads <= 8, "two for each four levels"


def test_a_node_lost_from_the_store_is_damage_not_a_bad_proof() -> None:
    store = _Store(BIG[:600])
    del store.rows[4, 36]
    with pytest.raises(Integrity) as caught:
        merkle.inclusion_proof_from(StoredNodes(store.read), 3, 600)
    assert caught.value.message() == "a stored node is missing: level 4 number 36"
    assert caught.value.exit_code == 3
    with pytest.raises(Integrity):
        merkle.root_from(lambda _level, _index: b"", 3)
