"""Checks: planted corruptions, real cases, planted leaks, and speed.

    python tests/benchmarks/bench_checks.py

Corpora are read from ../shared/data; what is not there is left out and named.
"""

from __future__ import annotations

import dataclasses
import gzip
import json
import random
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from miner.checks import standard
from miner.checks.contamination import Contamination
from miner.checks.grounded import Grounded
from miner.checks.instruction_supported import InstructionSupported, names, numbers
from miner.checks.language import Language
from miner.checks.skeletons import Skeletons
from miner.checks.standalone import Standalone
from miner.checks.toxicity import Toxicity
from miner.contamination import Benchmarks
from miner.ingest import Card, ingest
from miner.run import dump_finding
from miner.types import Annotation, Answers, Document, Entities, Entity, Example, Span, Writing
from miner.verdicts import wilson

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
import check_cases  # noqa: E402 - a neighbour of the tests
import vector_cases  # noqa: E402

RIVAL = Path(tempfile.gettempdir()) / "miner-langextract"
PACKAGES = ("langextract==1.7.1", "more-itertools==11.2.1", "absl-py==2.5.1")
SHARED = HERE.parents[2] / "shared" / "data"


def main() -> None:
    if not SHARED.is_dir():
        print(f"no corpora at {SHARED}: nothing to measure")
        return
    questions = list(xquad())
    corruptions(questions)
    cases(questions)
    contamination()
    speed(questions)


def table(title, head, rows):
    print(f"\n{title}")
    widths = [max(len(str(row[i])) for row in [head, *rows]) for i in range(len(head))]
    for row in [head, *rows]:
        print("  ".join(str(cell).ljust(width) for cell, width in zip(row, widths, strict=True)))


def xquad(language="en"):
    """Document, question, answer span of every question of XQuAD."""
    articles = json.loads((SHARED / "nlu" / "xquad" / f"xquad.{language}.json").read_text())
    for number, article in enumerate(articles["data"]):
        for place, paragraph in enumerate(article["paragraphs"]):
            document = Document(
                f"{number}-{place}",
                paragraph["context"],
                title=article["title"].replace("_", " "),
                language=language,
                license="CC BY-SA 4.0",
            )
            for qa in paragraph["qas"]:
                start = qa["answers"][0]["answer_start"]
                yield (
                    document,
                    qa["question"],
                    document.span(start, start + len(qa["answers"][0]["text"])),
                )


def example_of(document, question, span, id="x"):
    finding = Answers(document.span(0, len(document.text)), question, (span,))
    return Example(
        id=id,
        task="question",
        instruction=question,
        input=document.text,
        output=span.text,
        evidence=(span,),
        documents=(document.id,),
        document_sha256=(document.sha256,),
        license=(document.license,),
        title=(document.title,),
        language=document.language,
        annotation=json.dumps({"id": id, **json.loads(dump_finding(finding))}, ensure_ascii=False),
    )


# -------------------------------------------------------------------------------- corruptions


def corrupted(span, text, others, rng):
    """Ways in which a model gets a span wrong; None where one does not apply."""
    words = span.text.split()
    number = re.search(r"\d+", span.text)
    near = list(words)
    near[rng.randrange(len(near))] = rng.choice(others).split()[0]
    shift = rng.choice([-3, -2, -1, 1, 2, 3])
    yield "swapped entity", dataclasses.replace(span, text=rng.choice(others))
    yield "swapped entity, own length", sized(span, rng.choice(others))
    changed = number and span.text.replace(number[0], str(int(number[0]) + rng.randint(1, 9)), 1)
    yield "changed number", dataclasses.replace(span, text=changed) if changed else None
    yield "negation", dataclasses.replace(span, text=f"not {span.text}")
    phrase = " ".join(near)
    yield "near miss, one word", dataclasses.replace(span, text=phrase)
    yield "near miss, own length", sized(span, phrase)
    moved = Span(span.document, span.start + shift, span.end + shift, span.text)
    yield "shifted offset", moved
    yield "case of one letter", dataclasses.replace(span, text=span.text.swapcase())


