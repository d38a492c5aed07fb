"""A page of a report shows what was checked: what a browser would show in another way is named."""

from __future__ import annotations

import re
from hashlib import sha256

import pytest

from foodtrace.recall import curve_picture, picture, report_html
from foodtrace.tlog.pageform import SHEETS, other_hash, strange

HASH = "5d" * 32
PAGE = (
    '<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8"><title>召回</title>'
    f'<style>{report_html._CSS}</style></head><body><h1>召回</h1><p class="sub">a<br>b</p>'
    '<div class="rates"><div>R1<b>100 %</b>1 / 1 kg</div></div>'
    '<section class="wide"><h2>x</h2><figure><svg xmlns="http://www.w3.org/2000/svg" class="chain" viewBox="0 0 10 10" width="10" '
    f'height="10" role="img" aria-label="x"><title>x</title><style>{picture._STYLE}</style><g transform="translate(0 20)"><rect x="1.0" '
    'y="2" rx="3" fill="#fff" class="b p"/><text x="1" y="2" class="k">福安</text></g></svg></figure></section>'
    '<table class="k"><thead><tr><th>entry</th></tr></thead><tbody><tr><td class="c">a#1</td><td>1<br>2</td><td><pre>1<br>2</pre></td></tr>'
    "</tbody></table><details><summary>more</summary><table><tbody><tr><td>1</td></tr></tbody></table></details><p><a>take</a></p></body></html>\n"
)


def test_style_sheets_in_use_are_among_those_a_page_may_have() -> None:
    """Whoever changes a sheet adds its hash, and leaves the old ones: pages made before are still read."""
    used = {sha256(each.encode()).hexdigest() for each in (report_html._CSS, picture._STYLE, curve_picture._STYLE)}
    assert used <= SHEETS


def test_a_page_as_foodtrace_writes_it_has_nothing_strange() -> None:
    assert strange(PAGE) is None
    assert other_hash(PAGE) is None


ROW = '<tr><td class="c">a#1</td>'


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<tbody>", "<tbody><td>a#1</td>"),  # a browser makes a row of its own
        ("<tbody>", "<tbody>a#1"),  # and shows this before the table
        ("</tbody>", "<tr><td>1</tbody>"),
        ("</tbody>", "<tr><td>1</td></tbody>"),
        ("</table>", "</TABLE>"),
        ("<table class", "<table hidden class"),
        ("<details>", '<details hidden="">'),
        ('<td class="c">', '<td style="display:none">'),
        ('<td class="c">', '<td class="c" class="n">'),
        ('<td class="c">', '<td  class="c">'),
        ('<td class="c">', "<td class=c>"),
        (".n{", ".n,.c{display:none}"),
        ("</style></head>", " </style></head>"),
        ("</style></head>", "</style><style>td{display:none}</style></head>"),
        ("</head>", '<meta http-equiv="refresh" content="0;url=x"></head>'),
        ("</head>", '<link rel="stylesheet" href="x"></head>'),
        ("<h1>", "<!-- x --><h1>"),
        ("<h1>", "<!x><h1>"),
        ("<h1>", "<?x><h1>"),
        ("<h1>", "<script></script><h1>"),
        ("<h1>", "<noembed></noembed><h1>"),
        ("<h1>", "<plaintext><h1>"),
        ("<h1>", "<textarea></textarea><h1>"),
        ("<h1>", "< h1><h1>"),
        ("<h1>", "<h1><"),
        ("<p class", "<p><p class"),
        ("<p class", "</p><p class"),
        ("<svg", "<math></math><svg"),
        ("</svg>", "<table><tbody></tbody></table></svg>"),
        ("</svg>", "<foreignObject></foreignObject></svg>"),
        ("</svg>", "words</svg>"),
        ('fill="#fff"', 'fill="url(x)"'),
        ('class="b p"/>', 'class="b p">'),
        ("<br>", "<br/>"),
        ("</body></html>", "</body></html><p>more</p>"),
        ("</body></html>", "</body></html>more"),
        ("</body></html>", "</body>"),
        ("</html>", ""),
        ('<html lang="zh-CN">', "<html>"),
        ("<!DOCTYPE html>", "<!DOCTYPE html><!---->"),
        ("召回</h1>", "召\0回</h1>"),
        ("召回</h1>", "召\x1b[2K回</h1>"),
    ],
)
def test_what_a_browser_would_show_in_another_way_is_named(old: str, new: str) -> None:
    assert old in PAGE
    assert strange(PAGE.replace(old, new, 1)), new


@pytest.mark.parametrize(
    "told",
    [
        HASH,
        HASH.upper(),
        f"{HASH[:32]}<br>{HASH[32:]}",
        "".join(chr(0xFEE0 + ord(each)) for each in HASH),
        "\u200b".join(HASH),
        "".join(f"&#{ord(each)};" for each in HASH),
        f"{HASH[:8]}-{HASH[8:]} ",
        f"{HASH[:8]}</b>{HASH[8:]}",
    ],
)
def test_a_hash_outside_the_rows_that_are_compared_is_found_in_whatever_digits(told: str) -> None:
    assert other_hash(PAGE.replace("100 %", told))
    assert other_hash(PAGE.replace("福安", told))
    assert other_hash(re.sub("<td>1</td>", f"<td>{told}</td>", PAGE))
