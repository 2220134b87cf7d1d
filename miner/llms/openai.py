"""Any OpenAI-compatible server: OpenAI, vLLM, SGLang, llama.cpp, Ollama and others.

The chat completions of the SDK without its retries and parsing: miner.asker retries, and the raw
response is kept before anything reads it. The SDK's aiohttp transport, no redirects (a key goes to
the named host only), and a cap on the response's size.
"""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from miner.errors import LLMError
from miner.flow import Failure, Price
from miner.types import LLM, Reply, Request

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import httpx2
    from openai import AsyncOpenAI

OPENAI = "https://api.openai.com/v1"
LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1", "0.0.0.0")  # noqa: S104 - compared, not bound


@dataclass(frozen=True)
class OpenAI:
    """A model behind one or more addresses of OpenAI-compatible servers.

    Attributes:
        model: The name that the server knows it by.
        base_url: Address up to `/v1`, or a list of addresses of equal servers.
        api_key_env: Environment variable that holds the key; a server without keys needs none.
        api_key_file: File that holds the key, instead.
        structured: How JSON is enforced; `auto` finds out once for each server and model.
        extra_body: Further fields of the request, such as `chat_template_kwargs`.
        max_tokens_field: `max_completion_tokens` where the server refuses `max_tokens`.
        prompt_price: Dollars for a million tokens of the prompt; unset, it is looked up.
        completion_price: Dollars for a million tokens of the answer.
        price_per_hour: Dollars for an hour of each server, where time is paid and not tokens.
        max_response_bytes: A longer response is cut off and counts as failed.
    """

    model: str
    base_url: str | tuple[str, ...] = OPENAI
    api_key_env: str = "OPENAI_API_KEY"
    api_key_file: Path | None = None
    structured: Literal["auto", "json_schema", "json_object_schema", "json_object", "prompt"] = (
        "auto"
    )
    extra_body: Mapping[str, Any] | None = None
    max_tokens_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    prompt_price: float | None = None
    completion_price: float | None = None
    price_per_hour: float = 0.0
    max_response_bytes: int = 16_000_000

    def __post_init__(self) -> None:
        for address in self.addresses:
            if urlsplit(address).scheme not in {"http", "https"}:
                raise ValueError(f"base_url {address!r} must begin with http:// or https://")
        if (self.prompt_price is None) != (self.completion_price is None):
            raise ValueError("'prompt_price' and 'completion_price' go together")

    @property
    def addresses(self) -> tuple[str, ...]:
        """All of the servers."""
        return (self.base_url,) if isinstance(self.base_url, str) else self.base_url

    @property
    def endpoint(self) -> str:
        """The address that stands in the ledger beside a reply."""
        return self.addresses[0]

    def replicas(self) -> tuple[OpenAI, ...]:
        """The same model at each address."""
        return tuple(replace(self, base_url=address) for address in self.addresses)

    @property
    def local(self) -> bool:
        """Whether the server runs on this machine."""
        return urlsplit(self.endpoint).hostname in LOCAL_HOSTS

    @cached_property
    def price(self) -> Price:
        """What tokens cost: as the recipe says, nothing on this machine, else as published."""
        if self.prompt_price is not None and self.completion_price is not None:
            return Price(self.prompt_price * 1000, self.completion_price * 1000)
        return (
            Price() if self.local or self.price_per_hour else published(self.model, self.endpoint)
        )

    # -- asking

    def open(self) -> None:
        """Load the SDK and make the client.

        Raises:
            LLMError: There is no key.
        """
        self._client()

    async def complete(self, request: Request) -> Reply:
        """Ask once.

        Raises:
            Failure: There is no usable response.
        """
        import httpx2
        import openai

        client = self._client()
        try:
            async with client.chat.completions.with_streaming_response.create(
                **self._arguments(request)
            ) as response:
                body = await response.text()
        except openai.APIStatusError as error:
            raise self.refusal(error) from None
        except (openai.APIConnectionError, httpx2.HTTPError) as error:
            raise _broken(error) from None
        except _TooLargeError as error:
            raise Failure("too_large", str(error)) from None
        except openai.OpenAIError as error:
            raise Failure("malformed_response", str(error)[:500]) from None
        return read_completion(body)

    def _arguments(self, request: Request) -> dict[str, Any]:
        """The whole request as `extra_body`, which the SDK sends as it is.

        Its arguments it walks through by their types, which takes a third of a request's time.
        """
        body = chat_body(
            self.model, request, self.structured, self.extra_body, self.max_tokens_field
        )
        return {"model": self.model, "messages": [], "extra_body": body}

    def _client(self) -> AsyncOpenAI:
        client = self.__dict__.get("_made_client")
        if client is None:
            client = self.__dict__["_made_client"] = self._make_client()
        return client

    def _make_client(self) -> AsyncOpenAI:
        import httpx2
        from openai import AsyncOpenAI, DefaultAioHttpClient

        async def cap(response: httpx2.Response) -> None:
            response.stream = _capped()(response.stream, self.max_response_bytes)

        return AsyncOpenAI(
            api_key=self.key(),
            base_url=self.endpoint,
            max_retries=0,
            timeout=httpx2.Timeout(None, connect=10.0),
            default_headers={"Accept-Encoding": "identity"},
            http_client=DefaultAioHttpClient(
                follow_redirects=False,
                timeout=httpx2.Timeout(None, connect=10.0),
                limits=httpx2.Limits(max_connections=1024, max_keepalive_connections=1024),
                event_hooks={"response": [cap]},
            ),
        )

    async def aclose(self) -> None:
        """Close the connections; the next call opens new ones."""
        client = self.__dict__.pop("_made_client", None)
        if client is not None:
            await client.close()

    def key(self) -> str:
        """The key, from the file or the environment; it is kept nowhere else.

        Raises:
            LLMError: There is none, and the server is not of this machine or network.
        """
        if self.api_key_file is not None:
            try:
                return self.api_key_file.expanduser().read_text(encoding="utf-8").strip()
            except OSError as error:
                raise LLMError(f"api_key_file: cannot read it: {error}") from None
        key = os.environ.get(self.api_key_env, "")
        if not key and self.endpoint.startswith("https://"):
            raise LLMError(
                f"{self.endpoint}: no key: set the environment variable {self.api_key_env}, or "
                "name another in 'api_key_env'"
            )
        return key or "none"

    def _without_key(self, text: str) -> str:
        """What a server says, which may repeat the key that it refuses."""
        key = self.key()
        return text if key == "none" else text.replace(key, "(the key)")

    def refusal(self, error: Any) -> Failure:
        """What an HTTP status means for this request and for the others."""
        status, body = int(error.status_code), error.body
        detail, code = error_text(body, str(error))
        detail = self._without_key(f"HTTP {status}: {detail}")[:500]
        retry_after = _seconds(error.response.headers)
        text = self._without_key(json.dumps(body)) if body is not None else ""
        reason = {400: "bad_request", 413: "too_long", 422: "bad_request"}.get(status, "")
        moderated = any(word in code for word in ("content", "moderation", "policy"))
        if status == 401 or (status == 403 and not moderated):
            reason, detail = "unauthorized", f"{self.endpoint}: the key was refused: {detail}"
        elif status == 404:
            reason = "unknown_model"
            detail = f"{self.endpoint}: no model '{self.model}' at this address: {detail}"
        elif 300 <= status < 400:
            reason = "wrong_address"
            detail = f"{self.endpoint}: sends elsewhere, and is not followed: {detail}"
        elif status in {402, 429}:
            quota = "insufficient_quota" in code or status == 402
            reason = "quota" if quota else "rate_limited"
        elif status >= 500 or status in {408, 409, 425}:
            reason = "unavailable"
        if status == 400 and ("context" in code or "context length" in detail.lower()):
            reason = "too_long"
        return Failure(
            reason or "bad_request", detail, status=status, retry_after=retry_after, body=text
        )


