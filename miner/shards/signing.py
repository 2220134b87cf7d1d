"""Signatures of documents: what is compared to decide on duplicates."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from miner import recipe
from miner.engine import beat
from miner.shards import Deduplicate
from miner.shingles import exact_hash
from miner.store_files import ROW_GROUP, read_rows, write_array

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from miner.signatures import MinHash

Signatures: TypeAlias = "NDArray[np.uint64]"
"""A row a document: its place in the shard, hashes of id and text in two halves each, keys."""

PLACE, ID, TEXT, KEYS = 0, slice(1, 3), slice(3, 5), slice(5, None)
"""Columns of signatures."""


def sign(batch: Sequence[tuple[int, str, str]], signer: MinHash | None) -> Signatures:
    """Sign texts, given as place, id and text; shape (n, 5 + bands)."""
    import numpy as np

    halves = [
        (place, *_halves(_id_hash(id)), *_halves(exact_hash(text))) for place, id, text in batch
    ]
    signed = np.array(halves, dtype=np.uint64)
    if signer is None:
        return signed
    keys = signer.keys(signer.sign([text for _, _, text in batch]))
    return np.concatenate([signed, keys], axis=1)


def _id_hash(id: str) -> bytes:
    return hashlib.blake2b(id.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _halves(digest: bytes) -> tuple[int, int]:
    return int.from_bytes(digest[:8], "little"), int.from_bytes(digest[8:], "little")


def stack(blocks: Sequence[Signatures]) -> Signatures:
    """Signatures one below the other."""
    import numpy as np

    return np.concatenate(blocks) if blocks else np.empty((0, 5), dtype=np.uint64)


def write_signatures(path: Path, blocks: Sequence[Signatures]) -> None:
    """Write signatures column by column, so that one is read without the others."""
    import numpy as np

    write_array(path, np.asfortranarray(stack(blocks)))


@dataclass(frozen=True)
class Signing:
    """A part of a finished store that is to be signed; plain values.

    Attributes:
        documents: Its file.
        path: Where its signatures go, a row for every row of the file, whose number is the place.
        settings: The table of the `Deduplicate`.
    """

    documents: str
    path: str
    settings: Mapping[str, Any]


def sign_part(spec: Signing) -> None:
    """Sign what is stored; signatures are not kept with a store."""
    settings = recipe.build(Deduplicate, dict(spec.settings), "deduplicate")
    signer = settings.signer if settings.near else None
    blocks: list[Signatures] = []
    batch: list[tuple[int, str, str]] = []
    for row, values in enumerate(read_rows(Path(spec.documents), ("id", "text"))):
        batch.append((row, values["id"], values["text"]))
        if len(batch) == ROW_GROUP:
            beat(row)
            blocks.append(sign(batch, signer))
            batch = []
    if batch:
        blocks.append(sign(batch, signer))
    write_signatures(Path(spec.path), blocks)
