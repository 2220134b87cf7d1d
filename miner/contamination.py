"""Questions of benchmarks, and whether a text holds one of them: what must not be trained on.

A question is found by a run of 13 of its words (GPT-3's rule), or by a run of 10 together with more
than half of all its words in common with the text in runs that long (Cosmopedia's rule). A question
of 8 or 9 words has no such run and is found whole. One of 3 to 7 is found where it stands as a
sentence of its own, signs and all; still shorter ones only where the text is nothing else.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from miner.errors import SourceError
from miner.shingles import known_tokens, odd, tokens

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LONG, RUN, BOUND, SHORT = 13, 10, 8, 3
"""Words of a run that suffices, and of one that makes a suspect; questions below BOUND must be
sentences of their own, those below SHORT are not looked for inside a text."""

SPARSE = 5
"""Bits by which a table is larger than what it holds: one look in 16 is in vain."""

OVERLAP = 0.5
"""Share of a suspect's words that must stand in the text in runs."""

GENERIC = 8
"""A run that this many questions share is the benchmark's own phrase, such as its fixed opening."""

FIELDS = ("question", "instruction", "prompt", "text", "input")
"""Where a row keeps its question; the first that is there."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A question that a text holds. `overlap` is the share of its words in common runs."""

    benchmark: str
    question: str
    overlap: float
    words: int
    """Of the longest run that led to it."""


class _Sieve:
    """Many hashes, asked for at once: the answer may be in vain, but never passes one over.

    Two places of a table stand for each (Bloom 1970), told by its upper and its lower bits.
    """

    def __init__(self, hashes: NDArray[np.uint64]) -> None:
        import numpy as np

        bits = min(max(len(hashes).bit_length() + SPARSE, 12), 28)
        self._shift, self._mask = np.uint64(64 - bits), np.uint64((1 << bits) - 1)
        self._table = np.zeros(1 << bits, np.bool_)
        for places in (hashes >> self._shift, hashes & self._mask):
            self._table[places.view(np.int64)] = True

    def where(self, hashes: NDArray[np.uint64]) -> NDArray[np.intp]:
        """Places of those that may be among them."""
        import numpy as np

        (at,) = self._table[(hashes >> self._shift).view(np.int64)].nonzero()
        if len(at):
            at = at[self._table[(hashes[at] & self._mask).view(np.int64)]]
        return at


def _hashed(words: Sequence[str]) -> NDArray[np.uint64]:
    """A hash of each word, of this process alone, shape (words,)."""
    import numpy as np

    return np.fromiter(map(hash, words), np.int64, len(words)).view(np.uint64)


