"""A runtime that does nothing but emit, brought to the server as any third party would: by an entry point."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from jupyter_conv.models import Json, Request, TextDelta, TextReply
from jupyter_conv.runtimes import RunContext

__all__ = ["MARKER", "TEXT", "Emit", "EmitRuntime", "install"]

TEXT = "The quick brown fox jumps over the lazy dog, and over the lazy dog again."
MARKER = b"lazy dog again"


class Emit(Request):
    """`number` events: kept ones all at once or `each` committed by itself; or deltas."""

    type: Literal["Emit"] = "Emit"
    number: Annotated[int, Field(ge=0)]
    how: Literal["all", "each", "deltas"] = "all"


class EmitRuntime:
    """Emits."""

    runnable: ClassVar[type[Emit]] = Emit

    def lane(self, runnable: Emit) -> str | None:
        """None."""
        return None

    def cancellable(self, runnable: Emit) -> bool:
        """Yes."""
        return True

    async def run(self, runnable: Emit, context: RunContext) -> Json:
        """Emit, as fast as it is taken."""
        for _ in range(runnable.number):
            if runnable.how == "deltas":
                await context.delta(TextDelta(text=TEXT))
                continue
            await context.emit(TextReply(text=TEXT))
            if runnable.how == "each":
                await context.flush()
        return None


def install(home: Path) -> Path:
    """Write the metadata of a distribution; out: the directory that is to be on the path."""
    found = home / "plugin" / "jupyter_conv_benchmarks-0.dist-info"
    found.mkdir(parents=True, exist_ok=True)
    (found / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: jupyter-conv-benchmarks\nVersion: 0\n"
    )
    (found / "entry_points.txt").write_text(
        f"[jupyter_conv.runtimes]\nemit = {EmitRuntime.__module__}:{EmitRuntime.__name__}\n"
    )
    return found.parent