def sized(span, text):
    return Span(span.document, span.start, span.start + len(text), text)


def corruptions(questions):
    """Every false span caught, no true one refused."""
    rng, check = random.Random(0), Grounded()
    sample = rng.sample(questions, 1000)
    others = [span.text for _, _, span in questions]
    caught, made, refused = {}, {}, 0
    for document, _, span in sample:
        whole = document.span(0, len(document.text))

        def verdict(given, document=document, whole=whole):
            finding = Entities(whole, (Entity(given, "x"),))
            item = Annotation("a", "t", "n", (document.id,), finding)
            return check.check(item, {document.id: document})

        refused += verdict(span) is not None
        for kind, false in corrupted(span, document.text, others, rng):
            if false is None or document.text[max(false.start, 0) : false.end] == false.text:
                continue  # by chance it is true
            made[kind] = made.get(kind, 0) + 1
            caught[kind] = caught.get(kind, 0) + (verdict(false) is not None)
    rows = [(k, made[k], f"{caught[k] / made[k]:.1%}") for k in made]
    rows += [("true spans refused", len(sample), f"{refused / len(sample):.1%}")]
    table("Planted span corruptions (XQuAD en, grounded)", ("corruption", "made", "caught"), rows)
    answers(sample, others)
    langextract(sample, others)


def answers(sample, others):
    """Free answers made wrong while their span stays true: what answer support catches."""
    rng, check = random.Random(3), InstructionSupported()
    caught, made, refused = {}, {}, 0
    for document, _, span in sample:

        def verdict(answer, document=document, span=span):
            finding = Answers(
                document.span(0, len(document.text)), "What is said?", (span,), answer
            )
            told = json.dumps({"id": "x", **json.loads(dump_finding(finding))})
            item = dataclasses.replace(example_of(document, "", span), annotation=told)
            return check.check(item, {document.id: document})

        refused += verdict(span.text) is not None
        for kind, false in corrupted(span, document.text, others, rng):
            if false is not None and kind in {"swapped entity", "changed number", "negation"}:
                made[kind] = made.get(kind, 0) + 1
                caught[kind] = caught.get(kind, 0) + (verdict(false.text) is not None)
    rows = [(k, made[k], f"{caught[k] / made[k]:.1%}") for k in made]
    rows += [("true answers refused", len(sample), f"{refused / len(sample):.1%}")]
    head = ("corruption", "made", "caught")
    table("Planted answer corruptions, spans true (instruction_supported)", head, rows)


def langextract(sample, others):
    """The same near misses through langextract's resolver, installed apart on the first call."""
    if not (RIVAL / "langextract").is_dir():
        pip = [sys.executable, "-m", "pip", "install", "-qq", "--no-deps", "--target", str(RIVAL)]
        if subprocess.run([*pip, *PACKAGES], check=False).returncode:
            print("langextract cannot be installed: its resolver is left out of the table")
            return
    sys.path.append(str(RIVAL))
    from langextract import data, resolver

    rng = random.Random(1)
    taken = true = 0
    aligner = resolver.WordAligner()
    for document, _, span in sample[:200]:
        words = span.text.split()
        words[rng.randrange(len(words))] = rng.choice(others).split()[0]
        for text, is_true in ((span.text, True), (" ".join(words), False)):
            if not is_true and text in document.text:
                continue
            groups = [[data.Extraction("x", text)]]
            found = next(iter(aligner.align_extractions(groups, document.text)))[0]
            placed = found.char_interval is not None
            true += placed and is_true
            taken += placed and not is_true
    rows = [
        ("near misses given a span", f"{taken} of 200"),
        ("true spans placed", f"{true} of 200"),
    ]
    table("langextract's resolver, default settings", ("", ""), rows)


# -------------------------------------------------------------------------------------- cases


def share(part, whole):
    """A share with its 95 % interval."""
    low, high = wilson(part, whole)
    return f"{part / whole:.2f} ({low:.2f} to {high:.2f})"


