"""Ending what a task started: every process of it, also those that ignore signals, respawn, or left the group."""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Collection

from .proctable import Process, heeds, is_alive, mark_of, send, snapshot
from .shielding import in_thread

__all__ = ["end_tree", "marked", "sweep"]

log = logging.getLogger(__name__)

_KILL = getattr(signal, "SIGKILL", signal.SIGTERM)
_KILL_PATIENCE = 10.0
"""Seconds after which what survives KILL (stuck in the kernel of the system) is given up, with a word in the log."""


def marked(mark_prefix: str) -> list[int]:
    """The living processes whose mark begins so; never ourselves."""
    return sorted(pid for pid in snapshot() if pid != os.getpid() and _begins(pid, mark_prefix))


async def end_tree(
    root_pid: int | None,
    mark: str | None,
    *,
    grace: float,
    born: float | None = None,
    patience: float = 0,
    interrupt: float = 0.5,
    spare: Collection[int] = (),
    since: float | None = None,
) -> int:
    """End a process with all it started: INT, then TERM, then KILL, until nothing of it lives.

    In: the root's number (it may be gone) and its `birth`, the mark its children carry; `grace` seconds
    before KILL, of which the share `interrupt` is given to INT; `spare` are left alone, as are those that
    lived at `since`, a `birth_now()`.
    `patience` are seconds in which they may end by themselves first.
    Out: how many were ended. Returns as soon as they are gone; a signal they ignore is not waited for.
    """
    tree = _Tree({} if root_pid is None else {root_pid: born}, mark, spare, since)
    return await in_thread(_end, tree, patience, grace * interrupt, grace * (1 - interrupt))


def sweep(mark_prefix: str) -> int:
    """KILL what a dead server left behind: all whose mark begins so, with their descendants. Out: how many."""
    tree = _Tree({}, None, (), None, prefix=mark_prefix)
    alive = tree.scan()
    _kill_all(tree, alive)
    return len(tree.seen)


class _Tree:
    """The processes that belong to a task, as far as they can be told: by descent, session, group and mark.

    Who was seen once stays known: a child is recognised although its parent is gone.
    """

    def __init__(
        self,
        roots: dict[int, float | None],
        mark: str | None,
        spare: Collection[int],
        since: float | None,
        *,
        prefix: str | None = None,
    ) -> None:
        self._roots = roots
        self._mark = mark
        self._prefix = prefix
        self._spare = frozenset(spare)
        self._since = since
        self.seen: dict[int, float] = {}

    def scan(self) -> list[Process]:
        """Who of them lives now."""
        table = snapshot()
        ours = _lineage(table)
        self._forget_reused(table)
        candidates = [p for p in table.values() if p.pid not in ours]
        known = {*self._roots, *self.seen}
        members = {p.pid: p for p in candidates if p.pid in known or self._is_marked(p.pid)}
        grown = True
        while grown:
            heads = known | members.keys()
            more = [
                p
                for p in candidates
                if p.pid not in members
                and (p.parent in heads or p.session in heads or p.group in heads)
            ]
            members.update((p.pid, p) for p in more)
            grown = bool(more)
        alive = [p for p in members.values() if self._may_end(p)]
        self.seen.update((p.pid, p.born) for p in alive)
        return alive

    def _may_end(self, process: Process) -> bool:
        old = self._since is not None and process.born < self._since
        return process.pid not in self._spare and not old

    def _is_marked(self, pid: int) -> bool:
        if self._prefix is not None:
            return _begins(pid, self._prefix)
        return self._mark is not None and mark_of(pid) == self._mark

    def _forget_reused(self, table: dict[int, Process]) -> None:
        for known in (self.seen, self._roots):
            for pid, born in list(known.items()):
                if pid in table and born is not None and table[pid].born != born:
                    del known[pid]


def _lineage(table: dict[int, Process]) -> set[int]:
    """Ourselves and our ancestors: never to be ended, whatever they are marked with."""
    found = {0, 1}
    pid = os.getpid()
    while pid not in found:
        found.add(pid)
        pid = table[pid].parent if pid in table else 0
    return found


def _begins(pid: int, prefix: str) -> bool:
    mark = mark_of(pid)
    return mark is not None and mark.startswith(prefix)


def _end(tree: _Tree, patience: float, interrupt: float, terminate: float) -> int:
    alive = tree.scan()
    if alive and patience:
        _wait_for(alive, patience)
        alive = tree.scan()
    if not alive:
        return 0
    gone = len(tree.seen) - len(alive)
    for number, seconds in ((signal.SIGINT, interrupt), (signal.SIGTERM, terminate)):
        heeding = [p for p in alive if heeds(p.pid, number)]
        for process in alive:
            send(process, number)
        if hasattr(signal, "SIGCONT"):
            for process in alive:
                send(process, signal.SIGCONT)  # a stopped process takes nothing but KILL
        _wait_for(heeding, seconds)
        alive = tree.scan()
        if not alive:
            break
    _kill_all(tree, alive)
    return len(tree.seen) - gone


def _kill_all(tree: _Tree, alive: Collection[Process]) -> None:
    deadline = time.monotonic() + _KILL_PATIENCE
    clean = 0
    # One empty look is not enough: a process that forked while the table was read is in none of its pages.
    while clean < 2:
        for process in alive:
            send(process, _KILL)
        if alive:
            _wait_for(alive, 0.1)
        alive = tree.scan()
        clean = 0 if alive else clean + 1
        if alive and time.monotonic() > deadline:
            log.error("Processes %s do not die of KILL.", [p.pid for p in alive])
            return


def _wait_for(processes: Collection[Process], patience: float) -> None:
    """Return when they are gone, or after `patience` seconds; looks every 0.5 to 10 ms."""
    deadline = time.monotonic() + patience
    pause = 0.0005
    while any(is_alive(p) for p in processes) and (left := deadline - time.monotonic()) > 0:
        time.sleep(min(pause, left))
        pause = min(pause * 1.5, 0.01)
