"""What every model shares: frozen values, UTC times, and one way to make JSON."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    JsonValue,
)
from pydantic_core import to_json

__all__ = ["Json", "Model", "Request", "UTCDateTime", "clean", "dump_json", "utc_now"]


def _to_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise ValueError("a time before the year 1 or after the year 9999 in UTC") from None


def _is_written_out(value: Any) -> Any:
    # pydantic would take a bare number for seconds since 1970.
    if isinstance(value, datetime) or (isinstance(value, str) and _WRITTEN.match(value)):
        return value
    raise ValueError("give a time with its offset, such as 2026-11-21T03:04:02Z")


_WRITTEN = re.compile(r"\d{4}-\d\d-\d\d[Tt ]")

UTCDateTime = Annotated[AwareDatetime, BeforeValidator(_is_written_out), AfterValidator(_to_utc)]
"""A moment with an offset, held as UTC. A time without an offset is refused."""

Json = JsonValue
"""Any JSON value."""


class Model(BaseModel):
    """A frozen value. What it does not know on the wire it ignores."""

    model_config = ConfigDict(frozen=True, extra="ignore", ser_json_inf_nan="null")


class Request(Model):
    """A value that a client sends. What it does not know it refuses."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="null")


def utc_now() -> datetime:
    """The present moment, in UTC."""
    return datetime.now(UTC)


def clean(value: Any) -> Any:
    """A value without lone surrogates, which UTF-8 cannot hold; they become `?`."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {clean(k): clean(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [clean(v) for v in value]
    return value


def dump_json(value: Any) -> bytes:
    """Whatever it is as JSON: what JSON cannot hold becomes text, or null."""
    try:
        return to_json(clean(value), inf_nan_mode="null", fallback=str)
    except (ValueError, RecursionError):
        return to_json(f"{type(value).__name__} that JSON cannot hold")
