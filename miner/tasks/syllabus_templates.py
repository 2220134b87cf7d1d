"""Questions on key concepts without a model, and the stretch of a document that answers them.

A template fits only some answers, so the answer is found first: a run of whole sentences of one
paragraph that opens on a concept, can be understood by itself, and has all the others as things of
their own ("the Caspian Sea", not the "World War" of "World War II"). How it opens says which
question a person could have asked, and the document says how its words are written: "a globular
cluster", "the solar wind". Where that is in doubt there is no question.
"""

# ruff: noqa: E501 - an alternative is easier to read on one line

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from miner.tasks.prose import broken_line, incomplete
from miner.tasks.structure import language_of, outline
from miner.tasks.subject import is_role, subject_of
from miner.taxonomy.names import fold
from miner.text import sentences
from miner.types import Rejected, Span

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from miner.types import Document

MIN_WORDS = 25
MAX_WORDS = 120
EARLY_WORDS = 8
"""What a sentence is about stands among its first words."""
MOST_SENTENCES = 3
STEM = 5
"""Letters from which on two words are of one family."""


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_POINTING = re.compile(
    r"\b(?:this|these|those|it|its|they|them|their|he|him|his|she|her)\b",
    re.IGNORECASE,
)
_LEANING = re.compile(
    r"(?:Additionally|Afterwards?|Again|Although|Another|As a result|At first|Besides|Both|Consequently|"
    r"Despite|Due to|Finally|First|For (?:example|instance|this)|Furthermore|Hence|In (?:addition|contrast|fact)|"
    r"Instead|Later|Like|Meanwhile|Moreover|Nevertheless|Next|Other|Others|Otherwise|Second|Similarly|"
    r"Since|So|Soon|Still|Then|Therefore|Third|Thus|Unlike|Until|When|While|Without|Yet)\b"
)
"""Openings that lean on what was said before."""
_NEXT = _set(
    "is are was were be been being has have had do does did can could will would may might must "
    "should and or but nor of in on at by for from to with without within into onto over under "
    "through during after before between against among about as than that which who whom where when "
    "while because if then also not only both became become becomes began begins begin made makes "
    "make wrote writes led leads took takes gave gives left won saw found says said held came comes "
    "went goes ran built uses lived grew spread occurs contains consists includes refers means "
    "allows causes forms lies stands shows happens helps plays paid sent told met knew thought spoke "
    "brought bought caught taught fought kept lost sold got put set spent stood chose drew fell "
    "rose threw broke drove rode produces provides covers follows states describes "
)
"""Words after which, or before a stop, a noun phrase has ended."""
_BEFORE = _set(
    "the a an and or but of in on at by for from to with without within into over under through "
    "during after before between against among about as than that which is are was were be been "
    "have has had called named like including each every some any many most all no both only also "
    "via per "
)
"""Words after which a noun phrase in small letters begins."""
_OWNERS = _set("my your our their his her its whose")
_ENDS = re.compile(r"(?<![A-Z])(?<!\b[A-Z][a-z])[.!?,;:(][\"”)]?$")
"""What ends a sentence or a clause, and is no initial's or title's stop."""
_GENUS = re.compile(
    r"(?:\s*\([^()]*\))?,? (?P<verb>is|are|was|were) (?=an?\b|the\b|one of\b|any\b|some\b)"
)
_PAST = re.compile(
    r"\b(?:was|were|had|did|became|began|made|wrote|led|took|gave|left|won|saw|found|said|held|came|"
    r"went|ran|built|\w{3,}ed)\b"
)