def published(model: str, address: str) -> Price:
    """The provider's list price by genai-prices, whose tables come with the package.

    Where prices rise with the length of the prompt it is the highest: a budget needs a bound.
    """
    try:
        from genai_prices import Usage, calc_price
    except ImportError:
        return Price(known=False)
    million = 1_000_000
    try:
        found = calc_price(
            Usage(input_tokens=million, output_tokens=million), model, provider_api_url=address
        )
    except LookupError:
        return Price(known=False)
    return Price(float(found.input_price) * 1000, float(found.output_price) * 1000)


def chat_body(
    model: str,
    request: Request,
    structured: str,
    extra_body: Mapping[str, Any] | None,
    max_tokens_field: str,
) -> dict[str, Any]:
    """A request as the chat completions API takes it."""
    body: dict[str, Any] = {
        "model": model,
        "messages": [{"role": m.role, "content": m.content} for m in request.messages],
        max_tokens_field: request.max_tokens,
        "temperature": request.temperature,
        "top_p": request.top_p,
    }
    if request.schema is not None and (form := response_format(request.schema, structured)):
        body["response_format"] = form
    return body | dict(extra_body or {})


def response_format(schema: Mapping[str, Any], mode: str) -> dict[str, Any] | None:
    """The field that makes a server enforce JSON, in one of its dialects; None says it in words."""
    if mode in {"json_schema", "auto"}:
        named = {"name": "answer", "schema": schema, "strict": True}
        return {"type": "json_schema", "json_schema": named}
    if mode == "json_object_schema":
        return {"type": "json_object", "schema": schema}
    return {"type": "json_object"} if mode == "json_object" else None


