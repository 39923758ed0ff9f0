"""What the page is made of, without a browser."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from string import Formatter

import pytest

from esqual.report.html import render_html
from esqual.report.html.data import script_json
from esqual.report.html.intervals import Interval, Scale
from esqual.report.html.words import OWN
from tests.report.html.test_page import small
from tests.report.reports import HOSTILE


@pytest.mark.parametrize("text", HOSTILE[:-1])
def test_no_text_in_the_data_opens_or_ends_an_element_and_all_reads_back(text: str) -> None:
    written = script_json([text])
    assert not re.search("[<>&\u2028\u2029]", written)
    assert json.loads(written) == [text]


@pytest.mark.parametrize("key", OWN)
def test_both_languages_have_the_same_places(key: str) -> None:
    english, japanese = (
        {name for _, name, _, _ in Formatter().parse(text) if name} for text in OWN[key]
    )
    assert english == japanese


def test_the_policy_names_the_style_and_the_script_of_the_page_and_nothing_else() -> None:
    page = render_html(small())
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy is not None
    assert "default-src 'none'" in policy[1]
    assert "unsafe" not in policy[1]
    for tag in ("style", "script"):
        (text,) = re.findall(rf"<{tag}>(.*?)</{tag}>", page, flags=re.S)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy[1]


def test_an_interval_of_two_topics_does_not_widen_the_plot() -> None:
    rows = [
        Interval("a", 40, -0.02, -0.05, 0.01, 0.02),
        Interval("b", 2, 0.03, -4.0, 4.0, None),
    ]
    scale = Scale.of(rows)
    assert -0.1 < scale.low < -0.05
    assert 0.03 < scale.high < 0.1
    assert scale.share(4.0) == "100.00%"
    assert not scale.holds(4.0)
    assert 0 in scale.ticks()
