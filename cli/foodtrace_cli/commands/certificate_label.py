"""``certificate label``: one label as PNG, SVG or PDF, many of them, or A4 sheets of 28."""

from __future__ import annotations

import re
import secrets
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from foodtrace.errors import BadData, Conflict, Storage
from foodtrace_cli.context import Context
from foodtrace_cli.output import clean, emit_json, progress, say
from foodtrace_cli.schemaoption import prints
from foodtrace_cli.typed import OUT_FILE, today

if TYPE_CHECKING:
    from foodtrace.certificate.label import Label
    from foodtrace.events import CertificateIssued
    from foodtrace.storage.session import Session

FORMATS = (".png", ".svg", ".pdf")
_SIZE = re.compile(r"([0-9]{2,3}(?:\.[0-9])?)[x*×]([0-9]{2,3}(?:\.[0-9])?)(?:mm)?", re.IGNORECASE)
_SMALLEST, _LARGEST = 20.0, 200.0


@click.command()
@click.argument("lots", nargs=-1, metavar="[LOT...]")
@click.option("--day", default="", metavar="DATE", help="All certificates that a site issued on this day, instead of lots.")
@click.option("--site", default=None, help="Site for --day; by default the only farm or collector.")
@click.option("--copies", default=1, show_default=True, type=click.IntRange(1, 100_000), help="Labels of each certificate (one a crate).")
@click.option(
    "--out",
    default=None,
    type=OUT_FILE,
    metavar="FILE",
    help=".png, .svg, .pdf, or a folder for one file a certificate; default 合格证-CODE.png.",
)
@click.option("--sheet", is_flag=True, help="A4 sheets with 28 labels each, as PDF.")
@click.option("--size", default="70x50", show_default=True, metavar="WxH", help="Size of a label in mm.")
@click.option("--dpi", type=click.Choice(["203", "300"]), default="203", show_default=True, help="Dots an inch of the printer.")
@click.option("--contact", is_flag=True, help="Print the site's phone.")
@click.option("--no-statement", is_flag=True, help="Leave the commitment's own words out (small labels).")
@prints("certificate-label")
@click.pass_obj
def label(
    ctx: Context,
    lots: tuple[str, ...],
    day: str,
    site: str | None,
    copies: int,
    out: str | None,
    size: str,
    dpi: str,
    *,
    sheet: bool,
    contact: bool,
    no_statement: bool,
    as_json: bool,
) -> None:
    """Print the labels of certificates on record: a PNG or SVG each, or one PDF, or A4 sheets."""
    from foodtrace.operations.labelling import labels_of_lot, papers_of_lot  # noqa: PLC0415 - import time is part of a command's time

    with ctx.open() as ledger, ledger.reading() as session:
        wanted = _lots(session, lots, day, site)
        found = [each for lot in wanted for each in labels_of_lot(session, lot, contact=contact, statement=not no_statement)]
        papers = [each for lot in wanted for each in papers_of_lot(session, lot)]
    every = [each for each in found for _ in range(copies)]
    target = Path(out or _default(found, sheet=sheet, many=len(every) > 1))
    pages = _write(ctx, every, target, sheet=sheet, size_mm=_size(size), dpi=int(dpi))
    if as_json:
        from foodtrace.operations.wrote import LabelsWritten  # noqa: PLC0415

        emit_json(LabelsWritten(labels=len(every), sheets=pages if sheet else 0, file=str(target)))
    elif sheet:
        say(ctx.t("cli.label.sheets", count=f"{len(every):,}", sheets=f"{pages:,}", path=target))
    else:
        say(ctx.t("cli.label.done", count=f"{len(every):,}", path=target))
    for each in papers:
        said = {"form": ctx.t("certificate.sheet." + ("title" if each.form == "commitment" else each.form)), "lot": each.lot}
        say(ctx.t("cli.label.paper", **said, number=clean(each.number or each.serial)), err=True)


def rendered(session: Session, event: CertificateIssued, path: Path, *, dpi: int, contact: bool) -> bytes:
    """Return a certificate's label in the format that a file name asks for.

    :raises BadData: ``label.format``, ``label.glyph``, ``label.no_room``, ``label.code``.
    """
    from foodtrace.operations.labelling import label_of  # noqa: PLC0415

    return _bytes(label_of(session, event, contact=contact), _format(path), dpi=dpi)


def save(path: Path, data: bytes) -> None:
    """Write a file whole or not at all. Raises ``Storage`` (``label.storage``)."""
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(data)
        part.replace(path)
    except OSError as error:
        raise Storage("label.storage", value=str(path), reason=error.strerror or type(error).__name__) from None
    finally:
        with suppress(OSError):
            part.unlink()


