"""How well and how fast is a page's text found? The article-extraction benchmark, 181 pages.

Scores: word 4-grams of extracted against true text, each page's hits, misses and extras made
shares of 1, then summed (the benchmark's own way); and the mean of each page's F1, the stricter.
The speed is of CPU time over the whole path, the child process and decoding included, against
`trafilatura.extract(fast=True)` called directly on the pages as UTF-8.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import time
from collections import Counter
from pathlib import Path

from miner.sources.extraction import Engine, Page, decode
from miner.sources.extractor import Extractor

FOLDER = Path(__file__).parents[3] / "shared" / "data" / "html" / "article-extraction-benchmark"


TURNS = 3
"""Of which each extractor's best counts."""


def shingles(text: str, n: int = 4) -> Counter[tuple[str, ...]]:
    """How often each run of n words occurs; of a shorter text, all of it."""
    words = re.findall(r"\w+", text)
    return Counter(tuple(words[i : i + n]) for i in range(max(1, len(words) - n + 1)))


def score(truth: dict[str, str], found: dict[str, str]) -> tuple[float, float, float, float]:
    """Precision, recall and F1 by summed shares; mean F1 over pages."""
    hits = extras = misses = 0.0
    means = []
    for key, text in truth.items():
        a, b = shingles(text), shingles(found[key])
        hit, extra, miss = (sum(c.values()) for c in (a & b, b - a, a - b))
        hits += hit / (hit + extra + miss)
        extras += extra / (hit + extra + miss)
        misses += miss / (hit + extra + miss)
        means.append(2 * hit / (2 * hit + extra + miss))
    precision, recall = hits / (hits + extras), hits / (hits + misses)
    f1 = 2 * precision * recall / (precision + recall)
    return precision, recall, f1, sum(means) / len(means)


def cpu_seconds(extractor: Extractor) -> float:
    """What the child has used so far."""
    fields = Path(f"/proc/{extractor._child.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def ours(pages: dict[str, bytes], engine: Engine) -> tuple[dict[str, str], float]:
    """Texts by key, and pages per CPU second."""
    with Extractor(engine) as extractor:
        extractor.extract("<html><body><p>What is loaded at the first page.</p></body></html>")
        start = time.process_time() + cpu_seconds(extractor)
        found = {key: extractor.extract(decode(page)[0]) for key, page in pages.items()}
        seconds = time.process_time() + cpu_seconds(extractor) - start
    texts = {key: page.text if isinstance(page, Page) else "" for key, page in found.items()}
    return texts, len(pages) / seconds


def bare(pages: dict[str, bytes]) -> tuple[dict[str, str], float]:
    """The same by trafilatura alone."""
    import trafilatura

    start = time.process_time()
    found = {
        key: trafilatura.extract(page.decode(), fast=True, include_comments=False) or ""
        for key, page in pages.items()
    }
    return found, len(pages) / (time.process_time() - start)


def main() -> None:
    """Print the table."""
    if not FOLDER.is_dir():
        print(f"skipped: the pages are not at {FOLDER}")
        return
    truth = json.loads((FOLDER / "ground-truth.json").read_text(encoding="utf-8"))
    truth = {key: row["articleBody"] for key, row in truth.items()}
    pages = {
        key: gzip.decompress((FOLDER / "html" / f"{key}.html.gz").read_bytes()) for key in truth
    }
    kinds = {
        "bare trafilatura": lambda: bare(pages),
        "trafilatura": lambda: ours(pages, "trafilatura"),
        "resiliparse": lambda: ours(pages, "resiliparse"),
    }
    turns = [{name: run() for name, run in kinds.items()} for _ in range(TURNS)]
    results = {name: (turns[0][name][0], max(t[name][1] for t in turns)) for name in kinds}
    base = results["bare trafilatura"][1]
    print(f"{'':18}{'P':>7}{'R':>7}{'F1':>7}{'mean F1':>9}{'pages/s':>9}{'ratio':>7}")
    for name, (found, speed) in results.items():
        p, r, f1, mean = score(truth, found)
        print(f"{name:18}{p:7.3f}{r:7.3f}{f1:7.3f}{mean:9.3f}{speed:9.0f}{speed / base:7.2f}")


if __name__ == "__main__":
    main()
