"""OpenAI's batch API, or a provider's like it: half the price, answers within a day.

Requests go up as files, answers come down as files; miner.batches keeps track of them in the run's
folder, so that a run may be stopped at any moment, and the same command finds its batches again.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from miner.flow import Failure, Price
from miner.llms.batch_file import batch_line, read_answer
from miner.llms.openai import OPENAI, OpenAI
from miner.providers import Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from openai import OpenAI as Client
    from openai.types import Batch

    from miner.types import LLM, Reply, Request

T = TypeVar("T")

METADATA = "corpus_miner"
"""Key of the metadata by which a batch is found again."""
UPLOAD_SECONDS = 600.0
"""How long the provider may think about 200 MB."""
STATES = {"failed": "failed", "completed": "ended", "expired": "ended", "cancelled": "cancelled"}
"""What is none of these is still open."""


@dataclass(frozen=True)
class OpenAIBatch:
    """A model that is asked by the batch API.

    Attributes:
        model: The name that the provider knows it by.
        base_url: Address up to `/v1`.
        api_key_env: Environment variable that holds the key.
        api_key_file: File that holds the key, instead.
        structured: How JSON is asked for; nothing can be probed, so it is as given.
        extra_body: Further fields of each request.
        max_tokens_field: `max_completion_tokens` where `max_tokens` is refused.
        prompt_price: Dollars for a million tokens of the prompt, by batch; unset, it is looked up.
        completion_price: Dollars for a million tokens of the answer, by batch.
        discount: What a batch costs of the list price, where the price is looked up.
        requests_per_batch: Most requests in one batch; the API allows 50,000.
        open_requests: Most requests that are open in all batches; each is held in memory.
        poll_seconds: How often a batch is looked at.
    """

    model: str
    base_url: str = OPENAI
    api_key_env: str = "OPENAI_API_KEY"
    api_key_file: Path | None = None
    structured: Literal["json_schema", "json_object_schema", "json_object", "prompt"] = (
        "json_schema"
    )
    extra_body: Mapping[str, Any] | None = None
    max_tokens_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    prompt_price: float | None = None
    completion_price: float | None = None
    discount: float = 0.5
    requests_per_batch: int = 50_000
    open_requests: int = 100_000
    poll_seconds: float = 30.0

    def __post_init__(self) -> None:
        if not 1 <= self.requests_per_batch <= 50_000:
            raise ValueError("'requests_per_batch' must lie between 1 and 50000")
        if self.open_requests < 1 or self.poll_seconds <= 0 or not 0 <= self.discount <= 1:
            raise ValueError(
                "'open_requests' must be at least 1, 'poll_seconds' above 0, 'discount' in [0, 1]"
            )
        _ = self.online  # its own checks of address and prices

    @cached_property
    def online(self) -> OpenAI:
        """The same model, asked at once: it knows keys, prices, and what a status means."""
        return OpenAI(
            self.model,
            self.base_url,
            self.api_key_env,
            self.api_key_file,
            prompt_price=self.prompt_price,
            completion_price=self.completion_price,
        )

    @property
    def endpoint(self) -> str:
        """What stands beside the replies."""
        return self.base_url

    @cached_property
    def price(self) -> Price:
        """As the recipe says, else the list price with the batch's discount."""
        price = self.online.price
        if self.prompt_price is not None:
            return price
        return Price(price.prompt * self.discount, price.completion * self.discount, price.known)

    async def complete(self, request: Request) -> Reply:
        """Refuse: requests go in batches.

        Raises:
            Failure: Always.
        """
        raise Failure("bad_request", f"a batch answers nobody at once ({request.task})")

    def line(self, id: str, request: Request) -> bytes:
        """One request as a line of a batch's file."""
        return batch_line(self, id, request)

    def answers(self, path: Path) -> Iterator[tuple[str, Reply | Failure]]:
        """Ids and answers of an output or error file; lines that are neither are left out."""
        with path.open("rb") as file:
            for line in file:
                if parsed := read_answer(line):
                    yield parsed

    def provider(self) -> Provider:
        """Where its batches go.

        Raises:
            LLMError: There is no key.
        """
        return Provider(self)


