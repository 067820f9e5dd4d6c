"""The only room with rules: conversations, tasks and events, for who may have them."""

from ..bus import Batch
from ..store import RawPage, Synchronous
from .embedded import EmbeddedService, embedded
from .files import OpenFile, Upload
from .follow import Follower, Sink
from .participant import Participant
from .principal import Principal
from .service import ConversationService
from .settings import Settings, default_data_dir

__all__ = [
    "Batch",
    "ConversationService",
    "EmbeddedService",
    "Follower",
    "OpenFile",
    "Participant",
    "Principal",
    "RawPage",
    "Settings",
    "Sink",
    "Synchronous",
    "Upload",
    "default_data_dir",
    "embedded",
]
