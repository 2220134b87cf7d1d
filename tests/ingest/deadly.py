"""Cleaners that a corpus might have the bad luck to meet."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from miner.encoders.hashing import Hashing

if TYPE_CHECKING:
    from miner.types import Document


@dataclass(frozen=True)
class Deadly:
    """Kills its process at the document that holds a mark."""

    mark: str

    def clean(self, document: Document) -> Document:
        if self.mark in document.text:
            os.kill(os.getpid(), signal.SIGKILL)
        return document


@dataclass(frozen=True)
class Failing:
    """Has a bug that the mark brings out."""

    mark: str

    def clean(self, document: Document) -> Document:
        if self.mark in document.text:
            return document[1 // 0]
        return document


@dataclass(frozen=True)
class Fatal(Hashing):
    """An encoder that kills its process at the first text that it is given in a folder."""

    folder: str = ""

    def encode(self, texts, *, query=False):
        died = Path(self.folder, "died")
        if not died.exists():
            died.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return super().encode(texts, query=query)


@dataclass(frozen=True)
class Slow:
    """Takes its time."""

    seconds: float

    def clean(self, document: Document) -> Document:
        time.sleep(self.seconds)
        return document
