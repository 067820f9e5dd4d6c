"""What a dead server left behind, and what the next one makes of it."""

from __future__ import annotations

import asyncio
from uuid import UUID, uuid4

import pytest

from jupyter_conv.models import (
    ConversationRequest,
    ConversationStatus,
    Event,
    Task,
    TaskRequest,
    TaskStatus,
    TaskStatusUpdate,
    Ticker,
)
from jupyter_conv.service import ConversationService, Participant, Principal

from ..following import is_end, is_status, statuses, until
from . import odd
from .conftest import Open
from .odd import Steps

pytestmark = pytest.mark.asyncio
ADA = Principal("ada")


@pytest.fixture(autouse=True)
def _steps() -> None:
    odd.STEPS.clear()
    odd.ORDER.clear()


async def begin(service: ConversationService) -> tuple[Participant, UUID]:
    ada = service.participant(ADA)
    return ada, (await ada.create_conversation(ConversationRequest())).id


async def ask(ada: Participant, id: UUID, name: str, **more: object) -> Task:
    runnable = Steps(name=name, lane=more.pop("lane", None))  # type: ignore[arg-type]
    return await ada.create_task(id, TaskRequest(runnable=runnable, **more))  # type: ignore[arg-type]


async def running(ada: Participant, id: UUID, task: Task) -> None:
    await until(ada, id, is_status(task.id, TaskStatus.RUNNING))


async def test_an_orderly_stop_tells_what_ran_and_keeps_what_waits(open_service: Open) -> None:
    service = await open_service()
    ada, id = await begin(service)
    runs = await ask(ada, id, "runs", lane="one")
    waits = await ask(ada, id, "waits", lane="one")
    later = await ask(ada, id, "later", delay=600)
    await running(ada, id, runs)
    await service.aclose()
    assert odd.ORDER == ["runs begins", "runs ends"]

    ada = (await open_service()).participant(ADA)
    stopped = await ada.get_task(id, runs.id)
    assert (stopped.status, stopped.code) == (TaskStatus.ERROR, "interrupted")
    assert stopped.finished_at is not None
    await running(ada, id, waits)
    assert (await ada.get_task(id, later.id)).status is TaskStatus.PENDING
    assert odd.ORDER == ["runs begins", "runs ends", "waits begins"]


async def leave_behind(service: ConversationService, *killed: str) -> None:
    """Make the stopped service's tables say what those of a killed one would."""
    store = service._store

    def apply(connection: object) -> tuple[None, tuple[()]]:
        for statement in killed:
            connection.exec_driver_sql(statement)  # type: ignore[attr-defined]
        return None, ()

    await store.write(apply)


@pytest.mark.parametrize(
    ("left", "status", "code"),
    [
        ("RUNNING", TaskStatus.ERROR, "interrupted"),
        ("CANCELLING", TaskStatus.CANCELLED, None),
    ],
)
async def test_what_was_under_way_is_told(
    open_service: Open, left: str, status: TaskStatus, code: str | None
) -> None:
    service = await open_service()
    ada, id = await begin(service)
    task = await ask(ada, id, "later", delay=600)
    await leave_behind(service, f"UPDATE tasks SET status = '{left}', delay = 0")
    await service.aclose()

    ada = (await open_service()).participant(ADA)
    events = await until(ada, id, is_end(task.id))
    told = events[-1].detail
    assert isinstance(told, TaskStatusUpdate)
    assert (told.status, told.code) == (status, code)
    found = await ada.get_task(id, task.id)
    assert (found.status, found.code) == (status, code)
    assert found.finished_at is not None
    assert odd.ORDER == []


async def test_a_delay_counts_on_while_no_server_runs(open_service: Open) -> None:
    service = await open_service()
    ada, id = await begin(service)
    soon = await ask(ada, id, "soon", delay=600)
    later = await ask(ada, id, "later", delay=1200)
    await leave_behind(service, "UPDATE tasks SET created_at = created_at - 900 * 1000000")
    await service.aclose()

    ada = (await open_service()).participant(ADA)
    await running(ada, id, soon)
    assert (await ada.get_task(id, later.id)).status is TaskStatus.PENDING
    assert odd.ORDER == ["soon begins"]


async def test_what_was_being_finished_is_finished_and_nothing_of_it_begins(
    open_service: Open,
) -> None:
    service = await open_service()
    ada, id = await begin(service)
    waits = await ask(ada, id, "waits", delay=600)
    await leave_behind(
        service,
        "UPDATE tasks SET delay = 0",
        "UPDATE conversations SET status = 'DESTROYING'",
    )
    await service.aclose()

    ada = (await open_service()).participant(ADA)
    conversation = await ada.get_conversation(id)
    assert conversation.status is ConversationStatus.DESTROYED
    events = await until(ada, id, _destroyed)
    assert statuses(events, waits.id) == [TaskStatus.PENDING, TaskStatus.CANCELLED]
    assert odd.ORDER == []


def _destroyed(event: Event) -> bool:
    return getattr(event.detail, "status", None) == "DESTROYED"


async def test_a_task_whose_runtime_is_gone_ends_in_words(open_service: Open) -> None:
    service = await open_service()
    ada, id = await begin(service)
    task = await ask(ada, id, "later", delay=600)
    gone = '{"type": "Gone"}'
    await leave_behind(service, f"UPDATE tasks SET runnable = '{gone}', type = 'Gone'")
    await service.aclose()

    ada = (await open_service()).participant(ADA)
    found = await ada.get_task(id, task.id)
    assert (found.status, found.code) == (TaskStatus.ERROR, "unknown_runnable")


async def test_the_same_task_asked_for_many_times_at_once_is_one(open_service: Open) -> None:
    ada, id = await begin(await open_service())
    request = TaskRequest(runnable=Steps(name="once"), id=uuid4())
    asked = await asyncio.gather(*(ada.submit_task(id, request) for _ in range(20)))
    assert [created for _, created in asked].count(True) == 1
    assert {task.id for task, _ in asked} == {request.id}
    assert await ada.count_tasks(id) == 1
    await until(ada, id, is_status(request.id, TaskStatus.RUNNING))  # type: ignore[arg-type]
    odd.STEPS["once"].set()
    await until(ada, id, is_end(request.id))  # type: ignore[arg-type]
    assert odd.ORDER == ["once begins", "once ends"]


async def test_the_same_conversation_begun_many_times_at_once_is_one(open_service: Open) -> None:
    ada = (await open_service()).participant(ADA)
    request = ConversationRequest(id=uuid4())
    asked = await asyncio.gather(*(ada.begin_conversation(request) for _ in range(20)))
    assert [created for _, created in asked].count(True) == 1
    assert await ada.count_conversations() == 1
    await ada.create_task(asked[0][0].id, TaskRequest(runnable=Ticker(iterations=0)))
