"""Questions for the headings that reference articles share, and the words that a true answer has.

A heading promises, and its section may go elsewhere: under "Death" stands a will, under "Career" a
birth. So each heading says what a section that keeps the promise mentions; one that does not is
not asked for. Headings whose sections nobody can tell so ("Background", "Legacy") are not here.
"""

# ruff: noqa: E501 - an alternative is easier to read on one line

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

    from miner.tasks.subject import Subject


@dataclass(frozen=True)
class Heading:
    """How a section is asked for, and what shows that it answers.

    In the wordings {of} is the subject as running text names it; {the} is the kind ("the volcano"),
    or the name. `told` stands somewhere in the section, in any case.
    """

    told: re.Pattern[str]
    wordings: tuple[str, ...]


def _row(told: str, *wordings: str) -> Heading:
    return Heading(re.compile(rf"(?:{told})", re.IGNORECASE), wordings)


_SCHOOL = r"\b(?:school|universit|colleg|degree|studied|educated|graduat|academy)"
_YOUTH = r"\b(?:born|grew up|raised|parents|father|mother|childhood|family|brothers?|sisters?)\b"
_HOME = r"\b(?:married|marri|wife|husband|children|sons?|daughters?|divorc|partner|lives? in|lived|dating|engaged|relationship|gay|lesbian|family|religio|fan of)\b|\bmarri"
_DEATH = r"\b(?:died|death|killed|murder|suicide|assassinat|executed|funeral|buried)"
_YEAR = r"\b(?:1\d{3}|20[012]\d|\d{1,2}(?:st|nd|rd|th) century|BC|AD)\b"
_CAREER = rf"\A(?!(?s:.*)\bwas born\b)(?s:.*){_YEAR}"

