"""How running English names what a document is about, and the sentence that defines it.

A title stands alone ("Volcano", "Tick Fire"); a sentence needs "a volcano", "the Tick Fire". The
document's own first sentence and its other mentions decide; where they leave doubt there is no
subject, and tasks that would need it yield nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from miner.dates import DAYS, MONTHS
from miner.text import sentences

if TYPE_CHECKING:
    from miner.tasks.structure import Outline

_AFTER = re.compile(r"(?:\s*\(|,| (?:is|was|are|were|or|also|\())\b|\s*\(|,")
_COPULA = re.compile(r"\b(is|was|are|were)\b")
_LIFE = re.compile(
    r"\([^()]{0,80}?(?:\bborn\b|\bb\. \d|\d{3,4}[^()]*[–—-][^()]*\d|\bc\. ?\d{3,4}[^()]*[–—-])"
)
_ROLE = re.compile(
    r"\b(?:actor|actress|singer|writer|author|politician|player|footballer|musician|scientist|artist|"
    r"king|queen|emperor|president|minister|general|poet|painter|composer|director|philosopher|"
    r"mathematician|physicist|chemist|biologist|lawyer|journalist|athlete|wrestler|driver|bishop|"
    r"saint|astronaut|engineer|inventor|businessman|businesswoman|boxer|swimmer|explorer|pope|"
    r"historian|architect|novelist|comedian|rapper|coach|manager|model|guitarist|drummer|economist|"
    r"pharaoh|teacher|priest|reformer|prophet|monk|nun|doctor|surgeon|nurse|soldier|sailor|founder|leader|"
    r"supercentenarian|activist|producer|presenter|judge|banker|dancer|photographer|designer|"
    r"fighter|officer|agent|criminal|trainer|editor|translator|linguist|announcer|"
    r"professor|preacher|pastor|theologian|chef|(?<=fictional )character)s?\b",
    re.IGNORECASE,
)

_DAY = re.compile(rf"(?:{MONTHS}|{DAYS})\b")
"""Words that keep their capital whatever the article does."""
_PRONOUN = re.compile(r"(?:I|It|He|She|They|We|You|Us|Them|This|That|Who|What)", re.IGNORECASE)
_WITH_ARTICLE = re.compile(r"\w (?:River|Sea|Ocean|Desert|Islands|Mountains|Canal|Strait)$")
"""Names that running text gives an article, whatever the article's own first words do."""

