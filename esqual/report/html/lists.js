// The two lists of a topic, side by side.
const parts = (texts) => texts.map((text, place) =>
  text === "" ? null : place % 2 ? el("mark", {}, text) : text);
function hit(t, doc, rank, otherRank, candidateSide, place) {
  const passage = data.passages[place]?.[t]?.[doc];
  const fresh = otherRank === 0;
  const kind = fresh ? (candidateSide ? "came" : "went") : "stays";
  const step = candidateSide ? otherRank - rank : rank - otherRank;
  let move;
  if (fresh) move = el("span", { class: `move ${candidateSide ? "gain" : "loss"}` },
    candidateSide ? `＋ ${say("came")}` : `－ ${say("went")}`);
  else if (step === 0) move = el("span", { class: "move same" }, `= ${say("stayed")}`);
  else move = el("span", { class: `move ${step > 0 ? "gain" : "loss"}`,
    title: say(candidateSide ? "was" : "goes", { n: otherRank }) },
    step > 0 ? `▲ ${say("up", { n: step })}` : `▼ ${say("down", { n: -step })}`);
  let rating = null;
  if (data.judged) {
    const relevance = rated[t].get(doc);
    rating = relevance === undefined
      ? el("span", { class: "badge unjudged" }, say("not_judged"))
      : el("span", { class: `badge${relevance > 0 ? " relevant" : ""}` },
        say("rel", { n: relevance }));
  }
  const title = passage && passage[0].join("") ? passage[0] : null;
  const text = passage && passage[1].join("") ? passage[1] : null;
  return el("li", { class: `hit ${kind}`, "data-doc": doc },
    el("span", { class: "rank" }, String(rank)),
    el("div", {},
      title ? el("bdi", { class: "head" }, parts(title)) : null,
      text ? el("p", {}, el("bdi", {}, parts(text))) : null,
      foreign(data.docs[doc], title || text ? "id" : "head")),
    el("span", { class: "badges" }, rating, move));
}
function list(t, heading, own, other, candidateSide, place) {
  const ranks = new Map(other.map((doc, i) => [doc, i + 1]));
  return el("section", { class: "list", "aria-label": heading },
    el("h3", {}, heading),
    own.length ? el("ol", {}, own.map((doc, i) =>
      hit(t, doc, i + 1, ranks.get(doc) || 0, candidateSide, place)))
      : el("p", {}, say("no_hits")));
}
function detail(row) {
  const { t } = row;
  const candidate = data.candidates[state.candidate];
  const lines = candidate.diagnosis?.[t]?.[root.lang === "ja" ? 1 : 0] || [];
  const highlight = (event) => {
    const over = event.target.closest?.("[data-doc]")?.dataset.doc;
    for (const each of box.querySelectorAll("[data-doc]")) {
      const lit = event.type === "pointerover" && each.dataset.doc === over;
      each.classList.toggle("same-document", lit);
    }
  };
  const box = el("div", { class: "lists", pointerover: highlight, pointerleave: highlight },
    list(t, say("baseline"), topics.l[t], candidate.l[t], false, 0),
    list(t, say("candidate"), candidate.l[t], topics.l[t], true, candidate.index));
  return el("tr", { class: "detail", id: `detail-${t}` }, el("td", { colspan: columns().length },
    el("ul", { class: "facts" },
      data.measures.map((name, m) => {
        const delta = candidate.c[m][t] - topics.b[m][t];
        const side = sideOf(delta);
        const [own, other] = [topics.b[m][t].toFixed(4), candidate.c[m][t].toFixed(4)];
        return el("li", {}, `${name} ${own} → ${other} `,
          el("span", { class: side }, `${SIGNS[side]} ${signed(delta)}`));
      }),
      topics.weight ? el("li", {}, say("weight", { n: topics.weight[t] })) : null,
      row.same ? el("li", {}, say("identical"))
        : row.came + row.left === 0 ? el("li", {}, say("reordered")) : null),
    lines.length ? el("div", { class: "diagnosis" }, el("h3", {}, say("diagnosis")),
      el("ul", {}, lines.map((each) => el("li", {}, foreign(each))))) : null,
    box));
}
