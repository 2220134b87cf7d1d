"""A small job in a process of its own, for tests that kill it: LEDGER OUTPUT URL MANY [FLOW]."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from miner.drive import Flow, drive
from miner.errors import Stopped
from miner.ledger import Ledger
from miner.llms.openai import OpenAI
from miner.types import Message, Rejected, Request

SCHEMA = {
    "type": "object",
    "properties": {"word": {"type": "string"}},
    "required": ["word"],
    "additionalProperties": False,
}


def mining(number, said):
    """Two rounds: one question, then two at once that depend on its answer."""
    for round_ in range(2):
        text = f"Round {round_} of {number}: {said[-1:]}"
        replies = yield [
            Request(
                "t",
                f"d{number}",
                (Message("user", f"{text} {place}"),),
                schema=SCHEMA if round_ else None,
            )
            for place in range(round_ + 1)
        ]
        said += [r.reason if isinstance(r, Rejected) else r.text for r in replies]
    return []


def main(arguments: list[str]) -> int:
    ledger_path, output, url, many = arguments[:4]
    flow = Flow(in_flight=64, start_in_flight=64)
    if len(arguments) > 4:
        flow = Flow(**json.loads(arguments[4]))
    said: dict[int, list[str]] = {number: [] for number in range(int(many))}
    with Ledger.open(ledger_path) as ledger:
        llm = OpenAI("m", url, structured="json_schema")
        pairs = ((number, mining(number, said[number])) for number in said)
        try:
            states = {str(n): o.state for n, o in drive(pairs, llm, ledger, flow, b"secret")}
        except Stopped as stopped:
            print(stopped, file=sys.stderr)
            return 3
        books = ledger.books()
    text = json.dumps([states, said], sort_keys=True)
    Path(output).write_text(text)
    assert books["asked"] == books["replied"] + books["failed"] + books["pending"]
    return 0


def serve() -> None:
    """Do the job again and again, each time in a process forked from this one.

    A line of standard input is the job's arguments as JSON; answered are the process's id and, when
    it has ended, its exit code.
    """
    from openai import AsyncOpenAI, DefaultAioHttpClient  # noqa: F401 - so that no child has to

    for line in sys.stdin:
        process = os.fork()
        if not process:
            os._exit(main(json.loads(line)))
        print(process, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), flush=True)


if __name__ == "__main__":
    if sys.argv[1:] == ["--serve"]:
        serve()
    else:
        sys.exit(main(sys.argv[1:]))
