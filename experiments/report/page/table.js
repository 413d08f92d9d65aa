// Tables: sorted by any column, filtered by words; the long one is drawn a page at a time.

const PAGE_ROWS = 50;
const FILTERED_FROM = 8; // rows; shorter tables are seen at a glance

function compare(a, b, sign) {
  const [x, y] = [a.value, b.value];
  const isMissing = (v) => v === null || v === undefined || Number.isNaN(v);
  if (isMissing(x) || isMissing(y)) return isMissing(x) - isMissing(y); // missing ones last, whichever way
  if (typeof x === "number" && typeof y === "number") return sign * (x - y);
  return sign * String(x).localeCompare(String(y), undefined, { numeric: true });
}

class TableView {
  constructor(table, rows, makeRow) {
    this.table = table;
    this.rows = rows; // each {cells: [{text, value}], row?}
    this.makeRow = makeRow;
    this.shown = rows;
    this.page = 0;
    this.heads = [...table.tHead.rows[0].cells];
    this.heads.forEach((head, i) => head.querySelector("button").addEventListener("click", () => this.sort(i)));
    this.tools();
    this.draw();
  }

  tools() {
    const holder = element("div", { class: "tools" });
    holder.hidden = this.rows.length < FILTERED_FROM;
    this.table.closest(".scroll").before(holder);
    const label = element("label", {}, holder, "Filter ");
    this.input = element("input", { type: "search", placeholder: "words, all must occur" }, label);
    this.input.addEventListener("input", () => this.filter());
    this.status = element("span", { "aria-live": "polite" }, holder);
    this.back = element("button", { type: "button" }, holder, "Previous");
    this.next = element("button", { type: "button" }, holder, "Next");
    this.back.addEventListener("click", () => this.turn(-1));
    this.next.addEventListener("click", () => this.turn(1));
  }

  sort(column) {
    const head = this.heads[column];
    const isDown = head.getAttribute("aria-sort") === "ascending";
    for (const other of this.heads) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", isDown ? "descending" : "ascending");
    this.rows.sort((a, b) => compare(a.cells[column], b.cells[column], isDown ? -1 : 1));
    this.filter();
  }

  filter() {
    const wanted = this.input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const text = (row) => (row.text ??= row.cells.map((cell) => cell.text).join(" ").toLowerCase());
    this.shown = wanted.length ? this.rows.filter((row) => wanted.every((word) => text(row).includes(word))) : this.rows;
    this.page = 0;
    this.draw();
  }

  turn(step) { this.page += step; this.draw(); }

  draw() {
    const pages = Math.max(1, Math.ceil(this.shown.length / PAGE_ROWS)), start = this.page * PAGE_ROWS;
    const part = this.shown.slice(start, start + PAGE_ROWS);
    this.table.tBodies[0].replaceChildren(...part.map((row) => (row.row ??= this.makeRow(row))));
    const span = pages > 1 ? `${start + 1} to ${start + part.length} of ` : "";
    const whole = this.shown.length < this.rows.length ? ` of ${this.rows.length}` : "";
    this.status.textContent = `${span}${this.shown.length}${whole} rows`;
    this.back.hidden = this.next.hidden = pages === 1;
    this.back.disabled = this.page === 0;
    this.next.disabled = this.page === pages - 1;
  }
}

function tableOfPage(table) {
  const rows = [...table.tBodies[0].rows].map((row) => ({
    row,
    cells: [...row.cells].map((cell) => ({
      text: cell.textContent,
      value: cell.dataset.v !== undefined ? Number(cell.dataset.v) : cell.classList.contains("num") ? null : cell.textContent,
    })),
  }));
  return new TableView(table, rows, (row) => row.row);
}

function tableOfData(table, data) {
  const rows = data.rows.map((cells) => ({ cells: cells.map((cell) => (Array.isArray(cell)
    ? { text: cell[0], value: cell[1] } : { text: cell, value: cell })) }));
  const last = data.rows[0] ? data.rows[0].length - 1 : -1;
  return new TableView(table, rows, ({ cells }) => {
    const row = element("tr");
    cells.forEach(({ text, value }, i) => {
      if (i !== last) { element("td", typeof value === "number" || value === null ? { class: "num" } : {}, row, text); return; }
      const cell = element("td", {}, row);
      text.split(" ").forEach((id, k) => { element("a", { href: `#run-${id}`, title: id }, cell, String(k + 1)); cell.append(" "); });
    });
    return row;
  });
}