_NO_PERSON = re.compile(
    r"\b(?:war|battle|siege|treaty|period|era|dynasty|empire|kingdom|revolution|rebellion|election|"
    r"crisis|conflict|campaign|event|movement|band|group|duo|album|song|movie|film|series|novel|book|"
    r"magazine|newspaper|company|ship|class|family|league|team|club|city|town|village|country|state|"
    r"river|island|mountain|species|genus|hurricane|earthquake|game|party|school|university|partnership|"
    r"horse|racehorse|dog|cat|animal)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Subject:
    """What a document is about.

    `phrase` fits after a preposition: "a volcano", "the Tick Fire", "Janis Joplin"; `bare` lacks
    the article; `definite` is the kind or the one: "the volcano", "Janis Joplin". `verb` is the
    verb of the first sentence, whose offsets are `start` and `end`; what is said of the subject
    begins at `predicate`.
    """

    phrase: str
    bare: str
    definite: str
    verb: str
    person: bool
    proper: bool
    start: int
    end: int
    predicate: int


def subject_of(text: str, parts: Outline) -> Subject | None:
    """The subject of a document with a title whose lead opens by naming it; None if in doubt."""
    lead = text[parts.lead[0] : parts.lead[1]]
    found = sentences(lead, "en")
    if not parts.title or not found or _PRONOUN.fullmatch(parts.title):
        return None
    start, end = parts.lead[0] + found[0][0], parts.lead[0] + found[0][1]
    sentence = text[start:end]
    outside = _without_brackets(sentence)
    copula = _COPULA.search(outside)
    if not copula or copula.start() > 160:
        return None
    named = _named(sentence[: copula.start() + 6], parts.title, text[end:])
    if named is None:
        return None
    phrase, bare, proper = named
    if not proper and copula[1] in ("is", "was") and re.search(r"(?<![sui])s$", phrase):
        return None  # a plural that is one thing: the name of a show, or of a field
    article = phrase.startswith(("a ", "an "))
    return Subject(
        phrase=phrase,
        bare=bare,
        definite=f"the {bare}" if article and not proper else phrase,
        verb=copula[1],
        person=proper and _is_person(phrase, sentence, outside[copula.end() :]),
        proper=proper,
        start=start,
        end=end,
        predicate=start + copula.end() + 1,
    )


def _is_person(phrase: str, sentence: str, predicate: str) -> bool:
    """Whether years of life or a role are given; years in brackets alone may be a war's."""
    if phrase.startswith("the ") or _NO_PERSON.search(phrase):
        return False
    if is_role(predicate):
        return True
    return bool(_LIFE.search(sentence)) and not _NO_PERSON.search(_head(predicate))


def is_role(predicate: str) -> bool:
    """Whether what stands after the verb is a person's occupation or rank."""
    return bool(_ROLE.search(_head(predicate)))


def _head(predicate: str) -> str:
    """What stands before the first comma, relative clause or preposition."""
    predicate = re.sub(r"^\s*one of (?:the )?", "", predicate)
    return re.split(
        r",|\b(?:who|that|which|in|of|from|for|by|with|about|between|to|on)\b", predicate[:120]
    )[0]


def _without_brackets(sentence: str) -> str:
    """The sentence with what stands in brackets blanked, offsets kept."""
    depth, out = 0, []
    for character in sentence:
        depth += character in "(["
        out.append(" " if depth else character)
        depth -= character in ")]" and depth > 0
    return "".join(out)


def _named(opening: str, title: str, rest: str) -> tuple[str, str, bool] | None:
    """(phrase, bare, whether it is a proper name), from the words before the verb."""
    match = re.match(
        rf"(The |An? )?({re.escape(title)}(?:e?s)?)(?=\s*\(|,| (?:is|was|are|were|or|also)\b)",
        opening,
        re.IGNORECASE,
    )
    if match:
        article, name = (match[1] or "").lower(), match[2]
        if article in ("a ", "an "):
            return article + _lowered(name, rest), _lowered(name, rest), False
        if article:
            shaped = " " in name and _is_name_shaped(name)
            name = name if shaped else _lowered(name, rest)
            return f"the {name}", name, name == title and title[:1].isupper()
        return _bare_name(name, rest)
    if _contains_in_order(opening, title) and _is_name_shaped(title):
        mentions = len(re.findall(rf"(?<![.!?] )\b{re.escape(title)}\b", rest))
        definite = len(
            re.findall(
                rf"\bthe {re.escape(title)}(?=[.,;)]| (?:is|was|in|and|to|has|had|for|by|at)\b)",
                rest,
            )
        )
        if definite and definite * 2 >= mentions:
            return f"the {title}", title, True
        return (title, title, True) if not opening.startswith("The ") else None
    return None


def _bare_name(name: str, rest: str) -> tuple[str, str, bool] | None:
    if _is_proper(name, rest):
        return f"the {name}" if _WITH_ARTICLE.search(name) else name, name, True
    lowered = name[:1].lower() + name[1:]
    small = len(re.findall(rf"\b{re.escape(lowered)}\b", rest))
    large = len(re.findall(rf"(?<=[a-z,] ){re.escape(name)}\b", rest))
    # Written both ways, as "Ubuntu" and "ubuntu": a name that somebody typed in haste, or none.
    return (lowered, lowered, False) if small > 2 * large else None


def _is_proper(name: str, rest: str) -> bool:
    """Whether it is written with a capital inside sentences too, and never without."""
    lowered = name[:1].lower() + name[1:]
    if re.search(rf"\b{re.escape(lowered)}\b", rest) and lowered != name:
        return False
    if _is_name_shaped(name) and " " in name:
        return True
    return bool(re.search(rf"[a-z,] {re.escape(name)}\b", rest)) or name.isupper()


def _is_name_shaped(name: str) -> bool:
    """Whether every long word has a capital: "Bank of England", not "Bank holiday"."""
    long_words = [word for word in re.findall(r"[^\W\d]+", name) if len(word) > 3]
    return bool(long_words) and all(word[0].isupper() for word in long_words)


def _lowered(name: str, rest: str) -> str:
    """The name as it stands behind its article, unless it is written small elsewhere."""
    lowered = name[:1].lower() + name[1:]
    kept = re.search(rf"[a-z,] {re.escape(name)}\b", rest) or _DAY.match(name)
    return lowered if not kept and re.search(rf"\b{re.escape(lowered)}\b", rest) else name


def _contains_in_order(opening: str, title: str) -> bool:
    parts = re.findall(r"\w+", title)
    return bool(re.search(r"\b.*?\b".join(map(re.escape, parts[:6])), opening))
