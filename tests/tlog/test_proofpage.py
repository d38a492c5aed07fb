"""What a page lists is what is proven in it: no row beside, none missing, none that says other words, no log with another checkpoint."""

from __future__ import annotations

import pytest

from foodtrace.keys import SigningKey
from foodtrace.tlog.note import sign_note
from foodtrace.tlog.pagelists import Form, Heading
from foodtrace.tlog.proofpage import Listed, Proven, disagreements, packed_link
from tests.tlog.signed import LOG, OTHER, TEXT

ONE, TWO, THREE = "ab" * 32, "cd" * 32, "ef" * 32
STRANGER = SigningKey("example.com/log", bytes(range(3, 35)))
"""A key under the log's name that nobody knows."""
COLUMNS = ("entry", "event", "site", "at", "recorded", "leaf")
FORM = Form(Heading("Logs", ("log", "entries", "newest", "key", "checkpoint")), Heading("Case", COLUMNS), Heading("Goods", COLUMNS))
HEADS = {"example.com/log": {sign_note(TEXT, [LOG]): ("example.com/log+" + LOG.key_id.hex(),)}}


def row(number: int, leaf: str, kind: str = "sale") -> str:
    return f'<tr><td class="c">a&amp;b#{number}</td><td>{kind}</td><td>X</td><td>-</td><td>-</td><td class="c">{leaf}</td></tr>'


def log_row(name: str = "example.com/log", size: str = "42", vkey: str = LOG.vkey, note: bytes = sign_note(TEXT, [LOG])) -> str:
    words = note.decode().rstrip("\n").replace("\n", "<br>")
    return f'<tr><td class="c">{name}</td><td class="n">{size}</td><td>-</td><td class="c">{vkey}</td><td><pre>{words}</pre></td></tr>'


def table(columns: tuple[str, ...], rows: str) -> str:
    return f"<table><thead><tr>{''.join(f'<th>{each}</th>' for each in columns)}</tr></thead><tbody>{rows}</tbody></table>"


def page(rows: str, claimed: int, logs: str = "", before: str = "") -> str:
    logs = logs or log_row()
    return (
        f'<!DOCTYPE html><html lang="en"><head></head><body>{before}<p>{packed_link(b"", "p.tar.gz", claimed)}take</a></p><p>how</p>'
        f"<h2>Logs ({logs.count('<tr>')})</h2>{table(FORM.logs.columns, logs)}"
        f'<section class="wide"><h2>Case ({rows.count("<tr>")})</h2>{table(COLUMNS, rows)}</section></body></html>\n'
    )


def said(text: str, records: dict[str, Listed], parts: frozenset[str] = frozenset()) -> list[tuple[str, object]]:
    faults, _ = disagreements(text.encode(), Proven(records, HEADS, parts), [FORM])
    return [(error.code.removeprefix("proof.page_"), error.as_dict()["value"]) for error in faults]


PAIR = row(1, ONE) + row(2, TWO)
FIRST, SECOND, MORE = {"a&b#1": Listed(ONE)}, {"a&b#2": Listed(TWO)}, {"a&b#3": Listed(THREE)}


def test_each_listed_record_is_proven_and_each_proven_one_listed() -> None:
    assert said(page(PAIR, 2), FIRST | SECOND) == []
    assert said(page(PAIR, 1), FIRST) == [("unproven", "a&b#2")], "what is listed is read, whatever the link says of its number"
    assert said(page(PAIR, 2), {"a&b#1": Listed(THREE)} | SECOND) == [("differs", "a&b#1")]
    assert said(page(PAIR, 2), FIRST) == [("unproven", "a&b#2"), ("count", "1")]
    assert said(page(PAIR, 2), FIRST | SECOND | MORE) == [("unlisted", "a&b#3")]
    assert said(page(PAIR, 2), FIRST | SECOND | MORE, frozenset({"a&b#3"})) == [], "a further part of a listed event"
    assert said(page(PAIR, 3), FIRST | SECOND) == [("count", "2")]
    assert said(page(PAIR, 1), FIRST | SECOND) == [("count", "2")]
    assert said(page(PAIR + row(2, TWO), 2), FIRST | SECOND) == [("markup", "a&b#2")], "each stands once"
    sale = (frozenset({"sale"}), frozenset({"X"}), frozenset({"-"}), frozenset({"-"}))
    assert said(page(row(1, ONE), 1), {"a&b#1": Listed(ONE, sale)}) == []
    assert said(page(row(1, ONE, "destroyed"), 1), {"a&b#1": Listed(ONE, sale)}) == [("says", "a&b#1")]


@pytest.mark.parametrize(
    "leaf",
    [
        *("-", ONE[:63], ONE[:62] + "..", ONE + "0", ONE.upper(), ONE[:30] + "</td><td>" + ONE[30:], ONE[:30] + "<br>" + ONE[30:]),
        *(ONE.replace("a", letter) for letter in "\u0430\uff41"),
        *(ONE[:30] + unseen + ONE[30:] for unseen in ("\u1160", "\u3164", "\u2800", "\u20e0", "\ue000", "\ufff0", "\u2010")),
        *(ONE[:30] + unseen + ONE[30:] for unseen in ("&#13;", "&#8232;", "&#0;")),
    ],
)
def test_a_row_in_any_other_form_ends_the_reading(leaf: str) -> None:
    false = row(1, leaf, "recall withdrawn")
    for rows in (false + PAIR, PAIR + false):
        assert [code for code, _ in said(page(rows, 2), FIRST | SECOND)] == ["markup"]
    if "<" not in leaf and len(leaf) > 60:  # what looks like a hash stands in no list before, either
        fair = page(PAIR, 2, before="<table><tbody><tr><td>a</td><td>-</td></tr></tbody></table>")
        assert said(fair, FIRST | SECOND) == []
        assert [code for code, _ in said(fair.replace("<td>-<", f"<td>{leaf}<", 1), FIRST | SECOND)] == ["markup"]