def scores(bad, good):
    """Precision and recall of verdicts on items that should and should not be refused."""
    caught, wrong = sum(map(bool, bad)), sum(map(bool, good))
    precision = caught / (caught + wrong) if caught + wrong else 1.0
    return f"{precision:.3f}", f"{caught / len(bad):.3f}", len(bad), len(good)


def cases(questions):
    """Each check on positives and negatives of its own, in the repository; then more of some."""
    own = []
    for check in check_cases.checks():
        right, wrong, missed, left = check_cases.scores(check)
        own.append(
            (check, share(right, right + wrong), share(right, right + missed),
             right + missed, wrong + left)
        )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        index = Path(folder) / "store"
        ingest(Card.read("quickstart"), index)
        for check in vector_cases.CHECKS:
            right, wrong, missed, left = vector_cases.scores(check, index)
            own.append(
                (check, share(right, right + wrong), share(right, right + missed),
                 right + missed, wrong + left)
            )  # fmt: skip
    table("Each check on its cases", ("check", "precision", "recall", "bad", "good"), own)
    rng = random.Random(2)
    supported, lone = InstructionSupported(), Standalone()
    rows = []

    def support(document, question, span, source=None):
        item = example_of(source or document, question, span)
        return supported.check(item, {(source or document).id: source or document})

    claims = [q for q in questions if names(q[1]) or list(numbers(q[1]))]
    claims = rng.sample(claims, 500)
    good = [support(*case) for case in claims]
    bad = []
    for document, question, _ in claims:
        other, _, span = rng.choice([q for q in questions if q[0].title != document.title])
        bad.append(support(document, question, span, other))
    rows.append(("instruction_supported", "question on another article", *scores(bad, good)))

    bad = [
        lone.check(dataclasses.replace(example_of(*case), instruction=told, input=""), {})
        for case in questions[:100]
        for told in (deictic(case[1], rng),)
    ]
    named = [q for q in questions if names(q[1])][:300]
    good = [lone.check(dataclasses.replace(example_of(*c), input=""), {}) for c in named]
    rows.append(("standalone", "questions with a reference put in", *scores(bad, good)))
    head = ("check", "cases", "precision", "recall", "bad", "good")
    table("More real cases", head, rows)


def deictic(question, rng):
    """A question that now leans on a text that is not there."""
    return rng.choice(
        (
            f"According to the passage, {question[0].lower()}{question[1:]}",
            f"{question.rstrip('?')} in this article?",
            f"Based on the text above, {question[0].lower()}{question[1:]}",
            f"{question.rstrip('?')}, as described in the document?",
            f"What does the author say about this: {question}",
        )
    )


# ----------------------------------------------------------------------------- contamination


def contamination():
    """Recall of planted questions, and false alarms on a whole encyclopedia."""
    path = SHARED / "decontamination" / "benchmark_questions.jsonl.gz"
    skip = ("social_i_qa", "super_glue/copa")  # without their context these ask nothing
    started = time.perf_counter()
    benchmarks = Benchmarks.read([path], skip)
    built = time.perf_counter() - started
    rng = random.Random(0)
    documents = [json.loads(line)["text"] for line in (SHARED / "c4" / "c4-en.jsonl").open()]
    questions = rng.sample(benchmarks.questions, 200)
    found = 0
    for _, question in questions:
        sentences = rng.choice(documents).split(". ")
        at = rng.randrange(len(sentences) + 1)
        found += (
            benchmarks.find(". ".join([*sentences[:at], question, *sentences[at:]])) is not None
        )
    started = time.perf_counter()
    alarms = [hit for text in documents if (hit := benchmarks.find(text))]
    rate = len(documents) / (time.perf_counter() - started)
    with gzip.open(SHARED / "wikipedia" / "simplewiki-5k.jsonl.gz", "rt") as lines:
        wiki = [hit for line in lines if (hit := benchmarks.find(json.loads(line)["text"]))]
    rows = [
        ("questions, seconds to index", f"{len(benchmarks):,}", f"{built:.1f}"),
        ("planted and found", "200", f"{found / 200:.3f}"),
        ("alarms on C4", f"{len(documents):,}", len(alarms)),
        ("alarms on simplewiki", "5,000", len(wiki)),
        ("documents a second", "", f"{rate:,.0f}"),
    ]
    table("Contamination", ("", "of", ""), rows)
    for hit in [*alarms, *wiki]:
        print(f"  {hit.overlap:.0%} of {hit.benchmark}: {hit.question[:100]}")


