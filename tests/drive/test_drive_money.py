"""A budget is never exceeded, under any interleaving, and the books always balance."""

from __future__ import annotations

import asyncio
import contextlib
import random
from dataclasses import dataclass, field

import pytest
from conftest import mining
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from miner.drive import Flow, drive
from miner.entries import NANO, Failed, Replied, Sent, Spent, key
from miner.errors import RecipeError, Stopped
from miner.flow import Budget, Failure, Hold, Price, hold_for
from miner.ledger import Ledger
from miner.llms.openai import OpenAI, published
from miner.types import Message, Reply, Request


@dataclass(frozen=True)
class Erratic:
    """Takes any time, costs anything up to what it may, and fails in any way."""

    seed: int
    price: Price = field(default_factory=lambda: Price(1500.0, 6000.0))
    model: str = "erratic"
    rng: random.Random = field(default_factory=random.Random)

    async def complete(self, request: Request) -> Reply:
        self.rng.seed(f"{self.seed}{request.messages}{self.rng.random()}")
        for _ in range(self.rng.randrange(6)):
            await asyncio.sleep(0)
        prompt = sum(len(m.content) for m in request.messages)
        if self.rng.random() < 0.3:
            raise Failure(self.rng.choice(["bad_request", "too_large", "too_long"]))
        if self.rng.random() < 0.1:
            return Reply("", "no usage")
        used = self.rng.randrange(prompt)
        return Reply("", "x", prompt_tokens=used, completion_tokens=self.rng.randrange(1025))


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 10**6), cents=st.integers(0, 40), in_flight=st.integers(1, 40))
def test_never_a_cent_above(tmp_path_factory, seed, cents, in_flight):
    path = tmp_path_factory.mktemp("l") / "ledger.sqlite"
    budget = cents / 100
    flow = Flow(budget=budget, in_flight=in_flight, start_in_flight=in_flight)
    with Ledger.open(path) as ledger:
        done = 0
        with contextlib.suppress(Stopped):
            for _ in drive(((i, mining(i)) for i in range(60)), Erratic(seed), ledger, flow):
                done += 1
        if done < 60:
            one = hold_for(Erratic(0), next(mining(0))[0]).nano
            assert ledger.spent().nano + 2 * one > budget * NANO, "it stops no earlier than it must"
        assert ledger.spent().nano <= budget * NANO
        books = ledger.books()
        assert books["asked"] == books["replied"] + books["failed"] + books["pending"]
        assert books["pending"] == 0


def test_a_raised_budget_goes_on(tmp_path):
    with Ledger.open(tmp_path / "l.sqlite") as ledger:

        def run(budget):
            pairs = ((i, mining(i)) for i in range(40))
            return list(drive(pairs, Erratic(1), ledger, Flow(budget=budget)))

        with pytest.raises(Stopped, match=r"of 0\.0500 dollars.*still open"):
            run(0.05)
        asked = ledger.books()["asked"]
        assert len(run(5.0)) == 40
        assert ledger.books()["asked"] == 40 > asked > 0


@pytest.mark.parametrize(
    ("limits", "most"),
    [({"budget_requests": 7}, "7 requests"), ({"budget_tokens": 5000}, "tokens")],
)
def test_other_budgets(tmp_path, limits, most):
    with Ledger.open(tmp_path / "l.sqlite") as ledger:
        pairs = ((i, mining(i)) for i in range(40))
        with pytest.raises(Stopped, match=most):
            list(drive(pairs, Erratic(1), ledger, Flow(**limits)))
        spent = ledger.spent()
    assert spent.attempts <= limits.get("budget_requests", 40)
    assert spent.tokens <= limits.get("budget_tokens", 10**9)


def test_prices():
    assert published("gpt-4o-mini", "https://api.openai.com/v1") == Price(150.0, 600.0)
    assert not published("nobody-knows-this", "https://api.openai.com/v1").known
    assert OpenAI("x", "http://127.0.0.1:1/v1").price == Price()
    own = OpenAI("x", "http://10.1.1.1/v1", prompt_price=1.0, completion_price=2.5)
    assert own.price.cost(1_000_000, 1_000_000) == 3_500_000_000
    assert Price(0.5).cost(1, 0) == 1, "rounded up"


def test_what_is_held_back_is_known_apart():
    budget, hold = Budget(Flow(), Spent(0, 700, 0, 0, 0, 0, 0.0)), Hold(1000, 10)
    assert all(budget.reserve(hold) for _ in range(3))
    assert (budget.nano, budget.held) == (3700, 3000)
    budget.settle(hold, 400, 5)
    budget.cancel(hold)
    assert (budget.nano, budget.held, budget.requests) == (2100, 1000, 2)


