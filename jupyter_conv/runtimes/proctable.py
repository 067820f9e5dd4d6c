"""The processes of this machine, read fast from /proc, or by psutil where there is none."""

from __future__ import annotations

import contextlib
import math
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .environment import MARK

__all__ = ["Process", "birth", "birth_now", "heeds", "is_alive", "mark_of", "send", "snapshot"]

_PROC = Path("/proc/self/stat").exists()
_DEAD = frozenset("ZXx")


@dataclass(frozen=True, slots=True)
class Process:
    """One living process. `born` tells it from a later one with the same number; `group`, `session` are 0 unknown."""

    pid: int
    parent: int
    group: int
    session: int
    born: float


def snapshot() -> dict[int, Process]:
    """All living processes by number; zombies are not alive."""
    if not _PROC:
        return _psutil_snapshot()
    found = (_read(int(name)) for name in os.listdir("/proc") if name.isdecimal())
    return {process.pid: process for process in found if process is not None}


def birth(pid: int) -> float | None:
    """When a process began, in the measure of `Process.born`; null when it is gone."""
    if _PROC:
        process = _read(pid)
        return None if process is None else process.born
    psutil = _psutil()
    try:
        return float(psutil.Process(pid).create_time())
    except psutil.Error:
        return None


def birth_now() -> float:
    """What a process that begins now is `born` at, or a little less."""
    if not _PROC:
        return time.time()
    # The system counts births in ticks since boot, cut off.
    return math.floor(time.clock_gettime(time.CLOCK_BOOTTIME) * os.sysconf("SC_CLK_TCK"))


def is_alive(process: Process) -> bool:
    """Whether this very process still lives."""
    if _PROC:
        now = _read(process.pid)
        return now is not None and now.born == process.born
    psutil = _psutil()
    try:
        other = psutil.Process(process.pid)
        return bool(other.create_time() == process.born and other.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def mark_of(pid: int) -> str | None:
    """The value of the mark in a process's environment; null without one, or when it is not ours to read."""
    if not _PROC:
        psutil = _psutil()
        try:
            value: str | None = psutil.Process(pid).environ().get(MARK)
            return value
        except (psutil.Error, OSError):
            return None
    raw = _bytes(pid, "environ")
    key = MARK.encode() + b"="
    at = 0 if raw.startswith(key) else raw.find(b"\0" + key) + 1
    if not raw or (at == 0 and not raw.startswith(key)):
        return None
    return raw[at + len(key) :].split(b"\0", 1)[0].decode("utf-8", "replace")


def heeds(pid: int, number: signal.Signals) -> bool:
    """Whether a signal can have an effect: false only where the process is known to ignore or block it."""
    if not _PROC:
        return True
    masks = 0
    for line in _bytes(pid, "status").splitlines():
        if line.startswith((b"SigIgn:", b"SigBlk:")):
            masks |= int(line.split()[1], 16)
    return not masks >> (number - 1) & 1


def send(process: Process, number: signal.Signals) -> None:
    """Signal this very process, never a later one with its number, never our own. Gone or not ours: nothing."""
    if process.pid in (0, 1, os.getpid()):
        return
    try:
        handle = os.pidfd_open(process.pid)
    except (AttributeError, OSError):
        if is_alive(process):
            _kill(process.pid, number)
        return
    try:
        if is_alive(process):  # asked while the handle holds the number
            signal.pidfd_send_signal(handle, number)
    except OSError:
        pass  # gone meanwhile, or another user's
    finally:
        os.close(handle)


def _psutil() -> Any:
    import psutil  # only where there is no /proc

    return psutil


def _kill(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(OSError):  # gone meanwhile, or another user's
        os.kill(pid, number)


def _bytes(pid: int, name: str) -> bytes:
    try:
        with open(f"/proc/{pid}/{name}", "rb", buffering=0) as file:
            return file.read()
    except OSError:
        return b""


def _read(pid: int) -> Process | None:
    # "pid (name) state ppid pgrp session …": the name may hold anything, so read after its last bracket.
    fields = _bytes(pid, "stat").rpartition(b")")[2].split()
    if len(fields) < 20 or fields[0].decode() in _DEAD:
        return None
    return Process(pid, int(fields[1]), int(fields[2]), int(fields[3]), float(fields[19]))


def _psutil_snapshot() -> dict[int, Process]:
    psutil = _psutil()
    found = {}
    for each in psutil.process_iter(["pid", "ppid", "create_time", "status"]):
        if each.info["status"] == psutil.STATUS_ZOMBIE or each.info["create_time"] is None:
            continue
        pid = each.info["pid"]
        found[pid] = Process(pid, each.info["ppid"], 0, 0, each.info["create_time"])
    return found
