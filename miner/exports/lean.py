"""What a trainer is given: lean rows, split and mixed, with their origin in a file beside them.

    exports/<trainer>/<split>.jsonl     the trainer's rows and nothing else
    exports/<trainer>/provenance.jsonl  for each row: its example, documents, addresses, licences
    exports/<trainer>/<paste>           the lines that tell the trainer about the files

What goes out is chosen by `miner.exports.mix`.
"""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from miner import atomic
from miner.errors import UsageError, choices
from miner.exports import licences, trainers
from miner.exports.dataset import write_line
from miner.exports.messages import prompt
from miner.exports.mix import HELD_OUT, Mix

if TYPE_CHECKING:
    from miner.run import Run
    from miner.types import Example
from miner.verdicts import figures as review_figures
from miner.verdicts import reviewed


@dataclass(frozen=True, kw_only=True)
class Lean(Mix):
    """How examples are chosen and written for a trainer."""

    to: str
    """The trainer: trl, axolotl, llama-factory, openai, iepile, squad."""
    allow_unknown_license: bool = False
    """Whether documents may go out whose licence is unknown."""
    grounded: bool = False
    """Whether what rests on no document (style "ungrounded") stays out."""
    licenses: tuple[str, ...] = ()
    """Only documents under these; empty means any that is known."""
    min_pass_rate: float = 0.0
    """Least share of a task's reviewed examples that must have passed; above 0, a task that nobody
    reviewed does not go out."""
    tokenizer: str = ""
    """A tokenizer.json by which rows are counted in tokens."""

    def __post_init__(self) -> None:
        trainers.trainer(self.to)
        super().__post_init__()


def export_lean(run: Run, settings: Lean) -> Path:
    """Write a trainer's files.

    Returns:
        The folder they lie in.

    Raises:
        UsageError: A licence is unknown or not asked for, a node or task does not exist, or nothing
            is left to write.
    """
    trainer = trainers.trainer(settings.to)
    examples = [
        example
        for example in reviewed(run)
        if trainer.fits(example) and (example.documents or not settings.grounded)
    ]
    if not examples:
        raise UsageError(f"--to {settings.to}: no example of this run fits it")
    require_licences(examples, settings)
    require_pass_rates(run, examples, settings.min_pass_rate)
    chosen = settings.choose(examples)
    folder = run.path / "exports" / settings.to
    by_split: dict[str, list[Example]] = {}
    for example in chosen:
        by_split.setdefault(example.split, []).append(example)
    files = {}
    for split in sorted(by_split, key=_split_order):
        files[split] = f"{split}{trainer.SUFFIX}"
        _write(folder / files[split], list(trainer.rows(by_split[split])))
    for stale in set(folder.glob("*")) - {folder / name for name in files.values()}:
        stale.unlink()
    name = str(run.manifest.get("name") or run.path.name)
    paste, text = trainer.paste(name, files)
    atomic.write_bytes(folder / paste, text.encode())
    _write_provenance(folder / "provenance.jsonl", chosen, settings.tokenizer)
    return folder


def _split_order(split: str) -> tuple[int, str]:
    order = ("train", "validation", "test", HELD_OUT)
    return (order.index(split) if split in order else len(order), split)


def _write(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    if path.suffix == ".json":
        text = json.dumps({"version": "v2.0", "data": rows}, ensure_ascii=False)
        atomic.write_bytes(path, text.encode("utf-8", "replace"))
        return
    with atomic.writing(path) as file:
        for row in rows:
            write_line(file, row)


def _write_provenance(path: Path, examples: Iterable[Example], tokenizer: str) -> None:
    count = _counter(tokenizer)
    with atomic.writing(path) as file:
        for example in examples:
            row = {
                "id": example.id,
                "split": example.split,
                "task": example.task,
                "node": list(example.node),
                "documents": list(example.documents),
                "document_sha256": list(example.document_sha256),
                "evidence": [dataclasses.asdict(span) for span in example.evidence],
                "url": list(example.url),
                "title": list(example.title),
                "license": list(example.license),
                "model": example.model,
            }
            if count:
                row["tokens"] = count(f"{prompt(example)}\n{example.output}")
            write_line(file, row)


def _counter(tokenizer: str) -> Any:
    if not tokenizer:
        return None
    from tokenizers import Tokenizer

    path = Path(tokenizer)
    if not path.is_file():
        raise UsageError(f"{tokenizer}: no such tokenizer.json")
    opened = Tokenizer.from_file(str(path))
    return lambda text: len(opened.encode(text).ids)


# ------------------------------------------------------------------------------------ licences


def require_licences(examples: Iterable[Example], settings: Lean) -> None:
    """Stop if a document may not go out.

    Raises:
        UsageError: A licence is unknown, or is not one of `settings.licenses`.
    """
    wanted = {_name(text) for text in settings.licenses}
    unknown: Counter[str] = Counter()
    others: Counter[str] = Counter()
    for example in examples:
        for text in example.license or ([""] if example.documents else []):
            if licences.find(text) is None:
                unknown[text or "(none stated)"] += 1
            elif wanted and _name(text) not in wanted:
                others[text] += 1
    if unknown and not settings.allow_unknown_license:
        listed = ", ".join(f"{text} ({n} examples)" for text, n in unknown.most_common(5))
        raise UsageError(
            f"licence unknown: {listed}; find out, state it in the index card, or set "
            "allow_unknown_license"
        )
    if others:
        listed = ", ".join(f"{text} ({n} examples)" for text, n in others.most_common(5))
        raise UsageError(f"licence not asked for: {listed}; {choices('', settings.licenses)}")


def _name(text: str) -> str:
    licence = licences.find(text)
    return licence.name if licence else text


def require_pass_rates(run: Run, examples: Iterable[Example], least: float) -> None:
    """Stop if people passed too few of a task's examples.

    Raises:
        UsageError: A task's rate is below `least`, or nobody reviewed it.
    """
    if least <= 0:
        return
    rates = review_figures(run).get("by_task", {})
    for task in sorted({example.task for example in examples}):
        rate = rates.get(task)
        if rate is None:
            raise UsageError(f"task '{task}': nobody has reviewed it: miner review {run.path}")
        if rate["rate"] < least:
            raise UsageError(
                f"task '{task}': {rate['passed']} of {rate['of']} passed review, at least "
                f"{least:.0%} are asked for; leave it out by weights, or mend it"
            )