def test_a_budget_needs_a_price(tmp_path):
    llm = OpenAI("nobody-knows-this", "http://10.1.1.1/v1")
    with (
        Ledger.open(tmp_path / "l.sqlite") as ledger,
        pytest.raises(RecipeError, match="prompt_price"),
    ):
        list(drive([(0, mining(0))], llm, ledger, Flow(budget=1.0)))


def test_servers_that_are_paid_by_the_hour(tmp_path):
    @dataclass(frozen=True)
    class Hired:
        model: str = "m"
        price_per_hour: float = 3600.0

        async def complete(self, request: Request) -> Reply:
            return Reply("", "x", prompt_tokens=1, completion_tokens=1)

    with Ledger.open(tmp_path / "l.sqlite") as ledger:
        list(drive([(0, mining(0))], Hired(), ledger, Flow(budget=20.0)))
        assert ledger.spent().dollars == pytest.approx(10.0), "ten seconds are charged at a time"
        assert ledger.spent().attempts == 1
        with pytest.raises(Stopped, match="budget is used up"):
            list(drive(((i, mining(i)) for i in range(9, 19)), Hired(), ledger, Flow(budget=15.0)))


class Books(RuleBasedStateMachine):
    """Submit, reply, fail, crash, resume, change the recipe, spend: the books always balance."""

    attempts = Bundle("attempts")

    @initialize(budget=st.integers(0, 20))
    def begin(self, budget):
        import tempfile

        self.folder = tempfile.TemporaryDirectory()
        self.path = f"{self.folder.name}/ledger.sqlite"
        self.flow = Flow(budget=budget * 1000 / NANO)
        self.states, self.sent, self.cost = {}, {}, 0
        self.prompt = "first"
        self.reopen()

    def reopen(self):
        self.ledger = Ledger.open(self.path)
        self.budget = Budget(self.flow, self.ledger.spent())

    @rule(target=attempts, number=st.integers(0, 5), bound=st.integers(0, 3000))
    def submit(self, number, bound):
        from miner.flow import Hold

        request = Request("t", "d", (Message("user", f"{self.prompt} {number}"),))
        id, hold = key(request, "m"), Hold(bound, 10)
        if not self.budget.reserve(hold):
            return None
        sent = Sent(id, request, "m", 0.0, reserved=bound, reserved_tokens=10)
        (attempt,) = self.ledger.apply([sent])
        self.states[id] = "pending"
        self.sent[attempt] = (id, hold)
        return attempt

    @rule(attempt=attempts, share=st.floats(0, 1))
    def reply(self, attempt, share):
        if attempt in self.sent:
            id, hold = self.sent.pop(attempt)
            cost = int(hold.nano * share)
            self.budget.settle(hold, cost, 5)
            self.ledger.apply([Replied(attempt, id, "x", "b", "stop", 4, 1, cost, 0.1)])
            self.states[id] = "replied"
            self.cost += cost

    @rule(attempt=attempts, final=st.booleans(), billed=st.booleans())
    def fail(self, attempt, final, billed):
        if attempt in self.sent:
            id, hold = self.sent.pop(attempt)
            cost, tokens = (hold.nano, hold.tokens) if billed else (0, 0)
            self.budget.settle(hold, cost, tokens)
            self.ledger.apply([Failed(attempt, id, "why", "", "", cost, tokens, 0.1, final)])
            self.cost += cost
            if final:
                self.states[id] = "failed"

    @rule()
    def crash_and_resume(self):
        self.ledger.close()
        self.cost += sum(hold.nano for _, hold in self.sent.values())
        self.sent.clear()
        self.reopen()

    @rule(more=st.integers(-5, 10))
    def change_the_budget(self, more):
        """What is spent or held stays: a lower limit only stops what comes."""
        least = self.budget.nano / NANO
        self.flow = Flow(budget=max(least, self.flow.budget + more * 1000 / NANO))
        self.crash_and_resume()

    @rule(word=st.sampled_from(["first", "second"]))
    def change_the_recipe(self, word):
        self.prompt = word

    @invariant()
    def the_books_balance(self):
        if not hasattr(self, "ledger"):
            return
        books = self.ledger.books()
        counted = {s: list(self.states.values()).count(s) for s in ("replied", "failed", "pending")}
        assert books == {"asked": len(self.states), **counted}
        held = sum(hold.nano for _, hold in self.sent.values())
        assert self.ledger.spent().nano == self.cost + held == self.budget.nano
        assert self.budget.nano <= self.flow.budget * NANO + 0.5

    def teardown(self):
        if hasattr(self, "ledger"):
            self.ledger.close()
            self.folder.cleanup()


Books.TestCase.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)
TestBooks = Books.TestCase
