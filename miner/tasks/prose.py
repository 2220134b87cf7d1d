"""Whether a stretch of text can stand as an answer by itself: whole, and without residue.

Extraction leaves marks: empty brackets where a template was, "about long" where a measure was,
footnote numbers, table cells. A text with such a mark is not used as an output; nothing is mended
here, since an output is the document's own characters.
"""

# ruff: noqa: E501 - an alternative is easier to read on one line

from __future__ import annotations

import functools
import re

from miner.tasks.grammar import FINITE, fault
from miner.text import paragraphs, sentences, words

_FLAWS = {
    "empty_brackets": re.compile(r"\((?:born|died|b\.|d\.)\s*\)|[(\[（【][\s,;:–/-]*[)\]）】]|[(（][\s\u200e\u200f]?[,;:、–]|[,;]\s?\)|\w\s\)|;\s?\((?:born|\d)"),
    "lost_beginning": re.compile(r"^[,;:.)\]–-]"),
    "empty_quotes": re.compile(r"\(['’]\)|\"\"|“”|''|«\s*»|(?<=[ (])' (?:and|or|in) '(?=[ ,.)])"),
    "markup": re.compile(
        r"&(?:lt|gt|amp|nbsp|quot|#\d+);|\|\||\{\||\|\}|\[\[|\]\]|\{\{|\}\}|</?\w+[ >/]|\bformula_\d|"
        r"\bthumb\||\d+px\b|\|\s*[\w-]+\s*=|\b(?:File|Image|Category):\w|\[edit\]"
    ),
    "glued": re.compile(
        r"\.(?:(?<=[a-z]\.)p\.? ?\d|(?<=\bBC\.)p|(?<=[a-z)]\.)(?:He|She|It|They|The|In)\b)|"
        r"(?<=[a-z]{2})[.!?][\"”]?[A-Z][a-z]+ [A-Za-z]|"
        r" (?:(?<=[a-z]{3} )(?:He|She|They) (?:is|was|has|had|[a-z]+ed)\b|(?<=\w )(?:In|On) \d)|"
        r"\((?:(?:1\d{3}|20\d{2}){2}|(?:born )?\d+ \w+ \d{4} \d+ \w+ \d{4})\)|"
        r"\)(?:and|or|is|was|in|of)\b|(?<=[a-z])\[[a-z]|\b\d{4}[A-Z][a-z]|(?<=[A-Za-z])[\uac00-\ud7a3]"
    ),
    "footnote": re.compile(r"\[(?:\d{1,3}|[a-z]|note \d+|citation needed)\]"),
    "missing_word": re.compile(
        r"(?:(?<!\w)(?=\w)|(?=[,'’\d]))(?:"  # where an alternative can begin: few places
        r"\b(?:about|around|over|than|approximately|nearly|almost|between|roughly|At) (?:long|wide|tall|deep|"
        r"away|above|below|and|or|per|in length|(?:north|south)-?(?:east|west)? of|(?:east|west) of)\b|\b(?:area|population|height|length|elevation|width|"
        r"altitude|distance|speed|weight|depth|density) of (?:about )?(?:and|in|at|above|[,.;])|"
        r"\b(?:the|an)[.,;]|,\s*,|\bof of\b|\b(?:at|is|was|to|of|by|for|from|than) (?:above|below) sea|"
        r"(?<=[a-z] )[b-hj-z](?= (?:by|the|to|from|and|in|of|a)\b)|\b(?:it|is|are|was) ly\b|\bwith of\b|\bat least of (?!all|the|these|its)|['’] \(\d{4}|\bspoken:|\bpronounced [,.)]|\bat [.,;]|\ba [.,;]|\b(?:born|died) on (?:in|at|and)\b|"
        r"\b(?:covers|by) (?:and|between)\b|\b(?:[Tt]hese|two|three|four|five) s\b|"
        r"\band (?:is|are|was|were) (?:long|wide|tall|deep|away)[.,;]|"
        r"\bdensity of inhabitants\b|\bgrossing (?:in|on|over)\b|\b(?:is|was|are|were) of the total\b|"
        r"\ba \w+ly an? |\ban? -[a-z]|\d{4} \d{1,2} (?:January|February|March|April|May|June|July|August|"
        r"September|October|November|December)\b"
        r")",
    ),
    "loose_punctuation": re.compile(
        r"\w [,;.](?:\s|$)|\.\.(?!\.)(?<!\.\.\.)|[,;:]\s*[.,;]|[.)] [,;](?=\s)|\w\s[)\]]|[(\[]\s\w|\.['’][;,]|\w\s\.\w"
    ),
    "doubled": re.compile(
        r"\b([A-Z][a-z]+) \1\b|\b([A-Z]\w+) \(\w+\) (?i:\2)s?\b|"
        r"\b(about|the|an|a|and|or|of|to|for|with|from|in|on|by|at|as|is|was|are|were|be|has|have|he|she|it|they) \3\b"
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
    "cut": re.compile(r"(?:\.\.\.|…|\[…\])\s*$|\(truncated\)|\bread more\b|\bclick (?:here|the button)\b", re.IGNORECASE),
}  # fmt: skip

_SLIPS = re.compile(
    r"(?:(?<!\w)(?=\w)|(?=[.!?,]|[a-z],))(?:"  # where an alternative can begin: few places
    r"\bits (?:a|an|the|not|often|been|because)\b|\bit['’]s (?:own\b|\w+ (?:is|are|was|has)\b)"
    r"|\ba (?:NBA|NFL|NHL|MLS|FBI|MP|MBA)\b|\b(?:january|february|april|june|july|september|october|november|december)\b"
    r"|, (?:In|On|At|He|She|They) [a-z0-9]"
    r"|\bto for\b|\b[Tt]he only one \w+ (?:that|which)\b|\balso\b[^.\n]{0,40}\bas well\.|[a-z],[a-z]"
    r"|\b(?i:equipments|informations|furnitures|advices|knowledges|softwares|hardwares|homeworks)\b"  # codespell:ignore
    r"|\b(?:including|of) (?:worst|largest|biggest|highest|main|same) [a-z]+|\b(?:has|have|had) been always\b"
    r"|\b(?:ad|adn|nad|teh) the\b|(?:^|[.!?]\s)Except (?!for\b|that\b)"  # codespell:ignore
    r"|(?:^|[.!?]\s)(?:Other|Many|Several|These|Those|Both) (?:[a-z]+ )?[a-z]+[^\Wsui]s (?:is|was|has)\b"
    r"|(?<!of )(?<!of the )(?<!of these )\b(?!series|species|means|lens|always|perhaps)[a-z]{3,}[^\Wsui]s that (?:is|was|has|does|focuses|makes|gives|uses|contains)\b"
    r"|\b(?:of|with|in|for|by|to|from|on|into|under|and|held|lost|won|made|has|had|got|changed|all|both) it['’]s [a-z]+"
    r"|(?<!what )(?<!who )(?<!that )\b(?:were|was|are|is) (?:had|is|was|are|were|have|has)\b(?=\s[a-z])|\b(?:has|have|had) been \w+ been\b"
    r"|\b(?:much|many|less) of (?:them|people) (?:is|was)\b|\b(?:more better|most easiest|more easier)\b"
    r"|(?:^|[.!?] |, )(?i:he|she) (?:have|are|do)\b|(?:^|[.!?] |, )(?i:they|we) (?:was|is|has|does)\b"
    r"|\b(?i:langauges?|recieved?|occured|seperated?|definately|goverment|enviroment|begining|untill|wich|thier|"  # codespell:ignore
    r"beleived?|sucess\w*|comming|writen|tought|suprise\w*|neccessary|accomodate|adress|arguement|calender|commited|"  # codespell:ignore
    r"concious|existance|foriegn|happend|independant|knowlege|lenght|millenium|noticable|occurence|persistant|"  # codespell:ignore
    r"posession|prefered|publically|recomend\w*|refered|religous|rythm|succesful\w*|tendancy|tommorow|truely|wierd)\b"  # codespell:ignore
    r"|\b(?:says?|said|shows?|showed|finds? out|found out|thinks?|thought|knows?|knew|told (?:her|him|them)|means?|believes?|tells?|"
    r"say to \w+|says to \w+), that\b|\b(?:It|He|She|They) (?:begun|done|seen|been|gone|sung|drunk|swum|written)\b"
    r"|\b[Oo]ne of (?:major|main|most|largest|biggest|best|important|famous|oldest|first) "
    r"|\b(?:highest|largest|biggest|high|large) number of [A-Z]?[a-z]+ population\b|\bpeoples? (?:is|was|has)\b"
    r"|(?<!of )(?<!in )(?<!on )(?<!for )(?<!from )(?<!to )(?<!by )(?<!with )(?<!at )(?<!than )(?<!between )(?<!among )(?<!and )(?<!or )"
    r"(?<!around )(?<!over )(?<!under )(?<!against )(?<!about )(?<!into )(?<!like )(?<!as )(?<!near )(?<!all )(?<!across )"
    r"(?<!through )(?<!during )(?<!behind )\b(?:[Tt]he|[Tt]hese|[Ss]ome|[Mm]any|[Tt]hose|[Mm]ost|[Tt]wo|[Tt]hree) (?:[a-z]+ )?"
    r"(?!series|species|news|means|lens|diabetes|herpes|rabies|headquarters|politics|physics|ethics|outs|works|summons|barracks|"
    r"mumps|measles|goods|crossroads|gallows|times|[a-z]+ics\b)[a-z]{2,}(?:ies|[bcdfghklmnprtvwy]s|[cghtvdmlrn]es) (?:is|was|has|does)\b"
    r"|\b(?:is|are|was|were) (?:consist|compose|know|call|locate|situate|name|born in born|live|lives|play|plays|work|works)\b"
    r"|\b(?:did|does|do|can|could|will|would|should|must|may|might) not? ?(?:\w+ed|was|were|is|are|has|had|went|came|made|took)\b(?<!need)(?<!indeed)(?<!bed)(?<!feed)(?<!exceed)(?<!succeed)(?<!proceed)(?<!breed)(?<!bleed)(?<!speed)(?<!heed)"
    r"|\bto (?:was|were|is|are|has|had|went|came|made|took|became|began|got|won|lost|died|played|moved|used by)\b(?!-)"
    r"|\b(?:he|she|it|they|who) (?:go|come|make|take|begin|get|become|win|die|live|play|move|start) (?:to|in|at|for|with) \d"
    r"|\b(?:much|a lot of|lots of) (?:peoples|mans|childrens|womens)\b|\b(?:childrens|mans|womens|sheeps|fishs|deers|mens)\b"  # codespell:ignore
    r"|\b(?:hispanic|english|french|german|american|european|african|british|jewish|christian|muslim|islamic|spanish|italian|"
    r"russian|chinese|japanese|asian|canadian|australian|irish|scottish|mexican)\b(?! (?:fries|doors?|horns?|toast|windows?))"
    r"|\bcame to existence\b|\bin (?:the )?(?:year )?of \d{4}\b|\b(?:begins?|began|starts?) since\b|\bdespite of\b|\bmarried with\b"
    r"|\b(?:discuss|discussed|discusses) about\b|\bborn at [A-Z]|\bin the age of\b|\b(?:is|was) use (?:to|for|in|as)\b|\bbut however\b"
    r"|\bthe reason (?:is|was) because\b|\bdifferent than\b(?= [a-z]+ (?:is|was))|\b(?:an|a) (?:several|many|few of)\b|\bby the the\b"
    r"|\b(?:\d*[02-9])?[123]th\b|[a-z]\.\("
    r"|\bin to the\b|(?:^|[.!?]\s)(?:It|He|She|They) (?:in|an?|the|of|from|at) "
    r"|\bcould of\b|\bshould of\b|\balot\b"
    r"|\b(?:an) (?:[bcdfgjklmnpqrstvwyz][a-z]{2,})\b|\ba (?!and\b|are\b|equals\b|eu|ew|on[ce])[aeio][a-z]{2,}\b"
    r"|(?:^|[.!?]\s)(?:While|Although|Though|Whereas|Except|Founded|Born|Located|Built|Based|Known|Named) [^,.;:!?\n]{3,60}\.(?=\s|$)"
    r")",
    re.MULTILINE,
)
"""Slips of grammar that can be told by a few words: its for it's, a plural with "is", half a sentence."""

_JOINS = [
    "that",
    "which",
    "because",
    "when",
    "and",
    "but",
    "where",
    "if",
    "as",
    "while",
    "since",
    "so",
    "than",
    "what",
    "how",
    "whether",
    "until",
    "before",
    "after",
    "or",
    "though",
    "although",
    "once",
    "who",
    "whom",
    "whose",
    "unless",
    "why",
    "places",
    "place",
    "things",
    "thing",
    "all",
    "everything",
    "time",
    "way",
    "ways",
    "nor",
    "like",
    "lest",
    "said",
    "says",
    "say",
    "think",
    "thinks",
    "thought",
    "believe",
    "believes",
    "believed",
    "know",
    "knows",
    "knew",
    "show",
    "shows",
    "showed",
    "means",
    "found",
    "hope",
]
"""Words behind which "it is" begins no sentence of its own."""
_PRONOUN_VERB = re.compile(
    r"([\w’'-]+) (?:it|he|she|they) (?:is|was|are|were|has|had|have|can|will|also)\b"
)
_SPLICE = re.compile(
    r"[,;] (?:it|he|she|they|this|these|there|(?:its|his|her|their|the) \w+(?: \w+)?) "
    r"(?:is|was|are|were|has|had|have|can)\b"
)
_SUBORDINATE = re.compile(
    r"(?:^|[,;] )(?:When|If|As|While|Although|Though|Since|Because|After|Before|Until|Once|Where|In|On|At|For|From|By|"
    r"During|With|Without|Unlike|Like|Under|Over|Through|To|Today|Later|Then|Now|Also|However|Instead|Usually|Often|"
    r"Sometimes|According|Despite|Due|Even|Among|Between|Of|Until|Unless|Whenever|Wherever|Thus|Therefore|So)\b",
    re.IGNORECASE,
)

_ADDRESS = re.compile(r"\b(?:you|your|we|our|us|i|my)\b", re.IGNORECASE)


@functools.lru_cache(maxsize=256)
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


@functools.lru_cache(maxsize=64)
def slip(text: str) -> str:
    """Where English shows that its writer was not at home in it, or in haste; or empty.

    Asked of whole documents: where one sentence has such a fault, others have some that no rule sees.
    """
    found = _SLIPS.search(text)
    return " ".join(found.group().split()) if found else fault(text)


def run_on(sentence: str) -> bool:
    """Whether two sentences were run into one: "it lies in Africa it is hot", "a hill, it is high"."""
    bare = re.sub(r"[\"“][^\"”]*[\"”]", "", sentence)
    if any(match[1].lower() not in _JOINS for match in _PRONOUN_VERB.finditer(bare)):
        return True
    splice = _SPLICE.search(bare)
    return splice is not None and not _SUBORDINATE.search(bare[: splice.start() + 1])


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
        count = len(words(line))
        if count < 6:
            return "short_line"
        if count < 12 and not FINITE.search(line):
            return "no_verb"
    return ""


def speaks_to_reader(text: str) -> bool:
    """Whether it says "you" and "we": it sells or chats more often than it treats of a subject."""
    return len(_ADDRESS.findall(text)) > 2


def size(text: str) -> tuple[int, int, int]:
    """Words, sentences and paragraphs of English text."""
    return len(words(text)), len(sentences(text, "en")), len(paragraphs(text))
