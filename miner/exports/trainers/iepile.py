"""IEPile: one JSON instruction with schema and input, one JSON output, as OneKE was trained on."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from miner.checks.findings import finding_of
from miner.types import Entities, Events, Example, Relations

SUFFIX = ".jsonl"

ABSENT = "NAN"
"""IEPile's word for a role that nothing plays."""

ASKED = {
    "NER": "Extract the entities of the schema from the input. Give an empty list for a type that "
    "does not occur. Answer with a JSON object.",
    "RE": "Extract the relations of the schema from the input, as subject and object. Give an "
    "empty list for a relation that does not occur. Answer with a JSON object.",
    "EE": "Extract the events of the schema from the input, each with its trigger and arguments. "
    f"Give an empty list for an event that does not occur, and {ABSENT} for an argument that is "
    "not there. Answer with a JSON object.",
}


def fits(example: Example) -> bool:
    """Extractions of entities, relations or events that have a schema."""
    finding = finding_of(example)
    return isinstance(finding, Entities | Relations | Events) and bool(finding.schema)


def rows(examples: Iterable[Example]) -> Iterator[dict[str, Any]]:
    """`task`, `source`, `instruction` and `output`."""
    for example in examples:
        finding = finding_of(example)
        if isinstance(finding, Entities | Relations | Events):
            task, schema, output = _converted(finding)
            asked = {"instruction": ASKED[task], "schema": schema, "input": finding.text.text}
            yield {
                "task": task,
                "source": example.source[0] if example.source else "",
                "instruction": json.dumps(asked, ensure_ascii=False),
                "output": json.dumps(output, ensure_ascii=False),
            }


def _converted(finding: Entities | Relations | Events) -> tuple[str, Any, dict[str, list[Any]]]:
    found: dict[str, list[Any]] = {label: [] for label in finding.schema}
    if isinstance(finding, Entities):
        for entity in finding.items:
            surfaces = found.setdefault(entity.label, [])
            if entity.span.text not in surfaces:
                surfaces.append(entity.span.text)
        return "NER", list(finding.schema), found
    if isinstance(finding, Relations):
        for relation in finding.items:
            pair = {"subject": relation.head.text, "object": relation.tail.text}
            found.setdefault(relation.label, []).append(pair)
        return "RE", list(finding.schema), found
    for event in finding.items:
        roles: dict[str, Any] = dict.fromkeys(finding.schema.get(event.label, ()), ABSENT)
        for argument in event.arguments:
            roles[argument.role] = _added(roles.get(argument.role, ABSENT), argument.span.text)
        found.setdefault(event.label, []).append(
            {"trigger": event.trigger.text, "arguments": roles}
        )
    schema = [
        {"event_type": label, "trigger": True, "arguments": list(roles)}
        for label, roles in finding.schema.items()
    ]
    return "EE", schema, found


def _added(before: Any, text: str) -> Any:
    """One argument as a string, several as a list."""
    if before == ABSENT:
        return text
    return [*before, text] if isinstance(before, list) else [before, text]


def paste(name: str, files: Mapping[str, str]) -> tuple[str, str]:
    """Where the files go."""
    listed = "\n".join(f"{split}: {file}" for split, file in files.items())
    return "README.txt", f"{name}, in the format of IEPile (zjunlp/iepile)\n{listed}\n"
