"""Code in kept kernels: what a user sees of it, and how it ends. Real kernels."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import asynccontextmanager

import pytest
import pytest_asyncio

from jupyter_conv.errors import RuntimeFailure
from jupyter_conv.models import Python
from jupyter_conv.runtimes.kernels import KernelPool
from jupyter_conv.runtimes.processes import marked
from jupyter_conv.runtimes.proctable import birth_now
from jupyter_conv.runtimes.python import PythonRuntime

from .kit import (
    ClearOutput,
    DisplayData,
    ErrorOutput,
    ExecuteResult,
    Failure,
    Output,
    cancel,
    run,
    running,
    wait_until,
)

pytestmark = pytest.mark.asyncio


class Conversation:
    """A conversation with kernels: runs code, one context after the other."""

    def __init__(self, pool, make_context):
        self.pool = pool
        self._make = make_context
        self._id = None

    def context(self, **options):
        context = self._make(kernels=self.pool, conversation_id=self._id, **options)
        self._id = context.conversation_id
        return context

    async def run(self, code, **options):
        context = self.context()
        context.result = await run(PythonRuntime(), Python(code=code, **options), context)
        return context

    async def fail(self, code, **options):
        context = self.context()
        with pytest.raises(RuntimeFailure) as caught:
            await run(PythonRuntime(), Python(code=code, **options), context)
        return context, caught.value

    @asynccontextmanager
    async def running(self, code):
        context = self.context()
        async with running(PythonRuntime(), Python(code=code), context) as task:
            await context.until_text("ready")
            yield context, task

    @property
    def kernel(self):
        (handle,) = self.pool._kept.values()
        return handle

    def kernel_processes(self):
        return marked(f"test-{os.getpid()}-{self._id}:kernel-")


@pytest_asyncio.fixture
async def talk(make_context):
    pool = KernelPool.embedded()
    conversation = Conversation(pool, make_context)
    yield conversation
    await pool.close()
    assert conversation.kernel_processes() == []


async def test_state_is_kept_and_the_value_is_the_result(talk):
    first = await talk.run("x = 20")
    assert first.result == {"execution_count": 1}
    second = await talk.run("x + 1")
    assert second.result == {"execution_count": 2, "text": "21"}
    (value,) = second.outputs
    assert value == ExecuteResult(data={"text/plain": "21"}, execution_count=2)
    assert second.of(Failure) == []


async def test_a_large_value_is_shown_but_not_the_result(talk):
    context = await talk.run("'x' * 20_000")
    assert "text" not in context.result
    assert len(context.outputs[0].data["text/plain"]) == 20_002


async def test_everything_a_user_sees_comes_in_order(talk):
    context = await talk.run(
        "import sys\n"
        "from IPython.display import clear_output, display\n"
        "h = display('a', display_id='d')\n"
        "print('out'); h.update('b'); print('err', file=sys.stderr)\n"
        "sys.stderr.flush(); print('again')\n"
        "clear_output(wait=True)\n"
        "print('end')"
    )
    shown = [d for d in context.details if isinstance(d, (Output, ClearOutput))]
    assert [
        (d.output.data["text/plain"], d.display_id, d.update)
        for d in shown
        if isinstance(d, Output) and isinstance(d.output, DisplayData)
    ] == [("'a'", "d", False), ("'b'", "d", True)]
    clear = next(i for i, d in enumerate(shown) if isinstance(d, ClearOutput))
    assert shown[clear].wait
    assert shown[clear + 1].output.text == "end\n"
    assert context.text() == "out\nagain\nend\n"
    assert context.text("stderr") == "err\n"


async def test_a_help_text_is_shown(talk):
    context = await talk.run("print?")
    assert "Prints the values" in context.outputs[0].data["text/plain"]


async def test_an_error_is_an_output_and_ends_the_task(talk):
    context, error = await talk.fail("1/0")
    assert (error.code, error.message) == ("error", "ZeroDivisionError: division by zero")
    (output,) = context.outputs
    assert isinstance(output, ErrorOutput)
    assert output.ename == "ZeroDivisionError"
    assert output.traceback


async def test_input_is_refused_in_a_sentence(talk):
    context, error = await talk.fail("print('before'); input('name?')")
    assert "nobody is at the keyboard" in error.message
    (output,) = [o for o in context.outputs if isinstance(o, ErrorOutput)]
    assert "nobody is at the keyboard" in output.evalue
    assert not any("frontend does not support" in line for line in output.traceback)
    assert (await talk.run("1")).result["text"] == "1"


async def test_widgets_leave_their_text_and_their_progress(talk):
    context = await talk.run(
        "from tqdm.notebook import tqdm\nimport time\nfor _ in tqdm(range(4)): time.sleep(0.15)"
    )
    (bar,) = [o for o in context.outputs if isinstance(o, DisplayData)]
    assert list(bar.data) == ["text/plain"]
    assert context.fractions == sorted(context.fractions)
    assert context.fractions[-1] == 1.0
    assert 0.5 in context.fractions


async def test_progress_of_a_bar_in_text(talk):
    context = await talk.run(
        "from tqdm import tqdm\nimport time\nfor _ in tqdm(range(4)): time.sleep(0.15)"
    )
    assert 0.5 in context.fractions
    assert context.fractions[-1] == 1.0


async def test_a_million_lines_few_rows_none_lost_and_the_loop_is_free(talk):
    await talk.run("1")
    lags = []

    async def beat():
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + 0.005
            await asyncio.sleep(0.005)
            lags.append(loop.time() - due)

    beating = asyncio.create_task(beat())
    try:
        context = await talk.run("print('\\n'.join(str(i) for i in range(1_000_000)))")
    finally:
        beating.cancel()
    assert context.text() == "".join(f"{i}\n" for i in range(1_000_000))
    assert len(context.of(Output)) < 300
    assert sorted(lags)[-3] < 0.1


@pytest.mark.parametrize("text", ["é\\\\n", "\\\\\\\\", "x", "\\n", "\\t\U0001f600", '"'])
async def test_large_messages_arrive_whole(talk, text):
    context = await talk.run(f"t = {text!r} if 0 else '{text}'\nprint(t * 1_000_000)")
    unit = eval(f"'{text}'")
    assert context.text() == unit * 1_000_000 + "\n"


async def test_output_of_others_in_the_same_kernel_is_not_mixed_in(talk):
    await talk.run("1")
    talk.kernel.client.execute("print('theirs')")
    context = await talk.run("print('mine')")
    assert context.text() == "mine\n"


@pytest.mark.parametrize(
    "code",
    ["print('ready')\nwhile True: pass", "import time; print('ready'); time.sleep(100)"],
    ids=["busy", "asleep"],
)
async def test_cancel_stops_the_code_and_keeps_the_state(talk, code):
    await talk.run("x = 1")
    async with talk.running(code) as (context, task):
        assert await cancel(task) < 1
        assert context.of(Failure) == []
    assert (await talk.run("x")).result["text"] == "1"


async def test_cancel_ends_what_the_code_started_but_not_what_was_there(talk):
    await talk.run(
        "import subprocess; old = subprocess.Popen(['sleep', '4322'], start_new_session=True)"
    )
    then = birth_now()
    wait_until(lambda: birth_now() > then)  # births are told apart by a hundredth of a second
    code = (
        "subprocess.Popen(['setsid', 'sh', '-c', 'trap \"\" INT TERM; sleep 4323'])\n"
        "print('ready')\nwhile True: pass"
    )
    async with talk.running(code) as (_, task):
        before = set(talk.kernel_processes())
        await cancel(task)
    left = set(talk.kernel_processes())
    assert talk.kernel.pid in left
    assert left < before
    assert (await talk.run("old.poll() is None")).result["text"] == "True"


async def test_a_kernel_that_does_not_heed_an_interrupt_is_replaced(talk, monkeypatch):
    monkeypatch.setattr(PythonRuntime, "grace", 0.3)
    await talk.run("x = 1")
    code = (
        "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nprint('ready')\n"
        "while True: pass"
    )
    async with talk.running(code) as (context, task):
        pid = talk.kernel.pid
        assert await cancel(task) < 2
        assert [f.code for f in context.of(Failure)] == ["kernel_restarted"]
    assert pid not in talk.kernel_processes()
    after, error = await talk.fail("x")
    assert "NameError" in error.message
    assert after.of(Failure) == []


async def test_a_kernel_that_dies_ends_the_task_and_the_next_gets_a_fresh_one(talk):
    await talk.run("x = 1")
    context, error = await talk.fail(
        "print('last words', flush=True)\nimport os, time; time.sleep(0.3); os._exit(1)"
    )
    assert error.code == "kernel_died"
    assert context.text() == "last words\n"
    after = await talk.run("'x' in globals()")
    assert after.result["text"] == "False"
    assert [f.code for f in after.of(Failure)] == ["kernel_restarted"]
    assert (await talk.run("1")).of(Failure) == []


async def test_a_kernel_that_was_culled_is_replaced(talk):
    await talk.run("x = 1")
    await talk.pool._manager.shutdown_kernel(talk.kernel.kernel_id, now=True)
    context = await talk.run("1")
    assert [f.code for f in context.of(Failure)] == ["kernel_restarted"]


async def test_a_kernel_that_is_started_again_by_others_is_noticed(talk):
    async with talk.running("import time; print('ready'); time.sleep(100)") as (_, task):
        await talk.pool._manager.restart_kernel(talk.kernel.kernel_id, now=True)
        with pytest.raises(RuntimeFailure) as caught:
            await asyncio.wait_for(task, 3)
    assert caught.value.code == "kernel_died"
    assert (await talk.run("1")).result["execution_count"] == 1


async def test_a_kernel_that_was_started_again_between_tasks_is_noticed(talk):
    await talk.run("x = 1")
    await talk.pool._manager.restart_kernel(talk.kernel.kernel_id, now=True)
    context = await talk.run("'x' in globals()")
    assert context.result["text"] == "False"
    assert [f.code for f in context.of(Failure)] == ["kernel_restarted"]


async def test_a_kernel_that_is_killed_is_noticed_within_a_second(talk):
    async with talk.running("import time; print('ready'); time.sleep(100)") as (_, task):
        os.kill(talk.kernel.pid, signal.SIGKILL)
        with pytest.raises(RuntimeFailure) as caught:
            await asyncio.wait_for(task, 1)
    assert caught.value.code == "kernel_died"


async def test_an_unknown_kernel_names_the_installed_ones(talk):
    _, error = await talk.fail("1", kernel_name="nope")
    assert error.code == "no_such_kernel"
    assert "python3" in error.message


async def test_a_cancel_while_the_kernel_starts_leaves_no_kernel(talk):
    context = talk.context()
    async with running(PythonRuntime(), Python(code="1"), context) as task:
        await asyncio.to_thread(wait_until, talk.kernel_processes)
        await cancel(task)
    assert talk.kernel_processes() == []


async def test_release_ends_the_kernels_of_one_conversation(talk, make_context):
    await talk.run("1")
    other = Conversation(talk.pool, make_context)
    await other.run("1")
    await talk.pool.release(talk._id)
    assert talk.kernel_processes() == []
    assert other.kernel_processes()


async def test_secrets_of_the_server_do_not_reach_a_kernel(talk, monkeypatch):
    monkeypatch.setenv("JUPYTER_TOKEN", "secret")
    context = await talk.run("import os; os.environ.get('JUPYTER_TOKEN', 'hidden'), os.getcwd()")
    assert context.result["text"] == f"('hidden', '{context.workspace}')"


async def test_a_lane_for_each_kernel():
    runtime = PythonRuntime()
    assert runtime.lane(Python(code="")) == "kernel:"
    assert runtime.lane(Python(code="", kernel_name="r")) == "kernel:r"


async def test_with_the_kernel_manager_of_a_server(make_context, tmp_path):
    from jupyter_client.kernelspec import KernelSpecManager
    from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager

    manager = AsyncMappingKernelManager(
        kernel_spec_manager=KernelSpecManager(),
        connection_dir=str(tmp_path),
        root_dir=str(tmp_path),
    )
    pool = KernelPool(manager)
    talk = Conversation(pool, make_context)
    try:
        assert (await talk.run("6 * 7")).result["text"] == "42"
        async with talk.running("print('ready')\nwhile True: pass") as (_, task):
            await cancel(task)
        _, error = await talk.fail("import os; os._exit(1)")
        assert error.code == "kernel_died"
        assert (await talk.run("1")).of(Failure)
        await manager.shutdown_kernel(talk.kernel.kernel_id, now=True)
        assert (await talk.run("1")).of(Failure)
    finally:
        await pool.close()
    assert talk.kernel_processes() == []
    assert manager.list_kernel_ids() == []
