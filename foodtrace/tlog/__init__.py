"""The transparency log: entries, tree, signed notes, proofs, append and verify (DESIGN section 5)."""
