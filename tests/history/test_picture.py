"""The picture of a trend: well-formed, self-contained, and nothing in it is markup of others."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from esqual.history import open_history
from esqual.history.picture import render_trend_svg
from esqual.history.reading import list_entries
from tests.history.made import entry, place

HOSTILE = '"><script>alert(1)</script>&\x00\x1b[31m\u202e]]>'


def test_a_trend_is_one_svg_with_a_mark_per_comparison(tmp_path: Path) -> None:
    with open_history(place(tmp_path), writing=True) as history:
        history.keep([entry((1,)), entry((1, 2, 3, 4)), entry(gate=False, tag=HOSTILE)])
        entries = list_entries(history)
    svg = render_trend_svg(entries, HOSTILE)
    root = ElementTree.fromstring(svg)
    names = [element.tag.rpartition("}")[2] for element in root.iter()]
    assert "script" not in names
    titles = [element.text or "" for element in root.iter() if element.tag.endswith("title")]
    assert [title.split()[0] for title in titles[1:]] == ["#1", "#2", "#3"]
    # nothing is fetched, and no control character is in it
    assert not re.search(r"href|url\(|@import|[\x00-\x09\x0b-\x1f\u202e]", svg)
    assert re.findall(r"https?://[^\"]+", svg) == ["http://www.w3.org/2000/svg"]


def test_a_picture_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="no comparison"):
        render_trend_svg([], "何もない")
