"""The command line with an index, as the tests of the command line have it."""

from __future__ import annotations

from tests.cli.conftest import *  # noqa: F403
