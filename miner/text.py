"""Text as characters: sentences, paragraphs, passages and words.

Everything here answers with offsets into the text as it stands, code points, start inclusive, end
exclusive. Sentences come from spaCy's blank pipelines, so any language works without a download; a
trained pipeline that the user has installed may be named instead.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

from miner.errors import RecipeError
from miner.types import Document, Passage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spacy.language import Language
    from spacy.tokens import Doc

PASSAGE_WORDS = 180
"""Most words of a passage: with MiniLM's 256 word pieces, hardly any is cut by the encoder."""

_CJK = "\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_WORD = re.compile(rf"[{_CJK}]|[^\s{_CJK}]+")
_LONG_RUN = re.compile(r"\S{200,}")
_PUNCTUATION = re.compile(r"\W")
_CJK_CODES = frozenset({"zh", "ja", "yue"})
_SURROGATE = re.compile("[\ud800-\udfff]")
_ALPHANUMERIC = re.compile(r"\w")
_LINE = re.compile(r"[^\n\r\u2028\u2029]*\S[^\n\r\u2028\u2029]*")
_BLOCK = re.compile(r"\S[^\n]*(?:\n[^\S\n]*\S[^\n]*)*")
_CJK_ENDS = ("。", "！", "？", "!", "?", "｡", "．", "…")
_NO_END = re.compile(
    r"(?:^|[\s(\[])(?:[A-Z]|c|ca|cf|no|nos|vs|st|dr|mr|mrs|ms|prof|rev|gen|col|lt|sgt|capt|fig|vol|"
    r"approx|e\.g|i\.e|al|b|d|fl|r|pp|op)\.$",
    re.IGNORECASE,
)
"""A sentence does not end in these: titles, initials, 'c.' before a year."""


# ------------------------------------------------------------------------------ segmentation


def sentences(text: str, language: str = "", pipeline: str = "") -> list[tuple[int, int]]:
    """Sentences in order, trimmed of white space. No sentence crosses a line break.

    Args:
        text: Any text.
        language: Code such as "en" or "zh-Hant"; empty means that the script decides.
        pipeline: An installed spaCy pipeline whose own boundaries are taken; empty for rules.

    Returns:
        Pairs (start, end); together they cover all that is not white space.
    """
    return list(_sentences(text, language or script_language(text), pipeline))


@functools.lru_cache(maxsize=256)
def _sentences(text: str, language: str, pipeline: str) -> tuple[tuple[int, int], ...]:
    shown = _SURROGATE.sub("\ufffd", text)  # spaCy hashes words as UTF-8; offsets stay
    if base_language(language) not in _CJK_CODES:
        # spaCy takes punctuation off a word one by one, in time that grows with the square.
        shown = _LONG_RUN.sub(lambda run: _PUNCTUATION.sub("x", run[0]), shown)
    lines = [match.span() for match in _LINE.finditer(text)]
    engine = nlp(language, pipeline)
    found: list[tuple[int, int]] = []
    for (start, _), parsed in zip(lines, engine.pipe(shown[a:b] for a, b in lines), strict=True):
        pieces = ((start + s.start_char, start + s.end_char) for s in parsed.sents)
        found.extend(_merged(text, [span for piece in pieces if (span := _trim(text, *piece))]))
    return tuple(found)


