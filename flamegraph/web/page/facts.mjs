// What is said about a box or a function, as [[label, text], …]. Nothing here knows the page.

import { KINDS } from "./paint.mjs";
import { amount, percent, quantity, relative, signed } from "./words.mjs";

// What a value of the picture counts: the unit of the metric shown.
export function unitOf(model, state) {
  const metric = model.sides ? model.sides[1] : state.view === "time" ? model.header.metric : state.metric;
  return model.metrics[metric].unit;
}

// The first lines: what a tooltip has room for.
export function brief(model, shape, node, state) {
  const unit = unitOf(model, state), { tree, total, own, before, after } = shape;
  const rows = [];
  if (before) {
    const whole = Math.max(before.total[0], after.total[0]);
    const [old, now] = [before.total[node], after.total[node]];
    rows.push(["Before → after", `${quantity(old, unit)} → ${quantity(now, unit)}`]);
    rows.push(["Change", `${signed(now - old, unit)} (${relative(old, now)}), ${percentOf(now - old, whole)} of all`]);
    const alone = after.own[node] - before.own[node];
    if (alone !== 0) rows.push(["Self", `${signed(alone, unit)} (${relative(before.own[node], after.own[node])})`]);
  } else {
    const caller = tree.parent[node];
    const shares = [`${percent(total[node], total[0])} of all`];
    if (node !== 0 && caller !== 0) shares.push(`${percent(total[node], total[caller])} of its ${shape.turned ? "callee" : "caller"}`);
    rows.push(["Total", `${quantity(total[node], unit)}, ${shares.join(", ")}`]);
    if (own[node] > 0) rows.push(["Self", `${quantity(own[node], unit)}, ${percent(own[node], total[0])} of all`]);
  }
  return rows;
}

// All lines: what a panel has room for.
export function full(model, shape, node, state) {
  const name = shape.tree.name[node], unit = unitOf(model, state);
  const rows = brief(model, shape, node, state);
  if (name !== 0) rows.push(...about(model, name));
  if (shape.before && node !== 0) {
    const sure = model.sureness(shape, node);
    if (model.comparison.grains || model.judged) rows.push(["Confidence", sure > 0.9995 ? ">99.9%" : `${(100 * sure).toFixed(sure > 0.99 ? 1 : 0)}%`]);
  }
  const here = node !== 0 && model.verdictHere(shape, node);
  if (here) rows.push(["Box verdict", here]);
  if (model.judged && name !== 0) rows.push(...judged(model, name, unit));
  if (!shape.before && model.metrics.length > 1 && shape.tree.own.length > 1) {
    model.metrics.forEach((metric, i) => {
      if (i === state.metric) return;
      let value = 0;
      for (let k = node; k < shape.tree.end[node]; k++) value += shape.tree.own[i][k];
      rows.push([amount(metric), quantity(value, metric.unit)]);
    });
  }
  return rows;
}

function about(model, name) {
  const rows = [];
  const module = model.module(name), place = model.place(name), kind = model.functions.kind[name];
  if (kind !== 0) rows.push(["Kind", KINDS[kind] ?? ""]);
  if (module) rows.push(["Module", module]);
  if (place) rows.push(["Place", place]);
  return rows;
}

function judged(model, name, unit) {
  const { low, high, p } = model.judged;
  const rows = [["Function verdict", model.verdict(name) + (model.comparison.where[name - 1] ? `: ${model.comparison.where[name - 1]}` : "")]];
  if (!Number.isNaN(low[name])) {
    const noise = model.comparison.method === "sampling noise only" ? ", sampling noise only" : "";
    rows.push(["Self change", `${signed(low[name], unit)} to ${signed(high[name], unit)}${noise}`]);
  }
  if (!Number.isNaN(p[name])) rows.push(["p (adjusted)", p[name] < 0.001 ? "<0.001" : p[name].toFixed(3)]);
  return rows;
}

function percentOf(part, whole) {
  const text = percent(Math.abs(part), whole);
  return part < 0 ? `-${text}` : `+${text}`;
}
