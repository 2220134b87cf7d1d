"""Encoders, one a file: texts to unit vectors. Similarity is the cosine of unit vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from miner.errors import EncoderError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from miner.types import Encoder

NUMERICS = frozenset({"runtime", "numerics"})
"""What may differ between an index and a query: it moves a vector by 1e-5 of cosine."""


def to_identity(encoder: Encoder) -> dict[str, Any]:
    """What a store's manifest records, as `encoder`, of what made its vectors."""
    from miner import recipe

    table = {"kind": recipe.kind_of(encoder), **recipe.dump(encoder)}
    return {"table": table, "identity": dict(encoder.identity), "dimensions": encoder.dimensions}


def from_identity(made: Mapping[str, Any]) -> Encoder:
    """The encoder of a store, to encode queries with.

    Args:
        made: What `to_identity` gave: `store.manifest["encoder"]`.

    Raises:
        EncoderError: It is not to be had, or would not be the same.
    """
    from miner import recipe
    from miner.types import Encoder

    table = dict(made["table"])
    part = recipe.find(Encoder, table.pop("kind"), "index.json [encoder]")
    encoder: Encoder = recipe.build(part, table, "index.json [encoder]")
    require_same(made["identity"], encoder.identity, ignore=NUMERICS)
    return encoder


def require_same(
    made: Mapping[str, str], given: Mapping[str, str], ignore: frozenset[str] = frozenset()
) -> None:
    """Refuse an encoder that is not the one that made an index.

    Raises:
        EncoderError: Any key but those to `ignore` differs.
    """
    differences = [
        f"{key} is '{given.get(key, '')}', the index has '{made.get(key, '')}'"
        for key in sorted({*made, *given} - ignore)
        if made.get(key, "") != given.get(key, "")
    ]
    if differences:
        raise EncoderError(f"not the encoder that made this index: {'; '.join(differences)}")
