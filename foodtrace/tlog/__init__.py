"""The log: Merkle tree, signed notes, proofs, appending and verification."""
