"""What the tests of intake share: a small directory of names, and files as systems write them. All data is fictitious."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Sequence
from typing import Any

from openpyxl import Workbook

from foodtrace.errors import Ambiguous, NotFound
from foodtrace.identifiers import checksums
from foodtrace.intake import Intake, Question, read_events

SALES = "交易单号,交易时间,商户号,品名,批次,数量,单位,买方信用代码,买方,单价,金额"
FIRST = "JS261123-0001,2026-11-23 05:12,A-17,芹菜,261123-G1-0031,240,斤,{fuan},福安超市,3.2,768"


def credit(serial: int, region: str = "230199", category: str = "2") -> str:
    """Return a valid fictitious credit code."""
    inner = f"FT{serial:06d}"
    body = f"9{category}{region}{inner}{checksums.organisation(inner)}"
    return body + checksums.credit_code(body)


FUAN, HUIMIN, LIJI = credit(1), credit(2), credit(3)


class Names:
    """A directory of a few sites and lots; counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.sites = {
            "L-0002": "L-0002",
            "北河农批": "L-0002",
            "L-0003": "L-0003",
            "福安超市": "L-0003",
            FUAN: "L-0003",
            "惠民菜店": "L-0004",
            "惠民二店": "L-0005",
            "李记蔬菜": "L-0017",
            LIJI: "L-0017",
            "安心母婴店": "L-0009",
        }
        self.cards = {"A-17": "L-0017", "B-03": "L-0018"}
        self.lots = {"261123-G1-0031": "L-0002/261123-G1-0031", "B260903A": "06909999000012/B260903A"}

    def site(self, name: str, /, *, market: str = "") -> str:
        self.asked += 1
        if name == HUIMIN:
            raise Ambiguous("site.ambiguous", value=name, candidates=("L-0004", "L-0005"))
        found = self.sites.get(name) or (self.cards.get(name) if market in ("", "L-0002") else None)
        if found is None:
            raise NotFound("site.not_found", value=name, near=("福安超市",) if name.startswith("福") else ())
        return found

    def lot(self, name: str, /, *, site: str = "") -> str:
        self.asked += 1
        if "/" in name:
            return name
        if name not in self.lots:
            raise NotFound("lot.not_found", value=name, near=tuple(self.lots)[:1])
        return self.lots[name]

    def product(self, name: str, /) -> str:
        return {"06909999000012": "小北1段 900 g"}.get(name, name)

    def products_of(self, lot: str, /) -> tuple[str, ...]:
        return {"L-0002/261123-G1-0031": ("芹菜",), "L-0002/EN-1": ("Celery",), "06909999000012/B260903A": ("小北1段 900 g",)}.get(lot, ())


class Person:
    """Answers questions from a table and keeps them."""

    def __init__(self, **answers: str) -> None:
        self.answers = answers
        self.questions: list[Question] = []

    def __call__(self, question: Question) -> str | None:
        self.questions.append(question)
        return self.answers.get(question.about)


def sales(*rows: str, head: str = SALES) -> str:
    """Return a settlement file; rows are given with ``{fuan}`` and ``{liji}`` for credit codes."""
    return "\r\n".join((head, *(row.format(fuan=FUAN, liji=LIJI) for row in rows))) + "\r\n"


def take(data: str | bytes, **options: Any) -> Intake:
    """Read a file's text or bytes with the small directory."""
    options.setdefault("directory", Names())
    return read_events(data.encode() if isinstance(data, str) else data, **options)


def workbook(*sheets: tuple[str, Sequence[Sequence[object]]]) -> bytes:
    """Return a workbook's bytes."""
    book = Workbook()
    book.remove(book.active)  # type: ignore[arg-type]
    for title, rows in sheets:
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def at(text: str) -> dt.datetime:
    """Return a moment of China's time zone."""
    return dt.datetime.fromisoformat(text + "+08:00")
