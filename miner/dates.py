"""Days, months and years as ISO text, which orders as time does.

A document's time may be less exact than what it is compared with, and may have an hour behind it.
"""

from __future__ import annotations

import datetime as dt
import re

MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
"""Of English texts, as alternatives of a pattern."""
DAYS = "(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"

_FIRST = "0000-01-01"
_BOUND = re.compile(r"[0-9]{4}(?:-[0-9]{2}(?:-[0-9]{2}(?:[T ][0-9:.]*)?)?)?")
_KNOWN = re.compile(r"[0-9]{4}(?:$|-[0-9]{2}(?:$|-[0-9]{2}(?:$|[T ])))")


def is_date(text: str) -> bool:
    """Whether it is a year, month or day that the calendar has, a time behind it or not."""
    try:
        dt.date.fromisoformat(text[:10] + _FIRST[len(text[:10]) :])
    except ValueError:
        return False
    return _BOUND.fullmatch(text) is not None


def is_known(timestamp: str) -> bool:
    """Whether a document's time is written so that it can be compared."""
    return _KNOWN.match(timestamp) is not None


def is_before(timestamp: str, since: str) -> bool:
    """Whether it lies before a day, month or year; never where `since` is empty."""
    return bool(since) and timestamp < since


def is_after(timestamp: str, until: str) -> bool:
    """Whether it lies after a whole day, month or year; never where `until` is empty."""
    return bool(until) and timestamp[: len(until)] > until
