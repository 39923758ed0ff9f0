"""A writer of its own process: keeps comparisons, five a command, and says their numbers when safe.

``python -m tests.history.writer PLACE COUNT NAME``: it says that it is ready, waits for a line, and
is killed by the tests.
"""

from __future__ import annotations

import sys

from esqual.history import open_history
from tests.history.made import entry


def main() -> None:
    place, count, name = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    made = [entry((lost,), tag=name) for lost in range(5)]
    print("ready", flush=True)
    sys.stdin.readline()
    for done in range(0, count, len(made)):
        with open_history(place, writing=True) as history:
            numbers = history.keep(made[: count - done])
        print(*numbers, flush=True)


if __name__ == "__main__":
    main()