_ANY = {
    "history": _row(_YEAR, "What is the history of {the}?", "Tell me about the history of {the}."),
    "origin": _row(r"\b(?:origin|first|came from|comes from|began|invented|created)", "What is the origin of {the}?"),
    "origins": _row(r"\b(?:origin|first|came from|comes from|began|invented|created)", "What are the origins of {the}?"),
    "etymology": _row(r"\b(?:name|word|term|comes from|derive|means)", "Where does the name of {the} come from?", "What is the origin of the name of {the}?"),
    "name": _row(r"\b(?:named|comes from|derive|means|called)", "How did {the} get its name?"),
    "geography": _row(r"\b(?:km|miles?|rivers?|mountains?|borders?|north|south|east|west|located|coast|area|sea level)", "Describe the geography of {the}.", "What is the geography of {the} like?"),
    "climate": _row(r"\b(?:temperature|rain|winter|summer|climate|dry|humid|cold|warm)", "What is the climate of {the} like?", "Describe the climate of {the}."),
    "economy": _row(r"\b(?:industr|econom|farm|agricultur|export|tourism|trade|factor|companies|jobs|product)", "What is the economy of {the} based on?", "Describe the economy of {the}."),
    "geology": _row(r"\b(?:rocks?|volcan|limestone|sandstone|granite|plates?|lava|erosion|fault)", "Describe the geology of {the}.", "What is known about the geology of {the}?"),
    "composition": _row(r"\b(?:contain|made (?:up )?of|consist|compos)", "What is {the} made of?"),
    "classification": _row(r"\b(?:classif|class|genus|genera|famil|species|order|group|types?)", "How is {the} classified?"),
    "properties": _row(r"\b(?:is|are|has|have|can)\b", "What are the properties of {of}?", "Describe the main properties of {of}."),
    "characteristics": _row(r"\b(?:is|are|has|have|can)\b", "What are the main characteristics of {of}?"),
    "uses": _row(r"\bus(?:e|es|ed|ing)\b", "What are the uses of {of}?", "What can {of} be used for?"),
    "causes": _row(r"\b(?:caus|because|due to|result|led to|reason)", "What are the causes of {of}?", "Explain the causes of {of}."),
    "cause": _row(r"\b(?:caus|because|due to|result|led to|reason)", "What is the cause of {of}?"),
    "effects": _row(r"\b(?:effect|caus|lead|damage|result|affect)", "What are the effects of {of}?"),
    "symptoms": _row(r"\b(?:symptom|pain|fever|include|feel|sign)", "What are the symptoms of {of}?"),
    "signs and symptoms": _row(r"\b(?:symptom|pain|fever|include|feel|sign)", "What are the signs and symptoms of {of}?"),
    "diagnosis": _row(r"\b(?:diagnos|test|scan|x-ray|examine|examination)", "How is {of} diagnosed?"),
    "treatment": _row(r"\b(?:treat|medic|drug|surgery|therap|cure)", "How is {of} treated?"),
    "prevention": _row(r"\b(?:prevent|avoid|vaccin|protect|reduce)", "How can {of} be prevented?"),
    "prognosis": _row(r"\b(?:surviv|recover|die|death|outlook|prognosis|live)", "What is the outlook for people with {of}?"),
    "habitat": _row(r"\b(?:lives?|found|habitat|inhabit|occurs?|grows?|forests?|seas?)\b", "What is the habitat of {the}?", "Describe the habitat of {the}."),
    "diet": _row(r"\b(?:eats?|eating|feeds?|diet|prey|food)\b", "What does {the} eat?", "Describe the diet of {the}."),
    "reproduction": _row(r"\b(?:eggs?|young|birth|breed|mat(?:e|es|ing)|offspring|seeds?|spores?|pups)\b", "How does {the} reproduce?"),
    "life cycle": _row(r"\b(?:eggs?|larva|pupa|adult|stages?|spores?|hatch)", "Describe the life cycle of {the}."),
    "appearance": _row(r"\b(?:colou?r|black|white|brown|grey|gray|red|long|large|small|feathers|fur|head|legs|cm|inches|weigh)", "What does {the} look like?", "Describe the appearance of {the}."),
    "plot": _row(r"", "What is the plot of {the}?", "Summarize the plot of {the}."),
    "gameplay": _row(r"\b(?:player|play|game|level|control)", "Describe the gameplay of {the}."),
    "reception": _row(r"\b(?:review|critic|rating|rated|sold|copies|box office|award|chart|praise|score)", "How was {the} received?", "Describe the reception of {the}."),
    "aftermath": _row(r"", "What was the aftermath of {the}?"),
    "damage": _row(r"\b(?:damage|destroy|flood|lost|killed|homes|houses)", "What damage did {the} do?"),
    "discovery": _row(r"\b(?:discover|found|first)", "How was {the} discovered?", "Tell me about the discovery of {the}."),
    "criticism": _row(r"\b(?:critic|argue|blam|accus|against|controvers)", "What criticism has been made of {the}?"),
    "advantages": _row(r"", "What are the advantages of {of}?"),
    "disadvantages": _row(r"", "What are the disadvantages of {of}?"),
    "government": _row(r"\b(?:govern|council|mayor|president|parliament|elect|minister)", "How is {the} governed?"),
    "in popular culture": _row(r"\b(?:movie|film|book|song|novel|game|series|television|episode|play)", "How has {the} appeared in popular culture?"),
    "demographics": _row(r"\b(?:people|population|census|residents)", "What are the demographics of {the}?"),
    "population": _row(r"\b(?:people|population|census|residents)", "What is known about the population of {the}?"),
    "religion": _row(r"\b(?:religio|christian|muslim|catholic|church|buddhis|hindu|islam|jew)", "What is known about religion in {the}?"),
    "education": _row(_SCHOOL, "What schools and universities are there in {the}?"),
    "behavior": _row(r"\b(?:hunt|active|nocturnal|social|solitary|groups?|night|territor|aggressive|feed|alone)", "Describe the behavior of {the}."),
    "behaviour": _row(r"\b(?:hunt|active|nocturnal|social|solitary|groups?|night|territor|aggressive|feed|alone)", "Describe the behaviour of {the}."),
}  # fmt: skip
_PERSON = {
    "early life": _row(_YOUTH, "What was the early life of {of} like?", "Tell me about the early life of {of}."),
    "early years": _row(_YOUTH, "What were the early years of {of} like?"),
    "early life and education": _row(_YOUTH, "What is known about the early life and education of {of}?"),
    "childhood": _row(_YOUTH, "What was the childhood of {of} like?", "Tell me about the childhood of {of}."),
    "career": _row(_CAREER, "Describe the career of {of}.", "Tell me about the career of {of}."),
    "early career": _row(_CAREER, "Describe the early career of {of}."),
    "political career": _row(r"\b(?:elect|minister|president|governor|mayor|senat|parliament|party|council)", "Describe the political career of {of}."),
    "military career": _row(r"\b(?:army|navy|air force|general|officer|war|regiment|command)", "Describe the military career of {of}."),
    "personal life": _row(_HOME, "What is known about the personal life of {of}?", "Tell me about the personal life of {of}."),
    "family": _row(_HOME, "What is known about the family of {of}?"),
    "death": _row(_DEATH, "What is known about the death of {of}?", "Tell me about the death of {of}."),
    "education": _row(_SCHOOL, "What education did {of} have?", "Where did {of} study?"),
    "reign": _row(r"\b(?:king|queen|emperor|throne|reign|rule|war|crown)", "Describe the reign of {of}."),
    "awards": _row(r"\b(?:award|prize|medal|won|honou?r|nominat)", "What awards has {of} received?"),
    "early life and career": _row(_YOUTH, "Describe the early life and career of {of}."),
}  # fmt: skip
_PLACE_ONLY = {
    "religion", "education", "population", "geography", "climate", "economy", "demographics",
    "government",
}  # fmt: skip


def ask(heading: str, body: str, subject: Subject, rng: random.Random) -> str:
    """A question that the section below this heading answers; empty if none is known to fit."""
    key = heading.strip().lower()
    row = (_PERSON if subject.person else _ANY).get(key)
    if row is None or not row.told.search(body):
        return ""
    if key in _PLACE_ONLY and not (subject.proper or subject.person):
        return ""
    wording = rng.choice(row.wordings)
    if subject.verb in ("are", "were") or re.search(r"[^s]s$", subject.bare):
        wording = _plural(wording)
    return wording.replace("{of}", subject.phrase).replace("{the}", subject.definite)


def _plural(wording: str) -> str:
    """For a subject in the plural; empty where the wording would stay in the singular."""
    wording = wording.replace("does {the}", "do {the}").replace("is {the} ", "are {the} ")
    singular = re.search(r"\b(?:is|was|does|did|has) \{|\bits\b", wording)
    return "" if singular else wording
