"""A certificate as a person reads it: the words of the paper form, Chinese first whatever the language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foodtrace.errors import FoodtraceError
from foodtrace.texts import text
from foodtrace_cli.commands.echo import amount
from foodtrace_cli.output import cells, clean, fit

if TYPE_CHECKING:
    from foodtrace.operations.certificatestate import Shown
    from foodtrace_cli.context import Context

_METHODS = (1, 2, 3)
_CELLS = {"zh": 12, "en": 26}


def sheet(ctx: Context, shown: Shown, phone: str) -> list[str]:
    """Return the lines of a certificate. In English each heading stands behind the Chinese word that is on the paper."""
    event = shown.event
    form = "title" if event.form == "commitment" else event.form
    head = _both(ctx, f"certificate.sheet.{form}")
    style = f" ({ctx.t(f'certificate.sheet.style.{event.style}')})" if event.form == "commitment" else ""
    days = [f"{each}" for each in (event.valid_until,) if each is not None]
    basis = [_both(ctx, f"label.basis.{each}") for each in event.basis]
    used = ", ".join(amount(ctx, each) for each in shown.used) or amount(ctx, type(event.quantity)(0, event.quantity.unit))
    rows = [
        ("product", event.product),
        ("quantity", amount(ctx, event.quantity)),
        ("origin", event.origin or ctx.t("certificate.sheet.unset")),
        ("issuer", f"{shown.issuer}  {event.issuer}"),
        ("contact", phone),
        ("issued", f"{event.issued or ctx.t('certificate.sheet.unset')}"),
        ("harvested", f"{event.harvested or ''}"),
        ("valid", "".join(days)),
        ("basis", "; ".join(basis)),
        ("test", _test(ctx, shown)),
        ("statement", _statement(ctx, event.style) if event.form == "commitment" else ""),
        ("lot", event.lot),
        ("serial", event.serial),
        ("number", event.number if event.number != event.serial else ""),
        *(("upstream", f"{each.lot}  {amount(ctx, each.quantity)}") for each in event.upstream),
        ("papers", ", ".join(event.upstream_serials)),
        ("key", event.kid),
        ("used", f"{used}  {ctx.t('certificate.sheet.remaining', value=amount(ctx, shown.remaining))}"),
        ("state", _state(ctx, shown)),
    ]
    width = max([_CELLS[ctx.lang], *(cells(_both(ctx, f"certificate.sheet.{name}")) + 1 for name, value in rows if value)])
    lines = [head + style]
    lines += [f"  {fit(_both(ctx, f'certificate.sheet.{name}'), width)}{clean(value)}" for name, value in rows if value]
    lines += [f"  ! certificate.{each.kind}  {clean(each.message(ctx.lang))}" for each in shown.findings]
    if event.form == "commitment":
        lines.append("  " + ctx.t("certificate.self_made"))
    return lines


def _both(ctx: Context, key: str) -> str:
    """Return a text in Chinese, with the English behind it for who reads English."""
    chinese = text(key, "zh")
    return chinese if ctx.lang == "zh" else f"{chinese} {text(key, 'en')}"


def _statement(ctx: Context, style: int) -> str:
    """Return the words of the commitment; the heading says already that they are one."""
    said = [text(f"label.statement.{style}", lang).partition(": ")[2] for lang in ("zh", "en")]
    return said[0] if ctx.lang == "zh" else " / ".join(said)


def _state(ctx: Context, shown: Shown) -> str:
    said = _both(ctx, f"certificate.state.{shown.state}")
    if shown.voided is None:
        return said
    return f"{said}  {ctx.t('certificate.state.because', when=f'{shown.voided.at:%Y-%m-%d %H:%M}', reason=shown.voided.reason)}"


def _test(ctx: Context, shown: Shown) -> str:
    """Return the test that the code names; a code that this program cannot read names none."""
    if not shown.event.payload:
        return ""
    try:
        from foodtrace.certificate.payload import decode  # noqa: PLC0415 - `--help` loads this module

        test = decode(shown.event.payload).test
    except FoodtraceError:
        return ""
    if test is None:
        return ""
    method = ctx.t(f"scan.test.{test.method}" if test.method in _METHODS else "scan.test.other", method=test.method)
    return f"{method}  {ctx.t('scan.test.positive' if test.positive else 'scan.test.negative')}  {test.day}"
