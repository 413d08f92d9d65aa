"use strict";
// Plots as SVG from the values in the page. Everything from the data goes in as text, never as markup.

const SVG = "http://www.w3.org/2000/svg";
const LINEAR_BELOW = 0.01;

function element(name, attributes, parent, text) {
  const made = name.startsWith("svg:")
    ? document.createElementNS(SVG, name.slice(4)) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  if (parent) parent.append(made);
  return made;
}

const paint = (color) => (color === undefined || color < 0 ? "var(--muted)" : `var(--p${color % 10})`);

const WARP = {
  linear: (v) => v,
  category: (v) => v,
  log: (v) => Math.log10(v),
  symlog: (v) => Math.sign(v) * (Math.abs(v) <= LINEAR_BELOW
    ? Math.abs(v) / LINEAR_BELOW : 1 + Math.log10(Math.abs(v) / LINEAR_BELOW)),
};

function extent(axis, values) {
  if (axis.scale === "category") return [-0.6, axis.names.length - 0.4];
  const usable = values.filter((v) => Number.isFinite(v) && (axis.scale !== "log" || v > 0));
  let low = axis.low ?? Math.min(...usable), high = axis.high ?? Math.max(...usable);
  if (!usable.length && (axis.low === undefined || axis.high === undefined)) [low, high] = [0.1, 1];
  const warp = WARP[axis.scale || "linear"];
  let [a, b] = [warp(low), warp(high)];
  if (a === b) [a, b] = [a - 0.5, b + 0.5];
  const margin = 0.05 * (b - a);
  return [axis.low === undefined ? a - margin : a, axis.high === undefined ? b + margin : b];
}

function ticks(axis, from, to) {
  if (axis.scale === "category") return axis.names.map((_, i) => i);
  if (axis.ticks) return axis.ticks;
  if (axis.scale === "log") return logTicks(from, to);
  if (axis.scale === "symlog") return symlogTicks(from, to);
  const raw = (to - from) / 6, power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= raw);
  const found = [];
  for (let i = Math.ceil(from / step - 1e-9); i * step <= to + 1e-9 * step; i++) found.push(i * step);
  return found;
}

function logTicks(from, to) {
  const found = [];
  const few = to - from < 0.5 ? [1, 2, 3, 4, 5, 6, 7, 8, 9, 1.2, 1.4, 1.6] : to - from < 2 ? [1, 2, 3, 5] : [1];
  const stride = Math.max(1, Math.ceil((to - from) / 6));
  for (let k = Math.floor(from); k <= Math.ceil(to); k += stride)
    for (const m of few) if (Math.log10(m) + k >= from - 1e-9 && Math.log10(m) + k <= to + 1e-9) found.push(m * 10 ** k);
  return found;
}

function symlogTicks(from, to) {
  const found = [0];
  for (let k = 0; k < 8; k++) {
    const value = LINEAR_BELOW * 10 ** k;
    if (k + 1 <= to + 1e-9) found.push(value);
    if (-(k + 1) >= from - 1e-9) found.push(-value);
  }
  const half = LINEAR_BELOW / 2;
  if (found.length < 3) { if (to >= 0.5) found.push(half); if (from <= -0.5) found.push(-half); }
  return found.sort((a, b) => a - b);
}

function tickText(axis, value) {
  if (axis.scale === "category") return axis.names[value];
  const shown = axis.is_percent ? 100 * value : value;
  const text = Math.abs(shown) >= 1e5 || (shown && Math.abs(shown) < 1e-3)
    ? shown.toExponential(0) : String(Number(shown.toPrecision(3)));
  return axis.is_percent ? `${text} %` : text;
}

const SHAPES = [
  (r) => `M${-r},0a${r},${r} 0 1,0 ${2 * r},0a${r},${r} 0 1,0 ${-2 * r},0`,
  (r) => `M${-r},${-r}h${2 * r}v${2 * r}h${-2 * r}z`,
  (r) => `M0,${-1.3 * r}L${1.3 * r},0L0,${1.3 * r}L${-1.3 * r},0z`,
  (r) => `M0,${-1.2 * r}L${1.2 * r},${r}H${-1.2 * r}z`,
  (r) => `M0,${1.2 * r}L${1.2 * r},${-r}H${-1.2 * r}z`,
];

