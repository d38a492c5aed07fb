"""The small answers and every error are what their schemas say."""

from __future__ import annotations

import pytest

from tests.cli.fitting import fits
from tests.cli.inside import Inside, here

__all__ = ["here"]


@pytest.mark.parametrize(
    ("schema", "words", "code"),
    [
        ("site-list", ("site", "list"), 0),
        ("operator-show", ("operator", "show", "L-0001"), 0),
        ("certificate-show", ("certificate", "show", "261123-1"), 0),
        ("error", ("recall", "26112"), 1),
        ("error", ("operator", "show", "NOBODY"), 1),
        ("error", ("certificate", "show", "x y"), 2),
    ],
)
def test_an_answer_fits_its_schema_and_no_less_than_it(here: Inside, schema: str, words: tuple[str, ...], code: int) -> None:
    here("init")
    here("site", "add", "永发合作社:farm")
    here("certificate", "issue", "西红柿", "500kg", "--basis", "1", "--code", "261123-1", "--out", "label.png")
    fits(here.json(*words, code=code), schema)
