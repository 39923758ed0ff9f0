"""What a screen reader and weak eyes need, asked of the page itself; axe-core asks the same."""

from __future__ import annotations

# returns one line per fault
ACCESSIBILITY = r"""
const faults = [];
const seen = (n) =>
  n.checkVisibility({ visibilityProperty: true }) && !n.closest("[aria-hidden=true]");
const all = (selector) => [...document.querySelectorAll(selector)].filter(seen);
const text = (n) => (n.innerText ?? n.textContent ?? "").trim();
const name = (n) => n.getAttribute("aria-label") || text(n) || n.title ||
  [...(n.labels ?? [])].map(text).join(" ");

for (const n of all("button, select, input, a, summary, [role=img], [role=group], nav")) {
  if (!name(n)) faults.push(`no name: ${n.outerHTML.slice(0, 80)}`);
}
if (all("h1").length !== 1) faults.push("not one h1");
let level = 0;
for (const n of all("h1, h2, h3, h4, h5, h6")) {
  const own = Number(n.tagName[1]);
  if (own > level + 1) faults.push(`h${level} then ${n.outerHTML.slice(0, 80)}`);
  level = own;
}
if (all("main").length !== 1 || all("header").length !== 1) faults.push("landmarks");
const ids = [...document.querySelectorAll("[id]")].map((n) => n.id);
if (new Set(ids).size !== ids.length) faults.push("an id stands twice");
for (const attribute of ["aria-controls", "aria-labelledby"]) {
  for (const n of all(`[${attribute}]`)) {
    if (!document.getElementById(n.getAttribute(attribute))) faults.push(`no ${attribute}`);
  }
}
for (const n of all(".topics")) if (!n.caption) faults.push("a table without a caption");
for (const n of all("[tabindex]")) if (n.tabIndex > 0) faults.push("tabindex above 0");

const pad = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
function rgba(colour) {
  pad.clearRect(0, 0, 1, 1);
  pad.fillStyle = colour;
  pad.fillRect(0, 0, 1, 1);
  const [r, g, b, a] = pad.getImageData(0, 0, 1, 1).data;
  return [r, g, b, a / 255];
}
function behind(n) {
  for (let at = n; at; at = at.parentElement) {
    const colour = rgba(getComputedStyle(at).backgroundColor);
    if (colour[3] > 0.99) return colour;
  }
  return [255, 255, 255, 1];
}
function luminance(colour) {
  const [r, g, b] = colour.slice(0, 3).map((v) => v / 255)
    .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
for (const n of all("body *")) {
  if (n.closest("svg, :disabled, option")) continue;
  if (![...n.childNodes].some((c) => c.nodeType === 3 && c.data.trim())) continue;
  const colours = [rgba(getComputedStyle(n).color), behind(n)];
  const lights = colours.map(luminance).sort((a, b) => b - a);
  const contrast = (lights[0] + 0.05) / (lights[1] + 0.05);
  if (contrast < 4.5) faults.push(`contrast ${contrast.toFixed(2)}: ${n.outerHTML.slice(0, 80)}`);
}
return faults;
"""
