"""The data set card: what is in it, where it came from, what was checked, and what was not.

Nothing in it depends on time or cost, so that equal runs have equal cards. Text of documents never
enters it, and names that do (titles, nodes) are escaped for Markdown.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from miner import recipe
from miner.exports import licences
from miner.verdicts import figures as review_figures

if TYPE_CHECKING:
    from miner.exports.figures import Counts
    from miner.run import Run
    from miner.store import Store

SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
MOST_LISTED = 50
"""Rows of a table of nodes or sources; the whole is in the report."""

UNREAD = "by people: no example was read by a person"
ALWAYS_OPEN = (
    "that what the documents say is true: an answer is what its document says",
    "that the documents may be used for your purpose: their licences are listed, not judged",
)


def render(run: Run, store: Store, counts: Counts, formats: Sequence[str]) -> str:
    """The whole README.md."""
    manifest = run.manifest
    name = str(manifest.get("name") or run.path.name)
    parts = [
        metadata(name, counts, formats),
        f"# {plain(name)}\n",
        _summary(store, counts),
        _loading(formats, counts),
        _contents(counts),
        origins(counts),
        rights(counts),
        _checked(manifest, review_figures(run)),
        _evaluated(run),
        _columns(),
        _making(manifest, store),
    ]
    return "\n".join(part.rstrip("\n") + "\n" for part in parts if part)


# ------------------------------------------------------------------------------------ metadata


def metadata(name: str, counts: Counts, formats: Sequence[str]) -> str:
    """The YAML block that the hub and `load_dataset` read. JSON strings are YAML strings."""
    lines = ["---", f"pretty_name: {json.dumps(name)}"]
    known = {t: licences.find(t) for t in counts.licences()}
    hub = {licence.hub if licence else "unknown" for licence in known.values()}
    lines.append(f"license: {hub.pop() if len(hub) == 1 else 'other'}")
    languages = sorted({_tag(code) for code in counts.of("language")} - {""})
    if languages:
        lines += ["language:", *(f"- {json.dumps(code)}" for code in languages)]
    lines += [
        "task_categories:",
        "- text-generation",
        "tags:",
        "- instruction-tuning",
        *(["- grounded"] if not counts.of("style").get("ungrounded") else []),
    ]
    size = next((label for limit, label in SIZES if counts.examples < limit), "n>1M")
    lines += ["size_categories:", f"- {size}", "configs:"]
    for place, format in enumerate(formats):
        lines.append(f"- config_name: {format}")
        if place == 0:
            lines.append("  default: true")
        lines.append("  data_files:")
        for split in counts.splits:
            lines += [f"  - split: {split}", f"    path: {format}/{split}-*.parquet"]
    return "\n".join([*lines, "---", ""])


def _tag(language: str) -> str:
    code = language.lower().split("-")[0].split("_")[0]
    code = "en" if code == "simple" else code
    return code if re.fullmatch(r"[a-z]{2,3}", code) else ""


# ------------------------------------------------------------------------------------ sections


def _summary(store: Store, counts: Counts) -> str:
    models = [m for m in counts.of("model") if m != "none"]
    wrote = (
        f"Some instructions and annotations were written by {listed(models)}; its terms of use "
        "apply to what you do with them."
        if models
        else "No language model was asked: instructions come from templates and from the "
        "documents' own structure."
    )
    recalled = counts.of("style").get("ungrounded", 0)
    bound = "other example" if recalled else "example"
    memory = (
        f"{recalled:,} examples (style `ungrounded`) rest on no document: a model answered them "
        "from memory. "
        if recalled
        else ""
    )
    return (
        f"{counts.examples:,} instruction-tuning examples made from {len(counts.documents):,} "
        f"human-written documents of the index `{plain(store.name)}`. Every {bound} carries the "
        "spans of text that support it: each is exactly its document's characters at the stated "
        f"offsets. {memory}{wrote}\n"
    )


def _loading(formats: Sequence[str], counts: Counts) -> str:
    code = ["```python", "from datasets import load_dataset", ""]
    code.append(f'load_dataset("this/folder")                # {formats[0]}')
    code += [f'load_dataset("this/folder", "{name}")' for name in formats[1:]]
    rows = counts.of("split") or {"train": 0}
    return "\n".join([*code, "```", "", table(("split", "examples"), rows.items())])


def _contents(counts: Counts) -> str:
    parts = ["## Contents\n"]
    parts += [
        table((column, "examples"), counts.of(column).items())
        for column in ("task", "language", "format", "style")
    ]
    nodes = counts.of("node")
    parts.append(f"{len(nodes)} nodes of the taxonomy hold examples.\n")
    parts.append(table(("node", "examples"), nodes.items()))
    return "\n".join(parts)


def origins(counts: Counts) -> str:
    """Where the documents came from."""
    rows = counts.sources().items()
    return "## Sources\n\n" + table(("source", "documents"), rows)


def rights(counts: Counts) -> str:
    """The licences of the documents, and what they ask for."""
    rows, duties = [], []
    for text, documents in counts.licences().items():
        licence = licences.find(text)
        asks = "unknown: find out before you pass this on"
        if licence:
            asks = listed(_duties(licence)) or "nothing"
            duties += _duties(licence)
        rows.append((text, f"{documents:,}", asks))
    parts = ["## Licences\n", table(("licence", "documents", "asks for"), rows)]
    if "share-alike" in duties:
        parts.append(
            "Share-alike: what is made from these documents, this data set included, is passed on "
            "under the same licence.\n"
        )
    if "attribution" in duties:
        parts.append(
            "Attribution: the columns `title`, `url` and `license` name the page behind each row; "
            "keep them, or name the pages otherwise.\n"
        )
    return "\n".join(parts)


def _duties(licence: licences.Licence) -> list[str]:
    held = {
        "attribution": licence.attribution,
        "share-alike": licence.share_alike,
        "non-commercial use only": licence.non_commercial,
        "no derivatives": licence.no_derivatives,
    }
    return [name for name, holds in held.items() if holds]


def _checked(manifest: Mapping[str, Any], review: Mapping[str, Any]) -> str:
    on = list(manifest.get("checks", []))
    about = recipe.kinds("checks")
    refused = _refused(manifest)
    rows = [
        (kind, about.get(kind, "a check of a third party"), refused.get(kind, 0)) for kind in on
    ]
    open_ = [f"{kind}: {line}" for kind, line in about.items() if kind not in on]
    parts = [
        "## What was checked\n",
        table(("check", "what it holds", "refused"), rows) if rows else "Nothing was.\n",
        *_judged(review),
        "## What was not checked\n",
        *(f"- {plain(line)}" for line in (*ALWAYS_OPEN, *([] if review else [UNREAD]), *open_)),
        "",
    ]
    return "\n".join(parts)


def _judged(review: Mapping[str, Any]) -> list[str]:
    """What people said of a sample, where they said something."""
    if not review:
        return []
    rates = {"all": review["all"]} | review["by_task"]
    rows = [
        (task, r["of"], r["passed"], f"{r['rate']:.0%}", f"{r['low']:.0%} to {r['high']:.0%}")
        for task, r in rates.items()
    ]
    people = len(review["reviewers"])
    return [
        (
            f"{review['examples']:,} examples were judged by {people} "
            f"{'person' if people == 1 else 'people'}; what they rejected is left out, what they "
            "edited stands as edited.\n"
        ),
        table(("task", "judged", "passed", "rate", "95 % interval"), rows),
    ]


def _refused(manifest: Mapping[str, Any]) -> dict[str, int]:
    """How many annotations and examples each check turned away."""
    refused: dict[str, int] = {}
    for reasons in manifest.get("rejected", {}).values():
        for reason, number in reasons.items():
            kind = reason.partition(":")[0]
            refused[kind] = refused.get(kind, 0) + number
    return refused


def _evaluated(run: Run) -> str:
    """Scores on gold, where there are some."""
    path = run.path / "evaluation.json"
    if not path.is_file():
        return ""
    rows, asked = [], []
    for gold, table_ in sorted(recipe.read_json(path).items()):
        for task, scores in sorted(table_["tasks"].items()):
            told = scores.get("answers") or scores["all"]
            low, high = told["f1_95"]
            last = (f"{told['f1']:.2f}", f"{low:.2f} to {high:.2f}")
            if "answers" in scores:
                asked.append((gold, told["questions"], f"{told['exact']:.2f}", *last))
            else:
                parts = (f"{told[name]:.2f}" for name in ("precision", "recall"))
                rows.append((gold, task, *parts, *last))
    text = "## Tasks on gold\n\n"
    if rows:
        head = ("gold", "task", "precision", "recall", "F1", "95 % interval")
        text += "The same tasks, with the same model, on what people annotated:\n\n"
        text += table(head, rows)
    if asked:
        text += "\nThe same model, asked questions with their text (exact match, F1 of words):\n\n"
        text += table(("gold", "questions", "exact", "F1", "95 % interval"), asked)
    return text


def _columns() -> str:
    rows = (
        (
            "evidence",
            "spans that support the row: document, start, end, text; offsets are code points",
        ),
        ("documents, document_sha256", "ids of its documents, and the hash of each stored text"),
        ("url, title, source, license", "one for each of its documents"),
        ("node", "path of the topic it was mined for, root first"),
        ("annotation", "what was found in the document, as JSON, with all of its spans"),
        ("model, prompt_version, request_ids", "which model wrote it and how; empty if none did"),
        ("style, format, guideline, preferences", "how it was composed from its annotation"),
        ("group", "rows of one group are always in the same split"),
    )
    return "## Columns\n\nBeside those of the format:\n\n" + table(
        ("column", "what it holds"), rows
    )


def _making(manifest: Mapping[str, Any], store: Store) -> str:
    identity = store.manifest.get("encoder", {}).get("identity", {})
    model = identity.get("model", "")
    rows = [
        ("tasks", listed(manifest.get("tasks", []))),
        ("left out, for lack of a model", listed(manifest.get("tasks_skipped", []))),
        ("seed", manifest.get("seed", "")),
        ("index", store.name),
        ("encoder", model),
    ]
    rows = [(what, value) for what, value in rows if value != ""]
    return "## How it was made\n\n" + table(("", ""), rows)


# ------------------------------------------------------------------------------------ Markdown


def plain(value: object) -> str:
    """A value on one line of Markdown that shows its characters and nothing else."""
    text = " ".join(str(value).split())
    text = "".join(c for c in text if c.isprintable())
    for raw, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        text = text.replace(raw, entity)
    return re.sub(r"([\\`*\[\]|#~]|\b_|_\b)", r"\\\1", text)


def table(head: Sequence[str], rows: Any) -> str:
    """A Markdown table, cut at MOST_LISTED rows."""
    rows = [tuple(row) for row in rows]
    lines = [f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}"]
    lines += [f"| {' | '.join(_cell(v) for v in row)} |" for row in rows[:MOST_LISTED]]
    more = len(rows) - MOST_LISTED
    return "\n".join(lines) + (f"\n\n... and {more} more\n" if more > 0 else "\n")


def _cell(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else plain(value)


def listed(names: Sequence[str]) -> str:
    """`a, b and c`."""
    names = [str(name) for name in names]
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
