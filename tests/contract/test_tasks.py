"""Tasks, as any participant asks for them."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from jupyter_conv import ConversationAPI
from jupyter_conv.errors import ConflictError, InvalidError, NotFoundError
from jupyter_conv.models import (
    ConversationRequest,
    Output,
    PageQuery,
    PluginRunnable,
    Python,
    Shell,
    Stream,
    TaskFilter,
    TaskRequest,
    TaskStatus,
    TextPrompt,
    TextReply,
    Ticker,
    Wait,
)

from ..following import is_end, is_status, of_task, run, statuses, until

pytestmark = pytest.mark.asyncio


async def begin(api: ConversationAPI) -> UUID:
    return (await api.create_conversation(ConversationRequest())).id


async def test_a_ticker_from_start_to_end(api: ConversationAPI) -> None:
    id = await begin(api)
    runnable = Ticker(message="Hi", interval=0.01, iterations=3)
    task = await api.create_task(id, TaskRequest(runnable=runnable, title="Tickety Tock!"))
    events = await until(api, id, is_end(task.id))
    assert statuses(events, task.id) == [
        TaskStatus.PENDING,
        TaskStatus.RUNNING,
        TaskStatus.COMPLETED,
    ]
    said = [e.detail.text for e in of_task(events, task.id) if isinstance(e.detail, TextReply)]
    assert said == ["Hi"] * 3
    done = await api.get_task(id, task.id)
    assert (done.status, done.progress, done.title) == (TaskStatus.COMPLETED, 1.0, "Tickety Tock!")
    assert done.started_at is not None
    assert done.finished_at is not None
    assert done.created_at <= done.started_at <= done.finished_at
    assert done.runnable == runnable


async def test_a_command_that_fails(api: ConversationAPI) -> None:
    id = await begin(api)
    task = await run(api, id, TaskRequest(runnable=Shell(command="echo out; exit 7")))
    assert (task.status, task.code, task.result) == (
        TaskStatus.ERROR,
        "exit_code",
        {"exit_code": 7},
    )
    assert task.message is not None
    assert "7" in task.message


async def test_state_is_kept_between_python_tasks(api: ConversationAPI) -> None:
    id = await begin(api)
    first = await api.create_task(id, TaskRequest(runnable=Python(code="x = 20")))
    second = await api.create_task(id, TaskRequest(runnable=Python(code="x + 22")))
    events = await until(api, id, is_end(second.id))
    # One lane: the second did not begin before the first had ended.
    order = [e.seq for e in events if is_end(first.id)(e)]
    began = [e.seq for e in events if is_status(second.id, TaskStatus.RUNNING)(e)]
    assert order[0] is not None
    assert began[0] is not None
    assert order[0] < began[0]
    done = await api.get_task(id, second.id)
    assert isinstance(done.result, dict)
    assert done.result["text"] == "42"
    await api.delete_conversation(id)


async def test_idempotent_by_id(api: ConversationAPI) -> None:
    id, known = await begin(api), uuid4()
    request = TaskRequest(runnable=Ticker(interval=0, iterations=1), id=known)
    first = await api.create_task(id, request)
    await until(api, id, is_end(known))
    assert (await api.create_task(id, request)).id == first.id
    assert await api.count_tasks(id) == 1
    with pytest.raises(ConflictError):
        await api.create_task(id, TaskRequest(runnable=Wait(), id=known))
    with pytest.raises(ConflictError):
        await api.create_task(await begin(api), request)


async def test_cancel_goes_through_cancelling(api: ConversationAPI) -> None:
    id = await begin(api)
    command = "echo begun; trap '' INT; sleep 600"
    task = await api.create_task(id, TaskRequest(runnable=Shell(command=command)))
    await until(api, id, lambda e: isinstance(e.detail, Output) and _text(e.detail) == "begun\n")
    assert (await api.cancel_task(id, task.id)).status in (
        TaskStatus.CANCELLING,
        TaskStatus.CANCELLED,
    )
    events = await until(api, id, is_end(task.id))
    assert statuses(events, task.id)[-2:] == [TaskStatus.CANCELLING, TaskStatus.CANCELLED]
    again = await api.cancel_task(id, task.id)
    assert again.status is TaskStatus.CANCELLED


def _text(detail: Output) -> str:
    return detail.output.text if isinstance(detail.output, Stream) else ""


async def test_what_cannot_be_cancelled(api: ConversationAPI) -> None:
    id = await begin(api)
    for runnable in (Wait(timeout=0.5), Ticker(interval=0.5, iterations=1, cancellable=False)):
        task = await api.create_task(id, TaskRequest(runnable=runnable))
        with pytest.raises(ConflictError) as refused:
            await api.cancel_task(id, task.id)
        assert refused.value.code == "not_cancellable"
        await until(api, id, is_end(task.id))
        assert (await api.get_task(id, task.id)).status is TaskStatus.COMPLETED


async def test_delay_and_taking_back(api: ConversationAPI) -> None:
    id = await begin(api)
    later = await api.create_task(id, TaskRequest(runnable=Ticker(), delay=600))
    assert (later.status, later.code) == (TaskStatus.PENDING, "delayed")
    assert (await api.cancel_task(id, later.id)).status is TaskStatus.CANCELLED
    soon = await run(api, id, TaskRequest(runnable=Ticker(interval=0, iterations=1), delay=0.05))
    assert soon.status is TaskStatus.COMPLETED
    assert soon.started_at is not None
    assert (soon.started_at - soon.created_at).total_seconds() >= 0.05


async def test_timeout(api: ConversationAPI) -> None:
    id = await begin(api)
    task = await run(api, id, TaskRequest(runnable=Ticker(interval=600), timeout=0.05))
    assert (task.status, task.code) == (TaskStatus.ERROR, "timeout")


async def test_lists_and_counts(api: ConversationAPI) -> None:
    id = await begin(api)
    ended = [
        await run(api, id, TaskRequest(runnable=Ticker(interval=0, iterations=1))) for _ in range(3)
    ]
    pending = await api.create_task(id, TaskRequest(runnable=Wait(), delay=600))
    seen, page_id = [], None
    while True:
        page = await api.list_tasks(id, page=PageQuery(limit=2, page_id=page_id))
        seen += [task.id for task in page.results]
        page_id = page.next_page_id
        if page_id is None:
            break
    assert seen == [task.id for task in (*ended, pending)]
    for where, number in (
        (TaskFilter(), 4),
        (TaskFilter(status__eq=TaskStatus.COMPLETED), 3),
        (TaskFilter(type__eq="Wait"), 1),
        (TaskFilter(type__eq="Wait", status__eq=TaskStatus.COMPLETED), 0),
    ):
        assert await api.count_tasks(id, where) == number
        assert len((await api.list_tasks(id, where)).results) == number


async def test_what_cannot_run_is_refused_in_words(api: ConversationAPI) -> None:
    id = await begin(api)
    with pytest.raises(InvalidError, match="Shell") as unknown:
        await api.create_task(id, TaskRequest(runnable=PluginRunnable(type="Nope")))
    assert unknown.value.code == "unknown_runnable"
    with pytest.raises(InvalidError) as nobody:
        await api.create_task(id, TaskRequest(runnable=TextPrompt(text="Hello")))
    assert nobody.value.code == "no_agent"
    with pytest.raises(NotFoundError):
        await api.get_task(id, uuid4())
    with pytest.raises(NotFoundError):
        await api.cancel_task(id, uuid4())
    other = await begin(api)
    task = await api.create_task(other, TaskRequest(runnable=Ticker(interval=0)))
    with pytest.raises(NotFoundError):
        await api.get_task(id, task.id)


@pytest.mark.parametrize(
    ("runnable", "code"),
    [
        (Shell(command="no-such-command-anywhere"), "exit_code"),
        (Python(code="def f(:"), "error"),
        (Python(code="1/0"), "error"),
        (Python(code="1", kernel_name="no-such-kernel"), "no_such_kernel"),
    ],
)
async def test_bad_work_ends_in_words(
    api: ConversationAPI, runnable: Shell | Python, code: str
) -> None:
    id = await begin(api)
    task = await run(api, id, TaskRequest(runnable=runnable))
    assert (task.status, task.code) == (TaskStatus.ERROR, code)
    assert task.message
    await api.delete_conversation(id)
