"""A run's report: what was selected, mined, refused and why, and examples with their evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from miner import atomic, recipe
from miner.checks.reasons import meaning
from miner.report import evidence, figures, selection_page
from miner.report.html import Html, cards, figure, join, page, section, table, tag
from miner.report.svg import Bar, bars, histogram, treemap
from miner.report.tree import tree_section

if TYPE_CHECKING:
    from miner.run import Run
    from miner.store import Store
    from miner.types import Example

BEGAN = ("started", "made", "asked")
ENDED = ("done", "accepted", "replied", "rejected", "failed", "pending")
"""What books call the beginning and the ends of a thing."""

PER_TASK = 4
"""Examples that are shown of each task."""

PER_REASON = 2
"""Rejected things that are shown of each reason."""

MOST_BARS = 60
"""Nodes that are drawn; a larger taxonomy is summed by its upper level."""


def write(run: Run, store: Store) -> Path:
    """Write report.json and report.html into the run's folder.

    Returns:
        The page.
    """
    numbers = figures.of_run(run)
    atomic.write_json(run.path / "report.json", numbers)
    path = run.path / "report.html"
    atomic.write_bytes(path, render(run, store, numbers))
    return path


def render(run: Run, store: Store, numbers: Mapping[str, Any]) -> bytes:
    """The page of these figures; of a run that has only selected, the selection's part."""
    selected = selection_page.sections(run, store, numbers["selection"])
    name = str(numbers.get("name") or run.path.name)
    if "state" not in numbers:
        return page(f"Run {name}", f"selected from the index {store.name}", selected)
    sections = {
        "Overview": _overview(numbers, store),
        **({"Tree": tree_section(numbers["tree"])} if numbers.get("tree") else {}),
        **selected,
        "Nodes": _nodes(numbers),
        "Rejected": _rejected(run, numbers),
        "Lengths": _lengths(numbers),
        "Instructions": _instructions(numbers),
        "Balance": _balance(numbers),
        "Checks": _checks(numbers),
        **({"Rules and models": _agreement(numbers)} if numbers["agreement"] else {}),
        **({"Evaluation": _evaluation(numbers)} if numbers["evaluation"] else {}),
        "Review": _review(numbers),
        "Examples": _examples(run, store),
    }
    return page(f"Run {name}", f"mined from the index {store.name}", sections)


def _overview(numbers: Mapping[str, Any], store: Store) -> Html:
    examples, books = numbers["examples"], numbers.get("books", {})
    nodes = numbers["nodes"]
    values: dict[str, object] = {
        "documents in the index": len(store),
        "documents chosen": sum(node["chosen"] for node in nodes),
        "nodes with all their examples": f"{sum(map(_complete, nodes)):,} / {len(nodes):,}",
        "examples accepted": examples["total"],
        "evidence spans": examples["evidence_spans"],
        "turned away": numbers["rejected"]["total"],
    }
    by_task = [
        Bar(task, number, colour=place)
        for place, (task, number) in enumerate(examples["by"].get("task", {}).items())
    ]
    skipped = numbers.get("tasks_skipped") or []
    note = f"left out, for lack of a model: {', '.join(skipped)}" if skipped else ""
    return section(
        "Overview",
        cards(values),
        figure("Examples by task", bars(by_task, "Examples by task"), note),
        _books(books, numbers.get("requests", {})),
        intro="What the run chose, made and kept; turned away is what a task or a check refused. A "
        "node has all its examples when as many of its documents as it was asked for gave some, or "
        "when it has as many examples as the recipe asks of a node.",
    )


def _books(books: Mapping[str, Mapping[str, int]], requests: Mapping[str, int]) -> Html:
    """What was begun equals what ended, in every row."""
    rows = []
    for name, row in {**books, "requests": requests}.items():
        began = next((key for key in BEGAN if key in row), "")
        ended = [f"{row[key]:,} {key}" for key in ENDED if key in row]
        if began and ended:
            rows.append((name, f"{row[began]:,} {began} = {' + '.join(ended)}"))
    return table(("books", "all that was begun has ended"), rows)


def _complete(node: Mapping[str, Any]) -> bool:
    return bool(node["asked"] or not node["quota"]) and not node["reason"]


# --------------------------------------------------------------------------------------- nodes


def _nodes(numbers: Mapping[str, Any]) -> Html:
    nodes = numbers["nodes"]
    leaves = {tuple(node["path"]): node["accepted_examples"] for node in nodes}
    parts: list[Html] = []
    if any(leaves.values()):
        plot = treemap(leaves, "Accepted examples by node")
        parts.append(figure("Accepted examples by node", plot, "area is the number of examples"))
    colours = {root: i for i, root in enumerate(dict.fromkeys(n["path"][0] for n in nodes))}
    drawn = [
        Bar(
            node["path"][-1],
            node["productive"] or node["chosen"],
            node["quota"],
            colours[node["path"][0]],
            note=node["reason"] or node["why_underfilled"],
        )
        for node in nodes[:MOST_BARS]
    ]
    parts.append(
        figure("Documents by node, of the quota", bars(drawn, "Fill by node"), "pale: the quota")
    )
    parts.append(_node_table(nodes))
    probability = "probability" if numbers.get("calibrated") else "score (uncalibrated)"
    return section(
        "Nodes",
        *parts,
        intro=f"Membership is a {probability} from 0 to 1. A node for which too few "
        "documents reach the floor stays short and says why.",
    )


