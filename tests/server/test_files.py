"""Files over plain HTTP: ranges, conditions, headers, quotas, senders that go away."""

from __future__ import annotations

import http.client
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil
import pytest

from ..serving import TOKEN, RunningServer

BODY = bytes(range(200))
HEADERS = {"Authorization": f"token {TOKEN}"}


class Answer:
    def __init__(self, answer: http.client.HTTPResponse) -> None:
        self.status, self.headers, self.body = answer.status, answer.headers, answer.read()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def ask(
    server: RunningServer,
    method: str,
    path: str,
    body: bytes | None = None,
    *,
    anonymous: bool = False,
    **headers: str,
) -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, body, ({} if anonymous else HEADERS) | sent)
    try:
        return Answer(connection.getresponse())
    finally:
        connection.close()


def begin(server: RunningServer) -> str:
    return str(ask(server, "POST", "/conversation", b"{}").json["id"])


def form(*files: tuple[str, bytes], boundary: str = "b") -> bytes:
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="f"; filename="{name}"\r\n\r\n'.encode()
        + body
        + b"\r\n"
        for name, body in files
    ]
    return b"".join(parts) + f"--{boundary}--\r\n".encode()


def upload(server: RunningServer, id: str, body: bytes, path: str = "") -> Answer:
    kind = "multipart/form-data; boundary=b"
    return ask(server, "POST", f"/conversation/{id}/upload/{path}", body, Content_Type=kind)


def listing(server: RunningServer, id: str) -> list[str]:
    told = ask(server, "GET", f"/conversation/{id}/file-search?path_delimiter=").json
    return [info["path"] for info in told["results"]]


def workspace(server: RunningServer, id: str) -> Path:
    return server.data_dir / "workspaces" / id


@pytest.fixture(scope="module")
def file(server: RunningServer) -> str:
    """The path of a file's content."""
    id = begin(server)
    assert (
        upload(server, id, form(("x.txt", BODY), ("page.html", b"<script>1</script>"))).status
        == 201
    )
    return f"/conversation/{id}/file-content/x.txt"


@pytest.mark.parametrize(
    ("asked", "status", "part"),
    [
        ("bytes=0-9", 206, slice(0, 10)),
        ("bytes=190-", 206, slice(190, 200)),
        ("bytes=-10", 206, slice(190, 200)),
        ("bytes=-1000", 206, slice(0, 200)),
        ("bytes=0-", 206, slice(0, 200)),
        ("bytes=199-100000", 206, slice(199, 200)),
        ("BYTES=5-5", 206, slice(5, 6)),
        ("bytes=200-", 416, None),
        ("bytes=500-600", 416, None),
        ("bytes=-0", 416, None),
        ("bytes=9-5", 200, slice(None)),
        ("bytes=0-1,3-4", 200, slice(None)),
        ("bytes=a-b", 200, slice(None)),
        ("bytes=-", 200, slice(None)),
        ("bytes=" + "9" * 500 + "-", 200, slice(None)),
        ("lines=0-1", 200, slice(None)),
    ],
)
def test_ranges(
    server: RunningServer, file: str, asked: str, status: int, part: slice | None
) -> None:
    answer = ask(server, "GET", file, Range=asked)
    assert answer.status == status
    if part is None:
        assert answer.json["code"] == "range"
        assert answer.headers["Content-Range"] == "bytes */200"
        return
    assert answer.body == BODY[part]
    assert answer.headers["Content-Length"] == str(len(answer.body))
    if status == 206:
        start, stop, _ = part.indices(200)
        assert answer.headers["Content-Range"] == f"bytes {start}-{stop - 1}/200"


