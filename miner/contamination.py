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
from miner.shingles import exact_hash, ngram_hashes, ngram_hashes_at, tokens, word_hashes

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LONG, RUN, BOUND, SHORT = 13, 10, 8, 3
"""Words of a run that suffices, and of one that makes a suspect; questions below BOUND must be
sentences of their own, those below SHORT are not looked for inside a text."""

HEAD = 5
"""Words by whose hash a text is searched first: no longer run stands where its head does not."""

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


class Benchmarks:
    """Many questions, found in a text by hashes of their runs of words."""

    def __init__(self, questions: Iterable[tuple[str, str]]) -> None:
        """Take questions in.

        Args:
            questions: Name of the benchmark, and the question. Some 12 bytes a word are kept.
        """
        unique = dict.fromkeys((n, q) for n, q in questions if q.strip())
        self.questions: list[tuple[str, str]] = list(unique)
        self._whole: dict[bytes, int] = {}
        runs: dict[int, list[NDArray[np.uint64]]] = {}
        owners: dict[int, list[int]] = {}
        heads: list[NDArray[np.uint64]] = []
        for number, (_, question) in enumerate(self.questions):
            words = tokens(question)
            self._whole.setdefault(exact_hash(" ".join(words)), number)
            if len(words) >= SHORT:
                width = min(len(words), RUN)
                hashed = word_hashes(words)
                hashes = ngram_hashes(hashed, width)
                runs.setdefault(width, []).append(hashes)
                if width > HEAD:
                    first = ngram_hashes(hashed, HEAD)[: len(hashes)]
                    heads.append(first)
                owners.setdefault(width, []).extend([number] * len(hashes))
        self._runs = {w: _sorted(runs[w], owners[w]) for w in sorted(runs)}
        self._heads = _heads(heads)

    def __len__(self) -> int:
        return len(self.questions)

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

    def find(self, text: str) -> Hit | None:
        """The question that a text holds, or None.

        Looks at the whole text first, then at its runs of words.
        """
        if whole := self.whole(text):
            return whole
        words, plain = tokens(text), _plain(text)
        hashed = word_hashes(words)
        best: Hit | None = None
        for number in self._suspects(hashed):
            hit = self._judge(number, words, plain)
            if hit and (best is None or (hit.overlap, hit.words) > (best.overlap, best.words)):
                best = hit
        return best

    def whole(self, text: str) -> Hit | None:
        """The question that a text is, and nothing else, or None."""
        words = tokens(text)
        number = self._whole.get(exact_hash(" ".join(words))) if words else None
        return None if number is None else Hit(*self.questions[number], 1.0, len(words))

    def _suspects(self, words: NDArray[np.uint64]) -> list[int]:
        """Questions that share a run with a text."""
        import numpy as np

        found: set[int] = set()
        begun = np.empty(0, np.intp)  # where a run can begin, of those longer than a head
        if len(words) >= HEAD and len(self._heads):
            begun = np.flatnonzero(_among(ngram_hashes(words, HEAD), self._heads))
        for width, (hashes, owners) in self._runs.items():
            if len(words) < width:
                continue
            if width > HEAD:
                mine = ngram_hashes_at(words, width, begun[begun <= len(words) - width])
            else:
                mine = ngram_hashes(words, width)
            for value in np.unique(mine[_among(mine, hashes)]):
                low, high = np.searchsorted(hashes, value), np.searchsorted(hashes, value, "right")
                sharing = set(owners[low:high].tolist())
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


def _among(values: NDArray[np.uint64], known: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Which values are among some that are sorted."""
    import numpy as np

    places = np.searchsorted(known, values)
    places[places == len(known)] = 0
    found: NDArray[np.bool_] = known[places] == values
    return found


def _heads(runs: list[NDArray[np.uint64]]) -> NDArray[np.uint64]:
    import numpy as np

    return np.unique(np.concatenate(runs)) if runs else np.empty(0, np.uint64)


def _sorted(
    runs: list[NDArray[np.uint64]], owners: list[int]
) -> tuple[NDArray[np.uint64], NDArray[np.int32]]:
    import numpy as np

    hashes = np.concatenate(runs)
    order = np.argsort(hashes, kind="stable")
    return hashes[order], np.array(owners, np.int32)[order]


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
