"""Tokens to a text that reads like one, with the place of each token in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_CLOSING = frozenset(
    ", . ; : ? ! ) ] } % ' 's 'S ’ ’s n't N'T n’t 're 've 'll 'd 'm "  # noqa: SIM905
    "’re ’ve ’ll ’d ’m '' ” … » -RRB- -RSB-".split()
)
_OPENING = frozenset("( [ { $ £ € # `` “ ‘ « -LRB- -LSB-".split())  # noqa: SIM905
_QUOTE = '"'


def join(tokens: Sequence[str], language: str = "en") -> tuple[str, list[tuple[int, int]]]:
    """A text of these tokens, each of them unchanged in it.

    Args:
        tokens: None is empty or holds a line break.
        language: In "zh", "ja" and "th" no spaces are put.

    Returns:
        The text, and (start, end) of each token.
    """
    text: list[str] = []
    places: list[tuple[int, int]] = []
    at, quoted, glued = 0, False, True
    for token in tokens:
        closing = token in _CLOSING or (token == _QUOTE and quoted)
        spaced = not (glued or closing or language in {"zh", "ja", "th"})
        text.append(" " + token if spaced else token)
        at += spaced
        places.append((at, at + len(token)))
        at += len(token)
        if token == _QUOTE:
            quoted = not quoted
        glued = token in _OPENING or (token == _QUOTE and quoted)
    return "".join(text), places
