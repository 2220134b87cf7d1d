"""A BERT graph whose products are of 8-bit integers, calibrated on the sample that ships here.

Source: Jacob et al. (2018), Quantization and Training of Neural Networks for Efficient
Integer-Arithmetic-Only Inference; Xiao et al. (2023), SmoothQuant; as nncf does both. It takes half
a minute, so the graph is kept beside the user's other caches, named by all that it depends on.
It pays on a processor with VNNI or AMX; elsewhere it is slower than float32.
"""

from __future__ import annotations

import gzip
import hashlib
import importlib.metadata
import importlib.util
import json
import logging
import os
import sys
import tempfile
from contextlib import redirect_stdout, suppress
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from miner.encoders import batching, bert
from miner.encoders.tokens import Tokens

if TYPE_CHECKING:
    from collections.abc import Iterator

CALIBRATION = ("simplewiki.jsonl.gz", "c4.jsonl.gz")
EACH = 50
"""Documents of each file; with a hundred in all, more changed nothing (cosine .995 to float32)."""
MOST_TOKENS = 256


def has_nncf() -> bool:
    """Whether nncf is installed; it is not imported."""
    return importlib.util.find_spec("nncf") is not None


def version() -> str:
    """What quantises, with its version, since every weight depends on it."""
    return f"nncf {importlib.metadata.version('nncf')}"


def load(folder: Path, pooling: str) -> Any:
    """The graph of `bert.build`, quantised: from the cache, or made now and kept there.

    Args:
        folder: Holds config.json, model.safetensors and tokenizer.json.
        pooling: `mean` or `cls`.
    """
    import openvino as ov

    kept = _cache() / _name(folder, pooling)
    if not (kept / "model.xml").is_file():
        _keep(_quantise(folder, pooling), kept)
    return ov.Core().read_model(kept / "model.xml")


def _cache() -> Path:
    own = os.environ.get("XDG_CACHE_HOME")
    return (Path(own) if own else Path.home() / ".cache") / "corpus-miner" / "int8"


def _name(folder: Path, pooling: str) -> str:
    """SHA-256 of all that the graph depends on."""
    parts = [pooling, version(), importlib.metadata.version("openvino")]
    for name in ("config.json", "model.safetensors", "tokenizer.json"):
        with (folder / name).open("rb") as file:
            parts.append(hashlib.file_digest(file, "sha256").hexdigest())
    parts += [hashlib.sha256(text.encode()).hexdigest() for text in _texts()]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def _texts() -> Iterator[str]:
    for name in CALIBRATION:
        with (
            (resources.files("miner") / "sample" / name).open("rb") as packed,
            gzip.open(packed, "rt", encoding="utf-8") as lines,
        ):
            for _, line in zip(range(EACH), lines, strict=False):
                yield json.loads(line)["text"]


def _quantise(folder: Path, pooling: str) -> Any:
    nncf = _nncf()
    ids = Tokens(folder, MOST_TOKENS)(list(_texts()))
    feeds = [list(batching.pad([tokens], 0)) for tokens in ids]
    with redirect_stdout(sys.stderr):  # its bars
        return nncf.quantize(
            bert.build(folder, pooling),
            nncf.Dataset(feeds),
            subset_size=len(feeds),
            model_type=nncf.ModelType.TRANSFORMER,
        )


def _nncf() -> Any:
    """The library, which unless told so reports its use to its makers over the network."""
    os.environ["NNCF_CI"] = "1"
    import nncf

    nncf.set_log_level(logging.ERROR)
    return nncf


def _keep(model: Any, place: Path) -> None:
    """Save the graph whole or not at all; of two processes that made it, one is heard."""
    import openvino as ov

    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place.parent) as made:
        whole = Path(made) / "whole"
        whole.mkdir()
        ov.save_model(model, whole / "model.xml", compress_to_fp16=False)
        with suppress(OSError):  # it is there already
            whole.rename(place)
