"""Asking a model for proposals, and what keeps a bad one from a person's desk.

Examples of a label must stand in the document that was shown, word for word; a label must make a
guideline that can be loaded; a sentence must have the slots of its format and say something new.
What was approved is shown as a pattern for the next proposals, and what was rejected with its
reason (Hum's loop, in our reading).
"""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from miner.alignment import align
from miner.compose.formats import format_named
from miner.compose.further import slots
from miner.compose.preferences import preference_named
from miner.errors import RecipeError, UsageError
from miner.prompts import Prompt, document_block
from miner.proposals.library import Entry, entry
from miner.tasks.asking import TEXT, list_schema, object_schema
from miner.taxonomy.names import fold, note, usable
from miner.types import Rejected, Reply, Request

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from miner.compose.guidelines import Label
    from miner.types import Document, Span

PROMPTS = Path(__file__).parent / "prompts"
SHOWN = 3
"""Approved and rejected proposals that a prompt shows at most, the latest of each."""
MAX_WORDS = 30
"""Of a proposed sentence."""
_TEXTS = {"type": "array", "items": TEXT}
_ONE_SENTENCE = re.compile(r"[^.!?\n]+(?:[.!?](?=[\"”)\d\w])[^.!?\n]*)*[.!?:]")

Drafting: TypeAlias = Generator["list[Request]", "list[Reply | Rejected]", "list[Entry | Rejected]"]
"""Like a task it yields requests; it returns proposals, and why others are none."""


@dataclass(frozen=True)
class Draft:
    """What all proposals of one call share.

    Attributes:
        who: The model's name in the library.
        when: UTC, ISO 8601.
        seen: The library's entries, whatever became of them.
        model: A name among the recipe's models; empty for its first.
        temperature: Of the requests.
        max_tokens: Of a reply.
    """

    who: str
    when: str
    seen: Sequence[Entry] = ()
    model: str = ""
    temperature: float = 0.7
    max_tokens: int = 2048

    # -- labels

    def schema(
        self, document: Document, target: str, find: str, known: Iterable[str], count: int = 6
    ) -> Drafting:
        """New labels of a guideline, from what one document shows.

        Args:
            document: Shown to the model; every example must stand in it.
            target: The guideline's name.
            find: entities, relations, events or attributes.
            known: Names of labels that are there already.
            count: Most labels asked for.
        """
        names = list(dict.fromkeys([*known, *(e.label.name for e in self._own("label", target))]))
        has_roles = find == "events"
        roles = (
            "who or what takes part, each with a name and a short explanation."
            if has_roles
            else "an empty list."
        )
        role = object_schema(name=TEXT, explanation=TEXT)
        request = self._request(
            "schema",
            document,
            list_schema(
                name=TEXT, definition=TEXT, include=TEXT, exclude=TEXT, examples=_TEXTS,
                roles={"type": "array", "items": role},
            ),
            find=find,
            known="\n".join(f"- {name}" for name in names) or "- none yet",
            count=str(count),
            roles=roles,
            **self._judged("label", target),
        )  # fmt: skip
        (reply,) = yield [request]
        if isinstance(reply, Rejected):
            return [reply]
        taken = {fold(name) for name in names}
        made: list[Entry | Rejected] = []
        for item in reply.data["items"][:count]:
            found = self._label(document, target, find, item, taken)
            if isinstance(found, Entry):
                taken.add(fold(found.label.name))
            made.append(found)
        return made

    def _label(
        self, document: Document, target: str, find: str, item: Mapping[str, Any], taken: set[str]
    ) -> Entry | Rejected:
        name = usable(str(item["name"]).lower())
        if isinstance(name, Rejected):
            return name
        if fold(name) in taken:
            return Rejected("duplicate", name)
        definition = note(str(item["definition"]))
        if len(definition.split()) < 3:
            return Rejected("no_definition", name)
        examples = _verbatim(document, item["examples"])
        if not examples:
            quotes = "; ".join(map(str, item["examples"]))
            return Rejected("not_verbatim", f"{name}: {quotes}"[:200])
        body: dict[str, Any] = {
            "find": find, "name": name, "definitions": [definition],
            "examples": [span.text for span in examples],
            **_sentences(item, "include", "exclude"),
        }  # fmt: skip
        if find == "events":
            body["roles"] = {
                role: note(str(r["explanation"])) or role
                for r in item["roles"]
                if isinstance(role := usable(str(r["name"]).lower()), str)
            }
            if not body["roles"]:
                return Rejected("no_roles", name)
        return self._entry(target, body, document)

    def label(self, document: Document, target: str, find: str, label: Label) -> Drafting:
        """The same label of a guideline with further definitions, cases and examples."""
        shown = "\n".join(
            f"{key}: {value if isinstance(value, str) else '; '.join(value)}"
            for key, value in asdict(label).items()
            if value and key not in {"near", "roles"}
        )
        request = self._request(
            "label",
            document,
            object_schema(
                definitions=_TEXTS, include=TEXT, exclude=TEXT, boundary=TEXT, examples=_TEXTS,
                counterexamples=_TEXTS,
            ),
            find=find,
            label=shown,
            **self._judged("label", target),
        )  # fmt: skip
        (reply,) = yield [request]
        if isinstance(reply, Rejected):
            return [reply]
        item = reply.data
        had = {fold(text) for text in label.definitions}
        new = [d for raw in item["definitions"][:3] if (d := note(str(raw))) and fold(d) not in had]
        examples = [s.text for s in _verbatim(document, item["examples"])]
        against = [
            s.text for s in _verbatim(document, item["counterexamples"]) if s.text not in examples
        ]
        if not (new or examples or against):
            return [Rejected("nothing_new", label.name)]
        body: dict[str, Any] = {"find": find}
        body |= {k: _plain(v) for k, v in asdict(label).items() if v}
        body["definitions"] = [*label.definitions, *new]
        body["examples"] = _together(label.examples, examples, label.counterexamples)
        body["counterexamples"] = _together(label.counterexamples, against, body["examples"])
        for key, text in _sentences(item, "include", "exclude", "boundary").items():
            body.setdefault(key, text)
        return [self._entry(target, {k: v for k, v in body.items() if v}, document)]

    # -- sentences

    def sentences(
        self, kind: Literal["preference", "format"], target: str, count: int = 6
    ) -> Drafting:
        """Further sentences that state a preference rule, or ask for a format."""
        part = preference_named(target) if kind == "preference" else format_named(target)
        own = [e.sentence for e in self._own(kind, target)]
        allowed = slots(part.sentences)
        told = (
            f"You may use these placeholders, spelt like this: "
            f"{', '.join('{' + s + '}' for s in sorted(allowed))}."
            if allowed
            else "Use no placeholders."
        )
        prompt = Prompt.read(PROMPTS / "sentences.txt")
        request = Request(
            task=f"propose_{kind}",
            document="",
            messages=prompt.render(
                sentences="\n".join(f"- {s}" for s in part.sentences),
                count=str(count),
                slots=told,
                **self._judged(kind, target),
            ),
            max_tokens=self.max_tokens,
            temperature=self.temperature,
            schema=object_schema(sentences=_TEXTS),
            sample=len(own),
            model=self.model,
            prompt_version=prompt.version,
        )
        (reply,) = yield [request]
        if isinstance(reply, Rejected):
            return [reply]
        taken = {fold(s) for s in (*part.sentences, *own)}
        made: list[Entry | Rejected] = []
        for raw in reply.data["sentences"][:count]:
            found = _sentence(str(raw), allowed, taken)
            if isinstance(found, str):
                taken.add(fold(found))
                body = {"sentence": found}
                made.append(entry(kind, target, body, self.who, self.when, "drafted"))
            else:
                made.append(found)
        return made

    # -- what is common

    def _own(self, kind: str, target: str) -> list[Entry]:
        return [e for e in self.seen if e.kind == kind and e.target == target]

    def _judged(self, kind: str, target: str) -> dict[str, str]:
        """The latest proposals that people took and refused, as paragraphs of a prompt."""
        own = (
            [e for e in self.seen if e.kind == kind] if kind == "label" else self._own(kind, target)
        )
        liked = [f"- {_brief(e)}" for e in own if e.status == "approved"][-SHOWN:]
        disliked = [f"- {_brief(e)} ({e.why})" for e in own if e.status == "rejected"][-SHOWN:]
        return {
            "liked": _paragraph("Earlier proposals that were accepted:", liked),
            "disliked": _paragraph("Earlier proposals that were refused, and why:", disliked),
        }

    def _request(
        self, name: str, document: Document, schema: Mapping[str, Any], **slots: str
    ) -> Request:
        prompt = Prompt.read(PROMPTS / f"{name}.txt")
        return Request(
            task=f"propose_{name}",
            document=document.id,
            messages=prompt.render(document=document_block(document.text[:12_000]), **slots),
            max_tokens=self.max_tokens,
            temperature=self.temperature,
            schema=schema,
            model=self.model,
            prompt_version=prompt.version,
        )

    def _entry(self, target: str, body: dict[str, Any], document: Document) -> Entry | Rejected:
        try:
            return entry("label", target, body, self.who, self.when, f"seen in {document.id}")
        except (RecipeError, UsageError) as error:
            return Rejected("no_label", str(error))


