"""The ledger: every request, every attempt at it, every reply and what it cost, in one SQLite file.

A request's id is a hash of all that can change its reply, as the task wrote it: messages with the
mark blanked, model, parameters, extra_body, schema, sample. So an edited prompt pays only for the
requests it changed, and a fixed parser for none. An attempt is written before it is sent, with what
it may cost at most, and what came back is written before anything parses it: a crash loses at most
what was in flight, which stays charged. Money is whole nano-dollars.

One process writes (the holder of the run's lock); any number may read meanwhile.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import zlib
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from miner import spill
from miner.entries import (
    Attempt,
    Entry,
    Failed,
    Metered,
    Operation,
    Replied,
    Reused,
    Sent,
    Waiting,
    parameters,
)
from miner.errors import StoreError
from miner.ledger_file import (
    check_version,
    connect,
    on_shared_file_system,
    prepare,
    quoted,
    squeeze,
)
from miner.ledger_reader import Reader
from miner.prompts import fence_parts

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from types import TracebackType
    from typing import Self

    from miner.types import Message

SEGMENT_CHARS = 200
"""Parts of a message from this length on are stored once for all requests."""


# ------------------------------------------------------------------------------- the ledger


class Ledger(Reader):
    """The file, written and read. Use as a context manager, or call `close`."""

    def __init__(
        self, path: Path, connection: sqlite3.Connection, reader: sqlite3.Connection
    ) -> None:
        super().__init__(path, reader, locked=reader is connection)
        self._connection = connection
        self._texts: dict[bytes, int] = {}

    @classmethod
    def open(cls, path: Path | str, *, read_only: bool = False) -> Ledger:
        """Open a ledger; make it if it is missing, unless it is only to be read.

        Opening for writing charges what was in flight when an earlier process died, and takes over
        the replies that it could not put into a full disk's ledger. Reading is safe at any time.

        Raises:
            StoreError: The file is missing (read_only), damaged, or of a newer version.
        """
        path = Path(path)
        if read_only and not path.is_file():
            raise StoreError(f"{path}: no ledger here: no request was asked in this run")
        try:
            if read_only:
                connection = connect(f"file:{quoted(path)}?mode=ro")
                check_version(connection, path)
                return cls(path, connection, connection)
            path.parent.mkdir(parents=True, exist_ok=True)
            connection = connect(f"file:{quoted(path)}")
            shared = on_shared_file_system(path)
            prepare(connection, path, exclusive=shared)
            reader = connection if shared else connect(f"file:{quoted(path)}?mode=ro")
            ledger = cls(path, connection, reader)
            ledger._recover()
        except sqlite3.DatabaseError as error:
            raise StoreError(f"{path}: cannot use this ledger: {error}") from error
        return ledger

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._reader.close()
            self._connection.close()

    # -- writing

    def apply(self, operations: Sequence[Operation]) -> list[int]:
        """Write all of them in one transaction that is on the disk when this returns.

        Returns:
            For each `Sent` the number of its attempt; for the others, the number they have.

        Raises:
            sqlite3.Error: Nothing of it was written.
        """
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                results = [self._apply(operation) for operation in operations]
                self._connection.execute("COMMIT")
            except BaseException:
                self._texts.clear()  # they may hold rows that are rolled back
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
        return results

    def _apply(self, operation: Operation) -> int:
        if isinstance(operation, Sent):
            return self._send(operation)
        if isinstance(operation, Metered):
            self._connection.execute(
                "INSERT INTO attempts (request, state, started, seconds, endpoint, mode, mark,"
                " canary, reserved, reserved_tokens, cost)"
                " VALUES ('', 'metered', :started, :seconds, '', '', '', '', 0, 0, :cost)",
                asdict(operation),
            )
            return 0
        if isinstance(operation, Waiting):
            return self._wait(operation.sent)
        if isinstance(operation, Reused):
            return self._reuse(operation.entry)
        if isinstance(operation, Replied):
            self._reply(operation)
        else:
            self._fail(operation)
        return operation.attempt

    def _send(self, sent: Sent) -> int:
        request = sent.request
        row = {
            "id": sent.id,
            "task": request.task,
            "document": request.document,
            "model": sent.model,
            "version": request.prompt_version,
            "messages": self._pack(request.messages),
            "parameters": json.dumps(parameters(request, sent.extra_body)),
        }
        self._connection.execute(
            "INSERT INTO requests (id, task, document, model, prompt_version, messages, parameters,"
            " state) VALUES (:id, :task, :document, :model, :version, :messages, :parameters,"
            " 'pending') ON CONFLICT (id) DO UPDATE SET state = 'pending', reason = '',"
            " detail = ''",
            row,
        )
        row = {name: getattr(sent, name) for name in Sent.__slots__}
        cursor = self._connection.execute(
            "INSERT INTO attempts (request, state, started, endpoint, mode, mark, canary, reserved,"
            " reserved_tokens) VALUES (:id, 'sent', :started, :endpoint, :mode, :mark, :canary,"
            " :reserved, :reserved_tokens)",
            {k: v for k, v in row.items() if k not in {"request", "extra_body"}},
        )
        return int(cursor.lastrowid or 0)

    def _wait(self, sent: Sent) -> int:
        """Note that a request was handed over; once is enough."""
        row = self._connection.execute(
            "SELECT id FROM attempts WHERE request = ? AND state = 'waiting'", (sent.id,)
        ).fetchone()
        if row is not None:
            return int(row[0])
        attempt = self._send(sent)
        self._connection.execute("UPDATE attempts SET state = 'waiting' WHERE id = ?", (attempt,))
        return attempt

    def _reply(self, reply: Replied) -> None:
        row = asdict(reply) | {"answer": squeeze(json.dumps([reply.text, reply.body]))}
        self._connection.execute(
            "UPDATE attempts SET state = 'replied', seconds = :seconds, cost = :cost,"
            " prompt_tokens = :prompt_tokens, completion_tokens = :completion_tokens,"
            " estimated = :estimated, finish = :finish_reason, answer = :answer"
            " WHERE id = :attempt",
            row,
        )
        self._connection.execute(
            "UPDATE requests SET state = 'replied', reply = ? WHERE id = ?",
            (reply.attempt, reply.id),
        )

    def _reuse(self, entry: Entry) -> int:
        attempt = next(a for a in reversed(entry.attempts) if a.state in {"replied", "reused"})
        row = {name: getattr(attempt, name) for name in Attempt.__slots__} | {
            "id": entry.id,
            "answer": squeeze(json.dumps([attempt.text, attempt.body])),
        }
        cursor = self._connection.execute(
            "INSERT INTO attempts (request, state, started, seconds, endpoint, mode, mark, canary,"
            " reserved, reserved_tokens, cost, prompt_tokens, completion_tokens, finish, answer)"
            " VALUES (:id, 'reused', :started, :seconds, :endpoint, :mode, '', '', 0, 0, 0,"
            " :prompt_tokens, :completion_tokens, :finish_reason, :answer)",
            row,
        )
        self._connection.execute(
            "INSERT OR REPLACE INTO requests (id, task, document, model, prompt_version, messages,"
            " parameters, state, reply) VALUES (?, ?, ?, ?, ?, ?, ?, 'replied', ?)",
            (
                *(entry.id, entry.task, entry.document, entry.model, entry.prompt_version),
                *(self._pack(entry.messages), json.dumps(entry.parameters), cursor.lastrowid),
            ),
        )
        return int(cursor.lastrowid or 0)

    def _fail(self, failed: Failed) -> None:
        answer = squeeze(json.dumps(["", failed.body])) if failed.body else None
        self._connection.execute(
            "UPDATE attempts SET state = 'failed', reason = :reason, detail = :detail,"
            " seconds = :seconds, cost = :cost, reserved_tokens = :tokens, answer = :answer"
            " WHERE id = :attempt",
            asdict(failed) | {"answer": answer},
        )
        if failed.final:
            self._connection.execute(
                "UPDATE requests SET state = 'failed', reason = ?, detail = ? WHERE id = ?",
                (failed.reason, failed.detail, failed.id),
            )

    def _pack(self, messages: Iterable[Message]) -> str:
        """Messages as JSON; long parts are numbers of rows of `texts`."""
        return json.dumps(
            [[m.role, [self._segment(part) for part in fence_parts(m.content)]] for m in messages]
        )

    def _segment(self, part: str) -> str | int:
        if len(part) < SEGMENT_CHARS:
            return part
        raw = part.encode("utf-8", "surrogatepass")
        sha = hashlib.sha256(raw).digest()
        if sha in self._texts:
            return self._texts[sha]
        row = self._connection.execute("SELECT id FROM texts WHERE sha = ?", (sha,)).fetchone()
        if row is None:
            cursor = self._connection.execute(
                "INSERT INTO texts (sha, body) VALUES (?, ?)", (sha, zlib.compress(raw, 1))
            )
            row = (cursor.lastrowid,)
        if len(self._texts) >= 4096:
            self._texts.clear()
        self._texts[sha] = row[0]
        return int(row[0])

    def remember_probe(self, endpoint: str, model: str, mode: str) -> None:
        """Write down which structured-output mode a server was found to enforce."""
        with self._lock:
            self._connection.execute(
                "INSERT OR REPLACE INTO probes VALUES (?, ?, ?)", (endpoint, model, mode)
            )

    def forget(self, documents: Iterable[str]) -> int:
        """Blank prompts and replies of the requests on some documents, and free their room.

        The books stay as they are: what was asked was asked, and its cost was paid.

        Returns:
            How many requests were blanked.
        """
        with self._lock:
            self._connection.execute("PRAGMA secure_delete = ON")
            self._connection.execute("BEGIN IMMEDIATE")
            gone = [
                (id, packed)
                for document in set(documents)
                for id, packed in self._connection.execute(
                    "SELECT id, messages FROM requests WHERE document = ?", (document,)
                ).fetchall()
            ]
            for id, _ in gone:
                self._connection.execute("UPDATE requests SET messages = '[]' WHERE id = ?", (id,))
                self._connection.execute(
                    "UPDATE attempts SET answer = NULL WHERE request = ?", (id,)
                )
            unused = set().union(*(_text_rows(packed) for _, packed in gone))
            if unused:
                for (packed,) in self._connection.execute("SELECT messages FROM requests"):
                    unused -= _text_rows(packed)
            self._connection.executemany("DELETE FROM texts WHERE id = ?", [(i,) for i in unused])
            self._connection.execute("COMMIT")
            self._texts.clear()
            self._connection.execute("VACUUM")
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return len(gone)

    # -- a disk that is full

    @property
    def spill_path(self) -> Path:
        """Where replies go that the ledger itself has no room for."""
        return self.path.with_name(self.path.name + ".spill")

    def keep_aside(self, operation: Replied | Failed) -> None:
        """Keep a reply beside the ledger, in room that was set aside for it."""
        spill.append(self.spill_path, {"kind": type(operation).__name__, **asdict(operation)})

    def _recover(self) -> None:
        """Take over spilled replies; charge what was in flight when a process died."""
        kinds: dict[str, type[Replied | Failed]] = {"Replied": Replied, "Failed": Failed}
        found = [kinds[r.pop("kind")](**r) for r in spill.records(self.spill_path)]
        if found:
            self.apply(found)
        self.spill_path.unlink(missing_ok=True)
        self._connection.execute(
            "UPDATE attempts SET state = 'lost', reason = 'lost', cost = reserved"
            " WHERE state = 'sent'"
        )


def _text_rows(packed: str) -> set[int]:
    """The rows of `texts` that packed messages use."""
    return {part for _, parts in json.loads(packed) for part in parts if isinstance(part, int)}
