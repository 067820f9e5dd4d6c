"""A directory of 100,000 entries."""

from __future__ import annotations

import os
import tracemalloc

import pytest

from jupyter_conv.models import FileFilter, PageQuery
from jupyter_conv.workspace import Root, count, search

ENTRIES = 100_000


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Root:
    base = tmp_path_factory.mktemp("many")
    (base / "d").mkdir()
    for number in range(ENTRIES):
        os.close(os.open(base / "d" / f"{number:06}.txt", os.O_CREAT, 0o600))
    return Root(base)


@pytest.mark.parametrize("delimiter", ["/", ""])
def test_a_page_holds_no_more_than_a_page(root: Root, delimiter: str) -> None:
    where = FileFilter(path_prefix="d/", path_delimiter=delimiter)  # type: ignore[arg-type]
    assert count(root, where) == ENTRIES
    first = search(root, where, PageQuery())
    assert [info.path for info in first.results] == [f"d/{n:06}.txt" for n in range(100)]
    tracemalloc.start()
    second = search(root, where, PageQuery(page_id=first.next_page_id))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [info.path for info in second.results] == [f"d/{n:06}.txt" for n in range(100, 200)]
    assert peak < 1_000_000


def test_a_few_of_many(root: Root) -> None:
    where = FileFilter(path_delimiter="", name__contains="99999")
    assert count(root, where) == 1
    assert [info.path for info in search(root, where, PageQuery()).results] == ["d/099999.txt"]
    last = search(root, FileFilter(path_prefix="d/09999"), PageQuery(limit=10))
    assert len(last.results) == 10
    assert last.next_page_id is None


def test_pages_to_the_end(root: Root) -> None:
    where = FileFilter(path_prefix="d/0999")
    page, found = PageQuery(limit=30), []
    while True:
        told = search(root, where, page)
        found += [info.path for info in told.results]
        if told.next_page_id is None:
            break
        page = PageQuery(limit=30, page_id=told.next_page_id)
    assert found == [f"d/{n:06}.txt" for n in range(99_900, 100_000)]
