// Drawing, and what happens on a click.
const PAGE = 50;
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
      el("caption", {}, caption, " · ", say("sort_hint")), head(),
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
    const enabled = found?.disabled
      ? holder.table.querySelector("[data-page]:not(:disabled)") : found;
    enabled?.focus({ preventScroll: name !== "page" });
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
  for (const group of switches.children) {
    group.setAttribute("aria-label", say(group.dataset.label));
  }
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
