"""What the steps of a start have of the house: a workspace, an environment, a log to put output into."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel

from ..models import NotebookOutput, Source, Stream
from ..runtimes import OutputGatherer
from .events import EventLog
from .principal import Ref

__all__ = ["StartContext"]

TAIL = 4000
"""So many characters of what a step put out are told when it fails."""
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|.)")
_REDRAWN = re.compile(r"[^\n]*\r(?!\n|$)")


class StartContext:
    """The `CommandContext` of one start."""

    def __init__(
        self,
        ref: Ref,
        log: EventLog,
        *,
        workspace: Path,
        environment: Mapping[str, str],
        max_output_bytes: int,
    ) -> None:
        self.workspace, self.environment = workspace, environment
        self._ref, self._log = ref, log
        self._outputs = OutputGatherer(self._put, self._progress, max_bytes=max_output_bytes)
        self._tail = ""
        self._failed: BaseException | None = None

    @property
    def tail(self) -> str:
        """The end of what the step has put out, as a terminal would leave it standing."""
        plain = _ESCAPES.sub("", self._tail).replace("\r\n", "\n")
        return _REDRAWN.sub("", plain).strip()[-TAIL:]

    def step(self) -> None:
        """A step begins, with nothing put out."""
        self._tail = ""

    async def output(self, output: NotebookOutput) -> None:
        """Put an output into the log."""
        if isinstance(output, Stream):
            self._tail = (self._tail + output.text)[-4 * TAIL :]
        await self._outputs.put(output)

    async def flush(self) -> None:
        """Return when all that was put out is on disk. Raises `StorageError` where it could not be kept."""
        await self._outputs.flush()
        await self._log.flush()
        self._check()

    async def close(self) -> None:
        """Put out what was held back."""
        await self._outputs.close()

    async def _put(self, detail: BaseModel) -> None:
        self._check()
        self._log.append(self._log.draft(self._ref, detail, Source.SYSTEM), on_error=self._fail)
        await self._log.room()

    async def _progress(self, fraction: float, message: str | None) -> None:
        """A start tells its steps, not how far one of them is."""

    def _fail(self, error: BaseException) -> None:
        self._failed = self._failed or error

    def _check(self) -> None:
        if self._failed is not None:
            raise self._failed
