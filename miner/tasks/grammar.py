"""Faults of English that a few words give away, so that a text is no model to learn from.

Each pattern is narrow, and refuses some good sentences all the same: a document that is passed over
costs little, an answer in broken English teaches it.
"""

# ruff: noqa: E501 - an alternative is easier to read on one line

from __future__ import annotations

import re

from miner.dates import MONTHS
from miner.text import sentences, words

_MONTH = f"(?:{MONTHS})"
_NO_PAST = r"(?!(?:need|feed|succeed|proceed|exceed|speed|bleed|breed|heed|seed|shed|wed|embed|bed|indeed)\b)"
"""Words on "ed" that are no past tense."""

FAULTS = {
    "verb_form": (
        r"\b(?:was|were|is|are) be\b"
        r"|\b(?:has|have|had) been (?:appeared|died|become|gone|come|happened|existed|arrived|always)\b"
        rf"|\b(?:did|does|do)(?:n['’]t| not) {_NO_PAST}\w+ed\b"
        rf"|\b(?:can|could|will|would|should|must|may|might) {_NO_PAST}[a-z]+ed\b"
        r"|\b(?:can|could|will|would|should|must|might) (?:is|are|was|were|has|had|made|went|used|took|began|got)\b"
        r"|\b(?:is|are|was|were|be|been|being) (?:call|use|make|know|find|locate|situate|name|consider|include|belong|consist)\b"
        r"|\b(?:are|were|has|have) (?:consists?|belongs?|contains?|becomes)\b"
        r"|(?:^|[.!?] )(?:He|She|It) (?:are|were|have|do|go|make|live|come|become)\b"
        r"|(?<!of )\b(?:[Tt]hey|[Ww]e|[Tt]hese|[Tt]hose) (?:is|was|has|does)\b|(?<!of )\bpeople (?:is|was|has)\b|\bI (?:is|are|has)\b"
        r"|\b[Tt]here (?:is|was|has been) (?:many|several|two|three|four|five|six|various|some \w+s|reports|lots)\b"
        r"|\b(?:[Tt]here|[Ii]t) (?:other|another|many|no|been)\b(?! way)|(?<!is )(?<!was )(?<!are )(?<!were )(?<!be )(?<!but )(?<!if )(?<!though )(?<! and )(?<! or )(?<!, )(?<!“)\bnot the (?:same|only|first|best)\b|\bto (?:was|were|is|are|been|had|has)\b|\bfor to [a-z]+"
        r"|\b[a-z]+s which (?:is|was|has)\b(?<!ss which is)"
    ),
    "comparison": (
        r"\bmost (?!honest|modest|interest|earnest|dishonest|forest|west|east|rest|harvest|guest|contest)\w{3,}est\b"
        r"|\bmore (?:better|bigger|larger|older|easier|faster|higher|lower|smaller|stronger|younger|closer|harder|earlier|cheaper)\b"
        r"|\b(?:more|less|rather|other|better|larger|bigger|smaller|older|younger|higher|lower|greater|fewer|different) then\b(?!,)"
        r"|\b[Oo]ne of the (?:most [a-z]+|[a-z]+est|first|main|major|best) (?!(?:people|men|women|children|media|fish|species|known|and|or|most|best|in|to|of|ever)\b)[a-z]+(?<!s) (?:of|in|from|that|who|for|on|at|by|with|to)\b"
        r"|\bas same as\b|\bsame (?:way )?like\b"
    ),
    "article": (
        r"\ba (?=[aeio][a-z])(?!eu|ewe|one|once|oui)[a-z]+|\ba un(?!i|a |anim)[a-z]+|(?:^|[.!?] )A (?=[aeio][a-z])(?!eu|ewe|one|once|oui)[a-z]+"
        r"|\b[Aa]n (?=[bcdfgjklmnpqrtvwyz][a-z])[a-z]+"
        r"|\ba (?:other|these|some|women|men|many(?! a\b)|several)\b(?!['’-])|\ban other\b"
        r"|\b(?:a|an) (?:the|a|an|his|her|their|its|this|in|of|at|to|by|from)\b(?!['’-])|\bthe (?:a|an|the)\b"
        r"|\b(?:is|was|became) (?:American|British|English|French|German|Italian|Spanish|Russian|Japanese|Chinese|Indian|Canadian|Australian|former|type|kind|name) (?!and\b|or\b|in\b|by\b|to\b|but\b|than\b|for\b|at\b|of the\b|because\b|with\b|as\b|on\b|from\b|since\b|when\b)[a-z]+"
        r"|\b(?:is|was|became) (?:second |third |fourth )?(?:largest|biggest|highest|oldest|longest) [a-z]+(?<!in)(?<!at)(?<!when)"
        r"|\b(?:[Ii]n|[Dd]uring|[Ss]ince|[Bb]y) (?:1[5-9]|20)\d0['’]?s\b"
        r"|\b(?:[Ii]n|from|to) (?:United States|United Kingdom|Soviet Union|Netherlands|Philippines|Middle East|USA|UK)(?=[.,;]| (?:in|and|on|at|with|for|from|to|as|by)\b|['’]s)"
    ),
    "preposition": (
        rf"\b[Oo]n {_MONTH},? \d{{4}}\b|\b[Ii]n {_MONTH} \d{{1,2}}(?:st|nd|rd|th)?\b"
        r"|\bprevent against\b|\bmarried with\b|\baccused for\b|\bdiscuss(?:ed|es)? about\b|\bdespite of\b|\b(?:near|around|in|of|from|since|by|during|until|to) \d{1,2}(?:st|nd|rd|th) [Cc]entur|\b[Ii]n \d{4}[-–]\d{2,4}\b|\d[-–]\d+ century|\d% (?:people|patients|population)|\bconsists? from\b|\b(?:composed|consisting) by\b"
        r"|\barrived to\b|\bgraduated (?:high school|college|university)\b|\bborn at \d|\bin the age\b|\b(?:similar|close) with\b|\bknown like\b|\bbecause (?:there|the|a|an) (?:no|are|is|was|were)\b(?<!there is)(?<!there are)(?<!there was)(?<!there were)"
        r"|\b(?:of in|of to|of with|with of|by of|in of|(?<!referred )(?<!alluded )to in|to at|at to|for in(?= [A-Z])|to of|for of|from of|from in(?= [A-Z])|lies at of|about of|of of|with and|of and)\b"
    ),
    "case": (
        r"\b(?:english|french|german|spanish|italian|american|british|christians?|european|african|asian|japanese|chinese|russian|jewish|jews|muslims?|indian|islamic|internet explorer|wikipedia|monday|tuesday|wednesday|thursday|friday|saturday|sunday)\b(?! fr(?:y|ies)\b| horn\b| toast\b| measles\b)(?![./])"
        r"|\b(?:IN|AT|ON) \d|\b(?:but|and|also) A [a-z]+|(?<=[a-z,] )(?:And|But|With|It|He|She|They|There|Which) [a-z]+\b"
        r"|[;,] (?:In|The|It|He|She|They|There|When|After|However|Also|On|At|But|And|This|Because|His|Her|Its|Their) [a-z]"
        r"|[a-z]{4,}\. (?!com\b|org\b|net\b)[a-z]{2,}\b|[a-z]{2}[”\"]\. [a-z]"
        r"|\bi (?:am|was|have|think)\b"
    ),
    "joining": (
        r"\b(?:[Aa]lthough|[Tt]hough|[Dd]espite|[Bb]ecause) [^.,;]{5,80}, (?:but|so)\b"
        r"|\bdue (?:is|was|were|he|she|they|it)\b|\bdue [a-z]+ due\b|\bdue to the (?:he|she|they|it|is|was)\b"
        r"|\b(?:and|or|but) (?:and|or|but)\b|\b(?:they|it|he|she) maybe\b|\b[Hh]owever (?:it|he|she|they|the|this|in) [^,.]{3,}"
        r"|\band etc\b|\bect\.|\b[Aa]lso,? also\b|, (?:therefore|however|thus) (?:it|he|she|they|the|this) "
    ),
    "spelling": (
        r"\b(?:alot|[Tt]hier|wich|recieve\w*|untill|seperate\w*|occured|occurence|begining|goverment\w*|enviroment\w*|beleive\w*|acheive\w*|definately|independant|existance|accross|agains|becuase|becouse|diffrent|familys|foward|happend|wierd|lenght|neccessary|noticable|orginal\w*|paralel|posession|prefered|refered|succesful\w*|sucessful\w*|tommorow|writen|writting|wheter|hisself|theirself|themselfs|childs|mens|womens|abit|aswell|infact|inspite|alright|comming|togheter|teh|could of|would of|should of|must of|gonna|wanna)\b"  # codespell:ignore
    ),
    "number": (
        r"\b(?:many|several|various|few|numerous) (?:a|an|is|was|his)\b|\b(?:this|each|every|another) (?:people|men|women|children|things|animals|countries|games|books|cities)\b"
        r"|\b(?:many|several|various|numerous|these|those|two|three|four|five|six|seven|eight|nine|ten) (?:[a-z]+ )?(?:player|country|person|game|book|movie|film|song|album|animal|plant|village|island|language|kind|thing|place|area|child|woman|man|brother|sister|title|award)\b(?![-'’])(?! (?:series|league|record|contract|deal)\b)"
        r"|\$[\d.,]+ (?:million |billion )?dollars\b|\bmuch (?:people|cities|countries|players|books|games|animals|things|songs|movies|words)\b"
        r"|\b(?:a|an|one|each|every|another) (?:players|countries|cities|persons|movies|films|songs|albums|animals|plants|villages|islands|languages|kinds|things|places)\b(?!['’])"
    ),
}
"""Kind of fault to the pattern that shows it."""

