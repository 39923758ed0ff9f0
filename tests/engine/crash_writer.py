"""A process that indexes and flushes until it is killed: ``python crash_writer.py PATH``.

It warms up, waits for a line with the number of the first document, and then prints the number of
documents that each returned flush covers, one line each.
"""

from __future__ import annotations

import itertools
import os
import sys

from elasticsearch import helpers

import esqual

BATCH = 50


def main() -> None:
    path = sys.argv[1]
    esqual.connect(f"lucene:{path}-warm-{os.getpid()}").index(index="a", document={"t": "温める"})
    client = esqual.connect(f"lucene:{path}")
    start = int(sys.stdin.readline())
    for first in itertools.count(start, BATCH):
        helpers.bulk(
            client,
            (
                {"_index": "a", "_id": str(n), "t": f"文書{n}は胃が痛い", "n": n}
                for n in range(first, first + BATCH)
            ),
        )
        client.indices.flush(index="a")
        sys.stdout.write(f"{first + BATCH}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