class PanelView {
  constructor(panel, isWide, holder) {
    this.panel = panel;
    this.width = isWide ? 860 : 400;
    this.height = isWide ? 380 : 290;
    this.box = { left: panel.y.is_hidden ? 20 : 62, right: 14, top: panel.title ? 26 : 12, bottom: 44 };
    const names = panel.x.names || [];
    if (names.some((name) => name.length * 7 > (this.width - 76) / names.length)) this.box.bottom = 96;
    this.targets = [];
    this.svg = element("svg:svg", {
      viewBox: `0 0 ${this.width} ${this.height}`, tabindex: "0", role: "img",
      "aria-label": `${panel.title || panel.y.label || panel.x.label}; arrow keys go through the points`,
    }, holder);
    this.scales();
    this.frame();
    for (const series of panel.series) this.series(series);
    this.ring = element("svg:circle", { class: "ring", r: 8, visibility: "hidden" }, this.svg);
  }

  scales() {
    const all = (keys) => this.panel.series.flatMap((s) => keys.flatMap((key) => s[key] || []));
    const measured = this.panel.series.filter((s) => s.mark !== "segment");
    const spread = measured.flatMap((s) => [...(s.low || []), ...(s.high || [])]);
    const ys = [...all(["y"]), ...spread, ...(this.panel.series.some((s) => s.mark === "bar") ? [0] : [])];
    const [x0, x1] = extent(this.panel.x, all(["x"]).filter((v) => v !== null));
    const [y0, y1] = extent(this.panel.y, ys.filter((v) => v !== null));
    const { left, right, top, bottom } = this.box;
    const warpX = WARP[this.panel.x.scale || "linear"], warpY = WARP[this.panel.y.scale || "linear"];
    this.range = { x: [x0, x1], y: [y0, y1] };
    this.atX = (v) => left + ((warpX(v) - x0) / (x1 - x0)) * (this.width - left - right);
    this.atY = (v) => this.height - bottom - ((warpY(v) - y0) / (y1 - y0)) * (this.height - top - bottom);
  }

  frame() {
    const { left, right, top, bottom } = this.box, floor = this.height - bottom, end = this.width - right;
    const isLinear = (axis) => !axis.scale || axis.scale === "linear";
    const { x, y } = this.panel;
    const group = element("svg:g", {}, this.svg);
    for (const value of ticks(x, ...this.range.x)) {
      const at = this.atX(value);
      if (isLinear(x) && (at < left - 1 || at > end + 1)) continue;
      if (!y.is_hidden && x.scale !== "category") element("svg:line", { class: "grid", x1: at, x2: at, y1: top, y2: floor }, group);
      const turned = this.box.bottom > 50;
      const text = element("svg:text", { x: at, y: floor + 16, class: "soft", "text-anchor": turned ? "end" : "middle" }, group, tickText(x, value));
      if (turned) text.setAttribute("transform", `rotate(-28 ${at} ${floor + 14})`);
    }
    if (!y.is_hidden) {
      for (const value of ticks(y, ...this.range.y)) {
        const at = this.atY(value);
        if (at < top - 1 || at > floor + 1) continue;
        element("svg:line", { class: "grid", x1: left, x2: end, y1: at, y2: at }, group);
        element("svg:text", { x: left - 6, y: at + 4, class: "soft", "text-anchor": "end" }, group, tickText(y, value));
      }
      element("svg:path", { class: "frame", d: `M${left},${top}V${floor}H${end}` }, group);
      element("svg:text", { x: 14, y: (top + floor) / 2, "text-anchor": "middle", transform: `rotate(-90 14 ${(top + floor) / 2})` }, group, y.label || "");
    } else element("svg:path", { class: "frame", d: `M${left},${floor}H${end}` }, group);
    element("svg:text", { x: (left + end) / 2, y: this.height - 8, "text-anchor": "middle" }, group, x.label || "");
    if (this.panel.title) element("svg:text", { x: (left + end) / 2, y: 16, "text-anchor": "middle", "font-weight": "600" }, group, this.panel.title);
  }

