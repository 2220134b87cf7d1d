"""Question plans a second and their memory, and how fast a large tree loads. Run by `make bench`.

Ten million plans are drawn, about a minute. A number of plans may be given for a quick look:
`python tests/benchmarks/bench_glan.py 500000`.
"""

from __future__ import annotations

import itertools
import random
import resource
import sys
import tempfile
import time
from pathlib import Path

from miner.taxonomy.plans import Draw
from miner.taxonomy.tree import Origin, Proposal, load_tree, save
from miner.types import Node

DISCIPLINES, SUBJECTS, SESSIONS, CONCEPTS = 126, 20, 20, 5
PLANS = 10_000_000


def main(plans: int = PLANS) -> None:
    """Print the figures beside what is asked for, and beside a naive sampler."""
    sizes = ((CONCEPTS,) * SESSIONS,) * (DISCIPLINES * SUBJECTS)
    draw = Draw(sizes)
    began = time.perf_counter()
    early, stream = plans // 10, draw.plans(plans)
    for _ in itertools.islice(stream, early):
        pass
    before = _peak()
    many = early + sum(1 for _ in stream)
    rate = many / (time.perf_counter() - began)
    peak = _peak()
    naive = _naive_rate()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "tree.jsonl")
        save(path, "big", _proposals())
        began = time.perf_counter()
        tree = load_tree(path)
        seconds = time.perf_counter() - began
        megabytes = path.stat().st_size / 1e6
    concepts = sum(len(s.concepts) for v in tree.sessions.values() for s in v)
    print(f"plans possible            {len(draw):>12,}")
    print(f"plans a second            {rate:>12,.0f}   (wanted: 50,000)")
    print(f"  a set of random ones    {naive:>12,.0f}   ({rate / naive:.1f} times as many)")
    print(f"peak memory, MB           {before:>12,.0f}   after {early:,} plans")
    print(f"                          {peak:>12,.0f}   after {many:,} plans")
    print(
        f"tree: {concepts:,} concepts, {megabytes:.0f} MB, loads in {seconds:.2f} s (wanted: 2 s)"
    )


def _peak() -> float:
    """Megabytes that this process has held at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _naive_rate(many: int = 100_000) -> float:
    """The obvious way: draw at random, remember what came, draw again if it came before."""
    dice = random.Random(0)
    seen: set[tuple[object, ...]] = set()
    began = time.perf_counter()
    while len(seen) < many:
        subject = dice.randrange(DISCIPLINES * SUBJECTS)
        first, second = sorted(dice.sample(range(SESSIONS), 2))
        taken = dice.randint(2, MAX)
        mine = dice.randint(1, taken - 1)
        some = tuple(sorted(dice.sample(range(CONCEPTS), mine)))
        others = tuple(sorted(dice.sample(range(CONCEPTS), taken - mine)))
        seen.add((subject, first, second, some, others))
    return many / (time.perf_counter() - began)


MAX = 5


def _proposals() -> list[Proposal]:
    grown = Origin("grown", "model", "0123456789abcdef", ("a" * 16, "b" * 16))
    found = []
    for d, s in itertools.product(range(DISCIPLINES), range(SUBJECTS)):
        if not s:
            found.append(Proposal(Node(f"d{d}", f"Discipline {d}", "discipline")))
        subject = f"d{d}/s{s}"
        found.append(Proposal(Node(subject, f"Subject {s}", "subject", parent=f"d{d}"), grown))
        for c in range(SESSIONS):
            terms = tuple(f"concept {k} of session {c}" for k in range(CONCEPTS))
            node = Node(
                f"{subject}/{c}", f"Session {c}", "session", "About it.", subject, (), terms
            )
            found.append(Proposal(node, grown))
    return found


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
