"""The routes, as data: who asks what, where, and what may be answered.

The client builds its requests from them, the tests count guards and errors by them, and the documents of the API are
made of them. Paths are below the server's `base_url`; `{…}` is one segment, `{…*}` all that follow, or none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from urllib.parse import quote

from pydantic import Field

from . import errors
from .models import (
    AppConversation,
    AppConversationFilter,
    AppConversationPage,
    AppConversationStartRequest,
    AppConversationStartTask,
    AppConversationStartTaskPage,
    Conversation,
    ConversationFilter,
    ConversationOrder,
    ConversationPatch,
    ConversationRequest,
    ConversationSkills,
    Event,
    EventFilter,
    EventOrder,
    EventRequest,
    FileFilter,
    FileInfo,
    IdsQuery,
    Page,
    PageQuery,
    Request,
    StartTaskFilter,
    StartTaskOrder,
    Task,
    TaskFilter,
    TaskRequest,
    TextFileQuery,
)

__all__ = [
    "ROUTES",
    "SOCKETS",
    "AppConversationQuery",
    "ConversationQuery",
    "DeleteQuery",
    "EventQuery",
    "FileQuery",
    "RemoveQuery",
    "Route",
    "Socket",
    "SocketQuery",
    "StartTaskQuery",
    "TaskQuery",
    "route",
]

Method = Literal["GET", "POST", "PATCH", "DELETE"]
Action = Literal["read", "write", "execute"]
Error = type[errors.ConversationError]


class ConversationQuery(ConversationFilter, PageQuery):
    """The query of a list of conversations."""

    sort_order: ConversationOrder = ConversationOrder.CREATED_AT_DESC


class TaskQuery(TaskFilter, PageQuery):
    """The query of a list of tasks."""


class EventQuery(EventFilter, PageQuery):
    """The query of a list of events."""

    sort_order: EventOrder = EventOrder.SEQ


class DeleteQuery(Request):
    """The query of finishing a conversation."""

    purge: bool = False


class FileQuery(FileFilter, PageQuery):
    """The query of a list of files."""


class RemoveQuery(Request):
    """The query of removing a file."""

    recursive: bool = False


class AppConversationQuery(AppConversationFilter, PageQuery):
    """The query of a list of conversations in V1's words."""

    sort_order: ConversationOrder = ConversationOrder.CREATED_AT_DESC


class StartTaskQuery(StartTaskFilter, PageQuery):
    """The query of a list of starts."""

    sort_order: StartTaskOrder = StartTaskOrder.CREATED_AT_DESC


class SocketQuery(Request):
    """The query of a socket: the last `seq` that the participant has."""

    after_seq: Annotated[int, Field(ge=0)] | None = None


@dataclass(frozen=True)
class Route:
    """One verb over HTTP. `verb` is its name in `ConversationAPI`; `resource` what the authorizer is asked about.

    `takes` and `gives` are the types of the bodies, where there are any. A GET that gives anything but JSON takes
    `Range` and the conditional headers, and answers HEAD.
    """

    verb: str
    method: Method
    path: str
    summary: str
    response: Any
    status: tuple[int, ...] = (200,)
    query: type[Request] | None = None
    body: type[Request] | None = None
    resource: str = "conversation"
    errors: tuple[Error, ...] = ()
    takes: str = "application/json"
    gives: str = "application/json"

    def url(self, **values: object) -> str:
        """The path with its places filled, as it stands in a URL."""
        return _PLACE.sub(lambda found: _quoted(str(values[found[1]]), bool(found[2])), self.path)

    @property
    def auth_resource(self) -> str:
        """The resource's name for Jupyter Server's authorizer."""
        return f"jupyter_conv:{self.resource}"

    @property
    def action(self) -> Action:
        """What the authorizer is asked: reading or writing."""
        return "read" if self.method == "GET" else "write"


@dataclass(frozen=True)
class Socket:
    """One WebSocket. Frames out are `Event`s; frames in (where taken) make tasks, say events, cancel."""

    path: str
    summary: str
    takes_frames: bool
    resource: str
    admin: bool = False

    @property
    def auth_resource(self) -> str:
        """The resource's name for Jupyter Server's authorizer."""
        return f"jupyter_conv:{self.resource}"


_PLACE = re.compile(r"\{(\w+)(\*?)\}")


def _quoted(value: str, spans: bool) -> str:
    if not spans:
        return quote(value, safe="")
    found = "/".join(_quoted_name(name) for name in value.split("/"))
    return f"%2F{found[1:]}" if found.startswith("/") else found


def _quoted_name(name: str) -> str:
    # What a client or a proxy would take for a step in the path is not for them to take.
    return quote(name, safe="") if name.strip(".") else name.replace(".", "%2E")


