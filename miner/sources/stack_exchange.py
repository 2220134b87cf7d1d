"""Stack Exchange dumps: a question and its accepted answer (LongForm's structured corpora).

The document is the answer; its title is the question's, whose body stands in the meta with tags
and scores. In `Posts.xml` an answer comes after its question, so questions wait for theirs, and no
more of them than a set number.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any
from xml.etree import ElementTree as ET

from miner.sources.files import find_files, open_file
from miner.sources.fragment import text_of
from miner.sources.lines import Damaged, lines, unpacked
from miner.sources.record import EXTRACTED, Columns, Record
from miner.types import File, Rejected, Row, Source

QUESTION, ANSWER = "1", "2"


@dataclass(frozen=True, kw_only=True)
class StackExchange(Columns):
    """Accepted answers of `Posts.xml`. A row's number is its post's line.

    Columns are id (the answer's), title, url, timestamp and license.

    Attributes:
        path: Posts.xml, plain or compressed: file, glob, folder or URL.
        site: Address of the site, such as "https://cooking.stackexchange.com", for urls.
        min_score: Least score of an answer.
        waiting: Most questions that wait for their answer at a time.
    """

    path: str
    site: str = ""
    min_score: int = 0
    waiting: int = 200_000

    def files(self) -> Sequence[File]:
        """The files of `path`."""
        return find_files(self.path, (".xml",))

    def read(self, file: File, start: int = 0) -> Iterator[Row]:
        """The posts from line `start` on; earlier questions are still read, for their answers."""
        with open_file(self.path, file) as stream:
            posts = (post for post in self._records(stream) if post[0] >= start)
            yield from self.rows(file.name, posts, file.name)

    def _records(self, stream: IO[bytes]) -> Iterator[tuple[int, Record | Rejected]]:
        questions: dict[str, dict[str, str]] = {}  # by the id of the accepted answer
        number = -1
        try:
            for number, line in lines(unpacked(stream)):
                if isinstance(line, Rejected):
                    yield number, line
                elif line.lstrip().startswith(b"<row"):
                    found = self._post(line, questions)
                    if found is not None:
                        yield number, found
                    if len(questions) > self.waiting:
                        del questions[next(iter(questions))]
                        yield number, Rejected("no_answer_found", "too many questions wait")
            if number < 0:
                yield 0, Rejected("empty_file", "no post in it")
        except Damaged as damage:
            yield number + 1, damage.rejected
        if questions:
            detail = f"{len(questions)} questions whose accepted answer is not in the file"
            yield number + 1, Rejected("no_answer_found", detail)

    def _post(self, line: bytes, questions: dict[str, dict[str, str]]) -> Record | Rejected | None:
        """The record of an accepted answer; nothing for the question that waits for it."""
        try:
            post = ET.fromstring(line).attrib  # noqa: S314 - one line without a DTD
        except (ET.ParseError, ValueError) as error:
            return Rejected("unreadable_line", str(error))
        kind = post.get("PostTypeId")
        if kind == QUESTION:
            if accepted := post.get("AcceptedAnswerId"):
                questions[accepted] = post
                return None
            return Rejected("no_accepted_answer", f"question {post.get('Id')}")
        if kind != ANSWER:
            return Rejected("other_post", f"type {kind}")
        question = questions.pop(post.get("Id", ""), None)
        if question is None:
            return Rejected("not_accepted", f"answer {post.get('Id')}")
        if _score(post) < self.min_score:
            return Rejected("low_score", f"{_score(post)}, at least {self.min_score}")
        return self._record(question, post)

    def _record(self, question: dict[str, str], answer: dict[str, str]) -> Record:
        tags = question.get("Tags", "").strip("<>|").replace("><", "|").split("|")
        meta: dict[str, Any] = {
            "question": text_of(question.get("Body", "")),
            "question_id": question.get("Id", ""),
            "question_score": _score(question),
            "score": _score(answer),
            "tags": [tag for tag in tags if tag],
        }
        return {
            "id": answer.get("Id"),
            self.text: text_of(answer.get("Body", "")),
            self.title: question.get("Title", ""),
            self.url: f"{self.site.rstrip('/')}/a/{answer.get('Id')}" if self.site else "",
            self.timestamp: answer.get("CreationDate", ""),
            self.license: answer.get("ContentLicense", ""),
            EXTRACTED: meta,
        }


def _score(post: dict[str, str]) -> int:
    score = post.get("Score", "0")
    return int(score) if score.lstrip("-").isdigit() and len(score) < 12 else 0


PART: type[Source] = StackExchange
