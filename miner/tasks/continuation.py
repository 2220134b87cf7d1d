"""Continues a text as its writer did, from where it is cut; needs a corpus that was edited.

Both halves are the document's own words, and no rule here reads them; so no shipped recipe names
this task (docs/verdicts-rules.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from miner.tasks.finding import annotate, dice
from miner.tasks.prose import broken_line, flaw, slip, speaks_to_reader
from miner.tasks.retrieval import content_words
from miner.tasks.structure import is_reference_page, language_of, outline
from miner.text import paragraphs, sentences, words
from miner.types import Rejected, Task, Writing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TypeAlias

    from miner.types import Annotation, Case, Document, Mining

    Cut: TypeAlias = tuple[int, int, int, int]
    """Where what is shown begins and ends, and where the answer does."""

GO_ON = (
    "Continue the text.",
    "Here is the beginning of a text. Write what comes next.",
    "Read how this text begins and go on with it.",
    "How might this text go on? Write the next part.",
    "The text breaks off here. Go on in the same manner.",
)
NEXT_PARAGRAPH = (
    "Write the next paragraph of the text.",
    "Which paragraph could come next? Write it.",
    "Add one more paragraph to the text, in the same manner.",
)
FINISH = (
    "The paragraph breaks off. Write the rest of it.",
    "Finish this paragraph.",
    "Here is the first half of a paragraph. Write the other half.",
    "Complete the paragraph in the same manner.",
)

SHARED_WORDS = 2
"""Telling words that what follows has in common with what was said."""


@dataclass(frozen=True)
class Continuation:
    """Needs a lead or a section of whole prose; what is shown and what answers stand in one.

    The cut is behind a paragraph, or, where there is one alone, behind the sentence that ends
    nearest to its middle. No rule of it knows English, but the instructions are English.
    """

    needs_model: ClassVar[bool] = False
    per_document: int = 1
    min_given: int = 40
    """Words that are shown at least."""
    max_given: int = 250
    min_words: int = 40
    """Words of the answer."""
    max_words: int = 250

    def __post_init__(self) -> None:
        if self.min_given > self.max_given or self.min_words > self.max_words:
            raise ValueError("'min_given' is at most 'max_given', 'min_words' at most 'max_words'")

    def mine(self, case: Case) -> Mining:
        """Up to `per_document` beginnings with what follows them, by chance."""
        yield from ()
        document = case.document
        if is_reference_page(document):
            return [Rejected("reference_page")]
        found = [cut for part in _parts(document) for cut in self._cuts(document, *part)]
        if not found:
            return [Rejected("no_cut")]
        rng = dice(case, "continuation")
        chosen = rng.sample(found, min(self.per_document, len(found)))
        return [self._annotation(case, cut) for cut in sorted(chosen)]

    def _annotation(self, case: Case, cut: Cut) -> Annotation:
        given, stop, start, end = cut
        output = case.document.span(start, end)
        inside = "\n" not in case.document.text[stop:start]
        many = len(paragraphs(output.text))
        bank = FINISH if inside else GO_ON + (NEXT_PARAGRAPH if many == 1 else ())
        instruction = dice(case, "continue", start).choice(bank)
        return annotate(
            case, "continuation", Writing(instruction, output, "template"),
            key=str(start), meta={"input": case.document.text[given:stop]},
        )  # fmt: skip

    def _cuts(self, document: Document, start: int, end: int) -> Iterator[Cut]:
        """All that a part offers."""
        text = document.text[start:end]
        if not text or flaw(text) or broken_line(text) or speaks_to_reader(text):
            return
        if language_of(document) == "en" and slip(text):
            return
        units = [(start + a, start + b) for a, b in paragraphs(text)]
        one = len(units) == 1
        if one:
            units = [(start + a, start + b) for a, b in sentences(text, document.language)]
            middle = (start + end) // 2
            places = sorted(range(1, len(units)), key=lambda i: abs(units[i][0] - middle))[:1]
        else:
            places = [] if _enumerates(document, units) else list(range(1, len(units)))
        sizes = [len(words(document.text[a:b])) for a, b in units]
        for place in places:
            first, last = place - 1, place
            while first and sum(sizes[first - 1 : place]) <= self.max_given:
                first -= 1
            while last + 1 < len(units) and sum(sizes[place : last + 2]) <= self.max_words:
                last += 1
            # A part that breaks off early begins at its beginning, so that "he" has a name.
            if (
                first == 0
                and self.min_given <= sum(sizes[first:place]) <= self.max_given
                and self.min_words <= sum(sizes[place : last + 1]) <= self.max_words
                and (one or _coherent(document.text, units[first : last + 1], place))
            ):
                yield units[first][0], units[place - 1][1], units[place][0], units[last][1]


def _enumerates(document: Document, units: list[tuple[int, int]]) -> bool:
    """Whether paragraphs are entries, not steps of a text: single sentences, or all begun alike."""
    texts = [document.text[a:b] for a, b in units]
    single = sum(len(sentences(text, document.language)) < 2 for text in texts)
    first = [words(text)[0] for text in texts]
    return single * 2 > len(units) or max(map(first.count, first)) > max(2, len(first) // 3)


def _coherent(text: str, units: list[tuple[int, int]], place: int) -> bool:
    """Whether each unit of the answer goes on about something: a page of teasers does not."""
    said: set[str] = set()
    for number, (start, end) in enumerate(units):
        ours = set(content_words(text[start:end]))
        if number >= place and len(ours & said) < SHARED_WORDS:
            return False
        said |= ours
    return True


def _parts(document: Document) -> list[tuple[int, int]]:
    """The lead and the sections, which a heading parts: nobody could tell what comes behind one."""
    parts = outline(document)
    return [parts.lead, *((section.start, section.end) for section in parts.sections)]


PART: type[Task] = Continuation