  series(s) {
    const group = element("svg:g", { "data-name": s.name }, this.svg);
    const color = paint(s.color);
    const points = s.x.map((x, i) => (s.y[i] === null || s.y[i] === undefined ? null : [this.atX(x), this.atY(s.y[i])]));
    this[`draw_${s.mark}`](group, s, points, color);
    points.forEach((point, i) => {
      const said = s.labels?.[i];
      if (point && said && s.mark !== "text") this.targets.push({ x: point[0], y: point[1], name: s.name, text: said });
    });
  }

  draw_points(group, s, points, color) {
    const shape = SHAPES[Math.max(0, s.color ?? 0) % SHAPES.length](4);
    for (const point of points) if (point)
      element("svg:path", { d: shape, transform: `translate(${point[0]} ${point[1]})`, fill: color, "fill-opacity": 0.75 }, group);
  }

  path(group, pieces, color, s, width) {
    const dash = s.is_dashed ? { "stroke-dasharray": "4 4" } : {};
    element("svg:path", { d: pieces.join(""), fill: "none", stroke: color, "stroke-width": width, ...dash }, group);
  }

  draw_line(group, s, points, color, width = 1.6) {
    let open = false;
    const pieces = points.map((p) => { if (!p) { open = false; return ""; } const piece = `${open ? "L" : "M"}${p[0]},${p[1]}`; open = true; return piece; });
    this.path(group, pieces, color, s, width);
  }

  draw_step(group, s, points, color) {
    const there = points.filter(Boolean);
    const end = this.width - this.box.right;
    const pieces = there.map((p, i) => (i ? `H${p[0]}V${p[1]}` : `M${p[0]},${p[1]}`));
    this.path(group, [...pieces, `H${end}`], color, s, 1.8);
  }

  draw_segment(group, s, points, color) { this.draw_line(group, s, points, color, s.low?.[0] ?? 1.2); }

  draw_band(group, s, points, color) {
    const edge = (values) => s.x.map((x, i) => `${this.atX(x)},${this.clamped(values[i])}`);
    element("svg:path", { d: `M${edge(s.high).join("L")}L${edge(s.low).reverse().join("L")}Z`, fill: color, "fill-opacity": 0.14 }, group);
  }

  clamped(value) { return Math.min(this.height + 500, Math.max(-500, this.atY(value))); }

  draw_bar(group, s, points, color) {
    const zero = this.atY(0), count = this.panel.x.names.length;
    const width = Math.max(3, ((this.width - 76) / (count + 0.2)) * (count === 3 ? 0.34 : 0.17));
    points.forEach((point) => {
      if (!point) return;
      const top = Math.min(point[1], zero), height = Math.max(1.5, Math.abs(zero - point[1]));
      element("svg:rect", { x: point[0] - width / 2, y: top, width, height, fill: color, "fill-opacity": 0.85 }, group);
    });
    this.whiskers(group, s, "var(--ink)");
  }

  draw_interval(group, s, points, color) { this.whiskers(group, s, color); this.draw_points(group, s, points, color); }

  whiskers(group, s, color) {
    s.x.forEach((x, i) => {
      const low = s.low?.[i], high = s.high?.[i];
      if (low === null || low === undefined || high === null || high === undefined) return;
      element("svg:line", { x1: this.atX(x), x2: this.atX(x), y1: this.clamped(low), y2: this.clamped(high), stroke: color, "stroke-width": 1.4 }, group);
    });
  }

  draw_text(group, s, points, color) {
    points.forEach((point, i) => { if (point) element("svg:text", { x: point[0], y: point[1] + 4, style: `fill: ${color}` }, group, s.labels[i]); });
  }
}

class PlotView {
  constructor(holder, plot) {
    this.hidden = new Set();
    const panels = plot.panels.filter((panel) => panel.series?.length);
    this.legend(element("div", { class: "legend", role: "group", "aria-label": "Series" }, holder), panels);
    this.grid = element("div", { class: `panels ${{ 1: "one", 4: "four" }[panels.length] ?? ""}` }, holder);
    this.views = panels.map((panel) => new PanelView(panel, panels.length === 1, this.grid));
    this.tip = element("div", { class: "tip", hidden: "" }, this.grid);
    this.said = element("p", { class: "sr", "aria-live": "polite" }, holder);
    for (const view of this.views) this.listen(view);
    this.numbers(holder, panels);
    holder.dataset.rendered = this.views.reduce((sum, view) => sum + view.svg.querySelectorAll("g[data-name] > *").length, 0);
  }

