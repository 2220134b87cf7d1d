"""What talking to models costs: throughput, refusals, memory, and whether a budget holds.

Run by `make bench`, or `python tests/benchmarks/bench_llm.py [throughput|storm|memory|budget]...`.
Ratios are against a named baseline of the same process and run; absolutes belong to the machine.
"""

from __future__ import annotations

import asyncio
import random
import resource
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from loopback import PROMPT, Served

from miner.drive import Flow, drive
from miner.errors import Stopped
from miner.flow import Failure, Price
from miner.ledger import Ledger
from miner.llms.openai import OpenAI
from miner.types import Message, Reply, Request


def mining(number):
    yield [Request("bench", f"d{number}", (Message("user", f"{number} {PROMPT}"),))]
    return []


# -------------------------------------------------------------------------------- figures


def drive_all(llm, many: int, flow: Flow) -> tuple[float, float]:
    """Wall seconds and CPU seconds of this process."""
    with tempfile.TemporaryDirectory() as folder, Ledger.open(Path(folder, "l.sqlite")) as ledger:
        started, cpu = time.perf_counter(), time.process_time()
        done = sum(1 for _ in drive(((i, mining(i)) for i in range(many)), llm, ledger, flow))
        assert done == many
        assert ledger.books()["replied"] == many
        return time.perf_counter() - started, time.process_time() - cpu


def bare_loop(url: str, many: int, in_flight: int) -> tuple[float, float]:
    """The same SDK client and transport, and nothing of ours but the numbers in the prompt."""
    import httpx2
    from openai import AsyncOpenAI, DefaultAioHttpClient

    async def main() -> None:
        limits = httpx2.Limits(max_connections=1024, max_keepalive_connections=1024)
        client = AsyncOpenAI(
            api_key="none",
            base_url=url,
            max_retries=0,
            http_client=DefaultAioHttpClient(limits=limits),
        )
        numbers = iter(range(many))

        async def worker() -> None:
            for number in numbers:
                await client.chat.completions.create(
                    model="m",
                    messages=[{"role": "user", "content": f"{number} {PROMPT}"}],
                    max_tokens=1024,
                )

        await asyncio.gather(*(worker() for _ in range(in_flight)))
        await client.close()

    started, cpu = time.perf_counter(), time.process_time()
    asyncio.run(main())
    return time.perf_counter() - started, time.process_time() - cpu


def throughput(many: int = 5000, latency: float = 0.5, in_flight: int = 256) -> None:
    """Figure 1: requests a second at 500 ms and 256 in flight, on one core."""
    import openai  # noqa: F401 - its import is no part of the figure

    ideal = in_flight / latency
    with Served(latency) as server:
        bare = bare_loop(server.url, many, in_flight)
        ours = drive_all(
            OpenAI("m", server.url), many, Flow(in_flight=in_flight, start_in_flight=in_flight)
        )
        growing = drive_all(OpenAI("m", server.url), many, Flow(in_flight=in_flight))
    print(f"throughput, {many} requests at {latency * 1000:.0f} ms, {in_flight} in flight")
    print(f"  {'':28}{'req/s':>8}{'of ideal':>10}{'of bare':>9}{'CPU ms/req':>12}")
    rows = (("bare loop of the SDK", bare), ("drive", ours), ("drive, window from 16", growing))
    for name, (wall, cpu) in rows:
        rate = many / wall
        print(
            f"  {name:28}{rate:8.0f}{rate / ideal:10.0%}{bare[0] / wall:9.0%}"
            f"{1000 * cpu / many:12.2f}"
        )


def storm(many: int = 3000, rate: float = 100.0, latency: float = 0.2) -> None:
    """Figure 3: a server that takes `rate` requests a second and refuses the rest by 429."""
    print(f"429 storm, {many} requests at {latency * 1000:.0f} ms")
    for limit in (rate / 4, rate):
        with Served(latency, limit) as server:
            wall, _ = drive_all(OpenAI("m", server.url), int(many * limit / rate), Flow())
            counts, _ = server.counts()
        achieved = counts["served"] / max(1e-9, counts["last"] - counts["first"])
        refused = counts["refused"] / (counts["served"] + counts["refused"])
        print(
            f"  limit {limit:5.0f}/s: achieved {achieved:6.1f}/s ({achieved / limit:.0%}), "
            f"429 were {refused:.1%} of replies, {wall:.0f} s"
        )


@dataclass(frozen=True)
class Null:
    """Answers at once."""

    model: str = "null"

    async def complete(self, request: Request) -> Reply:
        return Reply("", "yes", prompt_tokens=10, completion_tokens=1)


def memory(many: int = 1_000_000) -> None:
    """Figure 4: peak memory of a million requests, and half-way."""

    def small(number):
        yield [Request("bench", f"d{number}", (Message("user", f"{number}"),))]
        return []

    marks = []
    with tempfile.TemporaryDirectory() as folder, Ledger.open(Path(folder, "l.sqlite")) as ledger:
        started = time.perf_counter()
        pairs = ((i, small(i)) for i in range(many))
        for number, _ in enumerate(drive(pairs, Null(), ledger, Flow()), 1):
            if number % (many // 4) == 0:
                marks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
        wall = time.perf_counter() - started
    print(f"memory, {many} requests against a null backend: {many / wall:.0f} req/s")
    print(f"  peak after each quarter: {', '.join(f'{m} MB' for m in marks)}")


@dataclass(frozen=True)
class Erratic:
    """Takes any time, and costs anything up to what it may."""

    rng: random.Random
    price: Price
    model: str = "erratic"

    async def complete(self, request: Request) -> Reply:
        for _ in range(self.rng.randrange(5)):
            await asyncio.sleep(0)
        if self.rng.random() < 0.2:
            raise Failure(self.rng.choice(["bad_request", "too_large"]))
        if self.rng.random() < 0.1:
            return Reply("", "no usage")
        used = self.rng.randrange(sum(len(m.content) for m in request.messages))
        return Reply("", "x", prompt_tokens=used, completion_tokens=self.rng.randrange(1025))


def budget(schedules: int = 1000) -> None:
    """Figure 5: random schedules against random budgets."""

    def small(number):
        yield [Request("bench", f"d{number}", (Message("user", f"Question {number}"),))]
        return []

    above, stopped, left = 0, 0, []
    for seed in range(schedules):
        rng = random.Random(seed)
        flow = Flow(budget=rng.uniform(0.0, 0.3), in_flight=rng.randrange(1, 33))
        llm = Erratic(rng, Price(1500.0, 6000.0))
        with tempfile.TemporaryDirectory() as f, Ledger.open(Path(f, "l.sqlite")) as ledger:
            try:
                list(drive(((i, small(i)) for i in range(40)), llm, ledger, flow))
            except Stopped:
                stopped += 1
                left.append(flow.budget - ledger.spent().dollars)
            above += ledger.spent().dollars > flow.budget
    print(f"budget, {schedules} random schedules: {above} above, {stopped} stopped by it,")
    print(
        f"  which left ${sum(left) / max(1, len(left)):.4f} unspent on average (one request may take $0.0068)"
    )


FIGURES = {"budget": budget, "throughput": throughput, "storm": storm, "memory": memory}


def main(names: list[str] | None = None) -> None:
    """Print the figures."""
    for name in names or FIGURES:
        FIGURES[name]()


if __name__ == "__main__":
    main(sys.argv[1:])
