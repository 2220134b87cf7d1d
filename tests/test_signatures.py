"""Signatures: exact hashes, shingles, MinHash, clusters; personal data and secrets."""

from __future__ import annotations

import itertools
import random
import re
import subprocess
import sys
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from miner.personal_data import (
    BEFORE,
    PERSONAL_DATA,
    find_personal_data,
    find_secrets,
    luhn,
)
from miner.shingles import (
    _WORD_OR_SIGN,
    exact_hash,
    jaccard,
    known_tokens,
    ngram_hashes,
    ngrams,
    normalise,
    shingles,
    text_hashes,
    tokens,
    word_hashes,
)
from miner.signatures import (
    MinHash,
    SeenTexts,
    candidates,
    clusters,
    near_duplicate_labels,
    near_duplicates,
    similar_pairs,
)

SCHEMES = ("rensa", "numpy")


@pytest.fixture(params=SCHEMES)
def signer(request):
    if request.param == "rensa":
        pytest.importorskip("rensa")
    return MinHash(request.param)


def text_of(seed: int, words: int = 200) -> str:
    draw = random.Random(seed)
    return " ".join(f"w{draw.randrange(5000)}" for _ in range(words))


def with_changes(text: str, share: float, seed: int) -> str:
    draw = random.Random(seed)
    return " ".join("changed" if draw.random() < share else w for w in text.split())


@given(st.text())
def test_normalise_is_idempotent(text):
    assert normalise(normalise(text)) == normalise(text)


def test_exact_hash_ignores_case_space_and_form():
    assert exact_hash("Caf\u00e9  AU\nlait") == exact_hash("cafe\u0301 au lait ")
    assert exact_hash("a") != exact_hash("b")
    assert len(exact_hash("\ud800")) == 16


@given(
    st.lists(st.text(st.sampled_from("ab _1\0\u00e9\u2019\u4e2d\ud800\n"), max_size=40), max_size=6)
)
def test_hashes_where_words_stand_are_those_of_the_words(texts):
    hashes, begins = text_hashes(texts)
    assert len(begins) == len(texts) + 1
    for text, start, end in zip(texts, begins, begins[1:], strict=False):
        assert np.array_equal(hashes[start:end], word_hashes(tokens(text)))
        assert end - start == len(tokens(text))


def test_a_text_over_many_spans_has_the_hashes_of_its_words():
    words = [f"w{n}" for n in range(40_000)] + ["x" * 200_000, "end"]
    hashes, begins = text_hashes(["a b", " ".join(words)])
    assert begins.tolist() == [0, 2, 40_004]
    assert np.array_equal(hashes[2:], word_hashes(words))
    assert hashes[-1] == word_hashes(["end"])[0]
    assert len(np.unique(hashes)) == 40_004


def test_no_two_short_words_share_a_hash():
    words = ["".join(letters) for letters in itertools.product("abcdefgh", repeat=5)]
    assert len(np.unique(word_hashes(words))) == len(words)
    pairs = ngram_hashes(
        word_hashes([w for pair in itertools.permutations(words[:200], 2) for w in pair]), 2
    )
    assert len(np.unique(pairs[::2])) == 200 * 199


@given(
    st.text(
        st.sampled_from("ab Z_1\0\u00e9\u0130\u03a3\u2019\u00ab\u00b2\u0301\u4e2d\ud800\n."),
        max_size=40,
    )
)
def test_tokens_are_runs_of_letters_whatever_way_they_are_found(text):
    for sign in "\u2019\u00ab":
        text = text.replace(sign, " ")
    found = re.findall(r"[\u4e00-\u9fff]|[^\W\u4e00-\u9fff]+", text.lower())
    assert tokens(text) == [*known_tokens(text)] == found


def test_tokens_of_scripts_without_spaces_are_signs():
    assert tokens("Rain in 東京都.") == ["rain", "in", "東", "京", "都"]
    assert list(ngrams(["a", "b", "c"], 2)) == ["a b", "b c"]
    assert list(ngrams(["a"], 2)) == []


@given(st.text(alphabet=st.sampled_from("aB9_’“…– é東ß\u00a0.-\n\u0130"), max_size=30))
def test_tokens_by_the_short_way_are_those_of_the_pattern(text):
    assert tokens(text) == _WORD_OR_SIGN.findall(text.lower())


def brute(text: str, n: int) -> set[tuple[str, ...]]:
    words = tokens(text)
    n = min(n, len(words))
    return {tuple(words[i : i + n]) for i in range(len(words) - n + 1)} if n else set()


