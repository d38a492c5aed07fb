"""Recall: which holdings are affected, how sure that is, how much is where, and how far the recall has come (RECALL.md)."""
