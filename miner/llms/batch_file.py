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
from typing import TYPE_CHECKING, Any, Literal, Protocol

from miner import atomic
from miner.attempts import failed, replied
from miner.errors import RecipeError, Stopped
from miner.flow import Failure, Hold, Price
from miner.llms.openai import chat_body, error_text, read_completion
from miner.providers import MOST_BYTES

if TYPE_CHECKING:
    from typing import IO

    from miner.entries import Failed, Replied
    from miner.ledger import Ledger
    from miner.types import LLM, Reply, Request

MOST_REQUESTS = 50_000
"""Of one file: the batch API's limit."""
TOGETHER = 500
"""Answers that are committed together."""


class BatchModel(Protocol):
    """What the lines of a batch say of a model."""

    @property
    def model(self) -> str:
        """Its name."""

    @property
    def structured(self) -> str:
        """How JSON is asked for."""

    @property
    def extra_body(self) -> Mapping[str, Any] | None:
        """Further fields."""

    @property
    def max_tokens_field(self) -> str:
        """The field of the limit on the answer."""


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
        line = batch_line(self.llm, id, request)
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

    def hand_over(self) -> Stopped:
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
        return Stopped(
            f"{self.count} requests are in {', '.join(names)}; have them answered (a batch API, or "
            f"for example: vllm run-batch -i {names[0]} -o ANSWERS --model {self.llm.model}), then "
            "the same command with --replies ANSWERS",
            ("--replies", "ANSWERS"),
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
    operations: dict[str, Replied | Failed] = {}
    for path in paths:
        try:
            with Path(path).open("rb") as file:
                for line in file:
                    if line.strip():
                        counts[_take(ledger, line, llm, operations)] += 1
                    if len(operations) >= TOGETHER:
                        ledger.apply(list(operations.values()))
                        operations.clear()
        except OSError as error:
            raise RecipeError(f"--replies {path}: cannot read it: {error}") from error
    ledger.apply(list(operations.values()))
    return counts


def _take(
    ledger: Ledger, line: bytes, llm: LLM | None, operations: dict[str, Replied | Failed]
) -> str:
    """Turn one line into an operation; returns what became of it."""
    parsed = read_answer(line)
    if parsed is None:
        return "malformed"
    id, answer = parsed
    stored = ledger.find(id)
    if id in operations or (stored is not None and stored.reply is not None):
        return "twice"
    waits = ledger.waiting(id)
    if waits is None:
        return "unknown"
    hold = Hold(waits.nano, waits.tokens)
    if isinstance(answer, Failure):
        final = answer.reason in {"bad_request", "too_long"}
        operations[id] = failed(waits.attempt, id, answer, hold, final=final)
        return "failed"
    operations[id] = replied(waits.attempt, id, answer, llm, hold)
    return "taken"


def batch_line(llm: BatchModel, id: str, request: Request) -> bytes:
    """One request as a line of OpenAI's batch format."""
    body = chat_body(llm.model, request, llm.structured, llm.extra_body, llm.max_tokens_field)
    table = {"custom_id": id, "method": "POST", "url": "/v1/chat/completions", "body": body}
    return json.dumps(table).encode("ascii") + b"\n"


def read_answer(line: bytes) -> tuple[str, Reply | Failure] | None:
    """Id and answer of one line of a batch's output or error file; None if it is neither."""
    try:
        table = json.loads(line)
        id, response = table["custom_id"], table.get("response") or {}
        body, status = response.get("body"), int(response.get("status_code") or 0)
        error = table.get("error")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    if not isinstance(id, str):
        return None
    text = json.dumps(body) if body is not None else ""
    if error or status != 200:
        return id, _failure(text, status, error or body)
    try:
        return id, read_completion(text)
    except Failure as failure:
        return id, failure


def _failure(text: str, status: int, error: Any) -> Failure:
    """Why a line has no completion. Only a bad request is worth no second asking."""
    detail, code = error_text(error, text)
    if "insufficient_quota" in code:
        reason = "quota"
    elif status == 429:
        reason = "rate_limited"
    else:
        reason = "bad_request" if status in {400, 404, 413, 422} else "unavailable"
    return Failure(reason, detail, status=status or 503, body=text)


PART: type[LLM] = BatchFile
