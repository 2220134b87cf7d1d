"""What each check's rejections mean, in plain sentences: `check:reason` to its sentence."""

from __future__ import annotations

from collections.abc import Mapping

from miner.tasks import reasons as tasks

REASONS: Mapping[str, str] = {
    "answerable:disagrees": "a model asked again, with the text, gives other answers",
    "answerable:known_without_text": "a model gives the answer without the text",
    "closed_book:known_without_text": "a model gives the answer without the text too often",
    "closed_book:no_answer": "the model gave no answer to count",
    "complete:disputed_date": "the model was shown a date that the rules found, and left it out",
    "complete:disputed_label": "the model gives another label than the rules",
    "complete:disputed_money": "the model was shown a price that the rules found, and left it out",
    "complete:disputed_percentage": "the model was shown a percentage, and left it out",
    "complete:missed_date": "the rules find a date that the extraction lacks",
    "complete:missed_money": "the rules find a sum of money that the extraction lacks",
    "complete:missed_percentage": "the rules find a percentage that the extraction lacks",
    "complete:two_labels": "the same words have two labels",
    "complete:untagged_mention": "words that are tagged once stand elsewhere untagged",
    "contamination:found": "it holds a question of a benchmark",
    "duplicate:exact": "an accepted example says the same, word for word",
    "duplicate:near": "an accepted example of another document says nearly the same",
    "duplicate:template": "an accepted example says the same with other names and numbers",
    "evidence:no_evidence": "nothing in a document supports it",
    "evidence:not_verbatim": "its evidence is not what stands at those offsets",
    "evidence:other_text": "its document has changed since it was made",
    "evidence:unknown_document": "its evidence lies in a document that is not there",
    "evidence:unnamed_document": "its evidence lies in a document that it does not name",
    "format_round_trip:differs": "read back, the output is not the finding that it came from",
    "format_round_trip:no_annotation": "it has a format, but no finding to compare with",
    "grounded:not_verbatim": "a span is not what stands at its offsets",
    "grounded:unknown_document": "a span lies in a document that is not there",
    "grounded:unnamed_document": "a span lies in a document that it does not name",
    "instruction_supported:answer_name": "the answer names something that the text does not",
    "instruction_supported:answer_number": "the answer has a number that the text has not",
    "instruction_supported:answer_quotation": "the answer quotes what the text does not say",
    "instruction_supported:items": "it asks for so many items, and the output has others",
    "instruction_supported:length": "it asks for a length that the output does not have",
    "instruction_supported:name": "the instruction names something that the text does not",
    "instruction_supported:no_list": "it asks for a list, and the output is none",
    "instruction_supported:no_steps": "it asks for steps, and the output has none",
    "instruction_supported:no_table": "it asks for a table, and the output is none",
    "instruction_supported:number": "the instruction has a number that the text has not",
    "instruction_supported:quotation": "the instruction quotes what the text does not say",
    "language:instruction": "the instruction is in another language or script than it claims",
    "language:output": "the output is in another language or script than it claims",
    "language:scripts": "instruction and output are in different scripts",
    "leak:answer_in_question": "the answer stands in its question",
    "leak:copied_run": "the instruction holds a long run of the output's words",
    "leak:label_in_text": "the text holds the name of its own label",
    "leak:longest_option": "the right option is twice as long as any other",
    "length:long_input": "the text to work on is too long",
    "length:long_instruction": "the instruction is too long",
    "length:long_output": "the output is too long",
    "length:short_input": "the text to work on is too short",
    "length:short_instruction": "the instruction is too short",
    "length:short_output": "the output is too short to teach anything",
    "near_duplicate:near": "an accepted instruction asks for the same in other words",
    "output_clean:byline": "it holds a line on who wrote or posted it, and when",
    "output_clean:call_to_action": "it holds a line that wants its reader to click, call or buy",
    "output_clean:cookie": "it holds a notice about cookies",
    "output_clean:cut_end": "it ends within a sentence",
    "output_clean:cut_start": "it begins within a sentence",
    "output_clean:dangling": "it points at a picture, a link or a list that is not there",
    "output_clean:empty": "there is nothing in it",
    "output_clean:legal": "it holds a notice of copyright or terms",
    "output_clean:navigation": "it holds a line of a page's navigation",
    "output_clean:share": "it holds a line that wants to be shared or followed",
    "output_clean:wiki": "it holds markup, or the gaps that lost markup leaves",
    "quality:low": "a model scores the pair below the least score",
    "quality:no_score": "the model gave no score",
    "round_trip:not_found": "the instruction finds too many other documents before its own",
    "second_opinion:disagrees": "a second model answers otherwise",
    "second_opinion:no_answer": "the second model gave no answer",
    "skeletons:too_many": "its phrasing already makes up its share of the run",
    "standalone:leads_on": "it goes on from something that was said before",
    "standalone:no_antecedent": "a pronoun stands for nobody that was named",
    "standalone:no_referent": "it points at a text or a thing that is not there",
    "supported:no_verdict": "the model gave no verdict",
    "supported:quote_not_in_document": "the quote that should support it is not in the document",
    "supported:unsupported": "a model finds a claim that the document does not make",
    "toxicity:listed_term": "it uses a term of a word list",
}
"""Kinds of *secrets* and *personal_data* are their own names, such as `secrets:aws_key`."""


def meaning(reason: str) -> str:
    """The sentence of a reason that a run prints; nothing for one of a part of one's own."""
    kind, _, rest = reason.partition(":")
    if kind == "secrets":
        return f"it holds a credential: {rest.replace('_', ' ')}"
    if kind == "personal_data":
        return f"it holds personal data: {rest.replace('_', ' ')}"
    return REASONS.get(reason) or tasks.REASONS.get(reason, "")
