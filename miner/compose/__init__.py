"""Annotations to examples: wording, style, length, format. Seeded, free, and without a model.

One annotation becomes any number of examples: an instruction in one of many wordings, the text it
works on, and the answer written in one of many formats, each with the parser that reads it back.
"""

from __future__ import annotations

from miner.compose.composing import Compose, compose

__all__ = ["Compose", "compose"]