# -------------------------------------------------------------------------------------- speed


def speed(questions, each=1000):
    """Examples a second on one core: each check alone, and all of them on one after the other.

    An example is judged as in a run: its annotation by the checks of annotations, then itself by the
    others. Half are questions with their paragraph, half are articles to write, without an input.
    """
    items = [asked(case, f"q{i}") for i, case in enumerate(questions[:each])]
    with gzip.open(SHARED / "wikipedia" / "simplewiki-5k.jsonl.gz", "rt") as lines:
        rows = [json.loads(line) for line in lines]
    rows = [row for row in rows if 500 < len(row["text"]) < 4000]
    items += [written(f"w{i}", row["title"], row["text"]) for i, row in enumerate(rows)]
    items = items[: 2 * each]
    questions_file = str(SHARED / "decontamination" / "benchmark_questions.jsonl.gz")
    more = [
        Language(),
        Contamination((questions_file,), ("social_i_qa", "super_glue/copa")),
        Toxicity({"en": str(SHARED / "dirty" / "ldnoobw" / "en")}),
        Skeletons(),
    ]
    checks = [*standard(), *more]
    foreign = asked(
        (questions[0][0], "Wo steht, wie das alles angefangen hat?", questions[0][2]), "f"
    )
    for check in checks:  # what is read or compiled once
        for item in (items[0], items[-1], foreign):
            check.check(*_of(check, item))
    rows = [(kind(check), f"{1 / judged([check], items):,.0f}") for check in checks]
    fast = [c for c in standard() if kind(c) != "duplicate"]
    rows.append(("the standard list, near-duplicates apart", f"{1 / judged(fast, items):,.0f}"))
    every = [*fast, *more]
    rows.append(("and the four that a recipe names", f"{1 / judged(every, items):,.0f}"))
    table(f"Speed, one core, {len(items)} examples", ("check", "examples a second"), rows)


def kind(check):
    return type(check).__module__.rpartition(".")[2]


def asked(case, id):
    document, question, span = case
    example = example_of(document, question, span, id)
    finding = Answers(document.span(0, len(document.text)), question, (span,))
    return (
        {document.id: document},
        Annotation(id, "question", "n", (document.id,), finding),
        example,
    )


def written(id, title, text):
    document = Document(id, text, title=title, language="en", license="CC BY-SA 4.0")
    told = f"Write an encyclopedia article about {title} for people who learn English."
    span = document.span(0, len(text))
    finding = Writing(told, span)
    example = Example(
        id, "write", told, "", text, evidence=(span,), documents=(id,),
        document_sha256=(document.sha256,), license=(document.license,), language="en",
        title=(title,),
        annotation=json.dumps({"id": id, **json.loads(dump_finding(finding))}, ensure_ascii=False),
    )  # fmt: skip
    return {id: document}, Annotation(id, "write", "n", (id,), finding), example


def judged(checks, items):
    """Seconds of one core for each example."""
    fresh = [dataclasses.replace(check) for check in checks]
    for check, old in zip(fresh, checks, strict=True):
        check.__dict__.update({k: v for k, v in old.__dict__.items() if k in READ})
    began = time.process_time()
    for item in items:
        for check in fresh:
            check.check(*_of(check, item))
    return (time.process_time() - began) / len(items)


def _of(check, item):
    documents, annotation, example = item
    return annotation if check.subject == "annotation" else example, documents


READ = ("_benchmarks", "_terms")
"""What a check has read from files: it is read once a run."""


if __name__ == "__main__":
    sys.exit(main())
