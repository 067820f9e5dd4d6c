"""From the words of a command line, in a cell or in a shell, to a task request."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from typing import Any

from pydantic import TypeAdapter, ValidationError

from ..errors import InvalidError
from ..models import (
    AnyRunnable,
    Json,
    Notebook,
    Python,
    Shell,
    TaskRequest,
    TextPrompt,
    Ticker,
    Wait,
)

__all__ = ["KINDS", "add_task_options", "parameters", "task_request"]

KINDS = {
    "shell": "a command for the shell",
    "python": "code for the conversation's own kernel",
    "notebook": "a notebook of the workspace, run from the first cell to the last",
    "ticker": "says something every second, for trying things out",
    "wait": "waits some seconds",
    "prompt": "a prompt for the agent",
}

_RUNNABLE: TypeAdapter[Any] = TypeAdapter(AnyRunnable)


def add_task_options(parser: argparse.ArgumentParser) -> None:
    """The options of a task and of each kind."""
    task = parser.add_argument_group("the task")
    task.add_argument("--title", help="what to call it")
    task.add_argument("--timeout", type=float, metavar="S", help="seconds it may run")
    task.add_argument("--delay", type=float, metavar="S", help="seconds before it may start")
    kinds = parser.add_argument_group("of one kind")
    kinds.add_argument("--kernel", metavar="NAME", help="python, notebook: the kernel to run in")
    kinds.add_argument(
        "-p",
        "--parameter",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="notebook: a parameter, as JSON or else as text; may be repeated",
    )
    kinds.add_argument("--output", metavar="PATH", help="notebook: where the executed one is saved")
    kinds.add_argument("--interval", type=float, metavar="S", help="ticker: seconds between")
    kinds.add_argument("--iterations", type=int, metavar="N", help="ticker: how many times")


def task_request(kind: str | None, body: str, options: argparse.Namespace) -> TaskRequest:
    """The request. Raises `InvalidError` with a sentence about what is wrong with it."""
    _check_options(kind, options)
    try:
        runnable = _runnable(kind, body, options)
        given = {
            name: getattr(options, name)
            for name in ("title", "timeout", "delay")
            if getattr(options, name) is not None
        }
        return TaskRequest(runnable=runnable, **given)
    except ValidationError as error:
        raise InvalidError.of(error) from error


def parameters(pairs: list[str]) -> dict[str, Json]:
    """`name=value` each: the value as JSON if it is JSON, else as the text it is."""
    result: dict[str, Json] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name.isidentifier():
            raise InvalidError(f"-p {pair}: a parameter is given as name=value.")
        try:
            result[name] = json.loads(value, parse_constant=_no_constant)
        except ValueError:
            result[name] = value
    return result


def _no_constant(name: str) -> Json:
    # NaN and its kin are not JSON; as text they arrive as they were typed.
    raise ValueError(name)


def _runnable(kind: str | None, body: str, options: argparse.Namespace) -> Any:
    makers: dict[str, Callable[[], Any]] = {
        "shell": lambda: Shell(command=_needed(body, "a command")),
        "python": lambda: Python(code=_needed(body, "code"), kernel_name=options.kernel),
        "notebook": lambda: Notebook(
            path=_one_line(body, "the path of a notebook"),
            parameters=parameters(options.parameter),
            output_path=options.output,
            kernel_name=options.kernel,
        ),
        "ticker": lambda: Ticker(**_ticker(body, options)),
        "wait": lambda: Wait(**({"timeout": _seconds(body)} if body.strip() else {})),
        "prompt": lambda: TextPrompt(text=_needed(body, "a prompt"), agent=None),
    }
    if kind is None:
        return makers["prompt"]()
    if kind in makers:
        return makers[kind]()
    if kind[:1].isupper():
        return _RUNNABLE.validate_python({"type": kind, **_fields(kind, body)})
    raise InvalidError(
        f"There is no kind of task {kind!r}; there are {', '.join(KINDS)}, "
        "and the types that plug-ins define, such as MyType, with their fields as JSON."
    )


def _ticker(body: str, options: argparse.Namespace) -> dict[str, Any]:
    given = {"interval": options.interval, "iterations": options.iterations}
    fields = {name: value for name, value in given.items() if value is not None}
    return {"message": body.strip("\n"), **fields} if body.strip() else fields


def _check_options(kind: str | None, options: argparse.Namespace) -> None:
    owners = {
        "kernel": ("python", "notebook"),
        "parameter": ("notebook",),
        "output": ("notebook",),
        "interval": ("ticker",),
        "iterations": ("ticker",),
    }
    for name, kinds in owners.items():
        if getattr(options, name) not in (None, []) and kind not in kinds:
            raise InvalidError(
                f"--{name} is for {' and '.join(kinds)}, not for {kind or 'prompt'}."
            )


def _needed(body: str, what: str) -> str:
    if not body.strip():
        raise InvalidError(f"There is nothing to run: give {what}.")
    return body


def _one_line(body: str, what: str) -> str:
    lines = [line.strip() for line in body.splitlines() if line.strip()]
    if len(lines) != 1:
        raise InvalidError(f"Give {what}, and nothing else.")
    return lines[0]


def _seconds(body: str) -> float:
    try:
        return float(body)
    except ValueError:
        raise InvalidError(f"Give a number of seconds, not {body.strip()!r}.") from None


def _fields(kind: str, body: str) -> dict[str, Any]:
    try:
        fields = json.loads(body) if body.strip() else {}
    except ValueError as error:
        raise InvalidError(f"The fields of {kind} are given as JSON: {error}.") from None
    if not isinstance(fields, dict):
        raise InvalidError(f"The fields of {kind} are given as a JSON object.")
    return fields
