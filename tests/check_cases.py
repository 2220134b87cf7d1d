"""Real and planted cases of each check, and what the check says of them: tests/data/checks/.

A row says whether it is `bad`: whether the check should refuse it. A person read that, or it holds
by the way in which a defect was planted; no check's own code had a part in it. `passage` names a
row of passages.jsonl, `sample` a document of the sample that ships with the package; texts may be named
by their place in a corpus beside the checkout (case_texts.py).
"""

from __future__ import annotations

import dataclasses
import functools
import gzip
import itertools
import json
import random
import re
import string
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from case_texts import resolved

import miner
from miner.checks.complete import Complete
from miner.checks.contamination import Contamination
from miner.checks.duplicate import Duplicate
from miner.checks.evidence import Evidence
from miner.checks.format_round_trip import FormatRoundTrip
from miner.checks.grounded import Grounded
from miner.checks.instruction_supported import InstructionSupported
from miner.checks.language import Language
from miner.checks.leak import Leak
from miner.checks.length import Length
from miner.checks.output_clean import OutputClean
from miner.checks.personal_data import PersonalData
from miner.checks.secrets import Secrets
from miner.checks.skeletons import Skeletons
from miner.checks.standalone import Standalone
from miner.checks.toxicity import Toxicity
from miner.run import dump_finding
from miner.types import (
    Annotation,
    Answers,
    Document,
    Entities,
    Entity,
    Example,
    Finding,
    Rejected,
    Span,
    Writing,
    sha256,
)

HERE = Path(__file__).parent / "data" / "checks"
Row = Mapping[str, Any]
Verdict = Rejected | None


def rows(check: str) -> list[Row]:
    """The cases of a check.

    Raises:
        Absent: Some rest on a corpus that is not there.
    """
    return [resolved(json.loads(line)) for line in _lines(f"{check}.jsonl")]


def verdicts(check: str) -> Iterator[tuple[Row, Verdict]]:
    """Each case of a check with what the check says, asked afresh for each."""
    for row in rows(check):
        yield row, ASKED[check](row)


def checks() -> list[str]:
    """The checks that have cases."""
    return sorted(ASKED)


# ------------------------------------------------------------------------------- what is shared


def _lines(name: str) -> list[str]:
    return (HERE / name).read_text(encoding="utf-8").splitlines()


@functools.cache
def passages() -> Mapping[str, Row]:
    """Paragraphs of XQuAD with their questions, by id."""
    return {row["id"]: row for row in map(json.loads, _lines("passages.jsonl"))}


