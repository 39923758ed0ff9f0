"""``script_score``, for the vector functions that Elasticsearch's documentation shows.

A script is arithmetic (``+ - * /`` and brackets) on numbers, on ``params``, and on calls of
``cosineSimilarity``, ``dotProduct``, ``l1norm`` and ``l2norm``. Any other script needs a server.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from esqual.engine.lucene.api_error import ApiError, illegal_argument, token_name, unsupported
from esqual.engine.lucene.fields.base import java_text
from esqual.engine.lucene.fields.vector import DenseVectorField
from esqual.engine.lucene.fields.vector_values import query_vector
from esqual.engine.lucene.jvm import J, java_floats
from esqual.engine.lucene.query.base import (
    Build,
    QueryContext,
    ShardFailure,
    boosted,
    clause,
    read_query,
)
from esqual.engine.lucene.query.parameters import (
    boost,
    number,
    object_field_error,
    text_of,
    unknown_object_field,
)

__all__: list[str] = []

_FUNCTIONS = ("cosineSimilarity", "dotProduct", "l1norm", "l2norm")
_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+\.\d*(?:[eE][+-]?\d+)?|\.\d+|\d+)(?P<kind>[dDfF]?)"
    r"|(?P<name>[A-Za-z_]\w*)|(?P<text>'[^'\\]*'|\"[^\"\\]*\")|(?P<sign>[-+*/(),.\[\];]))"
)
_NUMBERS = (int, float)

# what an expression is worth: a number as Painless has it (whole or not), or a Java ScoreFunction
Value = Any
Expression = Callable[[QueryContext], Value]


@clause("script_score")
def _script_score(body: dict[str, Any]) -> Build:
    values: dict[str, Any] = {}
    for key, value in body.items():
        if key not in _READERS:
            raise unknown_object_field("script_score", key, _READERS)
        wanted = dict if key in ("query", "script") else (str, int, float)
        if not isinstance(value, wanted):
            raise ApiError(
                400,
                "x_content_parse_exception",
                f"[1:1] [script_score] {key} doesn't support values of type: {token_name(value)}",
            )
        if isinstance(value, dict) and key == "script":
            values[key] = _read_script(value)
            continue
        try:
            values[key] = _READERS[key](value)
        except ApiError as error:
            failure = object_field_error("script_score", key, error)
            if error.type in ("parsing_exception", "x_content_parse_exception"):
                failure.root = error.root or error
            raise failure from error
    for key in ("query", "script"):
        if key not in values:
            raise illegal_argument(f"Required [{key}]")
    inner: Build = values["query"]
    script: _Script = values["script"]
    minimum = values.get("min_score")

    def build(context: QueryContext) -> Any:
        return J.ScriptScore(
            inner(context),
            _function(script.expression(context)),
            script.shown,
            None if minimum is None else J.Float.valueOf(minimum),
        )

    return boosted(build, values.get("boost", 1.0), values.get("_name"))


def _function(value: Value) -> Any:
    return J.ScoreFunctions.constant(float(value)) if isinstance(value, _NUMBERS) else value


# ------------------------------------------------------------------ the script


@dataclass(frozen=True, slots=True)
class _Script:
    """``shown`` as explanations print it."""

    expression: Expression
    shown: str


def _read_script(json: dict[str, Any]) -> _Script:
    for key in json:
        if key not in ("source", "lang", "params", "id", "options"):
            raise unknown_object_field("script", key, ("source", "lang", "params", "id", "options"))
    if "id" in json:
        raise unsupported("stored scripts in script_score")
    if json.get("lang", "painless") != "painless":
        raise unsupported(f"script_score in {text_of(json['lang'])}")
    source, params = json.get("source"), json.get("params", {})
    if not isinstance(source, str) or not isinstance(params, dict):
        raise illegal_argument("must specify either [source] for an inline script or [id] for a "
                               "stored script")  # fmt: skip
    shown = (
        "Script{type=inline, lang='painless', idOrCode='"
        f"{source}', options={{}}, params={java_text(params)}}}"
    )
    return _Script(_Parser(source, params).script(), shown)


class _Parser:
    """Recursive descent over the tokens of one script."""

    def __init__(self, source: str, params: Mapping[str, Any]) -> None:
        self.source = source
        self.params = params
        self.tokens = list(self._split())
        self.at = 0

    def _split(self) -> Any:
        at = 0
        text = self.source.rstrip()
        while at < len(text):
            found = _TOKEN.match(text, at)
            if found is None:
                raise self.refusal()
            yield found
            at = found.end()

    def refusal(self) -> ApiError:
        """What this engine cannot run."""
        return unsupported(
            f"script [{self.source}]: script_score takes arithmetic on numbers, params and "
            f"{', '.join(_FUNCTIONS)}"
        )

    # -------------------------------------------------------------- tokens

    def peek(self) -> str:
        """The next sign or name, empty for other tokens and at the end."""
        if self.at == len(self.tokens):
            return ""
        token = self.tokens[self.at]
        return str(token["sign"] or token["name"] or "")

    def take(self, sign: str) -> bool:
        """Whether the next token is ``sign``, which is then passed."""
        if self.peek() != sign:
            return False
        self.at += 1
        return True

    def expect(self, sign: str) -> None:
        """Pass ``sign``."""
        if not self.take(sign):
            raise self.refusal()

    def text(self) -> str:
        """Pass a quoted text."""
        if self.at == len(self.tokens) or not self.tokens[self.at]["text"]:
            raise self.refusal()
        self.at += 1
        return str(self.tokens[self.at - 1]["text"])[1:-1]

    # -------------------------------------------------------------- grammar

    def script(self) -> Expression:
        """``[return] sum [;]``."""
        self.take("return")
        answer = self.sum()
        self.take(";")
        if self.at != len(self.tokens):
            raise self.refusal()
        return answer

    def sum(self) -> Expression:
        """``product (+|- product)*``."""
        return self._chain("+-", self.product)

    def product(self) -> Expression:
        """``factor (*|/ factor)*``."""
        return self._chain("*/", self.factor)

    def _chain(self, operators: str, part: Callable[[], Expression]) -> Expression:
        left = part()
        while self.peek() and self.peek() in operators:
            operator = self.peek()
            self.at += 1
            left = self._joined(operator, left, part())
        return left

    def _joined(self, operator: str, left: Expression, right: Expression) -> Expression:
        return lambda context: self._calculate(operator, left(context), right(context))

    def _calculate(self, operator: str, a: Value, b: Value) -> Value:
        if not (isinstance(a, _NUMBERS) and isinstance(b, _NUMBERS)):
            return J.Arithmetic(operator, _function(a), _function(b))
        if operator == "+":
            return a + b
        if operator == "-":
            return a - b
        if operator == "*":
            return a * b
        if isinstance(a, int) and isinstance(b, int):
            if b == 0:
                raise self.error(ApiError(400, "arithmetic_exception", "/ by zero"))
            return int(a / b) if abs(a) < 1 << 53 else -(-a // b)
        with np.errstate(divide="ignore", invalid="ignore"):
            return float(np.float64(a) / np.float64(b))

    def factor(self) -> Expression:
        """A number, a parameter, a call, a bracket, or one of them with a sign."""
        if self.take("-"):
            return self._joined("*", lambda _: -1, self.factor())
        if self.take("+"):
            return self.factor()
        if self.take("("):
            answer = self.sum()
            self.expect(")")
            return answer
        if self.at < len(self.tokens) and self.tokens[self.at]["number"]:
            token = self.tokens[self.at]
            self.at += 1
            whole = token["number"].isdigit() and not token["kind"]
            value: float = int(token["number"]) if whole else float(token["number"])
            return lambda _: value
        name = self.peek()
        if name == "params":
            param = self.param()
            if isinstance(param, bool) or not isinstance(param, _NUMBERS):
                raise self.refusal()
            return lambda _: param
        if name in _FUNCTIONS:
            self.at += 1
            return self.call(name)
        raise self.refusal()

    def param(self) -> Any:
        """``params.name`` or ``params['name']``; None for one that is not given."""
        self.expect("params")
        if self.take("["):
            name = self.text()
            self.expect("]")
        else:
            self.expect(".")
            name = self.peek()
            self.at += 1
        return self.params.get(name)

    def call(self, function: str) -> Expression:
        """``(vector, 'field')``."""
        self.expect("(")
        vector = self.list() if self.peek() == "[" else self.param()
        self.expect(",")
        field = self.text()
        self.expect(")")
        return lambda context: self._bind(context, function, vector, field)

    def list(self) -> list[float]:
        """``[1, -2.5]``."""
        self.expect("[")
        values: list[float] = []
        while not self.take("]"):
            if values:
                self.expect(",")
            sign = -1 if self.take("-") else 1
            if self.at == len(self.tokens) or not self.tokens[self.at]["number"]:
                raise self.refusal()
            values.append(sign * float(self.tokens[self.at]["number"]))
            self.at += 1
        return values

    # -------------------------------------------------------------- binding

    def _bind(self, context: QueryContext, function: str, vector: Any, name: str) -> Any:
        field = context.mapping.field(name)
        if not isinstance(field, DenseVectorField):
            kind = "is not mapped" if field is None else f"is of type [{field.type}]"
            raise self.error(
                illegal_argument(f"[{name}] {kind}: {function} takes a dense_vector field")
            )
        if not isinstance(vector, list | str) or (
            isinstance(vector, list)
            and not all(isinstance(e, _NUMBERS) and not isinstance(e, bool) for e in vector)
        ):
            raise self.error(
                illegal_argument(f"the vector of {function} must be a list of numbers")
            )
        try:
            values = query_vector(vector, field.byte, field.dims or 0)
        except ApiError as error:
            raise self.error(error) from error
        return J.VectorFunction(
            function, name, field.normalised, java_floats(values.astype(np.float32))
        )

    def error(self, cause: ApiError) -> ShardFailure:
        """400 ``script_exception``, as for a script that fails while it runs."""
        return ShardFailure(
            ApiError(
                400,
                "script_exception",
                "runtime error",
                caused_by=cause,
                script=self.source,
                lang="painless",
            )
        )


_READERS: dict[str, Callable[[Any], Any]] = {
    "query": read_query,
    "script": _read_script,
    "min_score": number,
    "boost": boost,
    "_name": text_of,
}
