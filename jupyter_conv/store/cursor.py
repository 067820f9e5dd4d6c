"""Page ids: where a list was left off, as text that means nothing to anyone else."""

from __future__ import annotations

import base64
import binascii
import json

from ..errors import CursorError

__all__ = ["decode", "encode"]

_LIMIT = 1 << 63


def encode(order: str, *position: int) -> str:
    """The cursor behind a row: the list's order, and the row's place in it."""
    text = json.dumps([order, *position], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(cursor: str, order: str, length: int) -> tuple[int, ...]:
    """The place that a cursor of this order names. Raises `CursorError` for anything else."""
    broken = CursorError(
        "page_id is not one that this list gave out; leave it out to begin at the first page."
    )
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        found = json.loads(raw)
    except (binascii.Error, ValueError, RecursionError):
        raise broken from None
    if not isinstance(found, list) or len(found) != length + 1 or found[0] != order:
        raise broken
    position = found[1:]
    if not all(type(n) is int and -_LIMIT <= n < _LIMIT for n in position):
        raise broken
    return tuple(position)
