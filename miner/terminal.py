"""What a person sees in the terminal: tables, examples with their evidence marked.

Results go to standard output, progress and errors to standard error. Documents are untrusted: their
text is printed as text, with control characters shown and never as markup.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from miner.checks.reasons import meaning
from miner.taxonomy.reasons import told
from miner.types import Answers, Labels, Writing

if TYPE_CHECKING:
    from miner.diff import Comparison
    from miner.lookup import Origin
    from miner.run import Run
    from miner.store import Store
    from miner.trying import Trial
    from miner.types import Document, Example, Finding, Passage, Selection, Span, Taxonomy

MOST_NODES = 60
"""Nodes of a selection that are listed."""
EVIDENCE = "bold black on bright_yellow"

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def say(line: str) -> None:
    """One line of result."""
    out.print(Text(line))


def note(line: str) -> None:
    """One line on what is going on, beside progress."""
    err.print(Text(safe(line)))


def error(problem: str) -> None:
    """One line that says what went wrong."""
    err.print(Text("error: ", style="red") + Text(safe(problem)))


def safe(text: str) -> str:
    """A document's text without what could steer the terminal."""
    return "".join(c if c in "\n\t" or c.isprintable() else f"\\x{ord(c):02x}" for c in text)


# ----------------------------------------------------------------------------------- tables


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    for i, column in enumerate(columns):
        table.add_column(column, justify="left" if i == 0 else "right", overflow="fold")
    return table


def _print(table: Table) -> None:
    out.print(table, soft_wrap=False)
    out.print()


def table_of(state: Mapping[str, Any]) -> None:
    """Names and values, nested ones indented by their path."""
    table = _table("", "", "")
    for name, value in _flat(state):
        table.add_row(Text(name), Text(safe(str(value))))
    _print(table)


