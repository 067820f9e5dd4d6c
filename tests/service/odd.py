"""Runtimes that do what none should, and one whose steps a test decides."""

from __future__ import annotations

import asyncio
import sys
from typing import Any, ClassVar, Literal

from jupyter_conv.errors import RuntimeFailure
from jupyter_conv.models import Json, Note, Request, Stream
from jupyter_conv.runtimes import RunContext

RUNTIMES = ("OddRuntime", "StepsRuntime")

STEPS: dict[str, asyncio.Event] = {}
"""What `Steps` waits for, by name."""
ORDER: list[str] = []
"""The steps that began and ended."""
LATE: list[asyncio.Task[Any]] = []
"""What goes on behind a task's back."""


class Odd(Request):
    """Does what none should."""

    type: Literal["Odd"] = "Odd"
    does: str


class OddRuntime:
    """Runs `Odd`."""

    runnable: ClassVar[type[Odd]] = Odd

    def lane(self, runnable: Odd) -> str | None:
        return None

    def cancellable(self, runnable: Odd) -> bool:
        return True

    async def run(self, runnable: Odd, context: RunContext) -> Json:
        await context.emit(Note(data="begun"))
        return await getattr(self, runnable.does)(context)  # type: ignore[no-any-return]

    async def raises(self, context: RunContext) -> None:
        raise ZeroDivisionError("/srv/secret/place")

    async def exits(self, context: RunContext) -> None:
        sys.exit(3)

    async def answers_a_set(self, context: RunContext) -> Any:
        return {1}

    async def answers_itself(self, context: RunContext) -> Any:
        found: list[Any] = []
        found.append(found)
        return found

    async def fails_with_half_a_letter(self, context: RunContext) -> None:
        raise RuntimeFailure("\ud800", code="half", result=["\udfff"])

    async def answers_half_a_letter(self, context: RunContext) -> Any:
        return {"text": "\ud800", "number": float("nan")}

    async def swallows(self, context: RunContext) -> Json:
        try:
            await asyncio.sleep(600)
        except asyncio.CancelledError:
            await context.emit(Note(data="swallowed"))
        return "swallowed"

    async def never_ends(self, context: RunContext) -> None:
        while True:
            try:
                await STEPS.setdefault("never", asyncio.Event()).wait()
            except asyncio.CancelledError:
                continue
            return

    async def speaks_behind_its_back(self, context: RunContext) -> None:
        async def speak() -> None:
            await STEPS["late"].wait()
            await context.emit(Note(data="late"))

        LATE.append(asyncio.create_task(speak()))

    async def floods(self, context: RunContext) -> Json:
        n = 0
        while not STEPS["enough"].is_set():
            await context.emit(Note(data=[n, "x" * 200]))
            n += 1
        return n

    async def prints(self, context: RunContext) -> None:
        for n in range(100_000):
            await context.output(Stream(text=f"{n}\n"))

    async def hurries(self, context: RunContext) -> None:
        for n in range(1001):
            await context.progress(n / 1000, f"{n} of 1000")


class Steps(Request):
    """Begins, waits for the step of its name, and ends."""

    type: Literal["Steps"] = "Steps"
    name: str
    lane: str | None = None


class StepsRuntime:
    """Runs `Steps`."""

    runnable: ClassVar[type[Steps]] = Steps

    def lane(self, runnable: Steps) -> str | None:
        return runnable.lane

    def cancellable(self, runnable: Steps) -> bool:
        return True

    async def run(self, runnable: Steps, context: RunContext) -> Json:
        ORDER.append(f"{runnable.name} begins")
        try:
            await STEPS.setdefault(runnable.name, asyncio.Event()).wait()
        finally:
            ORDER.append(f"{runnable.name} ends")
        return runnable.name