def test_conditions(server: RunningServer, file: str) -> None:
    plain = ask(server, "GET", file)
    etag, modified = plain.headers["ETag"], plain.headers["Last-Modified"]
    early, late = "Mon, 01 Jan 2001 00:00:00 GMT", "Fri, 01 Jan 2100 00:00:00 GMT"
    for headers, status in (
        ({"If_None_Match": etag}, 304),
        ({"If_None_Match": f'"x", W/{etag}'}, 304),
        ({"If_None_Match": "*"}, 304),
        ({"If_None_Match": '"x"'}, 200),
        ({"If_None_Match": '"x"', "If_Modified_Since": late}, 200),
        ({"If_Modified_Since": modified}, 304),
        ({"If_Modified_Since": late}, 304),
        ({"If_Modified_Since": early}, 200),
        ({"If_Modified_Since": "nonsense"}, 200),
        ({"Range": "bytes=0-1", "If_Range": etag}, 206),
        ({"Range": "bytes=0-1", "If_Range": modified}, 206),
        ({"Range": "bytes=0-1", "If_Range": '"x"'}, 200),
        ({"Range": "bytes=0-1", "If_Range": f"W/{etag}"}, 200),
        ({"Range": "bytes=0-1", "If_Range": early}, 200),
        ({"Range": "bytes=0-1", "If_None_Match": etag}, 304),
    ):
        for method in ("GET", "HEAD"):
            expected = 200 if method == "HEAD" and status == 206 else status
            answer = ask(server, method, file, **headers)
            assert answer.status == expected, (method, headers)
            assert answer.headers["ETag"] == etag
            if status == 304 or method == "HEAD":
                assert answer.body == b""
    head = ask(server, "HEAD", file)
    assert head.headers["Content-Length"] == "200"
    assert head.headers["Accept-Ranges"] == "bytes"


def test_bytes_are_never_a_page(server: RunningServer, file: str) -> None:
    page = ask(server, "GET", file.replace("x.txt", "page.html"))
    assert page.body == b"<script>1</script>"
    assert page.headers["Content-Type"] == "text/html"
    assert page.headers["Content-Disposition"].startswith("attachment;")
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    policies = [rule.strip() for rule in page.headers["Content-Security-Policy"].split(";")]
    assert "sandbox" in policies
    assert "default-src 'none'" in policies


def test_a_name_that_would_break_a_header(server: RunningServer) -> None:
    id = begin(server)
    assert upload(server, id, form(("a%22;%0D%0Ax: y é.txt", b"1"))).status == 201
    path = f"/conversation/{id}/file-content/a%22%3B%0D%0Ax%3A%20y%20%C3%A9.txt"
    answer = ask(server, "GET", path)
    assert answer.status == 200
    assert answer.headers["x"] is None
    assert answer.headers["Content-Disposition"] == (
        "attachment; filename=\"a_;__x: y _.txt\"; filename*=UTF-8''a%22%3B%0D%0Ax%3A%20y%20%C3%A9.txt"
    )


@pytest.mark.parametrize(
    "path",
    [
        "../x",
        "%2e%2e/x",
        "..%2fx",
        "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "/etc/passwd",
        "%2Fetc/passwd",
        "a%00b",
        "..%5Cx",
    ],
)
def test_paths_as_they_are_sent(server: RunningServer, path: str) -> None:
    id = begin(server)
    for method, verb in (
        ("GET", "file"),
        ("GET", "file-content"),
        ("POST", "file"),
        ("POST", "dir"),
    ):
        answer = ask(server, method, f"/conversation/{id}/{verb}/{path}")
        assert (answer.status, answer.json["code"]) == (422, "path"), (method, verb)
        assert str(server.home) not in answer.body.decode()
    assert ask(server, "GET", f"/conversation/{id}/file/%ff").status == 400


def test_browsers_and_others_name_files(server: RunningServer) -> None:
    id = begin(server)
    body = (
        b'--b\r\nContent-Disposition: form-data; name="field"\r\n\r\nno file\r\n'
        b'--b\r\ncontent-disposition: form-data; filename="q\\"uote"; name=f\r\nX: y\r\n\r\n1\r\n'
        b'--b\r\nContent-Disposition: form-data; name="f"; filename=""\r\n\r\n\r\n'
        b"--b--\r\n"
    )
    answer = upload(server, id, body)
    assert [info["path"] for info in answer.json] == ['q"uote']


