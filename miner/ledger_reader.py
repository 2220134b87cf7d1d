"""What a ledger tells: what became of a request, what was spent, the books."""

from __future__ import annotations

import json
import sqlite3
import threading
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from miner.entries import NANO, PROBE, Attempt, Entry, Open, Spent, Stored
from miner.errors import StoreError, choices
from miner.ledger_file import unsqueeze
from miner.prompts import with_marks, with_schema
from miner.types import Message, Reply


class Reader:
    """Reads the file; safe while another process writes it."""

    def __init__(self, path: Path, reader: sqlite3.Connection, *, locked: bool) -> None:
        """With `locked` the connection is the writer's as well, so that they take turns."""
        self.path = path
        self._reader = reader
        self._lock, self._locked = threading.RLock(), locked

    def waiting(self, id: str) -> Open | None:
        """The attempt that was handed over and is not answered yet, if there is one."""
        row = self._one(
            "SELECT id, reserved, reserved_tokens FROM attempts"
            " WHERE request = ? AND state = 'waiting'",
            (id,),
        )
        return Open(*row) if row else None

    def find(self, id: str) -> Stored | None:
        """What became of a request: a reply, a final failure, or None: still to be asked."""
        row = self._one(
            "SELECT r.state, r.reason, r.detail, r.model, a.answer, a.finish, a.prompt_tokens,"
            " a.completion_tokens, a.cost FROM requests r LEFT JOIN attempts a ON a.id = r.reply"
            " WHERE r.id = ?",
            (id,),
        )
        if row is None or row[0] == "pending":
            return None
        if row[0] == "failed":
            return Stored(None, row[1], row[2])
        if row[4] is None:
            return Stored(None, "forgotten", "its document was deleted")
        text = json.loads(unsqueeze(row[4]))[0]
        return Stored(Reply(id, text, None, row[5], row[3], row[6], row[7], (row[8] or 0) / NANO))

    def request(self, id: str) -> Entry:
        """All about one request; the start of an id will do.

        Raises:
            StoreError: No request, or more than one, has an id that begins so.
        """
        rows = self._all(
            "SELECT id, task, document, model, prompt_version, state, reason, detail, messages,"
            " parameters FROM requests WHERE id >= ? AND id < ? LIMIT 2",
            (id, id + "g"),
        )
        if len(rows) != 1:
            near = [r[0] for r in self._all("SELECT id FROM requests LIMIT 200")]
            found = "several requests begin" if rows else "no request begins"
            raise StoreError(f"{self.path}: {found} with '{id}'; {choices(id, near[:5])}")
        id, task, document, model, version, state, reason, detail, packed, given = rows[0]
        attempts = self._all(
            "SELECT state, reason, detail, started, seconds, endpoint, mode, COALESCE(cost,"
            " reserved), COALESCE(prompt_tokens, 0), COALESCE(completion_tokens, 0),"
            " COALESCE(finish, ''), answer, mark, canary FROM attempts WHERE request = ?"
            " ORDER BY id",
            (id,),
        )
        messages, table = self._unpack(packed), json.loads(given)
        marks = attempts[-1][12:14] if attempts else ("", "")
        return Entry(
            id=id,
            task=task,
            document=document,
            model=model,
            prompt_version=version,
            state=state,
            reason=reason,
            detail=detail,
            messages=messages,
            sent=with_marks(
                messages if task == PROBE else with_schema(messages, table["schema"]), *marks
            ),
            parameters=table,
            attempts=tuple(_attempt(row) for row in attempts),
        )

    def requests(self, task: str = "", state: str = "") -> Iterator[str]:
        """Ids of the requests, in the order of their first sending."""
        rows = self._all(
            "SELECT r.id FROM requests r LEFT JOIN attempts a ON a.request = r.id"
            " WHERE (? IN ('', r.task)) AND (? IN ('', r.state)) GROUP BY r.id"
            " ORDER BY MIN(a.id), r.id",
            (task, state),
        )
        return (row[0] for row in rows)

    def books(self) -> dict[str, int]:
        """Requests asked, replied, failed and pending: asked is the sum of the others."""
        counts = dict(self._all("SELECT state, count(*) FROM requests GROUP BY state"))
        books = {state: int(counts.get(state, 0)) for state in ("replied", "failed", "pending")}
        return {"asked": sum(books.values()), **books}

    def spent(self) -> Spent:
        """What all attempts took; those without a settled cost count with their reservation."""
        row = self._one(
            "SELECT COALESCE(sum(state NOT IN ('metered', 'reused')), 0),"
            " COALESCE(sum(COALESCE(cost, reserved)), 0),"
            " COALESCE(sum(CASE WHEN state = 'replied' AND NOT estimated"
            " THEN prompt_tokens + completion_tokens ELSE reserved_tokens END), 0),"
            " COALESCE(sum(CASE WHEN state = 'replied' THEN prompt_tokens END), 0),"
            " COALESCE(sum(CASE WHEN state = 'replied' THEN completion_tokens END), 0),"
            " COALESCE(sum(estimated), 0),"
            " COALESCE(sum(CASE WHEN state NOT IN ('metered', 'reused') THEN seconds END), 0)"
            " FROM attempts"
        )
        return Spent(*(row or (0, 0, 0, 0, 0, 0, 0.0)))

    def breakdown(self) -> list[dict[str, Any]]:
        """By task and model: requests, replies, attempts, tokens, dollars, seconds; in order."""
        rows = self._all(
            "SELECT r.task, r.model, count(DISTINCT r.id), count(DISTINCT r.reply), count(a.id),"
            " COALESCE(sum(a.prompt_tokens), 0), COALESCE(sum(a.completion_tokens), 0),"
            " COALESCE(sum(COALESCE(a.cost, a.reserved)), 0), COALESCE(sum(a.seconds), 0)"
            " FROM requests r LEFT JOIN attempts a ON a.request = r.id"
            " GROUP BY r.task, r.model ORDER BY r.task, r.model"
        )
        names = (
            "task",
            "model",
            "requests",
            "replies",
            "attempts",
            "prompt_tokens",
            "completion_tokens",
            "dollars",
            "seconds",
        )
        tables = [dict(zip(names, row, strict=True)) for row in rows]
        return [table | {"dollars": table["dollars"] / NANO} for table in tables]

    def metered(self) -> tuple[float, float]:
        """Seconds and dollars of servers that are paid by the hour."""
        row = self._one(
            "SELECT COALESCE(sum(seconds), 0), COALESCE(sum(cost), 0) FROM attempts"
            " WHERE state = 'metered'"
        )
        return (0.0, 0.0) if row is None else (float(row[0]), row[1] / NANO)

    def by_document(self) -> dict[tuple[str, str], list[str]]:
        """Ids of the requests by task and document."""
        found: dict[tuple[str, str], list[str]] = {}
        for task, document, id in self._all("SELECT task, document, id FROM requests ORDER BY id"):
            found.setdefault((task, document), []).append(id)
        return found

    def dearest(self, most: int = 10) -> list[tuple[str, float]]:
        """The requests that cost the most, with their dollars."""
        rows = self._all(
            "SELECT request, sum(COALESCE(cost, reserved)) AS total FROM attempts"
            " WHERE request != '' GROUP BY request ORDER BY total DESC, request LIMIT ?",
            (most,),
        )
        return [(row[0], row[1] / NANO) for row in rows]

    def failures(self) -> dict[str, dict[str, int]]:
        """Reasons of failed attempts, and of requests given up: each with its count."""
        attempts = self._all(
            "SELECT reason, count(*) FROM attempts WHERE state IN ('failed', 'lost')"
            " GROUP BY reason ORDER BY reason"
        )
        requests = self._all(
            "SELECT reason, count(*) FROM requests WHERE state = 'failed'"
            " GROUP BY reason ORDER BY reason"
        )
        return {"attempts": dict(attempts), "requests": dict(requests)}

    def probe(self, endpoint: str, model: str) -> str:
        """The structured-output mode found earlier, or an empty string."""
        row = self._one(
            "SELECT mode FROM probes WHERE endpoint = ? AND model = ?", (endpoint, model)
        )
        return str(row[0]) if row else ""

    def _unpack(self, packed: str) -> tuple[Message, ...]:
        def text(part: str | int) -> str:
            if isinstance(part, str):
                return part
            row = self._one("SELECT body FROM texts WHERE id = ?", (part,))
            if row is None:
                raise StoreError(f"{self.path}: damaged: text {part} is missing")
            return zlib.decompress(row[0]).decode("utf-8", "surrogatepass")

        return tuple(
            Message(role, "".join(text(part) for part in parts))
            for role, parts in json.loads(packed)
        )

    def _one(self, query: str, values: Sequence[Any] = ()) -> Any:
        rows = self._all(query, values)
        return rows[0] if rows else None

    def _all(self, query: str, values: Sequence[Any] = ()) -> list[Any]:
        try:
            if self._locked:
                with self._lock:
                    return self._reader.execute(query, values).fetchall()
            return self._reader.execute(query, values).fetchall()
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            raise StoreError(f"{self.path}: cannot read this ledger: {error}") from error


def _attempt(row: Sequence[Any]) -> Attempt:
    text, body = json.loads(unsqueeze(row[11])) if row[11] else ("", "")
    values = [*row[:7], row[7] / NANO, *row[8:11], text, body]
    return Attempt(**dict(zip(Attempt.__slots__, values, strict=True)))
