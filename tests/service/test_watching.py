"""Changes of files are told while tasks of the conversation run."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest
import pytest_asyncio

from jupyter_conv.models import (
    ConversationRequest,
    Event,
    Failure,
    FileChange,
    Shell,
    Source,
    TaskRequest,
    Ticker,
)
from jupyter_conv.service import Participant

from ..following import run, until

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def id(ada: Participant) -> UUID:
    return (await ada.create_conversation(ConversationRequest())).id


def tells(path: str, change: str) -> object:
    def wanted(event: Event) -> bool:
        return event.detail == FileChange(path=path, change=change)  # type: ignore[arg-type]

    return wanted


async def told(api: Participant, id: UUID, command: str) -> list[tuple[str, str]]:
    """What is told of a command's changes, up to that of the last file, in order of paths."""
    task = await api.create_task(id, TaskRequest(runnable=Shell(command=f"{command}\ntouch zz")))
    events = await until(api, id, tells("zz", "created"))  # type: ignore[arg-type]
    await api.delete_file(id, "zz")
    await until(api, id, tells("zz", "deleted"))  # type: ignore[arg-type]
    found = [event for event in events if isinstance(event.detail, FileChange)]
    assert {event.source for event in found} == {Source.SYSTEM}
    assert {event.task_id for event in found} == {None}
    assert task.id
    return sorted((e.detail.path, e.detail.change) for e in found if e.detail.path != "zz")  # type: ignore[union-attr]


async def test_what_a_task_does_to_files(ada: Participant, id: UUID) -> None:
    await ada.upload_files(id, {"old": b"1", "gone": b"1"})
    assert await told(ada, id, "echo 2 >> old; rm gone; echo 1 > new; touch t; rm t") == [
        ("gone", "deleted"),
        ("new", "created"),
        ("old", "modified"),
    ]


async def test_directories_that_are_new(ada: Participant, id: UUID) -> None:
    assert await told(
        ada, id, "mkdir -p a/b/c; echo 1 > a/b/c/deep; sleep 1; echo 2 > a/later"
    ) == [
        ("a/", "created"),
        ("a/b/", "created"),
        ("a/b/c/", "created"),
        ("a/b/c/deep", "created"),
        ("a/later", "created"),
    ]


async def test_what_nobody_wants_to_hear_of(ada: Participant, id: UUID, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    command = (
        "for d in .git __pycache__ node_modules .ipynb_checkpoints; do mkdir -p $d/x; touch $d/y $d/x/z; done; "
        f"ln -s {outside} link; mkdir d; ln -s {outside} d/link; sleep 1; touch {outside}/secret link/s2"
    )
    assert await told(ada, id, command) == [
        ("d/", "created"),
        ("d/link", "created"),
        ("link", "created"),
    ]


async def test_a_file_that_is_written_on_and_on(ada: Participant, id: UUID) -> None:
    await ada.upload_files(id, {"log": b""})
    found = await told(ada, id, "for n in $(seq 150); do echo x >> log; sleep 0.02; done")
    assert found == [("log", "modified")]
    await until(ada, id, tells("log", "modified"), after_seq=await ada.count_events(id))  # type: ignore[arg-type]


async def test_more_than_can_be_told(ada: Participant, id: UUID) -> None:
    command = "for n in $(seq 1500); do : > f$n; done"
    await run(ada, id, TaskRequest(runnable=Shell(command=command)))
    events = await until(ada, id, lambda event: isinstance(event.detail, Failure))
    assert sum(isinstance(event.detail, FileChange) for event in events) == 1000
    assert isinstance(events[-1].detail, Failure)
    assert (events[-1].detail.code, events[-1].detail.message[:4]) == ("too_many_changes", "500 ")


async def test_more_directories_than_are_watched(ada: Participant, id: UUID) -> None:
    command = "mkdir d; cd d; mkdir $(seq 2100)"
    await run(ada, id, TaskRequest(runnable=Shell(command=command)))
    events = await until(ada, id, lambda event: isinstance(event.detail, Failure))
    assert isinstance(events[-1].detail, Failure)
    assert events[-1].detail.code == "not_watched"


async def test_a_finished_conversation_says_nothing_more(ada: Participant, id: UUID) -> None:
    await ada.create_task(id, TaskRequest(runnable=Ticker(interval=60)))
    await ada.upload_files(id, {"seen": b""})
    await until(ada, id, tells("seen", "created"))  # type: ignore[arg-type]
    await ada.upload_files(id, {"late": b""})
    finished = await ada.delete_conversation(id)
    newest = (await ada.list_events(id)).results[-1]
    assert getattr(newest.detail, "status", None) == finished.status
