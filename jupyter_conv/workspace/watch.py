"""Watches the files of one workspace, in a thread of its own.

Each directory is watched by itself, found by walking: so no link is followed, and what nobody wants to hear of costs
nothing. Bounded in the directories it watches and in the changes it tells; where it leaves some out it says so.
"""

from __future__ import annotations

import logging
import os
import stat
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..errors import ConversationError
from .paths import MAX_DEPTH, OPEN_DIRECTORY, RESERVED, Root, opened, parts

__all__ = ["Change", "Watch"]

log = logging.getLogger("jupyter_conv")

IGNORED = frozenset({".git", "__pycache__", "node_modules", ".ipynb_checkpoints", RESERVED})
MAX_DIRECTORIES = 2_000
MAX_CHANGES, WINDOW = 1_000, 60.0
"""At most so many changes are told in so many seconds."""
QUIET = 5.0
"""A file that is written on and on is told modified once in so many seconds."""
DEBOUNCE, STEP, TURN = 400, 50, 1_000
"""Milliseconds: changes are gathered for so long, or until nothing changed for a step; and it looks up once a turn."""
_ADDED, _DELETED = 1, 3

Kind = Literal["created", "modified", "deleted"]


@dataclass(frozen=True)
class Change:
    """A path of the workspace (a directory's ends in `/`), and what became of it."""

    path: str
    kind: Kind


