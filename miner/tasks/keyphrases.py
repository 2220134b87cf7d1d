"""Names the phrases that a text keeps coming back to, most telling first, by rules."""

# ruff: noqa: E501, SIM905 - lists of words and alternatives are easier to read on one line

from __future__ import annotations

import math
import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from miner.tasks.finding import annotate
from miner.tasks.prose import broken_line, flaw, slip, speaks_to_reader
from miner.tasks.stopwords import ENGLISH
from miner.tasks.structure import is_reference_page, language_of, outline
from miner.text import noun_phrases, sentences, words
from miner.types import Phrases, Rejected, Task

if TYPE_CHECKING:
    from miner.types import Case, Document, Mining, Span

_TOKEN = re.compile(r"[^\W\d_](?:[\w'’-]*\w)?")
_NO_HEAD = re.compile(
    r"(?:ly|ing|ed|ous|ful|able|ible|ical|less|ive|est|ize|ise|ify|ate|ent|ant|ern|ish|ary|al|ic)$"
)
_VERBAL = re.compile(r"(?:ing|ed|ly)$")
_NATIONAL = re.compile(r"(?:an|ish|ese|ic|ch|ern)$|^(?:Greek|Swiss|Thai|Arab|Soviet|Nazi)$")
_SINGULAR = re.compile(r"(?<=[a-z]{3})(?:(?<=[^s])s)$")
_JOINS = {"of", "the", "de", "la", "von", "van", "for", "in"}
"""Small words that a name may have inside: "House of Representatives"."""

_FUNCTION = frozenset(
    "a an the and or but if in on at by of to for from with as he she it they his her its their this "
    "that these those there here who what when where while after before since during until we you i "
    "although because however also some many most all both each every one two three no not so then "
    "our your my is was are were has have had do does did be been can may".split()
)
_JOINED = tuple("-/’'&@#0123456789")
_NUMBERED = re.compile(r"\d\S* $|\d$")

_SETTINGS = {
    "United States", "United Kingdom", "New York", "Soviet Union", "European Union", "New York City",
}  # fmt: skip
"""Where things happen: key to a text only if its title names them."""

_GOES_ON = re.compile(
    r" (?:and|&|of|de|on|for) (?:the )?[A-Z]|-\w|['’](?!s\b)| [\dIVX]| (?P<noun>[a-z]{3,})\b"
)
"""What may follow half a name or half a noun phrase."""
_NO_NOUN = re.compile(r"(?:ed|ing|ly)$")
_BEGUN = re.compile(
    r"[A-Z]\w* (?:and|&|of|of the|de|on|for) $|\w-$|\b[a-z]*[aeiouy][a-z]*ing $|\d\w* $|[\"“]\w+ $|"
    r"\b(?:van|der|von|de|la|bin|al|Mr|Dr|St|[B-HJ-Z])\.? ?$"
)
_FORENAME = re.compile(r"(?<![.!?] )\b[A-Z][\w.]+ $")

Key = tuple[str, ...]


@dataclass(frozen=True)
class Keyphrases:
    """Takes names and recurring noun phrases, and only where several stand out."""

    needs_model: ClassVar[bool] = False
    min_phrases: int = 3
    max_phrases: int = 6
    min_words: int = 80
    max_words: int = 350

    def mine(self, case: Case) -> Mining:
        """One list of phrases, or why there is none."""
        yield from ()
        document = case.document
        if language_of(document) != "en" or is_reference_page(document):
            return [Rejected("unfit_page")]
        if not document.title.strip():
            return [Rejected("no_title")]
        text = self._text(document)
        if text is None:
            return [Rejected("no_text")]
        if speaks_to_reader(text.text):
            return [Rejected("advert")]
        title = outline(document).title
        if re.search(r"\d", title):
            return [Rejected("odd_title", title)]
        found = rank(text.text, title)
        if case.pipeline:
            # What a trained pipeline takes for a noun phrase or a name ends where one of ours must.
            ends = {end for _, end in noun_phrases(text.text, case.pipeline)}
            found = [(start, end) for start, end in found if end in ends]
        found = found[: self.max_phrases]
        if not _covers([text.text[a:b] for a, b in found], title):
            return [Rejected("title_not_named")]
        if len(found) < self.min_phrases or sum(" " in text.text[a:b] for a, b in found) < 2:
            return [Rejected("few_phrases")]
        if why := slip(text.text):
            return [Rejected("slips", why)]
        items = tuple(document.span(text.start + a, text.start + b) for a, b in found)
        return [annotate(case, "keyphrases", Phrases(text, items))]

    def _text(self, document: Document) -> Span | None:
        """The lead or the first section of a fair length, if it is whole prose."""
        parts = outline(document)
        for start, end in (parts.lead, *((s.start, s.end) for s in parts.sections)):
            text = document.text[start:end]
            if self.min_words <= len(words(text)) <= self.max_words:
                return None if flaw(text) or broken_line(text) else document.span(start, end)
        return None


