"""Sheets for other tools, and verdicts from them: CSV, Label Studio's JSON, JSON lines."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from miner.errors import UsageError, choices
from miner.verdicts import PARTS, REASONS, Verdict

if TYPE_CHECKING:
    from miner.types import Document, Example

COLUMNS = (
    "id", "task", "node", "instruction", "input", "output", "evidence", "url", "reviewer",
    "verdict", "reason", "note",
)  # fmt: skip
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A cell that begins with one of these is run by spreadsheets."""

LABELS = """<View>
  <Header value="Instruction"/><Text name="instruction" value="$instruction"/>
  <Header value="Input"/><Text name="input" value="$input"/>
  <Header value="Output"/><Text name="output" value="$output"/>
  <Header value="Evidence"/><Text name="evidence" value="$evidence"/>
  <Choices name="verdict" toName="output" required="true">
    <Choice value="accept"/><Choice value="reject"/>
  </Choices>
  <Choices name="reason" toName="output">
{reasons}
  </Choices>
</View>
"""


def to_csv(examples: Sequence[Example], reviewer: str) -> bytes:
    """A sheet with a row an example, and empty columns for the verdict."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    for example in examples:
        row = _row(example) | {"reviewer": reviewer, "verdict": "", "reason": "", "note": ""}
        writer.writerow({k: _guarded(v) for k, v in row.items()})
    return b"\xef\xbb\xbf" + out.getvalue().encode("utf-8", "replace")


def to_label_studio(
    examples: Sequence[Example], documents: Mapping[str, Document]
) -> tuple[bytes, bytes]:
    """Label Studio's tasks as JSON, and its labelling interface."""
    tasks = [
        {
            "data": _row(example)
            | {"document": "\n\n".join(documents[d].text for d in example.documents)}
        }
        for example in examples
    ]
    reasons = "\n".join(f'    <Choice value="{reason}"/>' for reason in REASONS)
    text = json.dumps(tasks, ensure_ascii=False, indent=1)
    return text.encode("utf-8", "replace"), LABELS.replace("{reasons}", reasons).encode()


def _row(example: Example) -> dict[str, str]:
    return {
        "id": example.id,
        "task": example.task,
        "node": " / ".join(example.node),
        "instruction": example.instruction,
        "input": example.input,
        "output": example.output,
        "evidence": "\n".join(span.text for span in example.evidence),
        "url": " ".join(example.url),
    }


def _guarded(value: str) -> str:
    return f"'{value}" if value.startswith(FORMULA) else value


# --------------------------------------------------------------------------------------- back


def read(path: Path, known: Mapping[str, Example], reviewer: str = "") -> list[Verdict]:
    """Verdicts from a file that a page, a spreadsheet or Label Studio has saved.

    Args:
        path: .jsonl, .csv or .json.
        known: The run's examples by id.
        reviewer: Who decided, where the file does not say.

    Raises:
        UsageError: The file is none of these, or a row of it is no verdict on this run.
    """
    readers = {".jsonl": _lines, ".csv": _csv, ".json": _label_studio}
    if path.suffix not in readers:
        raise UsageError(f"{path}: {choices(path.suffix, readers)}")
    if not path.is_file():
        raise UsageError(f"{path}: no such file")
    found = []
    try:
        for where, row in readers[path.suffix](path):
            if row.get("verdict"):
                verdict = Verdict.read({"reviewer": reviewer, **_filled(row)}, where)
                if verdict.id not in known:
                    raise UsageError(f"{where}: this run has no example '{verdict.id}'")
                found.append(_as_edit(verdict, row, known[verdict.id]))
    except (ValueError, KeyError, TypeError, csv.Error) as error:
        raise UsageError(f"{path}: cannot read verdicts: {error}") from error
    return found


def _filled(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if value not in ("", None)}


def _as_edit(verdict: Verdict, row: Mapping[str, Any], example: Example) -> Verdict:
    """Only an edit carries texts, and only those that differ."""
    if verdict.verdict != "edit":
        return dataclasses.replace(verdict, instruction=None, input=None, output=None)
    parts = {p: row[p] for p in PARTS if row.get(p) is not None and row[p] != getattr(example, p)}
    return Verdict(verdict.id, verdict.reviewer, "edit", verdict.reason, verdict.note, **parts)


def _lines(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
        if line.strip():
            yield f"{path}:{number}", json.loads(line)


def _csv(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        for number, row in enumerate(csv.DictReader(file), 2):
            plain = {
                k: v[1:] if v and v[0] == "'" and v[1:].startswith(FORMULA) else v
                for k, v in row.items()
                if isinstance(v, str)
            }
            yield f"{path}:{number}", plain


def _label_studio(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for number, task in enumerate(json.loads(path.read_text(encoding="utf-8")), 1):
        for annotation in task.get("annotations", []):
            chosen = {
                result["from_name"]: result["value"]["choices"][0]
                for result in annotation.get("result", [])
                if result.get("value", {}).get("choices")
            }
            who = annotation.get("completed_by", "")
            name = who.get("email", "") if isinstance(who, dict) else who
            row = {"id": task["data"]["id"], **chosen}
            yield f"{path}: task {number}", row | ({"reviewer": str(name)} if name != "" else {})
