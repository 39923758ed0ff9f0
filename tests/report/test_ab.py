"""The page for a live test: what it states is what the JSON holds, for every decision field."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import cache
from string import Formatter
from typing import Any

import pytest

from esqual.comparison import Drift
from esqual.diagnosis import Diagnosis, Suspect, suspect_line
from esqual.gate import DecisionSettings, Gate, LiveTest
from esqual.models import Qrels, Topic
from esqual.report.ab import render_ab_html, render_ab_markdown
from esqual.report.json import render_candidates_json
from esqual.report.markdown import prose
from esqual.report.values import Language, Report
from esqual.report.words import SENTENCES, Say
from tests.gate.made import HIT, LOST, RR, SECOND, asks, impact, quality
from tests.report.reports import report_of

MANY = 40
LANGUAGES: list[Language] = ["en", "ja"]
FIELDS = ["live_test", "stop", "more_traffic", "more_traffic, identical", "judge_first"]
FIELDS += ["judge_first, impact", "several"]


@cache
def made(name: str, language: Language) -> Report:
    """A report per decision field; some pairs of every kind, so that there is much to say."""
    gate = replace(asks(), decision=DecisionSettings(live_test=LiveTest(base_rate=0.2)))
    comparisons = {
        "live_test": [quality([(SECOND, HIT)] * MANY + [(HIT, SECOND)])],
        "stop": [quality([(HIT, LOST)] * MANY + [(SECOND, HIT)] * 2)],
        "more_traffic": [quality([(HIT, HIT)] * MANY + [(SECOND, HIT)])],
        "more_traffic, identical": [quality([(HIT, HIT)] * MANY)],
        # b and c are not judged
        "judge_first": [quality([(HIT, LOST), (LOST, HIT)] * 4, None, "候補", judge_all=False)],
        "judge_first, impact": [impact([(HIT, LOST)] * 3)],
        "several": [
            quality([(SECOND, HIT)] * MANY + [(HIT, SECOND)], tag="一つ目"),
            quality([(HIT, LOST)] * MANY, tag="二つ目"),
        ],
    }[name]
    record = {"baseline_template": "now.json", "candidate_template": "new.json", "esqual": "0"}
    drift = None
    if name == "stop":
        drift = Drift("query_then_fetch", "dfs_query_then_fetch", 42, 3, 5, RR, 1, 0.4, -0.6, 0.1)
    judged = name != "judge_first, impact"
    qrels: Qrels = {t.query_id: {"a": 1} for t in comparisons[0].topics}
    if name != "judge_first":
        qrels = {query_id: {"a": 1, "b": 0, "c": 0, "d": 0} for query_id in qrels}
    return report_of(
        [
            replace(row, record=record, tied_pages=(2, 3), notes=("baseline: a note",), drift=drift)
            for row in comparisons
        ],
        gate if judged else Gate(decision=gate.decision),
        qrels if judged else None,
        language,
        moved=3,
        why="複合語の切れ目",
        command="esqual compare-queries --index i",
        topics=[Topic(row.query_id, row.text) for row in comparisons[0].topics],
        templates={"baseline": "a\nb\n", **{row.tag: "a\nc\n" for row in comparisons}},
    )


def sections(text: str) -> dict[str, str]:
    """Heading -> what stands below it, code marks and escapes taken away."""
    plain = re.sub(r"\\(.)", r"\1", text.replace("`", ""))
    parts = re.split(r"^#+ (.*)$", plain, flags=re.M)[1:]
    return {
        head: body.replace("**", "") for head, body in zip(parts[::2], parts[1::2], strict=True)
    }


def said(key: str, language: Language, **places: object) -> str:
    """The sentence of one language with its places filled."""
    return Say(language).text(key).format(**places)


def stated(document: dict[str, Any], language: Language) -> dict[str, list[str]]:
    """Section -> the statements that follow from the JSON alone."""
    first, decision, overlap = document["measures"][0], document["decision"], document["overlap"]
    live, gain = decision["live_test"], decision["gain"]
    absolute = live["effect"] * (live["base_rate"] if live["relative"] else 1)

    def say(key: str, **places: object) -> str:
        return said(key, language, **places)

    wanted = {
        "title": [say(decision["field"])],
        "what": [say("why", why="複合語の切れ目"), "-b\n+c", "now.json", "new.json"],
        "impact": [
            say("impact_large" if decision["large_impact"] else "impact_small"),
            say("same", share=f"{overlap['identical_share']:.1%}", n=overlap["n_topics"]),
            f"{overlap['jaccard']:.4f}",
            f"{overlap['rbo']:.4f}",
            f"{overlap['similarity']:.4f}",
            say("zero_hits", own=overlap["zero_hits"]["baseline"], other=0),
        ],
        "gain": [],
        "decision": [],
        "unknown": [say("tied", own=2, other=3), say("offline")],
        "live": [
            say(
                "sessions",
                rate=f"{live['base_rate']:g}",
                effect=f"{absolute:g}",
                n=f"{live['sessions_per_arm']:,}",
                alpha=f"{live['alpha']:g}",
                power=f"{live['power']:g}",
            ),
            _diluted(live, language),
        ],
    }
    if language == "en":
        wanted["decision"] += decision["reasons"]
    for row in decision["judge_first"]:
        wanted["live"].append(row["doc_id"])
        wanted["live"].append(f"- {row['query_id']}:")
    wanted["unknown"] += document["notes"]
    drift = document["drift"]
    if drift is not None:
        delta = f"{drift['delta']:+.4f}"
        own, changed = drift["changed_baseline"], drift["changed_candidate"]
        used, other, n = drift["search_type"], drift["other"], drift["n_topics"]
        told = say("drift", used=used, other=other, delta=delta, own=own, changed=changed, n=n)
        wanted["unknown"].append(told)
    if document["n_topics"] < 100:
        wanted["unknown"].append(say("few_topics", n=document["n_topics"]))
    if document["mode"] == "impact":
        wanted["gain"].append(say("gain_not_judged"))
        wanted["unknown"].append(say("nothing_judged"))
        return wanted
    wanted["gain"] += _figures(document, language)
    key, p = "gain_untested", ""
    if gain["p_value"] is not None:
        key, p = f"gain_{gain['direction']}", f"{gain['p_value']:.2g}"
    told = say(key, measure=first["measure"], delta=f"{gain['delta']:+.4f}", p=p)
    wanted["gain"].append(told)
    wanted["decision"].append(say("verdict_is", verdict=document["verdict"]))
    bounds = first["bounds"]
    low, high = f"{bounds['low']:+.4f}", f"{bounds['high']:+.4f}"
    wanted["unknown"].append(say("unjudged", n=bounds["unjudged"], low=low, high=high))
    for arm in ("baseline", "candidate"):
        mean = sum(t["judged"][arm] for t in document["topics"]) / document["n_topics"]
        wanted["unknown"].append(f"{mean:.2f}")
    if first["minimum_detectable_effect"] is not None:
        wanted["unknown"].append(f"{first['minimum_detectable_effect']:.4f}")
    for rule in document["rules"]:
        for key, name in (("topics_to_decide", "seen"), ("topics_needed", "zero")):
            if rule[key] is not None:
                about = f"{rule['rule']} {rule['measure']}"
                wanted["unknown"].append(say(f"needed_if_{name}", rule=about, n=rule[key]))
    return wanted


def _diluted(live: dict[str, Any], language: Language) -> str:
    sessions = live["diluted_sessions_per_arm"]
    if sessions is None:
        return said("no_page_changed", language)
    return said("diluted", language, share=f"{live['changed_share']:.1%}", n=f"{sessions:,}")


def _figures(document: dict[str, Any], language: Language) -> list[str]:
    first, rule = document["measures"][0], document["rules"][0]
    interval = said("none", language)
    if first["confidence_interval"] is not None:
        low, high = first["confidence_interval"]
        interval = said("to", language, low=f"{low:+.4f}", high=f"{high:+.4f}")
    lower, upper = f"{rule['lower']:+.4f}", f"{rule['upper']:+.4f}"
    limits = said("to", language, low=lower, high=upper)
    counts = f"{first['wins']} / {first['ties']} / {first['losses']}"
    means = f"{first['baseline']:.4f} | {first['candidate']:.4f} | {first['delta']:+.4f}"
    return [
        f"| {first['measure']} | {means} | {interval} | {rule['limit']:g} | {counts} |",
        f"| {rule['rule']} | {first['measure']} | {rule['limit']:g} | {rule['seen']:.4f} | "
        f"{limits} | {rule['outcome']} |",
    ]


def documents(report: Report) -> list[dict[str, Any]]:
    answer = json.loads(render_candidates_json(report.results))
    return answer.get("candidates", [answer])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", FIELDS[:-1])
def test_every_statement_follows_from_the_json(name: str, language: Language) -> None:
    report = made(name, language)
    document = documents(report)[0]
    assert document["decision"]["field"] == name.split(",")[0]
    held = sections(render_ab_markdown(report))
    for key, statements in stated(document, language).items():
        head = said(key, language, tag=document["tag"])
        assert head in held, list(held)
        for statement in statements:
            assert statement in held[head], (head, statement, held[head])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", FIELDS[:-1])
def test_the_topics_that_moved_stand_with_their_documents(name: str, language: Language) -> None:
    report = made(name, language)
    document = documents(report)[0]
    held = sections(render_ab_markdown(report))
    lost = sorted(document["topics"], key=lambda topic: topic["delta"])
    gained = sorted(document["topics"], key=lambda topic: -topic["delta"])
    for key, rows in (("lost", lost[:3]), ("gained", gained[:3])):
        text = held[said(key, language)]
        moved = [t for t in rows if (t["delta"] < 0 if key == "lost" else t["delta"] > 0)]
        if not moved:
            assert said(f"no_{key}", language) in text
        for topic in moved:
            head = f"- {topic['delta']:+.4f} {topic['query_id']} {topic['text']}\n"
            assert head in text
            below = text.split(head)[1].split("\n- ")[0]
            for doc_id in (*topic["entered"], *topic["left"]):
                assert re.search(rf"\b{doc_id} \(", below)
            if not topic["entered"] and not topic["left"]:
                assert said("reordered", language) in below


def test_ranks_and_judgments_of_documents_are_told() -> None:
    text = render_ab_markdown(made("stop", "en"))
    assert "went `a` (rank 1, rel 1)" in text
    assert "came `c` (rank 2, rel 0)" in text
    assert "(rank 2, unjudged)" in render_ab_markdown(made("judge_first", "en"))
    assert "消えた文書 `a` (1 位、適合度 1)" in render_ab_markdown(made("stop", "ja"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_to_blame_stands_below_a_topic_that_lost(language: Language) -> None:
    report = made("stop", language)
    suspect = Suspect("compound_split", "text", "胃痛", ("胃痛",), ("胃", "痛"))
    row = replace(report.results[0], diagnoses=(Diagnosis("t0", "胃痛", -1.0, (suspect,)),))
    text = render_ab_markdown(replace(report, results=[row]))
    below = text.split("`t0` ")[1].splitlines()[1]
    assert below == f"  - {prose(suspect_line(suspect, language))}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_it_takes_to_run_it_again_is_there(language: Language) -> None:
    held = sections(render_ab_markdown(made("live_test", language)))[said("record", language)]
    for part in (
        "esqual compare-queries --index i",
        "| baseline_template | now.json |",
        "2026-11-21 09:30:00 UTC",
        "| seed |",
        "| alpha | 0.05 |",
        "| measures | RR@10 |",
        "| topics_sha256 |",
        "| qrels_sha256 |",
    ):
        assert part in held


@pytest.mark.parametrize("language", LANGUAGES)
def test_several_candidates_have_a_table_and_a_section_each(language: Language) -> None:
    text = render_ab_markdown(made("several", language))
    held = sections(text)
    table = held[said("title_several", language)].strip().splitlines()
    assert [line.split(" | ")[0] for line in table[2:]] == ["| 一つ目", "| 二つ目"]
    assert said("live_test", language) in held[said("title", language, tag="一つ目")]
    assert said("stop", language) in held[said("title", language, tag="二つ目")]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", FIELDS)
def test_html_says_what_markdown_says(name: str, language: Language) -> None:
    report = made(name, language)
    text = render_ab_html(report)
    assert f'<html lang="{language}">' in text

    def words(said: str) -> list[str]:
        return re.findall(r"[\w.+]+", said)

    html = re.sub(r"<style>.*?</style>|<title>.*?</title>", "", text, flags=re.S)
    html = re.sub(r"&#x27;", "'", re.sub(r"<[^>]+>", " ", html))
    plain = re.sub(r"\\(.)", r"\1", render_ab_markdown(report))
    markdown = re.sub(r"^```.*$|`|\*\*|^\|[-: |]+\|$", " ", plain, flags=re.M)
    assert words(html) == words(markdown)


def test_a_reason_in_the_template_is_found_and_the_flag_goes_before_it() -> None:
    report = made("live_test", "en")
    template = '{{! Why: 全角と半角を\n 同じに }}{"query": {}}'
    commented = replace(report, why=None, templates={"candidate": template})
    assert "Why it was tried: `全角と半角を 同じに`" in render_ab_markdown(commented)
    both = replace(commented, why="旗")
    assert "Why it was tried: `旗`" in render_ab_markdown(both)
    neither = replace(commented, templates={"candidate": "{{! other }}"})
    assert "Why it was tried is not stated" in render_ab_markdown(neither)


def test_a_long_difference_is_cut_and_says_so() -> None:
    lines = "\n".join(f"行{i}" for i in range(200))
    report = replace(made("live_test", "en"), templates={"baseline": "", "candidate": lines})
    text = render_ab_markdown(report)
    assert "+行38" in text
    assert "+行39" not in text
    assert "… 161 more lines" in text


@pytest.mark.parametrize("key", SENTENCES)
def test_both_languages_of_a_sentence_have_the_same_places(key: str) -> None:
    places = [
        {name for _, name, _, _ in Formatter().parse(text) if name} for text in SENTENCES[key]
    ]
    assert places[0] == places[1]
    assert all(SENTENCES[key])
