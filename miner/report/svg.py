"""Plots as inline SVG: bars, histograms, scatters and tree maps, drawn from numbers alone.

Equal numbers give equal bytes. Sizes are in units of the view box, which the page scales; colours
are classes of the page's sheet, so that both of its schemes apply.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from miner.report.html import Html, tag

WIDTH = 1040
"""Of a plot over the whole page; one of a pair is 440 wide."""
COLOURS = 8
_CHARACTER = 6.9
"""Mean width of a letter of the 12-unit sans serif; labels are cut by it."""


def canvas(height: float, *shapes: object, label: str, width: float = WIDTH) -> Html:
    """An image with a name for those who do not see it."""
    return tag(
        "svg", *shapes, viewBox=f"0 0 {_n(width)} {_n(height)}", role="img", aria_label=label
    )


@dataclass(frozen=True)
class Bar:
    """One bar of a chart. `of` draws a pale bar behind it: what it could have been."""

    label: str
    value: float
    of: float | None = None
    colour: int | str = 0
    note: str = ""


def bars(rows: Sequence[Bar], label: str, width: float = WIDTH, names: float = 260) -> Html:
    """Bars from left to right, one below another, in the order given."""
    step, top = 24, max((max(r.value, r.of or 0) for r in rows), default=0) or 1
    room = width - names - 84
    shapes = []
    for place, row in enumerate(rows):
        y = place * step
        length, behind = room * row.value / top, room * (row.of or 0) / top
        shown = f"{row.value:,.10g}" + (f" / {row.of:,.10g}" if row.of is not None else "")
        shapes.append(
            tag(
                "g",
                tag("title", f"{row.label}: {shown}{f' · {row.note}' if row.note else ''}"),
                _text(names - 8, y + 16, shorten(row.label, names - 12), anchor="end"),
                *([_rect(names, y + 4, behind, 16, "pale")] if row.of else []),
                _rect(names, y + 4, length, 16, _colour(row.colour)),
                _text(names + max(length, behind) + 6, y + 16, shown, kind="quiet"),
            )
        )
    return canvas(max(len(rows) * step + 2, step), *shapes, label=label, width=width)


def histogram(
    bins: Sequence[tuple[float, float, int]], label: str, width: float = 440, colour: int = 0
) -> Html:
    """Upright bars of (from, to, number), with their bounds below."""
    height, base, left = 190, 160, 8
    top = max((number for *_, number in bins), default=0) or 1
    step = (width - 2 * left) / max(len(bins), 1)
    shapes: list[Html] = [_line(left, base, width - left, base)]
    every = max(1, math.ceil(len(bins) / 9))
    for place, (low, high, number) in enumerate(bins):
        tall = (base - 22) * number / top
        x = left + place * step
        shapes.append(
            tag(
                "g",
                tag("title", f"{compact(low)} to {compact(high)}: {number:,}"),
                _rect(x + 1, base - tall, max(step - 2, 1), tall, _colour(colour)),
            )
        )
        if place % every == 0:
            shapes.append(_text(x, base + 16, compact(low), kind="quiet", anchor="start"))
    if bins:
        tallest = max(range(len(bins)), key=lambda i: bins[i][2])
        x = left + (tallest + 0.5) * step
        shapes.append(_text(x, base - (base - 22) - 6, f"{top:,}", kind="quiet", anchor="middle"))
    return canvas(height, *shapes, label=label, width=width)


@dataclass(frozen=True)
class Point:
    """One dot of a scatter."""

    x: float
    y: float
    group: str = ""
    label: str = ""


def scatter(
    points: Sequence[Point],
    label: str,
    axes: tuple[str, str] = ("", ""),
    width: float = WIDTH,
    backdrop: str | None = None,
) -> Html:
    """Dots, coloured by group in the order of the groups' sizes; those of `backdrop` are pale."""
    height, pad = width * 0.5, 34
    groups = _by_size(point.group for point in points if point.group != backdrop)
    xs, ys = [p.x for p in points] or [0, 1], [p.y for p in points] or [0, 1]
    x_of = _scale(min(xs), max(xs), pad, width - pad)
    y_of = _scale(min(ys), max(ys), height - pad, pad + 14)
    radius = 2.2 if len(points) > 800 and backdrop is None else 3.4
    shapes: list[Html] = [
        _line(pad, height - pad + 8, width - pad, height - pad + 8),
        _text(width - pad, height - 8, axes[0], kind="quiet", anchor="end"),
        _text(pad, 12 + 14, axes[1], kind="quiet", anchor="start"),
    ]
    for point in points:
        dot = tag("title", point.label) if point.label else ""
        shapes.append(
            tag(
                "circle",
                dot,
                cx=_n(x_of(point.x)),
                cy=_n(y_of(point.y)),
                r=_n(1.6 if point.group == backdrop else radius),
                class_="pale" if point.group == backdrop else _colour(groups.index(point.group)),
            )
        )
    named = {_colour(place): group for place, group in enumerate(groups) if group}
    shapes += _legend(dict(list(named.items())[: COLOURS - 1]), pad)
    return canvas(height, *shapes, label=label, width=width)


