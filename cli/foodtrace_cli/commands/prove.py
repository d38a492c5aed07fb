"""``prove`` and ``check-proof``: what is on record, shown to somebody who has neither the ledger nor a reason to trust us.

Rules:

1. Written are, for each entry, ``NAME.tlog-proof`` and ``NAME.entry`` (its exact bytes), and once for each log ``LOG.vkey``.
2. A proof is checked against a key that the checker got elsewhere: what comes with the proof, an attacker made too.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from foodtrace.errors import BadData, NotFound
from foodtrace_cli.checking import check_one, check_packed, open_packed
from foodtrace_cli.context import Context
from foodtrace_cli.output import clean, emit_json, say
from foodtrace_cli.schemaoption import prints

if TYPE_CHECKING:
    from collections.abc import Sequence

    from foodtrace.keeping.proving import Proven
    from foodtrace.tlog.about import About
    from foodtrace.tlog.conflicts import Facts
    from foodtrace.tlog.note import Verifier
    from foodtrace.tlog.said import ProofFile, ProofSaid

_MOST: Final = 2_000_000
_LINES: Final = 40
_FEW: Final = 5
"""Proofs told one by one: up to so many all, else the first few."""
_LOTS: Final = 5
"""Lots that a line on a screen names; of an entry with more, JSON has them all."""
PROOF: Final = ".tlog-proof"
ENTRY: Final = ".entry"


@click.command()
@click.argument("what", metavar="LOT|EVENT|DOCUMENT")
@click.option("--out", "folder", default="proofs", show_default=True, type=click.Path(file_okay=False), help="Folder to write to.")
@click.option("--size", type=click.IntRange(1), default=None, help="Prove under the checkpoint of that many entries; else the newest.")
@click.option("--checkpoint", "note", type=click.Path(exists=True, dir_okay=False), default=None, help="A copy of a checkpoint, cosigned.")
@prints("prove")
@click.pass_obj
def prove(ctx: Context, what: str, folder: str, size: int | None, note: str | None, *, as_json: bool) -> None:
    """Write proofs that something is on record: files that anybody can check.

    Of a lot all its entries, of a document (the number on the paper) all of it, of an event (its id, or LOG#NUMBER) that one.
    """
    from foodtrace.keeping import proving  # noqa: PLC0415
    from foodtrace.tlog.nodes import stored_nodes  # noqa: PLC0415
    from foodtrace.tlog.witness import note_in  # noqa: PLC0415

    checkpoint = None if note is None else note_in(read(Path(note)))
    with ctx.open() as ledger, ledger.reading() as session:
        ledger.refuse_set_back()
        found = proving.entries_of(session, what)
        nodes = {state.number: stored_nodes(session, state.number) for state, _ in found}
        made = [proving.prove(session, state, seq, size=size, checkpoint=checkpoint, nodes=nodes[state.number]) for state, seq in found]
    files = _write(Path(folder), made)
    if as_json:
        emit_json(files)
        return
    for each in files:
        where = f"{each.about.log} #{each.about.seq}"
        say(ctx.t("cli.prove.wrote", where=clean(where), about=_words(ctx, each.about, what)))
    keys = ", ".join(sorted({each.key for each in files}))
    say(ctx.t("cli.prove.done", count=len(files), key=keys, folder=folder))
    say(ctx.t("cli.prove.check", file=files[0].proof, key=files[0].key), err=True)


def _write(folder: Path, made: Sequence[Proven]) -> list[ProofFile]:
    """Write proofs, entries and keys (rule 1); name a file by the kind of event if it is the only one, and by its part of one."""
    from foodtrace.tlog.said import ProofFile  # noqa: PLC0415

    folder.mkdir(parents=True, exist_ok=True)
    kinds = Counter(_file(each.about) for each in made)
    last = {each.about.log: each.about.log.rsplit("/", 1)[-1] for each in made}
    short = last if len(set(last.values())) == len(last) else {log: log.replace("/", "-") for log in last}
    files = []
    for each in made:
        name = _file(each.about)
        if kinds[name] > 1:
            name += f"-{short[each.about.log]}-{each.about.seq}" if len(last) > 1 else f"-{each.about.seq}"
        proof, entry, key = folder / (name + PROOF), folder / (name + ENTRY), folder / (short[each.about.log] + ".vkey")
        proof.write_bytes(each.proof)
        entry.write_bytes(each.entry)
        key.write_text(each.vkey + "\n", encoding="utf-8")
        files.append(ProofFile(about=each.about, proof=str(proof), entry=str(entry), key=str(key), vkey=each.vkey, size=each.size))
    return files


def _file(about: About) -> str:
    part = f"-part-{about.part}-of-{about.parts}" if about.parts else ""
    return about.event_kind.replace("_", "-") + part


@click.command("check-proof")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False))
@click.option("--key", "keys", multiple=True, help="Verifier key of the log or a witness: its text, or a file with it. Repeatable.")
@click.option("--entry", type=click.Path(exists=True, dir_okay=False), default=None, help="The entry's bytes, if not beside the proof.")
@click.option("--witnesses", type=click.IntRange(0), default=0, show_default=True, help="How many of the witnesses must have cosigned.")
@click.option("--vouch", is_flag=True, help="I know that the key was in force: proofs that do not show it count too.")
@prints("check-proof")
@click.pass_context
def check_proof(
    click_ctx: click.Context,
    files: Sequence[str],
    keys: Sequence[str],
    entry: str | None,
    witnesses: int,
    *,
    vouch: bool,
    as_json: bool,
) -> None:
    """Check proofs (.tlog-proof, each with its .entry beside it), or all in a case report (.html) or its .tar.gz. Needs no ledger.

    Exit 0 only if every one of them holds; 3 if one does not; 1 if one lacks its entry, or does not show that its key was in force.
    """
    ctx: Context = click_ctx.obj
    if entry is not None and len(files) != 1:
        raise BadData("cli.usage_goes_with", value="--entry", expected="FILE", where="foodtrace check-proof --help")
    from foodtrace.tlog.conflicts import compared  # noqa: PLC0415

    known = [verifier_of(each) for each in keys]
    said: list[ProofSaid] = []
    pages: dict[str, int] = {}
    facts: dict[str, Facts] = {}
    for each in map(Path, files):
        packed = open_packed(each)
        if packed is None:
            said.append(_check(each, entry, known, witnesses, vouch=vouch, alone=len(files) == 1, facts=facts))
        elif entry is not None:
            raise BadData("cli.usage_goes_with", value="--entry", expected=PROOF, where="foodtrace check-proof --help")
        else:
            said += check_packed(packed, known, witnesses, vouch=vouch, rest=pages, facts=facts)
    said = compared(said, facts)
    if as_json:
        emit_json(said)
    else:
        _say_all(ctx, said)
        _say_missing(ctx, [each.about for each in said if each.about is not None and each.error is None])
        _say_sizes(ctx, said)
        if all(each.ok for each in said):
            say(ctx.t("cli.proof.proves_witnessed" if all(each.witnessed for each in said) else "cli.proof.proves"))
            if pages:
                say(ctx.t("cli.proof.page"))
        for file, count in pages.items():
            if count:
                say(ctx.t("cli.proof.page_rest", file=clean(file), count=count))
    click_ctx.exit(0 if all(each.ok for each in said) else 3 if any(each.verdict == "broken" for each in said) else 1)


def read(path: Path, most: int = _MOST) -> bytes:
    """Return a file's bytes. Raises ``BadData`` (``proof.file_size``) instead of reading a huge one."""
    with path.open("rb") as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise BadData("proof.file_size", value=str(path), expected=most)
    return data


def verifier_of(given: str) -> Verifier:
    """Return the key that an option names: a file with its text, or the text itself."""
    from foodtrace.tlog.note import parse_verifier  # noqa: PLC0415

    path = Path(given)
    text = read(path, 10_000).decode("utf-8", "replace") if len(given) < 1000 and path.is_file() else given  # noqa: PLR2004 - a path
    return parse_verifier(text.strip())


def _check(
    path: Path, given: str | None, known: list[Verifier], witnesses: int, *, vouch: bool, alone: bool, facts: dict[str, Facts]
) -> ProofSaid:
    from foodtrace.tlog.said import ProofSaid  # noqa: PLC0415

    if path.suffix == ENTRY:
        raise BadData("proof.is_entry", value=str(path))

    beside = Path(given) if given is not None else path.with_name(path.name.removesuffix(PROOF) + ENTRY)
    if not beside.is_file():
        missing = NotFound("proof.no_entry_file", value=str(beside))
        if alone:
            raise missing
        return ProofSaid(file=str(path), ok=False, verdict="not_checked", error=missing.as_dict())
    return check_one(str(path), read(path), read(beside), known, witnesses, vouch=vouch, facts=facts)


def _words(ctx: Context, about: About, first: str = "") -> str:
    """Return what people know an entry by: its kind, its lots (else what it is about), its event and which part of it.

    :param first: a lot, or its code, that was asked for: named before the others.
    """
    lots = sorted(about.lots, key=lambda lot: lot != first and lot.rpartition("/")[2] != first)
    named = ", ".join(lots[:_LOTS]) or " ".join(about.subject[:_LOTS])
    if len(lots) > _LOTS:
        named = ctx.t("about.more", lots=named, more=f"{len(lots) - _LOTS:,}")
    key = "about.part" if about.parts else "about.said"
    kind = ctx.t(f"kind.{about.event_kind}")
    return clean(ctx.t(key, kind=kind, named=named, event=about.event, part=about.part, parts=about.parts))


def _say_sizes(ctx: Context, said: Sequence[ProofSaid]) -> None:
    """Say of which logs the proofs do not show that one checkpoint grew from the other."""
    from foodtrace.tlog.conflicts import unlike_sizes  # noqa: PLC0415

    for log, sizes in unlike_sizes(said).items():
        say(ctx.t("cli.proof.sizes", log=clean(log), sizes=", ".join(map(str, sizes[:_LOTS])) + (" .." if len(sizes) > _LOTS else "")))


def _say_missing(ctx: Context, shown: list[About]) -> None:
    """Say of which events not every part was shown: lines that were left out must not pass for lines that are not there."""
    here: dict[tuple[str, str, int], set[int]] = {}
    for each in shown:
        if each.parts:
            here.setdefault((each.log, each.event, each.parts), set()).add(each.part)
    for (_, event, parts), found in here.items():
        if len(found) < parts:
            say(ctx.t("about.incomplete", event=clean(event), parts=parts, here=", ".join(map(str, sorted(found)))))


def _say_all(ctx: Context, said: Sequence[ProofSaid]) -> None:
    """Say what became of each; of very many that hold, or whose keys were not shown, only the first few, and how many of which kind."""
    groups = {"many": [each for each in said if each.error is None and each.ok]}
    groups["many_not_shown"] = [each for each in said if each.error is None and not each.ok]
    few = {id(each) for rest in groups.values() if len(rest) > _LINES for each in rest[_FEW:]}
    for each in said:
        if id(each) not in few:
            _say(ctx, each)
    for word, rest in groups.items():
        if len(rest) <= _LINES:
            continue
        kinds = Counter((each.log, each.about.event_kind if each.about else "") for each in rest)
        for (log, kind), count in sorted(kinds.items(), key=lambda each: (each[0][0], -each[1])):
            say(ctx.t(f"cli.proof.{word}", count=count, kind=ctx.t(f"kind.{kind}") if kind else "-", log=clean(log)))
        say(ctx.t("cli.proof.all_listed", count=len(rest)))


def _say(ctx: Context, said: ProofSaid) -> None:
    if said.error is not None:
        say(ctx.t(f"cli.proof.{said.verdict}", file=clean(said.file), reason=clean(said.error["message"][ctx.lang])))
        return
    about = said.about
    time = about.recorded.strftime("%Y-%m-%d %H:%M:%SZ") if about else ""
    say(
        ctx.t(
            "cli.proof.holds" if said.ok else "cli.proof.signed_only",
            about=clean(said.file) if about is None else _words(ctx, about),
            log=clean(said.log),
            index=said.index,
            size=said.size,
            time=time,
        )
    )
    say(ctx.t("cli.proof.key_shown" if said.key_shown else "cli.proof.key_vouched" if said.ok else "cli.proof.key_not_shown"))
    if about is None:
        say(ctx.t("cli.proof.unknown_event" if said.in_form else "cli.proof.not_ours"))
    for each in said.witnessed:
        say(ctx.t("cli.proof.witnessed", time=each.strftime("%Y-%m-%d %H:%M:%SZ")))
