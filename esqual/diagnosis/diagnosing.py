"""Why topics lost: analysis and query of both arms, held against the documents that moved.

Blame needs evidence. A difference in tokens is blamed where a document that fell held such a token
and holds it no longer, or one that rose holds it now; a difference of the query where it shuts out
what fell or lets in what rose. Where both the index and the query are others, each query is run on
the other's index, and what changes nothing there is acquitted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from esqual.comparison import ArmRun, Comparison, RunOptions, TopicResult
from esqual.comparison.run_options import DEFAULT_RUN
from esqual.diagnosis.asking import IndexFacts
from esqual.diagnosis.changes import Pair, pair_up, query_changes
from esqual.diagnosis.clauses import clauses_of
from esqual.diagnosis.evidence import Evidence, Term, ask_evidence, fallen, ranks_of, risen
from esqual.diagnosis.tokens import Analysed
from esqual.diagnosis.values import Diagnosis, DocumentMatch, FieldTokens, Suspect
from esqual.diagnosis.weighing import (
    TURNS_ON_IT,
    Case,
    index_suspects,
    token_suspects,
    weigh_change,
    weigh_tokens,
)
from esqual.diagnosis.words import ANALYSIS
from esqual.models import Qrels
from esqual.search import Sending, search_pages

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

__all__ = ["diagnose"]


def diagnose(
    client: Elasticsearch,
    comparison: Comparison,
    baseline: ArmRun,
    candidate: ArmRun,
    *,
    qrels: Qrels | None = None,
    count: int = 5,
    run: RunOptions = DEFAULT_RUN,
) -> tuple[Diagnosis, ...]:
    """Diagnose the ``count`` topics that lost most, worst first.

    Asks at most, per topic, two ``_analyze`` for each field that is asked and two for each field
    of one document; and two ``_msearch`` in all, four where index and query both changed. Raises
    what the client raises.
    """
    topics = comparison.lost_most(count)
    if not topics:
        return ()
    patient = run.sending(client)
    sending = Sending(patience=patient.patience, search_type=patient.search_type)
    runs = baseline, candidate
    facts = [IndexFacts(client, arm_run.arm.index, sending.patience) for arm_run in runs]
    if baseline.arm.index == candidate.arm.index:
        facts[1] = facts[0]
    asked = [_Asked.of(topic, runs, facts) for topic in topics]
    moved = {t.query_id: (fallen(t, _of(qrels, t)), risen(t, _of(qrels, t))) for t in topics}
    evidence = [
        ask_evidence(
            client,
            runs[arm].arm.index,
            {
                row.topic.query_id: (
                    [doc_id for docs in moved[row.topic.query_id] for doc_id in docs],
                    row.terms(),
                    runs[arm].bodies[row.topic.query_id],
                )
                for row in asked
            },
            sorted({facts[arm].source_path(name) for row in asked for name, _ in row.terms()}),
            sending,
        )
        for arm in (0, 1)
    ]
    crossed = _crossed(client, runs, asked, comparison.depth, sending)
    return tuple(
        _diagnosis(
            row,
            facts,
            moved[row.topic.query_id],
            (evidence[0][row.topic.query_id], evidence[1][row.topic.query_id]),
            crossed.get(row.topic.query_id),
        )
        for row in asked
    )


@dataclass(frozen=True, slots=True)
class _Asked:
    """What both arms ask for one topic, and the tokens of that.

    ``tokens``: number of a pair -> tokens of each side, where the pair is about analysed text.
    """

    topic: TopicResult
    pairs: Sequence[Pair]
    tokens: Mapping[int, tuple[Analysed | None, Analysed | None]]
    pair_fields: Sequence[str]

    @classmethod
    def of(
        cls, topic: TopicResult, runs: tuple[ArmRun, ArmRun], facts: Sequence[IndexFacts]
    ) -> _Asked:
        """Read the bodies and have their texts analysed."""
        sides = []
        for arm_run, fact in zip(runs, facts, strict=True):
            found = clauses_of(arm_run.bodies[topic.query_id])
            sides.append(
                [
                    replace(clause, field=name)
                    for clause in found
                    for name in (fact.names(clause.field) if clause.field else [None])
                ]
            )
        pairs = pair_up(*sides)
        tokens = {}
        for number, pair in enumerate(pairs):
            own, other = (
                None
                if clause is None or clause.text is None or not fact.is_text(clause.field or "")
                else fact.query_tokens(
                    clause.field or "", clause.text, clause.options.get("analyzer")
                )
                for clause, fact in zip(pair, facts, strict=True)
            )
            if own is not None or other is not None:
                tokens[number] = own, other
        pair_fields = [target for fact in facts for target in fact.enriched_targets()]
        return cls(topic, pairs, tokens, pair_fields)

    def terms(self) -> list[Term]:
        """Field and token of everything that either arm asks, once."""
        found: dict[Term, None] = {}
        for number, sides in self.tokens.items():
            for clause, tokens in zip(self.pairs[number], sides, strict=True):
                if clause is not None and tokens is not None:
                    found.update({(clause.field or "", word): None for word in tokens.words})
        return list(found)

    def differs(self) -> bool:
        """Whether the query itself is another."""
        return bool(query_changes(self.pairs, self.pair_fields))


def _crossed(
    client: Elasticsearch,
    runs: tuple[ArmRun, ArmRun],
    asked: Sequence[_Asked],
    depth: int,
    sending: Sending,
) -> dict[str, tuple[Sequence[str], Sequence[str]]]:
    """query_id -> pages of the candidate's query on the baseline's index, and the other way."""
    own, other = (arm_run.arm.index for arm_run in runs)
    wanted = [row.topic.query_id for row in asked if row.differs()]
    if own == other or not wanted:
        return {}
    pages = [
        search_pages(client, index, {q: bodies[q] for q in wanted}, depth, sending=sending)
        for index, bodies in ((own, runs[1].bodies), (other, runs[0].bodies))
    ]
    return {q: (pages[0][q].doc_ids, pages[1][q].doc_ids) for q in wanted}


def _diagnosis(
    asked: _Asked,
    facts: Sequence[IndexFacts],
    moved: tuple[list[str], list[str]],
    evidence: tuple[Evidence, Evidence],
    crossed: tuple[Sequence[str], Sequence[str]] | None,
) -> Diagnosis:
    topic = asked.topic
    case = Case(tuple(moved[0]), tuple(moved[1]), *evidence)
    by_index: list[Suspect] = []
    by_query: list[Suspect] = []
    for number, (own_tokens, other_tokens) in asked.tokens.items():
        own, other = asked.pairs[number]
        if own is None or other is None or own_tokens is None or other_tokens is None:
            continue
        if own.text != other.text:
            continue
        fields = own.field or "", other.field or ""
        suspects = [
            weigh_tokens(region, kind, *fields, case)
            for region, kind in token_suspects(own.text or "", own_tokens, other_tokens)
        ]
        same_field = fields[0] == fields[1]
        if facts[0] is not facts[1] or not same_field:
            words = {*own_tokens.words, *other_tokens.words}
            strong = any(suspect.weight == TURNS_ON_IT for suspect in suspects)
            suspects += index_suspects(facts, fields, words, case, look_inside=not strong)
        analyzers = own.options.get("analyzer"), other.options.get("analyzer")
        here = by_index if same_field and analyzers[0] == analyzers[1] else by_query
        here.extend(suspects)
    changes = query_changes(asked.pairs, asked.pair_fields)
    by_query += [weigh_change(change, case) for change in changes]
    suspects = _acquit(by_index, by_query, topic, moved[0], crossed)
    return Diagnosis(
        topic.query_id,
        topic.text,
        topic.delta(),
        _ordered(suspects),
        _field_tokens(asked),
        tuple(_documents(topic, moved, evidence)),
    )


def _acquit(
    by_index: Sequence[Suspect],
    by_query: Sequence[Suspect],
    topic: TopicResult,
    lost: Sequence[str],
    crossed: tuple[Sequence[str], Sequence[str]] | None,
) -> list[Suspect]:
    """Where only one of index and query does harm alone, nothing is blamed on the other."""
    if crossed is None or not by_index or not by_query:
        return [*by_index, *by_query]
    before = ranks_of(lost, topic.baseline_ids)
    query_harms, index_harms = (
        any(rank > before[doc_id] for doc_id, rank in ranks_of(lost, page).items())
        for page in crossed
    )
    if query_harms == index_harms:
        return [*by_index, *by_query]
    innocent = by_index if query_harms else by_query
    freed = [replace(suspect, weight=0) for suspect in innocent]
    return [*freed, *by_query] if query_harms else [*by_index, *freed]


def _ordered(suspects: Sequence[Suspect]) -> tuple[Suspect, ...]:
    """The likeliest first. Where nothing but tokens differs, they are to blame all the same."""
    found = list(dict.fromkeys(suspects))
    if found and all(s.kind in ANALYSIS and s.weight == 0 for s in found):
        found = [replace(suspect, weight=1) for suspect in found]
    # what is called by a name of its own says more than "analysis" or "another field"
    return tuple(sorted(found, key=lambda s: (-s.weight, s.kind in _VAGUE)))


_VAGUE = frozenset({"analysis", "field_replaced", "option", "match_type", "stop_words"})


def _field_tokens(asked: _Asked) -> tuple[FieldTokens, ...]:
    rows: dict[str, list[tuple[str, ...] | None]] = {}
    for number, sides in asked.tokens.items():
        for arm, (clause, tokens) in enumerate(zip(asked.pairs[number], sides, strict=True)):
            if clause is not None and tokens is not None:
                row = rows.setdefault(clause.field or "", [None, None])
                row[arm] = tokens.words
    return tuple(FieldTokens(name, own, other) for name, (own, other) in rows.items())


def _documents(
    topic: TopicResult, moved: tuple[list[str], list[str]], evidence: tuple[Evidence, Evidence]
) -> list[DocumentMatch]:
    ranks = [
        {doc_id: rank for rank, doc_id in enumerate(page, start=1)}
        for page in (topic.baseline_ids, topic.candidate_ids)
    ]
    return [
        DocumentMatch(
            doc_id,
            "gained" if side else "lost",
            ranks[0].get(doc_id),
            ranks[1].get(doc_id),
            *(tuple(sorted(each.terms.get(doc_id, ()))) for each in evidence),
        )
        for side in (0, 1)
        for doc_id in moved[side]
    ]


def _of(qrels: Qrels | None, topic: TopicResult) -> Mapping[str, int] | None:
    return None if qrels is None else qrels.get(topic.query_id, {})
