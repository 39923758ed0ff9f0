"""Two comparisons of the past side by side: what made them, what came of it, which topics moved."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from esqual.history.entries import Entry
from esqual.history.reading import report_of

__all__ = ["Difference", "TopicChange", "difference_of"]

# what is kept as a text -> the column with its digest
_TEXTS = {
    "gate": "gate_digest",
    "baseline template": "baseline_template_digest",
    "candidate template": "candidate_template_digest",
    "baseline mapping": "baseline_mapping_digest",
    "candidate mapping": "candidate_mapping_digest",
}
_PLAIN = {
    "topics": "topics_digest",
    "judgments": "judgments_digest",
    "engine": "engine",
    "git commit": "git_commit",
    "uncommitted changes": "git_dirty",
    "parameters": "parameters",
    "mode": "mode",
    "measure": "measure",
}


@dataclass(frozen=True, slots=True)
class TopicChange:
    """The candidate's value of one topic in both comparisons."""

    query_id: str
    before: float
    after: float

    @property
    def delta(self) -> float:
        """After minus before."""
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class Difference:
    """``made_by``: what was not the same, (name, before, after). ``texts``: name -> unified diff.

    ``comparable`` is True where topics, judgments and measure are the same. ``topics``: those that
    both have and that changed, the largest change first.
    """

    before: Entry
    after: Entry
    comparable: bool
    made_by: tuple[tuple[str, str, str], ...]
    texts: Mapping[str, tuple[str, ...]]
    topics: tuple[TopicChange, ...]


def difference_of(
    before: Entry,
    after: Entry,
    values: Mapping[int, Mapping[str, tuple[float, float]]],
    text_of: Callable[[str | None], str | None],
) -> Difference:
    """``values`` as of `values_of` for both entries; ``text_of`` finds a kept text."""
    texts = {}
    for name, column in _TEXTS.items():
        old, new = before.columns[column], after.columns[column]
        if old != new:
            texts[name] = tuple(_diff(text_of(old) or "", text_of(new) or "", before, after))
    own, other = values[before.number], values[after.number]
    topics = [
        TopicChange(query_id, own[query_id][1], other[query_id][1])
        for query_id in own
        if query_id in other and own[query_id][1] != other[query_id][1]
    ]
    return Difference(
        before,
        after,
        before.series == after.series,
        tuple(_made_by(before, after)),
        texts,
        tuple(sorted(topics, key=lambda row: (-abs(row.delta), row.query_id))),
    )


def _made_by(before: Entry, after: Entry) -> Iterator[tuple[str, str, str]]:
    for name, column in {**_PLAIN, **_TEXTS}.items():
        old, new = before.columns[column], after.columns[column]
        if old != new:
            yield name, _word(old), _word(new)
    # versions and whatever else a comparison records of itself
    one, two = (report_of(entry).get("record", {}) for entry in (before, after))
    for name in dict.fromkeys([*one, *two]):
        if one.get(name) != two.get(name) and not name.endswith("_sha256"):
            yield name, _word(one.get(name)), _word(two.get(name))


def _word(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = str(value)
    # a digest is recognised by its first characters
    return text[:12] if len(text) in (40, 64) and set(text) <= set("0123456789abcdef") else text


def _diff(old: str, new: str, before: Entry, after: Entry) -> Sequence[str]:
    lines = difflib.unified_diff(
        old.splitlines(), new.splitlines(), f"#{before.number}", f"#{after.number}", lineterm=""
    )
    return list(lines)
