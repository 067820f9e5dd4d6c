"""Which repositories may be cloned, and how git is asked to: by words, never through a shell."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from ..errors import InvalidError
from ..workspace import resolve

__all__ = ["clone_command", "git_environment", "repository_url", "without_password"]

PROTOCOLS = ("file", "git", "http", "https", "ssh")
_SHORT = re.compile(r"[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)+")
_SCP = re.compile(r"(?:[A-Za-z0-9_.-]+@)?[A-Za-z0-9][A-Za-z0-9.-]*:(?![:/]{2})[^:]\S*")
_POINTERS = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "SSH_ASKPASS")


def repository_url(said: str, root: Path, base_url: str) -> str:
    """What git is given for a repository that a person names. Raises `InvalidError`, `repository`.

    A URL of one of `PROTOCOLS`, `user@host:path`, an absolute path, or `./…` below `root`. `owner/name` is taken where
    there is a `base_url` to put before it.
    """
    if said.startswith("/"):
        return said
    if said.startswith("./"):
        return str(resolve(root, said))
    scheme, found, _ = said.partition("://")
    if found and scheme.lower() in PROTOCOLS and not urlsplit(said).netloc.startswith("-"):
        return said
    if not found and _SCP.fullmatch(said):
        return said
    if _SHORT.fullmatch(said):
        if base_url:
            return f"{base_url.rstrip('/')}/{said}"
        raise _refused(
            f"{said!r} could be of any host; give its whole URL, or set ConversationApp.git_base_url."
        )
    raise _refused(
        f"{said!r} is no repository that can be cloned; give a URL ({', '.join(PROTOCOLS)}), an "
        "absolute path, or ./path below the server's root."
    )


def _refused(message: str) -> InvalidError:
    return InvalidError(message, code="repository")


def without_password(said: str) -> str:
    """The same without a user's name and password in an http URL: what is kept and told of it."""
    if not said.lower().startswith(("http://", "https://")):
        return said
    parts = urlsplit(said)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def clone_command(url: str, branch: str | None) -> list[str]:
    """The words that clone into the working directory."""
    # The branch is part of its option's word, and operands stand behind --: neither can be taken for an option.
    chosen = [f"--branch={branch}"] if branch else []
    return ["git", "clone", *chosen, "--", url, "."]


def git_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment in which git asks nobody, and speaks only the protocols that are meant."""
    kept = {name: value for name, value in environment.items() if name not in _POINTERS}
    return {
        **kept,
        "GIT_TERMINAL_PROMPT": "0",
        "SSH_ASKPASS_REQUIRE": "never",
        "GIT_ALLOW_PROTOCOL": ":".join(PROTOCOLS),
    }
