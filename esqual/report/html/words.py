"""What the page alone says; the rest is in esqual.report.words."""

from __future__ import annotations

from esqual.report.values import Language
from esqual.report.words import SENTENCES

__all__ = ["LANGUAGES", "OWN", "said"]

#: the order of the two in every pair of sentences
LANGUAGES: tuple[Language, Language] = ("en", "ja")

# key -> English, Japanese, with the same places
OWN: dict[str, tuple[str, str]] = {
    "page": ("Comparison of queries", "クエリの比較"),
    "skip": ("Skip to the topics", "トピックへ移動"),
    "against": ("{tag} against {baseline}", "{baseline} と {tag} の比較"),
    "quality_of": (
        "Quality of {n} topics against judgments, top {depth}, {made}",
        "判定(qrels)による品質、{n} トピック、上位 {depth} 件、{made}",
    ),
    "impact_of": (
        "Impact on {n} topics against the baseline's own results, top {depth}, {made}",
        "現行の結果に対する影響、{n} トピック、上位 {depth} 件、{made}",
    ),
    "gate_PASS": ("The gate passes", "ゲートに合格"),
    "gate_FAIL": ("The gate fails", "ゲートに不合格"),
    "gate_INCONCLUSIVE": ("The gate cannot tell", "ゲートは判定できない"),
    "gate_none": ("No gate was asked for", "ゲートの指定なし"),
    "allowed": ("allowed", "許容"),
    "live_asked": ("Live A/B test?", "本番の A/B テストは?"),
    "decision_unknown": ("No decision was made.", "判断はされていない。"),
    "several": ("Candidates, best first", "候補(良い順)"),
    "figures": ("Figures", "指標"),
    "intervals": ("Mean delta with its interval", "差の平均と信頼区間"),
    "classes": ("{measure} by class of topics", "トピックのクラス別の {measure}"),
    "legend_mean": ("mean delta", "差の平均"),
    "legend_interval": ("{level} interval", "{level} 信頼区間"),
    "legend_margin": ("margin: left of it is refused", "許容低下幅(左側は不合格の範囲)"),
    "legend_unjudged": (
        "what judging the unjudged could make of it",
        "未判定の文書を判定したときに動きうる範囲",
    ),
    "row_n": ("n = {n}", "n = {n}"),
    "row_p": ("p = {p}", "p = {p}"),
    "row_p_class": (
        "p = {p}, corrected for the number of classes",
        "p = {p}(クラスの数で補正)",
    ),
    "row_no_interval": ("no interval", "信頼区間なし"),
    "counts": (
        "topics: ▼ {lost} lost · = {same} same · ▲ {won} gained",
        "トピック: ▼ 悪化 {lost} · = 同じ {same} · ▲ 改善 {won}",
    ),
    "topics": ("Topics", "トピック"),
    "no_script": (
        "Sorting, filtering and the lists of each topic need JavaScript in this browser.",
        "並べ替え、絞り込み、トピックごとの結果の表示には JavaScript が必要です。",
    ),
    "changed": ("What changes", "変更点"),
    "notes": ("Notes", "備考"),
    "left_out_topics": ("Topics left out", "除いたトピック"),
    "no relevant document": ("no relevant document", "適合文書なし"),
    "no judgment": ("no judgment", "判定なし"),
    "theme": ("Light or dark", "明暗"),
    "theme_auto": ("as the system", "システムに合わせる"),
    "theme_light": ("light", "ライト"),
    "theme_dark": ("dark", "ダーク"),
    "language": ("Language", "言語"),
}


def said(key: str, place: int, **places: str | int) -> str:
    """The sentence in English (``place`` 0) or Japanese (1)."""
    sentence = OWN[key] if key in OWN else SENTENCES[key]
    return sentence[place].format(**places)
