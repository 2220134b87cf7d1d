"""Verbs of the human-LLM loop: propose, and the dialogue by which people decide."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

import typer

from miner import live, terminal
from miner.errors import RecipeError, UsageError, choices
from miner.verbs.arguments import (
    LLMOption,
    ModelOption,
    RunOption,
    Set,
    StoreOption,
    model_table,
    overrides,
    prepare,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from miner.job import Recipe
    from miner.proposals.drafting import Draft, Drafting
    from miner.proposals.library import Entry
    from miner.run import Run
    from miner.store import Store
    from miner.types import Document, Mining

KINDS = ("schema", "guidelines", "preferences", "formats", "clusters", "near")
FINDS = ("entities", "relations", "events", "attributes")


def propose(
    kind: Annotated[str, typer.Argument(metavar="|".join(KINDS), help="What is proposed.")],
    recipe_name: Annotated[
        str, typer.Argument(metavar="RECIPE", help="Its model, index and selection are used.")
    ],
    library: Annotated[Path, typer.Option(help="File of proposals; made if it is not there.")],
    target: Annotated[
        str, typer.Option("--for", help="A guideline, a preference rule or a format.")
    ] = "",
    find: Annotated[
        str, typer.Option(metavar="|".join(FINDS), help="What a new schema's labels are for.")
    ] = "entities",
    n: Annotated[int, typer.Option("-n", min=1, help="Documents shown, or sentences.")] = 6,
    store: StoreOption = None,
    run: RunOption = None,
    llm: LLMOption = None,
    model: ModelOption = None,
    set_: Set = None,
) -> None:
    """Ask a model for labels, guidelines or sentences, check them, and file them for people.

    Nothing of it is used before somebody approves it: miner review LIBRARY. Two kinds ask
    no model: `clusters` makes labels of what open extraction found in the run, and `near` finds the
    labels of a guideline that are easily confused.
    """
    from miner import atomic, job
    from miner.drive import drive
    from miner.ledger import Ledger
    from miner.proposals import library as file

    if kind not in KINDS:
        raise UsageError(f"propose {kind}; {choices(kind, KINDS)}")
    keys = overrides(set_) | model_table(llm, model)
    settings, opened, folder = prepare(recipe_name, store, run, keys)
    if kind in {"clusters", "near"}:
        seen = file.read(library)
        grouped = (
            _near(target, opened) if kind == "near" else _clusters(target, find, n, opened, folder)
        )
        new = {e.id: e for e in grouped if e.id not in seen}
        file.append(library, new.values())
        _tell(library, new, Counter())
        return
    if settings.llm is None:
        raise UsageError("proposals need a model: give one by --llm")
    with atomic.lock(folder.path):
        job.begin(settings, opened, folder)
        seen = file.read(library)
        drafts = _drafts(kind, target, find, n, settings, opened, folder, list(seen.values()))
        found: dict[int, tuple[Entry, ...]] = {}
        refused: Counter[str] = Counter()
        minings = ((i, cast("Mining", draft)) for i, draft in enumerate(drafts))
        with live.progress() as progress, Ledger.open(folder.ledger) as ledger:
            driven = drive(minings, settings.llm, ledger, settings.flow, opened.secret, progress)
            for number, outcome in driven:
                entries = [e for e in outcome.items if hasattr(e, "target")]
                found[number] = cast("tuple[Entry, ...]", tuple(entries))
                refused.update(getattr(r, "reason") for r in outcome.items if hasattr(r, "reason"))  # noqa: B009
                if outcome.state == "failed":
                    refused[outcome.reason] += 1
        new = {e.id: e for number in sorted(found) for e in found[number] if e.id not in seen}
        file.append(library, new.values())
    _tell(library, new, refused)


def _tell(library: Path, new: Mapping[str, Entry], refused: Counter[str]) -> None:
    for entry in new.values():
        _show(entry)
    told = "".join(f"; {n} refused: {why}" for why, n in sorted(refused.items()))
    terminal.say(f"{len(new)} new proposals in {library}{told}")
    if new:
        terminal.say(f"decide on them by miner review {library} --reviewer NAME")


def _clusters(target: str, find: str, n: int, store: Store, run: Run) -> list[Entry]:
    """Labels made of a run's open findings."""
    from miner.encoders import from_identity
    from miner.proposals.clusters import DEFINITIONS, clusters

    if not target:
        raise UsageError("name the guideline by --for")
    if find not in DEFINITIONS:
        raise UsageError(f"--find {find}; {choices(find, DEFINITIONS)}")
    encoder = from_identity(store.manifest["encoder"])
    opened = type(run).open(run.path)
    found = clusters(opened.annotations(), find, target, encoder, when=_now(), most=n)
    if not found:
        raise UsageError(
            f"{run.path}: no open {find} that two documents share; "
            "mine with the task open_extraction first"
        )
    return found


def _near(target: str, store: Store) -> list[Entry]:
    """Labels of a guideline that the index's encoder takes for alike."""
    from miner.encoders import from_identity
    from miner.proposals.near import near
    from miner.proposals.written import existing

    guideline = existing(target) if target else None
    if guideline is None:
        raise UsageError(f"--for {target}: name a guideline; propose schema makes a new one")
    return near(guideline, from_identity(store.manifest["encoder"]), when=_now())


