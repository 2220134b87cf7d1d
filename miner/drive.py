"""Conversations with models: runs tasks' generators, and answers what they ask.

A request is looked up in the ledger first, so a run that is repeated asks for nothing twice and a
replay needs no network. What is not there goes to miner.asker, which keeps many in flight. Replies
are read here, in the caller's thread: one that cannot be used is asked for once more, with the
error or with more room, as a request of its own, and after that is Rejected with its reason.
"""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, Literal, TypeAlias, TypeVar

from miner.attempts import Ask, Done
from miner.collecting import Batch, Collecting
from miner.errors import MinerError, Stopped
from miner.exchange import Exchange, Exchanges
from miner.flow import Failure, Flow
from miner.session import Answers, Session
from miner.types import LLM, Annotation, Mining, Rejected, Reply, Request

if TYPE_CHECKING:
    from types import FrameType

    from miner.entries import Stored
    from miner.ledger import Ledger

    Progress: TypeAlias = Callable[[str, int, int | None], None]

__all__ = ["Failure", "Flow", "Outcome", "Session", "drive"]

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one mining.

    `done`: it came to its end. `rejected`: nothing was found because replies could not be used.
    `failed`: nothing was found because the model could not be asked, or the task broke off.
    """

    state: Literal["done", "rejected", "failed"]
    items: tuple[Annotation | Rejected, ...] = ()
    reason: str = ""
    detail: str = ""


def drive(
    minings: Iterable[tuple[Key, Mining]],
    llm: LLM | None,
    ledger: Ledger,
    flow: Flow | None = None,
    secret: bytes = b"",
    progress: Progress | None = None,
    session: Session | None = None,
) -> Iterator[tuple[Key, Outcome]]:
    """Run minings to their ends, many at a time.

    Args:
        minings: Pulled as there is room, so that memory is bounded by what is in flight.
        llm: Who answers; None rejects every request as `no_model`.
        ledger: Where requests and replies are kept.
        flow: Limits; see miner.flow.
        secret: The store's, for the marks around documents.
        progress: Called with ("ask", requests settled in this session, None).
        session: Kept by a caller who drives more than once.

    Yields:
        Each key with its outcome, as they finish: in no fixed order.

    Raises:
        Stopped: A budget, a deadline, an outage or a signal ended it; all that came is committed.
        LLMError: The endpoint is wrong in a way that no other request would survive.
    """
    driver = Driver(minings, llm, ledger, flow or Flow(), secret, progress, session)
    try:
        with driver.signals():
            yield from driver.run()
    finally:
        driver.close()


# ----------------------------------------------------------------------------- conversations


@dataclass
class _Conversation(Generic[Key]):
    """One mining at work: who waits for which replies."""

    key: Key
    mining: Mining
    order: int
    replies: list[Reply | Rejected | None] = field(default_factory=list)
    missing: int = 0
    refused: list[Rejected] = field(default_factory=list)
    failed: bool = False


@dataclass
class _Waiting(Generic[Key]):
    """One request of a conversation that waits for a model."""

    conversation: _Conversation[Key]
    place: int
    exchange: Exchange


class Driver(Generic[Key]):
    """The state of one call of `drive`."""

    def __init__(
        self,
        minings: Iterable[tuple[Key, Mining]],
        llm: LLM | None,
        ledger: Ledger,
        flow: Flow,
        secret: bytes,
        progress: Progress | None,
        session: Session | None = None,
    ) -> None:
        self.minings, self.ledger = iter(minings), ledger
        self.exchanges = None if llm is None else Exchanges(llm, ledger, flow, secret)
        self.flow, self.secret, self.progress = flow, secret, progress
        self.session, self.lent = session or Session(flow), session is not None
        self.session.begin(ledger)
        self.waiting: dict[str, list[_Waiting[Key]]] = {}
        self.batch: Batch | None = None
        if llm is not None and (collector := getattr(llm, "collector", None)):
            self.batch = Collecting(llm, collector(ledger.path.parent), ledger, flow, secret)
        self.asked: set[str] = set()
        """Keys asked by this call, kept only where failures of earlier calls are asked again."""
        self.finished: list[tuple[Key, Outcome]] = []
        self.signalled = 0

    @property
    def asker(self) -> Answers | None:
        """Who asks, once somebody was needed."""
        return self.session.asker

    def run(self) -> Iterator[tuple[Key, Outcome]]:
        """Pull minings while there is room, and answer those at work."""
        more = True
        order = 0
        while more or self.waiting:
            while more and len(self.waiting) < self.room:
                if self.signalled and self.asker is None:
                    raise Stopped("stopped by a signal; the same command goes on from here")
                pulled = next(self.minings, None)
                if pulled is None:
                    more = False
                else:
                    self._advance(_Conversation(*pulled, order), None)
                    order += 1
                yield from self._take_finished()
            if self.waiting:
                self._wait()
                yield from self._take_finished()
        if self.batch is not None and self.batch.count:
            raise self.batch.hand_over()

    @property
    def room(self) -> int:
        """Requests that may be open: as many in flight, and as many that wait for another try."""
        models = self.exchanges.models.values() if self.exchanges else ()
        most = [int(getattr(llm, "open_requests", 0)) for llm in models]
        return max(2 * self.flow.in_flight, *most, 0)

    def _take_finished(self) -> Iterator[tuple[Key, Outcome]]:
        finished, self.finished = self.finished, []
        yield from finished

    def _wait(self) -> None:
        """Take one answer and go on with all who wait for it."""
        if self.asker is None:
            raise AssertionError("requests wait, but nobody was asked")
        ends = self.session.ends
        left = None if ends is None else max(0.0, ends - time.monotonic())
        answer = self.asker.next(left)
        if answer is None:
            self.asker.stop(self._deadline())
            self.session.ends = None
        elif isinstance(answer, Done):
            raise self._last_word(answer)
        else:
            id, stored = answer
            self.session.settled += 1
            if self.progress:
                self.progress("ask", self.session.settled, None)
            for waiting in self.waiting.pop(id, ()):
                self._step(waiting, stored)

    def _deadline(self) -> Stopped:
        seconds = f"{self.flow.deadline_seconds:g} s"
        return Stopped(f"the deadline of {seconds} has come; the same command goes on from here")

    def _last_word(self, done: Done) -> BaseException:
        error = done.error or Stopped("asking has ended")
        if isinstance(error, Stopped) and self.waiting:
            return Stopped(f"{error} ({len(self.waiting)} requests or more are still open)")
        return error

    def _advance(
        self, conversation: _Conversation[Key], replies: list[Reply | Rejected] | None
    ) -> None:
        """Let a mining work until it ends or has to wait."""
        while True:
            try:
                # A generator that has not begun takes None, which its type does not know.
                requests = conversation.mining.send(replies)  # type: ignore[arg-type]
            except StopIteration as end:
                self.finished.append((conversation.key, _outcome(conversation, end.value or [])))
                return
            except MinerError:
                raise
            except Exception as error:  # noqa: BLE001 - one document's trouble is not the job's
                detail = f"{type(error).__name__}: {error}"
                outcome = Outcome("failed", (), "task_error", detail[:1000])
                self.finished.append((conversation.key, outcome))
                return
            conversation.replies = [None] * len(requests)
            conversation.missing = len(requests)
            for place, request in enumerate(requests):
                exchange = self.exchanges.begin(request) if self.exchanges else _no_model()
                self._step(_Waiting(conversation, place, exchange), None, resume=False)
            if conversation.missing:
                return
            replies = self._replies(conversation)

    def _step(self, waiting: _Waiting[Key], stored: Stored | None, *, resume: bool = True) -> None:
        """Go on with one exchange, as far as the ledger knows the answers."""
        conversation = waiting.conversation
        try:
            while True:
                # As above: None begins it.
                request = waiting.exchange.send(stored)  # type: ignore[arg-type]
                if self.exchanges is None:
                    raise AssertionError("a request without a model")
                id, stored = self.exchanges.look_up(request, self.asked)
                if stored is None:
                    self._ask(id, request, waiting)
                    return
        except StopIteration as end:
            reply: Reply | Rejected = end.value
        conversation.replies[waiting.place] = reply
        conversation.missing -= 1
        if isinstance(reply, Rejected):
            conversation.refused.append(reply)
        else:
            self.session.forgiven.update(reply.forgiven)
        if resume and not conversation.missing:
            self._advance(conversation, self._replies(conversation))

    def _replies(self, conversation: _Conversation[Key]) -> list[Reply | Rejected]:
        return [reply for reply in conversation.replies if reply is not None]

    def _ask(self, id: str, request: Request, waiting: _Waiting[Key]) -> None:
        """Send a request, unless the same is on its way already."""
        if self.batch is not None:
            self.batch.add(id, request)
            return
        if id in self.waiting:
            self.waiting[id].append(waiting)
            return
        self.waiting[id] = [waiting]
        if self.flow.retry_failed:
            self.asked.add(id)
        if self.exchanges is None:
            raise AssertionError("a request without a model")
        if self.asker is None and self.session.over:
            raise self._deadline()
        asker = self.session.start(self.exchanges.models, self.ledger, self.flow, self.secret)
        asker.submit(Ask(waiting.conversation.order, id, request, request.model))

    # -- the end

    @contextlib.contextmanager
    def signals(self) -> Iterator[None]:
        """SIGTERM and Ctrl-C let replies on their way come in; a second one does not wait."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def handle(number: int, _frame: FrameType | None) -> None:
            self.signalled += 1
            if self.signalled > 1:
                if self.asker is not None:
                    self.asker.abandon()
                raise KeyboardInterrupt
            self._stop_by_signal(signal.Signals(number).name)

        before = {
            number: signal.signal(number, handle) for number in (signal.SIGTERM, signal.SIGINT)
        }
        try:
            yield
        finally:
            for number, old in before.items():
                signal.signal(number, old)

    def _stop_by_signal(self, name: str = "a signal") -> None:
        if self.asker is not None:
            self.asker.stop(Stopped(f"stopped by {name}; the same command goes on from here"))

    def close(self) -> None:
        """Let what is in flight come in, and end the thread, unless it is lent and fit to go on."""
        if not self.lent or self.waiting or self.signalled:
            self.session.close()
        if self.exchanges is not None:
            self.exchanges.close()


def _no_model() -> Exchange:
    """The exchange of a run without a model."""
    yield from ()
    return Rejected("no_model", "this run has no model to ask")


def _outcome(conversation: _Conversation[Key], items: list[Annotation | Rejected]) -> Outcome:
    """Sum up a mining. What a task merely hands on of its replies is not counted twice."""
    refused = conversation.refused
    if not refused or any(isinstance(item, Annotation) for item in items):
        return Outcome("done", tuple(items))
    own = tuple(item for item in items if item not in refused)
    first = refused[0]
    unusable = first.reason in UNUSABLE
    return Outcome("rejected" if unusable else "failed", own, first.reason, first.detail)


UNUSABLE = frozenset(
    {"truncated", "refusal", "content_filter", "empty", "only_reasoning", "prompt_echo"}
    | {"foreign_url"}
    | {"malformed_json", "wrong_schema", "no_model", "not_in_ledger"}
)
"""Reasons of a reply that came but cannot be used; all others mean that none came."""
