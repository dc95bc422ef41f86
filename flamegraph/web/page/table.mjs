// The table of functions, and below it what a screen reader needs to walk it.

import { element } from "./dom.mjs";
import { unitOf } from "./facts.mjs";
import { ordered } from "./functions.mjs";
import { following } from "./search.mjs";
import { amount, bare, percent, relative } from "./words.mjs";

const STEP = 300;
const OTHERS = 4;  // metrics beside the one that is shown

// From what is looked for least to what is looked for most.
const VERDICTS = ["same", "inconclusive", "moved", "gone", "new", "improved", "regressed"];

// Fills `host`, and is {walk(step)}: to the next name, or the one before. act: {choose(name), sort(key, up)}. `hits` are the names that a search found, or null for all.
export function showTable(host, model, state, hits, act) {
  const table = model.table(state), unit = unitOf(model, state);
  const columns = table.before ? changeColumns(model, table, unit) : plainColumns(model, table, unit, state);
  const sorted = columns.find((column) => column.id === state.sort) ?? columns.find((column) => column.first);
  const counts = (name) => table.total[name] > 0 || (table.before && (table.before.total[name] > 0 || table.after.total[name] > 0));
  const rows = ordered(model.names, sorted.key, !state.up, (name) => counts(name) && (!hits || hits[name]), model.rank);

  const head = element("tr", {}, ...columns.map((column) => {
    const chosen = column === sorted;
    return element("th", {
      scope: "col", class: column.id === "name" ? "name" : "",
      "aria-sort": chosen ? (state.up ? "ascending" : "descending") : "none",
    }, element("button", {
      type: "button", title: column.title ?? "",
      onclick: () => act.sort(column.id, chosen ? !state.up : column.id === "name"),
    }, column.label + (chosen ? (state.up ? " ▴" : " ▾") : "")));
  }));
  const body = element("tbody");
  const more = element("button", { class: "more", type: "button" });
  let shown = 0;
  const add = () => {
    const until = Math.min(shown + STEP, rows.length);
    for (; shown < until; shown++) body.append(line(rows[shown]));
    more.hidden = shown >= rows.length;
    more.textContent = `Show more: ${(rows.length - shown).toLocaleString("en")} left`;
  };
  const line = (name) =>
    element("tr", {}, ...columns.map((column) =>
      column.id === "name"
        ? element("td", { class: "name" },
            element("button", { type: "button", title: model.names[name], onclick: () => act.choose(name) }, model.names[name]),
            model.module(name) ? element("span", { class: "module" }, model.module(name)) : null)
        : element("td", {}, column.text(name))));
  more.addEventListener("click", add);
  add();
  const heads = () => [...host.querySelectorAll("th button")];
  const focused = heads().indexOf(document.activeElement);
  host.replaceChildren(element("div", { class: "sheet", tabIndex: 0, role: "region", "aria-label": "Functions" },
    element("table", {}, element("thead", {}, head), body), more,
    rows.length ? null : element("p", { class: "empty" }, "No function is found.")));
  heads()[focused]?.focus();
  return {
    walk: (step) => {
      const names = () => [...body.querySelectorAll("td.name button")];
      const at = names().indexOf(document.activeElement);
      if (at + step >= shown && shown < rows.length) add();
      const all = names();
      all[following(all.length, at, step)]?.focus();
    },
  };
}

function plainColumns(model, table, unit, state) {
  const share = (value) => percent(value, table.whole);
  const said = bare(unit);
  const shown = model.sides ? [] : [...model.metrics.keys()].filter((i) => i !== state.metric).slice(0, OTHERS);
  const others = shown.map((i) => {
    const metric = model.metrics[i], { total } = model.table({ ...state, metric: i });
    return { id: `metric${i}`, label: amount(metric), key: (n) => total[n], text: (n) => bare(metric.unit).text(total[n]) };
  });
  return [
    { id: "own", first: true, label: `Self${said.unit}`, title: "in the function itself", key: (n) => table.own[n], text: (n) => said.text(table.own[n]) },
    { id: "ownShare", label: "Self %", key: (n) => table.own[n], text: (n) => share(table.own[n]) },
    { id: "total", label: `Total${said.unit}`, title: "with all that it calls", key: (n) => table.total[n], text: (n) => said.text(table.total[n]) },
    { id: "totalShare", label: "Total %", key: (n) => table.total[n], text: (n) => share(table.total[n]) },
    ...others,
    { id: "name", label: "Function", key: (n) => model.rank[n] },
  ];
}

function changeColumns(model, table, unit) {
  const { before, after } = table;
  const change = (side, n) => after[side][n] - before[side][n];
  const ratio = (n) => (before.own[n] > 0 ? after.own[n] / before.own[n] : after.own[n] > 0 ? Infinity : NaN);
  const said = bare(unit);
  const plus = (value) => (value > 0 ? "+" : "") + said.text(value);
  const { low, high } = model.judged ?? {};
  const judged = model.judged
    ? [{ id: "verdict", label: "Verdict", key: (n) => VERDICTS.indexOf(model.verdict(n)), text: (n) => model.verdict(n) },
       { id: "interval", label: "Interval of self change", key: (n) => low[n], text: (n) => (Number.isNaN(low[n]) ? "" : `${plus(low[n])} … ${plus(high[n])}`) }]
    : [];
  return [
    { id: "own", first: true, label: `Self change${said.unit}`, title: "largest first, whichever way",
      key: (n) => Math.abs(change("own", n)), text: (n) => plus(change("own", n)) },
    { id: "relative", label: "%", key: ratio, text: (n) => relative(before.own[n], after.own[n]) },
    { id: "before", label: "Self before", key: (n) => before.own[n], text: (n) => said.text(before.own[n]) },
    { id: "after", label: "Self after", key: (n) => after.own[n], text: (n) => said.text(after.own[n]) },
    { id: "total", label: "Total change", key: (n) => Math.abs(change("total", n)), text: (n) => plus(change("total", n)) },
    ...judged,
    { id: "name", label: "Function", key: (n) => model.rank[n] },
  ];
}
