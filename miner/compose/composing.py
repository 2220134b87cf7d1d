"""One annotation to its examples: settings, and the columns that say where all of it came from."""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from miner.compose.dice import Dice
from miner.compose.formats import format_named, formats
from miner.compose.further import Further, further
from miner.compose.guidelines import Guideline, load
from miner.compose.instructing import draft
from miner.compose.preferences import preference_named
from miner.compose.wordings import LANGUAGES
from miner.run import dump_finding
from miner.text import base_language
from miner.types import Answers, Example, Recalled, Rejected, Writing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from miner.compose.drafts import Draft
    from miner.types import Annotation, Document, Finding, Span


@dataclass(frozen=True)
class Compose:
    """How annotations become examples."""

    variants: int = 1
    """Examples made of one annotation; those that come out alike are made once."""
    formats: tuple[str, ...] = ()
    """Names of formats to choose from; empty means all that can hold the finding."""
    preferences: tuple[str, ...] = ()
    """Ids of preference rules to choose from; empty means all that apply."""
    preference_share: float = 0.3
    """Share of examples that state a preference rule, or several."""
    max_preferences: int = 2
    guidelines: tuple[str, ...] = ()
    """Guideline files, or names of shipped ones: they explain the labels of their schema."""
    guideline_share: float = 0.6
    """Share of examples that state the guideline where there is one for the labels."""
    dropout: float = 0.15
    """Share of absent labels that are left out; labels that the text has always stay."""
    mask: float = 0.15
    """Share of examples with a guideline whose labels are called LABEL_1, LABEL_2 ..."""
    empty: float = 0.1
    """Share of schema batches of which the text has nothing, where a schema is large."""
    length_clause: float = 0.3
    """Share of writing instructions that state the true length of their answer."""
    closed_book: float = 0.5
    """Share of self-contained questions that are asked without the text."""
    wordings: str = ""
    """A file of further sentences for rules and formats; see miner.compose.further."""
    pipeline: str = ""
    """A trained spaCy pipeline for rules on determiners and titles; empty for the recipe's."""
    cross_lingual: bool = False
    """Whether a document in a language without wordings gets English instructions."""

    def __post_init__(self) -> None:
        if self.variants < 1:
            raise ValueError("'variants' is at least 1")
        for name in (
            "preference_share", "guideline_share", "dropout", "mask", "empty", "length_clause",
            "closed_book",
        ):  # fmt: skip
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"'{name}' is a share between 0 and 1")
        for name in self.formats:
            format_named(name, "compose")
        for id in self.preferences:
            preference_named(id, "compose")
        _ = self.explained, self.further

    @functools.cached_property
    def explained(self) -> tuple[Guideline, ...]:
        """The guidelines, read once."""
        return tuple(load(name) for name in self.guidelines)

    @functools.cached_property
    def further(self) -> Further:
        """The further sentences, read once."""
        return further(self.wordings)

    @functools.cached_property
    def requests(self) -> Mapping[str, tuple[str, ...]]:
        """Sentences that ask for each format: the built-in ones, and the recipe's."""
        more = self.further.formats
        return {name: (*form.sentences, *more.get(name, ())) for name, form in formats().items()}


def compose(
    annotation: Annotation,
    documents: Mapping[str, Document],
    settings: Compose,
    seed: int,
    node_path: Sequence[str] = (),
) -> list[Example | Rejected]:
    """Make examples of an annotation.

    Args:
        annotation: Grounded in `documents`, or recalled and resting on none.
        documents: All that it rests on, by id.
        settings: The recipe's.
        seed: The recipe's; with the annotation's id it decides every choice.
        node_path: Names from the taxonomy's root to the node.

    Returns:
        Up to `settings.variants` different examples, and why others could not be made.
    """
    sources = [documents[id] for id in annotation.documents]
    language = (base_language(sources[0].language) if sources else "") or "en"
    if not (settings.cross_lingual or language in LANGUAGES or _is_ready(annotation)):
        return [Rejected("no_wording", f"no instructions are worded in '{language}'")]
    origin = _Origin.of(sources)
    made: dict[tuple[str, str, str], Example | Rejected] = {}
    for variant in range(settings.variants):
        dice = Dice(seed, annotation.id, variant)
        result = draft(annotation, settings, language, dice)
        if isinstance(result, Rejected):
            made.setdefault((result.reason, result.detail, ""), result)
        else:
            key = (result.instruction, result.input, result.output)
            if key not in made:
                made[key] = _example(annotation, result, variant, origin, tuple(node_path))
    return list(made.values())


def _is_ready(annotation: Annotation) -> bool:
    """Whether the instruction is there already, in the document's own language."""
    finding = annotation.finding
    if isinstance(finding, Recalled):
        return True
    if isinstance(finding, Writing):
        return finding.style != "template"
    return bool(annotation.meta.get("own_words"))


class _Origin(NamedTuple):
    """The columns that say where the documents of an example are from, one value a document."""

    sha256: tuple[str, ...] = ()
    url: tuple[str, ...] = ()
    title: tuple[str, ...] = ()
    source: tuple[str, ...] = ()
    license: tuple[str, ...] = ()
    language: str = ""
    """The first document's."""

    @classmethod
    def of(cls, sources: Sequence[Document]) -> _Origin:
        """The columns of these documents."""
        if not sources:
            return cls()
        rows = [(d.sha256, d.url, d.title, d.source, d.license) for d in sources]
        sha256, url, title, source, license = zip(*rows, strict=True)
        return cls(sha256, url, title, source, license, sources[0].language)


def _example(
    annotation: Annotation, made: Draft, variant: int, origin: _Origin, node: tuple[str, ...]
) -> Example:
    id = annotation.id
    return Example(
        id=hashlib.blake2b(f"{id}\x1f{variant}".encode(), digest_size=8).hexdigest(),
        task=annotation.task,
        instruction=made.instruction,
        input=made.input,
        output=made.output,
        style=made.style,
        guideline=made.guideline,
        preferences=made.preferences,
        format=made.format,
        evidence=made.evidence or evidence_of(made.finding),
        documents=annotation.documents,
        document_sha256=origin.sha256,
        url=origin.url,
        title=origin.title,
        source=origin.source,
        license=origin.license,
        language=origin.language,
        node=node,
        annotation=f'{{"id":"{id}",{dump_finding(made.finding)[1:]}',
        request_ids=annotation.request_ids,
        model=annotation.model,
        prompt_version=annotation.prompt_version,
        scores=annotation.scores,
    )


def evidence_of(finding: Finding) -> tuple[Span, ...]:
    """The spans that an answer rests on; the whole text where nothing in particular was found."""
    if isinstance(finding, Writing):
        return (finding.output,)
    if isinstance(finding, Answers):
        return finding.spans or (finding.text,)
    if isinstance(finding, Recalled):
        return ()
    return (finding.text,)
