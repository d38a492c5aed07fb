"""A deadline that runs into a year whose holidays nobody gave, before and after somebody writes its table."""

from __future__ import annotations

from pathlib import Path

from tests.cli.inside import Inside, here

__all__ = ["here"]

NOW = "2026-12-29T12:00"


def opened(here: Inside) -> None:
    here("--now", "2026-12-28T08:00", "init")
    here("--now", "2026-12-28T08:00", "site", "add", "Farm:farm", "Shop:shop")
    here("--now", "2026-12-28T08:05", "certificate", "issue", "tomato", "20kg", "--basis", "1", "--code", "T-1", "--out", "a.png")
    here("--now", "2026-12-28T09:00", "transfer", "T-1", "20kg", "--to", "Shop")
    here("--now", "2026-12-28T12:00", "case", "open", "T-1", "--class", "1", "--known", "2026-12-28T11:00", "--reason", "x")
    here("--now", "2026-12-28T12:01", "case", "publish")
    here("--now", "2026-12-28T12:02", "case", "notify", "--out", "n")


def test_without_the_years_table_no_door_tells_a_day_and_with_it_every_door_tells_the_same_and_whose_table_it_is(here: Inside) -> None:
    opened(here)
    said = here("--now", NOW, "case", "status")
    assert "2026-0001 tomato class 1  scope version 1  published; no holiday table for 2027, so no due day" in said
    status = here.json("--now", NOW, "case", "status")
    assert (status["clocks"][1]["due_day"], status["clocks"][1]["missing"], status["clocks"][1]["own"]) == (None, [2027], [])
    page = next(Path(here.folder, "n").glob("*Shop*")).read_text(encoding="utf-8")
    assert "<td>no holiday table for 2027, so no date</td>" in page, "a shop is not left to guess"
    here("--now", NOW, "case", "report", "--out", "r.html")
    assert "no holiday table for 2027, so no date" in Path(here.folder, "r.html").read_text(encoding="utf-8")
    assert here.json("--now", NOW, "case", "list")[0]["due_day"] is None

    folder = here.folder / "rules" / "calendar"
    folder.mkdir(parents=True)
    holiday = 'name = "元旦"\nfirst = 2027-01-01\nlast = 2027-01-03\n'
    (folder / "2027.toml").write_text(f'year = 2027\nsource = "x"\nverified = true\n[[holiday]]\n{holiday}', encoding="utf-8")
    here.set("FOODTRACE_RULES", str(here.folder / "rules"))
    said = here("--now", NOW, "case", "status")
    assert "day 1 of 10 working days, due 2027-01-12" in said
    assert "  by a holiday table of your own for 2027\n" in said
    assert "  2027 年按自定的放假安排\n" in here("--now", NOW, "case", "status", lang="zh")
    clock = here.json("--now", NOW, "case", "status")["clocks"][1]
    assert (clock["due_day"], clock["left"], clock["missing"], clock["own"]) == ("2027-01-12", 9, [], [2027])
    here("--now", NOW, "case", "report", "--out", "r.html")
    page = Path(here.folder, "r.html").read_text(encoding="utf-8")
    assert "9 working days left; by a holiday table of your own for 2027" in page
    assert here.json("--now", NOW, "case", "list")[0]["due_day"] == "2027-01-12"
    here("--now", NOW, "case", "notify", "--silent", "--out", "m")
    assert "<td>2027-01-12</td>" in next(Path(here.folder, "m").glob("*Shop*")).read_text(encoding="utf-8")
    late = here.json("--now", "2027-01-08T12:00", "case", "status")["late"]
    assert [(task["what"], task["name"], task["late_by"]) for task in late] == [("answer", "Shop", 5)], "answers are counted by it as well"


def test_a_table_that_is_wrong_ends_the_command_with_its_file(here: Inside) -> None:
    opened(here)
    folder = here.folder / "rules" / "calendar"
    folder.mkdir(parents=True)
    (folder / "2027.toml").write_text("year = 2027\n", encoding="utf-8")
    said = here("--now", NOW, "--rules", str(here.folder / "rules"), "case", "status", code=2)
    assert f"holiday table {folder / '2027.toml'} is not well-formed" in said
    assert "hint: write it like the one in docs/recall.md, Holidays of a year" in said


def test_a_day_that_an_extension_sets_in_such_a_year_is_told_without_a_count(here: Inside) -> None:
    opened(here)
    here("--now", "2026-12-28T13:00", "case", "extend", "--until", "2027-02-01", "--approval", "A-1", "--published", "2026-12-28T12:30")
    said = here("--now", NOW, "case", "status")
    assert "no holiday table for 2027: nobody can count the working days there" in said
    assert "due 2027-02-01" in said
    assert "days left" not in said
    here("--now", NOW, "case", "report", "--out", "r.html")
    assert "no holiday table for 2027: nobody can count" in Path(here.folder, "r.html").read_text(encoding="utf-8")
    said = here("--now", "2027-01-08T12:00", "case", "status")
    assert "due 2027-02-01; no holiday table for 2027, so nobody can count the working days" in said
