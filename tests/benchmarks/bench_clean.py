"""How fast are the cleaners, one core, every rule computed, on real texts of 0.8 to 1.2 KB?

Prints documents per second for each cleaner and for all in a row with exact hashes, signatures of
near-duplicates by both schemes, and what planted near-duplicates are found. datatrove's filters that
run offline are timed on the same texts, in an environment of their own that is made the first time.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from miner import clean
from miner.clean.c4 import C4
from miner.clean.fineweb import FineWeb
from miner.clean.gopher_quality import GopherQuality
from miner.clean.gopher_repetition import GopherRepetition
from miner.clean.language import Language
from miner.clean.personal_data import PersonalData
from miner.clean.repair import Repair
from miner.clean.word_list import WordList
from miner.shingles import exact_hash, jaccard, shingles
from miner.signatures import MinHash, near_duplicates
from miner.types import Cleaner, Document, Rejected

SHARED = Path(__file__).parents[3] / "shared" / "data"
DOCUMENTS = 3000

DATATROVE = """
import json, sys, time
from datatrove.data import Document
from datatrove.pipeline.filters import C4QualityFilter, FineWebQualityFilter, GopherQualityFilter, GopherRepetitionFilter
from datatrove.pipeline.formatters import PIIFormatter
texts = json.load(open(sys.argv[1]))
parts = [C4QualityFilter(filter_no_terminal_punct=False), GopherQualityFilter(), GopherRepetitionFilter(), FineWebQualityFilter()]
pii = PIIFormatter()
best = None
for _ in range(3):
    start = time.process_time()
    for number, text in enumerate(texts):
        document = Document(text=text, id=str(number))
        for part in parts:
            part.filter(document)
        pii.format(document.text)
    spent = time.process_time() - start
    best = min(best or spent, spent)
print(len(texts) / best)
"""


def texts() -> list[str]:
    """Real texts, cut at a line or sentence between 0.8 and 1.2 KB."""
    found = []
    with (SHARED / "c4" / "c4-en.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            text = json.loads(line)["text"]
            for start in range(0, len(text) - 800, 1200):
                piece = text[start : start + 1200]
                end = max(piece.rfind(mark, 800) for mark in ("\n", ". ", " "))
                found.append(piece[: end + 1].strip())
    random.Random(0).shuffle(found)
    return (found * (1 + DOCUMENTS // len(found)))[:DOCUMENTS]


def rate(work: Callable[[], object], count: int, tries: int = 3) -> float:
    """Best of some tries, in items per CPU second of this process."""
    best = float("inf")
    for _ in range(tries):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return count / best


def cleaners() -> dict[str, Cleaner]:
    """What FineWeb's recipe has, and more; with `tag` every rule is computed for every text."""
    return {
        "repair": Repair(),
        "language": Language(action="tag"),
        "c4": C4(action="tag"),
        "gopher_quality": GopherQuality(action="tag"),
        "gopher_repetition": GopherRepetition(action="tag"),
        "fineweb": FineWeb(action="tag"),
        "personal_data": PersonalData(),
        "word_list": WordList({"en": str(SHARED / "dirty" / "ldnoobw" / "en")}, action="tag"),
    }


def clean_all(parts: Sequence[Cleaner], documents: Sequence[Document]) -> list[str]:
    """All cleaners and exact hashes; rejections are written as lines of JSON."""
    rejections = []
    for document in documents:
        result = clean.run(parts, document)
        if isinstance(result, Rejected):
            rejections.append(json.dumps({"id": document.id, "reason": result.reason}))
        else:
            exact_hash(result.text)
    return rejections


def cleaning(found: list[str]) -> float:
    documents = [Document(str(i), text) for i, text in enumerate(found)]
    parts = cleaners()
    clean_all(list(parts.values()), documents[:50])  # what is loaded on first use
    print(f"{len(found)} texts, mean {np.mean([len(t) for t in found]):.0f} characters")
    for name, part in parts.items():
        speed = rate(lambda part=part: [part.clean(d) for d in documents], len(documents), 2)
        print(f"  {name:20} {speed:10,.0f} documents/s/core")
    speed = rate(lambda: [exact_hash(d.text) for d in documents], len(documents))
    print(f"  {'exact hash':20} {speed:10,.0f} documents/s/core")
    speed = rate(lambda: clean_all(list(parts.values()), documents), len(documents))
    print(f"  {'all of them':20} {speed:10,.0f} documents/s/core (at least 1,000)")
    return speed


def datatrove(found: list[str], ours: float) -> None:
    """The same texts through datatrove, in an environment of its own."""
    folder = Path(tempfile.gettempdir()) / "miner-bench-datatrove"
    python = folder / "bin" / "python"
    if not (folder / "ready").is_file():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        install = [str(python), "-m", "pip", "install", "-q", "datatrove[processing]", "spacy"]
        subprocess.run(install, check=True, capture_output=True)
        (folder / "ready").touch()
    with tempfile.TemporaryDirectory() as temporary:
        data = Path(temporary, "texts.json")
        data.write_text(json.dumps(found), encoding="utf-8")
        done = subprocess.run(
            [str(python), "-c", DATATROVE, str(data)], check=True, capture_output=True, text=True
        )
    theirs = float(done.stdout.split()[-1])
    print(
        f"  datatrove (C4, Gopher x 2, FineWeb, PII): {theirs:,.0f}; ratio {ours / theirs:.2f} (at least 1.5)"
    )


def signatures(found: list[str]) -> None:
    print("signatures of near-duplicates, 112 minima of word 5-grams")
    for scheme in ("rensa", "numpy"):
        signer = MinHash(scheme)
        signer.sign(found[:50])
        speed = rate(lambda s=signer: s.keys(s.sign(found)), len(found))
        print(f"  {scheme:20} {speed:10,.0f} documents/s/core")
        planted(signer)


def planted(signer: MinHash, count: int = 1000) -> None:
    """Copies with some words changed: which are found, and does any cluster mix two originals?"""
    draw = random.Random(1)
    originals = [" ".join(f"w{draw.randrange(20_000)}" for _ in range(200)) for _ in range(count)]
    copies = []
    for text in originals:
        share = draw.choice((0.005, 0.01, 0.02))
        copies.append(" ".join("x" if draw.random() < share else w for w in text.split()))
    labels = near_duplicates(originals + copies, 0.8, signer)
    near = [i for i in range(count) if jaccard(shingles(originals[i]), shingles(copies[i])) >= 0.9]
    recall = sum(labels[count + i] == i for i in near) / len(near)
    mixed = sum(label % count != row % count for row, label in enumerate(labels))
    print(f"  {'':20} recall at Jaccard >= 0.9: {recall:.3f} of {len(near)}; false merges: {mixed}")


def main() -> None:
    """Print the table."""
    if not SHARED.is_dir():
        print(f"skipped: real corpora are not at {SHARED}")
        return
    found = texts()
    speed = cleaning(found)
    try:
        datatrove(found, speed)
    except subprocess.CalledProcessError as error:
        print(f"  datatrove: not to be had here: {error.stderr or error}")
    signatures(found)


if __name__ == "__main__":
    main()
