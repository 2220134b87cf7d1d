"""Taxonomies: reading and checking them, growing them, and inducing them from a corpus."""

from __future__ import annotations
