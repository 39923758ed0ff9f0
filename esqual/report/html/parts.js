// The controls, the plot of deltas, and the rows of the table.
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
  const counts = say("counts",
    { lost: number(lost), won: number(won), same: number(n - lost - won) });
  const path = (from, to) => {
    let d = `M${from} 0`;
    for (let i = from; i < to; i += 1) {
      d += `V${(-line[i].delta).toFixed(5)}h1`;
    }
    return `${d}V0Z`;
  };
  const cursor = svg("line", { class: "cursor", y1: -high, y2: -low, visibility: "hidden",
    "vector-effect": "non-scaling-stroke" });
  const told = el("span", { class: "hovered" });
  const at = (event) => {
    const box = picture.getBoundingClientRect();
    return Math.min(n - 1, Math.max(0, Math.floor(n * (event.clientX - box.left) / box.width)));
  };
  const box = [0, -high - height * 0.02, Math.max(1, n), height * 1.04];
  const picture = svg("svg", { viewBox: box.join(" "), preserveAspectRatio: "none", role: "img",
    "aria-label": `${say("plot")}: ${counts}`,
    click: (event) => n && reveal(line[at(event)].t),
    pointermove: (event) => {
      if (!n) return;
      const place = at(event);
      const row = line[place];
      cursor.setAttribute("x1", place + 0.5);
      cursor.setAttribute("x2", place + 0.5);
      cursor.setAttribute("visibility", "visible");
      told.replaceChildren(foreign(topics.id[row.t]), " ",
        foreign(topics.text[row.t].slice(0, 60)), ` ${signed(row.delta)}`);
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
  // the ends are left out where they would stand on the 0
  const ends = [[high, 0], [low, 1]].filter(([value, place]) =>
    Math.abs(value) > TIE && Math.abs(place - share) > 0.12);
  const scale = svg("svg", { class: "scale", "aria-hidden": "true", focusable: "false" },
    [[0, share], ...ends].map(([value, place]) =>
      svg("text", { x: "100%", y: `${(100 * (0.02 + place * 0.96)).toFixed(1)}%` },
        value ? signed(value) : "0")));
  return el("figure", { class: "deltas" },
    el("figcaption", {}, el("strong", {}, say("plot")), el("span", {}, counts), told),
    el("div", { class: "frame" },
      scale,
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
    const arrow = el("span", { "aria-hidden": "true" }, here ? (state.down ? "↓" : "↑") : "");
    return el("th", { scope: "col", class: kind || null,
      "aria-sort": here ? (state.down ? "descending" : "ascending") : null },
      el("button", { type: "button", "data-sort": name,
        click: () => set({ sort: name, down: here ? !state.down : name === "changed" }) },
        // beside figures the arrow stands on the left, so that heading and figures end together
        kind.startsWith("n") ? [arrow, say(key)] : [say(key), arrow]));
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
      "data-topic": t, "aria-expanded": String(opened),
      "aria-controls": opened ? `detail-${t}` : null,
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
