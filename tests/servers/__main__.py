"""Start and stop real servers for development.

    python -m tests.servers start [ENGINE ...]    opensearch if none is named
    python -m tests.servers stop [ENGINE ...]     all if none is named
    python -m tests.servers list

Tests find running ones by themselves, delete what is in them, and need not start their own.
"""

from __future__ import annotations

import argparse
import sys

from tests.servers.artifacts import ServerUnavailableError
from tests.servers.capabilities import ENGINES, SELECTABLE
from tests.servers.running import start_kept, stop_kept, urls_kept


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("action", choices=["start", "stop", "list"])
    parser.add_argument("engines", nargs="*", metavar="ENGINE", help=", ".join(SELECTABLE))
    arguments = parser.parse_args()
    for name in arguments.engines:
        if name not in SELECTABLE:
            parser.error(f"no such engine: {name}; there are {', '.join(SELECTABLE)}")
    if arguments.action == "start":
        for name in arguments.engines or ["opensearch"]:
            try:
                nodes = start_kept(name)
            except ServerUnavailableError as error:
                print(f"{name}: {error}", file=sys.stderr)
                return 3
            print(f"{name}: {' '.join(node.url for node in nodes)}")
    elif arguments.action == "stop":
        for name in arguments.engines or SELECTABLE:
            if count := stop_kept(name):
                print(f"{name}: {count} stopped")
    else:
        for name in SELECTABLE:
            addresses = " ".join(urls_kept(name)) or "not running"
            print(f"{name:<16} {ENGINES[name].title:<40} {addresses}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
