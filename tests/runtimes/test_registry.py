"""The registry: runtimes of this package and of others, by real entry points."""

from __future__ import annotations

import logging
import sys

import pytest
from pydantic import TypeAdapter

from jupyter_conv.errors import InvalidError
from jupyter_conv.models import AnyRunnable, Shell, TextPrompt, Ticker
from jupyter_conv.runtimes.registry import Registry
from jupyter_conv.runtimes.shell import ShellRuntime
from jupyter_conv.runtimes.ticker import TickerRuntime

from .kit import TextReply, run

MODULE = """
from typing import Literal
from jupyter_conv.models.base import Request
from jupyter_conv.models import TextReply

class Echo(Request):
    type: Literal["{type}"] = "{type}"
    words: str

class EchoRuntime:
    runnable = Echo
    origin = "{origin}"
    def lane(self, runnable): return None
    def cancellable(self, runnable): return True
    async def run(self, runnable, context):
        await context.emit(TextReply(text=runnable.words))
        return len(runnable.words)

class Half:
    runnable = Echo
"""


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Puts a distribution with entry points onto the path, as pip would."""
    monkeypatch.syspath_prepend(str(tmp_path))
    modules = []

    def make(name, entries, type="Echo"):
        module = name.replace("-", "_")
        modules.append(module)
        (tmp_path / f"{module}.py").write_text(MODULE.format(type=type, origin=name))
        info = tmp_path / f"{module}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        lines = "".join(f"{key} = {value}\n" for key, value in entries.items())
        (info / "entry_points.txt").write_text(f"[jupyter_conv.runtimes]\n{lines}")

    yield make
    for module in modules:
        sys.modules.pop(module, None)


def parse(value):
    return TypeAdapter(AnyRunnable).validate_python(value)


def test_the_runtimes_of_this_package():
    registry = Registry.load()
    assert {"Notebook", "Python", "Shell", "Ticker", "Wait"} <= set(registry.types)
    runtime, runnable = registry.parse(parse({"type": "Shell", "command": "ls"}))
    assert isinstance(runtime, ShellRuntime)
    assert runnable == Shell(command="ls")


@pytest.mark.asyncio
async def test_a_runtime_of_another_distribution_runs(install, make_context):
    install("echo-plugin", {"echo": "echo_plugin:EchoRuntime"})
    runtime, runnable = Registry.load().parse(parse({"type": "Echo", "words": "hello"}))
    context = make_context()
    assert await run(runtime, runnable, context) == 5
    assert context.details == [TextReply(text="hello")]


def test_the_fields_of_a_plug_in_are_checked(install):
    install("echo-plugin", {"echo": "echo_plugin:EchoRuntime"})
    registry = Registry.load()
    with pytest.raises(InvalidError) as caught:
        registry.parse(parse({"type": "Echo", "words": 3, "more": 1}))
    assert {field.loc for field in caught.value.detail} == {("words",), ("more",)}


def test_a_broken_runtime_is_logged_and_takes_no_other_down(install, caplog):
    install(
        "broken-plugin",
        {
            "absent": "no_such_module:X",
            "echo": "broken_plugin:EchoRuntime",
            "half": "broken_plugin:Half",
            "wrong": "broken_plugin:Nothing",
        },
    )
    with caplog.at_level(logging.ERROR):
        registry = Registry.load()
    assert {"Echo", "Shell"} <= set(registry.types)
    for name in ("absent", "half", "wrong"):
        assert any(
            name in r.getMessage() and "broken-plugin" in r.getMessage() for r in caplog.records
        )


def test_of_two_for_one_type_the_first_by_name_counts(install, caplog):
    install("b-plugin", {"echo": "b_plugin:EchoRuntime"})
    install("a-plugin", {"echo": "a_plugin:EchoRuntime"})
    with caplog.at_level(logging.WARNING):
        runtime, _ = Registry.load().parse(parse({"type": "Echo", "words": ""}))
    assert runtime.origin == "a-plugin"
    assert any("b-plugin" in record.getMessage() for record in caplog.records)


def test_an_unknown_type_names_the_known_ones():
    registry = Registry([TickerRuntime(), ShellRuntime()])
    with pytest.raises(InvalidError) as caught:
        registry.parse(parse({"type": "Dance"}))
    assert caught.value.code == "unknown_runnable"
    assert "Shell, Ticker" in caught.value.message


def test_a_prompt_without_an_agent_says_what_to_do():
    with pytest.raises(InvalidError) as caught:
        Registry.load().parse(TextPrompt(text="hello"))
    assert caught.value.code == "no_agent"
    assert "%%task shell" in caught.value.message


def test_runtimes_can_be_given():
    ticker = TickerRuntime()
    assert Registry([ticker]).parse(Ticker()) == (ticker, Ticker())
