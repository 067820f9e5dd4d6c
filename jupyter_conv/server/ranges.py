"""Ranges and conditions of a request for a file's bytes, as RFC 9110 means them. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

from ..errors import RangeError

__all__ = ["http_date", "requested_range", "unchanged"]

_ONE = re.compile(r"bytes=[ \t]*(\d*)-(\d*)[ \t]*", re.IGNORECASE)
_TAGS = re.compile(r'(?:W/)?("[^"]*")')
_DIGITS = 19


def http_date(timestamp: float) -> str:
    """A moment as HTTP says it: in whole seconds."""
    return format_datetime(datetime.fromtimestamp(int(timestamp), UTC), usegmt=True)


def unchanged(headers: Mapping[str, str], etag: str, modified: float) -> bool:
    """Whether who asks has this version already (304). A tag counts, where there is one; else the time."""
    if (tags := headers.get("If-None-Match")) is not None:
        return tags.strip() == "*" or etag in _TAGS.findall(tags)
    since = _moment(headers.get("If-Modified-Since"))
    return since is not None and int(modified) <= since


def requested_range(
    headers: Mapping[str, str], size: int, etag: str, modified: float
) -> tuple[int, int] | None:
    """The bytes that are asked for, from the first to before the last; None is all of them.

    What is no range of bytes, or several, asks for all, as does one of another version (If-Range).
    Raises `RangeError` for one that begins behind the end.
    """
    found = _ONE.fullmatch(headers.get("Range", "").strip())
    if found is None or not _same_version(headers.get("If-Range"), etag, modified):
        return None
    first, last = found.groups()
    if max(len(first), len(last)) > _DIGITS or not (first or last):
        return None
    if first and last and int(last) < int(first):
        return None
    start = int(first) if first else max(0, size - int(last))
    stop = min(size, int(last) + 1) if first and last else size
    if start >= stop:
        raise RangeError(f"The file has {size:,} bytes; ask for a range within them.")
    return start, stop


def _same_version(condition: str | None, etag: str, modified: float) -> bool:
    if condition is None or condition == etag:
        return True
    return _moment(condition) == int(modified)


def _moment(text: str | None) -> int | None:
    try:
        found = parsedate_to_datetime(text) if text else None
    except ValueError:
        return None
    if found is None:
        return None
    return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp())
