"""The verbs of the command line, a module for each kind of work.

A module's `VERBS` maps a command's name to its function; `miner.cli` collects them.
"""
