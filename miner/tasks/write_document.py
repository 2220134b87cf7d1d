"""Asks for the document itself by its title and headings; needs a corpus that was edited.

The answer is the document's own text (LongForm's form), and no rule here reads it: residue and
slips that a few words give away are refused, the rest of a corpus's English goes through. So of
the shipped recipes longform.toml alone names this task (docs/verdicts-texts.md).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from miner.tasks.finding import annotate, dice
from miner.tasks.naming import named
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
    "Write a biographical article about {subject}.",
    "Write an encyclopedia article on the life and work of {subject}.",
    "I need a profile for a reference site. It is about {subject}. Please write it.",
    "Compose a biographical entry on {subject}.",
)
_THING = (
    "Write an encyclopedia article about {subject}.",
    "Write an informative article about {subject} for a general audience.",
    "Please write an encyclopedia entry on {subject}.",
    "I would like to learn about {subject}. Write an article that introduces the topic.",
    "Draft an encyclopedia entry about {subject}.",
)
_KIND = (
    "Write a reference article that explains what {subject} {verb}.",
    "I would like to learn what {subject} {verb}. Write an article that introduces the topic.",
)
"""For "a fox": an article "about a fox" would be about one animal."""
_SHORT_PERSON = (
    "Write a short biography of {subject}.",
    "Who {verb} {subject}? Write a short encyclopedia entry.",
    "Give me a short biography of {subject}.",
    "I need a brief profile for a reference site. It is about {subject}. Please write it.",
    "Compose a concise biographical entry on {subject}.",
)
_SHORT_THING = (
    "Write a short encyclopedia article about {subject}.",
    "Write a short, informative article about {subject} for a general audience.",
    "Give a brief overview of {subject}.",
    "Please write a short encyclopedia entry on {subject}.",
    "I would like to learn about {subject}. Write a short text that introduces the topic.",
    "Compose a short, factual article about {subject}.",
)
_SHORT_KIND = (
    "What {verb} {subject}? Write a short encyclopedia entry.",
    "Write a short reference article that explains what {subject} {verb}.",
    "I would like to learn what {subject} {verb}. Write a short text that explains it.",
)
_TITLED = (
    "Write an encyclopedia article with the title “{title}”.",
    "Please draft an encyclopedia entry under the heading “{title}”.",
    "Compose a factual article entitled “{title}”.",
)
_SHORT_TITLED = (
    "Write a short encyclopedia article with the title “{title}”.",
    "Write a short reference article titled “{title}”.",
    "Compose a short, factual article entitled “{title}”.",
)
_BANKS = ((_PERSON, _KIND, _THING), (_SHORT_PERSON, _SHORT_KIND, _SHORT_THING))
_SHORT = 200
"""Words up to which an article is called short."""
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

_BRACKET = re.compile(r"\)$")
_LIVED = re.compile(r"\([^()]*\b\d{4}\b[^()]*[-–—][^()]*\b\d{4}\)")
"""Years of birth and death: "is" is not said of the dead."""
_LIFE = re.compile(r"(?:Biography|Life|Early life|Career|Life and career|Profile)", re.IGNORECASE)
"""The one section of a biography that need not be asked for: it is all there is to tell."""


@dataclass(frozen=True)
class WriteDocument:
    """Needs a title and an article that is whole prose from its first line to its last."""

    needs_model: ClassVar[bool] = False
    min_words: int = 60
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
        name = named(subject, document.title, document.text) if subject else document.title.strip()
        if not name or (subject is None and _BRACKET.search(name)):
            return [Rejected("odd_title", document.title)]
        if subject is None and name not in document.text:
            return [Rejected("title_not_named", name)]
        if (
            subject
            and subject.verb == "is"
            and _LIVED.search(document.text[subject.start : subject.end])
        ):
            return [Rejected("flawed", "out_of_date")]
        found = self._whole(document, parts)
        if isinstance(found, Rejected):
            opening = self._opening(document, parts)
            if opening is None or subject is None:
                return [found]
            bank = _KIND_OPENING if _is_kind(subject) else _OPENING
            instruction = fill(rng.choice(bank), subject, name)
            return [self._annotate(case, instruction, opening, rng, key="opening")]
        short = len(words(found.text)) <= _SHORT
        instruction = self._ask(parts, subject, name, rng, short=short)
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
        self, parts: Outline, subject: Subject | None, name: str, rng: random.Random, *, short: bool
    ) -> str:
        sections = parts.sections
        if subject is None:
            wording = rng.choice(_SHORT_TITLED if short else _TITLED).replace("{title}", name)
        else:
            kind = 0 if subject.person else 1 if _is_kind(subject) else 2
            bank = _BANKS[short][kind]
            wording = fill(rng.choice(bank), subject, name)
            if len(sections) == 1 and subject.person and _LIFE.fullmatch(sections[0].title):
                return wording
        if len(sections) == 1:
            wording += f" Include a section titled {listed(sections)}."
        elif sections:
            wording += rng.choice(_SECTIONS).replace("{headings}", listed(sections))
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


def fill(wording: str, subject: Subject, name: str) -> str:
    """A wording with the subject's name and the verb that goes with it."""
    return wording.replace("{subject}", name).replace("{verb}", subject.verb)


def listed(sections: tuple[Section, ...]) -> str:
    """Headings as a person lists them: “History”, “Geography” and “Climate”."""
    names = [f"“{section.title}”" for section in sections]
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]


PART: type[Task] = WriteDocument
