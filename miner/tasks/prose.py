"""Whether a stretch of text can stand as an answer by itself: whole, and without residue.

Extraction leaves marks: empty brackets where a template was, "about long" where a measure was,
footnote numbers, table cells. A text with such a mark is not used as an output; nothing is mended
here, since an output is the document's own characters.
"""

# ruff: noqa: E501 - an alternative is easier to read on one line

from __future__ import annotations

import re

from miner.text import paragraphs, sentences, words

_FLAWS = {
    "empty_brackets": re.compile(r"\((?:born|died|b\.|d\.)\s*\)|[(\[（【][\s,;:–/-]*[)\]）】]|[(（][\s\u200e\u200f]?[,;:、–]|[,;]\s?\)"),
    "lost_beginning": re.compile(r"^[,;:.)\]–-]"),
    "empty_quotes": re.compile(r"\(['’]\)|\"\"|“”|''|«\s*»|(?<=[ (])' (?:and|or|in) '(?=[ ,.)])"),
    "markup": re.compile(
        r"&(?:lt|gt|amp|nbsp|quot|#\d+);|\|\||\{\||\|\}|\[\[|\]\]|\{\{|\}\}|</?\w+[ >/]|\bformula_\d|"
        r"\bthumb\||\d+px\b|\|\s*[\w-]+\s*=|\b(?:File|Image|Category):\w|\[edit\]"
    ),
    "glued": re.compile(r"\b\d{4}[A-Z][a-z]|[a-z]\.p\.? ?\d|\bBC\.p|[a-z]{2}[.!?][\"”]?[A-Z][a-z]+ [A-Za-z]|"
        r"\((?:1\d{3}|20\d{2}){2}\)|[a-z]\[[a-z]|[a-z)]\.(?:He|She|It|They|The|In)\b|"
        r"\((?:born )?\d+ \w+ \d{4} \d+ \w+ \d{4}\)|[a-z]{3,} (?:He|She|They) (?:is|was|has|had|[a-z]+ed)\b|"
        r"\w (?:In|On) \d|\)(?:and|or|is|was|in|of)\b|[A-Za-z][\uac00-\ud7a3]"
    ),
    "footnote": re.compile(r"\[(?:\d{1,3}|[a-z]|note \d+|citation needed)\]"),
    "missing_word": re.compile(
        r"\b(?:about|around|over|than|approximately|nearly|almost|between|roughly) (?:long|wide|tall|deep|"
        r"away|above|below|and|or|per|in length)\b|\b(?:area|population|height|length|elevation|width|"
        r"altitude|distance|speed|weight|depth|density) of (?:about )?(?:and|in|at|above|[,.;])|"
        r"\b(?:the|an)[.,;]|,\s*,|\bof of\b|\b(?:at|is|was|to|of|by|for|from|than) (?:above|below) sea|"
        r"\bspoken:|\bpronounced [,.)]|\bat [.,;]|\ba [.,;]|\b(?:born|died) on (?:in|at|and)\b|"
        r"\b(?:covers|by) (?:and|between)\b|\b(?:[Tt]hese|two|three|four|five) s\b|"
        r"\ba \w+ly an? |\ban? -[a-z]|\d{4} \d{1,2} (?:January|February|March|April|May|June|July|August|"
        r"September|October|November|December)\b",
    ),
    "loose_punctuation": re.compile(r"\w [,;.](?:\s|$)|\.\.(?!\.)(?<!\.\.\.)|[,;:]\s*[.,;]"),
    "doubled": re.compile(
        r"\b([A-Z][a-z]+) \1\b|\b([A-Z]\w+) \(\w+\) (?i:\2)s?\b|"
        r"\b(about|the|an|a|and|of|to|for|with|from|in|is|was) \3\b"
    ),
    "disagreeing": re.compile(  # "a fast-moving venomous snakes of": an edit left half done
        r"\b(?:is|was) an? (?:(?!(?:who|that|which|to|of|for|in|with|and|used)\b)[\w-]+ ){1,3}"
        r"(?!series|species|means|lens)\w+[^\Wsui]s (?:of|that)\b"
    ),
    "lost_list": re.compile(r":[ \t]*\n+(?![ \t]*[-*•\d\"“])"),
    "heading_left": re.compile(r"^[A-Z][^.!?\n]{3,70} \([^()\n]*\d{3}[^()\n]*\)\.$", re.MULTILINE),
    "out_of_date": re.compile(
        r"\bwill\b[^.\n]{0,40}\b(?:in|from|until|by) 20[01]\d\b|\bin 20[01]\d,? \w+ will\b"
    ),
    "self_reference": re.compile(
        r"\b(?:shown|seen|pictured|listed) (?:below|above|here)\b|\bSee also\b|"
        r"\b[Tt]his (?:article|page) (?:is|deals|covers|describes|concerns|lists|explains)\b"
    ),
    "broken_characters": re.compile("\ufffd|â€|Ã[\u00a0-\u00bf]"),
    "link": re.compile(r"https?://|\bwww\.|\bISBN\b|©|@\w|\.com\b", re.IGNORECASE),
    "coordinates": re.compile(r"\(-?\d+\.\d{3,}|\d+°\d*[′']"),
    "cut": re.compile(r"(?:\.\.\.|…|\[…\])\s*$|\(truncated\)|\bread more\b|\bclick here\b", re.IGNORECASE),
}  # fmt: skip

