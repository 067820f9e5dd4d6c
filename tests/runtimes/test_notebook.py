"""Notebooks: parameters, progress, outputs by cell, and that what ran is saved. Real kernels."""

from __future__ import annotations

import json

import nbformat
import pytest
import pytest_asyncio
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from jupyter_conv.errors import RuntimeFailure
from jupyter_conv.models import Notebook
from jupyter_conv.runtimes.kernels import KernelPool
from jupyter_conv.runtimes.notebook import NotebookRuntime
from jupyter_conv.runtimes.parameters import inject_parameters, python_literal

from .kit import DisplayData, ExecuteResult, Failure, Output, cancel, run, running


@pytest_asyncio.fixture
async def context(make_context):
    pool = KernelPool.embedded()
    yield make_context(kernels=pool)
    assert pool._handles == set()
    await pool.close()


def code(source, *tags):
    return new_code_cell(source, metadata={"tags": list(tags)} if tags else {})


def save(context, *cells, name="in.ipynb", **metadata):
    path = context.workspace / name
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(new_notebook(cells=list(cells), metadata=metadata), path)


async def notebook(context, **options):
    options.setdefault("path", "in.ipynb")
    return await run(NotebookRuntime(), Notebook(**options), context)


async def failure(context, **options) -> RuntimeFailure:
    with pytest.raises(RuntimeFailure) as caught:
        await notebook(context, **options)
    return caught.value


def saved(context, name="out.ipynb"):
    found = nbformat.read(context.workspace / name, as_version=4)
    nbformat.validate(found)
    return found


@pytest.mark.asyncio
async def test_cells_run_in_order_and_are_told_apart(context):
    save(context, new_markdown_cell("# Title"), code("x = 2\nprint('a')"), code(""), code("x * 21"))
    result = await notebook(context, output_path="deep/er/out.ipynb")
    assert result == {"cells": 2, "output_path": "deep/er/out.ipynb"}
    assert [(d.cell, d.output.output_type) for d in context.of(Output)] == [
        (1, "stream"),
        (3, "execute_result"),
    ]
    assert context.fractions == [0.5, 1.0]
    done = saved(context, "deep/er/out.ipynb")
    assert done.cells[3].outputs[0].data["text/plain"] == "42"
    assert done.cells[1].outputs[0].text == "a\n"
    assert not list((context.workspace / "deep/er").glob(".*"))


@pytest.mark.asyncio
async def test_without_an_output_path_nothing_is_written(context):
    save(context, code("1"))
    before = (context.workspace / "in.ipynb").read_bytes()
    assert await notebook(context) == {"cells": 1}
    assert [p.name for p in context.workspace.iterdir()] == ["in.ipynb"]
    assert (context.workspace / "in.ipynb").read_bytes() == before


@pytest.mark.asyncio
@pytest.mark.parametrize("last", ["1", "1/0"])
async def test_the_kernel_may_end_in_its_own_way(context, last):
    bye = "import atexit, pathlib; atexit.register(lambda: pathlib.Path('bye').touch())"
    save(context, code(bye), code(last))
    if last == "1":
        await notebook(context)
    else:
        await failure(context)
    assert (context.workspace / "bye").exists()


@pytest.mark.asyncio
async def test_it_runs_in_its_own_directory(context):
    save(context, code("import os; print(os.getcwd())"), name="sub/in.ipynb")
    await notebook(context, path="sub/in.ipynb")
    assert context.text().strip() == str(context.workspace / "sub")


@pytest.mark.asyncio
async def test_parameters_are_set_after_the_cell_that_is_tagged(context):
    save(context, code("a = 1; b = None", "parameters"), code("print(a, b)"))
    values = {"a": "it's", "b": {"list": [1.5, True, None]}}
    await notebook(context, parameters=values, output_path="out.ipynb")
    assert context.text() == "it's {'list': [1.5, True, None]}\n"
    assert saved(context).cells[1].metadata.tags == ["injected-parameters"]


@pytest.mark.asyncio
async def test_a_failing_cell_is_named_and_what_ran_is_saved(context):
    save(context, code("print(1)"), code("1/0"), code("print('never')"))
    error = await failure(context, output_path="out.ipynb")
    assert error.code == "cell_failed"
    assert error.message == "Cell 2 failed: ZeroDivisionError: division by zero"
    cells = saved(context).cells
    assert cells[0].outputs[0].text == "1\n"
    assert cells[1].outputs[0].ename == "ZeroDivisionError"
    assert cells[2].outputs == []
    assert "never" not in context.text()


@pytest.mark.asyncio
async def test_a_cell_that_may_fail_does_not_end_the_notebook(context):
    save(context, code("1/0", "raises-exception"), code("print('on')"))
    assert await notebook(context) == {"cells": 2}
    assert context.text() == "on\n"


@pytest.mark.asyncio
async def test_displays_their_updates_and_clearing(context):
    save(
        context,
        code(
            "from IPython.display import display, clear_output\n"
            "print('gone'); clear_output()\n"
            "h = display('a', display_id='d'); h.update('b')"
        ),
    )
    await notebook(context, output_path="out.ipynb")
    shown = [d for d in context.of(Output) if isinstance(d.output, DisplayData)]
    assert [(d.display_id, d.update, d.cell) for d in shown] == [("d", False, 0), ("d", True, 0)]
    (kept,) = saved(context).cells[0].outputs
    assert kept.data["text/plain"] == "'b'"


