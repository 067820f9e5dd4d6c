"""Progress bars that are widgets: what `tqdm.notebook` and ipywidgets' FloatProgress and IntProgress say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["WidgetBars"]

_MODELS = frozenset({"FloatProgressModel", "IntProgressModel"})


@dataclass(slots=True)
class _Bar:
    value: float = 0.0
    low: float = 0.0
    high: float = 100.0

    def update(self, state: dict[str, Any]) -> bool:
        """Whether the bar has moved."""
        before = (self.value, self.low, self.high)
        self.value = _number(state.get("value"), self.value)
        self.low = _number(state.get("min"), self.low)
        self.high = _number(state.get("max"), self.high)
        return before != (self.value, self.low, self.high)

    @property
    def fraction(self) -> float:
        span = self.high - self.low
        return min(1.0, max(0.0, (self.value - self.low) / span)) if span > 0 else 0.0


class WidgetBars:
    """Follows the comm messages of one task."""

    def __init__(self) -> None:
        self._bars: dict[str, _Bar] = {}

    def take(self, msg_type: str, content: dict[str, Any]) -> float | None:
        """How far the work is after this message, 0..1; null when it says nothing about that.

        Of several bars the first that is not full counts: the outermost of nested ones.
        """
        comm = content.get("comm_id")
        data = content.get("data")
        state = data.get("state") if isinstance(data, dict) else None
        if not isinstance(comm, str) or not isinstance(state, dict):
            return None
        if msg_type == "comm_open":
            # tqdm draws work of unknown length as a full bar in the colour "info": that says nothing.
            if state.get("_model_name") not in _MODELS or state.get("bar_style") == "info":
                return None
            self._bars[comm] = _Bar()
            self._bars[comm].update(state)
        elif comm not in self._bars or not self._bars[comm].update(state):
            return None
        open_bars = (bar.fraction for bar in self._bars.values() if bar.fraction < 1)
        return next(open_bars, 1.0)


def _number(value: object, default: float) -> float:
    return float(value) if isinstance(value, (int, float)) else default
