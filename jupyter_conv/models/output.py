"""Outputs, as notebooks hold them (nbformat 4.5, "Code cells").

Source: https://nbformat.readthedocs.io/en/latest/format_description.html#code-cell-outputs
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from .base import Json, Model

__all__ = ["DisplayData", "ErrorOutput", "ExecuteResult", "MimeBundle", "NotebookOutput", "Stream"]

MimeBundle = dict[str, Json]
"""MIME type → text, base64 of binary types, or JSON."""


class Stream(Model):
    """Text as it was printed, with its control characters."""

    output_type: Literal["stream"] = "stream"
    name: Literal["stdout", "stderr"] = "stdout"
    text: str


class DisplayData(Model):
    """Something shown."""

    output_type: Literal["display_data"] = "display_data"
    data: MimeBundle
    metadata: dict[str, Json] = {}


class ExecuteResult(Model):
    """The value of a cell."""

    output_type: Literal["execute_result"] = "execute_result"
    data: MimeBundle
    metadata: dict[str, Json] = {}
    execution_count: int | None = None


class ErrorOutput(Model):
    """An exception; `traceback` are lines with ANSI colours."""

    output_type: Literal["error"] = "error"
    ename: str
    evalue: str
    traceback: tuple[str, ...] = ()


NotebookOutput = Annotated[
    Stream | DisplayData | ExecuteResult | ErrorOutput, Field(discriminator="output_type")
]
"""One output of a cell."""
