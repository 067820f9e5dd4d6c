"""What SQLite and PostgreSQL say differently: all of it, and only it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any

import sqlalchemy as sa

__all__ = ["Statement", "adding", "checkpoint", "event_text", "holds", "is_sqlite", "make_engine"]

_BLOCK = 100
"""So many rows go into one INSERT."""

_TEXT_PATHS = (
    ("text",),
    ("content",),
    ("message",),
    ("output", "text"),
    ("output", "evalue"),
    ("output", "data", "text/plain"),
)


def is_sqlite(url: str | sa.URL) -> bool:
    """Whether the database is a file of this machine."""
    return sa.make_url(url).get_backend_name() == "sqlite"


def make_engine(url: str, *, synchronous: str, writer: bool, pool_size: int) -> sa.Engine:
    """An engine for the writer, or for readers, which never wait for it."""
    if not is_sqlite(url):
        return sa.create_engine(url, pool_size=pool_size, max_overflow=0)
    engine = sa.create_engine(
        url,
        poolclass=sa.QueuePool,
        pool_size=pool_size,
        max_overflow=0,
        connect_args={"check_same_thread": False, "timeout": 10},
    )
    if not writer:
        engine = engine.execution_options(isolation_level="AUTOCOMMIT")

    @sa.event.listens_for(engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        # The driver's own transactions would begin late and end before a savepoint.
        connection.isolation_level = None
        connection.create_function("lower", 1, _lower, deterministic=True)
        for pragma in (
            "journal_mode=WAL",
            f"synchronous={synchronous}",
            "busy_timeout=10000",
            "wal_autocheckpoint=0",
            "cache_size=-16000" if writer else "cache_size=-4000",
            "query_only=ON" if not writer else "foreign_keys=ON",
        ):
            connection.execute(f"PRAGMA {pragma}")

    if writer:

        @sa.event.listens_for(engine, "begin")
        def begin(connection: sa.Connection) -> None:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _lower(value: Any) -> Any:
    # SQLite's own knows A to Z alone.
    return value.lower() if isinstance(value, str) else value


def checkpoint(connection: sa.Connection) -> None:
    """Move what the write-ahead log holds into the database, beside readers and the writer."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)")


class Statement:
    """A statement of a hot path: compiled once for each dialect, then handed to the driver as text.

    Its values are of types that every driver takes: numbers, text, bytes.
    """

    def __init__(self, make: Callable[[str], Any] | Any) -> None:
        self._make = make
        self._texts: dict[tuple[str, int], tuple[str, Sequence[str] | None, dict[str, Any]]] = {}

    def _text(
        self, connection: sa.Connection, rows: int = 0
    ) -> tuple[str, Sequence[str] | None, dict[str, Any]]:
        """The text, the order of its values where they have no names, and the values it brings itself."""
        name = connection.dialect.name
        found = self._texts.get((name, rows))
        if found is None:
            statement = self._make(name) if callable(self._make) else self._make
            if rows:
                statement = statement.values([dict.fromkeys(statement.table.c.keys())] * rows)
            compiled = statement.compile(dialect=connection.dialect)
            order = compiled.positiontup if compiled.positional else None
            found = self._texts[name, rows] = (str(compiled), order, dict(compiled.params))
        return found

    def many(self, connection: sa.Connection, rows: Sequence[tuple[Any, ...]]) -> None:
        """Insert rows, their values in the order of the table's columns."""
        # Many rows in one statement: the driver takes and gives the interpreter's lock once, not once a row.
        whole = len(rows) - len(rows) % _BLOCK
        for start in range(0, whole, _BLOCK):
            block = chain.from_iterable(rows[start : start + _BLOCK])
            self._insert(connection, _BLOCK, [tuple(block)])
        if rest := rows[whole:]:
            self._insert(connection, 1, rest)

    def _insert(
        self, connection: sa.Connection, rows: int, values: Sequence[tuple[Any, ...]]
    ) -> None:
        text, order, names = self._text(connection, rows)
        if order is not None:
            connection.exec_driver_sql(text, list(values))
        else:
            connection.exec_driver_sql(text, [dict(zip(names, v, strict=True)) for v in values])

    def all(self, connection: sa.Connection, **values: Any) -> Sequence[Any]:
        """Run it; its rows."""
        text, order, own = self._text(connection)
        given = {**own, **values}
        parameters = given if order is None else tuple([given[name] for name in order])
        return connection.exec_driver_sql(text, parameters).all()

    def one(self, connection: sa.Connection, **values: Any) -> Any:
        """Run it; its first row, or None."""
        rows = self.all(connection, **values)
        return rows[0] if rows else None


def adding(table: sa.Table) -> Statement:
    """Insert rows; where one is there, add `number` to its own."""

    def make(dialect: str) -> Any:
        statement: Any = _insert(dialect, table)
        return statement.on_conflict_do_update(
            index_elements=list(table.primary_key.columns),
            set_={"number": table.c.number + statement.excluded.number},
        )

    return Statement(make)


def _insert(dialect: str, table: sa.Table) -> Any:
    # Neither is loaded for a database that is not there: a server's start pays for it.
    if dialect == "sqlite":
        from sqlalchemy.dialects.sqlite import insert as sqlite_insert

        return sqlite_insert(table)
    from sqlalchemy.dialects.postgresql import insert

    return insert(table)


def event_text(dialect: str, body: sa.ColumnElement[Any]) -> sa.ColumnElement[str]:
    """What an event says to people, out of its JSON; null where it says nothing."""
    if dialect == "sqlite":
        text = sa.cast(body, sa.Text)
        paths = ["$.detail" + "".join(f'."{p}"' for p in path) for path in _TEXT_PATHS]
        return sa.func.coalesce(*(sa.func.json_extract(text, path) for path in paths))
    from sqlalchemy.dialects.postgresql import JSON

    document = sa.cast(sa.func.convert_from(body, "UTF8"), JSON)
    return sa.func.coalesce(*(document[("detail", *path)].astext for path in _TEXT_PATHS))


def holds(
    dialect: str, text: sa.ColumnElement[str], part: sa.ColumnElement[Any]
) -> sa.ColumnElement[bool]:
    """Whether a text has another one in it."""
    find = sa.func.instr if dialect == "sqlite" else sa.func.strpos
    return find(text, part) > 0
