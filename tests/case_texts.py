"""Texts of cases: written out, or named by their place in a public corpus that lies beside the checkout.

What the licences of others let us copy is tens of records, and cases rest on some hundreds. So a text in a
case is one of three: a string, which is ours or stands in the sample that ships with the package; a place,
`{"in": corpus, "row": number, "at": [start, end], "sha256": beginning}`; or `{"parts": [...]}` of strings,
places, and `[start, end]` within the case's field `of`.
"""

from __future__ import annotations

import functools
import gzip
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from miner.tasks.gold import conll

SHARED = Path(__file__).parents[2] / "shared" / "data"
FILES = {
    "c4": ("c4/c4-en.jsonl", "text"),
    "simplewiki": ("wikipedia/simplewiki-5k.jsonl.gz", "text"),
    "questions": ("decontamination/benchmark_questions.jsonl.gz", "question"),
}
DIGITS = 8
"""Of a text's SHA-256, which a case gives so that another corpus is not taken for the one it means."""


class Absent(Exception):  # noqa: N818 - it is no error that a corpus is not there
    """A corpus that a case rests on is not beside the checkout."""


def resolved(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """A case with its texts.

    Raises:
        Absent: A corpus is not there.
        ValueError: It is there and has another text at that place.
    """
    if not any(isinstance(value, dict) for value in row.values()):
        return row
    known = {key: _text(value, "") for key, value in row.items() if _is_place(value)}
    base = known.get(row.get("of", ""), row.get(row.get("of", ""), ""))
    parts = {
        key: _text(value, base)
        for key, value in row.items()
        if isinstance(value, dict) and "parts" in value
    }
    return {**row, **known, **parts}


def _is_place(value: Any) -> bool:
    return isinstance(value, dict) and "in" in value


def _text(value: Any, base: str) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        start, end = value
        return base[start:end]
    if "parts" in value:
        return "".join(_text(part, base) for part in value["parts"])
    whole = corpus(value["in"])[value["row"]]
    start, end = value.get("at", (0, len(whole)))
    text = whole[start:end]
    if digest(text) != value["sha256"]:
        raise ValueError(f"{value}: the corpus has another text there: {text[:80]!r}")
    return text


def digest(text: str) -> str:
    """The beginning of a text's SHA-256."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:DIGITS]


@functools.cache
def corpus(name: str) -> Sequence[str]:
    """The texts of a corpus: rows of a file, paragraphs or questions of XQuAD, sentences of Wikigold.

    Raises:
        Absent: It is not there.
    """
    if not SHARED.is_dir():
        raise Absent(f"no corpora at {SHARED}")
    if name == "wikigold":
        path = SHARED / "nlu" / "wikigold" / "wikigold.conll.txt"
        return [document.text for document, _ in conll.read(path)]
    if name.startswith("xquad."):
        _, language, *questions = name.split(".")
        path = SHARED / "nlu" / "xquad" / f"xquad.{language}.json"
        data = json.loads(path.read_text(encoding="utf-8"))["data"]
        found = [paragraph for article in data for paragraph in article["paragraphs"]]
        if questions:
            return [asked["question"] for paragraph in found for asked in paragraph["qas"]]
        return [paragraph["context"] for paragraph in found]
    file, field = FILES[name]
    path = SHARED / file
    with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as lines:
        return [json.loads(line)[field] for line in lines]