def _node_table(nodes: Sequence[Mapping[str, Any]]) -> Html:
    names = sorted({name for node in nodes for name in node["figures"]} - {"membership"})
    head = (
        "node",
        "quota",
        "chosen",
        "asked",
        "productive",
        "examples",
        "membership",
        *names,
        "why",
    )
    rows = [
        (
            tag("span", node["path"][-1], title=" / ".join(node["path"])),
            node["quota"],
            node["chosen"],
            node["asked"],
            node["productive"],
            node["accepted_examples"],
            node["mean_membership"],
            *(node["figures"].get(name, "") for name in names),
            node["reason"] or node["why_underfilled"],
        )
        for node in nodes
    ]
    return table(head, rows)


# ------------------------------------------------------------------------------------- rejected


def _rejected(run: Run, numbers: Mapping[str, Any]) -> Html:
    parts: list[Html] = []
    for subject, reasons in numbers["rejected"]["by_reason"].items():
        plot = bars([Bar(r, n, colour="bad") for r, n in reasons.items()], f"Rejected {subject}s")
        parts.append(figure(f"{subject.capitalize()}s turned away, by reason", plot))
    parts.append(tag("details", tag("summary", "Read some of them"), _turned_away(run)))
    return section(
        "Rejected",
        *parts,
        intro="Nothing is dropped without a reason. All of them: miner rejected RUN [--reason R].",
    )


def _turned_away(run: Run) -> Html:
    """The first few of each reason."""
    shown: dict[str, list[tuple[str, ...]]] = {}
    for row in run.rejected():
        rows = shown.setdefault(row["reason"], [])
        if len(rows) < PER_REASON:
            detail = row["detail"][:300]
            told = (row["reason"], meaning(row["reason"]))
            rows.append((*told, row["task"], row["node"], row["document"], detail))
    rows = [row for reason in sorted(shown) for row in shown[reason]]
    return table(("reason", "meaning", "task", "node", "document", "detail"), rows)


# -------------------------------------------------------------------------------------- figures


def _lengths(numbers: Mapping[str, Any]) -> Html:
    plots = [
        figure(part.capitalize(), histogram([tuple(b) for b in bins], part, colour=place))
        for place, (part, bins) in enumerate(numbers["examples"]["lengths"].items())
        if bins
    ]
    return section(
        "Lengths",
        tag("div", *plots, class_="pair"),
        intro="Characters, in bins whose bounds double.",
    )


def _instructions(numbers: Mapping[str, Any]) -> Html:
    examples = numbers["examples"]
    openings = [Bar(words, n) for words, n in examples["openings"].items()]
    plots = [figure("First two words", bars(openings, "Openings", 440, 150))]
    if examples["verbs_and_nouns"]:
        pairs = [Bar(words, n) for words, n in examples["verbs_and_nouns"].items()]
        plots.append(figure("Root verb and its object", bars(pairs, "Verbs", 440, 150)))
    for place, column in enumerate(("style", "format", "language", "split"), 1):
        counts = list(islice(examples["by"].get(column, {}).items(), 12))
        if counts:
            rows = [Bar(value, n, colour=place) for value, n in counts]
            plots.append(figure(column.capitalize(), bars(rows, column, 440, 150)))
    skeletons = [Bar(text, n, colour=6) for text, n in examples["skeletons"].items()]
    note = f"{examples['different_skeletons']:,} different ones; names, numbers and titles masked"
    masked = figure("Commonest skeletons", bars(skeletons, "Skeletons", names=620), note)
    return section(
        "Instructions",
        tag("div", *plots, class_="pair"),
        masked,
        intro="How instructions begin and what they are made of. A bar that outgrows the others is "
        "a phrasing that a model would learn instead of the task.",
    )


def _balance(numbers: Mapping[str, Any]) -> Html:
    """Difficulty, and the places of right options."""
    examples = numbers["examples"]
    plots = []
    if any(n for *_, n in examples["difficulty"]):
        bins = [tuple(b) for b in examples["difficulty"]]
        plots.append(figure("Difficulty", histogram(bins, "Difficulty"), "0 easy, 1 hard"))
    if choices := examples["choices"]:
        places = [
            Bar(f"place {i}", n, colour=3, note=f"even: {choices['expected'][i - 1]:.1f}")
            for i, n in enumerate(choices["places"], 1)
        ]
        note = (
            f"chi-square {choices['chi_square']:.1f} on {choices['degrees_of_freedom']} degrees, "
            f"p = {choices['probability']:.3f}"
        )
        plot = bars(places, "Places of the right option", 440, 90)
        plots.append(figure("Places of the right option", plot, note))
    if not plots:
        return section("Balance", tag("p", "No choices and no questions.", class_="quiet"))
    return section(
        "Balance",
        tag("div", *plots, class_="pair"),
        intro="Whether questions are all easy or all hard, and whether the right option stands in "
        "one place more often than by chance: a small p says that it does.",
    )


