"""Parameters of a notebook, set as papermill sets them.

Source: https://papermill.readthedocs.io/en/latest/usage-parameterize.html
"""

from __future__ import annotations

import keyword
import math
from collections.abc import Mapping
from typing import Any

from ..errors import RuntimeFailure
from ..models import Json

__all__ = ["inject_parameters", "python_literal"]

_TAG = "parameters"
_INJECTED = "injected-parameters"


def inject_parameters(notebook: Any, parameters: Mapping[str, Json], language: str | None) -> None:
    """Put a cell that sets the parameters into an nbformat 4 notebook, in place.

    It takes the place of the one tagged `injected-parameters`; else it stands after the cell tagged `parameters`,
    else at the top. Raises `RuntimeFailure` `bad_parameters` for another language than Python, or a reserved word.
    """
    if not parameters:
        return
    if language is None or not language.lower().startswith("python"):
        raise RuntimeFailure(
            f"Parameters can be given to Python notebooks only; this one's kernel runs {language}.",
            code="bad_parameters",
        )
    for name in parameters:
        if keyword.iskeyword(name):
            raise RuntimeFailure(
                f"{name!r} is a word of Python's and cannot be a parameter.", code="bad_parameters"
            )
    cell = _cell(parameters, notebook.nbformat_minor)
    places = {tag: i for i, c in reversed([*enumerate(notebook.cells)]) for tag in _tags(c)}
    if _INJECTED in places:
        notebook.cells[places[_INJECTED]] = cell
    else:
        notebook.cells.insert(places[_TAG] + 1 if _TAG in places else 0, cell)


def python_literal(value: Json) -> str:
    """A JSON value in Python's words."""
    if isinstance(value, float) and not math.isfinite(value):
        return f'float("{value}")'
    if isinstance(value, list):
        return f"[{', '.join(map(python_literal, value))}]"
    if isinstance(value, dict):
        items = (f"{key!r}: {python_literal(item)}" for key, item in value.items())
        return f"{{{', '.join(items)}}}"
    return repr(value)


def _cell(parameters: Mapping[str, Json], minor: int) -> Any:
    from nbformat.v4 import new_code_cell

    lines = (f"{name} = {python_literal(value)}" for name, value in parameters.items())
    source = "\n".join(("# Parameters", *lines))
    cell = new_code_cell(source, metadata={"tags": [_INJECTED]})  # type: ignore[no-untyped-call]
    if minor < 5:
        del cell["id"]  # cells have ids since 4.5
    return cell


def _tags(cell: Any) -> list[str]:
    return list(cell.metadata.get("tags", []))
