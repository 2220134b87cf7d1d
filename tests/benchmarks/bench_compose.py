"""Composing: examples a second by format, and gold data through every format and rule.

    python tests/benchmarks/bench_compose.py

Speed is of one core, for entities of real gold sentences: rendered, read back, and compared. The
baseline is json.dumps and json.loads of the same rows. The counts say what became of every gold
annotation: through every format, through every rule with the formats in turn, and changed by a rule.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from miner.compose import Compose, compose
from miner.compose.choosing import prefer
from miner.compose.content import content_of
from miner.compose.dice import Dice
from miner.compose.formats import formats, render
from miner.compose.preferences import applicable, preferences
from miner.tasks.gold import conll, docred, squad
from miner.types import Annotation, Document, Example

NLU = Path(__file__).parent.parent.parent.parent / "shared" / "data" / "nlu"
LANGUAGES = ("ar", "de", "el", "en", "es", "hi", "ro", "ru", "th", "tr", "vi", "zh")

Pairs = list[tuple[Document, Annotation]]


def gold() -> Iterator[tuple[str, Pairs]]:
    """Every gold set that lies beside the checkout."""
    yield "wikigold", list(conll.read(NLU / "wikigold/wikigold.conll.txt"))
    yield "wnut17 train", list(conll.read(NLU / "wnut17/wnut17train.conll"))
    yield "wnut17 dev", list(conll.read(NLU / "wnut17/emerging.dev.conll"))
    yield "wnut17 test", list(conll.read(NLU / "wnut17/emerging.test.annotated"))
    yield "redocred dev", list(docred.read(NLU / "redocred/dev_revised.json"))
    for language in LANGUAGES:
        path = NLU / f"xquad/xquad.{language}.json"
        yield f"xquad {language}", list(squad.read(path, language=language))


def rate(function: Callable[[], int], seconds: float = 1.0) -> float:
    """Calls' results a CPU second, best of three."""
    best = 0.0
    for _ in range(3):
        start, done = time.process_time(), 0
        while time.process_time() - start < seconds / 3:
            done += function()
        best = max(best, done / (time.process_time() - start))
    return best


def speed(pairs: Pairs) -> None:
    """Rendered and read back, a second; then whole examples."""
    contents = [content_of(a.finding) for _, a in pairs if a.finding.items][:400]
    base = rate(lambda: sum(bool(json.loads(json.dumps(c.records))) for c in contents))
    print(f"{'format':<16}{'answers/s':>10}{'of json':>9}")
    print(f"{'json (baseline)':<16}{base:>10,.0f}{1:>9.2f}")
    for name, form in formats().items():
        if "Entities" in form.holds:
            each = rate(lambda n=name: sum(isinstance(render(n, c), str) for c in contents))
            print(f"{name:<16}{each:>10,.0f}{each / base:>9.2f}")
    for label, names in {
        "even mix without YAML": tuple(
            n for n, f in formats().items() if "Entities" in f.holds and n != "yaml"
        ),
        "YAML": ("yaml",),
    }.items():
        chosen = [(d, a) for d, a in pairs if a.finding.items][:400]
        for variants in (1, 4):
            settings = Compose(formats=names, variants=variants)

            def examples(settings: Compose = settings, chosen: Pairs = chosen) -> int:
                return sum(
                    isinstance(e, Example)
                    for d, a in chosen
                    for e in compose(a, {d.id: d}, settings, 0)
                )

            each = rate(examples)
            print(
                f"whole examples, {label}, {variants} of an annotation: {each:,.0f}/s, "
                f"{each / base:.3f} of json"
            )


def through_formats(name: str, pairs: Pairs) -> None:
    """How many annotations each format holds; the rest is refused with its reason."""
    held, refused = Counter(), Counter()
    for _, annotation in pairs:
        content = content_of(annotation.finding)
        for format_name, form in formats().items():
            if content.frame.kind in form.holds:
                text = render(format_name, content)
                held[format_name] += isinstance(text, str)
                if not isinstance(text, str):
                    refused[text.detail] += 1
    items = sum(len(getattr(a.finding, "items", (0,))) for _, a in pairs)
    print(
        f"{name}: {len(pairs)} annotations, {items} items, {sum(held.values())} answers, all read back"
    )
    for why, n in refused.most_common():
        print(f"    refused {n}: {why}")


def through_rules(sets: dict[str, Pairs]) -> None:
    """The set on which each rule changes most answers; what is visible counts, not offsets."""
    print(f"{'rule':<24}{'changes':>9}  of the answers of")
    best: dict[str, tuple[float, str]] = {}
    for name, pairs in sets.items():
        changed, tried = Counter(), Counter()
        for document, annotation in pairs[:1500]:
            finding = annotation.finding
            before = content_of(finding)
            for rule in applicable(finding, document.language):
                tried[rule.id] += 1
                after = content_of(rule.apply(finding))
                absent = (
                    rule.absent and rule.absent != "[]" and before.frame.label_field is not None
                )
                present = {r[0] for r in before.records} if absent else set()
                shows = absent and any(label not in present for label in before.frame.schema)
                moved = rule.id == "first_occurrence" and rule.apply(finding) != finding
                changed[rule.id] += bool(
                    after.records != before.records
                    or after.frame.schema != before.frame.schema
                    or shows
                    or moved
                )
        for id, n in tried.items():
            best[id] = max(best.get(id, (0.0, "")), (changed[id] / n, name))
    for id in preferences():
        share, name = best.get(id, (0.0, "no gold set has such findings"))
        print(f"{id:<24}{share:>9.1%}  {name}")


def through_both(name: str, pairs: Pairs) -> None:
    """Every annotation through every rule that applies, each with the formats in turn."""
    held = refused = 0
    for number, (document, annotation) in enumerate(pairs):
        for place, rule in enumerate(applicable(annotation.finding, document.language)):
            content = content_of(rule.apply(annotation.finding))
            if rule.absent:
                content = replace(content, frame=replace(content.frame, absent=rule.absent))
            able = [n for n, f in formats().items() if content.frame.kind in f.holds]
            able = [n for n in able if not rule.formats or n in rule.formats]
            text = render(able[(number + place) % len(able)], content)
            held += isinstance(text, str)
            refused += not isinstance(text, str)
    print(f"{name}: {held} answers after a rule read back, {refused} refused by their format")


def stated(sets: dict[str, Pairs]) -> None:
    """Rules as they are stated: in agreement at the end, over all sets."""
    settings, held = Compose(preference_share=1, max_preferences=3), 0
    for pairs in sets.values():
        for document, annotation in pairs[:500]:
            preferred = prefer(annotation.finding, settings, document.language, Dice(annotation.id))
            for rule in preferred.rules:
                assert rule.apply(preferred.finding) == preferred.finding, rule.id
                held += 1
    print(f"stated rules that hold of their answer: {held}")


def main() -> None:
    """Print all tables."""
    if not NLU.is_dir():
        print(f"gold sets are not at {NLU}")
        return
    sets = dict(gold())
    speed(sets["wikigold"])
    for name, pairs in sets.items():
        through_formats(name, pairs)
        through_both(name, pairs)
    through_rules(sets)
    stated(sets)


if __name__ == "__main__":
    main()