_FAULT = re.compile("|".join(FAULTS.values()), re.MULTILINE)
FINITE = re.compile(
    r"\b(?:am|is|are|was|were|be|been|being|has|have|had|can|could|will|would|may|might|must|shall|should|do|does|did|"
    r"[a-z]{2,}ed|ate|beat|became|began|bore|bought|broke|brought|built|came|caught|chose|cost|cut|dealt|drank|drew|drove|"
    r"dug|fed|fell|felt|fled|flew|forgot|fought|found|gave|got|grew|heard|held|hid|hit|hung|hurt|kept|knew|laid|lay|led|"
    r"left|lent|let|lit|lost|made|meant|met|paid|put|quit|ran|rang|read|rode|rose|said|sang|sank|sat|saw|sent|set|shone|"
    r"shook|shot|shut|slept|sold|spent|split|spoke|spread|stole|stood|struck|stuck|swam|swung|taught|threw|told|took|"
    r"understood|went|woke|won|wore|wrote|[a-z]{3,}(?<!ou)s|[a-zA-Z]+['’](?:s|re|m|ll|d|ve))\b"
)
"""What a sentence has: words that may be its verb."""
_OPENER = re.compile(
    r"(?:In|On|At|By|During|With|Without|Under|From|To|Despite|According|Like|Unlike|For|Over|Among|Between|Through|Of)\b"
)
_TIE = re.compile(
    r"\b(?:when|whenever|while|if|as|although|though|because|since|after|before|until|once|where|who|which|that|what|"
    r"how|whether|unless|said|says|either|neither|both)\b",
    re.IGNORECASE,
)
_MAIN_VERB = re.compile(r"\b(?:is|are|was|were|has|have|had|can|became|[a-z]{3,}ed)\b")
_NEXT_CLAUSE = re.compile(
    r", (?:it|they|he|she|this|these|there|the [a-z]+(?: [a-z]+)?) (?:also )?"
    r"(?:is|are|was|were|has|have|had|can|became)\b"
)


def fault(text: str) -> str:
    """The words of the first fault found in an English text, or empty."""
    found = _FAULT.search(text)
    if found:
        return " ".join(found.group().split())
    for start, end in sentences(text, "en"):
        sentence = text[start:end]
        if spliced := _spliced(sentence):
            return spliced
        if sentence[-1:] == "." and len(words(sentence)) > 7 and not FINITE.search(sentence):
            return f"no verb: {sentence}"
    return ""


def _spliced(sentence: str) -> str:
    """Where two sentences have but a comma between them ("It is old, it was sold"); or empty."""
    clause = _NEXT_CLAUSE.search(sentence)
    if not clause or any(mark in sentence for mark in '"“;:'):
        return ""
    before = sentence[: clause.start()]
    # A first clause that no other word opens or ties to the next stands by itself.
    tied = _OPENER.match(before) or _TIE.search(before)
    return "" if tied or not _MAIN_VERB.search(before) else clause.group().strip(", ")
