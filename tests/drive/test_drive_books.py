"""The three books of a run balance, whatever becomes of its requests and of the process."""

from __future__ import annotations

import dataclasses
import shutil
import tempfile
from collections import Counter
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from small_job import small_job, write_prompt

from miner.errors import LLMError, Stopped
from miner.flow import Failure, Flow, Price
from miner.job import selection_to_try
from miner.ledger import Ledger
from miner.llms.fake import Fake
from miner.rounds import Rounds
from miner.run import Run

STATES = ("replied", "failed", "pending")
FATES = st.sampled_from(["good", "good", "empty", "bad_request", "quota", "dies"])


class Moody:
    """Answers as its fate of the moment wants it; what it was asked is counted."""

    model = "moody"
    price = Price(1000.0, 1000.0)

    def __init__(self):
        self.fates, self.answered, self.at_death = [], Counter(), None

    async def complete(self, request):
        fate = self.fates.pop() if self.fates else "good"
        if fate == "dies":
            self.at_death()
            raise ZeroDivisionError
        if fate in {"bad_request", "quota"}:
            raise Failure(fate, "as told")
        self.answered[str(request.messages[-1].content)] += 1
        reply = await Fake("moody").complete(request)
        return dataclasses.replace(reply, text="") if fate == "empty" else reply


class Books(RuleBasedStateMachine):
    """A job on four documents is begun, fails, is killed, changed and taken up again."""

    store = None

    @initialize()
    def begin(self):
        self.folder = Path(tempfile.mkdtemp())
        self.llm, self.run, self.finished = Moody(), Run(self.folder / "run"), None
        self.keys = {}
        self.chosen = selection_to_try(self.job(), self.store, self.run, [])

    def job(self):
        job = small_job(self.folder, **self.keys)
        return dataclasses.replace(job, llm=self.llm)

    @rule(
        fates=st.lists(FATES, max_size=6),
        budget=st.sampled_from([None, None, 0.008, 0.02]),
        in_flight=st.sampled_from([1, 4]),
    )
    def mine(self, fates, budget, in_flight):
        """Submit; replies and failures come; it ends, is stopped, or dies and is resumed."""
        flow = Flow(budget, in_flight=in_flight, start_in_flight=in_flight)
        copy = self.folder / "copy"

        def at_death():
            """What lies on the disk at this moment is what a killed process leaves behind."""
            if not copy.exists():
                shutil.copytree(self.run.path, copy, ignore=shutil.ignore_patterns("*-shm"))

        self.llm.fates, self.llm.at_death = list(fates), at_death
        job, self.finished = dataclasses.replace(self.job(), flow=flow), None
        before = self.spent()
        try:
            with Ledger.open(self.run.ledger) as ledger:
                rounds = Rounds(job, self.store, self.run, *self.chosen, ledger)
                rounds.fill()
                self.finished = rounds.manifest()
        except (Stopped, LLMError):
            pass
        if copy.exists():
            shutil.rmtree(self.run.path)
            copy.rename(self.run.path)
            self.finished = None
        assert budget is None or self.spent() <= max(budget, before)

    def spent(self):
        with Ledger.open(self.run.ledger) as ledger:
            return ledger.spent().dollars

    @rule(word=st.sampled_from(["", "Briefly."]))
    def change_the_prompt(self, word):
        write_prompt(self.folder, word)

    @rule(most=st.sampled_from([10, 60]))
    def change_a_check(self, most):
        self.keys["checks"] = [{"kind": "length", "max_instruction": most}]

    @invariant()
    def requests_balance(self):
        if not (hasattr(self, "run") and self.run.ledger.is_file()):
            return
        with Ledger.open(self.run.ledger) as ledger:
            books = ledger.books()
            listed = {s: len(list(ledger.requests(state=s))) for s in STATES}
        assert books == {"asked": sum(listed.values()), **listed}

    @precondition(lambda self: self.finished)
    @invariant()
    def tasks_and_what_they_made_balance(self):
        books = self.finished["books"]
        tasks = books["tasks"]
        assert tasks["started"] == tasks["done"] + tasks["rejected"] + tasks["failed"]
        assert tasks["started"] == 2 * sum(node["asked"] for node in self.finished["nodes"])
        for what in ("annotations", "examples"):
            rows = len(list(self.run.rows(what)))
            assert books[what]["accepted"] == rows
            assert books[what]["made"] == rows + books[what]["rejected"]
        turned_away = Counter(row["subject"] for row in self.run.rejected())
        assert turned_away["annotation"] == books["annotations"]["rejected"]
        assert turned_away["example"] == books["examples"]["rejected"]

    def teardown(self):
        shutil.rmtree(self.folder)


def test_the_three_books(sample_store):
    class Here(Books):
        store = sample_store

    quick = settings(max_examples=10, stateful_step_count=7, deadline=None)
    run_state_machine_as_test(Here, settings=quick)
