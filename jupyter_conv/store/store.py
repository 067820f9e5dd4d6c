"""The store: one database, one writer, readers that never wait for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Literal, TypeVar
from uuid import uuid4

import sqlalchemy as sa
from filelock import FileLock, Timeout

from ..errors import StorageError, UnavailableError
from . import dialect
from .migrate import migrate
from .schema import meta
from .writer import Apply, Committed, Draft, Tell, Writer

__all__ = ["Store", "Synchronous"]

T = TypeVar("T")
Synchronous = Literal["NORMAL", "FULL"]

READERS = 4


class Store:
    """Open with `await Store.open(…)`, in the event loop that uses it; close with `aclose()`."""

    instance: str
    """A name of the database, made when it was; it marks the processes that its tasks start."""

    def __init__(
        self, url: str, lock: FileLock | None, engines: tuple[sa.Engine, sa.Engine], tell: Tell
    ) -> None:
        self._lock, self._engines = lock, engines
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="jupyter-conv-read")
        self._writer = Writer(*engines, tell)

    @classmethod
    async def open(cls, url: str, tell: Tell, *, synchronous: Synchronous = "NORMAL") -> Store:
        """Open the database at a SQLAlchemy URL, make or migrate it.

        `tell` is called in the event loop with what each commit kept. Raises `StorageError`: `database_in_use`
        where another process holds the file, `database_newer` where a later version wrote it, `storage_failed`
        where it cannot be opened.
        """
        lock = await asyncio.to_thread(_acquire, url)
        try:
            engines = (
                dialect.make_engine(url, synchronous=synchronous, writer=True, pool_size=1),
                dialect.make_engine(
                    url, synchronous=synchronous, writer=False, pool_size=READERS + 1
                ),
            )
            instance = await asyncio.to_thread(_prepare, engines[0])
        except sa.exc.SQLAlchemyError as error:
            _release(lock)
            raise StorageError(
                f"The database cannot be opened ({error.__class__.__name__}): look at the file's "
                "permissions and at the disk, or choose another data_dir."
            ) from error
        except BaseException:
            _release(lock)
            raise
        store = cls(url, lock, engines, tell)
        store.instance = instance
        return store

    async def read(self, query: Callable[[sa.Connection], T]) -> T:
        """Run a query in a reader's thread."""
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._readers, self._read, query)
        except sa.exc.DBAPIError as error:
            raise StorageError(
                f"The database could not be read ({type(error.orig).__name__}); ask again."
            ) from error
        except RuntimeError as error:
            if "shutdown" not in str(error):
                raise
            raise UnavailableError("The server is closing; ask again when it is back.") from None

    def _read(self, query: Callable[[sa.Connection], T]) -> T:
        with self._engines[1].connect() as connection:
            return query(connection)

    async def write(
        self, apply: Apply | None, drafts: Sequence[Draft] = ()
    ) -> tuple[Any, list[Committed]]:
        """Commit a unit: its value, and its events as they were told. Raises what `apply` raises, or `StorageError`."""
        return await self._writer.write(apply, drafts)

    def append(
        self,
        drafts: Sequence[Draft],
        *,
        apply: Apply | None = None,
        on_error: Callable[[BaseException], None],
    ) -> None:
        """Queue a unit that nobody waits for; `on_error` is told where it could not be kept. See `room`."""
        self._writer.append(apply, drafts, on_error)

    @property
    def full(self) -> bool:
        """Whether the writer is so far behind that who appends should wait for `room()`."""
        return self._writer.full

    async def room(self) -> None:
        """Return when the writer is not too far behind."""
        await self._writer.room()

    async def aclose(self) -> None:
        """Commit what is queued, close the files, let go of the lock."""
        await self._writer.aclose()
        await asyncio.to_thread(self._readers.shutdown)
        for engine in self._engines:
            await asyncio.to_thread(engine.dispose)
        _release(self._lock)


def _acquire(url: str) -> FileLock | None:
    if not dialect.is_sqlite(url):
        return None
    name = sa.make_url(url).database
    if not name:
        raise StorageError("A database in memory keeps nothing; give the path of a file.")
    path = Path(name)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Taken in one thread, let go in another.
        lock = FileLock(f"{path}.lock", thread_local=False)
        lock.acquire(blocking=False)
    except Timeout:
        raise StorageError(
            "The conversations' database is in use by another server. Stop that one, or start this one "
            "with a directory of its own: --ConversationApp.data_dir=DIR",
            code="database_in_use",
        ) from None
    except OSError as error:
        raise StorageError(
            f"The data directory cannot be used ({error.strerror}): choose another by "
            "--ConversationApp.data_dir=DIR",
        ) from error
    return lock


def _release(lock: FileLock | None) -> None:
    if lock is not None:
        lock.release()


def _prepare(engine: sa.Engine) -> str:
    with engine.begin() as connection:
        migrate(connection)
        name = sa.select(meta.c.value).where(meta.c.name == "instance")
        found = connection.execute(name).scalar_one_or_none()
        if found is None:
            found = uuid4().hex
            connection.execute(sa.insert(meta).values(name="instance", value=found))
        return str(found)