_SLIPS = re.compile(
    r"\bits (?:a|an|the|not|often|been|because)\b|\bit['’]s (?:own\b|\w+ (?:is|are|was|has)\b)"
    r"|\ba (?:NBA|NFL|NHL|MLS|FBI|MP|MBA)\b|\b(?:january|february|april|june|july|september|october|november|december)\b"
    r"|, (?:In|On|At|He|She|They) [a-z0-9]"
    r"|\bto for\b|\b[Tt]he only one \w+ (?:that|which)\b|\balso\b[^.\n]{0,40}\bas well\.|[a-z],[a-z]"
    r"|\b(?i:equipments|informations|furnitures|advices|knowledges|softwares|hardwares|homeworks)\b"  # codespell:ignore
    r"|\b(?:including|of) (?:worst|largest|biggest|highest|main|same) [a-z]+|\b(?:has|have|had) been always\b"
    r"|\b(?:ad|adn|nad|teh) the\b|(?:^|[.!?]\s)Except (?!for\b|that\b)"  # codespell:ignore
    r"|(?:^|[.!?]\s)(?:Other|Many|Several|These|Those|Both) (?:[a-z]+ )?[a-z]+[^\Wsui]s (?:is|was|has)\b"
    r"|(?<!of )(?<!of the )(?<!of these )\b(?!series|species|means|lens|always|perhaps)[a-z]{3,}[^\Wsui]s that (?:is|was|has|does|focuses|makes|gives|uses|contains)\b"
    r"|(?:^|[.!?]\s)(?:While|Although|Though|Whereas|Except|Founded|Born|Located|Built|Based|Known|Named) [^,.;:!?\n]{3,60}\.(?=\s|$)",
    re.MULTILINE,
)
"""Slips of grammar that can be told by a few words: its for it's, a plural with "is", half a sentence."""

_ADDRESS = re.compile(r"\b(?:you|your|we|our|us|i|my)\b", re.IGNORECASE)


def flaw(text: str) -> str:
    """The first kind of residue found in a text, or empty."""
    for name, pattern in _FLAWS.items():
        if pattern.search(text):
            return name
    if text.count("(") != text.count(")") or text.count("[") != text.count("]"):
        return "unbalanced_brackets"
    if text.count('"') % 2 or text.count("“") != text.count("”"):
        return "unbalanced_quotes"
    return ""


def slip(text: str) -> str:
    """Where English shows that its writer was not at home in it, or in haste; or empty.

    Asked of whole documents: where one sentence has such a fault, others have some that no rule sees.
    """
    found = _SLIPS.search(text)
    return " ".join(found.group().split()) if found else ""


def incomplete(text: str) -> str:
    """Why a text is no whole piece of prose that a person could have given as an answer, or empty.

    It must begin like a sentence, end like one, and hold nothing but prose in between.
    """
    if not text or not (text[0].isupper() or text[0].isdigit() or text[0] in "\"“'‘¿¡"):
        return "no_beginning"
    if not re.search(r"[.!?。！？][\"”’')\]]*$", text):
        return "no_end"
    if re.match(
        r"(?:He|She|It|They|This|These|His|Her|Their|Its|However|But|And|Then|Also)\b", text
    ):
        return "no_antecedent"
    return flaw(text)


def is_listing(text: str) -> bool:
    """Whether most of its lines are entries rather than sentences."""
    lines = [text[a:b] for a, b in paragraphs(text)]
    short = sum(len(words(line)) < 8 for line in lines)
    return len(lines) > 2 and short * 2 > len(lines)


def broken_line(text: str) -> str:
    """Why a line shows that something was lost or is no prose: a heading, a list's stub; or empty."""
    for start, end in paragraphs(text):
        line = text[start:end]
        if not re.search(r"[.!?][\"”’')\]]*$", line):
            return "line_without_end"
        if len(words(line)) < 6:
            return "short_line"
    return ""


def speaks_to_reader(text: str) -> bool:
    """Whether it says "you" and "we": it sells or chats more often than it treats of a subject."""
    return len(_ADDRESS.findall(text)) > 2


def size(text: str) -> tuple[int, int, int]:
    """Words, sentences and paragraphs of English text."""
    return len(words(text)), len(sentences(text, "en")), len(paragraphs(text))
