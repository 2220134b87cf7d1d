"""Labelled corpora for measuring selection: texts, vectors, each text's class, and the classes as nodes.

Nodes are given by name and description alone. `topic` and `format` are web pages with the labels of a
classifier that is at least 0.9 sure; `vital` are the encyclopedia's articles with an editor's topic,
`open` the same among four times as many articles without one; `mmlu` are exam questions with their
answers by subject, levels of a subject merged. The constants of miner/select were fitted on `topic` and
`vital`; `mmlu` was looked at once all was fixed.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from miner.encoders.minilm import MiniLM
from miner.halves import widen
from miner.taxonomy.load import load
from miner.types import Node, Taxonomy

HERE = Path(__file__).parent
SHARED = HERE.parent.parent.parent / "shared" / "data"
CACHE = Path(tempfile.gettempdir()) / "corpus-miner-bench"
SETS = ("topic", "format", "vital", "open", "mmlu")
MAX_CHARS = 2500
"""Beyond what the encoder reads."""
PER_SUBJECT = 100


@dataclass(frozen=True)
class Labelled:
    """A corpus with one class per text (-1: unknown), and the nodes that are the classes."""

    name: str
    texts: list[str]
    vectors: np.ndarray
    labels: np.ndarray
    taxonomy: Taxonomy


@dataclass(frozen=True)
class Corpus:
    """Vectors as selecting asks for them; row numbers are the ids."""

    matrix: np.ndarray
    ids: list[str]

    @classmethod
    def of(cls, matrix: np.ndarray) -> Corpus:
        return cls(matrix, [f"{row:08d}" for row in range(len(matrix))])

    def blocks(self, rows: int = 65536):
        for start in range(0, len(self.matrix), rows):
            block = self.matrix[start : start + rows]
            if block.dtype == np.float16:  # as a store reads them
                wide = np.empty(block.shape, dtype=np.float32)
                widen(block, wide)
                block = wide
            yield start, block.astype(np.float32, copy=False)

    def vectors(self, rows):
        return self.matrix[rows].astype(np.float32, copy=False)


class Remembering:
    """The real encoder, which reads no text twice."""

    def __init__(self) -> None:
        self.model = MiniLM(threads=1)
        self.dimensions = self.model.dimensions
        self.identity = self.model.identity
        self.known: dict[str, np.ndarray] = {}

    def encode(self, texts, *, query: bool = False) -> np.ndarray:
        texts = [text[:MAX_CHARS] for text in texts]
        fresh = [text for text in dict.fromkeys(texts) if text not in self.known]
        if fresh:
            self.known |= zip(fresh, self.model.encode(fresh, query=query), strict=True)
        return np.stack([self.known[text] for text in texts])


@cache
def encoder() -> Remembering:
    return Remembering()


@cache
def labelled(name: str) -> Labelled:
    """One of SETS, embedded once and kept in the system's folder for temporary files."""
    texts, classes, taxonomy = {"topic": _web, "format": _web, "mmlu": _mmlu}.get(name, _wiki)(name)
    place = {node.id: i for i, node in enumerate(taxonomy.leaves)}
    labels = np.array([place.get(c, -1) for c in classes])
    keep = np.array([len(text) >= 20 for text in texts])
    if name != "open":
        keep &= labels >= 0
    texts = [text for text, k in zip(texts, keep, strict=True) if k]
    return Labelled(name, texts, _embed(texts), labels[keep], taxonomy)


def _embed(texts: list[str]) -> np.ndarray:
    CACHE.mkdir(exist_ok=True)
    keys = [hashlib.sha256(text[:MAX_CHARS].encode()).hexdigest() for text in texts]
    path = CACHE / f"minilm-{hashlib.sha256(''.join(keys).encode()).hexdigest()[:16]}.npy"
    if not path.is_file():
        print(f"(embedding {len(texts)} texts, once)", flush=True)
        np.save(path, encoder().model.encode([text[:MAX_CHARS] for text in texts]))
    return np.load(path)


def _web(name: str) -> tuple[list[str], list[str], Taxonomy]:
    with gzip.open(SHARED / "web" / "weborganizer-2579.jsonl.gz", "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    nodes = []
    table = json.loads((SHARED / "taxonomies" / f"weborganizer-{name}s.json").read_text())
    present = {row[name] for row in rows}
    for entry in table:
        full = entry.get("domain_fullname") or entry["domain_name"].replace("<br>", " ")
        described = entry["domain_description"].replace("\n- ", "; ").removeprefix("- ")
        if full in present:
            nodes.append(Node(full, full, description=described))
    classes = [row[name] if row[f"{name}_confidence"] >= 0.9 else "" for row in rows]
    return [row["text"] for row in rows], classes, Taxonomy(name, tuple(nodes))


def _wiki(name: str) -> tuple[list[str], list[str], Taxonomy]:
    folder = SHARED / "wikipedia"
    with gzip.open(folder / "simplewiki-5k.jsonl.gz", "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    with (folder / "simplewiki-5k-vital-topics.jsonl").open(encoding="utf-8") as file:
        topics = {str(r["simplewiki_id"]): r["topic"] for r in map(json.loads, file)}
    classes = [topics.get(str(row["id"]), "") for row in rows]
    return [row["text"] for row in rows], classes, load(HERE / "taxonomies" / "vital.toml")


def _mmlu(name: str) -> tuple[list[str], list[str], Taxonomy]:
    taxonomy = load(HERE / "taxonomies" / "mmlu.toml")
    by_subject: dict[str, set[str]] = defaultdict(set)
    path = SHARED / "decontamination" / "benchmark_questions.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for row in map(json.loads, file):
            parts = row["benchmark"].split("/")
            if parts[0] == "hails" and parts[-1] == "test":
                answers = "; ".join(map(str, row["choices"] or []))
                by_subject[parts[2]].add(f"{row['question']} {answers}")
    texts, classes = [], []
    for subject, questions in sorted(by_subject.items()):
        node = re.sub("^(high_school|college|professional|elementary|conceptual)_", "", subject)
        node = {"clinical_knowledge": "medicine"}.get(node, node)
        order = sorted(questions, key=lambda text: hashlib.sha256(text.encode()).hexdigest())
        texts += order[:PER_SUBJECT]
        classes += [node] * len(order[:PER_SUBJECT])
    return texts, classes, taxonomy