def treemap(
    leaves: Mapping[tuple[str, ...], float],
    label: str,
    width: float = WIDTH,
    height: float = 420,
    marks: Mapping[tuple[str, ...], tuple[str, str]] | None = None,
    legend: Mapping[str, str] | None = None,
) -> Html:
    """Leaves of a tree as tiles whose areas are their values, those of one root side by side.

    Args:
        leaves: Path from the root to its value; values above 0 are drawn.
        label: Name of the image.
        width: Of the whole.
        height: Of the whole.
        marks: Path to a tile's colour and its second line, in place of its root's and its value.
        legend: Colour to what it means.
    """
    drawn = {path: value for path, value in leaves.items() if value > 0}
    # A single root has no neighbour to differ from: its children take the colours.
    level = 1 if len({path[:1] for path in drawn}) == 1 and all(map(len, drawn)) else 0
    roots: dict[str, dict[tuple[str, ...], float]] = {}
    for path, value in drawn.items():
        roots.setdefault((path[level:] or path[-1:] or ("",))[0], {})[path] = value
    order = sorted(roots, key=lambda name: (-sum(roots[name].values()), name))
    shapes = []
    blocks = squarify([sum(roots[name].values()) for name in order], 0, 0, width, height)
    for place, (name, block) in enumerate(zip(order, blocks, strict=True)):
        inside = sorted(roots[name].items(), key=lambda item: (-item[1], item[0]))
        tiles = squarify([value for _, value in inside], *block)
        for (path, value), tile in zip(inside, tiles, strict=True):
            mark = marks[path] if marks else (_colour(place), f"{value:,.10g}")
            shapes.append(_tile(path, mark, tile))
    if not legend:
        return canvas(height, *shapes, label=label, width=width)
    below = tag("g", *_legend(legend, 0), transform=f"translate(0 {_n(height + 8)})")
    return canvas(height + 26, *shapes, below, label=label, width=width)


def squarify(
    values: Sequence[float], x: float, y: float, width: float, height: float
) -> list[tuple[float, float, float, float]]:
    """Cut a rectangle into tiles of given shares, as square as can be.

    Source: Bruls, Huizing and van Wijk (2000).

    Args:
        values: Above 0, largest first.
        x: Left edge.
        y: Upper edge.
        width: Of the rectangle.
        height: Of the rectangle.

    Returns:
        A tile (x, y, width, height) for each value, in order.
    """
    tiles: list[tuple[float, float, float, float]] = []
    start, left = 0, sum(values)
    while start < len(values):
        scale = width * height / left if left > 0 else 0
        short = min(width, height)
        end = start + 1
        while end < len(values) and _worst(values[start : end + 1], scale, short) <= _worst(
            values[start:end], scale, short
        ):
            end += 1
        row = values[start:end]
        thick = sum(row) * scale / short if short else 0
        at = 0.0
        for value in row:
            along = value * scale / thick if thick else 0
            upright = width >= height
            tiles.append((x, y + at, thick, along) if upright else (x + at, y, along, thick))
            at += along
        if width >= height:
            x, width = x + thick, max(width - thick, 0)
        else:
            y, height = y + thick, max(height - thick, 0)
        left -= sum(row)
        start = end
    return tiles


def _worst(row: Sequence[float], scale: float, side: float) -> float:
    """The least square tile's ratio of sides, of a row laid along `side`."""
    total = sum(row) * scale
    if not total or not side:
        return math.inf
    return max(
        side**2 * max(row) * scale / total**2,
        total**2 / (side**2 * min(row) * scale) if min(row) else math.inf,
    )