def _merged(text: str, pieces: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join what was cut behind an abbreviation or before a lower-case letter."""
    merged: list[tuple[int, int]] = []
    for start, end in pieces:
        # An abbreviation is short: looking further back would cost the square of the length.
        tail = max(merged[-1][0], merged[-1][1] - 12) if merged else 0
        if merged and (text[start].islower() or _NO_END.search(text, tail, merged[-1][1])):
            merged[-1] = (merged[-1][0], end)
        else:
            merged.append((start, end))
    return merged


def paragraphs(text: str) -> list[tuple[int, int]]:
    """Paragraphs in order, trimmed.

    Each line is one, as in C4 and in extracted Wikipedia; but where blank lines part blocks of
    lines that were wrapped at a fixed width, each block is one.
    """
    blocks = [match.group() for match in _BLOCK.finditer(text)]
    wrapped = [line for block in blocks for line in block.split("\n")[:-1]]
    hard = len(wrapped) >= len(blocks) and all(40 <= len(line.rstrip()) <= 100 for line in wrapped)
    pattern = _BLOCK if hard else _LINE
    spans = (_trim(text, *match.span()) for match in pattern.finditer(text))
    return [span for span in spans if span]


def passages(document: Document, max_words: int = PASSAGE_WORDS, overlap: int = 1) -> list[Passage]:
    """Cut a document into passages of whole sentences that cover all of its characters.

    A sentence that is too long by itself is cut at white space, or in mid-word if there is none.

    Args:
        document: Of any length.
        max_words: Most words of a passage, at least 1; where there are no spaces, 6 characters
            count as one.
        overlap: Sentences that a passage repeats from the one before it.

    Returns:
        Passages in order; none for a text of white space alone.
    """
    pieces = [
        piece
        for start, end in sentences(document.text, document.language)
        for piece in _bounded(document.text, start, end, max_words)
    ]
    sizes = [_size(document.text[start:end]) for start, end in pieces]
    cut: list[Passage] = []
    first = 0
    while first < len(pieces):
        last, total = first, sizes[first]
        while last + 1 < len(pieces) and total + sizes[last + 1] <= max_words:
            last += 1
            total += sizes[last]
        start, end = pieces[first][0], pieces[last][1]
        cut.append(Passage(document.id, start, end, document.text[start:end]))
        if last + 1 == len(pieces):
            break
        first = _next_first(sizes, first, last, overlap, max_words)
    return cut


def _next_first(sizes: list[int], first: int, last: int, overlap: int, max_words: int) -> int:
    """Step back by the overlap, unless what comes next would then not fit."""
    back = max(first + 1, last + 1 - overlap)
    while back <= last and sum(sizes[back : last + 2]) > max_words:
        back += 1
    return back


def _size(text: str) -> int:
    return max(len(words(text)), len(text) // 6 if not text.isascii() else len(text) // 12, 1)


def _bounded(text: str, start: int, end: int, max_words: int) -> Iterator[tuple[int, int]]:
    """Cut one sentence into pieces of at most `max_words`."""
    if _size(text[start:end]) <= max_words:
        yield start, end
        return
    limit = max_words * 6
    while start < end:
        stop = min(end, start + limit)
        while _size(text[start:stop]) > max_words and stop > start + 1:
            stop = start + max(1, (stop - start) // 2)
        if stop < end:
            space = max(text.rfind(" ", start, stop), text.rfind("\t", start, stop))
            stop = space if space > start else stop
        if piece := _trim(text, start, stop):
            yield piece
        start = stop


def _trim(text: str, start: int, end: int) -> tuple[int, int] | None:
    """The span without white space at its ends; None if nothing is left."""
    body = text[start:end]
    start += len(body) - len(body.lstrip())
    end = start + len(body.strip())
    return (start, end) if start < end else None


# ------------------------------------------------------------------------------------- words


def words(text: str) -> list[str]:
    """Words as a reader counts them: what stands between spaces and holds a letter or digit.

    A Chinese character or Japanese kana counts as one word.
    """
    return [word for word in _WORD.findall(text) if _ALPHANUMERIC.search(word)]


def script_language(text: str) -> str:
    """A language code that segments this script well; it is no claim about the language."""
    sample = text[:2000]
    if re.search("[\u3040-\u30ff]", sample):
        return "ja"
    if len(re.findall("[\u3400-\u9fff]", sample)) * 4 > len(sample):
        return "zh"
    return "en" if len(re.findall("[A-Za-z]", sample)) * 2 > len(sample) else "xx"


@functools.lru_cache(maxsize=256)
def base_language(language: str) -> str:
    """The two or three letters that spaCy and templates go by: "en" for "en-GB" or "simple"."""
    code = re.split(r"[-_]", language.strip().lower(), maxsplit=1)[0]
    return "en" if code == "simple" else code


def nlp(language: str = "", pipeline: str = "") -> Language:
    """A spaCy pipeline that marks sentences, loaded once a process.

    Args:
        language: Code of the blank pipeline; one that spaCy lacks means the multilingual one.
        pipeline: An installed trained pipeline, which is taken instead.

    Raises:
        RecipeError: The named pipeline is not installed.
    """
    return _nlp(base_language(language) or "xx", pipeline)


@functools.cache
def _nlp(language: str, pipeline: str) -> Language:
    import spacy

    if pipeline:
        try:
            engine = spacy.load(pipeline)
        except OSError as error:
            installed = ", ".join(spacy.util.get_installed_models()) or "none"
            raise RecipeError(
                f"pipeline '{pipeline}' is not installed; installed: {installed}"
            ) from error
    else:
        engine = _blank(language)
    # The limit guards parsers that need memory by the square of the length; a line may be longer.
    engine.max_length = 100_000_000
    if not {"sentencizer", "senter", "parser"} & set(engine.pipe_names):
        cjk = language in _CJK_CODES
        engine.add_pipe("sentencizer", config={"punct_chars": list(_CJK_ENDS) if cjk else None})
    return engine


def _blank(language: str) -> Language:
    """The blank pipeline of a language that needs no further package."""
    import spacy

    try:
        return spacy.blank("zh" if language in {"ja", "yue"} else language)
    except (ImportError, OSError):
        return spacy.blank("xx")


# ---------------------------------------------------------------------- trained pipelines


def noun_phrases(text: str, pipeline: str) -> list[tuple[int, int]]:
    """Noun phrases and named entities as a trained pipeline sees them.

    Leading determiners, pronouns and the like are left out of a noun phrase.

    Args:
        text: Any text.
        pipeline: An installed spaCy pipeline, by name or folder. What it lacks (a parser for noun
            phrases, a recogniser for entities) finds nothing.

    Raises:
        RecipeError: It is not installed.
    """
    parsed = nlp("", pipeline)(text)
    found = [(entity.start_char, entity.end_char) for entity in parsed.ents]
    for chunk in _chunks(parsed):
        words = [w for w in chunk if w.pos_ not in {"DET", "PRON"} and not w.is_space]
        if words:
            found.append((words[0].idx, words[-1].idx + len(words[-1])))
    return sorted(set(found))


def named_entities(text: str, pipeline: str) -> list[tuple[int, int, str]]:
    """Named entities as a trained pipeline sees them: start, end, and its own label.

    Raises:
        RecipeError: It is not installed.
    """
    return [(e.start_char, e.end_char, e.label_) for e in nlp("", pipeline)(text).ents]


def verb_and_noun(text: str, pipeline: str) -> tuple[str, str]:
    """The root verb of an instruction and its object, by lemma; empty where there is none.

    Source: Self-Instruct (Wang et al. 2023), figure 2.
    """
    for sentence in nlp("", pipeline)(text).sents:
        root = sentence.root
        if root.pos_ in {"VERB", "AUX"}:
            objects = [w for w in root.children if w.dep_ in {"dobj", "obj", "attr", "pobj"}]
            noun = (objects[0].lemma_ or objects[0].lower_) if objects else ""
            return root.lemma_ or root.lower_, noun
    return "", ""


def _chunks(parsed: Doc) -> list[Doc]:
    """Noun chunks, which need a parser and a language that defines them."""
    if not parsed.has_annotation("DEP"):
        return []
    try:
        return list(parsed.noun_chunks)
    except NotImplementedError:
        return []
