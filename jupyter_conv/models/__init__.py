"""The words: what goes over every wire. No I/O."""

from .base import *
from .conversation import *
from .detail import *
from .event import *
from .output import *
from .page import *
from .runnable import *
from .task import *
