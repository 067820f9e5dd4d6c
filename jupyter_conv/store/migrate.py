"""Bringing a database up to this version. Alembic is loaded only when there is something to do."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from ..errors import StorageError
from .schema import HEAD

__all__ = ["migrate"]


def migrate(connection: sa.Connection) -> None:
    """Run the migrations that are missing. Raises `StorageError`, `database_newer`, for one of a later version."""
    if _version(connection) == HEAD:
        return
    from alembic import command
    from alembic.config import Config
    from alembic.util.exc import CommandError

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, HEAD)
    except CommandError as error:
        raise StorageError(
            "The database was written by a later version of jupyter_conv. Install that version, or choose "
            "another data_dir.",
            code="database_newer",
        ) from error


def _version(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(sa.text("SELECT version_num FROM alembic_version"))
    return found.scalar_one_or_none()
