"""Verbs that look at a corpus before it is indexed: peek, lines."""

from __future__ import annotations

import itertools
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from miner import terminal
from miner.verbs.arguments import Json, print_json

if TYPE_CHECKING:
    from miner.sources.peek import Peek


def peek(
    path: Annotated[str, typer.Argument(help="File, folder, pattern or URL.")],
    card: Annotated[bool, typer.Option("--card", help="Print the proposed card only.")] = False,
    as_json: Json = False,
) -> None:
    """Look at a corpus: files, columns, languages, lengths, and a proposed card."""
    from miner.sources.peek import peek as look

    found = look(path)
    languages = _languages([d.text for d in found.documents])
    likely = languages.most_common(1)[0][0] if languages else ""
    proposed = found.card(likely if languages[likely] > 0.9 * languages.total() else "")
    if card:
        terminal.say(proposed)
    elif as_json:
        print_json(_table(found, languages, proposed))
    else:
        _print(found, languages, proposed)


def _table(found: Peek, languages: Counter[str], proposed: str) -> dict[str, Any]:
    return {
        "kind": found.kind,
        "files": [{"name": f.name, "bytes": f.bytes} for f in found.files],
        "other_files": found.others,
        "columns": {c.name: {"types": c.types, "filled": c.filled} for c in found.columns},
        "sampled": len(found.rows),
        "chars": found.quarters,
        "languages": languages,
        "rejected": found.rejected,
        "card": proposed,
    }


def _print(found: Peek, languages: Counter[str], proposed: str) -> None:
    safe, total = terminal.safe, sum(f.bytes or 0 for f in found.files)
    lines = [f"{len(found.files)} files for kind '{found.kind}', {total:,} bytes"]
    lines += [f"  {safe(file.name)}  {file.bytes or 0:,}" for file in found.files[:5]]
    lines += [f"  not read: {n} of {safe(ending)}" for ending, n in found.others.most_common(5)]
    for c in found.columns:
        example = safe(" ".join(c.example.split()))[:60]
        filled = f"{c.filled:.0%} filled, mean {c.mean_chars:,.0f} characters"
        lines.append(f"  column {safe(c.name)}: {c.types}, {filled}: {example}")
    lines.append(f"of the first {len(found.rows)} rows {len(found.documents)} are documents")
    lines += [f"  rejected: {reason} {n}" for reason, n in found.rejected.most_common()]
    if found.documents:
        named = ", ".join(f"{name or 'unknown'} {n}" for name, n in languages.most_common(5))
        lines += [f"  characters, by quarters: {found.quarters}", f"  languages: {named}"]
    lines += ["", f"a card to begin with (miner peek {found.path} --card):", "", proposed]
    terminal.say("\n".join(lines))


def _languages(texts: list[str]) -> Counter[str]:
    from miner.clean.language import Language
    from miner.types import Document, Rejected

    results = (Language().clean(Document("", text)) for text in texts)
    return Counter(r.language for r in results if not isinstance(r, Rejected))


def lines(
    card: Annotated[str, typer.Argument(help="An index card, or the name of a shipped one.")],
    out: Annotated[Path, typer.Option("--out", help="Where the list goes, such as lines.npy.")],
    least: Annotated[int, typer.Option(min=2, help="Documents of a site that share a line.")] = 10,
) -> None:
    """List the lines that repeat across a site, for the cleaner repeated_lines."""
    from miner import clean
    from miner.clean.repeated_lines import RepeatedLines, count_lines, write_list
    from miner.ingest import Card
    from miner.types import Document

    settings = Card.read(card)
    before = list(itertools.takewhile(lambda c: not isinstance(c, RepeatedLines), settings.clean))
    rows = (row for s in settings.sources for file in s.files() for row in s.read(file))
    read = itertools.islice(rows, settings.limit or None)
    cleaned = (clean.run(before, r.content) for r in read if isinstance(r.content, Document))
    found = count_lines((d for d in cleaned if isinstance(d, Document)), least)
    write_list(out, found)
    terminal.say(f"{len(found):,} lines stand in at least {least} documents of their site: {out}")
    terminal.say(f'next, in {card}: [[clean]] kind = "repeated_lines", lists = ["{out}"]')


VERBS = {"peek": peek, "lines": lines}
