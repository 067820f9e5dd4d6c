"""Runtimes that misbehave: their own task hears of it, and nobody else."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest
import pytest_asyncio

from jupyter_conv.models import (
    ConversationRequest,
    Event,
    EventFilter,
    Note,
    Output,
    Stream,
    Task,
    TaskRequest,
    TaskStatus,
    TaskStatusUpdate,
)
from jupyter_conv.service import ConversationService, Participant, Principal

from ..following import is_end, is_status, of_task, run, until
from . import odd
from .conftest import Open
from .odd import Odd

pytestmark = pytest.mark.asyncio
DONE = TaskStatus.COMPLETED


@pytest_asyncio.fixture
async def service(open_service: Open) -> ConversationService:
    odd.STEPS.clear()
    return await open_service(stop_grace=0.2)


@pytest.fixture
def ada(service: ConversationService) -> Participant:
    return service.participant(Principal("ada"))


@pytest_asyncio.fixture
async def id(ada: Participant) -> UUID:
    return (await ada.create_conversation(ConversationRequest())).id


async def do(ada: Participant, id: UUID, does: str) -> Task:
    return await run(ada, id, TaskRequest(runnable=Odd(does=does)))


async def notes(ada: Participant, id: UUID, task: Task) -> list[object]:
    where = EventFilter(task_id__eq=task.id, type__eq="Note")
    found = (await ada.list_events(id, where)).results
    return [event.detail.data for event in found if isinstance(event.detail, Note)]


@pytest.mark.parametrize("does", ["raises", "exits", "no_such_method"])
async def test_what_it_raises_ends_its_task_and_is_not_told_outside(
    ada: Participant, id: UUID, does: str, caplog: pytest.LogCaptureFixture
) -> None:
    task = await do(ada, id, does)
    assert (task.status, task.code) == (TaskStatus.ERROR, "internal")
    assert "secret" not in task.model_dump_json()
    assert str(task.id) in caplog.text
    assert await notes(ada, id, task) == ["begun"]


@pytest.mark.parametrize(
    ("does", "result"),
    [
        ("answers_half_a_letter", {"text": "?", "number": None}),
        ("answers_a_set", [1]),
        ("answers_itself", "list that JSON cannot hold"),
    ],
)
async def test_a_result_is_kept_as_far_as_json_can_hold_it(
    ada: Participant, id: UUID, does: str, result: object
) -> None:
    task = await do(ada, id, does)
    assert (task.status, task.result) == (DONE, result)


async def test_half_a_letter_in_its_last_words(ada: Participant, id: UUID) -> None:
    task = await do(ada, id, "fails_with_half_a_letter")
    assert (task.status, task.code, task.message) == (TaskStatus.ERROR, "half", "?")


async def test_one_that_swallows_its_cancellation_is_told_cancelled(
    ada: Participant, id: UUID
) -> None:
    task = await ada.create_task(id, TaskRequest(runnable=Odd(does="swallows")))
    await until(ada, id, is_status(task.id, TaskStatus.RUNNING))
    await ada.cancel_task(id, task.id)
    events = await until(ada, id, is_end(task.id))
    assert (await ada.get_task(id, task.id)).status is TaskStatus.CANCELLED
    # What it said while it unwound stands before its end.
    assert events[-2].detail == Note(data="swallowed")


async def test_one_that_swallows_its_timeout_is_told_so(ada: Participant, id: UUID) -> None:
    request = TaskRequest(runnable=Odd(does="swallows"), timeout=0.05)
    task = await run(ada, id, request)
    assert (task.status, task.code) == (TaskStatus.ERROR, "timeout")


async def test_one_that_never_ends_does_not_keep_the_service_open(
    service: ConversationService, ada: Participant, id: UUID
) -> None:
    await ada.create_task(id, TaskRequest(runnable=Odd(does="never_ends")))
    await until(ada, id, lambda e: e.detail == Note(data="begun"))
    finishing = asyncio.ensure_future(ada.delete_conversation(id))
    await until(ada, id, _destroying)
    async with asyncio.timeout(10):
        await service.aclose()
    finishing.cancel()
    odd.STEPS["never"].set()


def _destroying(event: Event) -> bool:
    return getattr(event.detail, "status", None) == "DESTROYING"


async def test_what_is_said_behind_a_tasks_back_is_not_put_into_the_log(
    ada: Participant, id: UUID
) -> None:
    odd.STEPS["late"] = asyncio.Event()
    odd.LATE.clear()
    task = await do(ada, id, "speaks_behind_its_back")
    assert task.status is DONE
    before = await ada.count_events(id)
    odd.STEPS["late"].set()
    await asyncio.wait(odd.LATE)
    assert odd.LATE[0].exception() is not None
    assert await notes(ada, id, task) == ["begun"]
    assert await ada.count_events(id) == before


async def test_a_flood_is_kept_whole_and_lets_others_through(ada: Participant, id: UUID) -> None:
    other = await ada.create_conversation(ConversationRequest())
    odd.STEPS["enough"] = asyncio.Event()
    task = await ada.create_task(id, TaskRequest(runnable=Odd(does="floods")))
    await until(ada, id, lambda e: isinstance(e.detail, Note))
    assert (await do(ada, other.id, "hurries")).status is DONE
    odd.STEPS["enough"].set()
    await until(ada, id, is_end(task.id))
    flooded = await ada.get_task(id, task.id)
    where = EventFilter(task_id__eq=task.id, type__eq="Note")
    assert isinstance(flooded.result, int)
    assert await ada.count_events(id, where) == flooded.result + 1 > 1


async def test_a_flood_of_lines_is_few_rows_and_no_line_is_lost(ada: Participant, id: UUID) -> None:
    task = await ada.create_task(id, TaskRequest(runnable=Odd(does="prints")))
    events = of_task(await until(ada, id, is_end(task.id)), task.id)
    outputs = [e.detail.output for e in events if isinstance(e.detail, Output)]
    text = "".join(output.text for output in outputs if isinstance(output, Stream))
    assert text == "".join(f"{n}\n" for n in range(100_000))
    assert len(outputs) < 1000


async def test_progress_is_told_now_and_then_and_the_last_is_told(
    ada: Participant, id: UUID
) -> None:
    task = await ada.create_task(id, TaskRequest(runnable=Odd(does="hurries")))
    events = of_task(await until(ada, id, is_end(task.id)), task.id)
    told = [e.detail for e in events if isinstance(e.detail, TaskStatusUpdate)]
    running = [d for d in told if d.status is TaskStatus.RUNNING and d.progress is not None]
    assert 1 < len(running) < 20
    assert (running[-1].progress, running[-1].message) == (1.0, "1000 of 1000")
    assert (await ada.get_task(id, task.id)).progress == 1.0
