"""``scan``: what a code says, from a text or an image file."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from foodtrace.errors import BadData, FoodtraceError
from foodtrace_cli.context import Context
from foodtrace_cli.output import clean, emit_json, say

_LONGEST = 1000
"""Longest path worth a look, in characters."""
_PICTURES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".heic", ".pdf"})
"""What ends like this is meant as a file, there or not."""


def texts_of(given: str) -> list[str]:
    """Return the texts in an image file, lines from standard input (``-``), or the text itself."""
    if given == "-":
        return [line.rstrip("\r\n") for line in sys.stdin if line.strip()]
    path = Path(given)
    if "://" not in given and len(given) < _LONGEST and (path.suffix.lower() in _PICTURES or (path.suffix and path.exists())):
        return _image(path)
    return [given]


def certificates_of(given: str) -> list[str]:
    """Return the certificates among the texts, for whoever decides on certificates only; all of them where there is none.

    A crate bears a product's bar code beside the certificate, and nobody is refused for that.
    """
    from foodtrace.certificate.scan import classify  # noqa: PLC0415 - import time is part of a command's time

    texts = texts_of(given)
    return [each for each in texts if classify(each).kind == "certificate"] or texts


def _image(path: Path) -> list[str]:
    """Return every code in a picture. The chain's reader: a plain one takes the pattern of some labels for an ITF bar code."""
    from foodtrace.certificate.read import read_image  # noqa: PLC0415 - Pillow and the readers load only for pictures

    found = read_image(path)
    if not found:
        raise BadData("scan.nothing_found", value=str(path))
    return [each.text for each in found]


@click.command()
@click.argument("given", metavar="FILE|TEXT|-")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def scan(click_ctx: click.Context, given: str, *, as_json: bool) -> None:
    """Say what a code is: our certificate (signature checked), a product code, somebody else's certificate, or nothing."""
    from foodtrace.certificate.scan import classify  # noqa: PLC0415
    from foodtrace.operations.market import scan as look  # noqa: PLC0415

    ctx: Context = click_ctx.obj
    texts = texts_of(given)
    try:
        with ctx.open() as ledger, ledger.reading() as session:
            found = [look(session, text) for text in texts]
    except FoodtraceError as error:
        if error.code != "ledger.missing":
            raise
        found = [classify(text) for text in texts]
    if as_json:
        emit_json(
            [
                {"kind": each.kind, "good": each.good, "text": each.text, "problem": each.problem and each.problem.as_dict()}
                for each in found
            ]
        )
    else:
        for each in found:
            say(f"{each.kind}  {clean(each.text)[:120]}")
            if each.payload is not None:
                say(f"  {each.payload.lot_id}  {each.payload.amount}  {each.payload.issued} - {each.payload.valid_until}")
            if each.problem is not None:
                say(f"  {each.problem.code}: {each.problem.message(ctx.lang)}")
    asked = [each for each in found if each.kind in ("certificate", "damaged")]
    click_ctx.exit(0 if asked and all(each.good for each in asked) else 1)
