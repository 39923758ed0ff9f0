"""A comparison kept in a folder of files, and judged again from them without any engine."""

from __future__ import annotations

from esqual.replay.folder import Saved, SavedCandidate, read_saved, save_comparison
from esqual.replay.judging import Replayed, replay

__all__ = ["Replayed", "Saved", "SavedCandidate", "read_saved", "replay", "save_comparison"]
