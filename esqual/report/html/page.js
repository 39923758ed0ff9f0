"use strict";
// The topics of the page: filter, sort, plot, and the two lists of each. Everything from outside
// becomes the text of a node; no markup is ever made from it.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const root = document.documentElement;
  const PAGE = 50;
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
      else if (value !== null && value !== false) node.setAttribute(name, value === true ? "" : value);
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
  const signed = (value) => (value < 0 ? "−" : value > 0 ? "+" : "±") + Math.abs(value).toFixed(4);
  const sideOf = (value) => (value > TIE ? "gain" : value < -TIE ? "loss" : "same");
  const SIGNS = { gain: "▲", loss: "▼", same: "=" };

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

  // ---- figures of the chosen candidate and measure
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

  // ---- parts
  function control(key, name, options) {
    return el("label", {}, say(key), el("select", { "data-control": name,
      change: (event) => set({ [name]: event.target.value }) },
      options.map(([value, text]) =>
        el("option", { value, selected: String(state[name]) === String(value) }, text))));
  }
  function controls() {
    const shows = ["all", "moved", "lost", "gained", "tied", ...(data.judged ? ["unjudged"] : [])];
    const classes = data.classes.map((name, place) => [place, name || say("unnamed")]);
    if (topics.class.includes(-1)) classes.push([-1, say("no_class")]);
    return el("form", { class: "controls", role: "search", "aria-label": say("topic"),
      submit: (event) => event.preventDefault() },
      data.candidates.length > 1 ? control("candidate", "candidate",
        data.candidates.map((each, place) => [place, each.tag || say("unnamed")])) : null,
      data.measures.length > 1 ? control("measure", "measure",
        data.measures.map((name, place) => [place, name])) : null,
      el("label", {}, say("search"), el("input", { type: "search", value: state.text,
        autocomplete: "off", "data-control": "text",
        input: (event) => set({ text: event.target.value }) })),
      data.classes.length ? control("cls", "cls", [["", say("all_classes")], ...classes]) : null,
      control("show", "show", shows.map((name) => [name, say(name)])));
  }

  function plot(found) {
    const line = [...found].sort((a, b) => a.delta - b.delta || a.t - b.t);
    const n = line.length;
    const high = Math.max(0, n ? line[n - 1].delta : 0);
    const low = Math.min(0, n ? line[0].delta : 0);
    const height = high - low > TIE ? high - low : 1;
    const lost = line.filter((row) => row.delta < -TIE).length;
    const won = line.filter((row) => row.delta > TIE).length;
    const counts = say("counts", { lost: number(lost), won: number(won), same: number(n - lost - won) });
    const path = (from, to) => {
      let d = `M${from} 0`;
      for (let i = from; i < to; i += 1) {
        d += `V${(-line[i].delta).toFixed(5)}h1`;
      }
      return `${d}V0Z`;
    };
    const cursor = svg("line", { class: "cursor", y1: -high, y2: -low, "vector-effect": "non-scaling-stroke",
      visibility: "hidden" });
    const told = el("span", { class: "hovered" });
    const at = (event) => {
      const box = picture.getBoundingClientRect();
      return Math.min(n - 1, Math.max(0, Math.floor(n * (event.clientX - box.left) / box.width)));
    };
    const picture = svg("svg", { viewBox: `0 ${-high - height * 0.02} ${Math.max(1, n)} ${height * 1.04}`, preserveAspectRatio: "none",
      role: "img", "aria-label": `${say("plot")}: ${counts}`,
      click: (event) => n && reveal(line[at(event)].t),
      pointermove: (event) => {
        if (!n) return;
        const place = at(event);
        const row = line[place];
        cursor.setAttribute("x1", place + 0.5);
        cursor.setAttribute("x2", place + 0.5);
        cursor.setAttribute("visibility", "visible");
        told.replaceChildren(foreign(topics.id[row.t]), " ", foreign(topics.text[row.t].slice(0, 60)),
          ` ${signed(row.delta)}`);
      },
      pointerleave: () => {
        cursor.setAttribute("visibility", "hidden");
        told.replaceChildren(say("plot_hint"));
      } },
      lost ? svg("path", { class: "loss", d: path(0, lost) }) : null,
      won ? svg("path", { class: "gain", d: path(n - won, n) }) : null,
      svg("line", { class: "zero", x1: 0, x2: Math.max(1, n), y1: 0, y2: 0,
        "vector-effect": "non-scaling-stroke" }),
      cursor);
    told.append(say("plot_hint"));
    const share = high / height;
    const zero = svg("svg", { class: "scale", "aria-hidden": "true", focusable: "false" },
      [[high, 0], [0, share], [low, 1]].filter(([value, place], i) =>
        i === 1 || (Math.abs(value) > TIE && Math.abs(place - share) > 0.12)).map(([value, place]) =>
        svg("text", { x: "100%", y: `${(100 * (0.02 + place * 0.96)).toFixed(1)}%` },
          value ? signed(value) : "0")));
    return el("figure", { class: "deltas" },
      el("figcaption", {}, el("strong", {}, say("plot")), el("span", {}, counts), told),
      el("div", { class: "frame" },
        zero,
        picture));
  }

  const COLUMNS = [["topic", "topic", ""], ["cls", "cls", "wide"], ["own", "baseline", "n wide"],
    ["other", "candidate", "n wide"], ["delta", "delta", "n"], ["changed", "changed", "n wide"],
    ["rbo", "rbo", "n wide"]];
  function columns() {
    return COLUMNS.filter(([name]) => name !== "cls" || data.classes.length);
  }
  function head() {
    return el("thead", {}, el("tr", {}, columns().map(([name, key, kind]) => {
      const here = state.sort === name;
      return el("th", { scope: "col", class: kind || null,
        "aria-sort": here ? (state.down ? "descending" : "ascending") : null },
        el("button", { type: "button", "data-sort": name,
          click: () => set({ sort: name, down: here ? !state.down : name === "changed" }) },
          say(key), el("span", { "aria-hidden": "true" }, here ? (state.down ? " ↓" : " ↑") : "")));
    })));
  }
  function bar(row, top) {
    const share = 50 * Math.min(1, Math.abs(row.delta) / top);
    const side = sideOf(row.delta);
    return svg("svg", { class: "bar", "aria-hidden": "true", focusable: "false" },
      svg("rect", { class: side, x: `${side === "loss" ? 50 - share : 50}%`, width: `${share}%`,
        height: "100%" }),
      svg("line", { class: "zero", x1: "50%", x2: "50%", y1: 0, y2: "100%" }));
  }
  function line(row, top) {
    const { t } = row;
    const side = sideOf(row.delta);
    const opened = state.open.has(t);
    const cells = {
      topic: el("th", { scope: "row" }, el("button", { type: "button", class: "open",
        "data-topic": t, "aria-expanded": String(opened), "aria-controls": opened ? `detail-${t}` : null,
        click: () => toggle(t) },
        el("span", {}, foreign(topics.text[t]), " ", foreign(topics.id[t], "id")))),
      cls: el("td", { class: "wide" },
        topics.class[t] < 0 ? "" : foreign(data.classes[topics.class[t]])),
      own: el("td", { class: "n wide" }, row.own.toFixed(4)),
      other: el("td", { class: "n wide" }, row.other.toFixed(4)),
      delta: el("td", { class: "n" },
        el("span", { class: side }, `${SIGNS[side]} ${signed(row.delta)}`), bar(row, top)),
      changed: el("td", { class: "n wide" }, row.same ? "=" : `${row.came} / ${row.left}`),
      rbo: el("td", { class: "n wide" }, row.rbo.toFixed(2)),
    };
    return el("tr", { class: opened ? "shown" : null, "data-row": t },
      columns().map(([name]) => cells[name]));
  }

  // ---- the two lists of a topic
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
        : el("span", { class: `badge${relevance > 0 ? " relevant" : ""}` }, say("rel", { n: relevance }));
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
    const lines = candidate.diagnosis?.[t] || [];
    const highlight = (event) => {
      const over = event.target.closest?.("[data-doc]")?.dataset.doc;
      for (const each of box.querySelectorAll("[data-doc]")) {
        each.classList.toggle("same-document", event.type === "pointerover" && each.dataset.doc === over);
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
          return el("li", {}, `${name} ${topics.b[m][t].toFixed(4)} → ${candidate.c[m][t].toFixed(4)} `,
            el("span", { class: side }, `${SIGNS[side]} ${signed(delta)}`));
        }),
        topics.weight ? el("li", {}, say("weight", { n: topics.weight[t] })) : null,
        row.same ? el("li", {}, say("identical"))
          : row.came + row.left === 0 ? el("li", {}, say("reordered")) : null),
      lines.length ? el("div", { class: "diagnosis" }, el("h3", {}, say("diagnosis")),
        el("ul", {}, lines.map((each) => el("li", {}, foreign(each))))) : null,
      box));
  }

  // ---- drawing
  const app = document.getElementById("app");
  const holder = { controls: el("div"), plot: el("div"), table: el("div") };
  const status = el("p", { class: "hidden-text", role: "status" });
  let shown = [];
  let top = 1;
  function drawTable() {
    const found = filtered();
    shown = sorted(found);
    top = Math.max(1e-9, ...rows.map((row) => Math.abs(row.delta)));
    const pages = Math.max(1, Math.ceil(shown.length / PAGE));
    state.page = Math.min(state.page, pages - 1);
    const first = state.page * PAGE;
    const visible = shown.slice(first, first + PAGE);
    const places = { a: number(visible.length ? first + 1 : 0), b: number(first + visible.length),
      n: number(shown.length) };
    const caption = say("rows", places) +
      (shown.length < count ? say("rows_of", { all: number(count) }) : "");
    status.textContent = shown.length ? caption : say("none");
    const pager = (label) => pages < 2 ? null : el("nav", { class: "pager", "aria-label": label },
      el("button", { type: "button", "data-page": "previous", disabled: state.page === 0,
        click: () => set({ page: state.page - 1 }) }, say("previous")),
      el("span", {}, say("page_of", { a: state.page + 1, b: pages })),
      el("button", { type: "button", "data-page": "next", disabled: state.page === pages - 1,
        click: () => set({ page: state.page + 1 }) }, say("next")));
    holder.table.replaceChildren(
      shown.length ? el("table", { class: "topics" },
        el("caption", {}, caption, " ", say("sort_hint")), head(),
        el("tbody", {}, visible.map((row) =>
          [line(row, top), state.open.has(row.t) ? detail(row) : null])))
        : el("p", { class: "empty" }, say("none")),
      pager(say("topic")) || "");
    holder.plot.replaceChildren(plot(found));
  }
  function draw() {
    measure();
    holder.controls.replaceChildren(controls());
    drawTable();
  }
  let asked = 0;
  function set(changes) {
    const focused = document.activeElement?.dataset ?? {};
    if ("candidate" in changes || "measure" in changes) {
      for (const name of Object.keys(changes)) changes[name] = Number(changes[name]);
    }
    if (!("page" in changes)) state.page = 0;
    Object.assign(state, changes);
    if ("candidate" in changes || "measure" in changes) measure();
    cancelAnimationFrame(asked);
    asked = requestAnimationFrame(() => {
      drawTable();
      restore(focused);
    });
  }
  // what had the focus has been drawn anew
  function restore(focused) {
    for (const name of ["sort", "topic", "page"]) {
      if (focused[name] === undefined) continue;
      const found = holder.table.querySelector(`[data-${name}="${focused[name]}"]`);
      const other = found?.disabled ? holder.table.querySelector("[data-page]:not(:disabled)") : found;
      other?.focus({ preventScroll: name !== "page" });
    }
  }
  function toggle(t) {
    if (state.open.has(t)) state.open.delete(t); else state.open.add(t);
    const opened = state.open.has(t);
    const tr = holder.table.querySelector(`tr[data-row="${t}"]`);
    const button = tr.querySelector(".open");
    tr.classList.toggle("shown", opened);
    button.setAttribute("aria-expanded", String(opened));
    if (opened) {
      button.setAttribute("aria-controls", `detail-${t}`);
      tr.after(detail(rows[t]));
    } else {
      button.removeAttribute("aria-controls");
      document.getElementById(`detail-${t}`)?.remove();
    }
  }
  function reveal(t) {
    const place = shown.findIndex((row) => row.t === t);
    state.page = Math.floor(place / PAGE);
    state.open.add(t);
    drawTable();
    const tr = holder.table.querySelector(`tr[data-row="${t}"]`);
    tr.scrollIntoView({ block: "start" });
    tr.querySelector(".open").focus({ preventScroll: true });
  }

  // ---- switches of language and theme
  const switches = document.querySelector(".switches");
  function press() {
    for (const button of switches.querySelectorAll("button")) {
      const { language, theme } = button.dataset;
      const on = language ? language === root.lang : theme === (root.dataset.theme || "auto");
      button.setAttribute("aria-pressed", String(on));
      if (theme) {
        button.title = say(theme);
        button.setAttribute("aria-label", say(theme));
      }
    }
    for (const group of switches.children) group.setAttribute("aria-label", say(group.dataset.label));
  }
  switches.addEventListener("click", (event) => {
    const { language, theme } = event.target.closest("button")?.dataset ?? {};
    if (language) {
      root.lang = language;
      draw();
    }
    if (theme === "auto") delete root.dataset.theme;
    else if (theme) root.dataset.theme = theme;
    press();
  });
  switches.hidden = false;
  press();
  measure();
  // the worst first; where nothing got worse, the best
  state.down = !rows.some((row) => row.delta < -TIE);
  app.append(holder.controls, holder.plot, holder.table, status);
  draw();
})();