def _drafts(
    kind: str, target: str, find: str, n: int, job: Recipe, store: Store, run: Run,
    seen: list[Entry],
) -> Iterator[Drafting]:  # fmt: skip
    """What is asked, one conversation after another."""
    from miner.compose.formats import formats
    from miner.compose.preferences import preferences
    from miner.proposals.drafting import Draft
    from miner.proposals.written import existing

    draft = Draft(who=getattr(job.llm, "model", "") or "model", when=_now(), seen=seen)
    if kind in {"preferences", "formats"}:
        known = preferences() if kind == "preferences" else formats()
        if target and target not in known:
            raise UsageError(f"--for {target}; {choices(target, known)}")
        one = cast("Literal['preference', 'format']", kind.removesuffix("s"))
        return (draft.sentences(one, name, n) for name in ([target] if target else known))
    if not target:
        raise UsageError("name the guideline by --for")
    guideline = existing(target)
    if kind == "schema":
        if find not in FINDS:
            raise UsageError(f"--find {find}; {choices(find, FINDS)}")
        if guideline and guideline.kind != find:
            raise UsageError(f"guideline {target} is for {guideline.kind}, not {find}")
        names = guideline.names if guideline else ()
        return (draft.schema(d, target, find, names) for d in _documents(job, store, run, n))
    if guideline is None:
        raise UsageError(f"--for {target}: no such guideline; propose schema makes a new one")
    return _labels(draft, guideline, _documents(job, store, run, n))


def _labels(draft: Draft, guideline: Any, documents: list[Document]) -> Iterator[Drafting]:
    for i, label in enumerate(guideline.labels):
        if documents:
            document = documents[i % len(documents)]
            yield draft.label(document, guideline.name, guideline.kind, label)


def _documents(job: Recipe, store: Store, run: Run, n: int) -> list[Document]:
    """The best of every node in turn, as the recipe selects them."""
    from miner.job import select

    _, selection = select(job, store, run)
    ranked = [[c.document for c in node.chosen] for node in selection.nodes]
    longest = max(map(len, ranked), default=0)
    ids = [row[i] for i in range(longest) for row in ranked if i < len(row)]
    ids = list(dict.fromkeys(ids))[:n]
    documents = store.documents(ids)
    return [documents[id] for id in ids]


# ------------------------------------------------------------------------------------ deciding


def decide(library: Path, reviewer: str, write: Path | None, *, everything: bool) -> None:
    """A dialogue over a library's open proposals; then the files that recipes name."""
    from miner.proposals import library as file
    from miner.proposals.written import write as write_out

    entries = file.read(library)
    if not entries:
        raise UsageError(f"{library}: holds no proposals")
    if reviewer:
        for entry in [e for e in entries.values() if e.status == "proposed"]:
            now = _asked(entry, reviewer)
            if now is None:
                break
            if now is not entry:
                file.append(library, [now])
                entries[now.id] = now
    counts = Counter(e.status for e in entries.values())
    terminal.say("; ".join(f"{counts[status]} {status}" for status in file.STATUSES))
    if write:
        chosen = file.usable(entries, unapproved=everything)
        if not chosen:
            raise UsageError(f"{library}: nothing is approved; --all writes what is undecided, too")
        for path in write_out(chosen, write):
            terminal.say(f"written: {path}")


def _asked(entry: Entry, reviewer: str) -> Entry | None:
    """The proposal as this person leaves it; None to stop."""
    from miner.proposals.library import decided

    _show(entry)
    while True:
        answer = typer.prompt("a approve, e edit, r reject, s skip, q stop", default="s")
        choice = answer.strip().lower()[:1]
        if choice == "q":
            return None
        if choice == "s":
            return entry
        try:
            if choice == "a":
                return decided(entry, "approved", reviewer, _now())
            if choice == "r":
                why = str(typer.prompt("why"))
                return decided(entry, "rejected", reviewer, _now(), why)
            if choice == "e":
                body = _edited(entry)
                return decided(entry, "approved", reviewer, _now(), "edited", body)
        except (UsageError, RecipeError) as error:
            terminal.say(str(error))
            continue
        terminal.say(choices(choice, "aersq"))


def _edited(entry: Entry) -> dict[str, Any]:
    """The body after a person changed it: in $EDITOR as TOML."""
    import tomli_w

    from miner import recipe

    editor = shlex.split(os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"{entry.id}.toml")
        path.write_text(tomli_w.dumps(dict(entry.body)), encoding="utf-8")
        try:
            subprocess.run([*editor, str(path)], check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise UsageError(f"$EDITOR: {error}") from error
        return recipe.read_toml(path)


def _show(entry: Entry) -> None:
    terminal.say(f"\n{entry.id}  {entry.kind} for {entry.target}  ({entry.who}; {entry.why})")
    if entry.kind != "label":
        terminal.say(f"  {entry.sentence}")
        return
    for key, value in entry.body.items():
        if isinstance(value, dict):
            terminal.say(f"  {key}: " + "; ".join(f"{k} ({v})" for k, v in value.items()))
        else:
            shown = "; ".join(map(str, value)) if isinstance(value, list) else value
            terminal.say(f"  {key}: {shown}")


def _now() -> str:
    from datetime import UTC, datetime

    return datetime.now(UTC).isoformat(timespec="seconds")


VERBS = {"propose": propose}
