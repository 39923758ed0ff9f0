// The figures of the chosen candidate and measure: kept, filtered, sorted.
const topics = data.topics;
const count = topics.id.length;
const state = {
  candidate: 0, measure: 0, text: "", cls: "", show: "all",
  sort: "delta", down: false, page: 0, open: new Set(),
};
const rated = (topics.rated || []).map((flat) => {
  const found = new Map();
  for (let i = 0; i < flat.length; i += 2) found.set(flat[i], flat[i + 1]);
  return found;
});
const folded = (text) => text.normalize("NFKC").toLowerCase();
let haystack = null;

let rows = [];
function measure() {
  const candidate = data.candidates[state.candidate];
  const own = topics.b[state.measure];
  const other = candidate.c[state.measure];
  rows = own.map((value, t) => {
    const before = topics.l[t];
    const after = candidate.l[t];
    const kept = new Set(before);
    const came = after.filter((doc) => !kept.has(doc)).length;
    const left = before.length - (after.length - came);
    const same = before.length === after.length && before.every((doc, i) => doc === after[i]);
    return { t, own: value, other: other[t], delta: other[t] - value, rbo: candidate.rbo[t],
      came, left, same };
  });
}
const hasUnjudged = (row) => data.judged &&
  [...topics.l[row.t], ...data.candidates[state.candidate].l[row.t]]
    .some((doc) => !rated[row.t].has(doc));
const KEEPS = {
  all: () => true,
  moved: (row) => !row.same,
  lost: (row) => row.delta < -TIE,
  gained: (row) => row.delta > TIE,
  tied: (row) => Math.abs(row.delta) <= TIE,
  unjudged: hasUnjudged,
};
const collator = new Intl.Collator("ja", { numeric: true });
const ORDERS = {
  topic: (a, b) => collator.compare(topics.id[a.t], topics.id[b.t]),
  cls: (a, b) => topics.class[a.t] - topics.class[b.t],
  own: (a, b) => a.own - b.own,
  other: (a, b) => a.other - b.other,
  delta: (a, b) => a.delta - b.delta,
  rbo: (a, b) => a.rbo - b.rbo,
  changed: (a, b) => a.came + a.left - b.came - b.left,
};
function filtered() {
  const words = folded(state.text).split(/\s+/).filter(Boolean);
  if (words.length && !haystack) {
    haystack = topics.id.map((id, t) => folded(`${id} ${topics.text[t]}`));
  }
  const cls = state.cls === "" ? null : Number(state.cls);
  return rows.filter((row) =>
    (cls === null || topics.class[row.t] === cls) && KEEPS[state.show](row) &&
    words.every((word) => haystack[row.t].includes(word)));
}
function sorted(found) {
  const order = ORDERS[state.sort];
  const way = state.down ? -1 : 1;
  // ties keep the order of the topics file
  return [...found].sort((a, b) => way * order(a, b) || a.t - b.t);
}
