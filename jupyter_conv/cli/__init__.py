"""`jupyter conv …`, from a shell."""

from __future__ import annotations

import sys
from collections.abc import Sequence

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Out: the exit status; argparse's own errors end the process with 2."""
    from .parser import parse

    options = parse(argv)
    from .commands import run

    return run(options)


if __name__ == "__main__":
    sys.exit(main())
