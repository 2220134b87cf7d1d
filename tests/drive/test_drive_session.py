"""What one call of `drive` has learned of a server, the next call of the same run knows."""

from __future__ import annotations

import threading

import pytest
from conftest import mining
from server import Server

from miner.drive import Flow, Session, drive
from miner.errors import Stopped
from miner.ledger import Ledger
from miner.llms.openai import OpenAI

FLOW = Flow(in_flight=32, start_in_flight=2)


def pairs(start, many):
    return ((i, mining(i)) for i in range(start, start + many))


def test_window_and_connections_are_kept(tmp_path):
    with Server(latency=0.02) as server, Ledger.open(tmp_path / "l.sqlite") as ledger:
        llm = OpenAI("m", server.url)
        with Session(FLOW) as session:
            assert len(dict(drive(pairs(0, 200), llm, ledger, FLOW, session=session))) == 200
            asker = session.asker
            (lane,) = asker._lanes[""]
            grown = lane.window
            assert grown > 8
            server.peak, server.latency = 0, 0.3
            assert len(dict(drive(pairs(200, 8), llm, ledger, FLOW, session=session))) == 8
            assert session.asker is asker
            assert server.peak == 8, "all at once, where a new start would send two"
        assert session.asker is None
        server.peak = 0
        dict(drive(pairs(300, 8), llm, ledger, FLOW))
        assert server.peak < 8
    assert not [t for t in threading.enumerate() if t.name == "asker"]


def test_a_rate_that_was_cut_stays(tmp_path):
    with Server(rate=50.0) as server, Ledger.open(tmp_path / "l.sqlite") as ledger:
        llm = OpenAI("m", server.url)
        with Session(Flow()) as session:
            dict(drive(pairs(0, 60), llm, ledger, Flow(), session=session))
            (lane,) = session.asker._lanes[""]
            assert lane._rate > 0, "the server has refused some"
            before = server.statuses[429]
            dict(drive(pairs(60, 20), llm, ledger, Flow(), session=session))
            assert server.statuses[429] - before <= 3


def test_a_deadline_is_of_all_calls(tmp_path):
    with Server(latency=0.4) as server, Ledger.open(tmp_path / "l.sqlite") as ledger:
        llm, flow = OpenAI("m", server.url), Flow(deadline_seconds=0.6)

        def calls(session):
            for start in range(9):
                dict(drive(pairs(start, 1), llm, ledger, flow, session=session))

        with Session(flow) as session, pytest.raises(Stopped, match="deadline"):
            calls(session)
        assert 1 <= server.total < 9
        assert ledger.books()["pending"] == 0


def test_who_leaves_early_ends_the_asking(tmp_path):
    with Server(latency=0.05) as server, Ledger.open(tmp_path / "l.sqlite") as ledger:
        llm = OpenAI("m", server.url)
        with Session(FLOW) as session:
            results = drive(pairs(0, 30), llm, ledger, FLOW, session=session)
            next(results)
            results.close()
            assert session.asker is None
            assert ledger.books()["pending"] == 0
            assert len(dict(drive(pairs(0, 30), llm, ledger, FLOW, session=session))) == 30
        assert server.total == 30, "nothing was asked twice"
