"""Notebooks open on the shared server."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest

from ..serving import RunningServer
from .notebook import OpenNotebook


@pytest.fixture(scope="module")
def notebook(server: RunningServer) -> Iterator[OpenNotebook]:
    """One notebook for the tests of a module."""
    opened = OpenNotebook(server, f"folder/{uuid4().hex}.ipynb")
    yield opened
    opened.close()