def _tile(
    path: tuple[str, ...], mark: tuple[str, str], tile: tuple[float, float, float, float]
) -> Html:
    x, y, width, height = tile
    name = path[-1] if path else ""
    colour, second = mark
    shapes = [
        tag("title", f"{' / '.join(path)}: {second}"),
        _rect(x, y, width, height, f"tile {colour}"),
    ]
    if width > 44 and height > 20:
        shapes.append(_text(x + 7, y + 17, shorten(name, width - 12), kind="on", anchor="start"))
    if width > 44 and height > 38:
        shapes.append(_text(x + 7, y + 33, second, kind="on", anchor="start"))
    return tag("g", *shapes)


# ------------------------------------------------------------------------------------- pieces


def log_bins(values: Sequence[int], per_octave: int = 1) -> list[tuple[float, float, int]]:
    """Numbers in bins whose bounds double, from the smallest value's bin to the largest's."""
    positive = [v for v in values if v > 0]
    if not positive:
        return []
    places = [math.floor(math.log2(v) * per_octave) for v in positive]
    low, high = min(places), max(places)
    counts = dict.fromkeys(range(low, high + 1), 0)
    for place in places:
        counts[place] += 1
    bound = [round(2 ** (p / per_octave)) for p in range(low, high + 2)]
    return [(bound[i], bound[i + 1], counts[p]) for i, p in enumerate(counts)]


def even_bins(
    values: Sequence[float], low: float, high: float, number: int = 20
) -> list[tuple[float, float, int]]:
    """Numbers in bins of equal width; what lies outside goes to the outermost bins."""
    step = (high - low) / number
    counts = [0] * number
    for value in values:
        counts[min(max(int((value - low) / step), 0), number - 1)] += 1
    return [(low + i * step, low + (i + 1) * step, counts[i]) for i in range(number)]


def shorten(text: str, width: float) -> str:
    """A label cut to about `width` units; wide scripts count double."""
    room, out = width / _CHARACTER, ""
    for character in " ".join(text.split()):
        room -= 1.9 if ord(character) > 0x2E80 else 1
        if room < 0:
            return out[:-1] + "…"
        out += character
    return out


def compact(value: float) -> str:
    """A number in at most five characters: 1536 is 1.5k."""
    if abs(value) >= 10_000:
        return f"{value / 1000:.0f}k"
    if abs(value) >= 1000:
        return f"{value / 1000:.1f}".rstrip("0").rstrip(".") + "k"
    return f"{value:.4g}"[:6]


def _legend(groups: Mapping[str, str], x: float) -> list[Html]:
    """A dot of each colour and its name, side by side."""
    shapes = []
    for colour, group in groups.items():
        name = shorten(group, 150)
        shapes.append(tag("circle", cx=_n(x + 4), cy=8, r=4, class_=colour))
        shapes.append(_text(x + 12, 12, name, anchor="start"))
        x += 30 + len(name) * _CHARACTER
    return shapes


def _by_size(groups: Iterable[str]) -> list[str]:
    counts = Counter(groups)
    return sorted(counts, key=lambda g: (-counts[g], g))


def _scale(low: float, high: float, start: float, end: float) -> Callable[[float], float]:
    spread = (high - low) or 1
    return lambda value: start + (value - low) / spread * (end - start)


def _colour(colour: int | str) -> str:
    return colour if isinstance(colour, str) else f"c{colour % COLOURS}"


def _rect(x: float, y: float, width: float, height: float, kind: str) -> Html:
    return tag(
        "rect",
        x=_n(x),
        y=_n(y),
        width=_n(max(width, 0)),
        height=_n(max(height, 0)),
        rx=None if kind.startswith("tile") else 2,
        class_=kind,
    )


def _line(x1: float, y1: float, x2: float, y2: float) -> Html:
    return tag("line", x1=_n(x1), y1=_n(y1), x2=_n(x2), y2=_n(y2), class_="grid")


def _text(x: float, y: float, content: str, kind: str | None = None, anchor: str = "start") -> Html:
    return tag("text", content, x=_n(x), y=_n(y), text_anchor=anchor, class_=kind)


def _n(value: float) -> str:
    """A coordinate to a tenth, so that equal plots are equal bytes on any machine."""
    return f"{value:.1f}".rstrip("0").rstrip(".")
