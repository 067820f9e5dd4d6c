"""Pages by keyset: rows in the order of a column and of their keys, from where the page before left off."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from . import cursor

__all__ = ["page_of"]


def page_of(
    connection: sa.Connection,
    statement: sa.Select[Any],
    column: sa.ColumnElement[Any],
    key: sa.ColumnElement[int],
    *,
    order: str,
    limit: int,
    page_id: str | None,
) -> tuple[Sequence[sa.Row[Any]], str | None]:
    """The rows of a page, and the next page's id. `order` names the list's order; `…_DESC` is the other way round."""
    descending = order.endswith("_DESC")
    kind: type[int] | type[str] = str if isinstance(column.type, sa.Text) else int
    if page_id is not None:
        position = sa.tuple_(*map(sa.literal, cursor.decode(page_id, order, kind, int)))
        place = sa.tuple_(column, key)
        statement = statement.where(place < position if descending else place > position)
    for part in (column, key):
        statement = statement.order_by(part.desc() if descending else part.asc())
    places = (column.label("_place"), key.label("_key"))
    rows = connection.execute(statement.add_columns(*places).limit(limit + 1)).all()
    if len(rows) <= limit:
        return rows, None
    last = rows[limit - 1]._mapping
    return rows[:limit], cursor.encode(order, last["_place"], last["_key"])
