"""Questions for the headings that reference articles share, in words that fit the subject."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

    from miner.tasks.subject import Subject

# {of} is the subject as running text names it; {the} is the kind ("the volcano"), or the name.
_ANY = {
    "history": ("What is the history of {the}?", "Tell me about the history of {the}."),
    "origin": ("What is the origin of {the}?", "Where does {the} come from originally?"),
    "origins": ("What are the origins of {the}?",),
    "etymology": ("What is the origin of the name of {the}?", "How did {the} get its name?"),
    "name": ("How did {the} get its name?",),
    "geography": ("Describe the geography of {the}.", "What is the geography of {the} like?"),
    "climate": ("What is the climate of {the} like?", "Describe the climate of {the}."),
    "economy": ("What is the economy of {the} based on?", "Describe the economy of {the}."),
    "geology": ("Describe the geology of {the}.", "What is known about the geology of {the}?"),
    "culture": ("Describe the culture of {the}.", "What should I know about the culture of {the}?"),
    "tourism": ("What is there to know about tourism in {the}?",),
    "structure": ("How is {the} structured?", "Describe the structure of {the}."),
    "composition": ("What is the composition of {the}?",),
    "classification": ("How is {the} classified?",),
    "taxonomy": ("Explain the taxonomy of {the}.",),
    "properties": ("What are the properties of {of}?", "Describe the main properties of {of}."),
    "characteristics": ("What are the main characteristics of {of}?",),
    "uses": ("What are the uses of {of}?", "Explain what {of} can be used for."),
    "use": ("What are the uses of {of}?",),
    "causes": ("What are the causes of {of}?", "Explain the causes of {of}."),
    "cause": ("What is the cause of {of}?",),
    "effects": ("What are the effects of {of}?",),
    "symptoms": ("What are the symptoms of {of}?",),
    "signs and symptoms": ("What are the signs and symptoms of {of}?",),
    "diagnosis": ("How is {of} diagnosed?",),
    "treatment": ("How is {of} treated?", "What is the treatment for {of}?"),
    "prevention": ("How can {of} be prevented?",),
    "prognosis": ("What is the outlook for people with {of}?",),
    "habitat": ("What is the habitat of {the}?", "Describe the habitat of {the}."),
    "distribution": ("Describe the distribution of {the}.",),
    "diet": ("What is the diet of {the}?",),
    "reproduction": ("How does reproduction work in {the}?",),
    "life cycle": ("Describe the life cycle of {the}.",),
    "appearance": ("Describe the appearance of {the}.",),
    "evolution": ("Describe the evolution of {the}.",),
    "plot": ("What is the plot of {the}?", "Summarize the plot of {the}."),
    "story": ("What is the story of {the}?", "Summarize the story of {the}."),
    "gameplay": ("Describe the gameplay of {the}.",),
    "reception": ("How was {the} received?", "Describe the reception of {the}."),
    "production": ("What is known about the production of {the}?",),
    "development": ("What is known about the development of {the}?",),
    "legacy": ("What is the legacy of {the}?", "Describe the legacy of {the}."),
    "background": ("What is the background to {the}?", "Give the background to {the}."),
    "aftermath": ("What was the aftermath of {the}?",),
    "damage": ("What damage did {the} do?",),
    "purpose": ("What is the purpose of {of}?",),
    "discovery": ("How was {the} discovered?", "Describe the discovery of {the}."),
    "criticism": ("What criticism has been made of {the}?",),
    "advantages": ("What are the advantages of {of}?",),
    "disadvantages": ("What are the disadvantages of {of}?",),
    "design": ("Describe the design of {the}.",),
    "administration": ("How is {the} administered?",),
    "government": ("How is {the} governed?",),
    "importance": ("What is the importance of {the}?",),
    "in popular culture": ("How has {the} appeared in popular culture?",),
    "location": ("Where is {the} located?",),
    "demographics": ("What are the demographics of {the}?",),
    "population": ("What is known about the population of {the}?",),
    "religion": ("What is known about religion in {the}?",),
    "transport": ("What is transport in {the} like?",),
    "transportation": ("What is transportation in {the} like?",),
    "education": ("What is education in {the} like?",),
    "behavior": ("Describe the behavior of {the}.",),
    "behaviour": ("Describe the behaviour of {the}.",),
}
_PERSON = {
    "early life": (
        "What was the early life of {of} like?",
        "Tell me about the early life of {of}.",
    ),
    "early years": ("What were the early years of {of} like?",),
    "early life and education": ("What is known about the early life of {of}?",),
    "childhood": ("What was the childhood of {of} like?",),
    "life": ("Tell me about the life of {of}.", "Give a short account of the life of {of}."),
    "biography": ("Give a short biography of {of}.", "Tell me about the life of {of}."),
    "career": ("Describe the career of {of}.", "Tell me about the career of {of}."),
    "early career": ("Describe the early career of {of}.",),
    "political career": ("Describe the political career of {of}.",),
    "military career": ("Describe the military career of {of}.",),
    "playing career": ("Describe the playing career of {of}.",),
    "club career": ("Describe the club career of {of}.",),
    "personal life": ("What is known about the personal life of {of}?",),
    "later life": ("What was the later life of {of} like?",),
    "death": ("What is known about the death of {of}?",),
    "legacy": ("What is the legacy of {of}?",),
    "education": ("What education did {of} have?",),
    "reign": ("Describe the reign of {of}.",),
    "works": ("Describe the works of {of}.",),
    "family": ("What is known about the family of {of}?",),
    "style": ("Describe the style of {of}.",),
    "awards": ("What awards has {of} received?",),
    "music": ("What is the music of {of} like?",),
    "early life and career": ("Describe the early life and career of {of}.",),
    "background": ("What is the background of {of}?",),
}
_PLACE_ONLY = {
    "tourism", "religion", "transport", "transportation", "education", "population", "location",
    "geography", "climate", "economy", "demographics", "administration",
}  # fmt: skip


def ask(heading: str, subject: Subject, rng: random.Random) -> str:
    """A question that the section below this heading answers; empty if none is known to fit."""
    key = heading.strip().lower()
    bank = _PERSON if subject.person else _ANY
    if key not in bank or (key in _PLACE_ONLY and not (subject.proper or subject.person)):
        return ""
    wording = rng.choice(bank[key])
    question = wording.replace("{of}", subject.phrase).replace("{the}", subject.definite)
    if subject.verb in ("are", "were") or re.search(r"[^s]s$", subject.bare):
        question = _plural(question)
    return question


def _plural(question: str) -> str:
    """Empty where the wording has a singular verb or "its" that would point at a plural subject."""
    singular = re.search(r"\b(?:is|was|does|did|has) (?!the\b)|\bits\b", question)
    return "" if singular else question