@pytest.mark.parametrize(
    ("kind", "body", "status", "code"),
    [
        ("application/json", b"{}", 415, "unsupported"),
        ("multipart/form-data", b"x", 400, "malformed"),
        ("multipart/form-data; boundary=b", b"nonsense", 400, "malformed"),
        ("multipart/form-data; boundary=b", form(("a", b"1"))[:-8], 400, "malformed"),
        ("multipart/form-data; boundary=b", form(("a", b"1"), ("../b", b"")), 422, "path"),
        ("multipart/form-data; boundary=b", form(("a", b"1"), ("a\\b", b"")), 422, "path"),
        ("multipart/form-data; boundary=b", form(("a", b"1"), ("b/", b"")), 422, "path"),
        (
            "multipart/form-data; boundary=b",
            b"--b\r\nContent-Disposition: form-data; filename*=UTF-8''x\r\n\r\n1\r\n--b--\r\n",
            400,
            "malformed",
        ),
        ("multipart/form-data; boundary=b", b"--b\r\nX: " + b"y" * 100_000, 400, "malformed"),
    ],
)
def test_forms_that_are_none(
    server: RunningServer, kind: str, body: bytes, status: int, code: str
) -> None:
    id = begin(server)
    answer = ask(server, "POST", f"/conversation/{id}/upload", body, Content_Type=kind)
    assert (answer.status, answer.json["code"]) == (status, code)
    assert listing(server, id) == []
    assert list(workspace(server, id).iterdir()) == []


def test_strangers_learn_nothing(server: RunningServer) -> None:
    id = begin(server)
    for method, verb in (
        ("GET", "file/"),
        ("GET", "file-search"),
        ("GET", "file-content/x"),
        ("POST", "upload/"),
    ):
        kind = {"Content_Type": "multipart/form-data; boundary=b"} if method == "POST" else {}
        body = form(("a", b"1" * 3_000_000)) if method == "POST" else None
        known = ask(server, method, f"/conversation/{id}/{verb}", body, anonymous=True, **kind)
        unknown = ask(
            server, method, f"/conversation/{uuid4()}/{verb}", body, anonymous=True, **kind
        )
        assert known.status == unknown.status == 403
        assert known.body == unknown.body
    assert listing(server, id) == []


def until(what: str, wanted: Any) -> None:
    """The end of a request is seen from outside alone; nothing tells it."""
    deadline = time.monotonic() + 20
    while not wanted():
        assert time.monotonic() < deadline, what
        time.sleep(0.01)


def test_a_sender_that_goes_away_leaves_nothing(server: RunningServer) -> None:
    id = begin(server)
    body = form(("first", b"whole"), ("deep/second", b"x" * 4_000_000))
    head = (
        f"POST /conversation/{id}/upload/ HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: token {TOKEN}\r\n"
        f"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", server.port)) as sender:
        sender.sendall(head.encode() + body[:3_000_000])
        until("staged", lambda: list(workspace(server, id).rglob("1")))
        assert listing(server, id) == []
    until("cleared", lambda: list(workspace(server, id).iterdir()) == [])


