"""A model says sentences in other words, and writes look-alikes that mean something else."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from miner.shingles import tokens
from miner.tasks.asking import TEXT, Asking, language_name, list_schema
from miner.tasks.finding import dice
from miner.tasks.prose import incomplete
from miner.tasks.reading import Found, Shown, Unfit, alike, one_round, single
from miner.text import sentences
from miner.types import Answers, Task

if TYPE_CHECKING:
    from collections.abc import Mapping

    from miner.tasks.asking import Items
    from miner.types import Case, Mining, Rejected, Span

Form = Literal["generation", "identification"]
_SCHEMA = list_schema(sentence=TEXT, same=TEXT, different=TEXT, changed=TEXT)
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
REWRITE = (
    "Say this sentence in other words.",
    "Paraphrase the sentence.",
    "Rewrite the sentence so that it means the same but reads differently.",
    "How else could one say this?",
    "Put this sentence differently without changing what it means.",
)
COMPARE = (
    "Does the sentence below mean the same as this one? {other}",
    "Do the sentence below and the following one say the same? {other}",
    "Here is a second sentence. Is it a paraphrase of the first? {other}",
    "Compare the sentence below with this one. Do they mean the same thing? {other}",
)
MIN_WORDS = 6
MOST_ALIKE = 0.8
"""Share of neighbouring words in common, of those of both, from which a paraphrase is a copy."""
LEAST_ALIKE = 0.5
"""Share of words in common below which a look-alike does not look alike."""


@dataclass(frozen=True)
class Paraphrases:
    """One reply serves two types of Bonito: a sentence said again, and pairs to tell apart.

    Of each sentence the pairs come together, one of them a yes and one a no (as in PAWS, Zhang et
    al. 2019), so that no answer is a good guess.
    """

    needs_model: ClassVar[bool] = True
    templated: ClassVar[bool] = True
    forms: tuple[Form, ...] = ("generation", "identification")
    passages: int = 2
    sentences: int = 2
    """Sentences of one passage."""
    max_words: int = 220
    asking: Asking = field(default_factory=lambda: Asking(temperature=0.3))

    def __post_init__(self) -> None:
        if not self.forms:
            raise ValueError("'forms' is empty")
        if self.passages < 1 or self.sentences < 1:
            raise ValueError("'passages' and 'sentences' are at least 1")

    def mine(self, case: Case) -> Mining:
        """All requests in one round."""
        slots = {"count": str(self.sentences), "language": language_name(case)}
        shown = single(case, self.passages, self.max_words)
        asks = alike(shown, self.asking, "paraphrases", _SCHEMA, slots, self._read)
        return one_round(case, "paraphrases", asks)

    def _read(self, shown: Shown, data: Items) -> list[Found | Rejected]:
        made: list[Found | Rejected] = []
        for item in data["items"][: self.sentences]:
            try:
                made += self._pair(shown, item)
            except Unfit as unfit:
                made.append(unfit.why)
        return made

    def _pair(self, shown: Shown, item: Mapping[str, Any]) -> list[Found]:
        sentence = shown.quote(item["sentence"])
        same, different = item["same"].strip(), item["different"].strip()
        _stands_alone(shown, sentence)
        _means_the_same(sentence.text, same)
        made = []
        if "generation" in self.forms:
            asked = dice(shown.case, "rewrite", sentence.start).choice(REWRITE)
            made.append(_found("generation", Answers(sentence, asked, (sentence,), same)))
        if "identification" in self.forms:
            _looks_alike(sentence.text, different, item["changed"].strip())
            wording = dice(shown.case, "compare", sentence.start).choice(COMPARE)
            for other, answer in ((same, "yes"), (different, "no")):
                made.append(_found("identification", _judged(sentence, wording, other, answer)))
        return made


def _found(form: Form, finding: Answers) -> Found:
    return Found(finding, {"form": form, "instruction": True})


def _judged(sentence: Span, wording: str, other: str, answer: str) -> Answers:
    return Answers(sentence, wording.replace("{other}", other), (sentence,), answer)


def _stands_alone(shown: Shown, sentence: Span) -> None:
    """One whole sentence that says what it speaks of."""
    at = (sentence.start - shown.text.start, sentence.end - shown.text.start)
    if at not in sentences(shown.text.text, shown.case.document.language):
        raise Unfit("no_whole_sentence", sentence.text)
    if len(tokens(sentence.text)) < MIN_WORDS:
        raise Unfit("short_sentence", sentence.text)
    if why := incomplete(sentence.text):
        raise Unfit("no_sentence_alone", f"{why}: {sentence.text}")


def _means_the_same(sentence: str, same: str) -> None:
    """What can be told by rule: the numbers are the same, the words are not."""
    if set(_NUMBER.findall(sentence)) != set(_NUMBER.findall(same)):
        raise Unfit("other_numbers", same)
    ours, theirs = tokens(same), tokens(sentence)
    if not ours or _common(_neighbours(ours), _neighbours(theirs)) > MOST_ALIKE:
        raise Unfit("copied", same)
    if not 0.5 <= len(ours) / len(theirs) <= 2:
        raise Unfit("length", same)


def _looks_alike(sentence: str, different: str, changed: str) -> None:
    ours, theirs = tokens(different), tokens(sentence)
    if ours == theirs or _common(set(ours), set(theirs)) < LEAST_ALIKE:
        raise Unfit("no_look_alike", different)
    if not changed or changed not in sentence or changed in different:
        raise Unfit("not_changed", changed)


def _neighbours(found: list[str]) -> set[tuple[str, str]]:
    """Pairs of neighbouring words: a sentence that is turned around has others."""
    return set(zip(["", *found], [*found, ""], strict=True))


def _common(one: set[Any], other: set[Any]) -> float:
    return len(one & other) / max(1, len(one | other))


PART: type[Task] = Paraphrases
