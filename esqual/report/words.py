"""Sentences of reports in English and Japanese, with places for what they speak of."""

from __future__ import annotations

from string import Formatter

from esqual.report.blocks import Inline, Line
from esqual.report.values import Language

__all__ = ["SENTENCES", "Say"]

# key -> English, Japanese. Both have the same places; a test holds that.
SENTENCES: dict[str, tuple[str, str]] = {
    # the answer
    "title": ("Live A/B test of {tag}?", "{tag} を本番の A/B テストにかけるか"),
    "title_several": (
        "Which candidate for a live A/B test?",
        "どの候補を本番の A/B テストにかけるか",
    ),
    "live_test": (
        "Large impact and a sure gain: a candidate for a live A/B test.",
        "影響が大きく、改善は確か。本番の A/B テストの候補とする。",
    ),
    "stop": (
        "Large impact, and a sure loss or a broken gate: stop.",
        "影響が大きく、悪化が確かか、ゲートに不合格。中止する。",
    ),
    "more_traffic": (
        "Small impact: a live test would need more traffic than stated.",
        "影響が小さい。本番のテストには、想定より多いトラフィックが要る。",
    ),
    "judge_first": (
        "Large impact and no clear gain or loss: judge documents first.",
        "影響は大きいが、良いとも悪いとも言えない。先に文書を判定する。",
    ),
    "answer": ("Answer", "結論"),
    "candidate": ("candidate", "候補"),
    "verdict": ("gate", "ゲート"),
    "verdict_is": ("The gate says {verdict}.", "ゲートの判定は {verdict}。"),
    "verdict_none": ("No gate was asked for.", "ゲートは指定されていない。"),
    # what changes
    "what": ("What changes, and why", "何を、なぜ変えるか"),
    "why": ("Why it was tried: {why}", "試した理由: {why}"),
    "why_unknown": (
        "Why it was tried is not stated (--why, or a comment why: in the template).",
        "試した理由は書かれていない(--why か、テンプレートのコメント why: で書く)。",
    ),
    "index": ("Index: {index}", "インデックス: {index}"),
    "indices": ("Index: {index} against {other}", "インデックス: {index} と {other} の比較"),
    "templates": ("Query: {own} against {other}", "クエリ: {own} と {other} の比較"),
    "same_template": (
        "Query: {own} for both; the index or the parameters differ.",
        "クエリ: どちらも {own}。インデックスかパラメータが違う。",
    ),
    "diff": ("The difference of the two templates:", "二つのテンプレートの差分:"),
    "more_lines": ("… {n} more lines", "… ほか {n} 行"),
    # impact
    "impact": ("Impact", "影響"),
    "impact_large": ("The impact is large.", "影響は大きい。"),
    "impact_small": ("The impact is small.", "影響は小さい。"),
    "same": (
        "{share} of the rankings over {n} topics stayed the same.",
        "{n} トピックのうち、順位が変わらなかったのは {share}。",
    ),
    "overlap": (
        "{jaccard_at} {jaccard}, RBO {rbo}, normalised DCG against the baseline's page "
        "{similarity}.",
        "{jaccard_at} は {jaccard}、RBO は {rbo}、現行の結果を正解とした nDCG は {similarity}。",
    ),
    "zero_hits": (
        "Topics without a hit: baseline {own}, candidate {other}.",
        "ヒットのないトピック: 現行 {own}、候補 {other}。",
    ),
    # gain
    "gain": ("Offline gain", "オフラインでの改善"),
    "gain_gain": (
        "{measure} rose by {delta} (p = {p}): a sure gain.",
        "{measure} は {delta}(p = {p})。確かな改善。",
    ),
    "gain_loss": (
        "{measure} changed by {delta} (p = {p}): a sure loss.",
        "{measure} は {delta}(p = {p})。確かな悪化。",
    ),
    "gain_unclear": (
        "{measure} changed by {delta} (p = {p}): neither a sure gain nor a sure loss.",
        "{measure} は {delta}(p = {p})。確かな改善とも悪化とも言えない。",
    ),
    "gain_untested": (
        "{measure} changed by {delta}, and no test can tell whether that is chance.",
        "{measure} は {delta}。偶然かどうかを検定できない。",
    ),
    "gain_not_judged": (
        "No judgments say whether it is better or worse.",
        "判定(qrels)がないので、良いか悪いかは分からない。",
    ),
    "measure": ("measure", "指標"),
    "baseline": ("baseline", "現行"),
    "delta": ("delta", "差"),
    "interval": ("{level} interval", "{level} 信頼区間"),
    "margin": ("margin", "許容低下幅"),
    "topics_moved": ("wins / ties / losses", "勝ち / 同じ / 負け"),
    "none": ("none", "なし"),
    "to": ("{low} to {high}", "{low} 〜 {high}"),
    "rule": ("rule", "規則"),
    "about": ("about", "対象"),
    "asked": ("asked", "基準"),
    "seen": ("seen", "実測"),
    "limits": ("limits of the mean", "平均の限界"),
    "outcome": ("outcome", "結果"),
    # decision
    "decision": ("Decision and reasons", "判断とその理由"),
    "gate_fails": ("The gate says FAIL.", "ゲートは不合格(FAIL)。"),
    "all_judged": (
        "Every document that came or went is judged: only more topics can tell.",
        "入れ替わった文書はすべて判定済み。トピックを増やすほかない。",
    ),
    # topics
    "lost": ("Topics that lost most", "最も悪くなったトピック"),
    "gained": ("Topics that gained most", "最も良くなったトピック"),
    "no_lost": ("No topic lost.", "悪くなったトピックはない。"),
    "no_gained": ("No topic gained.", "良くなったトピックはない。"),
    "came": ("came ", "入った文書 "),
    "went": ("went ", "消えた文書 "),
    "and": (", ", "、"),
    "rank": ("rank {rank}", "{rank} 位"),
    "rank_judged": ("rank {rank}, rel {relevance}", "{rank} 位、適合度 {relevance}"),
    "rank_unjudged": ("rank {rank}, unjudged", "{rank} 位、未判定"),
    "more": ("{n} more", "ほか {n} 件"),
    "reordered": ("same documents in another order", "文書は同じで、順位だけが違う"),
    # not known
    "unknown": ("What is not known", "分かっていないこと"),
    "offline": (
        "Judgments say what raters find relevant; what users click, keep or leave shows only live.",
        "判定が言うのは評価者の見た適合性であり、利用者の行動は本番でしか分からない。",
    ),
    "nothing_judged": (
        "Nothing is judged: the figures say how much changes, not whether for the better.",
        "判定は一つもない。数字は変化の大きさを示し、良し悪しは示さない。",
    ),
    "unjudged": (
        "{n} documents shown have no judgment and count as not relevant; judging them could move "
        "the delta to anything from {low} to {high}.",
        "表示された文書のうち {n} 件は未判定で、不適合として数えた。判定すれば差は {low} から "
        "{high} までのどれにもなりうる。",
    ),
    "no_bounds": (
        "How far unjudged documents could move {measure} is not known.",
        "未判定の文書が {measure} をどこまで動かすかは分からない。",
    ),
    "judged_share": (
        "Judged share of the top hits: baseline {own}, candidate {other}.",
        "上位の結果のうち判定済みの割合: 現行 {own}、候補 {other}。",
    ),
    "left_out": (
        "{n} topics are left out: no relevant document, or no judgment.",
        "適合文書か判定がないため、{n} トピックを除いた。",
    ),
    "few_topics": (
        "There are only {n} topics; below 100 no interval is honest about rare changes.",
        "トピックは {n} 件しかない。100 件より少ないと、まれな変化について信頼区間は当てに"
        "ならない。",
    ),
    "detectable": (
        "With these {n} topics a change of at least {effect} can be seen.",
        "この {n} トピックで見えるのは、{effect} 以上の変化。",
    ),
    "detectable_roughly": (
        "With these {n} topics a change of at least {effect} can be seen (a rough figure).",
        "この {n} トピックで見えるのは、{effect} 以上の変化(おおよその値)。",
    ),
    "needed_if_seen": (
        "{rule} is not decided: {n} topics would decide if the true delta is the one seen.",
        "{rule} は決まらない。真の差が実測どおりなら {n} トピックで決まる。",
    ),
    "needed_if_zero": (
        "{rule} is not decided: {n} topics would pass if the true delta is 0.",
        "{rule} は決まらない。真の差が 0 なら {n} トピックで合格する。",
    ),
    "tied": (
        "Pages that end inside equal scores, where the engine's tie rule decides: baseline {own}, "
        "candidate {other}.",
        "同点の途中で切れる結果(順位はエンジン任せ): 現行 {own}、候補 {other}。",
    ),
    "drift": (
        "Under {other} in place of {used} the delta would be {delta}; {own} and {changed} of {n} "
        "pages would be others.",
        "{used} でなく {other} なら差は {delta}。{n} トピックのうち、結果が変わるのは現行 {own}、"
        "候補 {changed}。",
    ),
    # live test
    "live": ("What a live test would need", "本番のテストに要るもの"),
    "sessions": (
        "To see a rate of {rate} change by {effect}: {n} sessions per arm (two-sided {alpha}, "
        "power {power}).",
        "率 {rate} の {effect} の変化を見るには、各群 {n} セッション(両側 {alpha}、"
        "検出力 {power})。",
    ),
    "diluted": (
        "{share} of the rankings change; where only they can cause it, {n} sessions per arm.",
        "順位が変わるのは {share}。そこでしか反応が変わらないなら、各群 {n} セッション。",
    ),
    "no_page_changed": (
        "No page changed: no number of sessions would do.",
        "変わった結果はない。何セッションあっても差は出ない。",
    ),
    "own_rate": (
        "Rate and effect stand in [decision.live_test] of the gate; one session per visitor.",
        "率と効果はゲートの [decision.live_test] に書く。1 人 1 セッションと数える。",
    ),
    "judge_these": ("To be judged first:", "先に判定する文書:"),
    # record
    "record": ("To run it again", "再実行のための記録"),
    "made": ("made", "作成"),
    "key": ("what", "項目"),
    "value": ("value", "値"),
}


class Say:
    """The sentences of one language: ``say("key", place=…)`` is a line of a block."""

    def __init__(self, language: Language) -> None:
        self.language = language

    def __call__(self, key: str, **places: Inline | int) -> Line:
        """The sentence with its places filled; what came from outside stays foreign."""
        line: list[Inline] = []
        for text, name, _, _ in Formatter().parse(self.text(key)):
            if text:
                line.append(text)
            if name is not None:
                value = places[name]
                line.append(str(value) if isinstance(value, int) else value)
        return tuple(line)

    def text(self, key: str) -> str:
        """The sentence as it stands, places and all."""
        english, japanese = SENTENCES[key]
        return japanese if self.language == "ja" else english
