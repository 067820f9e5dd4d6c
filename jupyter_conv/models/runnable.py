"""What a task runs. The union is closed; runtimes of other packages add to it by entry point."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    model_validator,
)

from .base import Json, Request

__all__ = [
    "AnyRunnable",
    "Notebook",
    "PluginRunnable",
    "Python",
    "Runnable",
    "Shell",
    "TextPrompt",
    "Ticker",
    "Wait",
]

Seconds = Annotated[float, Field(ge=0, le=30 * 24 * 3600, allow_inf_nan=False)]
KernelName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,200}$")]
Text = Annotated[str, StringConstraints(min_length=1)]
Path = Annotated[str, StringConstraints(min_length=1, max_length=4096)]


class Ticker(Request):
    """Says `message` every `interval` seconds, `iterations` times: for trying things out."""

    type: Literal["Ticker"] = "Ticker"
    message: str = "Tick"
    interval: Seconds = 1
    iterations: Annotated[int, Field(ge=0, le=1_000_000)] = 100
    cancellable: bool = True


class Wait(Request):
    """Waits `timeout` seconds; cannot be cancelled."""

    type: Literal["Wait"] = "Wait"
    timeout: Seconds = 5


class Shell(Request):
    """A command for the shell, run in the workspace. `result`: `{"exit_code": int}`."""

    type: Literal["Shell"] = "Shell"
    command: Text


class Python(Request):
    """Code for the conversation's own kernel; what it defines stays for the next task.

    `kernel_name`: an installed kernel's name; null is the server's default.
    `result`: `{"execution_count": int, "text": str?}`.
    """

    type: Literal["Python"] = "Python"
    code: str
    kernel_name: KernelName | None = None


class Notebook(Request):
    """A notebook of the workspace, run from the first cell to the last in a kernel of its own.

    `parameters` are set after the cell tagged `parameters`, as papermill does.
    `output_path`: where in the workspace the executed notebook is saved; null saves nothing.
    `result`: `{"cells": int, "output_path": str?}`.
    """

    type: Literal["Notebook"] = "Notebook"
    path: Path
    parameters: dict[Annotated[str, StringConstraints(pattern=r"^[^\W\d]\w*$")], Json] = {}
    output_path: Path | None = None
    kernel_name: KernelName | None = None


class TextPrompt(Request):
    """A prompt for the conversation's agent, or for the one named."""

    type: Literal["TextPrompt"] = "TextPrompt"
    text: Text
    agent: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = None


_KNOWN = frozenset({"Ticker", "Wait", "Shell", "Python", "Notebook", "TextPrompt"})


class PluginRunnable(BaseModel):
    """A runnable of a type that this package does not define, with its fields as they came.

    The runtime that is registered for the type checks them when the task is made.
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    type: Annotated[
        str,
        StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_.-]{0,99}$"),
        Field(json_schema_extra={"not": {"enum": sorted(_KNOWN)}}),
    ]

    @model_validator(mode="before")
    @classmethod
    def _of_its_own_model(cls, value: Any) -> Any:
        # Who has the plug-in may give its own model.
        return value.model_dump() if isinstance(value, BaseModel) else value


Runnable = Annotated[
    Ticker | Wait | Shell | Python | Notebook | TextPrompt, Field(discriminator="type")
]
"""The runnables that this package defines."""


def _tag(value: Any) -> str | None:
    kind = value.get("type") if isinstance(value, dict) else getattr(value, "type", None)
    if not isinstance(kind, str):
        return None
    return "known" if kind in _KNOWN else "plugin"


AnyRunnable = Annotated[
    Annotated[Runnable, Tag("known")] | Annotated[PluginRunnable, Tag("plugin")],
    Discriminator(
        _tag,
        custom_error_type="runnable_type",
        custom_error_message='A runnable is an object with a \'type\', such as {"type": "Ticker"}',
    ),
]
"""A runnable of this package or of a plug-in."""
