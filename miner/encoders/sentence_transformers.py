"""Any sentence-transformers model by name or folder, with its query and passage prompts.

Models of plain BERT with mean or first-token pooling (e5, bge, gte, multi-qa ...) run on OpenVINO
where there is no GPU; all others run on torch through the library itself. Weights are safetensors,
and no code that comes with a model is run.
"""

from __future__ import annotations

import functools
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from miner.encoders import batching, bert, runtime
from miner.encoders.runtime import Precision, Runtime
from miner.encoders.tokens import Tokens, scalars
from miner.errors import EncoderError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from miner.encoders.batching import Forward
    from miner.types import Encoder, Vectors

PATTERNS = ("*.safetensors", "*.json", "*.txt", "*.model", "*/config.json", "*/*.safetensors")


@dataclass(frozen=True)
class SentenceTransformers:
    """One model.

    Attributes:
        model: A name at the Hugging Face hub, or a folder.
        revision: Of the model at the hub; empty for its newest.
        query_prompt: Stands before every query; unset, what the model's own files say.
        passage_prompt: Stands before every text that is indexed; likewise.
        max_tokens: A text is cut there; 0 for the model's own limit.
        truncate: Keep so many dimensions (Matryoshka models); 0 for all.
        runtime: `openvino`, `torch`, or what suits machine and model.
        precision: `bf16`, `f32`, `int8` (needs nncf), on a GPU `f16`, or what suits the machine.
        threads: Used by the model; 0 for all. Does not change a vector.
        languages: Codes of those that the model was made for; empty: not known, or all. Selecting
            leaves out documents in others.
    """

    model: str
    revision: str = ""
    query_prompt: str | None = None
    passage_prompt: str | None = None
    max_tokens: int = 0
    truncate: int = 0
    runtime: Runtime = "auto"
    precision: Precision = "auto"
    threads: int = 0
    languages: tuple[str, ...] = ()

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        return self.truncate or self._width

    @property
    def identity(self) -> Mapping[str, str]:
        """What makes two of these the same."""
        where, numerics = self._chosen
        return {
            "model": self.model,
            "weights": self._weights,
            "max_tokens": str(self._limit),
            "query_prompt": self._prompts[0],
            "passage_prompt": self._prompts[1],
            "dimensions": str(self.dimensions),
            "runtime": runtime.version(where, numerics),
            "numerics": numerics,
        }

    def encode(self, texts: Sequence[str], *, query: bool = False) -> Vectors:
        """One unit row a text, after the prompt for queries or passages."""
        import numpy as np

        prompt = self._prompts[0 if query else 1]
        prompted = [prompt + text for text in texts]
        vectors = batching.encode(
            prompted, self._tokenise, self._forward, self._width, 0, runtime.batch_tokens()
        )
        if self.truncate:
            vectors = np.ascontiguousarray(vectors[:, : self.truncate])
            vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors

    # -- the model's files

    @functools.cached_property
    def _folder(self) -> Path:
        folder = Path(self.model).expanduser()
        return folder if folder.is_dir() else _snapshot(self.model, self.revision or None)

    def _json(self, name: str) -> dict[str, Any]:
        path = self._folder / name
        found: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.is_file() else {}
        return found

    @functools.cached_property
    def _weights(self) -> str:
        """SHA-256 over the SHA-256 of each file of weights."""
        files = sorted(self._folder.rglob("*.safetensors"))
        if not files:
            raise EncoderError(f"{self._folder}: no *.safetensors; other weights are not loaded")
        hashes = []
        for path in files:
            with path.open("rb") as file:
                hashes.append(hashlib.file_digest(file, "sha256").hexdigest())
        return (
            hashes[0] if len(hashes) == 1 else hashlib.sha256("".join(hashes).encode()).hexdigest()
        )

    @functools.cached_property
    def _prompts(self) -> tuple[str, str]:
        own = self._json("config_sentence_transformers.json").get("prompts") or {}
        query, passage = self.query_prompt, self.passage_prompt
        return (
            own.get("query", "") if query is None else query,
            own.get("document", own.get("passage", "")) if passage is None else passage,
        )

    @functools.cached_property
    def _limit(self) -> int:
        if self.max_tokens:
            return self.max_tokens
        own = self._json("sentence_bert_config.json").get("max_seq_length")
        return int(own or self._json("config.json").get("max_position_embeddings", 512))

    @functools.cached_property
    def _pooling(self) -> str:
        """`mean` or `cls` where the model is one that `bert` builds; else empty."""
        kinds = [m["type"].rpartition(".")[2] for m in self._modules]
        if kinds[:2] != ["Transformer", "Pooling"] or set(kinds[2:]) - {"Normalize"}:
            return ""
        if not (self._folder / "tokenizer.json").is_file():
            return ""
        try:
            bert.Shape.read(self._folder)
        except (EncoderError, KeyError):
            return ""
        config = self._json(f"{self._modules[1]['path']}/config.json")
        return next((name for name, key in _POOLING.items() if _pools(config, name, key)), "")

    @functools.cached_property
    def _modules(self) -> list[dict[str, Any]]:
        path = self._folder / "modules.json"
        found: list[dict[str, Any]] = json.loads(path.read_text("utf-8")) if path.is_file() else []
        return found

    # -- where it runs

    @functools.cached_property
    def _chosen(self) -> tuple[Runtime, Precision]:
        wanted = self.runtime
        if not self._pooling:
            if wanted == "openvino":
                raise EncoderError(f"{self.model}: runs on torch only; it is no plain BERT")
            wanted = "torch"
        return runtime.choose(wanted, self.precision)

    @functools.cached_property
    def _width(self) -> int:
        if self._pooling:
            return bert.Shape.read(self._folder).width
        return int(self._library.get_embedding_dimension())

    @functools.cached_property
    def _tokenizer(self) -> Tokens:
        return Tokens(self._folder, self._limit)

    def _tokenise(self, texts: Sequence[str]) -> Sequence[Sequence[int]]:
        if self._pooling:
            return self._tokenizer(texts)
        if not texts:
            return []
        found: Sequence[Sequence[int]] = self._library.tokenizer(
            [scalars(text) for text in texts], truncation=True, max_length=self._limit
        )["input_ids"]
        return found

    @functools.cached_property
    def _forward(self) -> Forward:
        where, precision = self._chosen
        if self._pooling:
            load = runtime.openvino_bert if where == "openvino" else runtime.torch_bert
            return load(self._folder, precision, self._pooling, self.threads)
        return runtime.library(self._library, self.threads)

    @functools.cached_property
    def _library(self) -> Any:
        return runtime.load_library(self._folder, self._chosen[1])


_POOLING = {"mean": "pooling_mode_mean_tokens", "cls": "pooling_mode_cls_token"}


def _pools(config: Mapping[str, Any], name: str, key: str) -> bool:
    """Whether a pooling is the only one; files say it in an old and in a new way."""
    if "pooling_mode" in config:
        return bool(config["pooling_mode"] == name)
    on = [k for k, v in config.items() if k.startswith("pooling_mode_") and v]
    return on == [key]


def _snapshot(model: str, revision: str | None) -> Path:
    """The model's files in the local cache, else from the hub.

    Raises:
        EncoderError: Neither has it.
    """
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    patterns = list(PATTERNS)
    try:
        try:
            found = snapshot_download(
                model, revision=revision, allow_patterns=patterns, local_files_only=True
            )
        except LocalEntryNotFoundError:
            found = snapshot_download(model, revision=revision, allow_patterns=patterns)
    except Exception as error:
        raise EncoderError(
            f"model '{model}' is no folder, not in the local cache, and not to be had from the "
            f"hub: {error}"
        ) from error
    return Path(found)


PART: type[Encoder] = SentenceTransformers
