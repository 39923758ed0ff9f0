"""Every comparison, kept in a database with what made it; nothing here ever changes a verdict."""

from __future__ import annotations

from esqual.history.breaks import Break, find_breaks
from esqual.history.database import History, HistoryError, open_history
from esqual.history.entries import Entry, NewEntry, entry_of
from esqual.history.reading import count_decisions

__all__ = [
    "Break",
    "Entry",
    "History",
    "HistoryError",
    "NewEntry",
    "count_decisions",
    "entry_of",
    "find_breaks",
    "open_history",
]
