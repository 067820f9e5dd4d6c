"""How each kind of runnable runs. A runtime is given a `RunContext` and knows nothing else of the house."""

from .base import RunContext, Runtime
from .environment import child_environment
from .kernels import KernelPool
from .output import OutputGatherer
from .processes import sweep
from .registry import Registry

__all__ = [
    "KernelPool",
    "OutputGatherer",
    "Registry",
    "RunContext",
    "Runtime",
    "child_environment",
    "sweep",
]
