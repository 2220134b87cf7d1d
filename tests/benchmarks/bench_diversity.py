"""Diversity of instructions over 5,000 composed examples, with and without each mechanism.

    python tests/benchmarks/bench_diversity.py

First words stand in for first verbs (no trained pipeline is needed); skeletons are instructions with
what comes from the schema or the text masked; self-BLEU2 is over 400 of them, lower is more diverse.
The baseline is one wording in one format.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from pathlib import Path

from miner.compose import Compose, compose
from miner.tasks.gold import conll
from miner.types import Example

GOLD = Path(__file__).parent.parent.parent.parent / "shared/data/nlu/wikigold/wikigold.conll.txt"
NAMES = {"PER": "person", "ORG": "organisation", "LOC": "place", "MISC": "work"}
WANTED = 5000


def instructions(settings: Compose) -> list[str]:
    """Instructions of composed gold, one seed after another, until there are enough."""
    pairs = list(conll.read(GOLD, names=NAMES))
    found: list[str] = []
    seed = 0
    while len(found) < WANTED:
        for document, annotation in pairs:
            made = compose(annotation, {document.id: document}, settings, seed)
            found += [e.instruction for e in made if isinstance(e, Example)]
        seed += 1
    return found[:WANTED]


def ngrams(text: str, n: int) -> list[tuple[str, ...]]:
    """Runs of n words."""
    words = re.findall(r"\w+", text.lower())
    return [tuple(words[i : i + n]) for i in range(len(words) - n + 1)]


def self_bleu(texts: list[str]) -> float:
    """Mean geometric mean of unigram and bigram precision of each text against the others."""
    sample = texts[:: max(1, len(texts) // 400)][:400]
    scores = []
    for i, text in enumerate(sample):
        rest = sample[:i] + sample[i + 1 :]
        parts = []
        for n in (1, 2):
            seen = Counter(g for other in rest[:60] for g in set(ngrams(other, n)))
            grams = ngrams(text, n)
            parts.append(sum(g in seen for g in grams) / max(1, len(grams)))
        scores.append(math.sqrt(parts[0] * parts[1]))
    return sum(scores) / len(scores)


def row(name: str, settings: Compose) -> None:
    """One line of the table."""
    texts = instructions(settings)
    firsts = {text.split()[0].strip(".,:;") for text in texts}
    bigrams = [g for text in texts for g in ngrams(text, 2)]
    print(
        f"{name:<32}{len(set(texts)):>9}{len(firsts):>8}{len(set(bigrams)):>10}"
        f"{len(set(bigrams)) / len(bigrams):>10.4f}{self_bleu(texts):>10.3f}"
    )


def main() -> None:
    """Print the table."""
    if not GOLD.is_file():
        print(f"gold is not at {GOLD}")
        return
    plain = {"formats": ("json_by_label",), "preference_share": 0.0, "guideline_share": 0.0}
    print(
        f"{WANTED} examples{'':<18}{'distinct':>9}{'firsts':>8}{'bigrams':>10}{'of all':>10}{'selfBLEU2':>10}"
    )
    row("one format (baseline)", Compose(**plain))
    row("+ formats", Compose(**plain | {"formats": ()}))
    row("+ preference rules", Compose(**plain | {"preference_share": 0.5}))
    guided = {"guidelines": ("names",), "guideline_share": 0.6}
    row("+ guidelines", Compose(**plain | guided))
    row("all three", Compose(preference_share=0.5, **guided))
    row("all but formats", Compose(**plain | {"preference_share": 0.5} | guided))
    row("all but preference rules", Compose(preference_share=0.0, **guided))
    row("all but guidelines", Compose(preference_share=0.5))


if __name__ == "__main__":
    main()