def _review(numbers: Mapping[str, Any]) -> Html:
    """What people said of a sample."""
    review = numbers["review"]
    if not review:
        return section("Review", tag("p", "No person has judged these examples: miner review RUN."))
    rows = [
        (task, r["of"], r["passed"], r["rate"], f"{r['low']:.0%} to {r['high']:.0%}")
        for task, r in ({"all": review["all"]} | review["by_task"]).items()
    ]
    alpha = review["alpha"]
    said = f"{review['examples']:,} examples, judged by {', '.join(review['reviewers'])}. "
    said += f"{review['disputed']} in dispute; Krippendorff's alpha " + (
        "is not defined." if alpha is None else f"{alpha:.2f}."
    )
    reasons = [Bar(reason, n, colour="bad") for reason, n in review["reasons"].items()]
    parts = [table(("task", "judged", "passed", "rate", "95 % interval"), rows)]
    if reasons:
        parts.append(figure("Why people rejected", bars(reasons, "Reasons")))
    return section("Review", *parts, intro=said)


def _checks(numbers: Mapping[str, Any]) -> Html:
    about = recipe.kinds("checks")
    counts: dict[str, int] = {}
    for reasons in numbers["rejected"]["by_reason"].values():
        for reason, number in reasons.items():
            kind = reason.partition(":")[0]
            counts[kind] = counts.get(kind, 0) + number
    on = numbers.get("checks", [])
    rows = [(kind, "on", counts.get(kind, 0), about.get(kind, "")) for kind in on]
    rows += [(kind, "off", 0, line) for kind, line in about.items() if kind not in on]
    return section(
        "Checks",
        table(("check", "", "refused", "what it holds"), rows),
        intro="What is off was not checked, and may be wrong in any of the examples. Whether what "
        "a document says is true, no check can tell.",
    )


def _agreement(numbers: Mapping[str, Any]) -> Html:
    """What rules found beside what models did."""
    head = tuple(name.replace("_", " ") for name in numbers["agreement"][0])
    rows = [tuple(row.values()) for row in numbers["agreement"]]
    return section(
        "Rules and models",
        table(head, rows),
        intro="Models were shown what rules found, as candidates that may be wrong. Counted in "
        "accepted annotations; what the check complete refused as disputed is among the rejected.",
    )


def _evaluation(numbers: Mapping[str, Any]) -> Html:
    """Scores on gold."""
    rows = [
        (
            gold,
            task,
            label,
            score["precision"],
            score["recall"],
            score["f1"],
            f"{score['f1_95'][0]:.2f} to {score['f1_95'][1]:.2f}",
            score["found"] + score["missed"],
        )
        for gold, measured in numbers["evaluation"].items()
        for task, scores in measured["tasks"].items()
        if "all" in scores
        for label, score in ({"all": scores["all"]} | scores["by_label"]).items()
    ]
    asked = [
        (
            gold,
            answers["questions"],
            answers["exact"],
            answers["f1"],
            f"{answers['f1_95'][0]:.2f} to {answers['f1_95'][1]:.2f}",
        )
        for gold, measured in numbers["evaluation"].items()
        for scores in measured["tasks"].values()
        if (answers := scores.get("answers"))
    ]
    head = ("gold", "task", "label", "precision", "recall", "F1", "95 % interval", "gold items")
    parts = [table(head, rows)] if rows else []
    if asked:
        parts.append(table(("gold", "questions", "exact match", "F1 of words", "95 %"), asked))
    return section(
        "Evaluation",
        *parts,
        intro="The run's own tasks, with its model, on what people annotated: miner evaluate.",
    )


# ------------------------------------------------------------------------------------- examples


def _examples(run: Run, store: Store) -> Html:
    chosen = shown_examples(run.examples(), PER_TASK)
    ids = {id for examples in chosen.values() for e in examples for id in e.documents}
    documents = store.documents(sorted(ids))
    parts: list[Html] = []
    for task, examples in chosen.items():
        parts.append(tag("h3", task))
        parts.append(join(evidence.card(example, documents) for example in examples))
    return section(
        "Examples",
        *(parts or [tag("p", "None were accepted.", class_="quiet")]),
        intro=f"{PER_TASK} of each task at most, from different nodes where there are some. "
        "Marked: the evidence, exactly where it stands in the document.",
    )


def shown_examples(examples: Any, per_task: int) -> dict[str, list[Example]]:
    """The first few of each task, each of another node as long as there is one."""
    nodes: dict[str, dict[tuple[str, ...], Example]] = {}
    more: dict[str, list[Example]] = {}
    for example in examples:
        first = nodes.setdefault(example.task, {})
        rest = more.setdefault(example.task, [])
        if example.node not in first and len(first) < per_task:
            first[example.node] = example
        elif len(rest) < per_task:
            rest.append(example)
    return {t: [*nodes[t].values(), *more[t]][:per_task] for t in sorted(nodes)}