def read_completion(body: str) -> Reply:
    """A chat completion's body as a reply.

    Raises:
        Failure: It is no chat completion.
    """
    try:
        table = json.loads(body)
    except (ValueError, RecursionError):
        raise Failure("malformed_response", "the response is no JSON", body=body) from None
    if not isinstance(table, dict):
        raise Failure("malformed_response", "the response is no JSON object", body=body)
    if table.get("error"):
        detail, code = error_text(table, "")
        reason = "quota" if "insufficient_quota" in code else "malformed_response"
        raise Failure(reason, f"an error with status 200: {detail}", body=body)
    choices = table.get("choices")
    if not (isinstance(choices, list) and choices and isinstance(choices[0], dict)):
        raise Failure("malformed_response", "the response has no choices", body=body)
    message = choices[0].get("message")
    if not isinstance(message, dict):
        raise Failure("malformed_response", "the response has no message", body=body)
    text, finish = _content(message.get("content")), str(choices[0].get("finish_reason") or "stop")
    if not text.strip() and finish == "stop":
        if message.get("refusal"):
            finish, text = "refusal", str(message["refusal"])
        elif message.get("reasoning") or message.get("reasoning_content"):
            finish = "only_reasoning"
    usage = table.get("usage") if isinstance(table.get("usage"), dict) else {}
    return Reply(
        "",
        text,
        finish_reason=finish,
        model=str(table.get("model", "")),
        prompt_tokens=_count(usage, "prompt_tokens"),
        completion_tokens=_count(usage, "completion_tokens"),
        body=body,
    )


def _content(content: Any) -> str:
    """Text, or the texts of a list of parts."""
    if isinstance(content, list):
        return "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else ""


def _count(usage: Any, name: str) -> int:
    value = usage.get(name)
    return value if isinstance(value, int) and value >= 0 else 0


def error_text(body: Any, otherwise: str) -> tuple[str, str]:
    """Message and code of an error in any of the shapes that servers give it."""
    table = body.get("error", body) if isinstance(body, dict) else body
    if isinstance(table, dict):
        code = f"{table.get('code')} {table.get('type')}"
        return str(table.get("message") or table.get("detail") or otherwise)[:400], code
    return str(table or otherwise)[:400], ""


def _seconds(headers: Mapping[str, str]) -> float | None:
    """Retry-After in seconds or as a date, or None."""
    from email.utils import parsedate_to_datetime
    from time import time

    try:
        if "retry-after-ms" in headers:
            return max(0.0, float(headers["retry-after-ms"]) / 1000)
        text = headers.get("retry-after", "")
        return max(0.0, float(text)) if text else None
    except ValueError:
        try:
            return max(0.0, parsedate_to_datetime(text).timestamp() - time())
        except ValueError:
            return None


def _broken(error: BaseException) -> Failure:
    """A connection that was never made, or that broke: the transport's own error says which."""
    import aiohttp

    causes: list[BaseException] = [error]
    while (cause := causes[-1].__cause__) is not None:
        causes.append(cause)
    last = causes[-1]
    detail = f"{type(last).__name__}: {last}"[:300]
    if isinstance(last, _TooLargeError):
        return Failure("too_large", str(last))
    connecting = aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError
    if any(isinstance(cause, connecting) for cause in causes):
        return Failure("unavailable", detail, unsent=True)
    if isinstance(last, TimeoutError):
        return Failure("timeout", detail)
    return Failure("unavailable", detail)


class _TooLargeError(Exception):
    """A response grew beyond what is read."""


@functools.cache
def _capped() -> Any:
    """The class of streams that end in an error when they grow too long."""
    import httpx2

    class Capped(httpx2.AsyncByteStream):
        def __init__(self, stream: Any, most: int) -> None:
            self.stream, self.most = stream, most

        async def __aiter__(self) -> AsyncIterator[bytes]:
            size = 0
            async for chunk in self.stream:
                size += len(chunk)
                if size > self.most:
                    raise _TooLargeError(f"the response is longer than {self.most} bytes")
                yield chunk

        async def aclose(self) -> None:
            await self.stream.aclose()

    return Capped


PART: type[LLM] = OpenAI
