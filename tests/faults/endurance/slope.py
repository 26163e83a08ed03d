"""How fast a measured thing grows, by a fit that single outliers cannot bend."""

from collections.abc import Sequence
from itertools import combinations
from statistics import median

MOST_POINTS = 400


def slope(*series: Sequence[tuple[float, float]]) -> float:
    """Return the Theil-Sen slope: the median of the slopes between all pairs of points of a series; 0 without pairs.

    Up to 29 % of the points may be arbitrarily wrong. Sen, Journal of the American Statistical Association 63 (1968).
    """
    slopes = [
        (y - y0) / (x - x0)
        for points in series
        for (x0, y0), (x, y) in combinations(points[:: max(1, len(points) // MOST_POINTS)], 2)
        if x != x0
    ]
    return median(slopes) if slopes else 0.0
