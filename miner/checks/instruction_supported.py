"""Numbers, names and quotations of an instruction stand in its document; a demanded form is true.

A model that writes an instruction for a document adds facts of its own at times: a year, a place, a
"list of ten". Whoever trains on such a pair teaches that a request may be ignored. Checked are
instructions for writing, questions, and answers in a model's own words; what a recipe's guideline
or format says is not.

Names are looked for in English, where a capital letter inside a sentence marks them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import ClassVar, Literal
from urllib.parse import unquote

from miner.checks.findings import finding_of
from miner.checks.form import NUMBER_WORDS, broken_demand, without_demands
from miner.shingles import normalise
from miner.text import base_language
from miner.types import Answers, Check, Document, Example, Rejected, Writing

ORDINALS = {
    word: value
    for value, word in enumerate(
        [
            "first",
            "second",
            "third",
            "fourth",
            "fifth",
            "sixth",
            "seventh",
            "eighth",
            "ninth",
            "tenth",
            "eleventh",
            "twelfth",
            "thirteenth",
            "fourteenth",
            "fifteenth",
            "sixteenth",
            "seventeenth",
            "eighteenth",
            "nineteenth",
            "twentieth",
        ],
        1,
    )
}
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_QUOTED = re.compile(
    r"“([^”\n]{2,120})”|\"([^\"\n]{2,120})\"|«([^»\n]{2,120})»|「([^」\n]{2,120})」"
)
_WORD = re.compile(r"[^\W\d_](?:[\w’'.&-]*\w)?")
_SENTENCE = re.compile(r"(?:^|[.!?:;]\s+|[\"“(\n]\s*|\s[-–—]\s)$")
_MEDIA = frozenset(
    ("i", "i'm", "i'd", "i've", "i'll", "faq", "faqs", "q&a", "ok", "english", "wikipedia", "wiki",
     "internet", "tv", "diy", "ai", "ceo", "seo", "pdf", "celsius", "fahrenheit")
)  # fmt: skip
"""Capitals that are no claim about the document."""

_SPELT = NUMBER_WORDS | ORDINALS

MOST_CAPITALS = 0.6
"""Share of capitalised words above which an instruction is set like a title, and shows no names."""


@dataclass(frozen=True)
class InstructionSupported:
    """Refuses instructions that claim what their document does not hold."""

    subject: ClassVar[Literal["annotation", "example"]] = "example"

    numbers: bool = True
    quotations: bool = True
    names: bool = True
    form: bool = True
    """Whether a demanded list, number of items or length must be true of the output."""

    def check(self, item: Example, documents: Mapping[str, Document]) -> Rejected | None:
        """None if all that the instruction claims is there."""
        finding = finding_of(item)
        if isinstance(finding, Writing):
            asked = item.instruction
            if self.form and (why := broken_demand(asked, item.output)):
                return why
            if finding.style in {"source", "record"}:  # people wrote it, and this was the answer
                return None
        elif isinstance(finding, Answers):
            asked = finding.question
        else:
            return None
        sources = tuple(documents[id] for id in item.documents if id in documents)
        why = self._claims(without_demands(asked), sources, item.language)
        if why is None and isinstance(finding, Answers) and finding.answer and not finding.options:
            # An answer in the model's own words is held to the same; its first word may be a name.
            said = self._claims(f"answer {finding.answer}", sources, item.language)
            why = said and Rejected(f"answer_{said.reason}", said.detail)
        return why

    def _claims(self, asked: str, sources: Sequence[Document], language: str) -> Rejected | None:
        english = base_language(language) in {"en", ""}
        counted = [*numbers(asked)] if self.numbers else []
        quoted = [*quotations(asked)] if self.quotations else []
        named = names(asked) if self.names and english else []
        if not (counted or quoted or named):
            return None
        # Most of it stands there as it is written: the rest is looked for with shapes folded.
        plain = [text for d in sources for text in (d.title, d.text)]
        counted = [n for n in counted if not any(map(partial(_has_plainly, n, ".,"), plain))]
        named = [n for n in named if not any(map(partial(_has_plainly, n, ""), plain))]
        if not (counted or quoted or named):
            return None
        text = "\n".join(_searched(d.id, d.text, d.title, d.url) for d in sources)
        for number in counted:
            if not _has_number(number, text):
                return Rejected("number", number)
        for quotation in quoted:
            if _bare(quotation) not in _bare(text):
                return Rejected("quotation", quotation)
        for name in named:
            if not _has_name(name, text):
                return Rejected("name", name)
        return None


def _has_plainly(word: str, joints: str, text: str) -> bool:
    """Whether a word stands in a text as it is, by itself; signs that join numbers part none."""
    at = text.find(word)
    while at >= 0:
        before, after = text[at - 1 : at], text[at + len(word) : at + len(word) + 1]
        if not (before.isalnum() or after.isalnum()) and not (
            joints and (before in joints or after in joints)
        ):
            return True
        at = text.find(word, at + 1)
    return False


@lru_cache(maxsize=8)
def _searched(id: str, text: str, title: str, url: str) -> str:
    """What an instruction may draw on, folded once for all examples of a document."""
    del id
    return normalise(f"{title}\n{re.sub(r'[-_/+.=&?]', ' ', unquote(url))}\n{text}")


@lru_cache(maxsize=8)
def _bare(text: str) -> str:
    """Without quotation marks and the shapes of apostrophes and dashes."""
    table = str.maketrans({"’": "'", "‘": "'", "–": "-", "—": "-", "“": None, "”": None, '"': None})
    return normalise(text).translate(table).rstrip(".,;:!?")


# ------------------------------------------------------------------------------------- numbers


def numbers(asked: str) -> Iterator[str]:
    """Numbers in digits, without separators; a "three" often counts what is only listed."""
    for match in _NUMBER.finditer(asked):
        yield match.group().replace(",", "").strip(".")


def _has_number(number: str, text: str) -> bool:
    found = _numbers_of(text)
    if number in found:
        return True
    # "the 1990s" rests on any year of them.
    if len(number) == 4 and number.endswith("0"):
        return any(len(n) == 4 and n[:3] == number[:3] for n in found)
    if len(number) == 2 and number.endswith("0"):
        return any(len(n) == 4 and n[2] == number[0] for n in found)
    return False


@lru_cache(maxsize=8)
def _numbers_of(text: str) -> frozenset[str]:
    found = {match.group().replace(",", "").strip(".") for match in _NUMBER.finditer(text)}
    words = set(re.findall(r"[a-z]+(?:-[a-z]+)?", text))
    found |= {str(value) for word, value in _SPELT.items() if word in words}
    return frozenset(found)


# ------------------------------------------------------------------------ quotations and names


def quotations(asked: str) -> Iterator[str]:
    """What stands between quotation marks, but for single letters."""
    for match in _QUOTED.finditer(asked):
        yield next(group for group in match.groups() if group)


def names(asked: str) -> list[str]:
    """Capitalised words inside sentences; none where capitals are mere style."""
    words = list(_WORD.finditer(asked))
    capitals = [m for m in words if m.group()[0].isupper()]
    if len(words) > 2 and len(capitals) > MOST_CAPITALS * len(words):
        return []
    return [
        m.group()
        for m in capitals
        if not _begins_sentence(asked, m.start()) and m.group().lower() not in _MEDIA
    ]


def _begins_sentence(text: str, at: int) -> bool:
    """Whether a sentence, a line, a quotation or a part of one begins there."""
    if text[at - 1 : at] == " " and text[at - 2 : at - 1].isalnum():
        return False  # as most do not
    return bool(_SENTENCE.search(text[:at]))


def _has_name(name: str, text: str) -> bool:
    folded = name.lower().replace("’", "'")
    forms = {folded, folded.removesuffix("'s"), folded.rstrip("s'")}
    forms |= {form.replace(".", "") for form in forms}
    if any(_stands(form, text) for form in forms if form):
        return True
    if not text.isascii() and _stands(_plain(folded), _plain(text)):
        return True
    parts = [part for part in re.split(r"[-.&']", folded) if len(part) > 1]
    return len(parts) > 1 and all(_stands(part, text) for part in parts)


@lru_cache(maxsize=8)
def _plain(text: str) -> str:
    """Without accents, which questions often leave out."""
    decomposed = unicodedata.normalize("NFD", text)
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def _stands(word: str, text: str) -> bool:
    """Whether a word begins somewhere in a text: "Germany" supports "German"."""
    stem = word[: max(len(word) - 2, 4)] if len(word) > 5 else word
    at = text.find(stem)
    while at >= 0:
        if at == 0 or not text[at - 1].isalnum():
            return True
        at = text.find(stem, at + 1)
    return False


PART: type[Check] = InstructionSupported
