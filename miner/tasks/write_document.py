"""Asks for the document itself, in words made from its title and headings (LongForm's form)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from miner.tasks.finding import annotate, dice
from miner.tasks.prose import broken_line, flaw, incomplete, slip
from miner.tasks.structure import is_reference_page, language_of, outline
from miner.tasks.subject import Subject, subject_of
from miner.text import words
from miner.types import Rejected, Task, Writing

if TYPE_CHECKING:
    import random

    from miner.tasks.structure import Outline, Section
    from miner.types import Annotation, Case, Document, Mining, Span

_PERSON = (
    "Write a short biography of {subject}.",
    "Write a biographical article about {subject}.",
    "Who {verb} {subject}? Write a short encyclopedia entry.",
    "Give me a short biography of {subject}.",
    "Write an encyclopedia article on the life and work of {subject}.",
    "I need a brief profile of {subject} for a reference site. Please write it.",
    "Compose a concise biographical entry on {subject}.",
)
_THING = (
    "Write a short encyclopedia article about {subject}.",
    "Write an informative article about {subject} for a general audience.",
    "Write a reference article that explains what {subject} {verb}.",
    "Give a clear overview of {subject}.",
    "Please write an encyclopedia entry on {subject}.",
    "I would like to learn about {subject}. Write an article that introduces the topic.",
    "Compose a short, factual article about {subject}.",
    "Draft an encyclopedia entry about {subject}.",
)
_KIND = (
    "Write a reference article that explains what {subject} {verb}.",
    "What {verb} {subject}? Write a short encyclopedia entry.",
    "I would like to learn what {subject} {verb}. Write an article that introduces the topic.",
)
"""For "a fox": an article "about a fox" would be about one animal."""
_TITLED = (
    "Write an encyclopedia article with the title “{title}”.",
    "Write a short reference article titled “{title}”.",
    "Please draft an encyclopedia entry under the heading “{title}”.",
    "Compose a factual article entitled “{title}”.",
)
_OPENING = (
    "Write the opening section of an encyclopedia article about {subject}.",
    "Write a short introduction to {subject} in the style of an encyclopedia.",
    "Briefly introduce {subject}, as the lead of an encyclopedia article would.",
    "Write the lead of a reference article about {subject}.",
)
_KIND_OPENING = (
    "What {verb} {subject}? Answer as the opening of an encyclopedia article would.",
    "Explain what {subject} {verb}, as the lead of a reference article would.",
)
_SECTIONS = (
    " Divide it into sections on {headings}.",
    " After an introduction, include sections titled {headings}.",
    " Use these section headings: {headings}.",
    " Structure it with an introduction followed by sections on {headings}.",
)
_SIMPLE = (
    " Use simple English.",
    " Keep the language simple.",
    " Write it in simple English, so that learners can follow.",
)

_WORK = re.compile(
    r"\b(?:movie|film|series|song|album|book|novel|game|show|play|opera|magazine|EP)\b"
)


@dataclass(frozen=True)
class WriteDocument:
    """Needs a title and an article that is whole prose from its first line to its last."""

    needs_model: ClassVar[bool] = False
    min_words: int = 100
    max_words: int = 900
    max_headings: int = 6

    def mine(self, case: Case) -> Mining:
        """One instruction for the whole article, else for its opening, else why there is none."""
        yield from ()
        document = case.document
        if language_of(document) != "en" or not document.title.strip():
            return [Rejected("no_title" if document.language == "en" else "language")]
        if is_reference_page(document):
            return [Rejected("reference_page")]
        if why := slip(document.text):
            return [Rejected("slips", why)]
        parts = outline(document)
        subject = subject_of(document.text, parts)
        rng = dice(case, "write_document")
        found = self._whole(document, parts)
        if isinstance(found, Rejected):
            opening = self._opening(document, parts)
            if opening is None or subject is None:
                return [found]
            instruction = fill(
                rng.choice(_KIND_OPENING if _is_kind(subject) else _OPENING), subject, document
            )
            return [self._annotate(case, instruction, opening, rng, key="opening")]
        instruction = self._ask(document, parts, subject, rng)
        return [self._annotate(case, instruction, found, rng, key="whole")]

    def _whole(self, document: Document, parts: Outline) -> Span | Rejected:
        start, end = parts.lead[0], parts.end
        text = document.text[start:end]
        count = len(words(text))
        if count < self.min_words:
            return Rejected("stub")
        if count > self.max_words:
            return Rejected("too_long")
        if len(parts.sections) > self.max_headings:
            return Rejected("too_many_sections")
        if why := flaw(text) or incomplete(text) or _lists_badly(parts):
            return Rejected("flawed", why)
        for a, b in (parts.lead, *((s.start, s.end) for s in parts.sections)):
            if why := "empty_section" if a >= b else broken_line(document.text[a:b]):
                return Rejected("flawed", why)
        return document.span(start, end)

    def _opening(self, document: Document, parts: Outline) -> Span | None:
        """The lead of a longer article, if it is a text by itself."""
        text = document.text[slice(*parts.lead)]
        long_enough = self.min_words <= len(words(text)) <= self.max_words
        if not parts.sections or not long_enough or incomplete(text) or broken_line(text):
            return None
        return document.span(*parts.lead)

    def _ask(
        self, document: Document, parts: Outline, subject: Subject | None, rng: random.Random
    ) -> str:
        if subject is None:
            wording = rng.choice(_TITLED).replace("{title}", document.title.strip())
        else:
            bank = _PERSON if subject.person else _KIND if _is_kind(subject) else _THING
            wording = fill(rng.choice(bank), subject, document)
        if len(parts.sections) == 1:
            wording += f" Include a section titled {listed(parts.sections)}."
        elif parts.sections:
            wording += rng.choice(_SECTIONS).replace("{headings}", listed(parts.sections))
        return wording

    def _annotate(
        self, case: Case, instruction: str, output: Span, rng: random.Random, key: str
    ) -> Annotation:
        if "simple.wikipedia" in case.document.url and rng.random() < 0.5:
            instruction += rng.choice(_SIMPLE)
        finding = Writing(instruction, output, style="template")
        return annotate(case, "write_document", finding, key=key)


def _is_kind(subject: Subject) -> bool:
    return subject.phrase.startswith(("a ", "an "))


def _lists_badly(parts: Outline) -> str:
    """Headings that cannot be asked for: the same one twice, a remainder, a list that is lost."""
    titles = [section.title.lower() for section in parts.sections]
    if len(set(titles)) < len(titles):
        return "same_heading"
    vague = any(re.match(r"(?:others?|miscellaneous|lists? of .*)$", title) for title in titles)
    return "vague_heading" if vague else ""


def fill(wording: str, subject: Subject, document: Document) -> str:
    """A wording with the subject's name; one that is ambiguous gets the title's bracket too."""
    bracket = re.search(r"\(([^()]+)\)$", document.title.strip())
    name = subject.phrase
    if bracket and not subject.person:
        is_work = _WORK.search(bracket[1])
        name = f"“{name}” ({bracket[1]})" if is_work else f"{name} ({bracket[1]})"
    text = wording.replace("{subject}", name)
    return text.replace("{verb}", subject.verb)


def listed(sections: tuple[Section, ...]) -> str:
    """Headings as a person lists them: “History”, “Geography” and “Climate”."""
    names = [f"“{section.title}”" for section in sections]
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]


PART: type[Task] = WriteDocument
