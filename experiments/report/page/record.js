// Records: packed into the page (or a file beside it) in parts, unpacked when one is looked at.

const parts = new Map();
const waiting = new Map();

globalThis.qoptPart = (number, text) => { waiting.get(number)?.(text); };

async function unpack(text) {
  const bytes = Uint8Array.from(atob(text.trim()), (sign) => sign.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return (await new Response(stream).text()).split("\n");
}

function part(number, folder) {
  if (!parts.has(number)) {
    const inside = document.getElementById(`part-${number}`);
    const text = inside ? Promise.resolve(inside.textContent) : new Promise((resolve, reject) => {
      waiting.set(number, resolve);
      const script = element("script", { src: `${folder}/part-${number}.js` });
      script.addEventListener("error", () => reject(new Error(`${folder}/part-${number}.js is not beside this page`)));
      document.head.append(script);
    });
    parts.set(number, text.then(unpack));
  }
  return parts.get(number);
}

function stageTable(record) {
  const table = document.createElement("table");
  const head = element("tr", {}, element("thead", {}, table));
  for (const name of ["stage", "objective", "feasible", "control", "feasible"]) element("th", { scope: "col" }, head, name);
  const body = element("tbody", {}, table);
  for (const name of ["raw", "swapped", "repaired", "improved"]) {
    const own = record.stages?.[name], twin = (record.stages?.control_start ?? record.stages?.control)?.[name];
    if (!own && !twin) continue;
    const row = element("tr", {}, body);
    element("td", {}, row, name);
    for (const stage of [own, twin]) {
      element("td", { class: "num" }, row, stage?.objective ?? "-");
      element("td", {}, row, stage ? (stage.feasible ? "yes" : "no") : "-");
    }
  }
  return table;
}

async function showRecord(id, index) {
  const dialog = document.getElementById("record"), body = document.getElementById("record-body");
  const title = document.getElementById("record-title");
  const at = index.ids.indexOf(id);
  body.replaceChildren();
  title.textContent = `Record ${id}`;
  if (!dialog.open) dialog.showModal();
  title.focus();
  if (at < 0) { element("p", {}, body, "There is no record of this id in the report."); return; }
  try {
    const lines = await part(Math.floor(at / index.size), index.folder);
    const record = JSON.parse(lines[at % index.size]);
    const solver = record.pipeline?.solver?.name ?? "";
    title.textContent = `${record.instance.name || record.instance.kind}: ${record.sweep?.pipeline ?? solver}, seed ${record.seed}`;
    element("p", {}, body, `${record.status}; objective ${record.objective ?? "-"}; id ${record.id}${record.message ? `; ${record.message}` : ""}`);
    body.append(stageTable(record));
    element("pre", { tabindex: "0" }, body, JSON.stringify(record, null, 1));
  } catch (error) {
    element("p", {}, body, `The record could not be read: ${error.message}`);
  }
}

function followHash(index) {
  const match = /^#run-([0-9a-f]+)$/.exec(location.hash);
  if (match) showRecord(match[1], index);
}

const dataOf = (id) => JSON.parse(document.getElementById(id).textContent);

(() => {
  const plots = dataOf("data-plots"), index = dataOf("data-index");
  for (const holder of document.querySelectorAll("[data-plot]")) new PlotView(holder, plots[holder.dataset.plot]);
  for (const table of document.querySelectorAll("table.data")) {
    if (table.id === "table-instances") tableOfData(table, dataOf("data-instances"));
    else tableOfPage(table);
  }
  const dialog = document.getElementById("record");
  dialog.addEventListener("close", () => {
    if (location.hash.startsWith("#run-")) history.replaceState(null, "", location.pathname + location.search);
  });
  globalThis.addEventListener("hashchange", () => followHash(index));
  followHash(index);
  document.body.dataset.ready = "yes";
})();