class Provider:
    """The batch API's calls, each without retries: miner.batches decides what follows."""

    def __init__(self, llm: OpenAIBatch) -> None:
        import httpx2
        from openai import DefaultHttpxClient
        from openai import OpenAI as Client

        limits = httpx2.Timeout(60.0, connect=10.0)
        self.llm = llm
        self.client: Client = Client(
            api_key=llm.online.key(),
            base_url=llm.base_url,
            max_retries=0,
            timeout=limits,
            http_client=DefaultHttpxClient(follow_redirects=False, timeout=limits),
        )

    def upload(self, name: str, path: Path) -> str:
        """Send a file of requests; returns its id."""

        def send(client: Client) -> str:
            with path.open("rb") as file:
                made = client.files.create(
                    file=(f"{name}.jsonl", file), purpose="batch", timeout=UPLOAD_SECONDS
                )
            return _text(made, "id")

        return self._call(send)

    def create(self, name: str, file: str) -> Status:
        """Make a batch of a file."""
        return self._call(
            lambda client: _status(
                client.batches.create(
                    input_file_id=file,
                    endpoint="/v1/chat/completions",
                    completion_window="24h",
                    metadata={METADATA: name},
                )
            )
        )

    def find(self, name: str, since: float) -> Status | None:
        """The batch of that name; the provider lists the newest first."""

        def search(client: Client) -> Status | None:
            for batch in client.batches.list(limit=100):
                if (batch.metadata or {}).get(METADATA) == name:
                    return _status(batch)
                if batch.created_at < since:
                    break
            return None

        return self._call(search)

    def look(self, batch: str) -> Status:
        """How a batch stands."""
        return self._call(lambda client: _status(client.batches.retrieve(batch)), batch)

    def fetch(self, file: str, path: Path) -> None:
        """Write a file of answers to the disk; it is there when this returns."""

        def load(client: Client) -> None:
            with client.files.with_streaming_response.content(file) as response:
                expected = int(response.headers.get("content-length") or 0)
                with path.open("wb") as out:
                    for part in response.iter_bytes():
                        out.write(part)
                    out.flush()
                    os.fsync(out.fileno())
                    if out.tell() < expected:
                        raise Failure("unavailable", f"file {file} came only in part", status=502)

        self._call(load, file)

    def close(self) -> None:
        """Close the connections."""
        self.client.close()

    def _call(self, call: Callable[[Client], T], what: str = "") -> T:
        """Turn every way in which a call can go wrong into a Failure."""
        import httpx2
        import openai

        try:
            return call(self.client)
        except openai.NotFoundError as error:
            if not what:
                raise self.llm.online.refusal(error) from None
            raise Failure(
                "bad_request",
                f"{self.llm.base_url}: knows no '{what}': is this the key of the project that "
                f"made it? ({error})"[:500],
                status=404,
            ) from None
        except openai.APIStatusError as error:
            raise self.llm.online.refusal(error) from None
        except (openai.APIConnectionError, httpx2.HTTPError) as error:
            cause = error.__cause__ or error
            raise Failure(
                "unavailable",
                f"{type(cause).__name__}: {cause}"[:300],
                unsent=isinstance(cause, httpx2.ConnectError | httpx2.ConnectTimeout),
            ) from None
        except (openai.OpenAIError, ValueError, AttributeError, TypeError) as error:
            raise Failure("malformed_response", str(error)[:500]) from None


def _status(batch: Batch) -> Status:
    """A batch as miner.batches sees it. The SDK does not check what it reads: we do."""
    files = (getattr(batch, "output_file_id", None), getattr(batch, "error_file_id", None))
    errors = getattr(getattr(batch, "errors", None), "data", None) or ()
    return Status(
        _text(batch, "id"),
        STATES.get(_text(batch, "status"), "open"),
        tuple(file for file in files if file),
        tuple((int(e.line or 0), str(e.code or ""), str(e.message or "")) for e in errors),
    )


def _text(table: Any, name: str) -> str:
    value = getattr(table, name, None)
    if not (isinstance(value, str) and value):
        raise Failure("malformed_response", f"no '{name}' in the provider's answer: {table!r:.200}")
    return value


PART: type[LLM] = OpenAIBatch
