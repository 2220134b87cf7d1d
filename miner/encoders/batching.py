"""Batches of texts of one padded length, so that a text's vector owes nothing to its neighbours.

A text is padded to the next multiple of 32 tokens of its own length. Texts of one padded length
make up a batch, whose size is bounded by its tokens: small batches stay in the cache. While the
model is at work on some texts, a thread tokenises the next ones, and never runs further ahead.
"""

from __future__ import annotations

import contextlib
import queue
import threading
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from miner.types import Vectors

    Tokens = NDArray[np.int64]
    """Token ids or mask, int64, shape (batch, padded length)."""
    Forward = Callable[[Tokens, Tokens], Vectors]
    """A model: ids and mask to one unit row a text."""

MULTIPLE = 32
"""Tokens; the padded length of a text is the next multiple of it."""

BATCH_TOKENS = 4096
"""Most tokens of a batch, padding included."""

CHUNK = 512
"""Texts that are tokenised, sorted by length and sent through the model together."""

AHEAD = 2
"""Chunks that may wait for the model."""

_Item = TypeVar("_Item")


def padded_length(tokens: int) -> int:
    """What a text of so many tokens is padded to."""
    return max(1, -(-tokens // MULTIPLE)) * MULTIPLE


def batches(lengths: Sequence[int], batch_tokens: int = BATCH_TOKENS) -> Iterator[list[int]]:
    """Cut texts into batches of one padded length, shortest first.

    Args:
        lengths: Tokens of each text.
        batch_tokens: Most tokens of a batch; a single text may exceed it.

    Yields:
        Positions in `lengths`; each text is in exactly one batch.
    """
    padded = [padded_length(n) for n in lengths]
    order = sorted(range(len(lengths)), key=padded.__getitem__)
    batch: list[int] = []
    for position in order:
        length = padded[position]
        if batch and (padded[batch[0]] != length or (len(batch) + 1) * length > batch_tokens):
            yield batch
            batch = []
        batch.append(position)
    if batch:
        yield batch


def pad(ids: Sequence[Sequence[int]], filler: int) -> tuple[Tokens, Tokens]:
    """Token ids of one padded length as two arrays: ids and mask."""
    import numpy as np

    length = padded_length(max(map(len, ids)))
    padded = np.full((len(ids), length), filler, dtype=np.int64)
    mask = np.zeros((len(ids), length), dtype=np.int64)
    for row, tokens in enumerate(ids):
        padded[row, : len(tokens)] = tokens
        mask[row, : len(tokens)] = 1
    return padded, mask


def run(
    ids: Sequence[Sequence[int]],
    forward: Forward,
    dimensions: int,
    filler: int,
    batch_tokens: int = BATCH_TOKENS,
) -> Vectors:
    """Send tokenised texts through a model, batch by batch.

    Args:
        ids: Token ids of each text, special ones included.
        forward: The model.
        dimensions: Length of its vectors.
        filler: Token id of padding.
        batch_tokens: Most tokens of a batch.

    Returns:
        Unit rows in the order of `ids`, float32, shape (n, dimensions).
    """
    import numpy as np

    vectors = np.empty((len(ids), dimensions), dtype=np.float32)
    for batch in batches([len(tokens) for tokens in ids], batch_tokens):
        vectors[batch] = forward(*pad([ids[position] for position in batch], filler))
    return vectors


def encode(
    texts: Sequence[str],
    tokenise: Callable[[Sequence[str]], Sequence[Sequence[int]]],
    forward: Forward,
    dimensions: int,
    filler: int,
    batch_tokens: int = BATCH_TOKENS,
) -> Vectors:
    """Tokenise texts and send them through a model, chunk by chunk.

    Args:
        texts: Any number of them.
        tokenise: Texts to token ids, special ones included.
        forward: The model.
        dimensions: Length of its vectors.
        filler: Token id of padding.
        batch_tokens: Most tokens of a batch.

    Returns:
        Unit rows in the order of `texts`, float32, shape (n, dimensions).
    """
    import numpy as np

    vectors = np.empty((len(texts), dimensions), dtype=np.float32)
    chunks = (tokenise(texts[start : start + CHUNK]) for start in range(0, len(texts), CHUNK))
    start = 0
    for ids in prefetched(chunks, AHEAD) if len(texts) > CHUNK else chunks:
        vectors[start : start + len(ids)] = run(ids, forward, dimensions, filler, batch_tokens)
        start += len(ids)
    return vectors


def prefetched(items: Iterable[_Item], most: int) -> Iterator[_Item]:
    """The same items, made by a thread that is at most `most` of them ahead.

    What goes wrong in the thread is raised here, in its place. The thread ends when this does.
    """
    waiting: queue.Queue[tuple[_Item | None, BaseException | None]] = queue.Queue(most)
    left = threading.Event()

    def put(item: _Item | None, error: BaseException | None) -> None:
        while not left.is_set():
            with contextlib.suppress(queue.Full):
                waiting.put((item, error), timeout=0.1)
                return

    def work() -> None:
        try:
            for item in items:
                put(item, None)
                if left.is_set():
                    return
        except BaseException as error:  # noqa: BLE001 - it is raised where the items are used
            put(None, error)
        else:
            put(None, StopIteration())

    thread = threading.Thread(target=work, name="prefetch", daemon=True)
    thread.start()
    try:
        while True:
            item, error = waiting.get()
            if isinstance(error, StopIteration):
                return
            if error is not None:
                raise error
            yield item  # type: ignore[misc]
    finally:
        left.set()
        thread.join()
