"""A disk that is full: said in words, nothing lost of what was acknowledged, and on it goes when there is room."""

from __future__ import annotations

from uuid import UUID

import pytest

from jupyter_conv.errors import StorageError
from jupyter_conv.store import Connection

from .conftest import House, draft

pytestmark = pytest.mark.asyncio


async def limit(house: House, pages: int) -> None:
    """Let the database grow by so many pages and no more."""

    def apply(connection: Connection) -> tuple[None, tuple[()]]:
        run = connection.exec_driver_sql
        now = run("PRAGMA page_count").scalar_one()
        run(f"PRAGMA max_page_count={now + pages}").scalar_one()
        return None, ()

    await house.store.write(apply)


async def fill(house: House, to: tuple[int, UUID]) -> int:
    """Say things until it is refused. Returns how many were acknowledged."""
    told = 0
    with pytest.raises(StorageError, match="full") as refused:  # noqa: PT012
        while True:
            await house.say(to, f"{told} " + "x" * 3000)
            told += 1
    assert refused.value.code == "disk_full"
    return told


async def test_nothing_acknowledged_is_lost_and_no_number_is_left_out(house: House) -> None:
    to = await house.begin()
    await limit(house, 30)
    told = await fill(house, to)
    assert told > 5
    assert [seq for seq, _ in await house.log(to)] == list(range(1, told + 1))
    with pytest.raises(StorageError):
        await house.say(to, "y" * 20_000)
    await limit(house, 100_000)
    await house.say(to, "there is room")
    log = await house.log(to)
    assert [seq for seq, _ in log] == list(range(1, told + 2))
    assert log[-1][1] == "there is room"
    assert [seq for seq, _ in house.told[to[1]]] == [seq for seq, _ in log]


async def test_who_does_not_wait_hears_of_it(house: House) -> None:
    to = await house.begin()
    await limit(house, 5)
    heard: list[BaseException] = []
    house.store.append([draft(to, "z" * 100_000)], on_error=heard.append)
    with pytest.raises(StorageError):
        await house.say(to, "in the same commit")
    assert [getattr(error, "code", None) for error in heard] == ["disk_full"]
    assert await house.log(to) == []
