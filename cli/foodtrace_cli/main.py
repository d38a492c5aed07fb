"""Entry point: the group of commands, loaded one by one, and the one error boundary.

Rules (DESIGN section 10, TRANSCRIPTS house rules):

1. stdout is data, stderr is talk and progress. Exit 0 ok; 1 a domain "no"; 2 usage; 3 integrity or I/O.
2. No traceback reaches a user (``--debug`` asks for one). With ``--json`` an error is a JSON object with both languages.
3. Only the module of the command that runs is imported: import time is part of a command's time.
4. A reader of the output that leaves (``| head -1``) changes neither the work nor the exit code (:mod:`foodtrace_cli.readers`).
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Any, Final

import click
from click.exceptions import NoArgsIsHelpError

from foodtrace.errors import PRIVATE_MARK, FoodtraceError, Integrity, Storage
from foodtrace.texts import Lang, text
from foodtrace_cli.context import Context, language
from foodtrace_cli.output import emit_error
from foodtrace_cli.readers import outlive_readers

COMMANDS: Final[dict[str, str]] = {
    "init": "setup",
    "key": "key",
    "operator": "places",
    "site": "places",
    "certificate": "certificate",
    "scan": "scan",
    "gate": "gate",
    "test": "gate_test",
    "transfer": "goods",
    "receive": "goods",
    "transform": "goods",
    "correct": "correct",
    "erase": "erase",
    "formula": "formula",
    "stoplist": "stoplist",
    "record": "record",
    "recall": "recall",
    "case": "case",
    "trace": "trace",
    "blast": "blast",
    "reconcile": "reconcile",
    "drill": "drill",
    "verify": "log",
    "prove": "prove",
    "check-proof": "prove",
    "witness": "witness",
    "export": "export",
    "import": "imports",
    "rebuild": "log",
    "backup": "keep",
    "recover": "keep",
    "doctor": "doctor",
    "schema": "schema",
    "demo": "demo",
}
"""Command -> module of :mod:`foodtrace_cli.commands` that has a click command of that name."""


_NAMES: Final = {"import": "import_"}
"""Commands whose name is a word of Python's."""


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called."""

    lang: Lang = "en"
    """Language of the help; set for each run."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name every command, in the order of a working day."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        del ctx
        module = COMMANDS.get(cmd_name)
        if module is None:
            return None
        found = _NAMES.get(cmd_name, cmd_name.replace("-", "_"))
        command: click.Command = getattr(import_module(f"foodtrace_cli.commands.{module}"), found)
        if self.lang == "zh" or "_english" in command.__dict__:
            from foodtrace_cli.helptext import speak  # noqa: PLC0415 - English needs none of it

            speak(command, self.lang)
        return command


@click.group(cls=LazyGroup, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--db", envvar="FOODTRACE_DB", default="foodtrace.db", show_default=True, help="Ledger: a file, sqlite:///FILE or postgresql://..."
)
@click.option(
    "--keys",
    envvar="FOODTRACE_KEYS",
    default=None,
    help="Directory of signing keys (else FILE.keys beside the ledger, else ~/.config/foodtrace/keys).",
)
@click.option("--log", envvar="FOODTRACE_LOG", default=None, help="Log to write, by its origin or the last part of it.")
@click.option("--lang", type=click.Choice(["zh", "en"]), default=None, help="Language of texts; else FOODTRACE_LANG, else the locale.")
@click.option("--confirm-clock", is_flag=True, help="The clock is right: write although it is behind, or far ahead of, the last entry.")
@click.option("--now", default="", metavar="TIME", help="The time by another clock, such as 2026-11-24 03:10, if this machine's is wrong.")
@click.option(
    "--rules",
    envvar="FOODTRACE_RULES",
    default=None,
    metavar="DIR",
    help="Folder of rule packs of your own: recall/*.toml, gate/*.toml and calendar/*.toml in it.",
)
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.version_option(package_name="foodtrace", message="foodtrace %(version)s")
@click.pass_context
def cli(
    ctx: click.Context,
    db: str,
    keys: str | None,
    log: str | None,
    lang: str | None,
    now: str,
    rules: str | None,
    *,
    debug: bool,
    confirm_clock: bool,
) -> None:
    """Food traceability and market access: certificates, gates, transfers, formula, recalls, on a record that outsiders can check."""
    ctx.obj = Context(db=db, keys=keys, log=log, lang=language(lang), debug=debug, confirm_clock=confirm_clock, now=now, rules=rules)
    if ctx.invoked_subcommand is None:
        from foodtrace_cli.commands.overview import overview  # noqa: PLC0415 - only without a command

        overview(ctx.obj)


