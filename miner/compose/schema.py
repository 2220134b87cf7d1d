"""Which labels of a schema an example asks for: batches with hard negatives, dropout, masked names.

Sizes are those of IEPile: 6 labels for entities, 4 for relations and events, 1 for attributes; what
is left over and too small joins the batch before it. A batch has what the text has, labels that
are easily confused with it, and a few others; batches of which the text has nothing come in a set
share.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from miner.types import (
    Attribute,
    Attributes,
    Entities,
    Entity,
    Event,
    Events,
    Relation,
    Relations,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import TypeAlias

    from miner.compose.dice import Dice

    Extraction: TypeAlias = Entities | Relations | Events | Attributes

SIZES: Mapping[type, int] = {Entities: 6, Relations: 4, Events: 4, Attributes: 1}


def batches(labels: Sequence[str], size: int) -> list[tuple[str, ...]]:
    """Cut labels into batches of `size`; a rest smaller than half a batch joins the last one.

    Args:
        labels: In the order in which they are to be asked for.
        size: At least 1.
    """
    cut = [tuple(labels[i : i + size]) for i in range(0, len(labels), size)]
    if len(cut) > 1 and len(cut[-1]) < max(1, size // 2):
        rest = cut.pop()
        cut[-1] += rest
    return cut


def restrict(finding: Extraction, labels: Sequence[str]) -> Extraction:
    """The finding as if only these labels had been looked for, in this order."""
    items = tuple([item for item in finding.items if item.label in labels])
    schema: Any = tuple(labels)
    if isinstance(finding, Events):
        schema = {label: finding.schema[label] for label in labels}
    kind: Any = type(finding)
    changed: Extraction = kind(finding.text, items, schema)
    return changed


def one_batch(
    finding: Extraction, near: Mapping[str, Sequence[str]], empty_share: float, dice: Dice
) -> Extraction:
    """The finding restricted to one batch of labels, drawn by chance; whole if it is small.

    Args:
        finding: Closed extraction.
        near: Label to labels that are easily confused with it.
        empty_share: How often the batch is one of which the text has nothing.
        dice: Decides.
    """
    labels = tuple(finding.schema)
    size = SIZES[type(finding)]
    if len(labels) <= size + max(1, size // 2) - 1:
        return restrict(finding, dice.shuffled(labels))
    found = {item.label for item in finding.items}
    present = [label for label in labels if label in found]
    absent = [label for label in labels if label not in found]
    if not present or (len(absent) >= size and dice.chance(empty_share)):
        return restrict(finding, dice.shuffled(absent)[:size])
    chosen = dice.choose(batches(dice.shuffled(present), max(1, (size + 1) // 2)))
    hard = [n for label in chosen for n in near.get(label, ()) if n in absent]
    rest = dice.shuffled(list(dict.fromkeys(hard))) + dice.shuffled(
        [a for a in absent if a not in hard]
    )
    return restrict(finding, dice.shuffled([*chosen, *rest[: max(0, size - len(chosen))]]))


def dropped(finding: Extraction, share: float, dice: Dice) -> Extraction:
    """The finding with absent labels left out by chance; labels that the text has always stay."""
    found = {item.label for item in finding.items}
    labels = tuple(finding.schema)
    kept = [label for label in labels if label in found or not dice.chance(share)]
    return restrict(finding, kept or labels[:1])


def masked(finding: Extraction) -> tuple[Extraction, dict[str, str]]:
    """The finding with its labels called LABEL_1, LABEL_2 ..., and which is which."""
    names = {label: f"LABEL_{i}" for i, label in enumerate(finding.schema, 1)}
    return relabelled(finding, names), names


def relabelled(finding: Extraction, names: Mapping[str, str]) -> Extraction:
    """The finding with each label of its schema called otherwise."""
    items = tuple([_RELABELLED[type(item)](item, names[item.label]) for item in finding.items])
    schema: Any = tuple([names[label] for label in finding.schema])
    if isinstance(finding, Events):
        schema = dict(zip(schema, finding.schema.values(), strict=True))
    kind: Any = type(finding)
    changed: Extraction = kind(finding.text, items, schema)
    return changed


_RELABELLED: Mapping[type, Callable[[Any, str], Any]] = {
    Entity: lambda item, label: Entity(item.span, label),
    Relation: lambda item, label: Relation(item.head, label, item.tail, item.wording),
    Event: lambda item, label: Event(label, item.trigger, item.arguments),
    Attribute: lambda item, label: Attribute(item.entity, label, item.value),
}