def _bytes(made: Label, ending: str, *, dpi: int, size_mm: tuple[float, float] | None = None) -> bytes:
    from io import BytesIO  # noqa: PLC0415

    from foodtrace.certificate import draw  # noqa: PLC0415 - Pillow and fontTools load only to draw
    from foodtrace.certificate.label import LABEL_MM  # noqa: PLC0415

    size = size_mm or LABEL_MM
    if ending == ".svg":
        return draw.svg(made, dpi=dpi, size_mm=size).encode()
    if ending == ".pdf":
        from foodtrace.certificate.pdf import pdf  # noqa: PLC0415 - reportlab

        page = BytesIO()
        pdf([made], page, dpi=dpi, size_mm=size)
        return page.getvalue()
    return draw.png(made, dpi=dpi, size_mm=size)


def _write(ctx: Context, every: list[Label], target: Path, *, sheet: bool, size_mm: tuple[float, float], dpi: int) -> int:
    """Write all labels; return the number of pages of a PDF."""
    folder = not sheet and not target.suffix
    with progress(ctx.t("cli.label.progress"), len(every)) as bar:
        if sheet or target.suffix.lower() == ".pdf":
            from foodtrace.certificate.pdf import pdf, sheets  # noqa: PLC0415

            if _format(target) != ".pdf":
                raise BadData("label.format", value=target.suffix, expected=".pdf")
            return sheets(every, target, progress=bar) if sheet else pdf(every, target, dpi=dpi, size_mm=size_mm, progress=bar)
        named = _named(every)
        if not folder and len(named) > 1:
            raise BadData("label.one_file", value=len(named), expected=target.suffix)
        taken: list[Path] = []
        for number, (name, each) in enumerate(named.items(), 1):
            path = target / name if folder else target
            made = _bytes(each, _format(path), dpi=dpi, size_mm=size_mm)
            if folder and _is_other(path, made):
                taken.append(path)
            else:
                save(path, made)
            bar(number * len(every) // len(named))
    if taken:
        shown = ", ".join(each.name for each in taken[:5])
        raise Conflict("label.exists", value=str(taken[0]), count=len(taken), written=len(named) - len(taken), left=shown)
    return 0


def _named(every: list[Label]) -> dict[str, Label]:
    """Return each certificate's label once, by the name of its file: issuer or GTIN, lot, serial; where keys share those, the key too."""
    distinct = {(each.payload.lot_id, each.payload.serial, each.payload.kid): each for each in every}
    uses = Counter((lot, serial) for lot, serial, _ in distinct)
    names: dict[str, Label] = {}
    for (lot, serial, kid), each in distinct.items():
        key = f"_{kid.hex()}" if uses[lot, serial] > 1 else ""
        names[f"合格证-{each.payload.authority}_{each.payload.lot}_{serial}{key}.png"] = each
    return names


def _is_other(path: Path, made: bytes) -> bool:
    """Say whether a file is there already that is not this label. Raises ``Storage`` (``label.storage``)."""
    try:
        return path.read_bytes() != made
    except FileNotFoundError:
        return False
    except OSError as error:
        raise Storage("label.storage", value=str(path), reason=error.strerror or type(error).__name__) from None


def _lots(session: Session, lots: tuple[str, ...], day: str, site: str | None) -> list[str]:
    from foodtrace.operations.labelling import issued_on  # noqa: PLC0415
    from foodtrace.operations.places import describe  # noqa: PLC0415
    from foodtrace_cli.commands import certificate as named  # noqa: PLC0415 - the two modules name each other

    if lots:
        return [named.lot_of(session, each) for each in lots]
    if not day:
        raise BadData("label.none")
    place = describe(session, named.place_of(session, site))
    from foodtrace.operations.typed import typed_day  # noqa: PLC0415

    try:
        when = typed_day(day, today(), year="")
    except ValueError:
        raise BadData("certificate.date", value=day, expected="2026-11-23") from None
    found = issued_on(session, place[0].operator, when) if place else []
    if not found:
        raise BadData("label.nothing", value=day)
    return found


def _default(found: list[Label], *, sheet: bool, many: bool) -> str:
    first = found[0].payload.lot if found else "0"
    return f"合格证-{first}" + (".pdf" if sheet or many else ".png")


def _format(path: Path) -> str:
    ending = path.suffix.lower()
    if ending not in FORMATS:
        raise BadData("label.format", value=path.name, expected=" ".join(FORMATS))
    return ending


def _size(given: str) -> tuple[float, float]:
    match = _SIZE.fullmatch(given.strip())
    size = (float(match.group(1)), float(match.group(2))) if match else (0.0, 0.0)
    if not all(_SMALLEST <= each <= _LARGEST for each in size):
        raise BadData("label.size", value=given, expected="70x50")
    return size
