"""Files, as any participant sees them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jupyter_conv import ConversationAPI
from jupyter_conv.errors import (
    ConflictError,
    ConversationError,
    CursorError,
    InvalidError,
    NotFoundError,
)
from jupyter_conv.models import (
    ConversationRequest,
    FileFilter,
    FileInfo,
    PageQuery,
    Shell,
    TaskRequest,
    TaskStatus,
)

from ..following import run

pytestmark = pytest.mark.asyncio

EVERYTHING = FileFilter(path_delimiter="")


@pytest_asyncio.fixture
async def id(api: ConversationAPI) -> UUID:
    return (await api.create_conversation(ConversationRequest())).id


async def content(api: ConversationAPI, id: UUID, path: str, **part: int) -> bytes:
    return b"".join([piece async for piece in api.read_file(id, path, **part)])


async def paths(
    api: ConversationAPI, id: UUID, where: FileFilter = EVERYTHING, limit: int = 100
) -> list[str]:
    """All pages; and the count says the same."""
    found: list[FileInfo] = []
    page = PageQuery(limit=limit)
    while True:
        told = await api.list_files(id, where, page)
        assert len(told.results) <= limit
        found += told.results
        if told.next_page_id is None:
            break
        page = PageQuery(limit=limit, page_id=told.next_page_id)
    assert await api.count_files(id, where) == len(found)
    return [info.path for info in found]


async def shell(api: ConversationAPI, id: UUID, command: str) -> None:
    task = await run(api, id, TaskRequest(runnable=Shell(command=command)))
    assert task.status is TaskStatus.COMPLETED


async def test_a_directory(api: ConversationAPI, id: UUID) -> None:
    made = await api.create_directory(id, "a/b/c")
    assert (made.path, made.mime_type) == ("a/b/c/", "application/x-directory")
    assert await api.create_directory(id, "a/b/c/") == made
    assert await api.get_file(id, "a/b/c") == made == await api.get_file(id, "a/b/c/")
    assert await paths(api, id) == ["a/", "a/b/", "a/b/c/"]
    assert (await api.get_file(id, "")).path == "/"


async def test_touch(api: ConversationAPI, id: UUID) -> None:
    made = await api.touch_file(id, "deep/er/empty.csv")
    assert (made.path, made.size_in_bytes, made.mime_type) == ("deep/er/empty.csv", 0, "text/csv")
    assert made.permissions.read
    assert made.permissions.write
    assert not made.permissions.execute
    await shell(api, id, "echo x > deep/er/empty.csv; touch -d 2001-01-01 deep/er/empty.csv")
    again = await api.touch_file(id, "deep/er/empty.csv")
    assert again.size_in_bytes == 2
    assert again.updated_at >= made.updated_at


async def test_upload_and_read(api: ConversationAPI, id: UUID, tmp_path: Path) -> None:
    big = bytes(range(256)) * 20_000

    async def slowly() -> AsyncIterator[bytes]:
        for start in range(0, len(big), 300_001):
            yield big[start : start + 300_001]

    (tmp_path / "local").write_bytes(big)
    made = await api.upload_files(
        id,
        {"x.bin": big, "sub/y.bin": slowly(), "sub/z.bin": tmp_path / "local", "empty": b""},
        "up/here",
    )
    assert [m.path for m in made] == [
        "up/here/x.bin",
        "up/here/sub/y.bin",
        "up/here/sub/z.bin",
        "up/here/empty",
    ]
    assert [m.size_in_bytes for m in made] == [len(big)] * 3 + [0]
    for info in made[:3]:
        assert await content(api, id, info.path) == big
    assert await content(api, id, "up/here/empty") == b""
    assert await content(api, id, "up/here/x.bin", start=5, stop=9) == big[5:9]
    assert await content(api, id, "up/here/x.bin", start=len(big) - 3) == big[-3:]
    assert await content(api, id, "up/here/x.bin", start=len(big) + 3) == b""
    assert await content(api, id, "up/here/x.bin", start=4, stop=4) == b""
    assert await content(api, id, "up/here/empty", start=0, stop=10) == b""


async def test_an_upload_replaces_whole(api: ConversationAPI, id: UUID) -> None:
    await api.upload_files(id, {"a": b"old and long"})
    await api.upload_files(id, {"a": b"new"})
    assert await content(api, id, "a") == b"new"
    assert await paths(api, id) == ["a"]


async def test_a_broken_upload_leaves_nothing(api: ConversationAPI, id: UUID) -> None:
    async def breaks() -> AsyncIterator[bytes]:
        yield b"x" * 3_000_000
        raise RuntimeError("gone")

    with pytest.raises(RuntimeError, match="gone"):
        await api.upload_files(id, {"whole": b"1", "deep/broken": breaks()}, "new")
    with pytest.raises(InvalidError):
        await api.upload_files(id, {"whole": b"1", "../out": b"2"})
    assert await paths(api, id) == []


async def test_what_stands_in_the_way(api: ConversationAPI, id: UUID) -> None:
    await api.upload_files(id, {"file": b"1", "dir/in": b"2"})
    with pytest.raises(ConflictError):
        await api.create_directory(id, "file")
    with pytest.raises(ConflictError):
        await api.create_directory(id, "file/below")
    with pytest.raises(ConflictError):
        await api.touch_file(id, "dir")
    for wrong in (
        {"new": b"", "dir": b""},
        {"new": b"", "file/below": b""},
        {"n": b"", "n/m": b""},
    ):
        with pytest.raises(ConflictError):
            await api.upload_files(id, wrong)
    with pytest.raises(ConflictError):
        await content(api, id, "dir")
    with pytest.raises(NotFoundError):
        await content(api, id, "file/below")
    with pytest.raises(NotFoundError):
        await api.get_file(id, "file/")
    assert await paths(api, id) == ["dir/", "dir/in", "file"]


async def test_remove(api: ConversationAPI, id: UUID) -> None:
    await api.upload_files(id, {"d/a": b"", "d/e/b": b"", "c": b""})
    await api.create_directory(id, "empty")
    await api.delete_file(id, "c")
    await api.delete_file(id, "empty/")
    with pytest.raises(ConflictError, match="recursive"):
        await api.delete_file(id, "d")
    await api.delete_file(id, "d", recursive=True)
    assert await paths(api, id) == []
    for gone in ("c", "d", "d/a"):
        with pytest.raises(NotFoundError):
            await api.delete_file(id, gone)
    for root in ("", "/", "."):
        with pytest.raises(InvalidError, match="stays"):
            await api.delete_file(id, root, recursive=True)


@pytest.mark.parametrize(
    "path",
    [
        *(
            "..",
            "../x",
            "a/../b",
            "a/..",
            "/etc/passwd",
            "//etc/passwd",
            "a\0b",
            "..\\x",
            "a\\..\\b",
        ),
        *("x" * 256, "é" * 128, "/".join("d" * 101), ".jupyter_conv-uploads/x"),
    ],
)
async def test_what_is_no_path(api: ConversationAPI, id: UUID, path: str) -> None:
    for call in (api.get_file, api.delete_file, api.touch_file, api.create_directory, content):
        with pytest.raises(InvalidError) as told:
            await (call(api, id, path) if call is content else call(id, path))  # type: ignore[operator]
        assert told.value.code == "path"
    with pytest.raises(InvalidError):
        await api.upload_files(id, {path: b""})
    with pytest.raises(InvalidError):
        await api.upload_files(id, {"x": b""}, path)


@pytest.mark.parametrize(
    "path", ["%2e%2e/x", "%2e%2e%2fx", "..%2fx", "a%00b", "..;/x", "~", "$HOME", "C:"]
)
async def test_what_looks_like_a_way_out_is_a_name(
    api: ConversationAPI, id: UUID, path: str
) -> None:
    assert (await api.touch_file(id, path)).path == path
    assert (await api.get_file(id, path)).path == path
    assert path in await paths(api, id)


ODD = st.text(
    st.characters(exclude_categories=("Cs",), exclude_characters="/\0\\"), min_size=1, max_size=40
).filter(lambda name: name.strip(".") and "%" not in name)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(names=st.lists(ODD, min_size=1, max_size=3))
async def test_any_text_is_a_name(api: ConversationAPI, id: UUID, names: list[str]) -> None:
    path = "/".join(names)
    body = path.encode()
    top = uuid4().hex
    await api.upload_files(id, {path: body}, top)
    assert await content(api, id, f"{top}/{path}") == body
    assert (await api.get_file(id, f"{top}/{path}")).path == f"{top}/{path}"
    where = FileFilter(path_prefix=f"{top}/{path}", path_delimiter="")
    assert [info.path for info in (await api.list_files(id, where)).results] == [f"{top}/{path}"]
    await api.delete_file(id, top, recursive=True)


async def test_prefix_and_delimiter(api: ConversationAPI, id: UUID) -> None:
    names = ["a/1", "a/2/x", "a/2/y", "a-b", "a.txt", "ab", "B", "é"]
    await api.upload_files(id, dict.fromkeys(names, b""))
    assert await paths(api, id, FileFilter()) == ["B", "a-b", "a.txt", "a/", "ab", "é"]
    everything = ["B", "a-b", "a.txt", "a/", "a/1", "a/2/", "a/2/x", "a/2/y", "ab", "é"]
    assert await paths(api, id) == everything == sorted(everything)
    for prefix, shown in {
        "a": ["a-b", "a.txt", "a/", "ab"],
        "a/": ["a/1", "a/2/"],
        "a/2": ["a/2/"],
        "a/2/": ["a/2/x", "a/2/y"],
        "a/2/y": ["a/2/y"],
        "nothing/": [],
        "a.txt/": [],
        "a//": [],
        "/": [],
        "./a": [],
    }.items():
        assert await paths(api, id, FileFilter(path_prefix=prefix)) == shown, prefix
        deep = FileFilter(path_prefix=prefix, path_delimiter="")
        below = [
            p
            for p in everything
            if (p.startswith(prefix) and p != prefix) or p == "a/2/y" == prefix
        ]
        assert await paths(api, id, deep) == below, prefix
    assert await paths(api, id, FileFilter(name__contains="A")) == ["a-b", "a.txt", "a/", "ab"]
    assert await paths(api, id, FileFilter(path_delimiter="", name__contains="x")) == [
        "a.txt",
        "a/2/x",
    ]
    with pytest.raises(InvalidError):
        await paths(api, id, FileFilter(path_prefix="../"))


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
async def test_pages_hold_every_entry_once(api: ConversationAPI, id: UUID, limit: int) -> None:
    names = [f"{a}{b}/{c}" for a in "ab" for b in (".", "-", "") for c in "xyz"]
    await api.upload_files(id, dict.fromkeys(names, b""))
    for where in (
        EVERYTHING,
        FileFilter(),
        FileFilter(path_prefix="a"),
        FileFilter(path_delimiter="", name__contains="y"),
    ):
        whole = await paths(api, id, where)
        assert whole == sorted(set(whole))
        assert await paths(api, id, where, limit) == whole


async def test_pages_stay_true_while_files_come_and_go(api: ConversationAPI, id: UUID) -> None:
    await api.upload_files(id, {f"f{n}": b"" for n in range(6)})
    first = await api.list_files(id, FileFilter(), PageQuery(limit=3))
    await api.touch_file(id, "a-new-one")
    await api.delete_file(id, "f2")
    await api.delete_file(id, "f4")
    await api.touch_file(id, "f9")
    rest = await api.list_files(id, FileFilter(), PageQuery(limit=3, page_id=first.next_page_id))
    assert [i.path for i in (*first.results, *rest.results)] == ["f0", "f1", "f2", "f3", "f5", "f9"]
    assert rest.next_page_id is None


@pytest.mark.parametrize("cursor", ["x", "", "é", "a" * 5000, "Zg"])
async def test_a_broken_cursor(api: ConversationAPI, id: UUID, cursor: str) -> None:
    with pytest.raises(CursorError):
        await api.list_files(id, page=PageQuery(page_id=cursor))


async def test_links(api: ConversationAPI, id: UUID) -> None:
    await api.upload_files(id, {"runs/3/out": b"inside"})
    await shell(
        api,
        id,
        "ln -s runs/3 latest; ln -s runs/3/out file; ln -s $PWD/runs absolute; ln -s /etc out; "
        "ln -s ../.. up; ln -s loop loop; ln -s nowhere dangling; ln -s ../../latest runs/3/back",
    )
    for path in ("latest/out", "file", "absolute/3/out", "latest/back/back/out"):
        assert await content(api, id, path) == b"inside"
    info = await api.get_file(id, "latest/out")
    assert info.path == "runs/3/out"
    for path, readable in {
        "latest": True,
        "file": True,
        "out": False,
        "loop": False,
        "up": False,
    }.items():
        info = await api.get_file(id, path)
        assert (info.path, info.mime_type) == (path, "inode/symlink")
        assert (info.permissions.read, info.permissions.write) == (readable, False)
    for path in ("out/passwd", "up/x", "out", "loop", "dangling"):
        with pytest.raises(ConversationError) as told:
            await content(api, id, path)
        assert told.value.status in (404, 409, 422)
    for path in ("latest/new", "absolute/new", "out/new", "up/new"):
        with pytest.raises(ConflictError) as conflict:
            await api.touch_file(id, path)
        assert conflict.value.code == "link"
        with pytest.raises(ConflictError):
            await api.upload_files(id, {path: b""})
        with pytest.raises(ConflictError):
            await api.delete_file(id, path)
    assert "latest" in await paths(api, id)
    assert "latest/out" not in await paths(api, id)
    await api.upload_files(id, {"file": b"mine"})
    assert await content(api, id, "runs/3/out") == b"inside"
    await api.delete_file(id, "latest", recursive=True)
    assert await content(api, id, "runs/3/out") == b"inside"


async def test_what_is_neither_file_nor_directory(api: ConversationAPI, id: UUID) -> None:
    await shell(api, id, "mkfifo pipe")
    assert (await api.get_file(id, "pipe")).mime_type == "inode/special"
    with pytest.raises(ConflictError):
        await content(api, id, "pipe")
    with pytest.raises(ConflictError):
        await api.touch_file(id, "pipe")
    await api.delete_file(id, "pipe")


async def test_a_name_that_is_not_utf8(api: ConversationAPI, id: UUID) -> None:
    await shell(api, id, r"mkdir d; touch $(printf 'd/a\377') $(printf 'd/b\376') d/c")
    assert await paths(api, id, FileFilter(path_prefix="d/"), 1) == ["d/a�", "d/b�", "d/c"]
    await api.delete_file(id, "d", recursive=True)
    assert await paths(api, id) == []


async def test_a_finished_conversation_is_for_reading(api: ConversationAPI, id: UUID) -> None:
    await api.upload_files(id, {"a": b"kept"})
    await api.delete_conversation(id)
    assert await content(api, id, "a") == b"kept"
    assert await paths(api, id) == ["a"]
    for call in (api.touch_file(id, "b"), api.create_directory(id, "c"), api.delete_file(id, "a")):
        with pytest.raises(ConflictError) as told:
            await call
        assert told.value.code == "conversation_finished"
    with pytest.raises(ConflictError):
        await api.upload_files(id, {"b": b""})


async def test_what_is_not_there(api: ConversationAPI, id: UUID) -> None:
    for nowhere, path in ((id, "nothing"), (id, "no/thing"), (uuid4(), "")):
        with pytest.raises(NotFoundError):
            await api.get_file(nowhere, path)
        with pytest.raises(NotFoundError):
            await content(api, nowhere, path)
    with pytest.raises(NotFoundError):
        await api.list_files(uuid4())
    with pytest.raises(NotFoundError):
        await api.upload_files(uuid4(), {"a": b""})


async def test_deeper_than_can_be_told(api: ConversationAPI, id: UUID) -> None:
    await shell(api, id, "for n in $(seq 300); do mkdir d && cd d; done; touch bottom")
    assert len(await paths(api, id)) == 101
    await api.delete_file(id, "d", recursive=True)
    assert await paths(api, id) == []
