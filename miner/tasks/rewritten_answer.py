"""A model writes the instruction that a document answers, then answers it in clean words."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from miner.tasks.asking import TEXT, Asking, object_schema
from miner.tasks.finding import annotate
from miner.tasks.reverse_instruction import ReverseInstruction
from miner.text import words
from miner.types import Answers, Rejected, Task, Writing

if TYPE_CHECKING:
    from miner.types import Annotation, Case, Mining

PROMPTS = Path(__file__).parent / "prompts"


@dataclass(frozen=True)
class RewrittenAnswer(ReverseInstruction):
    """For web text that is too rough to be an answer as it stands.

    The instruction is that of `reverse_instruction`, the answer a clean text that says nothing but
    what the document says (instruction back-and-forth translation, Nguyen et al. 2024; Kun's
    polishing, Zheng et al. 2024). The document's own words stay beside it as evidence, and checks
    hold the numbers and names of the answer to them.
    """

    asking: Asking = field(default_factory=lambda: Asking(max_tokens=2048))
    """How the answer is asked for; the other options ask for the instruction."""
    shortest: float = 0.3
    """Least length of an answer, as a share of the document's words."""
    longest: float = 1.3

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 < self.shortest < self.longest:
            raise ValueError("'shortest' is above 0 and below 'longest'")

    def mine(self, case: Case) -> Mining:
        """Two rounds: the instruction, then its answer."""
        found = yield from super().mine(case)
        results: list[Annotation | Rejected] = []
        for item in found:
            if isinstance(item, Rejected) or not isinstance(item.finding, Writing):
                results.append(item)
                continue
            finding = item.finding
            request = self.asking.request(
                case,
                "rewritten_answer",
                finding.output.text,
                object_schema(answer=TEXT),
                instruction=finding.instruction,
            )
            (reply,) = yield [request]
            if isinstance(reply, Rejected):
                results.append(reply)
                continue
            answer = str(reply.data["answer"]).strip()
            share = len(words(answer)) / len(words(finding.output.text))
            if not self.shortest <= share <= self.longest:
                results.append(Rejected("wrong_length", f"{share:.2f} of the document's words"))
                continue
            made = annotate(
                case,
                "rewritten_answer",
                Answers(finding.output, finding.instruction, (finding.output,), answer),
                key=finding.style,
                asked=[request],
                replies=[reply],
                meta={"alone": True, "own_words": True, "style": finding.style},
            )
            results.append(replace(made, request_ids=(*item.request_ids, *made.request_ids)))
        return results


PART: type[Task] = RewrittenAnswer
