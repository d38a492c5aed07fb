"""Keeping a ledger over the years: keys that change, personal data that goes, backups, recovery, the health of a set-up."""
