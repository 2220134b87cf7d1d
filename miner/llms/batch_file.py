"""Requests to a file and answers from one: for a batch API by hand, or an engine without a server.

A run writes what it would have asked as `requests-*.jsonl` in OpenAI's batch format, and stops. The
answers, in the same format's output, are taken by `miner run RECIPE --replies FILE`: in any order,
some missing, some twice. Tasks of several rounds go on with the next file.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from miner import atomic
from miner.entries import Failed, Replied
from miner.errors import RecipeError
from miner.flow import Failure, Price, price_of
from miner.llms.openai import chat_body, read_completion

if TYPE_CHECKING:
    from typing import IO

    from miner.ledger import Ledger
    from miner.types import LLM, Reply, Request

MOST_REQUESTS, MOST_BYTES = 50_000, 190_000_000
"""Of one file: the batch API's limits, with some room below the 200 MB."""
TOGETHER = 500
"""Answers that are committed together."""


@dataclass(frozen=True)
class BatchFile:
    """Writes requests for an OpenAI-compatible batch.

    Attributes:
        model: The name that stands in each request.
        structured: How JSON is asked for; nothing can be probed, so it is as given.
        extra_body: Further fields of each request.
        max_tokens_field: `max_completion_tokens` where `max_tokens` is refused.
        prompt_price: Dollars for a million tokens of the prompt, at the batch's price.
        completion_price: Dollars for a million tokens of the answer.
    """

    model: str
    structured: Literal["json_schema", "json_object_schema", "json_object", "prompt"] = (
        "json_schema"
    )
    extra_body: Mapping[str, Any] | None = None
    max_tokens_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    prompt_price: float = 0.0
    completion_price: float = 0.0

    @property
    def endpoint(self) -> str:
        """What stands beside the replies."""
        return "batch_file"

    @property
    def price(self) -> Price:
        """As the recipe says."""
        return Price(self.prompt_price * 1000, self.completion_price * 1000)

    async def complete(self, request: Request) -> Reply:
        """Refuse: requests are collected.

        Raises:
            Failure: Always.
        """
        raise Failure("bad_request", f"a batch file answers nobody at once ({request.task})")

    def collector(self, folder: Path) -> Collector:
        """Where this call's requests go."""
        return Collector(self, folder)


class Collector:
    """The files of one call. Nothing is visible before `hand_over`."""

    def __init__(self, llm: BatchFile, folder: Path) -> None:
        self.llm, self.folder = llm, folder
        self.count = 0
        self._partials: list[Path] = []
        self._file: IO[bytes] | None = None
        self._room_requests = self._room_bytes = 0

    def add(self, id: str, request: Request) -> None:
        """Write one request, as it is to be sent."""
        llm = self.llm
        body = chat_body(llm.model, request, llm.structured, llm.extra_body, llm.max_tokens_field)
        table = {"custom_id": id, "method": "POST", "url": "/v1/chat/completions", "body": body}
        line = json.dumps(table).encode("ascii") + b"\n"
        if self._file is None or not self._room_requests or len(line) > self._room_bytes:
            self._next_file()
        if self._file is not None:
            self._file.write(line)
        self._room_requests -= 1
        self._room_bytes -= len(line)
        self.count += 1

    def _next_file(self) -> None:
        self._close()
        path = self.folder / f"requests-{len(self._partials):05d}.jsonl{atomic.SUFFIX}"
        self.folder.mkdir(parents=True, exist_ok=True)
        self._file = path.open("wb")
        self._partials.append(path)
        self._room_requests, self._room_bytes = MOST_REQUESTS, MOST_BYTES

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def hand_over(self) -> str:
        """Put the files in the place of those of an earlier call; say what to do with them."""
        self._close()
        for old in self.folder.glob("requests-*.jsonl"):
            old.unlink()
        names = []
        for partial in self._partials:
            path = partial.with_suffix("")
            atomic.write_bytes(path, partial.read_bytes())
            partial.unlink()
            names.append(str(path))
        return (
            f"{self.count} requests are in {', '.join(names)}; have them answered (a batch API, or "
            "for example: vllm run-batch -i FILE -o ANSWERS --model MODEL), then: "
            "miner run RECIPE --replies ANSWERS"
        )


def take_replies(ledger: Ledger, paths: Iterable[Path], llm: LLM | None = None) -> Counter[str]:
    """Write the answers of a batch's output and error files into the ledger.

    Args:
        ledger: Of the run that wrote the requests; open for writing.
        paths: Files of JSON lines, in any order.
        llm: The recipe's, whose price the answers have.

    Returns:
        How many lines were `taken`, `failed`, or of no use: `twice`, `unknown`, `malformed`.

    Raises:
        RecipeError: A file is missing.
    """
    counts: Counter[str] = Counter()
    price = price_of(llm) if llm is not None else Price()
    operations: dict[str, Replied | Failed] = {}
    for path in paths:
        try:
            with Path(path).open("rb") as file:
                for line in file:
                    if line.strip():
                        counts[_take(ledger, line, price, operations)] += 1
                    if len(operations) >= TOGETHER:
                        ledger.apply(list(operations.values()))
                        operations.clear()
        except OSError as error:
            raise RecipeError(f"--replies {path}: cannot read it: {error}") from error
    ledger.apply(list(operations.values()))
    return counts


def _take(
    ledger: Ledger, line: bytes, price: Price, operations: dict[str, Replied | Failed]
) -> str:
    """Turn one line into an operation; returns what became of it."""
    try:
        table = json.loads(line)
        id, response = table["custom_id"], table.get("response") or {}
        body, status = response.get("body"), int(response.get("status_code") or 0)
        error = table.get("error")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return "malformed"
    if not isinstance(id, str):
        return "malformed"
    stored = ledger.find(id)
    if id in operations or (stored is not None and stored.reply is not None):
        return "twice"
    attempt = ledger.waiting(id)
    if not attempt:
        return "unknown"
    text = json.dumps(body) if body is not None else ""
    try:
        reply = _completion(text, status, error)
    except Failure as failure:
        final = failure.reason == "bad_request"
        operations[id] = Failed(attempt, id, failure.reason, failure.detail, text, 0, 0, 0.0, final)
        return "failed"
    operations[id] = Replied(
        attempt=attempt,
        id=id,
        text=reply.text,
        body=reply.body,
        finish_reason=reply.finish_reason,
        prompt_tokens=reply.prompt_tokens,
        completion_tokens=reply.completion_tokens,
        cost=price.cost(reply.prompt_tokens, reply.completion_tokens),
        seconds=0.0,
        estimated=not (reply.prompt_tokens or reply.completion_tokens),
    )
    return "taken"


def _completion(text: str, status: int, error: Any) -> Reply:
    if error or status != 200:
        # Only a bad request is worth no second file.
        reason = "bad_request" if status in {400, 413, 422} else "unavailable"
        raise Failure(reason, json.dumps(error)[:500] if error else text[:500], body=text)
    return read_completion(text)


PART: type[LLM] = BatchFile
