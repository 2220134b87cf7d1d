"""Plays a model that annotates: it answers the prompts of tasks by rules for plain English prose.

What it says is true of most encyclopedia articles and good enough to see a run from end to end, with
questions, pairs, grades and quotes that the tasks let through. It reads nothing but the prompt.
`answer(body)` serves `Server(answer=...)`; what no rule knows is left to the miner's own Fake.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any

from server import content_of

from miner.text import sentences

_BLOCK = re.compile(
    r"^-{5} document (.+?) begins -{5}\n(.*?)\n-{5} document \1 ends", re.DOTALL | re.MULTILINE
)
_IS = re.compile(
    r"(?P<who>(?:The |A |An )?[A-Z][\w’'-]*(?: [\w’'-]+){0,4}) (?P<verb>is|was|are|were) "
    r"(?P<what>(?:a|an|the|one of) [^;:()]{20,})\."
)
_NAME = re.compile(r"(?<![.!?\"] )(?<!^)\b[A-Z][a-z]{3,}(?: [A-Z][a-z]+)*|\b1[5-9]\d\d\b")
_PRONOUN = re.compile(r"(?:He|She|It|They)\b")
_SUBJECT = re.compile(
    r"(?P<who>(?:The |A |An )?[A-Z][\w’'-]*(?: [A-Z][\w’'-]*){0,3}) (?:is|was|are|were|has|had)\b"
)
SENSES = {
    "band": ("people who play music together", "a strip that goes around something", "a range of frequencies", "a stripe of another colour"),
    "state": ("a part of a country with a government of its own", "the condition that something is in", "to say something formally", "a splendid ceremony"),
    "capital": ("the town from which a country is governed", "money that a business works with", "a large letter", "the top of a column"),
    "star": ("someone who is famous for acting, music or sport", "a sun that is far away", "a shape with five points", "to mark with an asterisk"),
    "match": ("a game between two sides", "a small stick that makes fire", "someone as good as another", "to have the same colour"),
    "club": ("people who meet for a sport or a pastime", "a heavy stick", "a black suit in a game of cards", "to hit with a stick"),
    "country": ("a nation with its own government", "land away from towns", "a kind of folk music", "the home of someone"),
    "people": ("men, women and children", "to fill with inhabitants", "a nation", "the members of a family"),
    "part": ("a piece of a whole", "the role of an actor", "to leave one another", "a line in the hair"),
    "city": ("a large and important town", "the banks of London as a whole", "all inhabitants of a place", "a team's short name"),
}  # fmt: skip
ENDS = (
    "but nobody can tell any longer how that was done",
    "and the rest was left to those who came later",
    "because there was no other way at the time",
    "which had been forbidden for a hundred years",
)


def answer(body: dict[str, Any]) -> str:
    """What the annotator says to a chat request."""
    prompt = "\n".join(message["content"] for message in body["messages"])
    return said(prompt) or content_of(body)


def said(prompt: str) -> str:
    """The reply to a prompt, as JSON; empty if no rule knows it."""
    shown = [match[2] for match in _BLOCK.finditer(prompt)]
    for mark, rule in RULES.items():
        if mark in prompt and shown:
            return json.dumps(rule(prompt, *shown), ensure_ascii=False)
    return ""


def _sentences(text: str) -> list[str]:
    return [text[a:b] for a, b in sentences(text, "en")]


def _defining(text: str) -> list[re.Match[str]]:
    return [match for s in _sentences(text) if (match := _IS.fullmatch(s))]


def _low(text: str) -> str:
    return text[0].lower() + text[1:] if text.startswith(("The ", "A ", "An ")) else text


def _claims(prompt: str, text: str) -> Any:
    rows = []
    for found in _defining(text)[:1]:
        who, verb, what = found["who"], found["verb"], found["what"]
        rows = [
            {"kind": "follows", "claim": f"{what[0].upper()}{what[1:]}: such {verb} {_low(who)}.", "evidence": [found[0]]},
            {"kind": "contradicted", "claim": f"{who} {verb} by no means {what}.", "evidence": [found[0]]},
            {"kind": "open", "claim": f"Few people know that {_low(who)} {verb} {what}.", "evidence": []},
        ]  # fmt: skip
    return {"items": rows}


def _paraphrases(prompt: str, text: str) -> Any:
    rows = []
    for found in _defining(text)[:2]:
        who, verb, what = found["who"], found["verb"], found["what"]
        rows.append(
            {
                "sentence": found[0],
                "same": f"{what[0].upper()}{what[1:]} {verb} what {_low(who)} {verb}.",
                "different": f"{who} {verb} not {what}.",
                "changed": f"{who} {verb} {what.split()[0]}",
            }
        )
    return {"items": rows}


def _coreference(prompt: str, text: str) -> Any:
    found, rows = _sentences(text), []
    for before, sentence in pairwise(found):
        subject, pronoun = _SUBJECT.match(before), _PRONOUN.match(sentence)
        if subject and pronoun and not _PRONOUN.match(before):
            at, here = text.index(before), text.index(sentence)
            row = {"mention": pronoun[0], "before": text[max(0, here - 30) : here]}
            row |= {"refers_to": subject["who"], "before_that": text[max(0, at - 30) : at]}
            rows.append(row)
    return {"items": rows}


def _word_sense(prompt: str, text: str) -> Any:
    rows = []
    for word, (meaning, *others) in SENSES.items():
        if found := re.search(rf"\b{word}\b", text):
            before = text[max(0, found.start() - 30) : found.start()]
            rows.append({"word": word, "before": before, "meaning": meaning, "others": others})
    return {"items": rows}


def _completion(prompt: str, text: str) -> Any:
    rows = []
    for sentence in _sentences(text)[-2:]:
        words = sentence.split(" ")
        half = " ".join(words[: len(words) // 2])
        wrong = [f"{end}." for end in ENDS]
        rows.append({"beginning": half, "ending": sentence[len(half) :].strip(), "wrong": wrong})
    return {"items": rows}


def _conversation(prompt: str, text: str) -> Any:
    rows = []
    for number, sentence in enumerate(s for s in _sentences(text) if len(s.split()) < 50):
        names = _NAME.findall(sentence) or re.findall(r"\b[a-z]{6,}\b", sentence)
        if names:
            ask = "What is there to know about {}?" if not number else "And what about {}?"
            question = ask.format(names[-1])
            rows.append({"question": question, "answer": sentence, "evidence": [sentence]})
    return {"items": rows[:4]}


def _multi_hop(prompt: str, one: str, two: str) -> Any:
    left, right = _sentences(one), _sentences(two)
    for first in left:
        for bridge in _NAME.findall(first):
            for second in (s for s in right if re.search(rf"\b{bridge}\b", s)):
                others = [n for n in _NAME.findall(second) if n not in first and n != bridge]
                told = re.sub(rf"\b{bridge}\b", "something", first).rstrip(".!?")
                if others and bridge not in told:
                    question = (
                        f"{told}: which name is told together with what is meant by “something”?"
                    )
                    row = {
                        "question": question.replace("“", "").replace("”", ""),
                        "answer": others[0],
                    }
                    return {"items": [row | {"bridge": bridge, "first": first, "second": second}]}
    return {"items": []}


def _similarity(prompt: str, one: str, two: str) -> Any:
    shared = []
    for first in _sentences(one):
        names = set(_NAME.findall(first))
        second = next((s for s in _sentences(two) if names & set(_NAME.findall(s))), "")
        if second:
            shared.append({"first": first, "second": second})
    grade = ("unrelated", "related", "overlapping", "same")[min(len(shared), 3)]
    return {"grade": grade, "shared": shared[:3]}


def _generalist(prompt: str, text: str) -> Any:
    found = [s for s in _sentences(text) if len(s.split()) > 4] or [text]
    heads = [" ".join(re.findall(r"\w{4,}", line)[:4]) for line in text.split("\n") if line.strip()]
    plain = " ".join(" ".join(s.split()[::2]) + "." for s in found)
    short = " ".join(found[0].split()[1::2])
    for mark, output in (
        ("a heading for each paragraph", "\n".join(heads)),
        ("title", " ".join(found[0].split()[:6])),
        ("headline", " ".join(found[0].split()[:8])),
        ("Outline", "\n".join(f"- {' '.join(s.split()[:9])}" for s in found[:5])),
        ("three to five questions", "\n".join(f"- What is said of {h}?" for h in _topics(found))),
        ("Sum the document up", f"{short}."),
        ("", plain),
    ):
        if mark in prompt:
            return {"output": output, "support": found[:2]}
    raise AssertionError(prompt)


def _topics(found: list[str]) -> list[str]:
    return list(dict.fromkeys(max(s.split(), key=len).strip('.,;:()"') for s in found))[:4]


RULES: dict[str, Callable[..., Any]] = {
    "groups of three claims": _claims,
    "and in another order, with the same names": _paraphrases,
    "stands for someone or something": _coreference,
    "that have several meanings in the language": _word_sense,
    "cut each in two": _completion,
    "Write a conversation of": _conversation,
    "joins what the two passages above say": _multi_hop,
    "How much of what the two passages": _similarity,
    "that your result rests on": _generalist,
}