def test_what_a_killed_server_left_is_swept(own_server: RunningServer) -> None:
    id = begin(own_server)
    body = form(("file", b"x" * 4_000_000))
    head = (
        f"POST /conversation/{id}/upload/ HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: token {TOKEN}\r\n"
        f"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", own_server.port)) as sender:
        sender.sendall(head.encode() + body[:3_000_000])
        until("staged", lambda: list(workspace(own_server, id).rglob("1")))
        own_server.kill()
    own_server.start()
    assert listing(own_server, id) == []
    assert upload(own_server, id, form(("file", b"1"))).status == 201
    assert [path.name for path in workspace(own_server, id).iterdir()] == ["file"]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server that takes little."""
    options = (
        "--ConversationApp.max_workspace_bytes=3000000",
        "--ConversationApp.max_workspace_files=5",
        "--ConversationApp.max_upload_bytes=2000000",
    )
    running = RunningServer(tmp_path_factory.mktemp("small"), options).start()
    yield running
    running.stop()


def test_an_upload_that_is_too_large(small: RunningServer) -> None:
    id = begin(small)
    for size in (2_000_001, 30_000_000):
        answer = upload(small, id, form(("a", b"x" * size)))
        assert (answer.status, answer.json["code"]) == (413, "too_large")
        assert "2,000,000" in answer.json["message"]
    assert list(workspace(small, id).iterdir()) == []
    assert upload(small, id, form(("a", b"x" * 2_000_000))).status == 201


def test_a_workspace_that_is_full(small: RunningServer) -> None:
    id = begin(small)
    assert upload(small, id, form(("a", b"x" * 1_900_000))).status == 201
    answer = upload(small, id, form(("b", b"x" * 1_200_000)))
    assert (answer.status, answer.json["code"]) == (429, "quota")
    assert "1,100,000 are left" in answer.json["message"]
    assert listing(small, id) == ["a"]
    assert upload(small, id, form(("b", b"x" * 1_000_000))).status == 201


def test_too_many_files(small: RunningServer) -> None:
    id = begin(small)
    assert upload(small, id, form(*((f"d/{n}", b"") for n in range(4)))).status == 201
    for method, path in (("POST", "file/e"), ("POST", "dir/e")):
        answer = ask(small, method, f"/conversation/{id}/{path}")
        assert (answer.status, answer.json["code"]) == (429, "quota")
        assert "0 are left" in answer.json["message"]
    assert ask(small, "POST", f"/conversation/{id}/file/d/1").status == 200
    assert upload(small, id, form(("d/1", b"again"))).status == 201
    assert upload(small, id, form(("e", b""))).status == 429


def test_two_uploads_share_what_is_left(small: RunningServer) -> None:
    id = begin(small)
    body = form(("one", b"x" * 1_900_000))
    head = (
        f"POST /conversation/{id}/upload/ HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: token {TOKEN}\r\n"
        f"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", small.port)) as sender:
        sender.sendall(head.encode() + body[:-10])
        until(
            "staged", lambda: sum(p.stat().st_size for p in workspace(small, id).rglob("1")) > 10**6
        )
        answer = upload(small, id, form(("two", b"x" * 1_950_000)))
        assert answer.status == 429
        sender.sendall(body[-10:])
        assert b" 201 " in sender.recv(100)


def test_an_unread_answer_and_a_huge_file_hold_no_memory(own_server: RunningServer) -> None:
    assert own_server.process is not None
    id = begin(own_server)
    assert upload(own_server, id, form(("x", b""))).status == 201
    os.truncate(workspace(own_server, id) / "x", 4 << 30)
    process = psutil.Process(own_server.process.pid)
    before = process.memory_info().rss
    path = f"/conversation/{id}/file-content/x"
    sent = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: token {TOKEN}\r\n\r\n"
    with ExitStack() as readers:
        for _ in range(5):
            reader = socket.create_connection(("127.0.0.1", own_server.port))
            readers.enter_context(reader).sendall(sent.encode())
            assert reader.recv(1000).startswith(b"HTTP/1.1 200")
        assert ask(own_server, "GET", path, Range="bytes=-1").body == b"\0"
        assert process.memory_info().rss - before < 60_000_000


def test_a_file_that_becomes_shorter_is_not_told_as_whole(own_server: RunningServer) -> None:
    id = begin(own_server)
    assert upload(own_server, id, form(("x", b""))).status == 201
    os.truncate(workspace(own_server, id) / "x", 1 << 30)
    connection = http.client.HTTPConnection("127.0.0.1", own_server.port, timeout=30)
    connection.request("GET", f"/conversation/{id}/file-content/x", headers=HEADERS)
    answer = connection.getresponse()
    assert answer.read(10) == b"\0" * 10
    os.truncate(workspace(own_server, id) / "x", 10)
    assert drained(answer) < (1 << 30)
    connection.close()


def drained(answer: http.client.HTTPResponse) -> int:
    """How much came, until the connection was closed."""
    size = 0
    with suppress(http.client.IncompleteRead, ConnectionError):
        while piece := answer.read1(1 << 20):
            size += len(piece)
    return size
