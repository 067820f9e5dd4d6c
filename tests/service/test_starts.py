"""Starts, in process: real repositories, real scripts, real processes."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import sqlite3
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager, closing
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio

from jupyter_conv.errors import ConflictError, InvalidError, NotFoundError, QuotaError
from jupyter_conv.models import (
    AppConversationStartRequest,
    AppConversationStartTask,
    ConversationRequest,
    ConversationStatus,
    EventFilter,
    Message,
    Output,
    SandboxStatus,
    Shell,
    StartTaskStatus,
    Stream,
    TaskRequest,
    TaskStatus,
    Ticker,
    Wait,
    Workspace,
)
from jupyter_conv.runtimes import KernelPool
from jupyter_conv.runtimes.proctable import mark_of, snapshot
from jupyter_conv.service import ConversationService, Participant, Principal, Settings

from ..following import is_end, is_status, until

pytestmark = pytest.mark.asyncio

S = StartTaskStatus
STEPS = [status for status in S if status is not S.ERROR]
DEADLINE = 30


def git(*words: str, cwd: Path) -> None:
    """Run git as somebody."""
    who = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "HOME": str(cwd)}
    who |= {"GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b"}
    subprocess.run(
        ["git", *words], cwd=cwd, env={**os.environ, **who}, check=True, capture_output=True
    )


@pytest.fixture
def repository(tmp_path: Path) -> Callable[..., Path]:
    """Makes a repository with these files."""

    def make(**files: str) -> Path:
        path = tmp_path / f"repository-{uuid4().hex[:6]}"
        path.mkdir()
        git("init", "-q", "-b", "main", cwd=path)
        for name, text in {"README.md": "Read me", **files}.items():
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            (path / name).write_text(text)
        git("add", "-A", cwd=path)
        git("commit", "-q", "-m", "First", cwd=path)
        return path

    return make


@asynccontextmanager
async def opened(settings: Settings, **changes: object) -> AsyncIterator[ConversationService]:
    """A service with other settings."""
    service = await ConversationService.open(
        dataclasses.replace(settings, **changes), KernelPool.embedded()
    )
    try:
        yield service
    finally:
        await service.aclose()


async def start(api: Participant, **asked: object) -> list[AppConversationStartTask]:
    """Every state of a start."""
    request = AppConversationStartRequest.model_validate(asked)
    async with asyncio.timeout(DEADLINE):
        return [now async for now in api.stream_app_conversation_start(request)]


async def reach(api: Participant, status: S, **asked: object) -> AppConversationStartTask:
    """A start that has come so far."""
    begun = await api.start_app_conversation(AppConversationStartRequest.model_validate(asked))
    async with asyncio.timeout(DEADLINE), aclosing(api.follow_start(begun)) as told:
        async for now in told:
            if now.status is status:
                return now
    raise AssertionError(f"it ended before {status}")


async def end_of(api: Participant, begun: AppConversationStartTask) -> AppConversationStartTask:
    """Its last state."""
    async with asyncio.timeout(DEADLINE):
        return [now async for now in api.follow_start(begun)][-1]


async def texts(api: Participant, id: object) -> str:
    """What a conversation's steps put out."""
    page = await api.list_events(id, EventFilter(type__eq="Output"))  # type: ignore[arg-type]
    outputs = [event.detail.output for event in page.results if isinstance(event.detail, Output)]
    return "".join(output.text for output in outputs if isinstance(output, Stream))


def processes_with(mark: str) -> list[int]:
    """The living processes of a start."""
    return [pid for pid in snapshot() if mark in (mark_of(pid) or "")]


def workspace_of(settings: Settings, told: AppConversationStartTask) -> Path:
    return settings.workspaces / str(told.app_conversation_id)


async def test_every_step_is_told_and_kept(ada: Participant) -> None:
    told = await start(ada, title="T")
    assert [now.status for now in told] == STEPS
    assert await ada.get_start_tasks([told[0].id]) == (told[-1],)
    conversation = await ada.get_conversation(told[0].app_conversation_id)
    assert (conversation.status, conversation.title) == (ConversationStatus.READY, "T")


