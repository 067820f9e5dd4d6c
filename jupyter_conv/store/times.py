"""Moments as the tables hold them: whole microseconds since 1970 UTC."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from functools import lru_cache

__all__ = ["iso", "micros", "moment", "now_micros"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def micros(when: datetime) -> int:
    """A moment as a number."""
    return (when - _EPOCH) // _MICROSECOND


def moment(number: int) -> datetime:
    """A number as a moment."""
    return _EPOCH + timedelta(microseconds=number)


def now_micros() -> int:
    """The present moment, as a number."""
    return time.time_ns() // 1000


def iso(number: int) -> str:
    """A number as ISO 8601 text, as the wire has it: `2026-11-21T03:04:02.044033Z`."""
    seconds, rest = divmod(number, 1_000_000)
    return f"{_iso_second(seconds)}.{rest:06d}Z"


@lru_cache(maxsize=4)
def _iso_second(seconds: int) -> str:
    # Events come many to a second.
    return (_EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S")
