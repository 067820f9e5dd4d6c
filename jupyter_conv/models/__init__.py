"""The words: what goes over every wire. No I/O."""

from .base import *
from .conversation import *
from .detail import *
from .event import *
from .file import *
from .frame import *
from .output import *
from .page import *
from .runnable import *
from .skill import *
from .task import *
from .v1 import *
