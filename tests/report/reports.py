"""Reports to render: of made comparisons, and one with hostile text in every field."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from esqual.comparison import Comparison, overlap_of, quality_of
from esqual.diagnosis import Diagnosis, Suspect
from esqual.gate import CandidateResult, Gate, MeasureGate, decision_of, judge_all
from esqual.models import Qrels, Topic
from esqual.report.values import Language, Report
from tests.gate.made import RR

MADE = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)

HOSTILE = [
    "<script>alert(1)</script>",
    "</title></style><img src=x onerror=alert(1)>",
    '"><a href="http://evil.example">胃</a>',
    '=HYPERLINK("http://evil.example","胃が痛い")',
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "＝1+1",
    "\ufeff=1+1",
    "\t=1+1",
    "胃|頭|腰",
    "a\\|b\\\\|c",
    "| --- | --- |",
    "`一つ` ``二つ``",
    "`",
    "```\n# 見出し",
    "[胃](http://evil.example)",
    "![胃](http://evil.example/x.png)",
    "http://evil.example/胃",
    "(www.evil.example)",
    "@octocat 胃",
    "胃#1 owner/repo#2",
    "user@evil.example",
    "\x1b[31m赤い\x1b[0m",
    "\u202eevil\u2066\u200f",
    "一行\r\n## 二行\u2028三行",
    "\x00\x08\ufffe\x7f",
    "]]>",
    "<!-- &lt;&#60;&amp;",
    "::error file=a::b%0A",
    "\n::set-output name=x::y",
    "~~~",
    "$x$ *強* _弱_ ~~消~~",
    "\ud800",
    "",
    "   ",
    "長" * 100_000,
]


def report_of(
    comparisons: Sequence[Comparison],
    gate: Gate | None = None,
    qrels: Qrels | None = None,
    language: Language = "en",
    **more: object,
) -> Report:
    """What `compare-queries` would render, made at a time that does not change."""
    gate = gate or Gate()
    results = [
        CandidateResult(row, verdict, decision_of(row, gate.decision, verdict=verdict, qrels=qrels))
        for row, verdict in zip(comparisons, judge_all(comparisons, gate), strict=True)
    ]
    return Report(results, MADE, qrels, language=language, **more)  # type: ignore[arg-type]


def hostile(language: Language = "en") -> Report:
    """Every field from outside is each of HOSTILE somewhere."""
    topics, qrels, before, after = [], {}, {}, {}
    for place, text in enumerate(HOSTILE):
        query_id = f"{text}{place}"
        good, bad = f"{text}良", f"{text}悪"
        topics.append(Topic(query_id, text, topic_class=text or None))
        qrels[query_id] = {good: 1}
        before[query_id], after[query_id] = [good, bad], [bad, f"{text}新"]
        if place % 2:
            before[query_id], after[query_id] = after[query_id], before[query_id]
    topics.append(Topic("<b>out</b>", HOSTILE[0]))
    before["<b>out</b>"] = after["<b>out</b>"] = ["x"]
    rows, results, left_out = quality_of(topics, qrels, [RR], before, after, 10)
    overlap = overlap_of(topics, before, after, 10)
    plain = Comparison("quality", "i", "i", 10, rows, results, left_out, overlap=overlap)
    classes = {text: 0.1 for text in HOSTILE if text}
    gate = Gate(measures=(MeasureGate(RR, 0.02, classes=classes),))
    diagnoses = tuple(
        Diagnosis(topic.query_id, topic.text, -1.0, (_suspect(topic.text),)) for topic in topics
    )
    # judged once: what is foreign there are the classes, the ids and the texts
    verdict = judge_all([plain], gate)[0]
    decision = decision_of(plain, gate.decision, verdict=verdict, qrels=qrels)
    results = [
        CandidateResult(
            replace(
                plain,
                tag=text,
                index=text,
                candidate_index=text[::-1],
                notes=(text, f"note: {text}"),
                record={
                    "baseline_template": text,
                    "candidate_template": f"x{text}",
                    text[:50]: text,
                },
            ),
            verdict,
            decision,
            diagnoses,
        )
        for text in HOSTILE
    ]
    templates = {"baseline": "\n".join(HOSTILE[:-1]), **{t: f"x\n{t}\ny" for t in HOSTILE}}
    why = "\n".join(HOSTILE)
    command = " ".join(HOSTILE)
    return Report(results, MADE, qrels, 40, language, why, templates, command, topics)


def _suspect(text: str) -> Suspect:
    return Suspect("compound_split", text, text, (text, "胃"), (text,))
