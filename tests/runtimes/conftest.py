"""Fixtures of the runtimes' tests."""

from __future__ import annotations

import pytest

from .kit import CollectingContext


@pytest.fixture
def make_context(tmp_path):
    """Makes collecting contexts; in the end no process may carry the mark of one."""
    made: list[CollectingContext] = []

    def make(**kwargs) -> CollectingContext:
        context = CollectingContext(tmp_path, **kwargs)
        made.append(context)
        return context

    yield make
    for context in made:
        assert context.left() == []