def test_numbers_in_a_row_are_no_hash() -> None:
    numbers = ", ".join(f"1380013{each:04}" for each in range(20))
    assert said(page(PAIR, 2, before=f"<p>{numbers}</p>"), FIRST | SECOND) == []
    assert said(page(PAIR, 2, before=f"<p>{'Молочный завод ' * 20}</p>"), FIRST | SECOND) == []


@pytest.mark.parametrize(
    "list_",
    [
        table(COLUMNS, ""),
        table((*COLUMNS[:3], *COLUMNS[4:], "-", COLUMNS[3]), ""),
        "<h2>Case (1)</h2>",
        "<p>Goods (1)</p>",
        "<h2> Logs</h2>",
        "<h2>The CASE&nbsp; (1)</h2>",
        "<div>\u200bGoods (1)</div>",
        "<table><tbody>" + row(9, ONE[:59], "recall withdrawn") + "</tbody></table>",
        "<table><tbody><tr><td>a&amp;b&#35;9</td><td>withdrawn</td></tr></tbody></table>",
        "<table><tbody><tr><td>a\uff039</td><td>withdrawn</td></tr></tbody></table>",
    ],
)
def test_nothing_before_the_lists_looks_like_one(list_: str) -> None:
    assert [code for code, _ in said(page(PAIR, 2, before=list_), FIRST | SECOND)] == ["markup"]


@pytest.mark.parametrize("lie", [f"a&amp;b#9 withdrawn {ONE}", "a&amp;b#9 withdrawn", ONE])
def test_behind_the_link_places_and_hashes_stand_in_rows_alone(lie: str) -> None:
    good = page(PAIR, 2)
    for old in ("take</a>", "<p>how</p>", "Case (2)", "</h2><table>", "</section>"):
        below = f'{old}<p class="sub">{lie}</p>'
        new = {"take</a>": f"{lie}</a>", "<p>how</p>": f"<p>{lie}</p>", "Case (2)": f"Case (1 {lie}) (2)"}.get(old, below)
        assert old in good
        assert [code for code, _ in said(good.replace(old, new), FIRST | SECOND)] == ["markup"], new
    none = good.replace(table(COLUMNS, PAIR), f"<p>{lie}</p>").replace("Case (2)", "Case (0)")
    assert "markup" in [code for code, _ in said(none, {})]


def test_columns_titles_and_what_follows_are_the_lists_own() -> None:
    good = page(PAIR, 2)
    for old, new in (
        ("<th>at</th><th>recorded</th>", "<th>recorded</th><th>at</th>"),
        ("Case (2)", "Case (3)"),
        ("Case (2)", "Records of another case (2)"),
        ("</section>", "</section><p>withdrawn</p>"),
        ("</section>", '</section><section class="wide"><h2>Case (0)</h2><p>none</p></section>'),
        ("<p>how</p>", "<p>how</p><table><tbody></tbody></table>"),
        ("</body>", f'<details><summary>Goods (1)</summary>{table(COLUMNS, row(9, "-"))}</details><p class="paper">1</p></body>'),
    ):
        assert old in good
        assert [code for code, _ in said(good.replace(old, new), FIRST | SECOND)] == ["markup"], new


def test_a_log_has_the_checkpoint_that_was_proven_signed_by_the_key_beside_it() -> None:
    other = sign_note(TEXT.replace(b"42", b"41"), [LOG])
    foreign = TEXT.replace(b"example.com/log", b"example.com/other")
    for rows in (
        log_row(vkey=LOG.vkey[:-4] + "AAAA"),
        log_row(vkey=OTHER.vkey),
        log_row(size="43"),
        log_row(note=other),
        log_row(size="41", note=other),
        log_row(note=sign_note(TEXT, [OTHER])),
        log_row() + log_row(),
        log_row(vkey=STRANGER.vkey, note=sign_note(TEXT, [STRANGER])),
        log_row(vkey=STRANGER.vkey, note=sign_note(TEXT, [LOG, STRANGER])),
        log_row(note=sign_note(TEXT, [LOG, STRANGER])),
    ):
        assert said(page(PAIR, 2, rows), FIRST | SECOND) == [("log", "example.com/log")], rows
    beside = log_row("example.com/other", vkey=OTHER.vkey, note=sign_note(foreign, [OTHER]))
    assert said(page(PAIR, 2, beside), FIRST | SECOND) == [("log", "example.com/log")], "a log with proofs is listed"
    text = page(PAIR, 2, log_row() + beside).encode()
    assert disagreements(text, Proven(FIRST | SECOND, HEADS), [FORM]) == ([], 1), "of one log nothing is proven"
    assert said(page(PAIR, 2, log_row() + beside.replace("42<", "43<", 1)), FIRST | SECOND) == [("log", "example.com/other")]