class Benchmarks:
    """Many questions, found in a text by hashes of their runs of words."""

    def __init__(self, questions: Iterable[tuple[str, str]]) -> None:
        """Take questions in.

        Args:
            questions: Name of the benchmark, and the question. Some 12 bytes a word are
                kept, and a table of 32 to 64 bytes for each, but no more than 256 MB.
        """
        import numpy as np

        unique = dict.fromkeys((n, q) for n, q in questions if q.strip())
        self.questions: list[tuple[str, str]] = list(unique)
        hashes = [_hashed(tokens(question)) for _, question in self.questions]
        words = np.concatenate([np.empty(0, np.uint64), *hashes])
        lengths = np.array([*map(len, hashes)], np.intp)
        numbers = np.repeat(np.arange(len(lengths)), lengths)
        places = np.arange(len(words)) - np.r_[0, np.cumsum(lengths)][numbers]
        self._odd = np.array([odd(n) for n in range(lengths.max(initial=RUN))], np.uint64)
        self._whole: dict[tuple[int, int], int] = {}
        for number, part in enumerate(hashes):
            self._whole.setdefault(self._sum(part), number)
        self._openings = {(len(part), int(part[0])) for part in hashes if len(part)}
        # The runs of all questions, sorted, whose they are, and what may be at the head of one.
        left = lengths[numbers] - places
        runs, owners = [np.empty(0, np.uint64)], [np.empty(0, np.int32)]
        sums = np.zeros(len(words), np.uint64)
        heads = np.empty(0, np.uint64)
        for place in range(min(RUN, len(words))):
            sums[: len(words) - place] += words[place:] * self._odd[place]
            if place + 1 == BOUND:
                heads = sums[(left >= RUN) | (places == 0) & (left >= BOUND)]
            if place + 1 >= SHORT:
                at = left >= RUN if place + 1 == RUN else (places == 0) & (left == place + 1)
                runs.append(sums[at])
                owners.append(numbers[at].astype(np.int32))
        self._heads = _Sieve(heads)
        self._short = _Sieve(np.concatenate(runs[: BOUND - SHORT + 1]))
        flat = np.concatenate(runs)
        order = np.argsort(flat, kind="stable")
        self._runs, self._owners = flat[order], np.concatenate(owners)[order]

    def __len__(self) -> int:
        return len(self.questions)

    def __reduce__(self) -> tuple[type[Benchmarks], tuple[list[tuple[str, str]]]]:
        # Hashes of words are of one process alone: another makes its own.
        return Benchmarks, (self.questions,)

    @classmethod
    def read(cls, paths: Sequence[Path], skip: Sequence[str] = ()) -> Benchmarks:
        """Questions of JSON lines (.jsonl, .jsonl.gz, with a field `benchmark` if there is one).

        Args:
            paths: Files, or folders of runs.
            skip: Beginnings of the names of benchmarks to leave out.

        Raises:
            SourceError: A file is missing, or a row has none of the fields that hold a question.
        """
        pairs = (pair for path in paths for pair in read_questions(path))
        return cls(pair for pair in pairs if not pair[0].startswith(tuple(skip)))

    def find(self, *parts: str) -> Hit | None:
        """The question that a text holds, or None.

        Looks at the whole of each part first, then at the runs of words of all.

        Args:
            parts: The text, or its parts in order: they are searched as if lines parted them.
        """
        import numpy as np

        hashes = [_hashed(known_tokens(part)) for part in parts]
        together = np.concatenate(hashes)
        for words in (*hashes, together) if len(parts) > 1 else hashes:
            if hit := self._equal(words):
                return hit
        suspects = self._suspects(together)
        if not suspects:
            return None
        text = "\n".join(parts)
        given, plain = tokens(text), _plain(text)
        hits = [hit for number in suspects if (hit := self._judge(number, given, plain))]
        return max(hits, key=lambda hit: (hit.overlap, hit.words), default=None)

    def _equal(self, words: NDArray[np.uint64]) -> Hit | None:
        """The question that has these words and no others."""
        if not len(words) or (len(words), int(words[0])) not in self._openings:
            return None
        number = self._whole.get(self._sum(words))
        return None if number is None else Hit(*self.questions[number], 1.0, len(words))

    def _sum(self, words: NDArray[np.uint64]) -> tuple[int, int]:
        """How many words a text has, and one hash of all."""
        return len(words), int((words * self._odd[: len(words)]).sum())

    def _suspects(self, words: NDArray[np.uint64]) -> list[int]:
        """Questions that share a run with a text, but for runs that many share."""
        import numpy as np

        # A row for each place, of the words from there on. What stands behind the last word counts
        # as nothing, so that a shorter run at the end is found again.
        padded = np.zeros(len(words) + RUN, np.uint64)
        padded[: len(words)] = words
        step = padded.itemsize
        rows = np.ndarray((len(words), RUN), np.uint64, padded, strides=(step, step))
        sums = (rows[:, :BOUND] * self._odd[:BOUND]).cumsum(axis=1)
        short = self._short.where(sums[:, SHORT - 1 : BOUND - 1].ravel()) // (BOUND - SHORT)
        at = np.concatenate([short, self._heads.where(sums[:, BOUND - 1])])
        if not len(at):
            return []
        runs = (rows[at] * self._odd[:RUN]).cumsum(axis=1)[:, SHORT - 1 :].ravel()
        lows = self._runs.searchsorted(runs)
        there = self._runs.take(lows, mode="clip") == runs
        found: set[int] = set()
        for low, run in zip(lows[there].tolist(), runs[there], strict=True):
            high = int(self._runs.searchsorted(run, "right"))
            sharing = set(self._owners[low:high].tolist())
            if len(sharing) < GENERIC:
                found |= sharing
        return sorted(found)

    def _judge(self, number: int, words: Sequence[str], plain: str) -> Hit | None:
        benchmark, question = self.questions[number]
        asked = tokens(question)
        if len(asked) < BOUND:
            alone = _is_sentence(_plain(question), plain)
            return Hit(benchmark, question, 1.0, len(asked)) if alone else None
        runs = common_runs(asked, words, min(RUN, len(asked)))
        longest = max(runs, default=0)
        overlap = min(sum(runs) / len(asked), 1.0)
        if longest >= LONG or (longest and overlap > OVERLAP):
            return Hit(benchmark, question, overlap, longest)
        return None