def main(argv: list[str] | None = None) -> int:
    """Run the command line; return (and exit with) its exit code."""
    arguments = sys.argv[1:] if argv is None else argv
    if argv is None:
        outlive_readers()
    code = _run(arguments)
    if argv is None:
        sys.exit(code)
    return code


def _run(arguments: list[str]) -> int:
    """Run a command; turn every way it can end into an exit code."""
    try:
        result = _invoke(arguments)
        sys.stdout.flush()
    except click.exceptions.Exit as error:
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("\n" + text("cli.stopped", _lang_of(arguments)), err=True)
        return 130
    except (click.ClickException, FoodtraceError, OSError) as error:
        if "--debug" in arguments:
            raise
        return failed(error, arguments)
    except Exception as error:  # a bug; whoever stands at the gate can do nothing with a traceback
        if "--debug" in arguments:
            raise
        return failed(Integrity("cli.bug", value=f"{type(error).__name__}: {error}"), arguments)
    return result if isinstance(result, int) else 0


def _invoke(arguments: list[str]) -> Any:
    """Run a command without click's own end of the program, which calls a closed pipe exit 1."""
    if "_FOODTRACE_COMPLETE" in os.environ:  # asked by a shell for completions
        return cli.main(args=arguments, prog_name="foodtrace", standalone_mode=False)
    cli.lang = _lang_of(arguments)
    if cli.lang == "zh" or "_english" in cli.__dict__:
        from foodtrace_cli.helptext import speak  # noqa: PLC0415 - English needs none of it

        speak(cli, cli.lang)
    with cli.make_context("foodtrace", list(arguments)) as ctx:
        return cli.invoke(ctx)


def failed(error: click.ClickException | FoodtraceError | OSError, arguments: list[str]) -> int:
    """Say what went wrong; return its exit code."""
    if isinstance(error, click.ClickException):
        return _usage(error, arguments)
    if isinstance(error, OSError):
        error = Storage("cli.io", value=error.filename or "-", reason=error.strerror or str(error))
    emit_error(error, _lang_of(arguments), as_json="--json" in arguments)
    return error.exit_code


def _usage(error: click.ClickException, arguments: list[str]) -> int:
    """Say what was typed wrong, in the language asked for; to a program as JSON in both."""
    lang, as_json = _lang_of(arguments), "--json" in arguments
    from foodtrace_cli.usage import misplaced, told  # noqa: PLC0415 - only where something was typed wrong

    secret = any(PRIVATE_MARK in each or "://" in each for each in arguments)  # click would repeat it; our errors do not
    if (lang == "en" or isinstance(error, NoArgsIsHelpError)) and not as_json and not secret and not misplaced(error):
        error.show()
        return error.exit_code
    emit_error(told(error), lang, as_json=as_json)
    return error.exit_code


def _lang_of(arguments: list[str]) -> Any:
    for place, each in enumerate(arguments):
        if each == "--lang" and place + 1 < len(arguments) and arguments[place + 1] in ("zh", "en"):
            return arguments[place + 1]
        if each in ("--lang=zh", "--lang=en"):
            return each[-2:]
    return language(None)


if __name__ == "__main__":
    main()
