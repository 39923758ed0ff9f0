"""What is wrong with a set of judgments, or worth knowing before it is relied upon."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from esqual.judgments.agreement import Agreement, agreement_of
from esqual.judgments.records import Judgment, JudgmentSet
from esqual.models import Topic

__all__ = ["ERRORS", "WARNINGS", "CheckReport", "Finding", "check_judgments"]

# kind -> what it says, in the plural. An error falsifies or voids a comparison.
ERRORS = {
    "conflict": "judgments that contradict another",
    "outside_scale": "levels outside the scale",
    "unknown_topic": "topics that are judged and not in the topics",
    "not_in_index": "documents that no index holds",
}
# Nothing is wrong, but the set is smaller than it looks.
WARNINGS = {
    "duplicate": "judgments that only repeat another",
    "no_relevant": "topics without a relevant document, which no comparison can count",
    "no_judgment": "topics without any judgment",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found. ``query`` is an id or a text, as the file has it; None where none is."""

    kind: str
    message: str
    query: str | None = None
    doc_id: str | None = None
    line: int | None = None

    @property
    def is_error(self) -> bool:
        """Whether it falsifies or voids a comparison."""
        return self.kind in ERRORS


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What a file holds and what was found. ``levels`` counts each relevance, lowest first."""

    path: str
    key: str
    n_topics: int
    n_judgments: int
    n_documents: int
    levels: tuple[tuple[int, int], ...]
    findings: tuple[Finding, ...]
    agreement: Agreement | None

    @property
    def n_errors(self) -> int:
        """How many findings are errors."""
        return sum(finding.is_error for finding in self.findings)

    @property
    def exit_code(self) -> int:
        """3 when something falsifies or voids a comparison, else 0."""
        return 3 if self.n_errors else 0


def check_judgments(
    judged: JudgmentSet,
    *,
    topics: Sequence[Topic] | None = None,
    scale: tuple[int, int] | None = None,
    absent: Collection[str] = (),
) -> CheckReport:
    """Check ``judged`` for what stands twice, contradicts itself or leads nowhere.

    ``topics``: those that the judgments are for; texts are compared where the set is keyed by
    text. ``scale``: lowest and highest level. ``absent``: judged documents that no index holds.
    """
    found = [
        *_repeated(judged),
        *_outside(judged, scale),
        *_absent(judged, absent),
        *_topics(judged, topics),
    ]
    order = [*ERRORS, *WARNINGS]
    return CheckReport(
        path=judged.path,
        key=judged.key,
        n_topics=len({j.query for j in judged.judgments}),
        n_judgments=len(judged.judgments),
        n_documents=len({j.doc_id for j in judged.judgments}),
        levels=tuple(sorted(Counter(j.relevance for j in judged.judgments).items())),
        findings=tuple(sorted(found, key=lambda finding: order.index(finding.kind))),
        agreement=agreement_of(judged),
    )


def _repeated(judged: JudgmentSet) -> Iterator[Finding]:
    first: dict[tuple[str, str, str | None], Judgment] = {}
    for judgment in judged.judgments:
        key = (judgment.query, judgment.doc_id, judgment.rater)
        before = first.setdefault(key, judgment)
        if before is judgment:
            continue
        where = "" if before.line is None else f" in line {before.line}"
        who = "" if judgment.rater is None else f", rater {judgment.rater}"
        pair = f"topic {judgment.query}, document {judgment.doc_id}{who}"
        if before.relevance == judgment.relevance:
            yield _at(judgment, "duplicate", f"{pair}: {judgment.relevance} stands{where} already")
        else:
            message = f"{pair}: relevance {judgment.relevance} here, {before.relevance}{where}"
            yield _at(judgment, "conflict", message)


def _outside(judged: JudgmentSet, scale: tuple[int, int] | None) -> Iterator[Finding]:
    if scale is None:
        return
    lowest, highest = scale
    for judgment in judged.judgments:
        if not lowest <= judgment.relevance <= highest:
            yield _at(
                judgment,
                "outside_scale",
                f"topic {judgment.query}, document {judgment.doc_id}: relevance "
                f"{judgment.relevance}, and the scale is {lowest}..{highest}",
            )


def _absent(judged: JudgmentSet, absent: Collection[str]) -> Iterator[Finding]:
    missing = set(absent)
    for judgment in judged.judgments:
        if judgment.doc_id in missing:
            missing.discard(judgment.doc_id)  # once for a document, at its first judgment
            yield _at(
                judgment,
                "not_in_index",
                f"document {judgment.doc_id} (first judged for topic {judgment.query})",
            )


def _topics(judged: JudgmentSet, topics: Sequence[Topic] | None) -> Iterator[Finding]:
    best: dict[str, Judgment] = {}
    for judgment in judged.judgments:
        if judgment.relevance > best.setdefault(judgment.query, judgment).relevance:
            best[judgment.query] = judgment
    for query, judgment in best.items():
        if judgment.relevance < 1:
            yield Finding("no_relevant", f"topic {query}", query, line=judgment.line)
    if topics is None:
        for query in judged.unjudged:
            yield Finding("no_judgment", f"topic {query}", query)
        return
    by_text = judged.key == "text"
    known = {topic.text.strip() if by_text else topic.query_id for topic in topics}
    lines = {judgment.query: judgment for judgment in reversed(judged.judgments)}
    for query, judgment in sorted(lines.items(), key=lambda item: item[1].line or 0):
        if (query.strip() if by_text else query) not in known:
            yield Finding("unknown_topic", f"topic {query}", query, line=judgment.line)
    have = {query.strip() if by_text else query for query in lines}
    for topic in topics:
        if (topic.text.strip() if by_text else topic.query_id) not in have:
            query = topic.text if by_text else topic.query_id
            yield Finding("no_judgment", f"topic {topic.query_id}: {topic.text}", query)


def _at(judgment: Judgment, kind: str, message: str) -> Finding:
    return Finding(kind, message, judgment.query, judgment.doc_id, judgment.line)
