"""Keep: the event log and the rest, in SQLite or PostgreSQL. No SQL anywhere else."""

from sqlalchemy import Connection

from . import conversations, events, starts, tasks
from .events import RawPage
from .store import Store, Synchronous
from .times import micros, now_micros
from .writer import Committed, Draft

__all__ = [
    "Committed",
    "Connection",
    "Draft",
    "RawPage",
    "Store",
    "Synchronous",
    "conversations",
    "events",
    "micros",
    "now_micros",
    "starts",
    "tasks",
]
