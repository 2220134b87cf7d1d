"""The forms of reading comprehension: what a reply to each is like, and when an item of it stands.

Each is a row of the table at the end, and a prompt `question_NAME.txt`. Many are types of Bonito
(Nayak et al. 2024, arXiv 2402.18334); multi-hop questions join two passages as
in HotpotQA (Yang et al. 2018), conversations lean on what was said before as in CoQA (Reddy et al.
2019).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

from miner.shingles import tokens
from miner.tasks.asking import TEXT, list_schema, one_of
from miner.tasks.finding import dice
from miner.tasks.prose import flaw
from miner.tasks.quoting import support
from miner.tasks.reading import Found, Shown, Unfit, balanced, choices_of, each, question_of
from miner.text import sentences
from miner.types import Answers, Rejected, Span

Item: TypeAlias = Mapping[str, Any]
_LIST = {"type": "array", "items": TEXT}
MAX_ANSWER_WORDS = 60
"""Of an answer in a conversation: people answer each other in a sentence or two."""

MIN_SUPPORT = 0.5
"""Share of the telling words of an answer over two passages that quotes or question must hold."""
PRONOUNS = frozenset(
    ("i", "you", "he", "she", "it", "we", "they", "him", "her", "them", "me", "us", "this", "that",
     "these", "those", "who", "which", "his", "hers", "its", "their", "theirs", "one", "both")
)  # fmt: skip
"""English words that stand for something themselves."""
REFERENCES = (
    "What does “{mention}” stand for in this sentence? {sentence}",
    "Who or what is meant by “{mention}” here? {sentence}",
    "Who or what does “{mention}” refer to in the following sentence? {sentence}",
)
SENSES = (
    "What does “{word}” mean in this sentence? {sentence}",
    "In which sense is the word “{word}” used here? {sentence}",
    "Which meaning does “{word}” have in the following sentence? {sentence}",
)
ENDINGS = (
    "How does the next sentence go on? {beginning} ...",
    "Which end belongs to the sentence that comes next? {beginning} ...",
    "The next sentence begins like this; how does it end? {beginning} ...",
)


def _extractive(shown: Shown, item: Item) -> Found:
    question = question_of(item["question"])
    return Found(Answers(shown.text, question, (shown.quote(item["answer"], item["before"]),)))


def _multi_span(shown: Shown, item: Item) -> Found:
    question = question_of(item["question"])
    spans = shown.quotes(item["answers"])
    if len(spans) < 2:
        raise Unfit("single_span", question)
    return Found(Answers(shown.text, question, tuple(sorted(spans, key=lambda s: s.start))))


def _free(shown: Shown, item: Item) -> Found:
    """An answer in the model's words, with the quotes that it rests on."""
    question = question_of(item["question"])
    spans = shown.quotes(item["evidence"])
    return Found(Answers(shown.text, question, spans, _answer(item, question)))


def _choice(wrong: int, shown: Shown, item: Item) -> Found:
    question = question_of(item["question"])
    spans = shown.quotes(item["evidence"])
    told = sorted(item["wrong"], key=lambda option: not holds(shown.text.text, option))
    options = choices_of(item["answer"].strip(), told, wrong, question)
    return Found(Answers(shown.text, question, spans, options[0], _mixed(shown, options)))


def _unanswerable(shown: Shown, item: Item) -> Found:
    """The passage must hold what misleads, or the question is off the subject."""
    question, trap = question_of(item["question"]), item["looks_answered_by"].strip()
    if trap and trap not in shown.text.text:
        raise Unfit("not_verbatim", trap[:120])
    return Found(Answers(shown.text, question))


def _multi_hop(shown: Shown, item: Item) -> Found:
    """Each passage has its part: what joins them stands in both, and not in the question."""
    question = question_of(item["question"])
    first, second = shown.passages
    spans = (
        shown.quote(item["first"], among=(first,)),
        shown.quote(item["second"], among=(second,)),
    )
    bridge, answer = item["bridge"].strip(), _answer(item, question)
    if not bridge or not all(holds(span.text, bridge) for span in spans):
        raise Unfit("no_bridge", bridge or question)
    if holds(question, bridge) or holds(answer, bridge):
        raise Unfit("one_hop", f"{bridge}: {question}")
    if support(answer, question, spans) < MIN_SUPPORT:
        raise Unfit("unsupported", answer)
    return Found(Answers(shown.text, question, spans, answer, context=shown.context))


