"""Finding and ending processes, where no runtime is about."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from contextlib import contextmanager
from uuid import uuid4

import pytest

from jupyter_conv.runtimes.environment import MARK, child_environment, kernel_environment
from jupyter_conv.runtimes.processes import end_tree, marked, sweep
from jupyter_conv.runtimes.proctable import birth, birth_now

from .kit import wait_until

STUBBORN = "trap '' INT TERM; sleep 4324 & sleep 4324"


@contextmanager
def child(*command, mark=None):
    """A process of ours that carries a mark; killed and reaped in the end."""
    environment = child_environment(os.environ, mark or f"other-{os.getpid()}", ())
    process = subprocess.Popen(command, env=environment, start_new_session=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_sweep_ends_what_a_dead_server_left():
    mine = f"sweep-{os.getpid()}:"
    with (
        child("setsid", "sh", "-c", STUBBORN, mark=mine + "1"),
        child("sleep", "4324", mark=f"sweep-{os.getpid()}0:1") as other,
    ):
        wait_until(lambda: len(marked(mine)) >= 2)
        assert sweep(mine) >= 2
        assert marked(mine) == []
        assert other.poll() is None
        assert sweep("nothing-has-this-mark") == 0


def test_our_own_process_is_never_ended():
    code = (
        "from jupyter_conv.runtimes.processes import marked, sweep\n"
        "assert marked('own') == []\nassert sweep('own') == 0\nprint('alive')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, MARK: "own"}, stdout=subprocess.PIPE
    )
    assert done.stdout == b"alive\n"


def test_a_number_used_again_is_not_ended():
    with child("sleep", "4324") as bystander:
        assert asyncio.run(end_tree(bystander.pid, None, grace=0, born=1.0)) == 0
        assert bystander.poll() is None
        born = birth(bystander.pid)
        assert asyncio.run(end_tree(bystander.pid, None, grace=0.5, born=born)) == 1


def test_who_is_spared_and_who_was_there_before_lives_on():
    mark = f"since-{os.getpid()}"
    with child("sleep", "4324", mark=mark) as old:
        born = birth(old.pid)
        assert born is not None
        wait_until(lambda: birth_now() > born)
        since = birth_now()
        with child("sleep", "4324", mark=mark) as young, child("sleep", "4324", mark=mark) as kept:
            wait_until(lambda: len(marked(mark)) == 3)
            ended = asyncio.run(end_tree(None, mark, grace=0.5, spare={kept.pid}, since=since))
            assert ended == 1
            assert (old.poll(), kept.poll()) == (None, None)
            assert young.wait(5) is not None


def test_secrets_and_hidden_names_are_left_out():
    base = {"JUPYTER_TOKEN": "s", "JUPYTERHUB_API_TOKEN": "s", "AWS_X": "s", "HOME": "/h"}
    assert child_environment(base, "m", ["AWS_*"]) == {"HOME": "/h", MARK: "m"}


@pytest.mark.parametrize("mark", ["server:{task}", "server", ""])
def test_a_kernel_does_not_carry_the_mark_of_the_task_that_started_it(mark):
    task, conversation = uuid4(), uuid4()
    own = kernel_environment({MARK: mark.format(task=task)}, task, conversation)[MARK]
    assert str(task) not in own
    assert str(conversation) in own
    assert own.startswith(mark.split("{")[0])
