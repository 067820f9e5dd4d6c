"""The V1 door, from outside."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from jupyter_conv.models import AppConversationFilter, StartTaskFilter, StartTaskStatus

from ..serving import TOKEN, RunningServer

APPS = "api/v1/app-conversations"
STEPS = [status for status in StartTaskStatus if status is not StartTaskStatus.ERROR]


@pytest.fixture(scope="module")
def http(server: RunningServer) -> Iterator[httpx.Client]:
    """A client that holds the token."""
    headers = {"Authorization": f"token {TOKEN}"}
    with httpx.Client(base_url=server.url, headers=headers, timeout=60) as client:
        yield client


def stream(http: httpx.Client, body: dict[str, Any], accept: str = "*/*") -> httpx.Response:
    """The whole of a stream-start."""
    return http.post(f"{APPS}/stream-start", json=body, headers={"Accept": accept})


def started(http: httpx.Client, **body: Any) -> dict[str, Any]:
    """The last state of a start."""
    last: dict[str, Any] = stream(http, body).json()[-1]
    return last


def test_a_stream_is_one_array_and_every_step_is_in_it(http: httpx.Client) -> None:
    answer = stream(http, {"title": "Streamed"})
    assert answer.headers["content-type"] == "application/json"
    assert answer.text.startswith("[\n{")
    told = answer.json()
    assert [one["status"] for one in told] == STEPS
    assert {one["app_conversation_id"] for one in told} == {told[0]["app_conversation_id"]}
    assert told[0]["agent_server_url"] is None
    assert told[-1]["agent_server_url"] == "/"


def test_a_stream_is_lines_where_asked(http: httpx.Client) -> None:
    answer = stream(http, {}, "application/x-ndjson")
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert [json.loads(line)["status"] for line in answer.text.splitlines()] == STEPS


def test_what_is_started_is_a_conversation(http: httpx.Client) -> None:
    told = started(
        http,
        title="Mine",
        llm_model="gpt-x",
        trigger="gui",
        pr_number=[7],
        tags={"a": "b"},
        initial_message={"role": "user", "content": [{"type": "text", "text": "Hello"}]},
    )
    id = told["app_conversation_id"]
    (app,) = http.get(APPS, params={"ids": id}).json()
    assert (app["title"], app["llm_model"], app["trigger"]) == ("Mine", "gpt-x", "gui")
    assert (app["pr_number"], app["tags"]) == ([7], {"a": "b"})
    assert (app["sandbox_status"], app["execution_status"]) == ("RUNNING", "idle")
    assert app["conversation_url"] == f"/conversation/{id}"
    assert "session_api_key" not in app
    assert http.get(app["conversation_url"]).json()["status"] == "READY"
    events = http.get(f"conversation/{id}/event").json()["results"]
    said = [event["detail"].get("status") or event["detail"]["content"] for event in events]
    assert said == ["CREATING", "Hello", "READY"]


def test_post_answers_at_once_and_the_start_goes_on(http: httpx.Client) -> None:
    told = http.post(APPS, json={"title": "Detached"}).json()
    assert told["status"] == "WORKING"
    follow = stream(http, {"conversation_id": told["app_conversation_id"], "title": "Detached"})
    assert follow.json()[-1]["status"] == "READY"
    assert follow.json()[-1]["id"] == told["id"]


def test_the_same_request_starts_nothing_new(http: httpx.Client) -> None:
    body = {"conversation_id": str(uuid4()), "title": "Asked twice"}
    first, again = started(http, **body), http.post(APPS, json=body).json()
    assert again["id"] == first["id"]
    other = http.post(APPS, json={**body, "llm_model": "another"})
    assert (other.status_code, other.json()["code"]) == (409, "id_taken")
    plain = http.post("conversation", json={"id": str(uuid4())}).json()
    assert http.post(APPS, json={"conversation_id": plain["id"]}).status_code == 409


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"selected_repository": "owner/name"}, 422, "repository"),
        ({"selected_repository": "ext::sh -c id"}, 422, "repository"),
        ({"selected_repository": "--upload-pack=id"}, 422, "invalid"),
        ({"selected_repository": "./../../etc"}, 422, "path"),
        ({"selected_branch": "main"}, 422, "repository"),
        ({"selected_repository": "/tmp/x", "selected_branch": "--help"}, 422, "invalid"),
        ({"selected_repository": "/tmp/x", "selected_branch": "a b"}, 422, "invalid"),
        ({"parent_conversation_id": str(uuid4())}, 404, "not_found"),
        ({"parent_conversation_id": "x"}, 422, "invalid"),
        ({"workspace": {"type": "attached", "path": "../.."}}, 422, "path"),
        ({"initial_message": {"content": []}}, 422, "invalid"),
        ({"initial_message": {"content": [{"type": "image"}]}}, 422, "invalid"),
        ({"session_api_key": "x"}, 422, "invalid"),
        ({"title": ""}, 422, "invalid"),
        ([], 422, "invalid"),
    ],
)
@pytest.mark.parametrize("path", [APPS, f"{APPS}/stream-start"])
def test_what_can_be_refused_is_refused_before_the_first_byte(
    http: httpx.Client, path: str, body: Any, status: int, code: str
) -> None:
    answer = http.post(path, json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["message"]


@pytest.mark.parametrize("path", ["search", "start-tasks/search"])
@pytest.mark.parametrize(("limit", "status"), [("0", 422), ("1", 200), ("100", 200), ("101", 422)])
def test_limits(http: httpx.Client, path: str, limit: str, status: int) -> None:
    answer = http.get(f"{APPS}/{path}", params={"limit": limit})
    assert answer.status_code == status
    if status == 200:
        assert len(answer.json()["items"]) <= int(limit)


@pytest.mark.parametrize("path", ["search", "start-tasks/search"])
@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"limit": "abc"}, 422),
        ({"page_id": "x"}, 400),
        ({"page_id": ""}, 400),
        ({"sort_order": "SIDEWAYS"}, 422),
        ({"created_at__gte": "yesterday"}, 422),
        ({"unknown": "1"}, 422),
    ],
)
def test_bad_queries(http: httpx.Client, path: str, query: dict[str, str], status: int) -> None:
    assert http.get(f"{APPS}/{path}", params=query).status_code == status


@pytest.mark.parametrize("path", [APPS, f"{APPS}/start-tasks"])
def test_ids(http: httpx.Client, path: str) -> None:
    start = started(http)
    known = start["id"] if path.endswith("tasks") else start["app_conversation_id"]

    def get(*ids: str) -> httpx.Response:
        return http.get(path, params={"ids": list(ids)})

    others = [str(uuid4()) for _ in range(99)]
    assert [one and one["id"] for one in get(*others[:1], known, known).json()] == [
        None,
        known,
        known,
    ]
    assert [one and one["id"] for one in get(*others, UUID(known).hex).json()] == [None] * 99 + [
        known
    ]
    assert len(get(*others).json()) == 99
    for bad in ([*others, known, known], ["x"], []):
        assert get(*bad).status_code == 422


def test_search_and_count_hold_the_same_rows(http: httpx.Client) -> None:
    mark = uuid4().hex
    parent = started(http, title=f"{mark} parent")["app_conversation_id"]
    child = started(http, title=f"{mark} child", parent_conversation_id=parent)
    http.post("conversation", json={"title": f"{mark} plain"})
    for query, number in (
        ({"title__contains": mark.upper()}, 2),
        ({"title__contains": mark, "include_sub_conversations": "true"}, 3),
        ({"title__contains": mark, "created_at__lt": child["created_at"]}, 1),
        ({"title__contains": mark, "updated_at__gte": "2100-01-01T00:00:00Z"}, 0),
    ):
        assert set(query) <= set(AppConversationFilter.model_fields)
        assert len(http.get(f"{APPS}/search", params=query).json()["items"]) == number
        assert http.get(f"{APPS}/count", params=query).json() == number
    (app,) = http.get(APPS, params={"ids": parent}).json()
    assert app["sub_conversation_ids"] == [child["app_conversation_id"]]


@pytest.mark.parametrize("order", ["TITLE", "TITLE_DESC", "CREATED_AT", "UPDATED_AT_DESC"])
def test_pages_in_every_order_hold_every_row_once(http: httpx.Client, order: str) -> None:
    mark = uuid4().hex
    titles = [f"{mark} {letter}" for letter in "cabcé"]
    for title in titles:
        started(http, title=title)
    seen: list[str] = []
    query = {"title__contains": mark, "limit": "2", "sort_order": order}
    while True:
        page = http.get(f"{APPS}/search", params=query).json()
        seen += [item["title"] for item in page["items"]]
        if page["next_page_id"] is None:
            break
        query["page_id"] = page["next_page_id"]
    wanted = {"TITLE": sorted(titles), "TITLE_DESC": sorted(titles, reverse=True)}
    assert seen == wanted.get(order, titles if order == "CREATED_AT" else titles[::-1])
    strange = http.get(f"{APPS}/search", params={**query, "sort_order": "CREATED_AT_DESC"})
    assert order == "CREATED_AT_DESC" or strange.status_code in (200, 400)


def test_starts_are_searched_and_counted(http: httpx.Client) -> None:
    start = started(http, title="Searched")
    query = {"conversation_id__eq": start["app_conversation_id"]}
    assert set(query) <= set(StartTaskFilter.model_fields)
    assert http.get(f"{APPS}/start-tasks/search", params=query).json()["items"] == [start]
    assert http.get(f"{APPS}/start-tasks/count", params=query).json() == 1
    late = {**query, "created_at__gte": "2100-01-01T00:00:00Z"}
    assert http.get(f"{APPS}/start-tasks/search", params=late).json()["items"] == []
    assert http.get(f"{APPS}/start-tasks/count", params=late).json() == 0


def test_a_start_that_has_ended_is_not_cancelled(http: httpx.Client) -> None:
    start = started(http)
    answer = http.delete(f"{APPS}/start-tasks/{start['id']}")
    assert (answer.status_code, answer.json()) == (200, start)
    assert http.delete(f"{APPS}/start-tasks/{uuid4()}").status_code == 404
    assert http.delete(f"{APPS}/start-tasks/x").status_code == 422


def test_anonymous_callers_learn_nothing(server: RunningServer, http: httpx.Client) -> None:
    start = started(http)
    id = start["app_conversation_id"]
    answers = set()
    with httpx.Client(base_url=server.url) as anonymous:
        for asked in (id, str(uuid4())):
            for path in (
                "search",
                "count",
                "start-tasks/search",
                "start-tasks/count",
                f"{asked}/skills",
                f"{asked}/file",
            ):
                answers.add(anonymous.get(f"{APPS}/{path}").status_code)
            answers.add(anonymous.get(APPS, params={"ids": asked}).status_code)
            answers.add(anonymous.get(f"{APPS}/start-tasks", params={"ids": asked}).status_code)
        answers.add(anonymous.delete(f"{APPS}/start-tasks/{start['id']}").status_code)
        answers.add(anonymous.post(APPS, json={}).status_code)
        answers.add(anonymous.post(f"{APPS}/stream-start", json={}).status_code)
    assert answers == {403}


def test_paths_that_are_nothing(http: httpx.Client) -> None:
    for path in ("nothing", f"{uuid4()}/nothing", "start-tasks/x/y"):
        answer = http.get(f"{APPS}/{path}")
        assert (answer.status_code, set(answer.json())) == (
            404,
            {"code", "message", "reason", "detail"},
        )


def test_a_file_as_text(server: RunningServer, http: httpx.Client) -> None:
    id = started(http)["app_conversation_id"]
    workspace = server.data_dir / "workspaces" / id
    (workspace / "folder").mkdir()
    (workspace / "PLAN.md").write_text("Ein Plan – 計画\n")
    (workspace / "empty").touch()
    (workspace / "exact").write_bytes(b"x" * (1 << 20))
    (workspace / "large").write_bytes(b"x" * ((1 << 20) + 1))
    (workspace / "bytes").write_bytes(b"\xff\xfe")
    os.mkfifo(workspace / "pipe")
    (workspace / "inside").symlink_to("PLAN.md")
    (workspace / "outside").symlink_to("/etc/hostname")
    (workspace / "up").symlink_to("..")

    def get(**query: str) -> httpx.Response:
        return http.get(f"{APPS}/{id}/file", params=query)

    assert get().json() == "Ein Plan – 計画\n"
    assert get(file_path="/workspace/project/PLAN.md").json() == "Ein Plan – 計画\n"
    assert get(file_path="inside").json() == "Ein Plan – 計画\n"
    assert get(file_path="empty").json() == ""
    assert len(get(file_path="exact").json()) == 1 << 20
    for path, status in {
        "missing": 404,
        "PLAN.md/x": 404,
        "folder": 409,
        "": 422,
        ".": 409,
        "large": 413,
        "bytes": 415,
        "pipe": 409,
        "..": 422,
        "../../conversations.db": 422,
        "/etc/passwd": 422,
        "outside": 422,
        "up/conversations.db": 422,
        "a\0b": 422,
        "x" * 5000: 422,
    }.items():
        answer = get(file_path=path)
        assert (path[:50], answer.status_code) == (path[:50], status)
        assert set(answer.json()) == {"code", "message", "reason", "detail"}
        assert "/etc/hostname" not in answer.text
        assert str(server.home) not in answer.text
    assert http.get(f"{APPS}/{uuid4()}/file").status_code == 404
    assert http.get(f"{APPS}/x/file").status_code == 422


def test_the_skills_of_a_conversation(server: RunningServer, http: httpx.Client) -> None:
    id = started(http)["app_conversation_id"]
    skills = server.data_dir / "workspaces" / id / ".openhands" / "skills"
    skills.mkdir(parents=True)
    (skills / "git.md").write_text("---\ntriggers: [git]\n---\nUse branches.")
    (skills / "broken.md").write_text("---\ntriggers: {\n---\n")
    told = http.get(f"{APPS}/{id}/skills").json()
    (git,) = told["skills"]
    assert (git["name"], git["type"], git["triggers"]) == ("git", "knowledge", ["git"])
    assert git["content"] == "Use branches."
    assert [error["path"] for error in told["errors"]] == [".openhands/skills/broken.md"]
    assert http.get(f"{APPS}/{uuid4()}/skills").status_code == 404
    assert http.get(f"{APPS}/x/skills").status_code == 422
