"""Writes the golden wire files beside it: tasks as they go over the wire. Run it when the wire changes, and look.

A file has the task as its first line and the events of the task after it, one JSON a line, as the server sends them.
Both `pytest` and `jest` read them.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from pydantic import BaseModel

from jupyter_conv import models as m

HERE = Path(__file__).parent
CONVERSATION = UUID("0193a2b4-0000-7000-8000-000000000001")
START = datetime(2026, 11, 1, 12, 0, 0, tzinfo=UTC)
DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def status(task: UUID, word: m.TaskStatus, progress: float | None = None, **more: str) -> BaseModel:
    return m.TaskStatusUpdate(task_id=task, status=word, progress=progress, **more)


def stream(text: str, name: str = "stdout", cell: int | None = None) -> BaseModel:
    return m.Output(output=m.Stream(name=name, text=text), cell=cell)


def write(name: str, task: m.Task, details: list[BaseModel]) -> None:
    lines = [task.model_dump_json().encode()]
    seq = 1
    for i, detail in enumerate(details):
        transient = isinstance(detail, m.TextDelta)
        seq += not transient
        event = m.Event(
            id=m.event_id(CONVERSATION, 10_000 + i if transient else seq),
            conversation_id=CONVERSATION,
            seq=None if transient else seq,
            created_at=START + timedelta(seconds=i),
            source=m.Source.RUNTIME,
            task_id=task.id,
            detail=detail,
        )
        lines.append(event.model_dump_json().encode())
    (HERE / name).write_bytes(b"\n".join(lines) + b"\n")


def task(number: int, runnable: BaseModel, seconds: int, word: str, **more: object) -> m.Task:
    end = START + timedelta(seconds=seconds)
    return m.Task(
        id=UUID(f"0193a2b4-0000-7000-8000-{number:012d}"),
        conversation_id=CONVERSATION,
        runnable=runnable,
        status=m.TaskStatus(word),
        created_at=START,
        started_at=START + timedelta(seconds=1),
        finished_at=end,
        updated_at=end,
        **more,
    )


def shell() -> None:
    one = task(11, m.Shell(command="./fetch.sh\necho done"), 9, "ERROR", code="exit_code",
               message="The command ended with exit code 3.", result={"exit_code": 3})  # fmt: skip
    write("shell_task.jsonl", one, [
        status(one.id, m.TaskStatus.PENDING),
        status(one.id, m.TaskStatus.RUNNING),
        stream("\x1b[1;32mok\x1b[0m plain \x1b[38;5;208morange\x1b[0m \x1b[38;2;1;2;3mtrue\x1b[0m\n"),
        stream("\r 0%|          | 0/10", "stderr"),
        stream("\r50%|█████     | 5/10", "stderr"),
        status(one.id, m.TaskStatus.RUNNING, 0.5),
        stream("\r100%|██████████| 10/10\n", "stderr"),
        stream("half a li"),
        stream("ne\nand <b>another</b>\n"),
        status(one.id, m.TaskStatus.ERROR, code="exit_code",
               message="The command ended with exit code 3."),
    ])  # fmt: skip


def python() -> None:
    one = task(12, m.Python(code="plot(penguins)"), 17, "COMPLETED", title="Penguins",
               progress=1.0, result={"execution_count": 1})  # fmt: skip
    bar = {"text/plain": "0 of 2"}
    write("python_task.jsonl", one, [
        status(one.id, m.TaskStatus.PENDING, code="queued"),
        status(one.id, m.TaskStatus.RUNNING),
        stream("reading\n"),
        m.Output(output=m.DisplayData(data=bar), display_id="bar"),
        m.Output(output=m.DisplayData(data={"text/plain": "2 of 2"}), display_id="bar", update=True),
        m.Output(output=m.DisplayData(data={"image/png": DOT, "text/plain": "<Figure>"},
                                      metadata={"image/png": {"width": 8}})),
        stream("first frame\n"),
        m.ClearOutput(wait=True),
        stream("second frame\n"),
        m.TextDelta(text="Three "),
        m.TextDelta(text="species"),
        m.TextReply(text="Three species, **344** penguins."),
        m.Usage(model="none", tokens={"input": 1000, "output": 204}, cost=0.0132),
        m.FileChange(path="plot.png", change="created"),
        m.Output(output=m.ExecuteResult(data={"text/plain": "344"}, execution_count=1)),
        m.Output(output=m.ErrorOutput(ename="ValueError", evalue="no",
                                      traceback=("\x1b[0;31mValueError\x1b[0m: no",))),
        status(one.id, m.TaskStatus.COMPLETED, 1.0),
    ])  # fmt: skip


def notebook() -> None:
    one = task(13, m.Notebook(path="report.ipynb", parameters={"n": 3}), 6, "CANCELLED")
    write("notebook_task.jsonl", one, [
        status(one.id, m.TaskStatus.PENDING),
        status(one.id, m.TaskStatus.RUNNING, 0.0),
        stream("one\n", cell=0),
        stream("two\n", cell=2),
        m.ClearOutput(cell=2),
        stream("three\n", cell=2),
        status(one.id, m.TaskStatus.CANCELLED),
    ])  # fmt: skip


if __name__ == "__main__":
    shell()
    python()
    notebook()
