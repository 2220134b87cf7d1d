"""An OpenAI-compatible /v1/embeddings endpoint: texts go to the host that the card names.

The endpoint cuts long texts as it likes, and answers may differ in their last bits from call to
call, so the promise of equal bytes holds only as far as the server keeps it.
"""

from __future__ import annotations

import functools
import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from miner.encoders.tokens import scalars
from miner.errors import EncoderError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from miner.types import Encoder, Vectors

_WAITS = (1.0, 4.0, 15.0)
"""Seconds before each further try of a call that failed in passing."""


@dataclass(frozen=True)
class Api:
    """An endpoint.

    Attributes:
        base_url: Such as http://127.0.0.1:8000/v1.
        model: Its name there.
        size: Length of its vectors.
        query_prompt: Stands before every query.
        passage_prompt: Stands before every text that is indexed.
        key_variable: The environment variable that holds the key; a local server needs none.
        batch: Texts in one call.
        max_chars: A text is cut there before it is sent; 0 sends all of it.
        timeout_seconds: Of one call.
        languages: Codes of those that the model was made for; empty: not known, or all. Selecting
            leaves out documents in others.
    """

    base_url: str
    model: str
    size: int
    query_prompt: str = ""
    passage_prompt: str = ""
    key_variable: str = "OPENAI_API_KEY"
    batch: int = 64
    max_chars: int = 8000
    timeout_seconds: float = 120.0
    languages: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.size < 1 or self.batch < 1:
            raise ValueError("size and batch must be at least 1")

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        return self.size

    @property
    def identity(self) -> Mapping[str, str]:
        """What makes two of these the same: the model, wherever it is served."""
        return {
            "model": self.model,
            "size": str(self.size),
            "query_prompt": self.query_prompt,
            "passage_prompt": self.passage_prompt,
            "max_chars": str(self.max_chars),
        }

    def encode(self, texts: Sequence[str], *, query: bool = False) -> Vectors:
        """One unit row a text.

        Raises:
            EncoderError: The endpoint is down, refuses, or answers something else than vectors.
        """
        import numpy as np

        prompt = self.query_prompt if query else self.passage_prompt
        vectors = np.empty((len(texts), self.size), dtype=np.float32)
        for start in range(0, len(texts), self.batch):
            some = [self._cut(prompt + scalars(t)) for t in texts[start : start + self.batch]]
            vectors[start : start + len(some)] = self._unit(self._ask(some))
        return vectors

    def _cut(self, text: str) -> str:
        # An endpoint refuses an empty text.
        return (text[: self.max_chars] if self.max_chars else text) or " "

    def _unit(self, rows: Sequence[Sequence[float]]) -> Vectors:
        import numpy as np

        if any(len(row) != self.size for row in rows):
            found = sorted({len(row) for row in rows})
            raise EncoderError(
                f"{self._where}: vectors of {found}, the card says size = {self.size}"
            )
        vectors = np.asarray(rows, dtype=np.float32)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        if not (np.isfinite(lengths).all() and lengths.all()):
            raise EncoderError(f"{self._where}: a vector is zero or holds NaN")
        unit: Vectors = vectors / lengths
        return unit

    @property
    def _where(self) -> str:
        return f"{self.base_url} model '{self.model}'"

    @functools.cached_property
    def _client(self) -> Any:
        import openai

        key = os.environ.get(self.key_variable) or "none"
        return openai.OpenAI(
            base_url=self.base_url, api_key=key, max_retries=0, timeout=self.timeout_seconds
        )

    def _ask(self, texts: Sequence[str]) -> list[list[float]]:
        import openai

        for wait in (*_WAITS, None):
            try:
                reply = self._client.embeddings.create(
                    model=self.model, input=list(texts), encoding_format="float"
                )
                return self._rows(reply, len(texts))
            except (
                openai.APIConnectionError,
                openai.RateLimitError,
                openai.InternalServerError,
            ) as e:
                if wait is None:
                    raise EncoderError(f"{self._where}: {e}") from e
                time.sleep(wait)
            except openai.OpenAIError as error:
                raise EncoderError(f"{self._where}: {error}") from error
        raise AssertionError("the last try returns or raises")

    def _rows(self, reply: Any, count: int) -> list[list[float]]:
        data = getattr(reply, "data", None) or []
        rows = {item.index: item.embedding for item in data}
        if sorted(rows) != list(range(count)):
            raise EncoderError(f"{self._where}: {len(data)} vectors came for {count} texts")
        return [rows[place] for place in range(count)]


PART: type[Encoder] = Api
