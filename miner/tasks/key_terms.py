"""A model names the phrases that a text is about; the rules' key phrases are its candidates."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from miner.tasks.asking import TEXT, Asking, language_name, object_schema
from miner.tasks.candidates import NONE, Candidates, Item, agreement, hinted
from miner.tasks.keyphrases import rank
from miner.tasks.reading import Ask, Found, Shown, Unfit, one_round, single
from miner.tasks.structure import language_of
from miner.types import Phrases, Rejected, Span, Task

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from miner.types import Case, Mining

_SCHEMA = object_schema(phrases={"type": "array", "items": TEXT})


@dataclass(frozen=True)
class KeyTerms:
    """Each phrase must stand in the passage; too few, or long ones, and all are refused."""

    needs_model: ClassVar[bool] = True
    templated: ClassVar[bool] = True
    min_phrases: int = 3
    max_phrases: int = 6
    passages: int = 1
    max_words: int = 350
    asking: Asking = field(default_factory=Asking)

    def __post_init__(self) -> None:
        if not 1 <= self.min_phrases <= self.max_phrases:
            raise ValueError("'min_phrases' is at least 1 and at most 'max_phrases'")

    def mine(self, case: Case) -> Mining:
        """One list of phrases a passage."""
        shown = single(case, self.passages, self.max_words, min_words=60)
        return one_round(case, "key_terms", [self._ask(piece) for piece in shown])

    def _ask(self, shown: Shown) -> Ask:
        hints = self._hints(shown) if self.asking.candidates else NONE
        request = self.asking.request(
            shown.case, "key_terms", shown.block, _SCHEMA,
            least=str(self.min_phrases), most=str(self.max_phrases),
            language=language_name(shown.case),
        )  # fmt: skip
        return Ask(shown, hinted(request, hints), partial(self._read, shown, hints))

    def _hints(self, shown: Shown) -> Candidates:
        document, text = shown.case.document, shown.text.text
        if language_of(document) != "en":
            return NONE
        found = [text[start:end] for start, end in rank(text, document.title)]
        return Candidates("keyphrases", _compared(found[: self.max_phrases]))

    def _read(
        self, shown: Shown, hints: Candidates, data: Mapping[str, Sequence[str]]
    ) -> list[Found | Rejected]:
        spans: dict[str, Span] = {}
        for phrase in data["phrases"][: self.max_phrases]:
            span = shown.quote(phrase)
            if len(span.text.split()) > LONGEST:
                raise Unfit("long_phrase", span.text)
            spans.setdefault(span.text.casefold(), span)
        if len(spans) < self.min_phrases:
            raise Unfit("few_terms", ", ".join(spans))
        found = tuple(spans.values())
        meta = agreement(hints, _compared([span.text for span in found]))
        return [Found(Phrases(shown.text, found), meta)]


LONGEST = 6
"""Words of a phrase at most."""


def _compared(phrases: Sequence[str]) -> tuple[Item, ...]:
    """Phrases are the same wherever they stand."""
    return tuple(("", phrase, 0, 0) for phrase in phrases)


PART: type[Task] = KeyTerms
