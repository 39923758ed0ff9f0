"""Which commit of the user's repository a comparison was made at."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

__all__ = ["git_state"]

_PATIENCE_S = 5


def git_state(folder: str | Path = ".") -> tuple[str | None, bool | None]:
    """(commit, whether tracked files are changed); (None, None) where git cannot tell."""
    commit = _git(folder, "rev-parse", "--verify", "HEAD")
    if commit is None:
        return None, None
    changed = _git(folder, "status", "--porcelain", "--untracked-files=no")
    return commit.strip(), None if changed is None else bool(changed.strip())


def _git(folder: str | Path, *arguments: str) -> str | None:
    try:
        run = subprocess.run(
            ["git", "-C", str(folder), *arguments],
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=_PATIENCE_S,
            # only looked at: no lock is taken, no password asked for
            env={**os.environ, "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"},
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return run.stdout if run.returncode == 0 else None
