"""Code in the conversation's own kernel; what it defines stays for the next task."""

from __future__ import annotations

import asyncio
import logging
from typing import Any, ClassVar

from ..errors import RuntimeFailure
from ..models import Failure, Json, Python
from .base import RunContext
from .environment import kernel_environment
from .execution import Execution
from .handles import KernelHandle
from .messages import MessageTranslator, plain_error
from .processes import end_tree
from .proctable import birth_now
from .shielding import see_through

__all__ = ["PythonRuntime"]

log = logging.getLogger(__name__)

_SMALL = 10_000


class PythonRuntime:
    """Executes `code` in the conversation's kernel. Result: `{"execution_count": int, "text": str?}`.

    `text` is the plain text of the cell's value, where that has at most 10,000 characters.
    """

    runnable: ClassVar[type[Python]] = Python

    grace: ClassVar[float] = 2.0
    """Seconds that an interrupted kernel has to become idle; then it is ended, and its state lost."""

    def lane(self, runnable: Python) -> str | None:
        """One lane for each kernel."""
        return f"kernel:{runnable.kernel_name or ''}"

    def cancellable(self, runnable: Python) -> bool:
        """Always."""
        return True

    async def run(self, runnable: Python, context: RunContext) -> Json:
        """Execute the code. Raises `RuntimeFailure`: `error`, `kernel_died`, and as `KernelPool.acquire`."""
        handle = await context.kernels.acquire(
            context.conversation_id,
            runnable.kernel_name,
            context.workspace,
            kernel_environment(context.environment, context.task_id, context.conversation_id),
        )
        async with handle.lock:
            if handle.state_lost:
                handle.state_lost = False
                await context.emit(
                    Failure(
                        code="kernel_restarted",
                        message="The kernel had stopped: what was defined in it is gone; "
                        "a fresh one runs this task.",
                    )
                )
            return await self._execute(runnable.code, handle, context)

    async def _execute(self, code: str, handle: KernelHandle, context: RunContext) -> Json:
        translator = MessageTranslator(context)
        execution = Execution(handle, translator.take)
        begun = birth_now()
        try:
            await execution.start(code)
            reply = await execution.wait()
        except asyncio.CancelledError:
            await see_through(_stop(execution, handle, context, begun, self.grace))
            raise
        finally:
            await see_through(execution.close())
        await translator.show_payload(reply.get("payload"))
        return _result(reply, translator.text)


def _result(reply: dict[str, Any], text: str | None) -> Json:
    status = reply.get("status")
    if status == "error":
        name, value = str(reply.get("ename")), plain_error(str(reply.get("evalue", "")))
        raise RuntimeFailure(f"{name}: {value}" if value else name, code="error")
    if status != "ok":
        raise RuntimeFailure(
            "The kernel left this code out, because code before it had failed. Run it again.",
            code="aborted",
        )
    result: dict[str, Json] = {"execution_count": reply.get("execution_count")}
    if text is not None and len(text) <= _SMALL:
        result["text"] = text
    return result


async def _stop(
    execution: Execution, handle: KernelHandle, context: RunContext, begun: float, grace: float
) -> None:
    """Interrupt the code, end what it started, and end the kernel where it does not heed that."""
    try:
        idle = await _interrupted(execution, handle, grace)
    # A gateway that does not answer must not keep the code running: what cannot be interrupted is ended.
    except Exception:
        log.exception("The kernel %s could not be interrupted.", handle.kernel_id)
        idle = False
    if idle:
        if handle.pid is not None:
            # What earlier tasks started on purpose, such as a pool of workers, goes on.
            await end_tree(handle.pid, handle.mark, grace=0.5, spare={handle.pid}, since=begun)
        return
    await context.kernels.discard(handle)
    await context.emit(
        Failure(
            code="kernel_restarted",
            message="The kernel did not stop when it was interrupted, so it was ended: "
            "what was defined in it is gone; the next task gets a fresh one.",
        )
    )


async def _interrupted(execution: Execution, handle: KernelHandle, grace: float) -> bool:
    """Whether the kernel has become idle within `grace` seconds after it was asked to stop."""
    try:
        async with asyncio.timeout(grace):
            # An interrupt before the code begins is lost: a kernel heeds it only while it executes.
            await execution.begun.wait()
            for patience in (grace / 2, None):
                await handle.interrupt()
                try:
                    async with asyncio.timeout(patience):
                        await execution.wait()
                        return True
                except TimeoutError:
                    continue
    except (TimeoutError, RuntimeFailure):
        pass
    return False
