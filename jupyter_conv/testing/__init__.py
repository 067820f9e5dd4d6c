"""For people who write runtimes or clients: run a runtime without a server, collect a stream."""

from .collecting import CollectingContext, Ran, run_runtime
from .streams import collect

__all__ = ["CollectingContext", "Ran", "collect", "run_runtime"]