async def test_a_repository_is_cloned(
    ada: Participant, settings: Settings, repository: Callable[..., Path]
) -> None:
    files = {
        ".openhands/setup.sh": "echo setting up; echo $PWD > where",
        ".openhands/pre-commit.sh": "echo no >&2; exit 1",
        ".openhands/microagents/repo.md": "Be kind.",
    }
    source = repository(**files)
    git("branch", "other", cwd=source)
    told = await start(ada, selected_repository=str(source), selected_branch="other")
    assert told[-1].status is S.READY, told[-1].detail
    assert told[-1].detail == "1 skill"
    workspace = workspace_of(settings, told[-1])
    assert (workspace / "README.md").read_text() == "Read me"
    assert (workspace / "where").read_text().strip() == str(workspace)
    assert (workspace / ".git/HEAD").read_text().strip() == "ref: refs/heads/other"
    said = await texts(ada, told[-1].app_conversation_id)
    assert "Cloning into" in said
    assert "setting up" in said
    with pytest.raises(subprocess.CalledProcessError):
        git("commit", "--allow-empty", "-m", "Refused", cwd=workspace)
    (app,) = await ada.get_app_conversations([told[-1].app_conversation_id])
    assert app is not None
    assert (app.selected_repository, app.selected_branch) == (str(source), "other")
    skills = await ada.list_skills(told[-1].app_conversation_id)
    assert [skill.name for skill in skills.skills] == ["repo"]


async def test_a_hook_that_was_there_runs_first(
    ada: Participant, settings: Settings, repository: Callable[..., Path]
) -> None:
    (settings.root_dir / "own").mkdir()
    own = settings.root_dir / "own"
    git("init", "-q", cwd=own)
    (own / ".openhands").mkdir()
    (own / ".openhands/pre-commit.sh").write_text("echo ours >> ran")
    (own / ".git/hooks").mkdir(exist_ok=True)
    (own / ".git/hooks/pre-commit").write_text("#!/bin/sh\necho theirs >> ran\n")
    (own / ".git/hooks/pre-commit").chmod(0o755)
    for _ in range(2):
        await start(ada, workspace=Workspace(type="attached", path="own"))
    git("commit", "--allow-empty", "-m", "Checked", cwd=own)
    assert (own / "ran").read_text().split() == ["theirs", "ours"]


async def test_a_hook_is_not_written_through_a_link(ada: Participant, settings: Settings) -> None:
    own, outside = settings.root_dir / "own", settings.root_dir.parent / "outside"
    outside.mkdir()
    (own / ".openhands").mkdir(parents=True)
    (own / ".git").mkdir()
    (own / ".git/hooks").symlink_to(outside)
    (own / ".openhands/pre-commit.sh").write_text("true")
    told = await start(ada, workspace=Workspace(type="attached", path="own"))
    assert told[-1].status is S.READY
    assert list(outside.iterdir()) == []
    assert "not installed" in await texts(ada, told[-1].app_conversation_id)


async def test_a_script_behind_a_link_is_not_run(ada: Participant, settings: Settings) -> None:
    own, outside = settings.root_dir / "own", settings.root_dir.parent / "evil.sh"
    outside.write_text("touch ran")
    (own / ".openhands").mkdir(parents=True)
    (own / ".openhands/setup.sh").symlink_to(outside)
    told = await start(ada, workspace=Workspace(type="attached", path="own"))
    assert (told[-1].status, told[-1].code) == (S.ERROR, "path")
    assert not (own / "ran").exists()


async def test_a_step_that_fails_ends_in_error_with_its_output(
    ada: Participant, settings: Settings, tmp_path: Path, repository: Callable[..., Path]
) -> None:
    told = await start(ada, selected_repository=str(tmp_path / "nothing"), title="Fails")
    assert [now.status for now in told] == [*STEPS[:3], S.ERROR]
    assert told[-1].code == "clone_failed"
    assert "does not" in (told[-1].detail or "")
    failed = await ada.get_conversation(told[-1].app_conversation_id)
    assert failed.status is ConversationStatus.ERROR
    assert "Cloning failed" in (failed.message or "")
    source = repository(**{".jupyter_conv/setup.sh": "echo first; echo what is wrong >&2; exit 3"})
    told = await start(ada, selected_repository=str(source), selected_branch="main")
    assert (told[-1].status, told[-1].code) == (S.ERROR, "setup_failed")
    assert "exit code 3" in (told[-1].detail or "")
    assert "what is wrong" in (told[-1].detail or "")
    (app,) = await ada.get_app_conversations([told[-1].app_conversation_id])
    assert app is not None
    assert app.sandbox_status is SandboxStatus.ERROR


