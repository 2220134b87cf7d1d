"""From open extraction to a closed schema: what was found in the texts' own words, in groups.

Wordings that mean nearly the same make one label, named after the commonest of them. No model is
asked; what comes of it is a proposal like any other, which a person names and explains better.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from miner.proposals.library import Entry, entry
from miner.taxonomy.names import fold, usable
from miner.types import Annotation, Attributes, Events, Rejected, Relations

if TYPE_CHECKING:
    from miner.types import Encoder

DEFINITIONS = {
    "relations": "Two things that the text links by words such as {words}.",
    "events": "Something that happens, told by words such as {words}.",
    "attributes": "What the text gives as {words} of something.",
}
KINDS = {"relations": Relations, "events": Events, "attributes": Attributes}
SHOWN = 6
"""Wordings that a proposal shows, the commonest first."""


@dataclass
class _Group:
    """Wordings of one meaning: how often each occurs, in which documents, with which roles."""

    wordings: Counter[str] = field(default_factory=Counter)
    documents: set[str] = field(default_factory=set)
    roles: Counter[str] = field(default_factory=Counter)


def clusters(
    annotations: Iterable[Annotation],
    find: str,
    target: str,
    encoder: Encoder,
    *,
    when: str,
    cosine: float = 0.75,
    least: int = 2,
    most: int = 20,
) -> list[Entry]:
    """Labels for what open extraction found.

    Args:
        annotations: A run's; only open findings of this kind count.
        find: relations, events or attributes; open entities have no words for their type.
        target: Name of the guideline.
        encoder: Tells which wordings mean the same.
        when: UTC, ISO 8601.
        cosine: From which on two wordings are one label.
        least: Documents in which a label must occur.
        most: Labels proposed, those of most documents first.
    """
    groups = _joined(_wordings(annotations, find), encoder, cosine)
    ranked = sorted(
        (g for g in groups if len(g.documents) >= least),
        key=lambda g: (-len(g.documents), -g.wordings.total(), g.wordings.most_common(1)[0][0]),
    )
    made: dict[str, Entry] = {}
    for group in ranked:
        found = _entry(group, find, target, when)
        if found is not None and len(made) < most:
            made.setdefault(fold(found.label.name), found)
    return list(made.values())


def _wordings(annotations: Iterable[Annotation], find: str) -> list[_Group]:
    """A group for each wording, however it is spelt."""
    groups: defaultdict[str, _Group] = defaultdict(_Group)
    for annotation in annotations:
        finding = annotation.finding
        if getattr(finding, "schema", None):
            continue
        said: list[tuple[str, Sequence[str]]] = []
        if not isinstance(finding, KINDS[find]):
            continue
        if isinstance(finding, Relations | Attributes):
            said = [(item.label, ()) for item in finding.items]
        elif isinstance(finding, Events):
            said = [(e.trigger.text, [a.role for a in e.arguments]) for e in finding.items]
        for words, roles in said:
            if key := fold(words):
                groups[key].wordings[" ".join(words.lower().split())] += 1
                groups[key].documents.update(annotation.documents)
                groups[key].roles.update(role for role in roles if role)
    return [groups[key] for key in sorted(groups)]


def _joined(groups: list[_Group], encoder: Encoder, cosine: float) -> list[_Group]:
    """The commonest first; each joins the nearest of those that stand, if it is near enough."""
    if not groups:
        return []
    ordered = sorted(groups, key=lambda g: (-g.wordings.total(), min(g.wordings)))
    vectors = encoder.encode([g.wordings.most_common(1)[0][0] for g in ordered])
    leaders: list[int] = []
    for i, group in enumerate(ordered):
        near = vectors[leaders] @ vectors[i]
        if leaders and near.max() >= cosine:
            host = ordered[leaders[int(near.argmax())]]
            host.wordings.update(group.wordings)
            host.documents |= group.documents
            host.roles.update(group.roles)
        else:
            leaders.append(i)
    return [ordered[i] for i in leaders]


def _entry(group: _Group, find: str, target: str, when: str) -> Entry | None:
    words = [w for w, _ in sorted(group.wordings.items(), key=lambda i: (-i[1], i[0]))][:SHOWN]
    name = usable(words[0])
    if isinstance(name, Rejected):
        return None
    quoted = [f"“{word}”" for word in words]
    shown = quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"
    body: dict[str, Any] = {
        "find": find,
        "name": name,
        "definitions": [DEFINITIONS[find].replace("{words}", shown)],
        "triggers": words,
    }
    if find == "events":
        roles = [role for role, _ in group.roles.most_common(4)]
        if not roles:
            return None
        body["roles"] = {role: f"what the text gives as the {role}" for role in sorted(roles)}
    why = f"{group.wordings.total()} times in {len(group.documents)} documents"
    return entry("label", target, body, "clusters", when, why)