def _covers(phrases: list[str], title: str) -> bool:
    """Whether one phrase has all of the title's words: "bond" and "atom" miss "Hydrogen bond"."""
    named = _telling(title)
    return any(named == words for words in map(_telling, phrases))


def _telling(phrase: str) -> set[str]:
    found = {_normal(word, name=False) for word in _TOKEN.findall(phrase)}
    return found - _FUNCTION - _JOINS


@dataclass
class _Candidate:
    """A phrase: where it first stands, its occurrences, and the sentences it stands in."""

    start: int
    end: int
    name: bool
    places: list[tuple[int, int]] = field(default_factory=list)
    sentences: set[int] = field(default_factory=set)


def rank(text: str, title: str = "") -> list[tuple[int, int]]:
    """Where each key phrase first stands, best first.

    Candidates are names (runs of capitals inside sentences) and runs of up to three other words
    without stop words. A phrase must recur, words of the title the less; a shorter one is dropped if a longer one that holds it
    accounts for half of its occurrences.
    """
    found: dict[Key, _Candidate] = {}
    spans = sentences(text, "en")
    for number, (start, end) in enumerate(spans):
        for tokens, name in _runs(text, start, end):
            sizes = range(len(tokens), len(tokens) + 1) if name else (1, 2, 3)
            for size in sizes:
                for i in range(len(tokens) - size + 1):
                    _note(found, tokens[i : i + size], name=name, sentence=number)
    named = {_normal(word, name=False) for word in _TOKEN.findall(title)} - _FUNCTION - _JOINS
    kept = {
        key: c
        for key, c in found.items()
        if not _cut(c, text)
        and _recurs(c, key, titled=bool(named & {_normal(w, name=False) for w in key}))
    }
    scores = {key: _score(c, key) for key, c in kept.items() if not _nested(key, c, kept)}
    best = sorted(scores, key=lambda key: (-scores[key], kept[key].start))
    chosen: list[Key] = []
    for key in best:
        ours = _stems(key)
        if " ".join(key) in _SETTINGS and not {word.lower() for word in key} & named:
            continue
        others = map(_stems, chosen)
        if not any(ours <= other or other <= ours for other in others):
            chosen.append(key)
    return [(kept[key].start, kept[key].end) for key in chosen]


def _stems(key: Key) -> set[str]:
    """Words told apart by their beginnings: "champion" and "championship" say the same."""
    return {_normal(word, name=False)[:6] for word in key if word.lower() not in _JOINS}


def _cut(candidate: _Candidate, text: str) -> bool:
    """Whether it is mostly half of something: "Laplace" of an operator, "Trinidad" of two isles."""
    halves = 0
    for start, end in candidate.places:
        after = _GOES_ON.match(text, end)
        noun = after["noun"] if after else None
        full = candidate.name and " " in text[start:end]  # what follows a whole name is its verb
        joined = after and not (noun and (full or noun in ENGLISH or _NO_NOUN.search(noun)))
        halves += bool(joined or _BEGUN.search(text[max(0, start - 24) : start]))
    if candidate.name:
        word = text[candidate.start : candidate.end]
        # A surname: the whole name stands elsewhere.
        if " " not in word and any(
            _FORENAME.search(text[max(0, m.start() - 24) : m.start()])
            for m in re.finditer(rf"\b{re.escape(word)}\b", text)
        ):
            return True
    return halves * 3 > len(candidate.places)


