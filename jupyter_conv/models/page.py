"""Pages: lists are told in pieces, with a cursor that stays true while rows are added."""

from __future__ import annotations

from typing import Annotated, Generic, TypeVar

from pydantic import Field

from .base import Model, Request

__all__ = ["MAX_LIMIT", "Page", "PageQuery"]

MAX_LIMIT = 100

T = TypeVar("T")


class Page(Model, Generic[T]):
    """A piece of a list. `next_page_id` is opaque; null when there is no more."""

    results: tuple[T, ...]
    next_page_id: str | None = None


class PageQuery(Request):
    """Which piece: at most `limit` rows, from where the page before left off."""

    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT)] = MAX_LIMIT
    page_id: str | None = None