@functools.cache
def _sample() -> Mapping[str, str]:
    texts = {}
    for path in sorted(Path(miner.__file__).parent.glob("sample/*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            texts |= {row["url"]: row["text"] for row in map(json.loads, file)}
    return texts


def passage(row: Row) -> Document:
    """The passage of a case as a document."""
    found = passages()[row["passage"]]
    return Document(found["id"], found["text"], title=found["title"], language="en")


def _text(row: Row, key: str = "sample") -> str:
    return _sample()[row[key]].strip()


def example(instruction: str, output: str, finding: Finding | None = None, **more: Any) -> Example:
    """An example with as much of the rest as a check looks at."""
    told = json.dumps({"id": "a", **json.loads(dump_finding(finding))}) if finding else ""
    return Example("e", "task", instruction, more.pop("input", ""), output, annotation=told, **more)


def _written(instruction: str, text: str) -> Example:
    document = Document("w", text)
    finding = Writing(instruction, document.span(0, len(text)))
    return example(instruction, text, finding, documents=("w",))


# ----------------------------------------------------------------------------- how each is asked


def _grounded(row: Row) -> Verdict:
    document = passage(row)
    span = Span(document.id, row["start"], row["end"], row["text"])
    finding = Entities(document.span(0, len(document.text)), (Entity(span, "x"),))
    item = Annotation("a", "task", "node", (document.id,), finding)
    return Grounded().check(item, {document.id: document})


def _evidence(row: Row) -> Verdict:
    document = passage(row)
    item = example(
        "Which words?",
        "These.",
        evidence=tuple(Span(*span) for span in row["evidence"]),
        documents=(document.id,),
        document_sha256=(sha256(row.get("made_from", document.text)),),
    )
    return Evidence().check(item, {document.id: document})


def _complete(row: Row) -> Verdict:
    return Complete().check(_entities(row), {})


def _entities(row: Row) -> Annotation:
    document = Document("d", row["text"])
    items = tuple(Entity(document.span(a, b), label) for a, b, label in row["entities"])
    finding = Entities(document.span(0, len(document.text)), items, tuple(row.get("schema", ())))
    return Annotation("a", "task", "node", ("d",), finding)


def _output_clean(row: Row) -> Verdict:
    document = Document("d", f"Here is what it says.\n{row['line']}\nThat is how it ends.")
    finding = Writing("Write.", document.span(0, len(document.text)))
    return OutputClean().check(Annotation("a", "task", "node", ("d",), finding), {"d": document})


def _length(row: Row) -> Verdict:
    text = row["output"] if "output" in row else _text(row)
    return Length().check(_written("Write a short text on this.", text), {})


def _secrets(row: Row) -> Verdict:
    filled = _filled(row["text"], row.get("seed", 0))
    return Secrets().check(example("What is said?", filled), {})


def _filled(text: str, seed: int) -> str:
    """{A16} is sixteen letters and digits: no file of ours holds what looks like a key."""
    rng = random.Random(seed)
    alphabets = {
        "A": string.ascii_letters + string.digits,
        "B": string.ascii_letters + string.digits + "+/",
        "U": string.ascii_uppercase + "234567",
        "H": "0123456789abcdef",
        "D": string.digits,
    }

    def fill(match: re.Match[str]) -> str:
        return "".join(rng.choices(alphabets[match[1]], k=int(match[2])))

    return re.sub(r"\{([ABUHD])(\d+)\}", fill, text)


def _personal_data(row: Row) -> Verdict:
    return PersonalData().check(example("What is said?", row["text"]), {})


def _toxicity(row: Row) -> Verdict:
    check = Toxicity({"en": str(HERE / "toxicity_terms.txt")})
    return check.check(example("What is said?", row["text"], language="en"), {})


def _standalone(row: Row) -> Verdict:
    return Standalone().check(example(row["instruction"], "An answer."), {})


def _leak(row: Row) -> Verdict:
    if row["kind"] == "writing":
        return Leak().check(_written(row["instruction"], _text(row)), {})
    document = Document("d", f"{row['question']} {row['answer']}")
    whole = document.span(0, len(document.text))
    finding = Answers(
        whole, row["question"], (whole,), row["answer"], tuple(row.get("options", ()))
    )
    return Leak().check(example(row["question"], row["answer"], finding), {})


def _instruction_supported(row: Row) -> Verdict:
    if "output" in row:
        item = _written(row["instruction"], row["output"])
        return InstructionSupported().check(item, {"w": Document("w", row["output"])})
    document = passage(row)
    start = document.text.index(row["answer"])
    span = document.span(start, start + len(row["answer"]))
    finding = Answers(document.span(0, len(document.text)), row["question"], (span,))
    item = example(row["question"], span.text, finding, documents=(document.id,), language="en")
    return InstructionSupported().check(item, {document.id: document})


def _format_round_trip(row: Row) -> Verdict:
    item = example("Extract.", row["output"], _entities(row).finding, format=row["format"])
    return FormatRoundTrip().check(item, {})


def _language(row: Row) -> Verdict:
    item = example(row["instruction"], row["output"], language=row["language"])
    return Language().check(item, {})


def _duplicate(row: Row) -> Verdict:
    first = row["first"] if "first" in row else _text(row)
    if "second" in row:
        second = row["second"]
    elif "other" in row:
        second = _text(row, "other")
    else:
        second = _half(first) if row.get("half") else _nearly(first, row["why"], row["seed"])
    check = Duplicate()
    for number, text in enumerate((first, second)):
        item = example("Write a text.", text, documents=(str(number),))
        verdict = check.check(dataclasses.replace(item, id=str(number)), {})
    return verdict


def _nearly(text: str, why: str, seed: int) -> str:
    """A text with a small change of the named kind."""
    rng = random.Random(seed)
    if "sentence" in why:
        parts = re.split(r"(?<=[.!?])\s+", text)
        del parts[rng.randrange(len(parts))]
        return " ".join(parts)
    if "spaces" in why:
        return re.sub(r"\s+", "  ", text).upper()
    if "word" in why:
        words = text.split()
        for place in range(15, len(words), 30):
            words[place] = "something"
        return " ".join(words)
    return f"{text}\nRead at the library on a Tuesday."


def _half(text: str) -> str:
    words = text.split()
    rest = (" ".join(reversed(words[len(words) // 2 :]))).lower()
    return " ".join(words[: len(words) // 2]) + " " + rest


@functools.cache
def _benchmark() -> Contamination:
    asked = dict.fromkeys(row["question"] for row in rows("contamination") if "question" in row)
    folder = Path(tempfile.mkdtemp(prefix="miner-cases-"))
    path = folder / "gsm8k.jsonl"
    table = [json.dumps({"benchmark": "gsm8k/test", "question": text}) for text in asked]
    path.write_text("\n".join(table), encoding="utf-8")
    check = Contamination((str(path),))
    check.check(example("Read it.", "Now."), {})  # it has been read, so the folder may go
    path.unlink()
    folder.rmdir()
    return check


def _contamination(row: Row) -> Verdict:
    text = row["text"] if "text" in row else _text(row)
    if "question" in row:
        parts = re.split(r"(?<=[.!?])\s+", text)
        at = min(row["at"], len(parts))
        text = " ".join([*parts[:at], row["question"], *parts[at:]])
    return _benchmark().check(example("Write a text.", text), {})


def _skeletons(row: Row) -> Verdict:
    check = Skeletons(share=0.01, free=1)
    first, second = (check.check(example(row[key], "x"), {}) for key in ("first", "second"))
    return first or second


ASKED: Mapping[str, Callable[[Row], Verdict]] = {
    "complete": _complete,
    "contamination": _contamination,
    "duplicate": _duplicate,
    "evidence": _evidence,
    "format_round_trip": _format_round_trip,
    "grounded": _grounded,
    "instruction_supported": _instruction_supported,
    "language": _language,
    "leak": _leak,
    "length": _length,
    "output_clean": _output_clean,
    "personal_data": _personal_data,
    "secrets": _secrets,
    "skeletons": _skeletons,
    "standalone": _standalone,
    "toxicity": _toxicity,
}


def scores(check: str) -> tuple[int, int, int, int]:
    """Rightly refused, wrongly refused, wrongly let through, rightly let through."""
    counts = [0, 0, 0, 0]
    for row, verdict in verdicts(check):
        counts[(0 if verdict else 2) if row["bad"] else (1 if verdict else 3)] += 1
    return counts[0], counts[1], counts[2], counts[3]


def mistakes(check: str, most: int = 10) -> Iterator[str]:
    """Cases on which the check and the reader differ, as lines."""
    wrong = ((row, v) for row, v in verdicts(check) if bool(v) != row["bad"])
    for row, verdict in itertools.islice(wrong, most):
        yield f"{'let through' if row['bad'] else 'refused'}: {dict(row)} {verdict or ''}"