@pytest.mark.asyncio
async def test_many_lines_are_one_output_of_the_saved_notebook(context):
    save(context, code("for i in range(100_000): print(i)"))
    await notebook(context, output_path="out.ipynb")
    text = "".join(f"{i}\n" for i in range(100_000))
    assert context.text() == text
    (kept,) = saved(context).cells[0].outputs
    assert kept.text == text


@pytest.mark.asyncio
async def test_a_bar_in_a_cell_moves_the_notebook_by_its_share(context):
    save(
        context,
        code("1"),
        code("from tqdm import tqdm\nimport time\nfor _ in tqdm(range(2)): time.sleep(0.2)"),
    )
    await notebook(context)
    assert context.fractions == sorted(context.fractions)
    assert 0.75 in context.fractions
    assert context.fractions[-1] == 1.0


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "source",
    ["print('ready')\nwhile True: pass", "import time; print('ready'); time.sleep(100)"],
)
async def test_cancel_ends_the_kernel_and_saves_what_ran(context, source):
    save(context, code("print('first')"), code(source), code("print('never')"))
    wanted = Notebook(path="in.ipynb", output_path="out.ipynb")
    async with running(NotebookRuntime(), wanted, context) as task:
        await context.until_text("ready")
        assert await cancel(task) < 1.5
    assert context.left() == []
    cells = saved(context).cells
    assert cells[0].outputs[0].text == "first\n"
    assert cells[1].outputs[0].text == "ready\n"
    assert cells[2].outputs == []


@pytest.mark.asyncio
async def test_a_kernel_that_dies_ends_the_task_and_what_ran_is_saved(context):
    save(context, code("print('first')"), code("import os; os._exit(1)"))
    error = await failure(context, output_path="out.ipynb")
    assert error.code == "kernel_died"
    assert saved(context).cells[0].outputs[0].text == "first\n"


@pytest.mark.asyncio
async def test_state_is_not_shared_with_other_runs(context):
    save(context, code("print('x' in globals()); x = 1"))
    await notebook(context)
    await notebook(context)
    assert context.text() == "False\nFalse\n"


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("content", "word"),
    [
        (None, "no_such_file"),
        (b"hello", "not_a_notebook"),
        (b"\xff\xfe", "not_a_notebook"),
        (b"[]", "not_a_notebook"),
        (b"{}", "not_a_notebook"),
        (b'{"nbformat": 4, "cells": 3}', "not_a_notebook"),
    ],
)
async def test_what_is_not_a_notebook(context, content, word):
    if content is not None:
        (context.workspace / "in.ipynb").write_bytes(content)
    error = await failure(context)
    assert error.code == word
    assert "in.ipynb" in error.message
    assert str(context.workspace) not in error.message


@pytest.mark.asyncio
async def test_a_directory_is_not_a_notebook_and_paths_are_confined(context):
    (context.workspace / "in.ipynb").mkdir()
    assert (await failure(context)).code == "not_a_notebook"
    assert (await failure(context, path="../x.ipynb")).code == "path"


@pytest.mark.asyncio
async def test_an_old_notebook_runs(context):
    old = {"nbformat": 4, "nbformat_minor": 2, "metadata": {}, "cells": []}
    old["cells"] = [
        {
            "cell_type": "code",
            "source": "print(p)",
            "metadata": {},
            "outputs": [],
            "execution_count": None,
        }
    ]
    (context.workspace / "in.ipynb").write_text(json.dumps(old))
    await notebook(context, parameters={"p": 3}, output_path="out.ipynb")
    assert context.text() == "3\n"
    assert saved(context).nbformat_minor == 2


@pytest.mark.asyncio
async def test_the_kernel_that_the_notebook_names_must_be_installed(context):
    save(context, code("1"), kernelspec={"name": "nope", "display_name": "Nope"})
    error = await failure(context)
    assert error.code == "no_such_kernel"
    assert "python3" in error.message
    assert await notebook(context, kernel_name="python3") == {"cells": 1}


@pytest.mark.asyncio
async def test_where_it_cannot_be_saved(context):
    save(context, code("1"))
    (context.workspace / "file").write_text("")
    error = await failure(context, output_path="file/out.ipynb")
    assert error.code == "not_saved"
    assert context.of(Failure) == []
    assert [type(o) for o in context.outputs] == [ExecuteResult]


def test_where_parameters_go():
    def tags(found):
        return [cell.metadata.get("tags", [None])[0] for cell in found.cells]

    at_top = new_notebook(cells=[code("1")])
    inject_parameters(at_top, {"a": 1}, "python")
    assert tags(at_top) == ["injected-parameters", None]
    inject_parameters(at_top, {"a": 2}, "python")
    assert tags(at_top) == ["injected-parameters", None]
    assert at_top.cells[0].source == "# Parameters\na = 2"
    after = new_notebook(cells=[code("1"), code("a = 0", "parameters"), code("2")])
    inject_parameters(after, {"a": 1}, "python")
    assert tags(after) == [None, "parameters", "injected-parameters", None]
    inject_parameters(after, {}, "python")
    assert len(after.cells) == 4


@pytest.mark.parametrize(("language", "name"), [("R", "a"), (None, "a"), ("python", "class")])
def test_parameters_that_cannot_be_set(language, name):
    with pytest.raises(RuntimeFailure) as caught:
        inject_parameters(new_notebook(cells=[]), {name: 1}, language)
    assert caught.value.code == "bad_parameters"


@pytest.mark.parametrize(
    "value", [None, True, 1, -2.5, "a'\"\n\\é", [1, [None]], {"a": {"b": [False]}}, float("inf")]
)
def test_values_in_pythons_words(value):
    assert eval(python_literal(value)) == value
