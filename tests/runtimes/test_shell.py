"""Commands: their output as a terminal would get it, how they end, and that nothing outlives them."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time

import pytest

from jupyter_conv.errors import RuntimeFailure
from jupyter_conv.models import Shell
from jupyter_conv.runtimes.environment import MARK, child_environment
from jupyter_conv.runtimes.shell import ShellRuntime

from .kit import Output, Stream, cancel, run, running

pytestmark = pytest.mark.asyncio


async def shell(command, context):
    return await run(ShellRuntime(), Shell(command=command), context)


async def failure(command, context) -> RuntimeFailure:
    with pytest.raises(RuntimeFailure) as caught:
        await shell(command, context)
    return caught.value


async def test_stdout_stderr_and_the_exit_code(make_context):
    context = make_context()
    assert await shell("echo out; echo err >&2; pwd", context) == {"exit_code": 0}
    assert context.text() == f"out\n{context.workspace}\n"
    assert context.text("stderr") == "err\n"


async def test_output_comes_while_the_command_runs(make_context):
    context = make_context()
    async with running(ShellRuntime(), Shell(command="echo first; read x < fifo"), context) as task:
        os.mkfifo(context.workspace / "fifo")
        await context.until_text("first")
        assert not task.done()


async def test_programs_believe_in_a_terminal_that_changes_nothing(make_context):
    context = make_context()
    code = "import os,sys; print(sys.stdout.isatty(), os.get_terminal_size(), sys.stdin.read())"
    await shell(f"{sys.executable} -c '{code}'; echo $TERM $PAGER", context)
    assert context.text().startswith("True os.terminal_size(columns=100, lines=24)")
    assert context.text().endswith("xterm-256color cat\n")


async def test_carriage_returns_and_escapes_are_kept(make_context):
    context = make_context()
    await shell(r"printf '10%%\r20%%\r\n\033[31mred\033[0m\tx'", context)
    assert context.text() == "10%\r20%\r\n\x1b[31mred\x1b[0m\tx"


async def test_binary_noise_is_survived(make_context):
    context = make_context()
    await shell("head -c 200000 /dev/urandom; printf 'end\\303\\251'", context)
    assert context.text().endswith("endé")
    assert "\ufffd" in context.text()


async def test_a_million_lines_in_few_rows_and_none_lost(make_context):
    context = make_context()
    await shell("seq 1000000", context)
    assert context.text() == "".join(f"{i}\n" for i in range(1, 1_000_001))
    assert len(context.of(Output)) < 2000


async def test_a_slow_log_slows_the_command(make_context):
    context = make_context()
    gate = asyncio.Event()
    taken = []

    async def output(stream, **_):
        taken.append(stream.text)
        await gate.wait()

    context.output = output
    command = "yes | head -c 3000000; touch finished"
    async with running(ShellRuntime(), Shell(command=command), context) as task:
        await asyncio.sleep(0.3)
        assert sum(map(len, taken)) <= 65536
        assert not (context.workspace / "finished").exists()
        gate.set()
        await asyncio.wait_for(task, 30)
    assert sum(map(len, taken)) == 3_000_000


async def test_output_beyond_the_limit_is_told(make_context):
    context = make_context(max_bytes=1000)
    await shell("yes | head -c 5000", context)
    assert len(context.text()) == 1000
    assert "4,000 bytes" in context.text("stderr")


@pytest.mark.parametrize(
    ("command", "code", "words"),
    [
        ("exit 3", 3, "exit code 3"),
        ("no-such-command-here", 127, "not found"),
        ("kill -9 $$", 137, "SIGKILL"),
        ("sh -c 'kill -TERM $$'; exit $?", 143, "SIGTERM"),
    ],
)
async def test_how_it_failed(make_context, command, code, words):
    error = await failure(command, make_context())
    assert (error.code, error.result) == ("exit_code", {"exit_code": code})
    assert words in error.message


@pytest.mark.parametrize("command", ["echo a\0b", "x" * 3_000_000, "echo \ud800"])
async def test_what_no_shell_can_be_given(make_context, command):
    error = await failure_of(command, make_context())
    assert error.code == "bad_command"


async def failure_of(command, context):
    with pytest.raises(RuntimeFailure) as caught:
        await run(ShellRuntime(), Shell.model_construct(command=command), context)
    return caught.value


async def test_secrets_are_not_in_the_environment(make_context, monkeypatch):
    context = make_context()
    base = {
        "PATH": os.environ["PATH"],
        "JUPYTER_TOKEN": "s",
        "JPY_API_TOKEN": "s",
        "JUPYTERHUB_API_TOKEN": "s",
        "JUPYTERHUB_COOKIE_SECRET": "s",
        "JUPYTER_CONV_TOKEN": "s",
        "CONFIGPROXY_AUTH_TOKEN": "s",
        "AWS_KEY": "s",
        "JUPYTERHUB_USER": "me",
    }
    context.environment = child_environment(base, context.mark, ["AWS_*"])
    await shell("env", context)
    lines = context.text().splitlines()
    assert "JUPYTERHUB_USER=me" in lines
    assert f"{MARK}={context.mark}" in lines
    assert not [line for line in lines if line.endswith("=s")]


STUBBORN = "trap '' INT TERM HUP; while true; do sleep 0.05; done"
PYTHON_STUBBORN = (
    f"{sys.executable} -c '\n"
    "import signal, time\n"
    "for n in (signal.SIGINT, signal.SIGTERM): signal.signal(n, lambda *a: None)\n"
    'print("ready", flush=True)\n'
    "while True: time.sleep(1)'"
)


@pytest.mark.parametrize(
    ("command", "seconds"),
    [
        ("echo ready; sleep 4321", 0.5),
        ("echo ready; sleep 4321; echo no", 0.5),
        ("sleep 4321 & sleep 4321 & echo ready; wait", 0.5),
        (f"echo ready; {STUBBORN}", 0.5),
        (f'echo ready; setsid sh -c "{STUBBORN}" & wait', 0.5),
        (
            f'setsid sh -c "{STUBBORN}" >/dev/null 2>&1 & sleep 0.1; echo ready; exec sleep 4321',
            0.5,
        ),
        ("env -i setsid sleep 4321 & sleep 0.1; echo ready; wait", 0.5),
        (PYTHON_STUBBORN, 4),
        ("echo ready; kill -STOP $$; sleep 4321", 0.7),
    ],
    ids=[
        "plain",
        "foreground",
        "background",
        "ignoring",
        "setsid",
        "daemon",
        "unmarked",
        "handling",
        "stopped",
    ],
)
async def test_cancel_leaves_nothing(make_context, command, seconds):
    context = make_context()
    async with running(ShellRuntime(), Shell(command=command), context) as task:
        await context.until_text("ready")
        assert context.left()
        assert await cancel(task) < seconds
    assert context.left() == []
    assert not [p for p in subprocess_lines() if "sleep 4321" in p]


def subprocess_lines() -> list[str]:
    return subprocess.run(["ps", "-eo", "stat,args"], capture_output=True, text=True).stdout.split(
        "\n"
    )


async def test_cancel_of_a_tree_that_respawns(make_context):
    context = make_context()
    loop_in_shell = (
        "trap '' INT TERM; echo ready; while true; do setsid sh -c 'sleep 0.2 & sleep 0.1' ; done"
    )
    async with running(ShellRuntime(), Shell(command=loop_in_shell), context) as task:
        await context.until_text("ready")
        await cancel(task)
    assert context.left() == []


async def test_a_second_cancel_leaves_nothing_either(make_context):
    context = make_context()
    async with running(ShellRuntime(), Shell(command=PYTHON_STUBBORN), context) as task:
        await context.until_text("ready")
        task.cancel()
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait({task})
        assert task.cancelled()
    assert context.left() == []


async def test_background_processes_are_ended_and_that_is_said(make_context):
    context = make_context()
    begun = time.perf_counter()
    assert await shell("sleep 4321 & echo done", context) == {"exit_code": 0}
    assert time.perf_counter() - begun < 3
    assert context.text() == "done\n"
    assert "left running in the background" in context.text("stderr")
    assert context.left() == []


async def test_orphans_without_a_mark_are_ended_by_their_session(make_context):
    context = make_context()
    await shell("env -i sleep 4325 & echo done", context)
    assert "left running in the background" in context.text("stderr")
    assert not [line for line in subprocess_lines() if "sleep 4325" in line]


async def test_what_background_processes_still_write_is_kept(make_context):
    context = make_context()
    await shell("(sleep 0.05; echo late) & echo soon", context)
    assert context.text() == "soon\nlate\n"
    assert context.text("stderr") == ""


async def test_a_log_that_cannot_be_written_ends_the_command(make_context):
    context = make_context()

    async def output(stream: Stream, **_):
        raise OSError("disk full")

    context.output = output
    with pytest.raises(OSError, match="disk full"):
        await shell("echo x; sleep 4321", context)
    assert context.left() == []
