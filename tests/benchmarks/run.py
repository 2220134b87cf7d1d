"""Run every benchmark, or those named, one after the other: `make bench ONLY="embed select"`.

A benchmark is a module `bench_*.py` here with a `main()` that prints a table. Speeds are printed as
ratios to a baseline that runs beside them, with both raw numbers, for machines differ and are shared.
"""

from __future__ import annotations

import importlib
import os
import platform
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent


def main(names: list[str]) -> int:
    sys.path.insert(0, str(HERE))
    found = sorted(path.stem.removeprefix("bench_") for path in HERE.glob("bench_*.py"))
    if unknown := [name for name in names if name not in found]:
        print(f"no benchmark {unknown[0]!r}; there are: {', '.join(found)}", file=sys.stderr)
        return 2
    load = os.getloadavg()[0]
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, load {load:.1f}")
    for name in names or found:
        print(f"\n## {name}")
        began = time.perf_counter()
        importlib.import_module(f"bench_{name}").main()
        print(f"({time.perf_counter() - began:.0f} s)")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