def _coreference(shown: Shown, item: Item) -> Found:
    """What stands for something, and what it stands for: two places of the passage."""
    mention = shown.quote(item["mention"], item["before"])
    meant = shown.quote(item["refers_to"], item["before_that"])
    if mention.start < meant.end and meant.start < mention.end:
        raise Unfit("overlapping", meant.text)
    if tokens(mention.text) == tokens(meant.text):
        raise Unfit("same_words", meant.text)
    if meant.text.casefold() in PRONOUNS:
        raise Unfit("no_name", meant.text)
    sentence = _marked(shown, mention)
    if holds(sentence, meant.text):
        raise Unfit("answer_in_question", meant.text)
    wording = dice(shown.case, "coreference", shown.key, mention.start).choice(REFERENCES)
    question = wording.replace("{mention}", mention.text).replace("{sentence}", sentence)
    return Found(Answers(shown.text, question, (meant,)))


def _word_sense(wrong: int, shown: Shown, item: Item) -> Found:
    word = shown.quote(item["word"], item["before"])
    if len(word.text.split()) > 2 or len(word.text) < 3:
        raise Unfit("no_word", word.text)
    options = choices_of(item["meaning"].strip(), item["others"], wrong, word.text)
    if any(holds(option, word.text) for option in options):
        raise Unfit("circular", word.text)
    sentence = _marked(shown, word)
    wording = dice(shown.case, "word_sense", shown.key, word.start).choice(SENSES)
    question = wording.replace("{word}", word.text).replace("{sentence}", sentence)
    return Found(Answers(shown.text, question, (word,), options[0], _mixed(shown, options)))


def _sentence_completion(wrong: int, shown: Shown, item: Item) -> Found:
    """The passage up to a sentence's middle; the right end is the document's own."""
    beginning = shown.quote(item["beginning"])
    ending = shown.quote(item["ending"], item["beginning"])
    text, start = shown.text.text, shown.text.start
    whole = (beginning.start - start, ending.end - start)
    if text[beginning.end - start : ending.start - start].strip() or whole not in sentences(
        text, shown.case.document.language
    ):
        raise Unfit("no_whole_sentence", f"{beginning.text} | {ending.text}")
    before = text[: whole[0]].rstrip()
    if len(before.split()) < 20:
        raise Unfit("no_context", beginning.text)
    if flaw(text[whole[0] : whole[1]]):
        raise Unfit("flawed", beginning.text)
    if len(beginning.text.split()) < 3 or len(ending.text.split()) < 3:
        raise Unfit("short_part", f"{beginning.text} | {ending.text}")
    options = choices_of(ending.text, item["wrong"], wrong, beginning.text)
    if copied := next((option for option in options[1:] if option in text), ""):
        raise Unfit("wrong_is_true", copied)
    told = Span(shown.text.document, start, start + len(before), before)
    question = (
        dice(shown.case, "ending", shown.key).choice(ENDINGS).replace("{beginning}", beginning.text)
    )
    return Found(Answers(told, question, (ending,), ending.text, _mixed(shown, options)))


def _conversation(shown: Shown, items: Sequence[Item], wrong: int) -> list[Found | Rejected]:
    """Turn by turn; with one that does not stand fall all that follow, since they lean on it."""
    del wrong
    turns: list[tuple[str, str]] = []

    def turn(item: Item) -> Found:
        if len(turns) < items.index(item):
            raise Unfit("leans_on_unfit", item["question"][:160])
        question = question_of(item["question"], least=4)
        answer, spans = _answer(item, question), shown.quotes(item["evidence"])
        if len(answer.split()) > MAX_ANSWER_WORDS:
            raise Unfit("long_answer", answer[:160])
        if any(question == q or answer == a for q, a in turns):
            raise Unfit("repeated", question)
        said = tuple(turns)
        turns.append((question, answer))
        return Found(Answers(shown.text, question, spans, answer, turns=said))

    return each(items, turn)