async def test_a_password_is_neither_kept_nor_told(ada: Participant, settings: Settings) -> None:
    url = "http://someone:secret@127.0.0.1:9/x.git"
    told = await start(ada, selected_repository=url)
    assert told[-1].status is S.ERROR
    assert "secret" not in "".join(now.model_dump_json() for now in told)
    assert "secret" not in await texts(ada, told[-1].app_conversation_id)
    assert b"secret" not in b"".join(p.read_bytes() for p in settings.data_dir.glob("*.db*"))


@pytest.mark.parametrize("what", ["clone", "setup"])
async def test_what_never_ends_is_timed_out(
    settings: Settings, what: str, silent: int, repository: Callable[..., Path]
) -> None:
    source = str(repository(**{".openhands/setup.sh": "echo $$; sleep 600 & sleep 600"}))
    asked = f"git://127.0.0.1:{silent}/x" if what == "clone" else source
    async with opened(settings, repository_timeout=1.0, setup_timeout=1.0) as service:
        api = service.participant(Principal("ada"))
        told = await start(api, selected_repository=asked)
        assert (told[-1].status, told[-1].code) == (S.ERROR, "timeout")
        assert "1 s" in (told[-1].detail or "")
        assert processes_with(str(told[-1].id)) == []


@pytest_asyncio.fixture
async def silent() -> AsyncIterator[int]:
    """A port where somebody listens and never says a word."""
    held: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(lambda _, writer: held.append(writer), "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()
    for writer in held:
        writer.close()


@pytest.mark.parametrize("step", [S.PREPARING_REPOSITORY, S.RUNNING_SETUP_SCRIPT])
async def test_a_hung_step_is_cancelled_and_nothing_is_left(
    ada: Participant, step: S, silent: int, repository: Callable[..., Path]
) -> None:
    script = "trap '' INT TERM; sleep 600 & setsid sleep 600 & wait"
    asked = f"git://127.0.0.1:{silent}/x"
    if step is S.RUNNING_SETUP_SCRIPT:
        asked = str(repository(**{".openhands/setup.sh": script}))
    begun = await reach(ada, step, selected_repository=asked)
    followed = asyncio.create_task(end_of(ada, begun))
    waiting = await ada.create_task(begun.app_conversation_id, TaskRequest(runnable=Ticker()))
    ended = await ada.cancel_start_task(begun.id)
    assert (ended.status, ended.code) == (S.ERROR, "cancelled")
    assert await followed == ended
    assert processes_with(str(begun.id)) == []
    task = await ada.get_task(begun.app_conversation_id, waiting.id)
    assert (task.status, task.code) == (TaskStatus.ERROR, "conversation_failed")
    assert await ada.cancel_start_task(begun.id) == ended


async def test_a_start_that_waits_for_its_place_is_cancelled(
    settings: Settings, silent: int
) -> None:
    async with opened(settings, max_running_starts=1, max_waiting_starts=2) as service:
        api = service.participant(Principal("ada"))
        hung = {"selected_repository": f"git://127.0.0.1:{silent}/x"}
        first = await reach(api, S.PREPARING_REPOSITORY, **hung)
        second = await reach(api, S.WAITING_FOR_SANDBOX)
        with pytest.raises(QuotaError):
            await start(api)
        assert (await api.cancel_start_task(second.id)).code == "cancelled"
        third = await reach(api, S.WAITING_FOR_SANDBOX)
        await api.cancel_start_task(first.id)
        assert (await end_of(api, third)).status is S.READY


async def test_who_goes_away_kills_nothing_and_others_may_follow(
    ada: Participant, repository: Callable[..., Path]
) -> None:
    source = repository(**{".openhands/setup.sh": "while [ ! -e go ]; do sleep 0.02; done"})
    asked = {"selected_repository": str(source), "conversation_id": uuid4()}
    request = AppConversationStartRequest.model_validate(asked)
    async with aclosing(ada.stream_app_conversation_start(request)) as told:
        async for now in told:
            if now.status is S.RUNNING_SETUP_SCRIPT:
                break
    other = asyncio.create_task(start(ada, **asked))
    await ada.create_task(now.app_conversation_id, TaskRequest(runnable=Shell(command="true")))
    (Path(ada._apps._sandbox.workspace(now.app_conversation_id, Workspace())) / "go").touch()
    assert [state.status for state in await other] == STEPS


async def test_tasks_wait_until_the_conversation_is_ready(
    ada: Participant, settings: Settings, repository: Callable[..., Path]
) -> None:
    source = repository(**{".openhands/setup.sh": "while [ ! -e go ]; do sleep 0.02; done"})
    begun = await reach(ada, S.RUNNING_SETUP_SCRIPT, selected_repository=str(source))
    id = begun.app_conversation_id
    assert (await ada.get_conversation(id)).status is ConversationStatus.CREATING
    made = [
        await ada.create_task(
            id, TaskRequest(runnable=Shell(command=f"echo {n} >> order"), delay=d)
        )
        for n, d in ((1, 0), (2, 0.05))
    ]
    taken_back = await ada.create_task(id, TaskRequest(runnable=Wait()))
    assert {task.code for task in made} == {"creating"}
    assert (await ada.cancel_task(id, taken_back.id)).status is TaskStatus.CANCELLED
    (workspace_of(settings, begun) / "go").touch()
    for task in made:
        await until(ada, id, is_end(task.id))
        assert (await ada.get_task(id, task.id)).status is TaskStatus.COMPLETED
    assert (await ada.get_task(id, taken_back.id)).status is TaskStatus.CANCELLED
    assert sorted((workspace_of(settings, begun) / "order").read_text().split()) == ["1", "2"]


async def test_finishing_ends_the_start(ada: Participant, silent: int) -> None:
    begun = await reach(
        ada, S.PREPARING_REPOSITORY, selected_repository=f"git://127.0.0.1:{silent}/x"
    )
    waiting = await ada.create_task(begun.app_conversation_id, TaskRequest(runnable=Ticker()))
    finished = await ada.delete_conversation(begun.app_conversation_id)
    assert finished.status is ConversationStatus.DESTROYED
    assert (await end_of(ada, begun)).code == "cancelled"
    task = await ada.get_task(begun.app_conversation_id, waiting.id)
    assert task.status is TaskStatus.CANCELLED
    await ada.delete_conversation(begun.app_conversation_id, purge=True)
    assert await ada.get_start_tasks([begun.id]) == (None,)
    assert processes_with(str(begun.id)) == []


async def test_stopping_the_service_interrupts(settings: Settings, silent: int) -> None:
    async with opened(settings) as service:
        api = service.participant(Principal("ada"))
        hung = f"git://127.0.0.1:{silent}/x"
        begun = await reach(api, S.PREPARING_REPOSITORY, selected_repository=hung)
        waiting = await api.create_task(begun.app_conversation_id, TaskRequest(runnable=Ticker()))
    async with opened(settings) as service:
        api = service.participant(Principal("ada"))
        (told,) = await api.get_start_tasks([begun.id])
        assert told is not None
        assert (told.status, told.code) == (S.ERROR, "interrupted")
        task = await api.get_task(begun.app_conversation_id, waiting.id)
        assert task.status is TaskStatus.ERROR


async def test_the_first_message_is_in_the_log(ada: Participant) -> None:
    told = await start(ada, initial_message="Hello")
    page = await ada.list_events(told[-1].app_conversation_id)
    said = [event.detail.content for event in page.results if isinstance(event.detail, Message)]
    assert said == ["Hello"]
    assert await ada.count_tasks(told[-1].app_conversation_id) == 0  # there is no agent


async def test_sub_conversations_inherit(
    ada: Participant, settings: Settings, repository: Callable[..., Path]
) -> None:
    source = repository()
    (parent,) = (
        await start(ada, selected_repository=str(source), llm_model="m", agent_type="plan")
    )[-1:]
    (child,) = (await start(ada, parent_conversation_id=parent.app_conversation_id))[-1:]
    assert (workspace_of(settings, child) / "README.md").exists()
    assert child.request.llm_model == "m"
    assert (await ada.get_conversation(child.app_conversation_id)).agent == "plan"
    (settings.root_dir / "shared").mkdir()
    attached = Workspace(type="attached", path="shared")
    (parent,) = (await start(ada, workspace=attached))[-1:]
    (child,) = (await start(ada, parent_conversation_id=parent.app_conversation_id))[-1:]
    assert (await ada.get_conversation(child.app_conversation_id)).workspace == attached


async def test_finishing_a_parent_finishes_its_children(ada: Participant) -> None:
    parent = await ada.create_conversation(ConversationRequest())
    line = [parent.id]
    for _ in range(3):
        (told,) = (await start(ada, parent_conversation_id=line[-1]))[-1:]
        line.append(told.app_conversation_id)
    running = await ada.create_task(line[-1], TaskRequest(runnable=Ticker(interval=60)))
    await until(ada, line[-1], is_status(running.id, TaskStatus.RUNNING))
    await ada.delete_conversation(parent.id)
    for id in line:
        assert (await ada.get_conversation(id)).status is ConversationStatus.DESTROYED
    with pytest.raises(ConflictError, match="nothing new"):
        await start(ada, parent_conversation_id=parent.id)
    await ada.delete_conversation(parent.id, purge=True)
    for id in line:
        with pytest.raises(NotFoundError):
            await ada.get_conversation(id)


async def test_a_repository_needs_an_empty_directory(
    ada: Participant, settings: Settings, repository: Callable[..., Path]
) -> None:
    (settings.root_dir / "full").mkdir()
    (settings.root_dir / "full/file").touch()
    with pytest.raises(ConflictError, match="empty"):
        await start(
            ada,
            selected_repository=str(repository()),
            workspace=Workspace(type="attached", path="full"),
        )


async def test_short_names_where_they_are_configured(
    settings: Settings, repository: Callable[..., Path]
) -> None:
    source = repository()
    async with opened(settings, git_base_url=f"file://{source.parent.parent}") as service:
        api = service.participant(Principal("ada"))
        name = f"{source.parent.name}/{source.name}"
        told = await start(api, selected_repository=name)
        assert told[-1].status is S.READY, told[-1].detail
        assert told[-1].request.selected_repository == name
    async with opened(settings) as service:
        with pytest.raises(InvalidError, match="git_base_url"):
            await start(service.participant(Principal("ada")), selected_repository=name)


async def test_what_is_somebody_elses_is_not_there(
    ada: Participant, bob: Participant, admin: Participant
) -> None:
    (told,) = (await start(ada, title="Hers"))[-1:]
    assert await bob.get_start_tasks([told.id]) == (None,)
    assert await bob.get_app_conversations([told.app_conversation_id]) == (None,)
    assert (await bob.search_start_tasks()).items == ()
    assert (await bob.search_app_conversations()).items == ()
    assert await bob.count_start_tasks() == await bob.count_app_conversations() == 0
    for asking in (
        bob.cancel_start_task(told.id),
        bob.list_skills(told.app_conversation_id),
        start(bob, parent_conversation_id=told.app_conversation_id),
    ):
        with pytest.raises(NotFoundError):
            await asking
    assert await admin.get_start_tasks([told.id]) == (told,)
    assert await admin.count_start_tasks() == 1


@pytest.mark.parametrize("status", STEPS[:-1])
async def test_whatever_its_step_an_unfinished_start_ends_at_boot(
    settings: Settings, status: S
) -> None:
    async with opened(settings) as service:
        told = (await start(service.participant(Principal("ada")), title="Cut off"))[-1]
    with closing(sqlite3.connect(settings.data_dir / "conversations.db")) as database, database:
        database.execute("UPDATE starts SET status = ?, finished_at = NULL", [status])
        database.execute("UPDATE conversations SET status = 'CREATING'")
    async with opened(settings) as service:
        api = service.participant(Principal("ada"))
        (now,) = await api.get_start_tasks([told.id])
        assert now is not None
        assert (now.status, now.code) == (S.ERROR, "interrupted")
        conversation = await api.get_conversation(told.app_conversation_id)
        assert conversation.status is ConversationStatus.ERROR
        assert (await api.delete_conversation(conversation.id)).status.value == "DESTROYED"


async def test_what_runs_is_told(ada: Participant) -> None:
    told = (await start(ada))[-1]
    running = await ada.create_task(told.app_conversation_id, TaskRequest(runnable=Ticker()))
    await until(ada, told.app_conversation_id, is_status(running.id, TaskStatus.RUNNING))
    (app,) = await ada.get_app_conversations([told.app_conversation_id])
    assert app is not None
    assert app.execution_status == "running"
    await ada.cancel_task(told.app_conversation_id, running.id)
    await ada.delete_conversation(told.app_conversation_id)
    (app,) = await ada.get_app_conversations([told.app_conversation_id])
    assert app is not None
    assert (app.sandbox_status, app.execution_status) == (SandboxStatus.MISSING, None)
