"""WebSocket frames, made once for all who get them (RFC 6455, section 5.2)."""

from __future__ import annotations

import struct
from collections.abc import Sequence

__all__ = ["frames"]

_FINAL_TEXT = 0x81


def frames(bodies: Sequence[bytes]) -> bytes:
    """Each body as one unmasked text frame, one after the other."""
    parts: list[bytes] = []
    for body in bodies:
        size = len(body)
        if size < 126:
            parts.append(struct.pack("!BB", _FINAL_TEXT, size))
        elif size < 1 << 16:
            parts.append(struct.pack("!BBH", _FINAL_TEXT, 126, size))
        else:
            parts.append(struct.pack("!BBQ", _FINAL_TEXT, 127, size))
        parts.append(body)
    return b"".join(parts)
