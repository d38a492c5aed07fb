"""What a person reads calls a site by what is over its door; the id stands in JSON, and where two of a name must be told apart."""

from __future__ import annotations

from tests.cli.inside import here
from tests.cli.test_case_left import Told, told

__all__ = ["here", "told"]


def said(told: Told, time: str, *words: str, code: int) -> str:
    """Type a command that is refused; the error names no site by its id. Return its text."""
    text = told(time, *words, code=code).split("hint:")[0]
    assert not [each for each in ("L-0001 ", "L-0002", "L-0003", "L-0004") if each in text.replace("(L-000", "(")], text
    return text


def test_errors_of_transfer_and_case_say_names(told: Told) -> None:
    told("12:06", "case", "acknowledge", "Coop", "--nothing-left")
    other = told("12:07", "certificate", "issue", "leek", "9kg", "--basis", "1", "--out", "b.png").split("  lot ")[1].split()[0]
    assert "Farm holds 9.0 kg, asked 20.0 kg" in said(told, "12:10", "transfer", other, "20kg", "--from", "Farm", "--to", "Shop", code=1)
    assert "Shop holds 0 g" in said(told, "12:10", "transfer", other, "2kg", "--from", "Shop", "--to", "Coop", code=1)
    assert "sender and buyer are both Farm" in said(told, "12:10", "transfer", other, "2kg", "--from", "Farm", "--to", "Farm", code=2)
    assert "no destruction is planned at Shop (case 2026-0001)" in said(told, "12:10", "case", "destroy", "Shop", "--call-off", code=1)
    assert "by the book Shop holds nothing of case 2026-0001" in said(told, "12:10", "case", "seal", "Shop", code=1)
    assert "Shop is not in the sample of case 2026-0001" in said(told, "12:10", "case", "check", "Shop", "clean", code=1)
    told("12:11", "site", "add", "Else:shop")
    assert "Else is not affected by case 2026-0001" in told("12:12", "case", "acknowledge", "Else", code=1)
    assert "the records of Whole run from" in told(
        "12:12", "case", "open", "--left", "Whole", "--from", "2026-10-01", "--to", "2026-10-02", "--class", "2",
        "--known", "2026-11-26T11:00", "--reason", "x", code=1,
    )  # fmt: skip


def test_sites_to_choose_from_are_named_and_told_apart(told: Told) -> None:
    other = told("12:07", "certificate", "issue", "leek", "9kg", "--basis", "1", "--out", "b.png").split("  lot ")[1].split()[0]
    told("12:08", "transfer", other, "2kg", "--from", "Farm", "--to", "Shop")
    text = told("12:10", "transfer", other, "1kg", "--to", "Coop", code=2)
    assert "Farm (L-0001)" in text
    assert "Shop (L-0003)" in text


def test_an_answer_by_another_sites_code_is_told_by_both_names(told: Told) -> None:
    mails = told.here.json("--now", "2026-11-26T12:06", "case", "notify", "--silent", "--out", "m")
    code = next(each["receipt"] for each in mails if each["name"] == "Shop")
    (told.here.folder / "a.csv").write_text(f"site,receipt,lot,on hand\nCoop,{code},{told.lot},1kg\n", encoding="utf-8")
    text = told("12:10", "case", "acknowledge", "--file", "a.csv", code=1)
    assert "the receipt code is of Shop, the row says Coop" in text
