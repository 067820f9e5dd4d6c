"""Opening a database: made, migrated, refused."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from jupyter_conv.errors import StorageError
from jupyter_conv.store import Store
from jupyter_conv.store.schema import metadata

from .conftest import open_house

pytestmark = pytest.mark.asyncio


@pytest.mark.filterwarnings("ignore:.*expression-based index")
async def test_a_fresh_database_has_the_tables_as_they_are_written_down(database: Path) -> None:
    async with open_house(database):
        pass
    engine = sa.create_engine(f"sqlite:///{database}")
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        names = connection.exec_driver_sql(
            "SELECT name FROM sqlite_master WHERE sql LIKE '%INDEX%'"
        )
        indexes = {index.name for table in metadata.tables.values() for index in table.indexes}
        assert set(names.scalars()) == indexes
    engine.dispose()


async def test_the_same_database_twice_is_refused_in_words(database: Path) -> None:
    async with open_house(database) as first:
        with pytest.raises(StorageError, match="another server") as refused:
            await Store.open(f"sqlite:///{database}", lambda *_: None)
        assert refused.value.code == "database_in_use"
        to = await first.begin()
        await first.say(to, "unaffected")
    async with open_house(database) as second:
        assert await second.log(to) == [(1, "unaffected")]


async def test_a_database_keeps_its_name(database: Path) -> None:
    async with open_house(database) as house:
        name = house.store.instance
    async with open_house(database) as house:
        assert house.store.instance == name


async def test_a_later_versions_database_is_refused_in_words_and_left_alone(database: Path) -> None:
    async with open_house(database) as house:
        to = await house.begin()
        await house.say(to, "kept")
    version = restamp(database, "9999")
    with pytest.raises(StorageError, match="later version") as refused:
        await Store.open(f"sqlite:///{database}", lambda *_: None)
    assert refused.value.code == "database_newer"
    restamp(database, version)
    async with open_house(database) as house:
        assert await house.log(to) == [(1, "kept")]


def restamp(database: Path, version: str) -> str:
    """Say that another version wrote the database. Returns which one did."""
    with closing(sqlite3.connect(database)) as connection, connection:
        (before,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        connection.execute("UPDATE alembic_version SET version_num = ?", [version])
    return str(before)


async def test_what_is_no_database_is_refused_in_words(database: Path) -> None:
    database.parent.mkdir()
    database.write_bytes(b"no database, but long enough to be taken for one" * 100)  # noqa: ASYNC240
    with pytest.raises(StorageError, match="cannot be opened"):
        await Store.open(f"sqlite:///{database}", lambda *_: None)
    database.unlink()  # noqa: ASYNC240
    async with open_house(database) as house:
        await house.begin()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:////proc/nowhere/conversations.db"])
async def test_where_nothing_can_be_kept(url: str) -> None:
    with pytest.raises(StorageError):
        await Store.open(url, lambda *_: None)


@pytest.mark.parametrize(("word", "number"), [("NORMAL", 1), ("FULL", 2)])
async def test_how_it_waits_for_the_disk_is_as_configured(
    database: Path, word: str, number: int
) -> None:
    async with open_house(database, synchronous=word) as house:
        found, _ = await house.store.write(
            lambda c: (c.exec_driver_sql("PRAGMA synchronous").scalar_one(), ())
        )
        assert found == number


async def test_readers_cannot_write(database: Path) -> None:
    async with open_house(database) as house:
        with pytest.raises(StorageError):
            await house.store.read(lambda c: c.exec_driver_sql("DELETE FROM events"))