ABOUT_ONE = (
    "What {do} {concepts} have to do with {subject}?",
    "How {be} {concepts} connected with {subject}?",
    "What is the connection between {concepts} and {subject}?",
    "Explain how {concepts} {be} connected with {subject}.",
)
ABOUT_SEVERAL = (
    "What {do} {concepts} have to do with {subject}?",
    "How {be} {concepts} connected with {subject}?",
    "Explain how {concepts} {be} connected with {subject}.",
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, and the words of a document that answer it."""

    question: str
    answer: Span


def template_question(document: Document, concepts: Sequence[str], key: str) -> Asked | Rejected:
    """The question that a document answers about concepts.

    Args:
        document: In English.
        concepts: One to five; all come up in the answer.
        key: Decides between wordings that fit alike.
    """
    if language_of(document) != "en":
        return Rejected("language", document.language)
    if not all(_place(concept).search(document.text) for concept in concepts):
        return Rejected("concepts_apart", "; ".join(concepts))
    found = ""
    for span in _runs(document, concepts):
        if question := _question(document, span, concepts, key):
            return Asked(question, span)
        found = found or span.text[:200]
    if found:
        return Rejected("no_wording", found)
    return Rejected("concepts_apart", "; ".join(concepts))


def _runs(document: Document, concepts: Sequence[str]) -> Iterator[Span]:
    """Runs of sentences that could be the answer, the shortest first."""
    text = document.text
    bounds = sentences(text, document.language)
    found: list[tuple[int, int, int]] = []
    for first, (start, stop) in enumerate(bounds):
        opening = text[start:stop]
        early = " ".join(opening.split()[:EARLY_WORDS])
        if not any(_free(c, early) for c in concepts) or _leans(opening):
            continue
        for last in range(first, min(first + MOST_SENTENCES, len(bounds))):
            run = text[start : bounds[last][1]]
            size = len(run.split())
            if size > MAX_WORDS or "\n" in run.strip():
                break
            if size >= MIN_WORDS and all(_free(c, run) for c in concepts):
                found.append((size, start, bounds[last][1]))
                break
    for _, start, stop in sorted(found):
        span = document.span(start, stop)
        if not (incomplete(span.text) or broken_line(span.text)):
            yield span


def _leans(opening: str) -> bool:
    early = " ".join(opening.split()[:EARLY_WORDS])
    return bool(_LEANING.match(opening) or _POINTING.search(early))


def _question(document: Document, span: Span, concepts: Sequence[str], key: str) -> str:
    """What the run answers; empty if no wording fits."""
    if len(concepts) == 1 and (question := _definition(span.text, concepts[0], document.text)):
        return question
    subject = subject_of(document.text, outline(document))
    if subject is None:
        return ""
    own = set(fold(subject.bare).split())
    if any(
        _slight(c) or any(_akin(word, w) for word in fold(c).split() for w in own) for c in concepts
    ):
        return ""  # "the Gulf of California and the Gulf", "Anglicans and Anglicanism"
    called = {fold(subject.bare).split()[-1]} if subject.person else own  # "Newton"
    if not _together(span.text, concepts, called, document.language):
        return ""
    names = [_written(c, span.text, document.text) for c in concepts]
    several = len(names) > 1 or _plural(names[0], document.text)
    past = bool(_PAST.search(span.text)) and subject.verb in ("was", "were")
    be = ("were" if past else "are") if several else ("was" if past else "is")
    do = "did" if past else ("do" if several else "does")
    bank = ABOUT_SEVERAL if len(names) > 1 else ABOUT_ONE
    digest = hashlib.sha256(repr((tuple(names), key)).encode()).digest()
    slots = {"subject": subject.phrase, "concepts": _listed(names), "be": be, "do": do}
    template = bank[digest[0] % len(bank)]
    return re.sub(r"\{(\w+)\}", lambda found: slots[found[1]], template)  # once: names are data


def _together(run: str, concepts: Sequence[str], subject: set[str], language: str) -> bool:
    """Whether a sentence names the subject and all concepts, and so tells how they are connected."""
    for start, stop in sentences(run, language):
        sentence = run[start:stop]
        said = fold(sentence).split()
        named = all(any(_akin(word, w) for w in said) for word in subject if len(word) > 2)
        if named and all(_place(concept).search(sentence) for concept in concepts):
            return True
    return False


def _definition(run: str, concept: str, text: str) -> str:
    """What or who is X?, where the run opens by saying so."""
    match = re.match(rf"(?:The |An? )?{re.escape(concept)}", run, re.IGNORECASE)
    genus = match and _GENUS.match(run, match.end())
    if not genus:
        return ""
    name = _written(concept, run, text)
    who = is_role(run[genus.end() :]) and name[:1].isupper()
    if not who and name[:1].isupper() and " " in name:
        return ""  # perhaps a person: "Charles Darwin was the first to ..."
    return f"{'Who' if who else 'What'} {genus['verb']} {name}?"


# ------------------------------------------------------------------------------- noun phrases


def _place(concept: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-]){re.escape(concept)}(?![\w-])", re.IGNORECASE)


def _free(concept: str, text: str) -> re.Match[str] | None:
    """The first place where a concept stands as a thing of its own, and not as a part of a name."""
    for found in _place(concept).finditer(text):
        before = re.search(r"(\S+) $", text[: found.start()])
        after = re.match(r"(?: \([^()]*\))? ([\w’'-]+)", text[found.end() :])
        word, next_word = (before[1] if before else ""), (after[1] if after else "")
        named, begins = found[0][:1].isupper(), not word or _ENDS.search(word) is not None
        if text[found.end() : found.end() + 1] not in tuple(' .,;:!?)”"\n') and found.end() < len(
            text
        ):
            continue
        if next_word and not (next_word in _NEXT or next_word.endswith("ed")):
            continue
        if named != concept[:1].isupper() and not begins:
            continue
        if named and word.lower() in ("the", "a", "an") and next_word in ("and", "or"):
            continue  # "the Sydney and Wollongong districts"
        if begins or word.lower() in _BEFORE or (named and word.islower() and word not in _OWNERS):
            return found
    return None


def _written(concept: str, run: str, text: str) -> str:
    """A concept as running text writes it, with its article."""
    found = _free(concept, run)
    if found is None:
        return concept
    name = found[0]
    article = re.search(r"\b(the|an?) $", run[: found.start()], re.IGNORECASE)
    begins = (
        found.start() == 0
        or bool(article and article.start() == 0)
        or bool(re.search(r"[.!?]\s+(?:(?:the|an?) )?$", run[: found.start()], re.IGNORECASE))
    )
    lowered = name[:1].lower() + name[1:]
    if begins and re.search(rf"[a-z,] {re.escape(lowered)}\b", text):
        name = lowered
    return f"{article[1].lower()} {name}" if article else name


def _akin(word: str, other: str) -> bool:
    return word == other or (len(word) > STEM and word[:STEM] == other[:STEM])


def _plural(name: str, text: str) -> bool:
    if not re.search(r"[^sui]s$", name):
        return False
    people = re.fullmatch(r"the \w+", name)  # "the Rashtrakutas", but "the United States"
    one = _place(name[:-1]).search(text)  # "Anglicans" beside "Anglican", but "Warner Brothers"
    return name == name.lower() or people is not None or one is not None


def _slight(concept: str) -> bool:
    """Whether nobody would ask about it: one everyday word, or no noun."""
    common = concept == concept.lower()
    return (common and " " not in concept) or bool(re.search(r"-(?:like|based|style)$", concept))


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
