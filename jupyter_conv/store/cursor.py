"""Page ids: where a list was left off, as text that means nothing to anyone else."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from ..errors import CursorError

__all__ = ["decode", "encode"]

_LIMIT = 1 << 63


def encode(order: str, *position: int | str) -> str:
    """The cursor behind a row: the list's order, and the row's place in it."""
    text = json.dumps([order, *position], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(cursor: str, order: str, *kinds: type[int] | type[str]) -> tuple[Any, ...]:
    """The place that a cursor of this order names: a value of each kind. Raises `CursorError` for anything else."""
    broken = CursorError(
        "page_id is not one that this list gave out; leave it out to begin at the first page."
    )
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        found = json.loads(raw)
    except (binascii.Error, ValueError, RecursionError):
        raise broken from None
    if not isinstance(found, list) or len(found) != len(kinds) + 1 or found[0] != order:
        raise broken
    position = found[1:]
    for value, kind in zip(position, kinds, strict=True):
        if type(value) is not kind or (isinstance(value, int) and not -_LIMIT <= value < _LIMIT):
            raise broken
    return tuple(position)
