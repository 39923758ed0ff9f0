"""Components that Elasticsearch has and the embedded engine has not."""

from __future__ import annotations

from esqual.engine.lucene.api_error import illegal_argument, unsupported

__all__ = ["removed_or_unsupported"]

_LANGUAGES = """arabic armenian basque bengali brazilian bulgarian catalan chinese czech danish
dutch estonian finnish french galician german greek hindi hungarian indonesian irish
italian latvian lithuanian norwegian persian portuguese romanian russian serbian sorani spanish
swedish thai turkish"""
_UNSUPPORTED = {
    "analyzer": f"{_LANGUAGES} fingerprint snowball icu_analyzer nori smartcn polish ukrainian",
    "normalizer": "",
    "tokenizer": """classic uax_url_email path_hierarchy PathHierarchy simple_pattern
        simple_pattern_split thai nori_tokenizer smartcn_tokenizer""",
    "filter": """apostrophe arabic_normalization arabic_stem bengali_normalization brazilian_stem
        classic common_grams condition czech_stem decimal_digit delimited_payload
        dictionary_decompounder dutch_stem elision fingerprint french_stem german_normalization
        german_stem hindi_normalization hunspell hyphenation_decompounder icu_collation
        indic_normalization keep keep_types keyword_repeat limit min_hash multiplexer
        nori_number nori_part_of_speech nori_readingform pattern_capture persian_normalization
        persian_stem phonetic predicate_token_filter russian_stem scandinavian_folding
        scandinavian_normalization serbian_normalization snowball sorani_normalization
        stemmer_override type_as_payload word_delimiter word_delimiter_graph""",
    "char_filter": "",
}
_REMOVED = {
    ("filter", "standard"): "The [standard] token filter has been removed.",
    ("filter", "nGram"): (
        "The [nGram] token filter name was deprecated in 6.4 and cannot be used in new indices. "
        "Please change the filter name to [ngram] instead."
    ),
    ("filter", "edgeNGram"): (
        "The [edgeNGram] token filter name was deprecated in 6.4 and cannot be used in new "
        "indices. Please change the filter name to [edge_ngram] instead."
    ),
    ("tokenizer", "nGram"): (
        "The [nGram] tokenizer name was deprecated in 7.6. Please use the tokenizer name to "
        "[ngram] for indices created in versions 8 or higher instead."
    ),
    ("tokenizer", "edgeNGram"): (
        "The [edgeNGram] tokenizer name was deprecated in 7.6. Please use the tokenizer name to "
        "[edge_ngram] for indices created in versions 8 or higher instead."
    ),
}


def removed_or_unsupported(kind: str, type: str) -> None:
    """Raise for a type that Elasticsearch removed, or that only a server has; else return."""
    if (kind, type) in _REMOVED:
        raise illegal_argument(_REMOVED[kind, type])
    if type in _UNSUPPORTED[kind].split():
        raise unsupported(f"{kind} of type {type}")