  legend(holder, panels) {
    const seen = new Map();
    for (const panel of panels) for (const s of panel.series)
      if (s.in_legend && s.mark !== "text" && !seen.has(s.name)) seen.set(s.name, s);
    for (const [name, s] of seen) {
      const button = element("button", { type: "button", "aria-pressed": "true" }, holder);
      const icon = element("svg:svg", { width: 14, height: 14, viewBox: "-7 -7 14 14", "aria-hidden": "true" }, button);
      const bar = ["bar", "segment", "line", "step"].includes(s.mark);
      const shape = bar ? "M-6,-3h12v6h-12z" : SHAPES[Math.max(0, s.color ?? 0) % SHAPES.length](4.5);
      element("svg:path", { d: shape, fill: paint(s.color) }, icon);
      element("span", {}, button, name);
      button.addEventListener("click", () => this.toggle(name, button));
    }
  }

  toggle(name, button) {
    const isShown = this.hidden.delete(name);
    if (!isShown) this.hidden.add(name);
    button.setAttribute("aria-pressed", String(isShown));
    for (const view of this.views) for (const group of view.svg.querySelectorAll("g[data-name]"))
      if (group.dataset.name === name) group.style.display = isShown ? "" : "none";
  }

  listen(view) {
    view.svg.addEventListener("pointermove", (event) => {
      const place = view.svg.getBoundingClientRect(), scale = view.width / place.width;
      const x = (event.clientX - place.left) * scale, y = (event.clientY - place.top) * scale;
      let best = null, least = 30 ** 2;
      for (const target of view.targets) {
        const far = (target.x - x) ** 2 + (target.y - y) ** 2;
        if (far < least && !this.hidden.has(target.name)) [best, least] = [target, far];
      }
      this.show(view, best);
    });
    view.svg.addEventListener("pointerleave", () => this.show(view, null));
    view.svg.addEventListener("blur", () => this.show(view, null));
    view.svg.addEventListener("keydown", (event) => this.key(view, event));
  }

  key(view, event) {
    if (event.key === "Escape") return this.show(view, null);
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    const there = view.targets.filter((target) => !this.hidden.has(target.name));
    if (!step || !there.length) return undefined;
    event.preventDefault();
    const at = there.indexOf(view.current);
    const next = there[(at < 0 ? (step > 0 ? 0 : there.length - 1) : at + step + there.length) % there.length];
    this.said.textContent = next.text;
    return this.show(view, next);
  }

  show(view, target) {
    view.current = target;
    view.ring.setAttribute("visibility", target ? "visible" : "hidden");
    this.tip.hidden = !target;
    if (!target) return;
    view.ring.setAttribute("cx", target.x);
    view.ring.setAttribute("cy", target.y);
    this.tip.textContent = target.text;
    const inner = view.svg.getBoundingClientRect(), outer = this.grid.getBoundingClientRect(), scale = inner.width / view.width;
    const left = inner.left - outer.left + target.x * scale + 12, limit = outer.width - this.tip.offsetWidth - 4;
    this.tip.style.left = `${Math.max(0, Math.min(left, limit))}px`;
    this.tip.style.top = `${inner.top - outer.top + target.y * scale + 14}px`;
  }

  numbers(holder, panels) {
    const details = element("details", {}, holder);
    element("summary", {}, details, "Numbers of this plot");
    details.addEventListener("toggle", () => {
      if (details.querySelector("table")) return;
      const table = element("table", {}, element("div", { class: "scroll", tabindex: "0" }, details));
      const head = element("tr", {}, element("thead", {}, table));
      for (const name of ["panel", "series", "x", "y", "low", "high"]) element("th", { scope: "col" }, head, name);
      const body = element("tbody", {}, table);
      for (const panel of panels) for (const s of panel.series) if (s.mark !== "segment" && s.mark !== "text") s.x.forEach((x, i) => {
        const row = element("tr", {}, body);
        const values = [panel.title || "", s.name, panel.x.names?.[Math.round(x)] ?? x, s.y[i], s.low?.[i], s.high?.[i]];
        values.forEach((value, j) => element("td", j > 1 ? { class: "num" } : {}, row, value ?? ""));
      });
    });
  }
}