@given(st.lists(st.sampled_from("abc"), max_size=30), st.lists(st.sampled_from("abc"), max_size=30))
def test_jaccard_is_that_of_the_shingle_sets(a, b):
    a, b = " ".join(a), " ".join(b)
    union = brute(a, 5) | brute(b, 5)
    expected = len(brute(a, 5) & brute(b, 5)) / len(union) if union else 0.0
    assert jaccard(shingles(a), shingles(b)) == pytest.approx(expected)


def test_digests_do_not_depend_on_the_hash_seed(signer):
    code = (
        "from miner.signatures import MinHash;"
        f"m = MinHash({signer.scheme!r});"
        "print(m.keys(m.sign(['one two three four five six', 'sieben acht', ''])).tolist())"
    )

    def run(seed):
        return subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed, "PATH": ""},
            capture_output=True,
            check=True,
            text=True,
        ).stdout

    assert run("1") == run("2")


def test_signatures_do_not_depend_on_the_batch(signer):
    texts = [text_of(i, 10 + 7 * i) for i in range(20)]
    whole = signer.sign(texts)
    assert whole.shape == (20, 112)
    assert whole.dtype == np.uint64
    assert np.array_equal(whole, np.concatenate([signer.sign([t]) for t in texts]))
    assert signer.sign([]).shape == (0, 112)


def test_share_of_equal_minima_estimates_jaccard(signer):
    signer = MinHash(signer.scheme, bands=64, rows=8)
    a = text_of(1)
    b = with_changes(a, 0.03, 2)
    first, second = signer.sign([a, b])
    truth = jaccard(shingles(a), shingles(b))
    assert np.mean(first == second) == pytest.approx(truth, abs=0.1)


def test_identity_tells_schemes_and_shapes_apart():
    assert MinHash("numpy").identity != MinHash("numpy", bands=20).identity
    assert MinHash("numpy").identity["scheme"].startswith("numpy")
    assert MinHash().resolved in SCHEMES


def planted(count: int) -> tuple[list[str], list[int]]:
    originals = [text_of(i) for i in range(count)]
    copies = [with_changes(t, 0.01, i) for i, t in enumerate(originals)]
    return originals + copies, [i % count for i in range(2 * count)]


def test_planted_near_duplicates_are_found_and_nothing_else(signer):
    texts, truth = planted(150)
    labels = near_duplicates(texts, 0.8, signer)
    high = [
        i for i in range(150, 300) if jaccard(shingles(texts[i]), shingles(texts[i - 150])) >= 0.9
    ]
    found = sum(labels[i] == i - 150 for i in high)
    assert len(high) > 50
    assert found / len(high) >= 0.95
    assert all(truth[label] == truth[row] for row, label in enumerate(labels))


def test_clusters_do_not_depend_on_the_order_of_rows(signer):
    texts, _ = planted(60)
    texts += ["", " ", "!", "one", "one"]
    labels = near_duplicates(texts, 0.8, signer)
    order = list(range(len(texts)))
    random.Random(3).shuffle(order)
    shuffled = near_duplicates([texts[i] for i in order], 0.8, signer)
    groups = {frozenset(np.flatnonzero(labels == v).tolist()) for v in set(labels.tolist())}
    again = {
        frozenset(order[i] for i in np.flatnonzero(shuffled == v)) for v in set(shuffled.tolist())
    }
    assert groups == again


def test_labels_agree_with_all_verified_pairs(signer):
    texts, _ = planted(40)
    keys = signer.keys(signer.sign(texts))
    sets = [shingles(t) for t in texts]
    pairs = list(similar_pairs(keys, sets.__getitem__, 0.7))
    assert all(i < j and s >= 0.7 for i, j, s in pairs)
    labels = near_duplicate_labels(keys, sets.__getitem__, 0.7)
    assert np.array_equal(labels, clusters(len(texts), [(i, j) for i, j, _ in pairs]))


@given(st.lists(st.tuples(st.integers(0, 19), st.integers(0, 19))), st.randoms())
def test_union_find_is_order_independent(pairs, draw):
    shuffled = list(pairs)
    draw.shuffle(shuffled)
    labels = clusters(20, pairs)
    assert np.array_equal(labels, clusters(20, shuffled))
    assert all(labels[a] == labels[b] for a, b in pairs)
    assert all(labels[row] <= row for row in range(20))


def test_a_large_template_costs_its_size_and_not_its_square():
    keys = np.zeros((5000, 1), np.uint64)
    assert sum(1 for _ in candidates(keys, most=3)) == 3 * 5000 - 6


