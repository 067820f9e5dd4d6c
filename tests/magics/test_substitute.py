"""What of a cell's text is replaced, and above all what is not."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_conv.magics.substitute import substitute

NAMES: dict[str, Any] = {
    "name": "Adélie",
    "n": 3,
    "i": 7,
    "x": "X",
    "d": {"k": "v", "a b": 1},
    "xs": [10, 20],
    "obj": SimpleNamespace(a=SimpleNamespace(b="deep")),
    "Out": {3: "three"},
    "Err": {3: "Traceback: boom"},
    "é": "accent",
}


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("{name}", "Adélie"),
        ("results_{name}.csv", "results_Adélie.csv"),
        ("{xs[0]} {xs[-1]}", "10 20"),
        ("{d['k']} {d[\"a b\"]}", "v 1"),
        ("{obj.a.b}", "deep"),
        ("{Out[3]} {Err[3]}", "three Traceback: boom"),
        ("{é}", "accent"),
        ("costs $5 and {name} for $6", "costs $5 and Adélie for $6"),
        ("'{name}', ({n})", "'Adélie', (3)"),
        ("line {n}\nline {n}", "line 3\nline 3"),
    ],
)
def test_what_resolves_is_replaced(text: str, result: str) -> None:
    assert substitute(text, NAMES) == result


@pytest.mark.parametrize(
    "text",
    [
        "{unknown} {Out[4]} {Err[9]} {d['none']} {obj.c} {xs[9]} {name.nothing}",
        '{"name": 1} {"n"} {n: 1} {n, x} {}',
        "{n:.2f} {n!r} {n + 1} {f(n)} { n }",
        "{{n}} {{ n }} {n}}",
        "${n} %{n} #{n} @{n} \\{n\\} \\{n}",
        "a{1..3} {a,b} {print} {len} {0}",
        r"\frac{x}{n} \textbf{name} \sqrt[3]{x} \operatorname*{x}{n}",
        "$x_{i}$ and $$e^{n}$$",
        r"\(x_{i}\) \[ {n} \] \begin{align}{n}\end{align}",
        "awk '{print}' and git show HEAD@{n}",
        "HEAD^{n}",
    ],
)
def test_what_is_something_else_arrives_intact(text: str) -> None:
    assert substitute(text, NAMES) == text


def test_in_a_command_a_dollar_is_no_formula() -> None:
    assert substitute("echo $A {name} $B", NAMES, math=False) == "echo $A Adélie $B"
    assert substitute("x=$y{n}$z", NAMES, math=False) == "x=$y3$z"


class Spiteful:
    def __getattr__(self, name: str) -> Any:
        raise RuntimeError("no")


def test_an_object_that_raises_does_not_resolve() -> None:
    assert substitute("{bad.thing} {n}", {"bad": Spiteful(), "n": 1}) == "{bad.thing} 1"


@given(st.text(alphabet="{}$\\nx_[]'\" ^%fra", max_size=60))
def test_without_names_nothing_changes(text: str) -> None:
    assert substitute(text, {}) == text


@given(st.text(max_size=100))
def test_a_value_is_not_read_again(value: str) -> None:
    assert substitute("<{n}>", {"n": value, "x": "no"}) == f"<{value}>"
