"""Files: what is in a conversation's workspace."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import StringConstraints

from .base import Model, Request, UTCDateTime

__all__ = ["DIRECTORY", "FileFilter", "FileInfo", "Permissions"]

DIRECTORY = "application/x-directory"
"""The type of a directory."""


class Permissions(Model):
    """What the server may do with a file. A link may be read where it leads to a place in the workspace."""

    read: bool
    write: bool
    execute: bool


class FileInfo(Model):
    """One entry of a workspace. `path` is relative to it; a directory's ends in `/`, the workspace's own is `/`.

    A link is told as itself (`inode/symlink`); what is neither file, directory nor link as `inode/special`.
    Bytes of a name that are not UTF-8 are shown as U+FFFD.
    """

    path: str
    updated_at: UTCDateTime
    permissions: Permissions
    size_in_bytes: int
    mime_type: str


class FileFilter(Request):
    """Which files, as S3 means it: those whose path begins with `path_prefix`.

    What lies behind the next `path_delimiter` is shown as one directory; an empty delimiter shows everything below.
    `name__contains` looks, without case, at the last part of the path.
    """

    path_prefix: Annotated[str, StringConstraints(max_length=4096)] = ""
    path_delimiter: Literal["/", ""] = "/"
    name__contains: str | None = None