class Watch:
    """`tell` is called, in the thread, with changes; `lost` with a word and a sentence where some are not told."""

    def __init__(
        self,
        root: Root,
        tell: Callable[[list[Change]], None],
        lost: Callable[[str, str], None],
    ) -> None:
        self.ready = threading.Event()
        self._root, self._tell, self._lost = root, tell, lost
        self._base = Path()
        self._known: set[str] = set()
        self._stop = threading.Event()
        self._modified: dict[str, float] = {}
        self._held: set[str] = set()
        self._window, self._told, self._left_out = 0.0, 0, 0
        self._thread = threading.Thread(target=self._main, name="jupyter-conv-watch", daemon=True)

    def start(self) -> None:
        """Begin; `ready` is set as soon as nothing is missed any more."""
        self._thread.start()

    def stop(self) -> None:
        """End soon; what has been seen is told."""
        self._stop.set()

    def join(self) -> None:
        """Wait for the end."""
        self._thread.join()

    def _main(self) -> None:
        try:
            self._watch()
        except (OSError, RuntimeError, ConversationError) as error:
            # The system's limits, or a workspace that is gone.
            log.warning("A workspace cannot be watched: %s", error)
            self._lost(
                "not_watched", "Changes of files are not told: the system does not allow it."
            )
        finally:
            self.ready.set()

    def _watch(self) -> None:
        # The documented way below `watchfiles.watch`, which would not tell when it is ready.
        from watchfiles._rust_notify import RustNotify

        notify: RustNotify | None = None
        try:
            while directories := self._directories():
                try:
                    fresh = RustNotify(directories, False, False, 0, False, True)
                except FileNotFoundError:
                    continue
                if notify is not None:
                    # The new one sees already; what the old one saw last, and what was there before, is told now.
                    self._renewed(notify.watch(1, 1, 1, None))
                    notify.close()
                    self._report(self._found(directories))
                notify, self._known = fresh, set(directories)
                self.ready.set()
                while not self._renewed(notify.watch(DEBOUNCE, STEP, TURN, self._stop)):
                    if self._stop.is_set():
                        self._flush(0)
                        return
        finally:
            if notify is not None:
                notify.close()

    def _renewed(self, seen: set[tuple[int, str]] | str) -> bool:
        """Tell what was seen. Out: whether there are directories that are not watched yet."""
        kinds: dict[str, set[int]] = {}
        for kind, path in seen if isinstance(seen, set) else ():
            kinds.setdefault(os.path.relpath(path, self._base), set()).add(kind)
        changes = [found for path, of in sorted(kinds.items()) if (found := self._change(path, of))]
        self._report(changes)
        self._flush(QUIET)
        return any(c.kind == "created" and c.path.endswith("/") for c in changes)

    def _change(self, path: str, kinds: set[int]) -> Change | None:
        names = path.split("/")
        if not IGNORED.isdisjoint(names) or _is_part(names[-1]):
            return None
        try:
            with opened(self._root, parts(path)) as place:
                mode = place.stat().st_mode
        except FileNotFoundError:
            return None if _ADDED in kinds else Change(path, "deleted")
        except (ConversationError, OSError):
            return None  # no name that can be told, or no longer in the workspace
        new = _ADDED in kinds and _DELETED not in kinds
        if stat.S_ISDIR(mode):
            return Change(f"{path}/", "created") if _ADDED in kinds else None
        return Change(path, "created" if new else "modified")

    def _report(self, changes: Iterable[Change]) -> None:
        now, told = time.monotonic(), []
        if now - self._window > WINDOW:
            self._say_left_out()
            self._window, self._told = now, 0
        for change in changes:
            if change.kind == "deleted":
                self._held.discard(change.path)
                self._modified.pop(change.path, None)
            elif now - self._modified.get(change.path, -QUIET) < QUIET:
                if change.kind == "modified":
                    self._held.add(change.path)
                continue
            if self._told < MAX_CHANGES:
                self._told += 1
                told.append(change)
                if change.kind != "deleted":
                    self._modified[change.path] = now
            else:
                self._left_out += 1
        if told:
            self._tell(told)

    def _flush(self, quiet: float) -> None:
        """Tell again what was modified again."""
        limit = time.monotonic() - quiet
        due = sorted(path for path in self._held if self._modified[path] <= limit)
        self._held.difference_update(due)
        for path in [path for path, at in self._modified.items() if at <= limit]:
            if path not in self._held:
                del self._modified[path]
        self._report(Change(path, "modified") for path in due)
        if quiet == 0:
            self._say_left_out()

    def _say_left_out(self) -> None:
        if self._left_out:
            self._lost(
                "too_many_changes",
                f"{self._left_out:,} more changes of files are not told one by one; file-search lists the files.",
            )
            self._left_out = 0

    def _directories(self) -> list[str]:
        """All that are to be watched; none where there are too many."""
        fd, self._base = self._root.open()
        found = [str(self._base)]
        for path in _below(fd, "", 0):
            found.append(str(self._base / path))
            if len(found) > MAX_DIRECTORIES:
                self._lost(
                    "not_watched",
                    f"Changes of files are not told: the workspace has more than {MAX_DIRECTORIES:,} directories.",
                )
                return []
        return found

    def _found(self, directories: list[str]) -> Iterator[Change]:
        """What new directories held before they were watched."""
        for directory in directories:
            if directory in self._known:
                continue
            path = os.path.relpath(directory, self._base)
            try:
                with opened(self._root, parts(path)) as place:
                    fd = place.open(OPEN_DIRECTORY)
            except (ConversationError, OSError):
                continue
            try:
                names = os.listdir(fd)
            finally:
                os.close(fd)
            for name in sorted(names):
                if change := self._change(f"{path}/{name}", {_ADDED}):
                    yield change


def _is_part(name: str) -> bool:
    """Whether it is a file on its way to its name."""
    return name.startswith(".") and name.endswith(".part")


def _below(fd: int, base: str, depth: int) -> Iterator[str]:
    """The directories below one, which is closed in the end."""
    try:
        with os.scandir(fd) as entries:
            names = [e.name for e in entries if e.is_dir(follow_symlinks=False)]
        for name in names:
            if name in IGNORED or depth >= MAX_DEPTH:
                continue
            try:
                inner = os.open(name, OPEN_DIRECTORY, dir_fd=fd)
            except OSError:
                continue
            yield f"{base}{name}"
            yield from _below(inner, f"{base}{name}/", depth + 1)
    finally:
        os.close(fd)
