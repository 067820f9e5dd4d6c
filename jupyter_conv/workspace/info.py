"""What is told of one entry of a workspace."""

from __future__ import annotations

import os
import stat
from datetime import UTC, datetime
from mimetypes import MimeTypes

from ..models import DIRECTORY, FileInfo, Permissions

__all__ = ["content_type", "describe"]

LINK, SPECIAL, UNKNOWN = "inode/symlink", "inode/special", "application/octet-stream"

_types = MimeTypes()
for _suffix, _type in {
    ".ipynb": "application/x-ipynb+json",
    ".jsonl": "application/jsonl",
    ".md": "text/markdown",
    ".parquet": "application/vnd.apache.parquet",
    ".toml": "application/toml",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
}.items():
    _types.add_type(_type, _suffix)
_PACKED = {"gzip": "application/gzip", "bzip2": "application/x-bzip2", "xz": "application/x-xz"}


def content_type(name: str) -> str:
    """The type of a file's bytes, by its name. Those of a packed file are the packer's."""
    # As a path: a name such as `data:text/html,x` is no URL here.
    found, packed = _types.guess_type(f"./{name}")
    if packed:
        return _PACKED.get(packed, UNKNOWN)
    return found or UNKNOWN


def describe(path: str, found: os.stat_result, *, readable_link: bool = False) -> FileInfo:
    """What is told of an entry. In: its path without a slash at the end, and its own stat (no link followed)."""
    mode, shown = found.st_mode, path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    if stat.S_ISDIR(mode):
        shown, kind = f"{shown}/", DIRECTORY
    elif stat.S_ISLNK(mode):
        kind = LINK
    elif stat.S_ISREG(mode):
        kind = content_type(shown)
    else:
        kind = SPECIAL
    if stat.S_ISLNK(mode):
        permissions = Permissions(read=readable_link, write=False, execute=False)
    else:
        permissions = _permissions(found)
    return FileInfo.model_construct(
        path=shown,
        updated_at=datetime.fromtimestamp(found.st_mtime, UTC),
        permissions=permissions,
        size_in_bytes=found.st_size if stat.S_ISREG(mode) else 0,
        mime_type=kind,
    )


def _permissions(found: os.stat_result) -> Permissions:
    mode, me = found.st_mode, os.geteuid()
    if me == 0:
        runs = stat.S_ISDIR(mode) or bool(mode & 0o111)
        return Permissions.model_construct(read=True, write=True, execute=runs)
    shift = 6 if found.st_uid == me else 3 if found.st_gid in (os.getegid(), *os.getgroups()) else 0
    bits = mode >> shift
    return Permissions.model_construct(
        read=bool(bits & 4), write=bool(bits & 2), execute=bool(bits & 1)
    )