def _flat(state: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in state.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def parts(found: Mapping[str, Mapping[str, str]]) -> None:
    """The kinds of each group, a line each."""
    width = max((len(kind) for kinds in found.values() for kind in kinds), default=0)
    for group, kinds in found.items():
        out.print(Text(group, style="bold"))
        for kind, line in sorted(kinds.items()):
            say(f"  {kind:<{width}}  {line}")


def index_summary(store: Store) -> None:
    """What indexing read, kept and turned away."""
    reasons = Counter(row["reason"] for row in store.rejected())
    table = _table("documents", "", "count")
    table.add_row("read", str(len(store) + sum(reasons.values())))
    table.add_row("kept", str(len(store)))
    for reason, count in reasons.most_common():
        table.add_row(Text(f"rejected: {safe(reason)}"), str(count))
    _print(table)
    say(f"index:  {store.path}")
    say(f"report: {store.path / 'report.html'}")


def selection_table(taxonomy: Taxonomy, selection: Selection) -> None:
    """Quota and fill of every node; of very many, those that hold the most documents."""
    table = _table("selection", "node", "quota", "filled", "spares", "above floor", "why not full")
    nodes = selection.nodes
    if len(nodes) > MOST_NODES:
        nodes = tuple(sorted(nodes, key=lambda node: -len(node.chosen))[:MOST_NODES])
    for node in nodes:
        path = taxonomy.path(node.node)
        table.add_row(
            Text(" / ".join(path[-2:])), str(node.quota), str(len(node.chosen)),
            str(len(node.spares)), str(node.population), Text(node.reason),
        )  # fmt: skip
    _print(table)
    if more := selection.nodes[len(nodes) :]:
        full = sum(0 < node.quota <= len(node.chosen) for node in selection.nodes)
        empty = sum(not node.chosen for node in selection.nodes)
        say(
            f"{len(more):,} more nodes stand in the report; of all {len(selection.nodes):,}, "
            f"{full:,} are full and {empty:,} empty"
        )
    if not selection.calibrated:
        say("membership is uncalibrated: a ranking score, not a measured probability")


def run_summary(run: Run, store: Store, recipe_name: str) -> None:
    """The tables at the end of a run, three examples, and where everything lies."""
    manifest = run.manifest
    say(f"index: {store.path}, {len(store):,} documents\n")
    table = _table("nodes", "node", "quota", "with examples", "examples", "why not full")
    names = {node["id"]: node["name"] for node in manifest["taxonomy"]}
    for node in manifest["nodes"]:
        table.add_row(
            Text(names[node["node"]]), str(node["quota"]),
            str(min(node["productive"], node["quota"])),
            str(node["accepted_examples"]), Text(node["reason"]),
        )  # fmt: skip
    _print(table)
    table = _table("examples", "task", "accepted")
    for task, count in manifest["examples_by_task"].items():
        table.add_row(Text(task), str(count))
    _print(table)
    if suspects := manifest.get("suspects"):
        found = ", ".join(f"{n} {kind}" for kind, n in suspects.items())
        say(f"documents that seem to speak to a model: {found} (their examples: score `suspect`)")
    if forgiven := manifest.get("forgiven"):
        found = ", ".join(f"{n} {kind}" for kind, n in forgiven.items())
        say(f"forgiven in replies: {found}")
    _examples(run, manifest["tasks"])
    for line in told(manifest["tree"]) if "tree" in manifest else ():
        say(safe(line))
    _whereabouts(run, manifest, recipe_name)


def _examples(run: Run, tasks: Sequence[str]) -> None:
    """Three short examples of different tasks, in the recipe's order."""
    shown: dict[str, Example] = {}
    for example in run.examples():
        if len(example.output) < 700:
            shown.setdefault(example.task, example)
        if len(shown) == len(tasks):
            break
    for task in [task for task in tasks if task in shown][:3]:
        brief(shown[task])


def _whereabouts(run: Run, manifest: Mapping[str, Any], recipe_name: str) -> None:
    examples = manifest["books"]["examples"]
    reasons = manifest["rejected"].get("example", {})
    say(
        f"{examples['accepted']} examples of {examples['made']} made; "
        f"{examples['rejected']} rejected: "
        + (", ".join(f"{r} {n}" for r, n in reasons.items()) or "none")
    )
    if not examples["accepted"]:
        every = {r: n for table in manifest["rejected"].values() for r, n in table.items()}
        worst = max(every, key=every.__getitem__, default="")
        why = f"most was refused for: {worst} ({every[worst]})" if worst else "nothing was selected"
        say(f"nothing was accepted; {why}")
    sent = _sent_out(run)
    fewer = f" ({sent} of them, by [mix])" if sent < examples["accepted"] else ""
    say(f"data set: {run.path / 'dataset'}{fewer}")
    say(f"report:   {run.path / 'report.html'}")
    if manifest["tasks_skipped"]:
        say(f"left out, since they need a model: {', '.join(manifest['tasks_skipped'])}")
        say(
            f"with a model: miner run {recipe_name} --store {manifest['store']} "
            f"--run {run.path}-llm --llm http://127.0.0.1:8000/v1 --model NAME"
        )


def _sent_out(run: Run) -> int:
    """How many examples the data set holds, by the first of its formats."""
    import pyarrow.parquet as pq

    parts = sorted((run.path / "dataset").glob("*/*.parquet"))
    return sum(pq.read_metadata(part).num_rows for part in parts if part.parent == parts[0].parent)


def rejected(counts: Mapping[str, int], rows: Sequence[Mapping[str, Any]]) -> None:
    """Reasons with their counts, then rows."""
    table = _table("rejected", "reason", "count", "meaning")
    table.columns[-1].justify = "left"
    for reason, count in counts.items():
        table.add_row(Text(safe(reason)), str(count), Text(meaning(reason)))
    _print(table)
    for row in rows:
        where = " ".join(str(row[k]) for k in ("task", "id", "document") if row.get(k))
        say(f"{safe(row['reason'])}  {where}  {row.get('url') or ''}\n    {_short(row['detail'])}")


def differences(found: Comparison, most: int) -> None:
    """Counts of what was added, removed and changed, by cause, and some of each."""
    say(f"{found.same} examples are the same in both")
    for what, causes in found.counts.items():
        for cause, count in causes.items():
            say(f"{what} {count}: {safe(cause)}")
            alike = [d for d in found.differences if (d.what, d.cause) == (what, cause)]
            for one in alike[:most]:
                place = f"{one.id}  {one.task}  {one.node}  {one.document}"
                say(f"    {safe(place)}  {_short(one.detail)}".rstrip())
            if 0 < most < count:
                say(f"    and {count - most} more: -n {count}, or --json")
    for setting in found.export_settings:
        say(f"export settings: {safe(setting)}")


def _short(text: str, limit: int = 200) -> str:
    line = " ".join(safe(text).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


# -------------------------------------------------------------------- examples and documents


def brief(example: Example) -> None:
    """An example and its evidence, in a few lines."""
    out.print(Text(f"{example.task} · {' / '.join(example.node)} · {example.id}", style="bold"))
    for name in ("instruction", "input", "output"):
        if text := getattr(example, name):
            out.print(Text(f"{name:>11}: ", style="dim") + Text(_short(text, 600)))
    for span in example.evidence[:3]:
        place = f"{span.document}[{span.start}:{span.end}]"
        out.print(
            Text("   evidence: ", style="dim") + Text(_short(span.text), style=EVIDENCE)
            + Text(f" {place}", style="dim")
        )  # fmt: skip
    out.print()


def marked(text: str, spans: Sequence[Span]) -> Text:
    """A document's text with its spans marked."""
    line = Text()
    place = 0
    for start, end in _merged(spans):
        line.append(safe(text[place:start]))
        line.append(safe(text[start:end]), style=EVIDENCE)
        place = end
    line.append(safe(text[place:]))
    return line


def _merged(spans: Sequence[Span]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted((span.start, span.end) for span in spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def hits(found: Sequence[tuple[float, Document]], passages: Sequence[Passage] = ()) -> None:
    """Search results; where there are passages, one a result, they are shown."""
    for number, (cosine, d) in enumerate(found):
        title = safe(d.title or d.url or d.id)
        out.print(Text(f"{cosine:.3f}  ") + Text(title, style="bold") + Text(f"  {d.id}"))
        if passages:
            passage = passages[number]
            say(f"       {passage.start}-{passage.end}: {_short(passage.text)}")
        else:
            say(f"       {_short(d.text)}")


def document(shown: Document) -> None:
    """A document whole."""
    for name in ("id", "title", "url", "source", "license", "language", "timestamp", "sha256"):
        if value := getattr(shown, name):
            say(f"{name:>9}: {safe(str(value))}")
    if shown.cleaners:
        say(f" cleaners: {', '.join(shown.cleaners)}")
    out.print()
    say(safe(shown.text))


def origin(traced: Origin) -> None:
    """An example, its requests, its place in the selection, and its documents with spans marked."""
    brief(traced.example)
    for candidate in traced.candidates:
        say(
            f"selected: node {candidate.node}, {candidate.status} {candidate.rank}, membership "
            f"{candidate.probability:.2f}, margin {candidate.margin:.2f}"
        )
    for request in traced.requests:
        table_of(request)
    for id, shown in traced.documents.items():
        out.print(Text(f"\n{id}  {safe(shown.title)}  {shown.url}", style="bold"))
        out.print(marked(shown.text, [s for s in traced.example.evidence if s.document == id]))


def _claimed(finding: Finding) -> str:
    """What a finding claims, as a person would write it down."""
    from miner.checks.findings import items

    if isinstance(finding, Writing):
        return f"{finding.instruction} -> {finding.output.text}"
    if isinstance(finding, Answers):
        said = finding.answer or "; ".join(span.text for span in finding.spans)
        return f"{finding.question} -> {said or '(the text does not say)'}"
    if isinstance(finding, Labels):
        return ", ".join(finding.labels) or f"none of {', '.join(finding.options)}"
    return "; ".join(f"{label}: {text}" for label, _, text in items(finding)) or "nothing"


def trial(tried: Trial) -> None:
    """One task on one document, from prompt to verdict."""
    judged = tried.judged
    case = judged.case
    out.rule(Text(f"{tried.task} · {case.node.name} · {case.document.id}"), align="left")
    spans = [span for e in judged.examples for span in e.evidence]
    out.print(marked(case.document.text[:3000], [s for s in spans if s.end <= 3000]))
    for request, reply in tried.exchanges:
        for message in request.messages:
            out.print(Text(f"\n[{message.role}] ", style="cyan") + Text(safe(message.content)))
        answer = getattr(reply, "text", None) or str(reply)
        out.print(Text("[reply] ", style="green") + Text(safe(answer)))
    for annotation in judged.annotations:
        say(f"annotation {annotation.id}: {_short(_claimed(annotation.finding), 600)}")
    for example in judged.examples:
        brief(example)
    for row in judged.rejected:
        which = " ".join(part for part in (row["subject"], row["id"]) if part)
        parts = (row["reason"], meaning(row["reason"]), _short(row["detail"]))
        why = ": ".join(part for part in parts if part)
        say(f"rejected {which}: {why}")
    states = ", ".join(f"{name} {state}" for name, state in judged.tasks.items())
    say(f"{tried.seconds:.2f} s, cost {tried.cost:.4f}, {states}")
