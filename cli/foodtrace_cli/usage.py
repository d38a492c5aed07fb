"""What was typed wrong, as one of our errors: click's own sentences are English only.

Rule: every way that click refuses a command line has a code and a text in both languages; its own words are the last resort.
"""

from __future__ import annotations

import click
from click.exceptions import NoArgsIsHelpError, NoSuchCommand

from foodtrace.errors import BadData, FoodtraceError


def misplaced(error: click.ClickException) -> bool:
    """Say whether an option of ``foodtrace`` itself (``--log``, ``--confirm-clock`` ..) was typed after the command."""
    if not isinstance(error, click.NoSuchOption) or error.ctx is None:
        return False
    root = error.ctx.find_root()
    return root is not error.ctx and any(error.option_name in each.opts for each in root.command.params)


def told(error: click.ClickException) -> FoodtraceError:
    """Return an error of click as one with a code; the hint is the command whose help says how it is written."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    where = f"{context.command_path if context is not None else 'foodtrace'} --help"
    if isinstance(error, NoArgsIsHelpError):
        return BadData("cli.usage_missing", value="COMMAND", expected=where)
    if isinstance(error, click.MissingParameter):
        hint = error.param_hint or (error.param.get_error_hint(error.ctx) if error.param and error.ctx else "")
        return BadData("cli.usage_missing", value=(hint if isinstance(hint, str) else " ".join(hint)).strip("'"), expected=where)
    if isinstance(error, NoSuchCommand):
        return BadData("cli.usage_command", value=error.command_name, expected=where)
    if isinstance(error, click.NoSuchOption):
        return _option(error, where)
    if isinstance(error, click.BadOptionUsage):
        return BadData("cli.usage_bare", value=error.option_name, expected=where)
    if isinstance(error, click.BadParameter) and error.param is not None:
        return _parameter(error, error.param, where)
    said = error.format_message()
    if said.startswith("Got unexpected extra argument"):
        return BadData("cli.usage_extra", value=said.partition("(")[2].rstrip(")"), expected=where)
    return BadData("cli.usage", value=said, expected=where)


def _option(error: click.NoSuchOption, where: str) -> FoodtraceError:
    """Say that there is no such option, or none in this place."""
    if not misplaced(error) or error.ctx is None:
        return BadData("cli.usage_option", value=error.option_name, expected=where)
    below = error.ctx.command_path.partition(" ")[2]
    return BadData("cli.usage_before", value=error.option_name, expected=f"foodtrace {error.option_name} .. {below}")


def _parameter(error: click.BadParameter, param: click.Parameter, where: str) -> FoodtraceError:
    """Say of a value that its type refuses what would have been taken."""
    hint = param.get_error_hint(error.ctx).strip("'") if error.ctx else str(param.name)
    quoted = error.message.split("'")
    value = quoted[1] if len(quoted) > 2 else error.message  # noqa: PLR2004 - the value stands between two quotes
    kind = param.type
    if isinstance(kind, click.Choice):
        return BadData("cli.usage_choice", value=value, expected=", ".join(map(str, kind.choices)), option=hint, where=where)
    expected = ""
    if isinstance(kind, click.IntRange):
        low, high = ("" if each is None else str(each) for each in (kind.min, kind.max))
        expected, value = f"{low}..{high}", error.message.split(" ")[0].strip("'") if len(quoted) < 3 else value  # noqa: PLR2004
    elif isinstance(kind, click.types.IntParamType):
        expected = "0, 1, 2 .."
    elif isinstance(kind, click.DateTime):
        expected = " / ".join(kind.formats).replace("%Y", "2026").replace("%m", "11").replace("%d", "24")
    elif isinstance(kind, (click.Path, click.File)):
        expected = "FILE"
    if not expected:
        return BadData("cli.usage", value=error.format_message(), expected=where)
    return BadData("cli.usage_value", value=value, expected=expected, option=hint, where=where)
