"""Asks how something is done; the answer is a how-to record's steps, as they stand."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from miner.tasks.finding import annotate, dice, whole
from miner.tasks.structure import language_of
from miner.text import words
from miner.types import Rejected, Task, Writing

if TYPE_CHECKING:
    from miner.types import Annotation, Case, Document, Mining, Span

_HOW = (
    "How do I {do}?",
    "How can I {do}?",
    "Explain step by step how to {do}.",
    "Give me step-by-step instructions to {do}.",
    "What are the steps to {do}?",
    "I want to {do}. Walk me through it.",
    "Write a how-to guide: how to {do}.",
    "What is the best way to {do}? List the steps.",
)
_STEPS = (
    "Explain how to {do} in {n} steps.",
    "List {n} steps to {do}.",
    "How do I {do}? Give me {n} steps.",
    "Describe in {n} steps how to {do}.",
)
_WAYS = (
    "Describe {n} ways to {do}, each with its steps.",
    "What are {n} ways to {do}? Give the steps of each.",
    "I would like to {do}. Show me {n} ways to go about it, step by step.",
)
_ONE_WAY = (
    "How do I {do}? Use this way: {method}.",
    "Explain step by step how to {do}, by this method: {method}.",
    "Give me the steps to {do} this way: {method}.",
)
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_TITLE = re.compile(r"how to (?P<do>[a-z].*?)[.!?]?", re.IGNORECASE)
_YOU = re.compile(r"\b(?:yourself|yours|your|you're|you)\b", re.IGNORECASE)
_MY = {"your": "my", "yourself": "myself", "you": "I", "yours": "mine", "you're": "I'm"}


@dataclass(frozen=True)
class HowToSteps:
    """Needs documents of the source `how_to`: the places of steps and methods stand in their meta.

    Titles are turned into a request by templates (LongForm's structured corpora).
    """

    needs_model: ClassVar[bool] = False
    min_steps: int = 2
    max_words: int = 1500
    methods: int = 2
    """Most examples of a single method, beside the one for the whole record."""

    def mine(self, case: Case) -> Mining:
        """One instruction for the whole record, and some for single methods of it."""
        yield from ()
        document = case.document
        if language_of(document) != "en":
            return [Rejected("language")]
        steps = _places(document, "steps")
        if len(steps) < self.min_steps:
            return [Rejected("no_steps", f"{len(steps)} steps, at least {self.min_steps}")]
        title = _TITLE.fullmatch(" ".join(document.title.split()))
        if not title:
            return [Rejected("no_how_to", document.title)]
        do = _as_spoken(title["do"], document.text)
        methods = _methods(document, steps)
        found: list[Annotation] = []
        text = whole(case)
        if len(words(text.text)) <= self.max_words:
            rng = dice(case, "how_to_steps")
            ways, count = len(methods), len(steps)
            if not _whole(document, steps, max(1, ways)):
                wording = rng.choice(_HOW)
            elif 2 <= ways < len(_NUMBERS):
                wording = rng.choice((*_HOW[2:4], *_WAYS)).replace("{n}", _NUMBERS[ways])
            elif ways < 2 and count < len(_NUMBERS):
                wording = rng.choice((*_HOW, *_STEPS)).replace("{n}", _NUMBERS[count])
            else:
                wording = rng.choice(_HOW)
            found.append(self._annotate(case, _filled(wording, do), text, "whole"))
        rng = dice(case, "how_to_steps", "methods")
        if len(methods) > 1:
            for name, body, count in rng.sample(methods, min(self.methods, len(methods))):
                if count >= self.min_steps:
                    wording = _filled(rng.choice(_ONE_WAY), do).replace("{method}", name)
                    found.append(self._annotate(case, wording, body, str(body.start)))
        return [*found] or [Rejected("too_long")]

    def _annotate(self, case: Case, instruction: str, output: Span, key: str) -> Annotation:
        return annotate(case, "how_to_steps", Writing(instruction, output, "template"), key=key)


def _as_spoken(title: str, text: str) -> str:
    """A title's words in small letters, but for names: what the text has with a capital only."""

    def lowered(match: re.Match[str]) -> str:
        word = match[0]
        if not word[1:].islower() and len(word) > 1:
            return word
        inside = re.search(rf"(?<=[a-z,;] ){re.escape(word)}\b", text)
        return word if inside and not re.search(rf"\b{word.lower()}\b", text) else word.lower()

    return re.sub(r"\b[A-Z][\w'’]*", lowered, title)


def _filled(wording: str, do: str) -> str:
    """The title's verb phrase as one asks: "paint your wall" becomes "paint my wall"."""
    mine = re.search(r"\bI\b|\bme\b", wording)
    if mine:
        do = _YOU.sub(lambda m: _MY[m[0].lower()], do)
    return wording.replace("{do}", do)


def _places(document: Document, key: str) -> list[tuple[int, int]]:
    found: Any = document.meta.get(key) or ()
    return [(int(place["start"]), int(place["end"])) for place in found]


def _whole(document: Document, steps: list[tuple[int, int]], methods: int) -> bool:
    """Whether cleaning left every step and method in place: each method counts from one up."""
    numbers = [re.match(r"\d+", document.text[start:end]) for start, end in steps]
    counted = [int(number[0]) if number else 0 for number in numbers]
    runs = all(n in (1, last + 1) for last, n in zip([0, *counted], counted, strict=False))
    return runs and counted.count(1) == methods


def _methods(document: Document, steps: list[tuple[int, int]]) -> list[tuple[str, Span, int]]:
    """Each method's name, the span from its first step to its last, and how many they are."""
    headings: Any = document.meta.get("headings") or ()
    found = []
    for i, heading in enumerate(headings):
        stop = int(headings[i + 1]["start"]) if i + 1 < len(headings) else len(document.text)
        own = [step for step in steps if int(heading["end"]) <= step[0] < stop]
        if own:
            span = document.span(own[0][0], own[-1][1])
            found.append((str(heading["title"]).strip(" .:"), span, len(own)))
    return found


PART: type[Task] = HowToSteps
