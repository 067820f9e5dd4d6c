"""What environment a child process is given: the server's, without its secrets, with a mark."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fnmatch import translate
from functools import cache
from uuid import UUID

__all__ = ["MARK", "SECRETS", "child_environment", "kernel_environment"]

MARK = "JUPYTER_CONV_TASK"
"""The variable that says to which task a process belongs."""

SECRETS = (
    "JUPYTER_TOKEN",
    "JUPYTER_SERVER_PASSWORD",
    "JUPYTER_GATEWAY_AUTH_TOKEN",
    "JUPYTER_CONV_TOKEN",
    "JPY_API_TOKEN",
    "JPY_COOKIE_*",
    "CONFIGPROXY_AUTH_TOKEN",
    "JUPYTERHUB_*TOKEN*",
    "JUPYTERHUB_*COOKIE*",
    "JUPYTERHUB_*SECRET*",
    "JUPYTERHUB_CRYPT_KEY",
)
"""Names, as glob patterns, of what lets its holder act as the user or the Hub."""


def child_environment(base: Mapping[str, str], mark: str, hidden: Sequence[str]) -> dict[str, str]:
    """`base` without secrets and without what matches a pattern of `hidden`, with the mark set.

    Patterns are globs over whole names, letters as they stand (`AWS_*`).
    """
    hides = _any_of((*SECRETS, *hidden)).match
    kept = {name: value for name, value in base.items() if not hides(name)}
    kept[MARK] = mark
    return kept


@cache
def _any_of(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(map(translate, patterns)))


def kernel_environment(
    environment: Mapping[str, str], task_id: UUID, conversation_id: UUID
) -> dict[str, str]:
    """A task's environment for a kernel that outlives the task: its mark names the conversation, not the task.

    Otherwise what ends the processes of the task that happened to start the kernel would end the kernel.
    """
    mark = environment.get(MARK, "")
    name = f"kernel-{conversation_id}"
    task = str(task_id)
    own = mark.replace(task, name) if task in mark else f"{mark}:{name}" if mark else name
    return {**environment, MARK: own}
