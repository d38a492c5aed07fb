"""``scan``: what a code says, from a text, lines that are typed, pictures, PDF pages, or a folder of them."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from foodtrace.errors import BadData, FoodtraceError
from foodtrace_cli.context import Context
from foodtrace_cli.output import clean, emit_json, progress, say, verdict
from foodtrace_cli.schemaoption import prints

if TYPE_CHECKING:
    from foodtrace.certificate.keylist import KeyList
    from foodtrace.operations.scanning import ScanAnswer, Scanner
    from foodtrace.storage.session import Session

_LONGEST: Final = 1000
"""Longest path worth a look, in characters."""
_PICTURES: Final = frozenset({".png", ".jpg", ".jpeg", ".webp", ".heic", ".heif", ".pdf"})
"""What ends like this is meant as a file, there or not."""
_SAME: Final = 5.0
"""Seconds within which the same certificate from one scanner is one scan, as at the gate."""


def texts_of(given: str) -> list[str]:
    """Return the texts in an image file, lines from standard input (``-``), or the text itself."""
    if given == "-":
        return [line.rstrip("\r\n") for line in sys.stdin if line.strip()]
    if _is_picture(given):
        return _image(Path(given))
    if _is_folder(given):
        raise BadData("gate.folder", value=given, expected="FILE|TEXT|-")
    return [given]


def certificates_of(given: str) -> list[str]:
    """Return the certificates among the texts, for whoever decides on certificates only; all of them where there is none.

    A crate bears a product's bar code beside the certificate, and nobody is refused for that.
    """
    from foodtrace.certificate.scan import classify  # noqa: PLC0415 - import time is part of a command's time

    texts = texts_of(given)
    return [each for each in texts if classify(each).kind == "certificate"] or texts


def key_list(session: Session | None, path: str | None, signers: Sequence[str]) -> KeyList | None:
    """Return the key list of ``--keys-file``, none without one; one that is out of date is said on stderr."""
    if path is None:
        _signer_alone()
        return None
    from foodtrace.keeping import keylists  # noqa: PLC0415

    return keylists.open_list(path, keylists.trusted(session, signers))


def _signer_alone() -> None:
    """Refuse a signer without a list; one that the environment names for every command of a machine is no mistake."""
    here = click.get_current_context()
    if here.get_parameter_source("keys_signer") is click.core.ParameterSource.COMMANDLINE:
        raise BadData("keys.signer_alone", value="--keys-signer", expected="--keys-file")


def with_keys_file(command: Any) -> Any:
    """Add ``--keys-file`` and ``--keys-signer`` to a command; their values come as ``keys_file`` and ``keys_signer``."""
    signer = click.option(
        "--keys-signer", multiple=True, metavar="VKEY", envvar="FOODTRACE_KEYS_SIGNER", help="Verifier key of whoever made the key list."
    )
    file = click.option(
        "--keys-file", metavar="FILE", envvar="FOODTRACE_KEYS_FILE", help="Key list (key list --export) for keys not on record here."
    )
    return file(signer(command))


def trusted_pages(_ctx: click.Context, _option: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
    """Check the values of ``--host``."""
    from foodtrace.certificate.link import parse_page  # noqa: PLC0415 - only where pages are named

    return tuple(parse_page(each) for each in given)


HOSTS: Final = click.option(
    "--host",
    "hosts",
    multiple=True,
    envvar="FOODTRACE_HOSTS",
    callback=trusted_pages,
    help="Trusted page of certificates, HOST[/stem]; by default the one on record.",
)
"""``--host``: the pages whose certificates are believed."""


def _is_picture(given: str) -> bool:
    path = Path(given)
    return "://" not in given and len(given) < _LONGEST and (path.suffix.lower() in _PICTURES or bool(path.suffix and path.is_file()))


def _is_folder(given: str) -> bool:
    return bool(given.strip()) and "://" not in given and len(given) < _LONGEST and Path(given).is_dir()


def _image(path: Path) -> list[str]:
    """Return every code in a picture. The chain's reader: a plain one takes the pattern of some labels for an ITF bar code."""
    from foodtrace.certificate.read import read_image  # noqa: PLC0415 - Pillow and the readers load only for pictures

    found = read_image(path)
    if not found:
        raise BadData("scan.nothing_found", value=str(path))
    return [each.text for each in found]


@click.command()
@click.argument("given", metavar="FILE|FOLDER|TEXT|-")
@HOSTS
@with_keys_file
@prints("scan")
@click.pass_context
def scan(
    click_ctx: click.Context, given: str, hosts: tuple[str, ...], keys_file: str | None, keys_signer: tuple[str, ...], *, as_json: bool
) -> None:
    """Say what a code is, and everything known against it; nothing is recorded.

    FILE is a picture (PNG, JPEG, WebP, HEIC) or a PDF, FOLDER has such files, - reads what a keyboard-wedge scanner types.
    Exit 0 only if every certificate is good and a code was read on every page; product codes beside one do not count.
    """
    ctx: Context = click_ctx.obj
    answers: list[ScanAnswer] = []
    with _scanner(ctx, hosts, keys_file, keys_signer) as scanner:
        for answer in _answers(ctx, scanner, given):
            answers.append(answer)
            if not as_json:
                _print(ctx, answer)
    if as_json:
        emit_json(answers)
    asked = [each for each in answers if each.kind in ("certificate", "damaged", "slip", "")]
    click_ctx.exit(0 if asked and all(each.good for each in asked) else 1)


