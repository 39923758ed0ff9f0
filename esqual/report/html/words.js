// What the page says, and how nodes are made. Everything from outside becomes the text of a
// node; no markup is ever made from it.
const data = JSON.parse(document.getElementById("data").textContent);
const root = document.documentElement;
const TIE = 1e-9;

// key -> English, Japanese
const WORDS = {
  search: ["Search in ids and queries", "ID とクエリを検索"],
  cls: ["Class", "クラス"],
  all_classes: ["all", "すべて"],
  no_class: ["(none)", "(なし)"],
  show: ["Show", "表示"],
  all: ["all topics", "すべてのトピック"],
  moved: ["results changed", "結果が変わった"],
  lost: ["lost", "悪化した"],
  gained: ["gained", "改善した"],
  tied: ["same figure", "値が同じ"],
  unjudged: ["with unjudged documents", "未判定の文書がある"],
  measure: ["Measure", "指標"],
  candidate: ["Candidate", "候補"],
  baseline: ["Baseline", "現行"],
  delta: ["Delta", "差"],
  topic: ["Topic", "トピック"],
  changed: ["In / out", "入 / 出"],
  rbo: ["RBO", "RBO"],
  rows: ["Topics {a} to {b} of {n}", "トピック {n} 件中 {a}〜{b} 件目"],
  rows_of: [", of {all} in all", "(全 {all} 件)"],
  none: ["No topic is like that.", "該当するトピックはありません。"],
  previous: ["Previous", "前へ"],
  next: ["Next", "次へ"],
  page_of: ["page {a} of {b}", "{a} / {b} ページ"],
  plot: ["Delta of each topic, sorted", "トピックごとの差(小さい順)"],
  counts: ["▼ {lost} lost · = {same} same · ▲ {won} gained",
           "▼ 悪化 {lost} · = 同じ {same} · ▲ 改善 {won}"],
  plot_hint: ["Click to open a topic; the table below has the same figures.",
              "クリックでトピックを開く。同じ値は下の表にある。"],
  sort_hint: ["Headings sort.", "見出しで並べ替え。"],
  came: ["new", "新しい"],
  went: ["gone", "消えた"],
  stayed: ["same rank", "同じ順位"],
  up: ["up {n}", "{n} 上昇"],
  down: ["down {n}", "{n} 下降"],
  was: ["baseline rank {n}", "現行 {n} 位"],
  goes: ["candidate rank {n}", "候補 {n} 位"],
  rel: ["rel {n}", "適合度 {n}"],
  not_judged: ["unjudged", "未判定"],
  no_hits: ["No hit.", "ヒットなし。"],
  weight: ["weight {n}", "重み {n}"],
  identical: ["both lists are the same", "二つの結果は同じ"],
  reordered: ["same documents in another order", "文書は同じで、順位だけが違う"],
  diagnosis: ["What went wrong", "何が起きたか"],
  open: ["Results of {id}", "{id} の結果"],
  language: ["Language", "言語"],
  theme: ["Light or dark", "明暗"],
  auto: ["as the system", "システムに合わせる"],
  light: ["light", "ライト"],
  dark: ["dark", "ダーク"],
  unnamed: ["(no text)", "(文字なし)"],
};
const say = (key, places = {}) =>
  WORDS[key][root.lang === "ja" ? 1 : 0].replace(/\{(\w+)\}/g, (_, name) => places[name]);

// a node; a string among the children is text
const SVG = "http://www.w3.org/2000/svg";
function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(name, value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== null && value !== false) node.setAttribute(name, value);
  }
  node.append(...children.flat(2).filter((child) => child !== null));
  return node;
}
const el = (name, attributes = {}, ...children) =>
  fill(document.createElement(name), attributes, children);
const svg = (name, attributes = {}, ...children) =>
  fill(document.createElementNS(SVG, name), attributes, children);
const foreign = (text, kind = null) => el("bdi", { class: kind }, text || say("unnamed"));
const number = (value) => value.toLocaleString(root.lang);
const signed = (value) =>
  (value < 0 ? "−" : value > 0 ? "+" : "±") + Math.abs(value).toFixed(4);
const sideOf = (value) => (value > TIE ? "gain" : value < -TIE ? "loss" : "same");
const SIGNS = { gain: "▲", loss: "▼", same: "=" };
