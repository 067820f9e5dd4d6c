"""What every group shares: lines with their goals, medians of turns, a table."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

__all__ = ["Goal", "Line", "at_least", "at_most", "percentile", "say", "table", "turns", "under"]


@dataclass(frozen=True)
class Goal:
    """A goal as it stands in the table, and whether figures meet it."""

    text: str
    met: Callable[[float, float | None], bool]


def at_most(ratio: float, floor: str) -> Goal:
    """Ours is at most so many times the floor."""
    return Goal(f"≤ {ratio:g} × {floor}", lambda ours, other: ours <= ratio * (other or 0))


def at_least(ratio: float, floor: str) -> Goal:
    """Ours is at least so many times the floor."""
    return Goal(f"≥ {ratio:g} × {floor}", lambda ours, other: ours >= ratio * (other or 0))


def under(limit: float, unit: str, beyond: str = "") -> Goal:
    """Ours is at most so much; with `beyond`, more than the floor."""
    if beyond:
        return Goal(f"≤ +{limit:g} {unit}", lambda ours, other: ours - (other or 0) <= limit)
    return Goal(f"≤ {limit:g} {unit}", lambda ours, _: ours <= limit)


@dataclass(frozen=True)
class Line:
    """One line of the table. `ours` and `floor` are in `unit`."""

    what: str
    unit: str
    ours: float
    floor: float | None = None
    goal: Goal | None = None

    @property
    def cells(self) -> tuple[str, ...]:
        """What stands in the table."""
        goal = self.goal
        return (
            self.what,
            f"{_short(self.ours)} {self.unit}",
            "–" if self.floor is None else f"{_short(self.floor)} {self.unit}",
            f"{self.ours / self.floor:.2f}" if self.floor else "–",
            goal.text if goal else "–",
            "–" if goal is None else "yes" if goal.met(self.ours, self.floor) else "**no**",
        )


def _short(value: float) -> str:
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def table(lines: Iterable[Line]) -> str:
    """The lines as a markdown table."""
    head = ("what", "ours", "floor", "ratio", "goal", "met?")
    rows = [head, ("---",) * len(head), *(line.cells for line in lines)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def turns(number: int, *measures: Callable[[], float]) -> list[float]:
    """The medians of measures that are taken in turn, so that a noisy moment meets all of them."""
    found: list[list[float]] = [[] for _ in measures]
    for _ in range(number):
        for measure, values in zip(measures, found, strict=True):
            values.append(measure())
    return [statistics.median(values) for values in found]


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` (0..1) of all do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


_begun = time.monotonic()


def say(text: str) -> None:
    """A word to who waits."""
    print(f"[{time.monotonic() - _begun:4.0f} s] {text}", file=sys.stderr, flush=True)