def _runs(text: str, start: int, end: int) -> list[tuple[list[re.Match[str]], bool]]:
    """Names, and runs of other words that no stop word and no punctuation interrupts."""
    runs: list[tuple[list[re.Match[str]], bool]] = []
    words_of: dict[bool, list[re.Match[str]]] = {True: [], False: []}

    def close() -> None:
        for name, run in words_of.items():
            while run and run[-1][0] in _JOINS:
                run.pop()
            if run:
                runs.append((list(run), name))
            run.clear()

    last = start
    for token in _TOKEN.finditer(text, start, end):
        gap = text[last : token.start()]
        last = token.end()
        if gap != " ":
            close()
        if text[token.start() - 1 : token.start()] in _JOINED or _NUMBERED.search(gap):
            close()
            continue
        stop = token[0].lower() in ENGLISH
        opens = token.start() == start and not _capital_follows(text, token.end())
        if token[0][0].isupper() and not opens and token[0].lower() not in _FUNCTION:
            if words_of[False]:
                close()
            words_of[True].append(token)
        elif words_of[True] and token[0] in _JOINS and _capital_follows(text, token.end()):
            words_of[True].append(token)
        else:
            if words_of[True]:
                close()
            if stop or token[0][0].isupper():
                close()
            else:
                words_of[False].append(token)
    close()
    return runs


def _capital_follows(text: str, at: int) -> bool:
    return text[at : at + 1] == " " and text[at + 1 : at + 2].isupper()


def _note(
    found: dict[Key, _Candidate], tokens: list[re.Match[str]], *, name: bool, sentence: int
) -> None:
    key = tuple(_normal(token[0], name=name) for token in tokens)
    start, end = tokens[0].start(), tokens[-1].end()
    if key not in found:
        if not _is_phrase([token[0] for token in tokens], name=name):
            return
        found[key] = _Candidate(start, end, name)
    found[key].places.append((start, end))
    found[key].sentences.add(sentence)


def _normal(word: str, *, name: bool) -> str:
    word = word.removesuffix("'s").removesuffix("’s")
    return word if name else _SINGULAR.sub("", re.sub(r"ies$", "y", word.lower()))


def _is_phrase(tokens: list[str], *, name: bool) -> bool:
    """Whether the words could be a name or a noun phrase."""
    if tokens[-1].endswith(("'s", "’s")) or len(tokens[-1]) < 2 or len(tokens) > 5:
        return False
    if name:
        if len(tokens) > 1:
            return True
        word = tokens[0]
        return len(word) > 2 and word.lower() not in ENGLISH and not _NATIONAL.search(word)
    heads = {tokens[-1], _SINGULAR.sub("", tokens[-1])}
    if any(len(word) < 3 for word in tokens) or any(map(_NO_HEAD.search, heads)):
        return False
    return not any(_VERBAL.search(word) for word in tokens)


def _recurs(candidate: _Candidate, key: Key, *, titled: bool) -> bool:
    """Names and words of the title twice, single names and other phrases thrice."""
    if len(key) == 1 and not candidate.name and not titled:
        return False
    alone = not titled and (len(key) == 1 or not candidate.name)
    return len(candidate.sentences) >= (3 if alone else 2)


def _nested(key: Key, candidate: _Candidate, kept: dict[Key, _Candidate]) -> bool:
    """Whether a longer phrase holds half of this one's occurrences."""
    inside: dict[Key, int] = defaultdict(int)
    for other, longer in kept.items():
        if len(other) > len(key):
            for start, end in candidate.places:
                inside[other] += any(a <= start and end <= b for a, b in longer.places)
    return any(n * 2 >= len(candidate.places) for n in inside.values())


def _score(candidate: _Candidate, key: Key) -> float:
    spread = len(candidate.sentences)
    weight = 1 + 0.6 * (len(key) - 1) + 0.4 * candidate.name
    return math.log1p(len(candidate.places)) * spread * weight


PART: type[Task] = Keyphrases