_ONE = "/conversation/{conversation_id}"
_FOUND: tuple[Error, ...] = (errors.NotFoundError, errors.InvalidError)
_PAGED: tuple[Error, ...] = (errors.CursorError, errors.InvalidError)
_WRITES: tuple[Error, ...] = (
    errors.MalformedError,
    errors.ConflictError,
    errors.TooLargeError,
    errors.InvalidError,
    errors.UnavailableError,
)
_CHANGES_FILES: tuple[Error, ...] = (
    *_FOUND,
    errors.ConflictError,
    errors.ForbiddenError,
    errors.UnavailableError,
)

ROUTES: tuple[Route, ...] = (
    Route(
        "create_conversation",
        "POST",
        "/conversation",
        "Begin a conversation",
        Conversation,
        status=(201, 200),
        body=ConversationRequest,
        errors=(*_WRITES, errors.NotFoundError),
    ),
    Route(
        "list_conversations",
        "GET",
        "/conversation",
        "List conversations",
        Page[Conversation],
        query=ConversationQuery,
        errors=_PAGED,
    ),
    Route(
        "count_conversations",
        "GET",
        "/conversation-count",
        "Count conversations",
        int,
        query=ConversationFilter,
        errors=(errors.InvalidError,),
    ),
    Route("get_conversation", "GET", _ONE, "One conversation", Conversation, errors=_FOUND),
    Route(
        "update_conversation",
        "PATCH",
        _ONE,
        "Rename or tag a conversation",
        Conversation,
        body=ConversationPatch,
        errors=(*_WRITES, errors.NotFoundError),
    ),
    Route(
        "delete_conversation",
        "DELETE",
        _ONE,
        "Finish a conversation, or erase it",
        Conversation,
        query=DeleteQuery,
        errors=(*_FOUND, errors.UnavailableError),
    ),
    Route(
        "list_events",
        "GET",
        f"{_ONE}/event",
        "List events",
        Page[Event],
        query=EventQuery,
        errors=(*_PAGED, errors.NotFoundError),
    ),
    Route(
        "count_events",
        "GET",
        f"{_ONE}/event-count",
        "Count events",
        int,
        query=EventFilter,
        errors=_FOUND,
    ),
    Route("get_event", "GET", f"{_ONE}/event/{{event_id}}", "One event", Event, errors=_FOUND),
    Route(
        "create_event",
        "POST",
        f"{_ONE}/event",
        "Say something",
        Event,
        status=(201,),
        body=EventRequest,
        errors=(*_WRITES, errors.NotFoundError),
    ),
    Route(
        "list_tasks",
        "GET",
        f"{_ONE}/task",
        "List tasks",
        Page[Task],
        query=TaskQuery,
        resource="task",
        errors=(*_PAGED, errors.NotFoundError),
    ),
    Route(
        "count_tasks",
        "GET",
        f"{_ONE}/task-count",
        "Count tasks",
        int,
        query=TaskFilter,
        resource="task",
        errors=_FOUND,
    ),
    Route(
        "get_task",
        "GET",
        f"{_ONE}/task/{{task_id}}",
        "One task",
        Task,
        resource="task",
        errors=_FOUND,
    ),
    Route(
        "create_task",
        "POST",
        f"{_ONE}/task",
        "Ask for work",
        Task,
        status=(201, 200),
        body=TaskRequest,
        resource="task",
        errors=(*_WRITES, errors.NotFoundError, errors.QuotaError),
    ),
    Route(
        "cancel_task",
        "DELETE",
        f"{_ONE}/task/{{task_id}}",
        "Cancel a task",
        Task,
        status=(202, 200),
        resource="task",
        errors=(*_FOUND, errors.ConflictError, errors.UnavailableError),
    ),
    Route(
        "create_directory",
        "POST",
        f"{_ONE}/dir/{{path*}}",
        "Make a directory",
        FileInfo,
        status=(201, 200),
        resource="file",
        errors=(*_CHANGES_FILES, errors.QuotaError),
    ),
    Route(
        "touch_file",
        "POST",
        f"{_ONE}/file/{{path*}}",
        "Make an empty file, or give one the present time",
        FileInfo,
        status=(201, 200),
        resource="file",
        errors=(*_CHANGES_FILES, errors.QuotaError),
    ),
    Route(
        "upload_files",
        "POST",
        f"{_ONE}/upload/{{parent_path*}}",
        "Take files in, all or none",
        tuple[FileInfo, ...],
        status=(201,),
        resource="file",
        errors=(
            *_CHANGES_FILES,
            errors.QuotaError,
            errors.MalformedError,
            errors.TooLargeError,
            errors.UnsupportedError,
        ),
        takes="multipart/form-data",
    ),
    Route(
        "delete_file",
        "DELETE",
        f"{_ONE}/file/{{path*}}",
        "Remove a file, or a directory",
        None,
        status=(204,),
        query=RemoveQuery,
        resource="file",
        errors=_CHANGES_FILES,
    ),
    Route(
        "read_file",
        "GET",
        f"{_ONE}/file-content/{{path*}}",
        "A file's bytes",
        bytes,
        status=(200, 206, 304),
        resource="file",
        errors=(*_FOUND, errors.ConflictError, errors.ForbiddenError, errors.RangeError),
        gives="application/octet-stream",
    ),
    Route(
        "get_file",
        "GET",
        f"{_ONE}/file/{{path*}}",
        "What is told of a file",
        FileInfo,
        resource="file",
        errors=(*_FOUND, errors.ForbiddenError),
    ),
    Route(
        "list_files",
        "GET",
        f"{_ONE}/file-search",
        "List files",
        Page[FileInfo],
        query=FileQuery,
        resource="file",
        errors=(*_PAGED, errors.NotFoundError),
    ),
    Route(
        "count_files",
        "GET",
        f"{_ONE}/file-count",
        "Count files",
        int,
        query=FileFilter,
        resource="file",
        errors=_FOUND,
    ),
)