def _plain(text: str) -> str:
    """Lower case, lines kept apart, other white space as single spaces."""
    return "\n".join(" ".join(line.split()) for line in text.lower().splitlines())


def _is_sentence(question: str, text: str) -> bool:
    """Whether a question stands in a text between the ends of sentences or lines."""
    question = question.replace("\n", " ")
    at = text.find(question)
    while at >= 0:
        end = at + len(question)
        before = text[max(at - 12, 0) : at].rstrip(" \"'“”*(-")
        after = text[end : end + 4].lstrip(" ")
        starts = not before or before[-1] in ".!?:;。\n" or text[at - 1] == "\n"
        ends = not after or after[0] in ".!?\n\"'”。" or not question[-1].isalnum()
        if starts and ends:
            return True
        at = text.find(question, at + 1)
    return False


def common_runs(asked: Sequence[str], words: Sequence[str], least: int) -> list[int]:
    """Lengths of the runs of `asked` that stand in `words`, from left to right, without overlap."""
    places: dict[tuple[str, ...], list[int]] = {}
    for at in range(len(words) - least + 1):
        places.setdefault(tuple(words[at : at + least]), []).append(at)
    runs, at = [], 0
    while at + least <= len(asked):
        starts = places.get(tuple(asked[at : at + least]), ())
        length = max((_length(asked, at, words, start) for start in starts), default=0)
        if length:
            runs.append(length)
        at += length or 1
    return runs


def _length(asked: Sequence[str], at: int, words: Sequence[str], start: int) -> int:
    length = 0
    while (
        at + length < len(asked)
        and start + length < len(words)
        and asked[at + length] == words[start + length]
    ):
        length += 1
    return length


def read_questions(path: Path) -> Iterator[tuple[str, str]]:
    """Benchmark and question of each row of a file of JSON lines, or of a run's examples.

    Raises:
        SourceError: The file is missing, damaged, or a row holds no question.
    """
    if path.is_dir():
        yield from _run_questions(path)
        return
    try:
        with (
            gzip.open(path, "rt", encoding="utf-8")
            if path.suffix == ".gz"
            else path.open(encoding="utf-8") as lines
        ):
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield _question(json.loads(line), path, number)
    except (OSError, EOFError, ValueError) as error:
        raise SourceError(f"{path}: cannot read questions: {error}") from error


def _question(row: Mapping[str, Any], path: Path, number: int) -> tuple[str, str]:
    for field in FIELDS:
        if isinstance(row.get(field), str):
            return str(row.get("benchmark") or path.name.partition(".")[0]), row[field]
    raise SourceError(f"{path}:{number}: no question; a row has one of {', '.join(FIELDS)}")


def _run_questions(path: Path) -> Iterator[tuple[str, str]]:
    """Instructions of another run, each with its input."""
    import pyarrow.parquet as pq

    parts = sorted((path / "examples").glob("part-*.parquet"))
    if not parts:
        raise SourceError(f"{path}: holds no examples: no run, or an empty one")
    for part in parts:
        for row in pq.read_table(part, columns=["instruction", "input"]).to_pylist():
            yield path.name, f"{row['instruction']}\n{row['input']}".strip()
