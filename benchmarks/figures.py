"""Medians, spreads and ratios, and how they are written."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

# What is left of a difference of two clocks.
NOTHING = 1e-6


def percentile(values: Sequence[float], share: float) -> float | None:
    """The smallest value that `share` (0 to 1) of all values do not exceed; None of none."""
    if not values:
        return None
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def ratios(theirs: Sequence[float | None], ours: Sequence[float | None]) -> list[float]:
    """Round by round, so that what disturbed a whole round disturbs both sides alike."""
    return [a / b for a, b in zip(theirs, ours, strict=False) if a is not None and b]


def spread(values: Sequence[float | None]) -> str:
    """`median (least–most)`; the median alone where all are the same, a dash of none."""
    known = [value for value in values if value is not None]
    if not known:
        return "–"
    median, least, most = map(written, (statistics.median(known), min(known), max(known)))
    return median if least == most else f"{median} ({least}–{most})"


def written(value: float) -> str:
    """Three digits that mean something, thousands apart; nobody measures more here."""
    if abs(value) < NOTHING:
        return "0"
    decimals = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:,.{decimals}f}"
