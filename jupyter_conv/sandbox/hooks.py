"""A repository's own check before each commit, made a git hook of the workspace. No link is followed out of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..workspace import resolve

__all__ = ["HOOK_SCRIPTS", "find_script", "install_hook"]

HOOK_SCRIPTS = (".jupyter_conv/pre-commit.sh", ".openhands/pre-commit.sh")

_MARK = "# Installed by jupyter_conv"
_HOOK = f"""\
#!/bin/sh
{_MARK}: runs the hook that was here before, then the repository's own check.
before="$(dirname "$0")/pre-commit.local"
if [ -x "$before" ]; then "$before" "$@" || exit $?; fi
[ -f "%(script)s" ] || exit 0
if [ -x "%(script)s" ]; then exec "./%(script)s" "$@"; fi
exec sh "%(script)s" "$@"
"""
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_LIMIT = 64 << 10


def find_script(workspace: Path, names: tuple[str, ...]) -> str | None:
    """The first of these paths that is a file. Raises `InvalidError` for one that leads out of the workspace."""
    for name in names:
        if os.path.lexists(workspace / name) and resolve(workspace, name).is_file():
            return name
    return None


def install_hook(workspace: Path) -> str | None:
    """Make the repository's check the pre-commit hook; a hook that was there before runs first.

    Out: what there is to say about it; None where there is nothing to install. Raises `InvalidError` as `find_script`.
    """
    script = find_script(workspace, HOOK_SCRIPTS)
    if script is None:
        return None
    try:
        with _hooks(workspace) as folder:
            return _write(folder, script)
    except OSError as error:
        return f"{script} is not installed as a hook: .git/hooks cannot be used ({error.strerror})."


@contextmanager
def _hooks(workspace: Path) -> Iterator[int]:
    """The directory of the hooks, open; each step to it is a real directory, or it fails."""
    opened = [os.open(workspace, _DIRECTORY & ~os.O_NOFOLLOW)]
    try:
        opened.append(os.open(".git", _DIRECTORY, dir_fd=opened[-1]))
        with suppress(FileExistsError):
            os.mkdir("hooks", dir_fd=opened[-1])
        opened.append(os.open("hooks", _DIRECTORY, dir_fd=opened[-1]))
        yield opened[-1]
    finally:
        for descriptor in opened:
            os.close(descriptor)


def _write(folder: int, script: str) -> str:
    there = _text(folder, "pre-commit")
    if there is not None and _MARK not in there:
        if _text(folder, "pre-commit.local") is not None:
            return f"{script} is not installed: pre-commit and pre-commit.local are both there."
        os.rename("pre-commit", "pre-commit.local", src_dir_fd=folder, dst_dir_fd=folder)
    with suppress(FileNotFoundError):
        os.unlink("pre-commit", dir_fd=folder)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    descriptor = os.open("pre-commit", flags, 0o755, dir_fd=folder)
    with open(descriptor, "w") as file:
        file.write(_HOOK % {"script": script})
    return f"{script} runs before each commit."


def _text(folder: int, name: str) -> str | None:
    """What stands in a hook; nothing of a link; None where there is none."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        descriptor = os.open(name, flags, dir_fd=folder)
    except FileNotFoundError:
        return None
    except OSError:
        return ""
    with open(descriptor, "rb") as file:
        return file.read(_LIMIT).decode("utf-8", "replace")
