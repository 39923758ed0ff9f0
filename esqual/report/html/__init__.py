"""A comparison as one HTML page to look into: opens from disk, asks for nothing else."""

from __future__ import annotations

from esqual.report.html.document import render_html

__all__ = ["render_html"]
