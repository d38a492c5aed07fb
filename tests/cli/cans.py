"""A plant's cans of formula, made of the shop's tomatoes and received at its shop; and the recall of what went in."""

from __future__ import annotations

from pathlib import Path

from tests.cli.shell import lot_of, run

BATCH = "06909999000012/B260912A"


def filled(folder: Path, *, delivered: bool) -> str:
    """Fill a batch from the tomato lot, with or without a record that the plant ever got it; return the tomato lot."""
    run(folder, "site", "add", "小北乳业:plant")
    tomato = lot_of(folder)
    if delivered:
        run(folder, "transfer", tomato, "2kg", "--from", "北河农批", "--to", "小北乳业")
    what = ("--product", "小北1段", "--in", f"{tomato}=1kg", "--content", "900g", "--expiry", "2028-09-11")
    papers = ("--registration", "国食注字YP20269901", "--licence", "SC12923019900064")
    run(folder, "formula", "batch", BATCH, "100", "--plant", "小北乳业", *what, *papers)
    run(folder, "formula", "receive", BATCH, "12", "--shop", "福安超市", "--from", "小北乳业")
    return tomato


def recall(folder: Path, lot: str) -> None:
    """Open a case of class 1 about a lot, with advice to parents."""
    advice = ("--advice", "take it back to the shop")
    run(folder, "case", "open", lot, "--class", "1", "--known", "2026-01-01T00:00", "--reason", "x", *advice)
