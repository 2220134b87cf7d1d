"""The SQLite file of a ledger: its tables, how it is opened, how what it holds is packed."""

from __future__ import annotations

import sqlite3
import zlib
from pathlib import Path
from urllib.parse import quote

from miner.errors import StoreError

VERSION = 1
SHARED_FILE_SYSTEMS = ("nfs", "lustre", "cifs", "smb", "gpfs", "beegfs", "9p", "ceph", "afs")
"""Where SQLite's write-ahead log does not hold, as it needs memory that all readers share."""
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


def on_shared_file_system(path: Path, mounts: Path = Path("/proc/mounts")) -> bool:
    """Whether the folder of `path` lies on a network's file system (Linux; elsewhere no)."""
    if not mounts.is_file():
        return False
    folder = str(path.parent.resolve())
    best, kind = "", ""
    for line in mounts.read_text(encoding="utf-8", errors="replace").splitlines():
        _, point, name = line.split(" ")[:3]
        point = point.replace("\\040", " ")
        inside = folder == point or folder.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best):
            best, kind = point, name
    return kind.startswith(SHARED_FILE_SYSTEMS)


def connect(uri: str) -> sqlite3.Connection:
    """Open by URI; every statement is its own transaction unless one is begun."""
    connection = sqlite3.connect(
        uri, uri=True, timeout=30.0, isolation_level=None, check_same_thread=False
    )
    connection.execute("PRAGMA busy_timeout = 30000")
    return connection


def prepare(connection: sqlite3.Connection, path: Path, *, exclusive: bool) -> None:
    """Make the tables if they are missing, and commit so that a power cut loses nothing."""
    if exclusive:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("PRAGMA journal_mode = TRUNCATE")
    else:
        connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    if connection.execute("PRAGMA user_version").fetchone()[0] == 0:
        connection.executescript(f"BEGIN; {TABLES} PRAGMA user_version = {VERSION}; COMMIT;")
    check_version(connection, path)


def check_version(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse the file of another version."""
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version != VERSION:
        raise StoreError(
            f"{path}: is a ledger of version {version}, and this program reads {VERSION}"
        )


def quoted(path: Path) -> str:
    """A path as part of a URI."""
    return quote(str(path))


def squeeze(text: str) -> bytes:
    """Text as it is stored."""
    return zlib.compress(text.encode("utf-8"), 1)


def unsqueeze(body: bytes) -> str:
    """The way back from `squeeze`."""
    return zlib.decompress(body).decode("utf-8")
