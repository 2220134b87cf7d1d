"""The small run that these tests share."""

from __future__ import annotations

from small_run import empty_run, made_run

__all__ = ["empty_run", "made_run"]
