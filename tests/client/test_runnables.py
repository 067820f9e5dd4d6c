"""From words on a line to a task."""

from __future__ import annotations

import argparse
from typing import Any

import pytest

from jupyter_conv.client.runnables import add_task_options, parameters, task_request
from jupyter_conv.errors import InvalidError
from jupyter_conv.models import Notebook, Python, Shell, TextPrompt, Ticker, Wait


def ask(kind: str | None, body: str, *line: str) -> Any:
    parser = argparse.ArgumentParser()
    add_task_options(parser)
    return task_request(kind, body, parser.parse_args(line))


@pytest.mark.parametrize(
    ("kind", "body", "line", "runnable"),
    [
        ("shell", "ls {x}\n", [], Shell(command="ls {x}\n")),
        ("python", "1+1", ["--kernel", "ir"], Python(code="1+1", kernel_name="ir")),
        ("ticker", "", [], Ticker()),
        (
            "ticker",
            "hi\n",
            ["--interval", "0.5", "--iterations", "3"],
            Ticker(message="hi", interval=0.5, iterations=3),
        ),
        ("wait", "2.5", [], Wait(timeout=2.5)),
        ("wait", "", [], Wait()),
        (None, "say it", [], TextPrompt(text="say it")),
        (
            "notebook",
            "\n a/b.ipynb \n",
            ["-p", "alpha=0.5", "-p", "name=Adélie", "--output", "out.ipynb"],
            Notebook(
                path="a/b.ipynb",
                parameters={"alpha": 0.5, "name": "Adélie"},
                output_path="out.ipynb",
            ),
        ),
        ("Ticker", '{"iterations": 2}', [], Ticker(iterations=2)),
    ],
)
def test_each_kind(kind: str | None, body: str, line: list[str], runnable: object) -> None:
    assert ask(kind, body, *line).runnable == runnable


def test_a_plug_in_runnable_goes_as_it_is() -> None:
    made = ask("MyThing", '{"size": 3}').runnable
    assert made.model_dump() == {"type": "MyThing", "size": 3}


def test_the_task_options() -> None:
    made = ask("shell", "ls", "--title", "List", "--timeout", "3", "--delay", "1")
    assert (made.title, made.timeout, made.delay) == ("List", 3, 1)


@pytest.mark.parametrize(
    ("kind", "body", "line", "said"),
    [
        ("shel", "ls", [], "no kind of task 'shel'"),
        ("shell", "  \n", [], "nothing to run"),
        (None, "", [], "nothing to run"),
        ("notebook", "a.ipynb\nb.ipynb", [], "path of a notebook"),
        ("notebook", "a.ipynb", ["-p", "alpha"], "name=value"),
        ("notebook", "a.ipynb", ["-p", "a-b=1"], "name=value"),
        ("shell", "ls", ["--kernel", "ir"], "--kernel is for"),
        ("python", "1", ["-p", "a=1"], "--parameter is for"),
        ("wait", "soon", [], "number of seconds"),
        ("shell", "ls", ["--timeout", "0"], "timeout"),
        ("shell", "ls", ["--delay", "-1"], "delay"),
        ("MyThing", "{", [], "JSON"),
        ("MyThing", "[1]", [], "JSON object"),
        ("Ticker", '{"interval": "x"}', [], "interval"),
    ],
)
def test_what_is_wrong_is_said(kind: str | None, body: str, line: list[str], said: str) -> None:
    with pytest.raises(InvalidError, match=said):
        ask(kind, body, *line)


def test_parameters_are_json_or_text() -> None:
    assert parameters(["a=1", "b=[1, 2]", 'c="x"', "d=x y", "e=NaN", "f=a=b", "g=", "h=true"]) == {
        "a": 1,
        "b": [1, 2],
        "c": "x",
        "d": "x y",
        "e": "NaN",
        "f": "a=b",
        "g": "",
        "h": True,
    }