@contextmanager
def _scanner(ctx: Context, hosts: Sequence[str], path: str | None, signers: Sequence[str]) -> Iterator[Scanner]:
    """Give a scanner on one snapshot of the ledger; without a ledger on the key list alone."""
    from foodtrace.ledger import wall_clock  # noqa: PLC0415
    from foodtrace.operations.common import local  # noqa: PLC0415
    from foodtrace.operations.scanning import Scanner  # noqa: PLC0415

    try:
        with ctx.open() as ledger, ledger.reading() as session:
            keys = key_list(session, path, signers)
            yield Scanner(session, local(ledger.clock()), hosts=hosts, keys=keys)
            return
    except FoodtraceError as error:
        if error.code != "ledger.missing":
            raise
    yield Scanner(None, local(wall_clock()), hosts=hosts, keys=key_list(None, path, signers))


def _answers(ctx: Context, scanner: Scanner, given: str) -> Iterator[ScanAnswer]:
    if given == "-":
        yield from _lines(scanner)
    elif _is_folder(given):
        yield from _folder(ctx, scanner, Path(given))
    elif _is_picture(given):
        yield from _picture(scanner, Path(given))
    else:
        yield from scanner.typed(given)


def _lines(scanner: Scanner) -> Iterator[ScanAnswer]:
    """Answer line by line, while the scanner is still typing; the same certificate within seconds is one scan."""
    last: dict[tuple[str, str, str], float] = {}
    for line in sys.stdin:
        if not line.strip():
            continue
        for answer in scanner.typed(line.rstrip("\n")):
            # With the text: a forged code that names the same certificate must not hide the genuine one.
            now, key = time.monotonic(), (answer.kid, answer.serial, answer.text)
            if answer.kind != "certificate" or now - last.get(key, -_SAME) >= _SAME:
                yield answer
            last[key] = now


def _folder(ctx: Context, scanner: Scanner, folder: Path) -> Iterator[ScanAnswer]:
    """Answer for every picture in a folder; one that cannot be read is an answer too."""
    files = sorted(each for each in folder.iterdir() if each.suffix.lower() in _PICTURES and each.is_file())
    if not files:
        raise BadData("scan.no_picture", value=str(folder))
    with progress(ctx.t("cli.scan.progress"), len(files)) as bar:
        for number, path in enumerate(files, 1):
            try:
                yield from _picture(scanner, path)
            except FoodtraceError as error:
                yield scanner.failed(str(path), error)
            bar(number)


def _picture(scanner: Scanner, path: Path) -> Iterator[ScanAnswer]:
    """Answer for every code in a file, each once, then for every page on which none was read."""
    from foodtrace.certificate.read import read_pages  # noqa: PLC0415 - Pillow and the readers load only for pictures

    pages = list(read_pages(path, scanner.holds))
    found = {each.text: each for page in reversed(pages) for each in reversed(page)}
    if not found:
        raise BadData("scan.nothing_found", value=str(path))
    paged = path.suffix.lower() == ".pdf" or len(pages) > 1
    for each in sorted(found.values(), key=lambda each: (not each.accepted, each.page)):
        yield scanner.read(each.text, file=str(path), page=each.page if paged else None, reader=each.step)
    for number, page in enumerate(pages, start=1):
        if not page:
            yield scanner.failed(str(path), BadData("scan.nothing_found", value=f"{path} [{number}]"), page=number)


def _print(ctx: Context, answer: ScanAnswer) -> None:
    """Print the word first, then what it is about, then every reason."""
    place = answer.file
    if answer.page is not None:
        place = ctx.t("cli.scan.place", file=answer.file, page=answer.page)
    word = verdict(ctx.t(f"scan.word.{answer.answer}"), "red" if not answer.good else "green" if answer.answer == "good" else "yellow")
    say(f"{word}  {clean(answer.text)[:120]}".rstrip() + (f"  {clean(place)}" if place else ""))
    if answer.certified is not None:
        issuer = answer.issuer or "-"
        until = answer.valid_until
        say("  " + ctx.t("cli.scan.line", lot=answer.lot, certified=answer.certified, issued=answer.issued, until=until, issuer=issuer))
    for each in ([answer.problem] if answer.problem else []) + list(answer.notes):
        say(f"  {clean(each['message'][ctx.lang])}  {each['code']}")
        say(f"    {clean(each['hint'][ctx.lang])}")