def _answer(item: Item, question: str) -> str:
    answer: str = item["answer"].strip()
    if not answer:
        raise Unfit("empty_answer", question)
    return answer


def holds(text: str, words: str) -> bool:
    """Whether a text holds these words, whole, in whatever case."""
    return f" {' '.join(tokens(words))} " in f" {' '.join(tokens(text))} "


def _mixed(shown: Shown, options: tuple[str, ...]) -> tuple[str, ...]:
    order = list(options)
    dice(shown.case, "options", shown.key, options[0]).shuffle(order)
    return tuple(order)


def _marked(shown: Shown, span: Span) -> str:
    """The sentence of a span; the span between asterisks if its words stand there twice."""
    text, start = shown.text.text, span.start - shown.text.start
    at = (start, start + len(span.text))
    for first, last in sentences(text, shown.case.document.language):
        if first <= at[0] and at[1] <= last:
            sentence = text[first:last]
            if flaw(sentence):
                raise Unfit("flawed", sentence)
            if f" {' '.join(tokens(sentence))} ".count(f" {' '.join(tokens(span.text))} ") < 2:
                return sentence
            return f"{text[first : at[0]]}*{span.text}*{text[at[1] : last]}"
    raise Unfit("no_whole_sentence", span.text)


ReadAll: TypeAlias = Callable[[Shown, Sequence[Item], int], list[Found | Rejected]]


@dataclass(frozen=True)
class Form:
    """A form of question: the schema of a reply, and how its items are read.

    `read` gets what was shown, the items, and how many wrong options a choice needs.
    """

    schema: Mapping[str, Any]
    read: ReadAll
    chooses: bool = False
    passages: int = 1
    times: int = 1
    """Items asked for, as a multiple of the task's number of questions."""


def _by_itself(read: Callable[[Shown, Item], Found]) -> ReadAll:
    return lambda shown, items, _: each(items, partial(read, shown))


def _with_options(read: Callable[[int, Shown, Item], Found]) -> ReadAll:
    return lambda shown, items, wrong: each(items, partial(read, wrong, shown))


def _yes_no(shown: Shown, items: Sequence[Item], wrong: int) -> list[Found | Rejected]:
    del wrong
    return balanced(each(items, partial(_free, shown)), ("yes", "no"), least=1)


FORMS: Mapping[str, Form] = {
    "extractive": Form(
        list_schema(question=TEXT, answer=TEXT, before=TEXT), _by_itself(_extractive)
    ),
    "multi_span": Form(list_schema(question=TEXT, answers=_LIST), _by_itself(_multi_span)),
    "abstractive": Form(list_schema(question=TEXT, answer=TEXT, evidence=_LIST), _by_itself(_free)),
    "yes_no": Form(
        list_schema(question=TEXT, answer=one_of(("yes", "no")), evidence=_LIST), _yes_no
    ),
    "multiple_choice": Form(
        list_schema(question=TEXT, answer=TEXT, wrong=_LIST, evidence=_LIST),
        _with_options(_choice),
        chooses=True,
    ),
    "unanswerable": Form(
        list_schema(question=TEXT, looks_answered_by=TEXT), _by_itself(_unanswerable)
    ),
    "conversational": Form(
        list_schema(question=TEXT, answer=TEXT, evidence=_LIST), _conversation, times=2
    ),
    "multi_hop": Form(
        list_schema(question=TEXT, answer=TEXT, bridge=TEXT, first=TEXT, second=TEXT),
        _by_itself(_multi_hop),
        passages=2,
    ),
    "coreference": Form(
        list_schema(mention=TEXT, before=TEXT, refers_to=TEXT, before_that=TEXT),
        _by_itself(_coreference),
    ),
    "word_sense": Form(
        list_schema(word=TEXT, before=TEXT, meaning=TEXT, others=_LIST),
        _with_options(_word_sense),
        chooses=True,
    ),
    "sentence_completion": Form(
        list_schema(beginning=TEXT, ending=TEXT, wrong=_LIST),
        _with_options(_sentence_completion),
        chooses=True,
    ),
}