def test_seen_texts_finds_the_nearest(signer):
    seen = SeenTexts(0.7, signer)
    a = text_of(1)
    seen.add("a", a)
    seen.add("b", with_changes(a, 0.02, 1))
    seen.add("empty", "")
    assert seen.find(a) == ("a", 1.0)
    assert seen.find(text_of(2)) is None
    assert seen.find("") is None


# ------------------------------------------------------------------------------ personal data


def kinds(text: str) -> list[tuple[str, str]]:
    return [(kind, text[start:end]) for kind, start, end in find_personal_data(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("write to ann.lee+x@mail.river.org.", [("email", "ann.lee+x@mail.river.org")]),
        ("server 8.8.8.8, again", [("ip_address", "8.8.8.8")]),
        ("at 2001:4860:4860::8888 now", [("ipv6_address", "2001:4860:4860::8888")]),
        ("card 4111 1111 1111 1111.", [("card_number", "4111 1111 1111 1111")]),
        ("IBAN GB82 WEST 1234 5698 7654 32", [("iban", "GB82 WEST 1234 5698 7654 32")]),
        ("SSN 123-45-6789!", [("social_security_number", "123-45-6789")]),
        ("call (415) 555-2671 now", [("phone_number", "(415) 555-2671")]),
        ("ring +44 20 7946 0958", [("phone_number", "+44 20 7946 0958")]),
        ("Tel: 030 901820", [("phone_number", "030 901820")]),
    ],
)
def test_personal_data_is_found(text, expected):
    assert kinds(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "private 192.168.0.1 and 10.0.0.1, loopback 127.0.0.1, ::1",
        "section 3.2.1.999, version 1.2.3.4.5",
        "at 10:20:30 on 1999-2003",
        "card 4111 1111 1111 1112",
        "1,234,567 people; ISBN 978-3-16-148410-0; from 100 to 200 300 400",
        "std::vector and @mention and a@b",
        "SSN 000-45-6789 or 987-65-4321",
        "GB82 WEST 1234 5698 7654 33",
    ],
)
def test_look_alikes_are_left_alone(text):
    assert kinds(text) == []


def test_secrets_are_found():
    samples = {
        "aws_key": "AKIA" + "A1B2" * 4,
        "github_token": "ghp_" + "a1B2" * 9,
        "google_key": "AIza" + "aB1-_" * 7,
        "slack_token": "xoxb-" + "1234567890-abc",
        "stripe_key": "sk_live_" + "a1" * 12,
        "openai_key": "sk-proj-" + "aB1_" * 12,
        "huggingface_token": "hf_" + "aBcD" * 8,
        "json_web_token": "eyJ" + "a" * 12 + ".eyJ" + "b" * 12 + "." + "c" * 20,
        "private_key": "-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----",
    }
    for kind, secret in samples.items():
        text = f"key = '{secret}' # keep"
        assert [(k, text[s:e]) for k, s, e in find_secrets(text)] == [(kind, secret)]


def test_ordinary_words_are_no_secrets():
    assert (
        find_secrets("a task-oriented risk-based sk-learn AKIA hf_hub ghp_ BEGIN PUBLIC KEY") == []
    )


def test_luhn():
    assert luhn("79927398713")
    assert not luhn("79927398710")


@given(st.text(alphabet="a1.@:-+ ()GB", max_size=60))
def test_found_spans_are_sorted_and_apart(text):
    found = [*find_personal_data(text), ("", len(text), len(text))]
    assert all(0 <= s <= e for _, s, e in found)
    assert all(a[2] <= b[1] for a, b in itertools.pairwise(found))


@pytest.mark.parametrize(
    "unit",
    [
        "a",
        "1",
        "1.",
        "a@",
        "a.",
        "1:",
        ":",
        "1-",
        "+1 ",
        "(1",
        "A1",
        "GB82 ",
        "eyJa.",
        "-----BEGIN PRIVATE KEY-----",
        "sk-a",
        "@",
        "%",
    ],
)
def test_time_is_linear_in_the_text(unit):
    text = unit * (200_000 // len(unit))
    start = time.process_time()
    find_personal_data(text)
    find_secrets(text)
    assert time.process_time() - start < 5


KINDS_BY_SHAPE = sorted(BEFORE)


@pytest.mark.parametrize("kind", KINDS_BY_SHAPE)
def test_no_datum_lacks_the_shape_that_is_looked_for_first(kind):
    pattern, valid = PERSONAL_DATA[kind][1:]

    @given(st.text(st.sampled_from("a .:+("), max_size=3), st.from_regex(pattern))
    def every(before, text):
        text = f"{before}{text}"
        found = [m.span() for m in pattern.finditer(text) if valid(m.group())]
        assert not found or any(
            a < d and c < b for _, a, b in find_personal_data(text) for c, d in found
        )

    every()
