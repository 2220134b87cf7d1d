"""Questions in texts: what the fast search finds is what a look at every question finds."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st

from miner.contamination import GENERIC, RUN, SHORT, Benchmarks, Hit, common_runs
from miner.shingles import tokens

WORDS = st.lists(st.sampled_from(["ab", "cd", "ef", "gh.", "ij", "kl,", "mn"]), max_size=24).map(
    " ".join
)


def every(benchmarks, text):
    """The best hit among all questions, none of them left out for want of a common run."""
    found = []
    for number, (name, question) in enumerate(benchmarks.questions):
        asked, given = tokens(question), tokens(text)
        if asked == given and asked:
            return Hit(name, question, 1.0, len(asked))
        if len(asked) >= SHORT and common_runs(asked, given, min(RUN, len(asked))):
            found.append(benchmarks._judge(number, given, text.lower()))
    return max(filter(None, found), key=lambda hit: (hit.overlap, hit.words), default=None)


@given(st.lists(WORDS, max_size=GENERIC - 1), st.lists(WORDS, min_size=1, max_size=3))
def test_the_search_finds_what_a_look_at_every_question_finds(questions, parts):
    benchmarks = Benchmarks((f"b{n}", question) for n, question in enumerate(questions))
    text = " ".join(parts)
    assert benchmarks.find(text) == every(benchmarks, text)


@given(st.lists(WORDS, max_size=4), WORDS, WORDS)
def test_a_question_over_two_parts_is_found_and_one_that_is_a_part_too(questions, first, second):
    benchmarks = Benchmarks(("b", question) for question in questions)
    hit = benchmarks.find(first, second)
    whole = [q for q in questions if tokens(q) in (tokens(first), tokens(second)) and tokens(q)]
    if whole:
        assert hit
        assert hit.overlap == 1.0
    else:
        assert (hit is None) == (benchmarks.find(f"{first}\n{second}") is None)


def test_what_many_questions_share_is_no_question_of_theirs():
    opening = "which of the following statements about the cell and its parts is"
    benchmarks = Benchmarks((f"b{n}", f"{opening} w{n}") for n in range(GENERIC))
    assert benchmarks.find(f"He asked {opening} right, and left.") is None
    assert benchmarks.find(f"{opening} w3") is not None


def test_no_questions_and_no_words():
    assert Benchmarks(()).find("Some words stand here, more than ten of them in a row.") is None
    assert Benchmarks([("b", "???"), ("b", "What is a river called?")]).find("") is None


def test_another_process_finds_the_same():
    """Words are hashed anew there: the seed of Python's own hashes is another."""
    known = Benchmarks([("quiz", "Which river flows through the middle of the old town of Bern?")])
    code = (
        "import pickle, sys; known = pickle.load(sys.stdin.buffer);"
        "print(known.find('Which river flows through the middle of the old town of Bern?'))"
    )
    environment = os.environ | {"PYTHONHASHSEED": "1"}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, input=pickle.dumps(known), env=environment, capture_output=True)
    assert b"quiz" in done.stdout, done.stderr
