"""`jupyter conv files`, `upload`, `download`: the workspace of a conversation."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from ..client import background
from ..client.asking import find_conversation
from ..client.printing import say
from ..client.transfer import all_files, download, local_files, size_in_words
from ..errors import NotFoundError
from ..interface import ConversationAPI
from ..models import Conversation, FileFilter
from .where import Where

__all__ = ["download_files", "list_files", "upload_files"]


def list_files(options: argparse.Namespace) -> int:
    """One line for each entry."""
    background().run(_list(Where(options).ask.api, options))
    return 0


async def _list(api: ConversationAPI, options: argparse.Namespace) -> None:
    conversation = await _meant(api, options.id)
    where = FileFilter(
        path_prefix=options.prefix,
        path_delimiter="" if options.recursive else "/",
        name__contains=options.name,
    )
    async for info in all_files(api, conversation.id, where):
        if options.json:
            say(info.model_dump_json())
        else:
            changed = f"{info.updated_at.astimezone():%Y-%m-%d %H:%M}"
            size = "" if info.path.endswith("/") else size_in_words(info.size_in_bytes)
            say(f"{size:>10}  {changed}  {info.path}")


def upload_files(options: argparse.Namespace) -> int:
    """Files and folders of this machine, all or none."""
    ask = Where(options).ask
    conversation = background().run(_meant(ask.api, options.id))
    files = local_files(Path(name) for name in options.file)
    for info in ask.upload_files(conversation.id, dict(files), options.to):
        say(info.model_dump_json() if options.json else info.path)
    return 0


def download_files(options: argparse.Namespace) -> int:
    """A file or a folder; `-` writes a file to the standard output."""
    ask = Where(options).ask
    if options.target == "-":
        conversation = background().run(_meant(ask.api, options.id))
        for piece in ask.read_file(conversation.id, options.path):
            sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()
        return 0
    background().run(_download(ask.api, options))
    return 0


async def _download(api: ConversationAPI, options: argparse.Namespace) -> None:
    conversation = await _meant(api, options.id)
    async for path in download(api, conversation.id, options.path, Path(options.target)):
        say(json.dumps({"path": str(path)}) if options.json else str(path))


async def _meant(api: ConversationAPI, said: str) -> Conversation:
    found = await find_conversation(api, said)
    if found is None:
        raise NotFoundError(f"There is no conversation {said!r}: `jupyter conv list` shows them.")
    return found
