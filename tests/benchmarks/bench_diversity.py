"""Diversity of instructions over 5,000 composed examples, with and without each mechanism.

    python tests/benchmarks/bench_diversity.py

A first verb is the first word of an instruction that is a verb of the list below; heads are root verbs
with their objects, by a trained English pipeline where one is installed. Self-BLEU is of 400 instructions
against 60 others each, up to 2 and up to 4 words, lower is more diverse. The baseline is one format,
without rules and guidelines, in our several wordings.
"""

# ruff: noqa: SIM905 - a list of words is easier to read on its lines

from __future__ import annotations

import math
import re
from pathlib import Path

from spacy.util import get_installed_models

from miner.compose import Compose, compose
from miner.tasks.gold import conll
from miner.text import verb_and_noun
from miner.types import Example

GOLD = Path(__file__).parent.parent.parent.parent / "shared/data/nlu/wikigold/wikigold.conll.txt"
PIPELINE = next((name for name in sorted(get_installed_models()) if name.startswith("en")), "")
NAMES = {"PER": "person", "ORG": "organisation", "LOC": "place", "MISC": "work"}
WANTED = 5000
VERBS = set(
    "answer annotate assign begin build choose classify collect complete copy decide drop enclose extract "
    "fill find follow give go identify ignore include indicate keep label leave limit list locate look "
    "make mark name note number omit order output pick point provide pull put quote read record reply "
    "report repeat return scan search show skip sort start state stop strip tag take tell treat use write "
    "highlight mention am looking need are does can would".split()
)
"""Verbs that instructions begin with; whether a new wording has another one, a reader must say."""


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


def self_bleu(texts: list[str], most: int) -> float:
    """Mean geometric mean of the precisions of 1 to `most` words of each text against others."""
    sample = texts[:: max(1, len(texts) // 400)][:400]
    runs = [{n: ngrams(text, n) for n in range(1, most + 1)} for text in sample]
    scores = []
    for i, own in enumerate(runs):
        others = [*runs[:i], *runs[i + 1 :]][:60]
        logs = 0.0
        for n in range(1, most + 1):
            seen = {gram for other in others for gram in other[n]}
            precision = sum(gram in seen for gram in own[n]) / max(1, len(own[n]))
            logs += math.log(max(precision, 1e-9)) / most
        scores.append(math.exp(logs))
    return sum(scores) / len(scores)


def row(name: str, settings: Compose) -> None:
    """One line of the table."""
    texts = instructions(settings)
    verbs = {next((w for w in re.findall(r"[a-z]+", t.lower()) if w in VERBS), "") for t in texts}
    grams = {n: [gram for text in texts for gram in ngrams(text, n)] for n in (2, 3)}
    print(
        f"{name:<26}{len(set(texts)):>9}{len(verbs - {''}):>7}"
        + "".join(f"{len(set(g)):>9}{len(set(g)) / len(g):>8.4f}" for g in grams.values())
        + f"{self_bleu(texts, 2):>7.3f}{self_bleu(texts, 4):>7.3f}"
        + (f"{len({verb_and_noun(text, PIPELINE) for text in texts}):>7}" if PIPELINE else "")
    )


def main() -> None:
    """Print the table."""
    if not GOLD.is_file():
        print(f"gold is not at {GOLD}")
        return
    plain = {"formats": ("json_by_label",), "preference_share": 0.0, "guideline_share": 0.0}
    print(
        f"{WANTED} examples{'':<13}{'distinct':>9}{'verbs':>7}{'2-grams':>9}{'of all':>8}"
        f"{'3-grams':>9}{'of all':>8}{'sB-2':>7}{'sB-4':>7}{'  heads' if PIPELINE else ''}"
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
