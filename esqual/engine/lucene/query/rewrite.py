"""The ``rewrite`` parameter: how prefix, wildcard, regexp and fuzzy score the terms they find."""

from __future__ import annotations

import re
from typing import Any

from esqual.engine.lucene.api_error import illegal_argument
from esqual.engine.lucene.jvm import J

__all__ = ["rewrite_method"]

_TOP_TERMS = re.compile(r"top_terms_(boost_|blended_freqs_)?(\d+)")


def rewrite_method(word: str | None) -> Any:
    """Lucene's method for ``word``; without one the score is constant.

    Raises ``illegal_argument`` for an unknown word.
    """
    if word in (None, "constant_score", "constant_score_auto", "constant_score_filter"):
        return J.MultiTermQuery.CONSTANT_SCORE_REWRITE
    if word == "constant_score_blended":
        return J.MultiTermQuery.CONSTANT_SCORE_BLENDED_REWRITE
    if word == "constant_score_boolean":
        return J.MultiTermQuery.CONSTANT_SCORE_BOOLEAN_REWRITE
    if word == "scoring_boolean":
        return J.MultiTermQuery.SCORING_BOOLEAN_REWRITE
    top = _TOP_TERMS.fullmatch(word or "")
    if top is None:
        raise illegal_argument(f"Failed to parse rewrite_method [{word}]")
    kinds = {
        None: J.TopTermsScoringBooleanQueryRewrite,
        "boost_": J.TopTermsBoostOnlyBooleanQueryRewrite,
        "blended_freqs_": J.FuzzyWords,
    }
    return kinds[top[1]](int(top[2]))
