"""Nobody who waits for the ledger waits for ever, whatever goes wrong behind it."""

from __future__ import annotations

import asyncio

import pytest

from miner.journal import Journal

pytestmark = pytest.mark.timeout(20)


class Ledger:
    """Answers with what it was told to: numbers, or an exception."""

    def __init__(self, answers):
        self.answers = list(answers)
        self.batches = []

    def apply(self, operations):
        self.batches.append(list(operations))
        answer = self.answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return answer


def written(ledger, count):
    async def main():
        journal = Journal(ledger)
        results = await asyncio.gather(
            *(journal.write(i) for i in range(count)), return_exceptions=True
        )
        await journal.close()
        return results

    return asyncio.run(main())


def test_what_comes_together_is_committed_together():
    ledger = Ledger([[10, 11, 12]])
    assert written(ledger, 3) == [10, 11, 12]
    assert ledger.batches == [[0, 1, 2]]


@pytest.mark.parametrize("answer", [OSError("disk"), ZeroDivisionError(), [1], [1, 2, 3]])
def test_a_failure_reaches_everyone_who_waits(answer):
    results = written(Ledger([answer]), 2)
    assert all(isinstance(result, Exception) for result in results)


def test_a_waiter_that_gave_up_does_not_hold_up_the_others():
    async def main():
        journal = Journal(Ledger([[1, 2], [3]]))
        first = asyncio.create_task(journal.write("a"))
        second = asyncio.create_task(journal.write("b"))
        await asyncio.sleep(0)
        first.cancel()
        assert await second == 2
        assert await journal.write("c") == 3
        await journal.close()

    asyncio.run(main())
