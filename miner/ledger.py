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
import threading
import zlib
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from miner import spill
from miner.entries import (
    NANO,
    PROBE,
    Attempt,
    Entry,
    Failed,
    Metered,
    Open,
    Operation,
    Replied,
    Reused,
    Sent,
    Spent,
    Stored,
    Waiting,
    parameters,
)
from miner.errors import StoreError, choices
from miner.prompts import fence_parts, with_marks, with_schema
from miner.types import Message, Reply

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from types import TracebackType
    from typing import Self

VERSION = 1
SHARED_FILE_SYSTEMS = ("nfs", "lustre", "cifs", "smb", "gpfs", "beegfs", "9p", "ceph", "afs")
"""Where SQLite's write-ahead log does not hold, as it needs memory that all readers share."""
SEGMENT_CHARS = 200
"""Parts of a message from this length on are stored once for all requests."""

TABLES = """
CREATE TABLE texts (id INTEGER PRIMARY KEY, sha BLOB NOT NULL UNIQUE, body BLOB NOT NULL);
CREATE TABLE requests (
    id TEXT PRIMARY KEY, task TEXT NOT NULL, document TEXT NOT NULL, model TEXT NOT NULL,
    prompt_version TEXT NOT NULL, messages TEXT NOT NULL, parameters TEXT NOT NULL,
    state TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '', detail TEXT NOT NULL DEFAULT '',
    reply INTEGER
) WITHOUT ROWID;
CREATE TABLE attempts (
    id INTEGER PRIMARY KEY, request TEXT NOT NULL, state TEXT NOT NULL,
    reason TEXT NOT NULL DEFAULT '', detail TEXT NOT NULL DEFAULT '',
    started REAL NOT NULL, seconds REAL, endpoint TEXT NOT NULL, mode TEXT NOT NULL,
    mark TEXT NOT NULL, canary TEXT NOT NULL, reserved INTEGER NOT NULL,
    reserved_tokens INTEGER NOT NULL, cost INTEGER, prompt_tokens INTEGER,
    completion_tokens INTEGER, estimated INTEGER NOT NULL DEFAULT 0, finish TEXT, answer BLOB
);
CREATE INDEX attempts_of_a_request ON attempts (request);
CREATE TABLE probes (
    endpoint TEXT NOT NULL, model TEXT NOT NULL, mode TEXT NOT NULL, PRIMARY KEY (endpoint, model)
);
"""


# ------------------------------------------------------------------------------- the ledger


class Ledger:
    """The file. Use as a context manager, or call `close`."""

    def __init__(
        self, path: Path, connection: sqlite3.Connection, reader: sqlite3.Connection
    ) -> None:
        self.path = path
        self._connection, self._reader = connection, reader
        self._lock = threading.RLock()
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
                connection = _connect(f"file:{_quoted(path)}?mode=ro")
                _check_version(connection, path)
                return cls(path, connection, connection)
            path.parent.mkdir(parents=True, exist_ok=True)
            connection = _connect(f"file:{_quoted(path)}")
            shared = on_shared_file_system(path)
            _prepare(connection, path, exclusive=shared)
            reader = connection if shared else _connect(f"file:{_quoted(path)}?mode=ro")
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
        row = asdict(reply) | {"answer": _squeeze(json.dumps([reply.text, reply.body]))}
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
            "answer": _squeeze(json.dumps([attempt.text, attempt.body])),
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
        answer = _squeeze(json.dumps(["", failed.body])) if failed.body else None
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

    # -- reading

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
        text = json.loads(_unsqueeze(row[4]))[0]
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
        """By task and model: requests, attempts, tokens, dollars, seconds; in a fixed order."""
        rows = self._all(
            "SELECT r.task, r.model, count(DISTINCT r.id), count(a.id),"
            " COALESCE(sum(a.prompt_tokens), 0), COALESCE(sum(a.completion_tokens), 0),"
            " COALESCE(sum(COALESCE(a.cost, a.reserved)), 0), COALESCE(sum(a.seconds), 0)"
            " FROM requests r LEFT JOIN attempts a ON a.request = r.id"
            " GROUP BY r.task, r.model ORDER BY r.task, r.model"
        )
        names = (
            "task",
            "model",
            "requests",
            "attempts",
            "prompt_tokens",
            "completion_tokens",
            "dollars",
            "seconds",
        )
        tables = [dict(zip(names, row, strict=True)) for row in rows]
        return [table | {"dollars": table["dollars"] / NANO} for table in tables]

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
            if self._reader is self._connection:
                with self._lock:
                    return self._reader.execute(query, values).fetchall()
            return self._reader.execute(query, values).fetchall()
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            raise StoreError(f"{self.path}: cannot read this ledger: {error}") from error


# ----------------------------------------------------------------------------- the SQLite file


def on_shared_file_system(path: Path) -> bool:
    """Whether the folder of `path` lies on a network's file system (Linux; elsewhere no)."""
    mounts = Path("/proc/mounts")
    if not mounts.is_file():
        return False
    folder = str(path.parent.resolve())
    best, kind = "", ""
    for line in mounts.read_text(encoding="utf-8", errors="replace").splitlines():
        _, point, name = line.split(" ")[:3]
        inside = folder == point or folder.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best):
            best, kind = point, name
    return kind.startswith(SHARED_FILE_SYSTEMS)


def _connect(uri: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        uri, uri=True, timeout=30.0, isolation_level=None, check_same_thread=False
    )
    connection.execute("PRAGMA busy_timeout = 30000")
    return connection


def _prepare(connection: sqlite3.Connection, path: Path, *, exclusive: bool) -> None:
    if exclusive:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("PRAGMA journal_mode = TRUNCATE")
    else:
        connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    if connection.execute("PRAGMA user_version").fetchone()[0] == 0:
        connection.executescript(f"BEGIN; {TABLES} PRAGMA user_version = {VERSION}; COMMIT;")
    _check_version(connection, path)


def _check_version(connection: sqlite3.Connection, path: Path) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version != VERSION:
        raise StoreError(
            f"{path}: is a ledger of version {version}, and this program reads {VERSION}"
        )


def _quoted(path: Path) -> str:
    return quote(str(path))


def _text_rows(packed: str) -> set[int]:
    """The rows of `texts` that packed messages use."""
    return {part for _, parts in json.loads(packed) for part in parts if isinstance(part, int)}


def _squeeze(text: str) -> bytes:
    return zlib.compress(text.encode("utf-8"), 1)


def _unsqueeze(body: bytes) -> str:
    return zlib.decompress(body).decode("utf-8")


def _attempt(row: Sequence[Any]) -> Attempt:
    text, body = json.loads(_unsqueeze(row[11])) if row[11] else ("", "")
    values = [*row[:7], row[7] / NANO, *row[8:11], text, body]
    return Attempt(**dict(zip(Attempt.__slots__, values, strict=True)))
