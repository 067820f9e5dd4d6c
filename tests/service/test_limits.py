"""Lanes, the limit on running tasks, the quota, and who is let in however many are remembered."""

from __future__ import annotations

import asyncio
from uuid import UUID, uuid4

import pytest

from jupyter_conv.errors import NotFoundError, QuotaError
from jupyter_conv.models import ConversationRequest, Task, TaskRequest, TaskStatus
from jupyter_conv.service import Participant, Principal, conversations

from ..following import is_end, is_status, until
from . import odd
from .conftest import Open
from .odd import Steps

pytestmark = pytest.mark.asyncio
ADA = Principal("ada")


@pytest.fixture(autouse=True)
def _steps() -> None:
    odd.STEPS.clear()
    odd.ORDER.clear()


async def ask(ada: Participant, id: UUID, name: str, lane: str | None = None) -> Task:
    return await ada.create_task(id, TaskRequest(runnable=Steps(name=name, lane=lane)))


async def runs(ada: Participant, id: UUID, task: Task) -> None:
    await until(ada, id, is_status(task.id, TaskStatus.RUNNING))


async def step(ada: Participant, id: UUID, task: Task, name: str) -> None:
    """Let it end, and wait until that is told."""
    await runs(ada, id, task)
    odd.STEPS.setdefault(name, asyncio.Event()).set()
    await until(ada, id, is_end(task.id))


async def begin(open_service: Open, **settings: object) -> tuple[Participant, UUID]:
    ada = (await open_service(**settings)).participant(ADA)
    return ada, (await ada.create_conversation(ConversationRequest())).id


async def test_a_lane_keeps_its_order_and_lets_others_by(open_service: Open) -> None:
    ada, id = await begin(open_service)
    other = (await ada.create_conversation(ConversationRequest())).id
    tasks = [await ask(ada, id, f"{n}", "one") for n in range(4)]
    assert [task.code for task in tasks] == [None, "queued", "queued", "queued"]
    beside = await ask(ada, id, "beside", "two")
    elsewhere = await ask(ada, other, "elsewhere", "one")
    free = await ask(ada, id, "free")
    for where, task in ((id, beside), (other, elsewhere), (id, free)):
        await runs(ada, where, task)
    await ada.cancel_task(id, tasks[2].id)
    for n in (0, 1, 3):
        await step(ada, id, tasks[n], f"{n}")
    lane = [step for step in odd.ORDER if step[0].isdigit()]
    assert lane == [f"{n} {what}" for n in (0, 1, 3) for what in ("begins", "ends")]
    assert (await ada.get_task(id, tasks[2].id)).status is TaskStatus.CANCELLED


async def test_above_the_limit_tasks_wait_their_turn(open_service: Open) -> None:
    ada, id = await begin(open_service, max_running_tasks=2)
    tasks = [await ask(ada, id, f"{n}") for n in range(5)]
    assert [task.code for task in tasks] == [None, None, "queued", "queued", "queued"]
    await ada.cancel_task(id, tasks[3].id)
    for n in (1, 0, 2, 4):
        await step(ada, id, tasks[n], f"{n}")
    at_once = most = 0
    for word in odd.ORDER:
        at_once += 1 if word.endswith("begins") else -1
        most = max(most, at_once)
    assert most == 2
    began = [word[0] for word in odd.ORDER if word.endswith("begins")]
    assert sorted(began[:2]) == ["0", "1"]
    assert began[2:] == ["2", "4"]


async def test_a_lane_that_waits_for_the_limit_loses_nobody(open_service: Open) -> None:
    ada, id = await begin(open_service, max_running_tasks=1)
    busy = await ask(ada, id, "busy")
    first, second = await ask(ada, id, "first", "one"), await ask(ada, id, "second", "one")
    await ada.cancel_task(id, first.id)
    await step(ada, id, busy, "busy")
    await step(ada, id, second, "second")


async def test_the_quota_is_said_and_a_task_that_was_taken_is_found(open_service: Open) -> None:
    ada, id = await begin(open_service, max_waiting_tasks=2)
    first = TaskRequest(runnable=Steps(name="first"), id=uuid4())
    await ada.create_task(id, first)
    second = await ask(ada, id, "second")
    with pytest.raises(QuotaError, match="ask again"):
        await ask(ada, id, "third")
    assert (await ada.submit_task(id, first))[1] is False
    await step(ada, id, second, "second")
    await ask(ada, id, "third")
    assert await ada.count_tasks(id) == 3


async def test_who_is_forgotten_is_looked_up_and_not_let_in_for_it(
    open_service: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversations, "KNOWN", 3)
    service = await open_service()
    ada, bob = service.participant(ADA), service.participant(Principal("bob"))
    mine = [(await ada.create_conversation(ConversationRequest())).id for _ in range(6)]
    for _ in range(2):
        for id in mine:
            assert (await ada.get_conversation(id)).id == id
            with pytest.raises(NotFoundError):
                await bob.get_conversation(id)
            with pytest.raises(NotFoundError):
                await bob.count_events(id)
    await ada.delete_conversation(mine[0], purge=True)
    theirs = await bob.create_conversation(ConversationRequest(id=mine[0]))
    with pytest.raises(NotFoundError):
        await ada.get_conversation(theirs.id)
    assert await bob.count_events(theirs.id) == 2
