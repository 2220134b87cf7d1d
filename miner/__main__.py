"""`python -m miner`: the same as `miner`."""

from miner.cli import main

main()
