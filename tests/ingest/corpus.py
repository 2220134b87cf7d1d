"""A small corpus with the dirt of a large one, and a card for it; run as a program, it is indexed.

python corpus.py FOLDER STORE PROCESSES     or `ray` for the number
"""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path

from miner.encoders.hashing import Hashing
from miner.engine.local import Local
from miner.engine.ray import Ray
from miner.errors import MinerError
from miner.index import Index
from miner.ingest import Card, Deduplicate, ingest
from miner.sources.jsonl import JsonLines

WORDS = [
    "lava",
    "mountain",
    "river",
    "parliament",
    "music",
    "cell",
    "atom",
    "law",
    "trade",
    "poem",
    "engine",
    "harvest",
    "star",
]


def text(number: int) -> str:
    chance = random.Random(number)
    return " ".join(chance.choices(WORDS, k=chance.randint(30, 80))) + f" number {number}."


def write(folder: Path, files: int = 3, rows: int = 60) -> Path:
    """Files with copies, near copies, equal ids, empty texts and a line that is no JSON."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in range(files):
        lines = []
        for row in range(rows):
            number = file * rows + row
            record = {"id": f"d{number}", "text": text(number), "url": f"https://e.org/{number}"}
            if row % 20 == 7:
                record["text"] = text(number - 7).upper()
            if row % 20 == 11:
                record["text"] = text(number - 11).replace("number", "nr")
            if row % 30 == 13:
                record["text"] = ""
            if row % 30 == 17:
                record["id"] = "d0"
            lines.append("{not json" if row % 30 == 19 else json.dumps(record))
        (folder / f"part-{file}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def card(folder: Path, **changes) -> Card:
    settings = {
        "name": "small",
        "sources": (JsonLines(name="small", path=str(folder), id="id"),),
        "deduplicate": Deduplicate(threshold=0.7),
        "encoder": Hashing(size=32),
        "index": Index("Flat"),  # larger than any other file: what a full disk meets last
        "shard_rows": 25,
    }
    return Card(**(settings | changes))


def main(folder: str, store: str, processes: str, seconds: str = "") -> int:
    from deadly import Slow

    changes = {"clean": (Slow(float(seconds)),)} if seconds else {}
    try:
        engine = Ray(tasks=2) if processes == "ray" else Local(int(processes))
        ingest(card(Path(folder), **changes), Path(store), engine=engine)
    except MinerError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
