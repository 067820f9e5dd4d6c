"""Notebooks on disk: read with words for what is wrong, written whole or not at all."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Any
from uuid import uuid4

from ..errors import RuntimeFailure

__all__ = ["read_notebook", "write_notebook"]


def read_notebook(path: Path, shown: str) -> Any:
    """The notebook at `path` as nbformat 4, with what old ones lack. `shown` is what the user calls it.

    Raises `RuntimeFailure`: `no_such_file`, `not_a_notebook`.
    """
    from nbformat import ValidationError, convert, reader, validate
    from nbformat.validator import normalize

    try:
        notebook = convert(reader.reads(path.read_text("utf-8")), 4)  # type: ignore[no-untyped-call]
        _, notebook = normalize(notebook)
        validate(notebook)
    except FileNotFoundError:
        raise RuntimeFailure(
            f"There is no notebook {shown!r} in the workspace.", code="no_such_file"
        ) from None
    except OSError as error:
        raise RuntimeFailure(
            f"{shown!r} cannot be read: {error.strerror}.", code="not_a_notebook"
        ) from None
    except (ValueError, ValidationError, KeyError, AttributeError, TypeError) as error:
        # nbformat's ways to say that JSON is not a notebook are many.
        raise RuntimeFailure(f"{shown!r} is not a notebook.", code="not_a_notebook") from error
    return notebook


def write_notebook(notebook: Any, path: Path, shown: str) -> None:
    """Write the notebook, with the directories it needs; a reader sees the old file or the new one.

    Raises `RuntimeFailure` `not_saved`.
    """
    from nbformat import writes

    part = path.with_name(f".{path.name}.{uuid4().hex}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("w", encoding="utf-8", errors="replace") as file:
            file.write(writes(notebook))  # type: ignore[no-untyped-call]
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):  # the first error says more
            part.unlink()
        raise RuntimeFailure(
            f"The executed notebook could not be saved as {shown!r}: {error.strerror}.",
            code="not_saved",
        ) from error
