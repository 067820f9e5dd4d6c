"""What every model shares: frozen values, UTC times, and one way to make JSON."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, JsonValue

__all__ = ["Json", "Model", "Request", "UTCDateTime", "utc_now"]


def _to_utc(value: datetime) -> datetime:
    return value.astimezone(UTC)


UTCDateTime = Annotated[AwareDatetime, AfterValidator(_to_utc)]
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
