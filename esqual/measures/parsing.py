"""From the name of a measure to its value: ``nDCG(dcg='exp-log2')@10``."""

from __future__ import annotations

import ast
from dataclasses import fields

from esqual.errors import MeasureError
from esqual.measures.base import Measure
from esqual.measures.binary import AP, RR, P, R, Success
from esqual.measures.graded import DCG, ERR, NDCG, RBP
from esqual.measures.incomplete import Bpref, InfAP, Judged

__all__ = ["DEFAULT_MEASURE", "MEASURES", "parse_measure"]

MEASURES: dict[str, type[Measure]] = {
    measure.NAME: measure
    for measure in (NDCG, DCG, P, R, RR, AP, ERR, RBP, Success, Bpref, InfAP, Judged)
}
# ir_measures reads these as well; the value still calls itself by the first name.
_ALIASES = {
    "NDCG": "nDCG",
    "Precision": "P",
    "Recall": "R",
    "MRR": "RR",
    "MAP": "AP",
    "BPref": "Bpref",
}

DEFAULT_MEASURE: Measure = NDCG(dcg="exp-log2", cutoff=10)


def parse_measure(text: str) -> Measure:
    """Return the measure that ``text`` names, as ir_measures spells it.

    ``str(parse_measure(text))`` is the canonical name and reads back to an equal value. Raises
    :class:`~esqual.errors.MeasureError`, which lists the known names and parameters.
    """
    try:
        node = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        raise _unreadable(text) from error
    cutoff: object = None
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
        cutoff = _literal(text, node.right)
        if cutoff is None:
            raise _unreadable(text)
        node = node.left
    parameters: dict[str, object] = {}
    if isinstance(node, ast.Call):
        if node.args:
            raise _unreadable(text)
        for keyword in node.keywords:
            if keyword.arg is None:
                raise _unreadable(text)
            parameters[keyword.arg] = _literal(text, keyword.value)
        node = node.func
    if not isinstance(node, ast.Name):
        raise _unreadable(text)
    if cutoff is not None:
        if "cutoff" in parameters:
            raise MeasureError(f"measure {text!r} gives two cutoffs; leave one out")
        parameters["cutoff"] = cutoff
    return _make(text, node.id, parameters)


def _make(text: str, name: str, parameters: dict[str, object]) -> Measure:
    kind = MEASURES.get(_ALIASES.get(name, name))
    if kind is None:
        raise MeasureError(f"measure {text!r}: {name} is not known here. {_known()}")
    names = [field.name for field in fields(kind)]
    unknown = sorted(parameters.keys() - set(names))
    if unknown:
        raise MeasureError(
            f"measure {text!r}: {kind.NAME} has no parameter {', '.join(unknown)}; "
            f"it knows {', '.join(names)}"
        )
    try:
        return kind(**parameters)  # type: ignore[arg-type]  # __post_init__ checks the types
    except MeasureError as error:
        raise MeasureError(f"measure {text!r}: {error}") from error


def _literal(text: str, node: ast.expr) -> object:
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError) as error:
        raise _unreadable(text) from error


def _unreadable(text: str) -> MeasureError:
    return MeasureError(
        f"measure {text!r} cannot be read; write NAME@cutoff or NAME(parameter=value)@cutoff, "
        f"in a shell between double quotes. {_known()}"
    )


def _known() -> str:
    """List every measure with its parameters, as it would be written."""
    return f"Known: {', '.join(measure.form() for measure in MEASURES.values())}"