def _verbatim(document: Document, quotes: Iterable[Any], most: int = 5) -> list[Span]:
    """Those quotes that stand in the document, as it writes them, each once."""
    found: dict[str, Span] = {}
    for quote in quotes:
        span = align(document, str(quote))
        if not isinstance(span, Rejected) and len(span.text) <= 200:
            found.setdefault(fold(span.text), span)
    return list(found.values())[:most]


def _sentence(raw: str, allowed: frozenset[str], taken: set[str]) -> str | Rejected:
    text = " ".join(raw.split())
    if not _ONE_SENTENCE.fullmatch(text) or len(text.split()) > MAX_WORDS:
        return Rejected("no_sentence", text[:200])
    if not slots((text,)) <= allowed:
        return Rejected("unknown_slot", text)
    if fold(text) in taken:
        return Rejected("duplicate", text)
    return text


def _sentences(item: Mapping[str, Any], *keys: str) -> dict[str, str]:
    return {key: text for key in keys if (text := note(str(item[key])))}


def _together(had: Sequence[str], new: Iterable[str], others: Iterable[str]) -> list[str]:
    """Both lists without repeats, and without what the other side has."""
    kept = {fold(t): t for t in (*had, *new)}
    return [t for key, t in kept.items() if key not in {fold(o) for o in others}]


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _brief(e: Entry) -> str:
    return f"{e.label.name}: {e.label.definitions[0]}" if e.kind == "label" else e.sentence


def _paragraph(head: str, lines: Sequence[str]) -> str:
    return "\n".join([head, *lines]) + "\n\n" if lines else ""
