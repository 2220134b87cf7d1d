"""Texts to token ids by a model's own tokenizer.json, without torch or transformers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

HEAD = 8
"""Characters a token, twice what English needs: a head this long nearly always suffices."""


class Tokens:
    """A tokenizer that cuts at `most` tokens, the special ones included, and never pads."""

    def __init__(self, folder: Path, most: int) -> None:
        from tokenizers import Tokenizer
        from tokenizers.models import WordPiece
        from tokenizers.pre_tokenizers import BertPreTokenizer

        self.most = most
        self.tokenizer: Any = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(most)
        self.by_word = isinstance(self.tokenizer.model, WordPiece) and isinstance(
            self.tokenizer.pre_tokenizer, BertPreTokenizer
        )

    def __call__(self, texts: Sequence[str]) -> list[list[int]]:
        """Token ids of each text."""
        whole = [scalars(text) for text in texts]
        heads = [self._head(text) for text in whole]
        ids: list[list[int]] = [e.ids for e in self.tokenizer.encode_batch_fast(heads)]
        for place, (head, text) in enumerate(zip(heads, whole, strict=True)):
            if len(head) < len(text) and len(ids[place]) < self.most:
                ids[place] = self.tokenizer.encode(text).ids
        return ids

    def _head(self, text: str) -> str:
        """As much of a text as should fill the limit, up to a space.

        WordPiece looks at one word at a time, so a head that ends at a space and fills the limit
        has the tokens of the whole text. Other models may look across spaces: they get it all.
        """
        if not self.by_word or len(text) <= self.most * HEAD:
            return text
        end = text.rfind(" ", 0, self.most * HEAD)
        return text[:end] if end > 0 else text


def scalars(text: str) -> str:
    """The text without lone surrogates, which no tokenizer takes."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text
