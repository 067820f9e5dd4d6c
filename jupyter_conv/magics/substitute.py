"""`{name}` in a cell's text: replaced where it is one of the user's own variables, and nowhere else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

__all__ = ["substitute"]

_FIELD = re.compile(
    r"\{(?P<root>[^\W\d]\w*)"
    r"(?P<steps>(?:\.[^\W\d]\w*|\[-?\d+\]|\['[^'{}\[\]\n]*'\]|\[\"[^\"{}\[\]\n]*\"\])*)\}"
)
_STEP = re.compile(r"\.([^\W\d]\w*)|\[(-?\d+)\]|\['([^']*)'\]|\[\"([^\"]*)\"\]")
_MATH = re.compile(
    r"\$\$.+?\$\$"
    r"|\$(?=\S)(?:[^$\\\n]|\\.)+?(?<=\S)\$(?!\d)"
    r"|\\\(.+?\\\)|\\\[.+?\\\]"
    r"|\\begin\{([^{}]+)\}.+?\\end\{\1\}",
    re.DOTALL,
)
_COMMAND = re.compile(r"\\[A-Za-z]+\*?(?:\[[^\]\n]*\])?(?:\{[^{}\n]*\})*\Z")
_BEFORE = "${\\%#@^"
_MISSING = object()


def substitute(text: str, names: Mapping[str, Any], *, math: bool = True) -> str:
    """The text with `{name}`, `{a.b}`, `{Out[3]}` and `{d['k']}` replaced by `str()` of what they name.

    Left as they are: names that do not resolve; anything longer than a name with attributes and constant subscripts
    (dicts, JSON, format specifications, shell's `{a,b}`); `${X}`, `%{x}`, `#{x}`, `@{x}`, `{{x}}`, `\\{x}`; with
    `math`, for text that may be LaTeX, formulas and the arguments of commands (`\\frac{a}{b}`).
    """
    formulas = [match.span() for match in _MATH.finditer(text)] if math else []

    def value_of(field: re.Match[str]) -> str:
        at = field.start()
        if (at and text[at - 1] in _BEFORE) or text[field.end() :][:1] == "}":
            return field[0]
        if any(start <= at < end for start, end in formulas):
            return field[0]
        if math and _COMMAND.search(text[max(0, at - 200) : at]):
            return field[0]
        value = _resolve(field["root"], field["steps"], names)
        return field[0] if value is _MISSING else str(value)

    return _FIELD.sub(value_of, text)


def _resolve(root: str, steps: str, names: Mapping[str, Any]) -> Any:
    if root not in names:
        return _MISSING
    value = names[root]
    for attribute, index, single, double in _STEP.findall(steps):
        try:
            key = int(index) if index else single or double
            value = getattr(value, attribute) if attribute else value[key]
        except Exception:  # noqa: BLE001
            # Whatever a user's object raises: it does not resolve.
            return _MISSING
    return value
