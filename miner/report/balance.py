"""Whether the right option stands at every place equally often: a bias that models learn first."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

from miner.types import Answers, Finding, Labels


class Balance:
    """Places of the right option among the options, against what an even spread would give."""

    def __init__(self) -> None:
        self.places: Counter[int] = Counter()
        self.expected: dict[int, float] = {}

    def add(self, finding: Finding | None) -> None:
        """Count one choice; findings that are none, or that have several answers, are passed by."""
        if isinstance(finding, Labels) and len(finding.labels) == 1:
            key, options = finding.labels[0], finding.options
        elif isinstance(finding, Answers) and finding.options:
            key, options = finding.answer or "".join(s.text for s in finding.spans), finding.options
        else:
            return
        if key in options and len(options) > 1:
            self.places[options.index(key)] += 1
            for place in range(len(options)):
                self.expected[place] = self.expected.get(place, 0.0) + 1 / len(options)

    def figures(self) -> dict[str, Any]:
        """Counts by place, chi-square and its probability under an even spread; empty for none."""
        if not self.places:
            return {}
        statistic = sum(
            (self.places[place] - wanted) ** 2 / wanted for place, wanted in self.expected.items()
        )
        freedom = len(self.expected) - 1
        return {
            "places": [self.places[place] for place in sorted(self.expected)],
            "expected": [self.expected[place] for place in sorted(self.expected)],
            "chi_square": statistic,
            "degrees_of_freedom": freedom,
            "probability": chi_square_tail(statistic, freedom),
        }


def chi_square_tail(statistic: float, freedom: int) -> float:
    """Probability that chi-square is at least this large, by series and continued fraction.

    Source: the regularised incomplete gamma function, Abramowitz and Stegun (1964), 6.5.29, 6.5.31.
    """
    a, x = freedom / 2, statistic / 2
    if x <= 0:
        return 1.0
    scale = math.exp(-x + a * math.log(x) - math.lgamma(a))
    if x < a + 1:
        term = total = 1 / a
        n = a
        while abs(term) > abs(total) * 1e-12:
            n += 1
            term *= x / n
            total += term
        return max(1 - total * scale, 0.0)
    b, c = x + 1 - a, 1e300
    d = 1 / b
    fraction = d
    for i in range(1, 1000):
        step = -i * (i - a)
        b += 2
        d = 1 / (step * d + b)
        c = b + step / c
        fraction *= d * c
        if abs(d * c - 1) < 1e-12:
            break
    return min(scale * fraction, 1.0)