_APPS = "/api/v1/app-conversations"
_STARTS: tuple[Error, ...] = (*_WRITES, errors.NotFoundError, errors.QuotaError)

ROUTES += (
    Route(
        "search_app_conversations",
        "GET",
        f"{_APPS}/search",
        "List conversations, in V1's words",
        AppConversationPage,
        query=AppConversationQuery,
        errors=_PAGED,
    ),
    Route(
        "count_app_conversations",
        "GET",
        f"{_APPS}/count",
        "Count conversations",
        int,
        query=AppConversationFilter,
        errors=(errors.InvalidError,),
    ),
    Route(
        "get_app_conversations",
        "GET",
        _APPS,
        "Several conversations; null for what is not there",
        tuple[AppConversation | None, ...],
        query=IdsQuery,
        errors=(errors.InvalidError,),
    ),
    Route(
        "start_app_conversation",
        "POST",
        _APPS,
        "Start a conversation",
        AppConversationStartTask,
        body=AppConversationStartRequest,
        errors=_STARTS,
    ),
    Route(
        "stream_app_conversation_start",
        "POST",
        f"{_APPS}/stream-start",
        "Start a conversation, and tell each step as it comes",
        tuple[AppConversationStartTask, ...],
        body=AppConversationStartRequest,
        errors=_STARTS,
    ),
    Route(
        "search_start_tasks",
        "GET",
        f"{_APPS}/start-tasks/search",
        "List starts",
        AppConversationStartTaskPage,
        query=StartTaskQuery,
        errors=_PAGED,
    ),
    Route(
        "count_start_tasks",
        "GET",
        f"{_APPS}/start-tasks/count",
        "Count starts",
        int,
        query=StartTaskFilter,
        errors=(errors.InvalidError,),
    ),
    Route(
        "get_start_tasks",
        "GET",
        f"{_APPS}/start-tasks",
        "Several starts; null for what is not there",
        tuple[AppConversationStartTask | None, ...],
        query=IdsQuery,
        errors=(errors.InvalidError,),
    ),
    Route(
        "cancel_start_task",
        "DELETE",
        f"{_APPS}/start-tasks/{{start_task_id}}",
        "Cancel a start",
        AppConversationStartTask,
        status=(202, 200),
        errors=(*_FOUND, errors.UnavailableError),
    ),
    Route(
        "read_text_file",
        "GET",
        f"{_APPS}/{{conversation_id}}/file",
        "A file of the workspace as text",
        str,
        query=TextFileQuery,
        resource="file",
        errors=(
            *_FOUND,
            errors.ConflictError,
            errors.ForbiddenError,
            errors.TooLargeError,
            errors.UnsupportedError,
        ),
    ),
    Route(
        "list_skills",
        "GET",
        f"{_APPS}/{{conversation_id}}/skills",
        "The skills that a conversation has",
        ConversationSkills,
        errors=_FOUND,
    ),
)

SOCKETS: tuple[Socket, ...] = (
    Socket(_ONE, "Take part in a conversation", takes_frames=True, resource="conversation"),
    Socket("/conversation", "Begin a conversation and take part", True, "conversation"),
    Socket("/firehose", "Every event of every conversation", False, "firehose", admin=True),
)

_BY_VERB = {r.verb: r for r in ROUTES}


def route(verb: str) -> Route:
    """The route of a verb of `ConversationAPI`."""
    return _BY_VERB[verb]
