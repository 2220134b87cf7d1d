"""A small job by the batch API in a process of its own, for tests that kill it: FOLDER URL."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from test_llms_openai_batch import OpenAIBatch, Stopped, run

from miner import batches

batches.LONGEST_WAIT_SECONDS, batches.APPEARS_SECONDS = 0.02, 0.2

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    try:
        said, *_ = run(folder, OpenAIBatch("m", sys.argv[2], poll_seconds=0.01))
    except Stopped as stopped:
        print(stopped, file=sys.stderr)
        sys.exit(3)
    (folder / "output.json").write_text(json.dumps(said))
