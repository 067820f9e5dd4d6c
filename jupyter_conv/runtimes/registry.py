"""Which runtimes there are: this package's and those of others, found by entry point."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ValidationError

from ..errors import InvalidError
from ..models import TextPrompt
from .base import Runtime

__all__ = ["GROUP", "Registry"]

log = logging.getLogger(__name__)

GROUP = "jupyter_conv.runtimes"
"""The entry-point group."""

_NO_AGENT = (
    "No agent is configured: use %%task shell, %%task python, %%task notebook or %%task ticker, "
    "or install a package that brings an agent and restart the server."
)


class Registry:
    """Runtimes by the type of what they run. Made once for a server."""

    def __init__(self, runtimes: Iterable[Runtime[Any]]) -> None:
        self._runtimes: dict[str, Runtime[Any]] = {}
        for runtime in runtimes:
            self._add(runtime, "its caller")

    @classmethod
    def load(cls) -> Registry:
        """The runtimes of every installed package.

        One that cannot be loaded is logged by its name and left out. Of two for the same type the one whose
        distribution's name comes first counts, and that is logged.
        """
        registry = cls(())
        for entry in sorted(entry_points(group=GROUP), key=_order):
            try:
                registry._add(_made(entry), _origin(entry))
            # Whatever another package does wrong must not take the others down.
            except Exception:
                log.exception("The runtime %s cannot be loaded and is left out.", _origin(entry))
        return registry

    @property
    def types(self) -> tuple[str, ...]:
        """The types that can be run, sorted."""
        return tuple(sorted(self._runtimes))

    def parse(self, runnable: BaseModel) -> tuple[Runtime[Any], Any]:
        """The runtime for a runnable, and the runnable as that runtime's model.

        Raises `InvalidError`: `unknown_runnable`, `no_agent`, `invalid` with the fields that are wrong.
        """
        kind = str(getattr(runnable, "type", ""))
        runtime = self._runtimes.get(kind)
        if runtime is None and isinstance(runnable, TextPrompt):
            raise InvalidError(_NO_AGENT, code="no_agent")
        if runtime is None:
            raise InvalidError(
                f"There is no runtime for {kind!r}. Known types: {', '.join(self.types)}.",
                code="unknown_runnable",
            )
        if isinstance(runnable, runtime.runnable):
            return runtime, runnable
        try:
            return runtime, runtime.runnable.model_validate(_fields(runnable))
        except ValidationError as error:
            raise InvalidError.of(error) from error

    def _add(self, runtime: Runtime[Any], origin: str) -> None:
        kind = _type_of(runtime.runnable)
        if kind in self._runtimes:
            log.warning("%s brings a second runtime for %s, which is left out.", origin, kind)
            return
        self._runtimes[kind] = runtime


def _order(entry: EntryPoint) -> tuple[str, str]:
    return (entry.dist.name if entry.dist else "", entry.name)


def _origin(entry: EntryPoint) -> str:
    package = f" of {entry.dist.name}" if entry.dist else ""
    return f"{entry.name} ({entry.value}){package}"


def _made(entry: EntryPoint) -> Runtime[Any]:
    runtime: Runtime[Any] = entry.load()()
    missing = [n for n in ("lane", "cancellable", "run") if not callable(getattr(runtime, n, None))]
    if missing:
        raise TypeError(f"{entry.value} has no {', '.join(missing)}")
    return runtime


def _type_of(model: type[BaseModel]) -> str:
    """The literal of a model's `type`. Raises `TypeError` where there is none."""
    field = model.model_fields.get("type")
    if field is None or get_origin(field.annotation) is not Literal:
        raise TypeError(f"{model.__name__} has no literal 'type'")
    return str(get_args(field.annotation)[0])


def _fields(runnable: BaseModel) -> Mapping[str, Any]:
    return {**dict(runnable), **(runnable.model_extra or {})}
