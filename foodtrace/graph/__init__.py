"""The lot graph: events become flows and rows, and rows are read back for whoever asks (DESIGN section 6)."""
