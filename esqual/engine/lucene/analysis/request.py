"""``_analyze``: what a chain makes of a text, step by step if asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from esqual.engine.lucene.analysis.components import Chain, Tokenizer
from esqual.engine.lucene.analysis.components import factory as lucene_factory
from esqual.engine.lucene.analysis.options import Options, anonymous
from esqual.engine.lucene.analysis.registry import NEED_SETTINGS, Analysis
from esqual.engine.lucene.analysis.tokens import Token, TooManyTokensError, filtered, read
from esqual.engine.lucene.api_error import ApiError, illegal_argument

__all__ = ["analyze_request"]

FieldAnalyzer = Callable[[str], Any]
_STRINGS = ("analyzer", "field", "normalizer")
_KEYS = (
    "analyzer", "text", "tokenizer", "filter", "char_filter", "field", "normalizer", "explain",
    "attributes",
)  # fmt: skip
# these two come raw from their plugin when no index wraps them
_GAPLESS = ("kuromoji", "kuromoji_completion")


def analyze_request(
    analysis: Analysis, field_analyzer: FieldAnalyzer | None, body: Any
) -> dict[str, Any]:
    """The answer to ``_analyze``.

    ``analysis`` is that of the index, or ``Analysis()`` where the path names none; then
    ``field_analyzer`` is None. It maps a field's name to its Java index analyzer, and answers for
    a name without a mapping with the index's default analyzer. ``body`` is None where none came.
    """
    _check(body)
    values = body.get("text", [])
    texts = [_scalar(v) for v in values] if isinstance(values, list) else [values]
    _validate(body, texts, analysis)
    explain = body.get("explain", False) in (True, "true")
    limit = analysis.limits["analyze.max_token_count"]
    attributes = {str(a).lower() for a in body.get("attributes", ())}
    name, chain, java, gap = _chosen(analysis, field_analyzer, body, explain)
    try:
        if not explain:
            found, _ = read(java, texts, gap, limit)
            return {"tokens": [_token(t) for t in found]}
        if chain is not None and chain.custom:
            return {"detail": _steps(chain, texts, gap, limit, attributes)}
        rows = _detailed(java, texts, gap, limit, attributes)
        return {"detail": {"custom_analyzer": False, "analyzer": {"name": name, "tokens": rows}}}
    except TooManyTokensError:
        raise ApiError(
            400,
            "status_exception",
            "The number of tokens produced by calling _analyze has exceeded the allowed maximum of "
            f"[{limit}]. This limit can be set by changing the [index.analyze.max_token_count] "
            "index level setting.",
        ) from None


# -- which analyzer


def _chosen(
    analysis: Analysis, field_analyzer: FieldAnalyzer | None, body: Mapping[str, Any], explain: bool
) -> tuple[str | None, Chain | None, Any, int]:
    """The name to show, the chain if known, the Java analyzer, and the gap between values."""
    if "analyzer" in body:
        name = body["analyzer"]
        chain = analysis.chain(name)
        raw = analysis.is_global and name in _GAPLESS
        shown = None if raw else name
        return shown, chain, analysis.analyzer(name), 0 if raw else chain.gap
    if "normalizer" in body:
        chain = analysis.normalizer_chain(body["normalizer"])
        return body["normalizer"], chain, analysis.normalizer(body["normalizer"]), 0
    if "tokenizer" in body or "filter" in body or "char_filter" in body:
        chain = _ad_hoc(analysis, body)
        # Elasticsearch goes through the steps of a nameless chain without a gap
        return "", chain, chain.java(), 0 if explain else chain.gap
    if "field" in body:
        assert field_analyzer is not None
        java = field_analyzer(body["field"])
        known = analysis.chain_of(java)
        return (
            "default" if known is None else known.name,
            known,
            java,
            int(java.getPositionIncrementGap(body["field"])),
        )
    chain = analysis.chain("default")
    return "default", chain, analysis.analyzer("default"), chain.gap


def _ad_hoc(analysis: Analysis, body: Mapping[str, Any]) -> Chain:
    def parts(kind: str) -> tuple[Any, ...]:
        return tuple(_component(analysis, kind, item) for item in body.get(kind, ()))

    if "tokenizer" in body:
        tokenizer = _component(analysis, "tokenizer", body["tokenizer"])
    else:
        tokenizer = Tokenizer("keyword", lucene_factory("core.KeywordTokenizerFactory"))
    return Chain("_anonymous_", tokenizer, parts("char_filter"), parts("filter"), custom=True)


def _component(analysis: Analysis, kind: str, item: Any) -> Any:
    """A component by name, or made from a definition written in the request."""
    scope = "global " if analysis.is_global or not isinstance(item, str) else ""

    def missing(name: str) -> Callable[[], ApiError]:
        return lambda: illegal_argument(f"failed to find {scope}{kind} under [{name}]")

    if isinstance(item, str):
        if analysis.is_global and item in NEED_SETTINGS[kind]:
            raise illegal_argument(
                "Analysis settings required - can't instantiate analysis factory"
            )
        return analysis.named(kind, item, missing(item))
    values = anonymous(kind, item)
    type = values.get("type")
    if not isinstance(type, str):
        shown = ",".join(f'"{k}":"{v}"' for k, v in sorted(values.items()))
        raise illegal_argument(f"Missing [type] setting for anonymous {kind}: {{{shown}}}")
    return analysis.component(Options(kind, f"__anonymous__{type}", values), missing(type))


# -- the answer


def _token(token: Token) -> dict[str, Any]:
    row: dict[str, Any] = {
        "token": token.term,
        "start_offset": token.start,
        "end_offset": token.end,
        "type": token.type,
        "position": token.position,
    }
    if token.position_length > 1:
        row["positionLength"] = token.position_length
    return row


# these stand under their own names already
_SHOWN = ("CharTermAttribute", "OffsetAttribute", "PositionIncrementAttribute", "TypeAttribute")


def _detailed(
    java: Any, texts: Iterable[str], gap: int, limit: int, attributes: set[str]
) -> list[dict[str, Any]]:
    """Tokens with every further attribute, or those of ``attributes`` (lower case)."""
    found, details = read(java, texts, gap, limit, details=True)
    rows = []
    for token, flat in zip(found, details, strict=True):
        row = _token(token)
        further = {}
        for at in range(0, len(flat), 4):
            attribute, key, type, value = flat[at : at + 4]
            own = attribute.rsplit(".", 1)[-1] in _SHOWN
            if not own and (not attributes or key.lower() in attributes):
                further[key] = _attribute(type, value)
        row.update(sorted(further.items()))
        rows.append(row)
    return rows


def _attribute(type: str, value: str) -> Any:
    if type == "null":
        return None
    if type == "Boolean":
        return value == "true"
    return int(value) if type in ("Integer", "Long", "Short", "Byte") else value


def _steps(
    chain: Chain, texts: list[str], gap: int, limit: int, attributes: set[str]
) -> dict[str, Any]:
    """What each step of the chain leaves."""
    filters = chain.all_filters()
    own = len(chain.tokenizer.then)

    def rows(count: int) -> list[dict[str, Any]]:
        return _detailed(chain.before(count).java(), texts, gap, limit, attributes)

    answer: dict[str, Any] = {
        "custom_analyzer": True,
        "charfilters": [
            {"name": f.name, "filtered_text": filtered(chain.char_filters[: at + 1], texts)}
            for at, f in enumerate(chain.char_filters)
        ],
        "tokenizer": {"name": chain.tokenizer.name, "tokens": rows(own)},
    }
    answer["tokenfilters"] = [
        {"name": filters[at].name, "tokens": rows(at + 1)} for at in range(own, len(filters))
    ]
    return answer


# -- what the request may say


def _parse_error(reason: str, cause: ApiError | None = None) -> ApiError:
    return ApiError(
        400, "x_content_parse_exception", f"[1:1] [analyze_request] {reason}", caused_by=cause
    )


_JSON_TYPES = {
    str: "VALUE_STRING",
    bool: "VALUE_BOOLEAN",
    int: "VALUE_NUMBER",
    float: "VALUE_NUMBER",
    dict: "START_OBJECT",
    list: "START_ARRAY",
    type(None): "VALUE_NULL",
}


def _check(body: Any) -> None:
    """Names and JSON types of the request's fields."""
    if body is None:
        raise ApiError(400, "parse_exception", "request body or source parameter is required")
    if not isinstance(body, Mapping):
        raise _parse_error(f"Expected START_OBJECT but was: {_JSON_TYPES[type(body)]}")
    for key, value in body.items():
        if key not in _KEYS:
            near = get_close_matches(key, _KEYS, 1)
            hint = f" did you mean [{near[0]}]?" if near else ""
            raise _parse_error(f"unknown field [{key}]{hint}")
        allowed: tuple[type, ...] = (list,)
        if key in _STRINGS:
            allowed = (str,)
        elif key == "text":
            allowed = (str, list)
        elif key == "tokenizer":
            allowed = (str, dict)
        elif key == "explain":
            allowed = (bool, str)
        if not isinstance(value, allowed):
            raise _parse_error(f"{key} doesn't support values of type: {_JSON_TYPES[type(value)]}")
        if key in ("filter", "char_filter") and isinstance(value, list):
            for item in value:
                if not isinstance(item, (str, dict)):
                    reason = (
                        f"Expected [VALUE_STRING] or [START_OBJECT], got {_JSON_TYPES[type(item)]}"
                    )
                    cause = ApiError(400, "x_content_parse_exception", f"[1:1] {reason}")
                    raise _parse_error(f"failed to parse field [{key}]", cause)
        if key == "explain" and value not in (True, False, "true", "false"):
            cause = illegal_argument(
                f"Failed to parse value [{value}] as only [true] or [false] are allowed."
            )
            raise _parse_error("failed to parse field [explain]", cause)


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (str, int, float)):
        return str(value)
    raise _parse_error("failed to parse field [text]")


def _validate(body: Mapping[str, Any], texts: list[str], analysis: Analysis) -> None:
    """What may not stand together."""
    problems = []
    extra = any(k in body for k in ("tokenizer", "filter", "char_filter"))
    if not texts:
        problems.append("text is missing")
    if analysis.is_global and "normalizer" in body:
        problems.append("index is required if normalizer is specified")
    if "normalizer" in body and ("tokenizer" in body or "analyzer" in body):
        problems.append("tokenizer/analyze should be null if normalizer is specified")
    if "analyzer" in body and extra:
        problems.append("cannot define extra components on a named analyzer")
    if "normalizer" in body and extra:
        problems.append("cannot define extra components on a named normalizer")
    if "field" in body and extra:
        problems.append("cannot define extra components on a field-specific analyzer")
    if problems:
        listed = "".join(f"{n}: {problem};" for n, problem in enumerate(problems, 1))
        raise ApiError(400, "action_request_validation_exception", f"Validation Failed: {listed}")
    if "field" in body and analysis.is_global:
        raise illegal_argument("analysis based on a specific field requires an index")
