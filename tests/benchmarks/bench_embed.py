"""How fast is the encoder: against the plain library, and against the processor's own limit?

Embeds real documents of Simple English Wikipedia (`python tests/benchmarks/bench_embed.py 4000`)
with `SentenceTransformer.encode` (torch, float32, default arguments) and with ours, a quarter of them
in turn, and multiplies matrices of the model's own shapes in the same precision, on the same number
of threads. What those products alone would reach, beside the plain library, bounds any encoder of
that precision on that processor.
The share of that rate counts the tokens of the texts, not their padding, and all of the time,
tokenising included. Run it alone on the machine.
"""

from __future__ import annotations

import gzip
import json
import sys
import time
from pathlib import Path

import numpy as np

from miner.encoders import runtime
from miner.encoders.minilm import MiniLM, weights_folder

SHARED = Path(__file__).parents[3] / "shared" / "data"
LAYERS, WIDTH, INNER = 6, 384, 1536


def texts(count: int) -> list[str]:
    """Articles that are none of redirects or stubs of a line, in the order of the file."""
    found: list[str] = []
    with gzip.open(SHARED / "wikipedia" / "simplewiki-5k.jsonl.gz", "rt", encoding="utf-8") as file:
        for line in file:
            text = json.loads(line)["text"]
            if len(text) >= 100:
                found.append(text)
                if len(found) == count:
                    break
    return found


def flops(tokens: int) -> float:
    """Of one text: the matrix products of all layers, attention included."""
    linear = 2 * LAYERS * tokens * (4 * WIDTH * WIDTH + 2 * WIDTH * INNER)
    return linear + 2 * LAYERS * 2 * tokens * tokens * WIDTH


def gemm_rate(precision: str, rows: int = 4096, seconds: float = 3.0) -> float:
    """FLOP/s of the model's three kinds of product, in the proportion in which it has them."""
    import torch

    kind = {"bf16": torch.bfloat16, "f32": torch.float32}[precision]
    shapes = [(WIDTH, WIDTH)] * 4 + [(WIDTH, INNER), (INNER, WIDTH)]
    pairs = [(torch.randn(rows, a).to(kind), torch.randn(a, b).to(kind)) for a, b in shapes]
    work = sum(2 * rows * a * b for a, b in shapes)
    best, end = 0.0, time.perf_counter() + seconds
    with torch.inference_mode():
        while time.perf_counter() < end:
            start = time.perf_counter()
            for x, y in pairs:
                x @ y
            best = max(best, work / (time.perf_counter() - start))
    return best


def main(count: int = 4000, turns: int = 4) -> None:
    from sentence_transformers import SentenceTransformer

    corpus = texts(count)
    ours = MiniLM()
    plain = SentenceTransformer(str(weights_folder()), device="cpu")
    tokens = [len(ids) for ids in ours.tokenise(corpus)]
    ours.encode(corpus[:64])
    plain.encode(corpus[:64])
    fast = slow = 0.0
    cosines = []
    for turn in range(turns):
        some = corpus[turn::turns]
        start = time.perf_counter()
        mine = ours.encode(some)
        fast += time.perf_counter() - start
        start = time.perf_counter()
        theirs = plain.encode(some)
        slow += time.perf_counter() - start
        cosines.append(np.sum(mine * theirs, axis=1))
    report(ours, tokens, fast, slow, np.concatenate(cosines))


def report(ours: MiniLM, tokens: list[int], fast: float, slow: float, cosines: np.ndarray) -> None:
    identity = ours.identity
    work = sum(map(flops, tokens))
    rate = work / fast
    peak = gemm_rate(identity["numerics"])
    print(
        f"{len(tokens)} documents, {np.mean(tokens):.0f} tokens on average, {runtime.cores()} cores"
    )
    print(f"SentenceTransformer.encode, torch float32: {len(tokens) / slow:8.1f} documents/s")
    print(
        f"ours, {identity['runtime']} {identity['numerics']}: "
        f"{len(tokens) / fast:8.1f} documents/s = {slow / fast:.2f} x"
    )
    print(f"cosine to it: mean {cosines.mean():.5f}, least {cosines.min():.5f}")
    print(
        f"{rate / 1e9:.0f} GFLOP/s of {peak / 1e9:.0f} that products of its shapes reach "
        f"= {rate / peak:.0%}; these alone would be {slow * peak / work:.2f} x"
    )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
