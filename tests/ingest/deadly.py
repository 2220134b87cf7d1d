"""Cleaners that a corpus might have the bad luck to meet."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

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
class Slow:
    """Takes its time."""

    seconds: float

    def clean(self, document: Document) -> Document:
        time.sleep(self.seconds)
        return document
