// What the page shows, as an address tells it: #view=table&search=alloc. What is as it was at first is left out.

import { descend, path } from "./tree.mjs";

// {name: default}; the type of the default is the type of the value.
export const DEFAULTS = {
  view: "flame",  // flame, icicle, sandwich, table, tree, time
  order: "name",  // name, weight
  turned: false,  // callees at the bottom, their callers on them
  metric: 0,
  colors: "name",  // name, module, kind, change
  pin: "",  // the box whose details are shown, likewise; 0 is the root
  at: "",  // the node that takes the whole width, as the numbers of the names on its path
  name: 0,  // the function of the sandwich
  steps: "",  // what was taken out or made simpler, in order: focus.12~hide.7
  search: "",
  regex: false,
  exact: false,
  sort: "own",
  up: false,  // smallest first
  side: "change",  // before, after, change
  basis: "max",
  norm: "compared",
  threshold: 0,  // changes below so many percent of the whole are shown as none
  sure: 0,  // changes below so many percent of confidence are shown as noise
  hues: "blueorange",
  theme: "auto",
  letters: true,  // single characters are commands
};

const CHOICES = {
  view: ["flame", "icicle", "sandwich", "table", "tree", "time"],
  order: ["name", "weight"],
  colors: ["name", "module", "kind", "change"],
  side: ["before", "after", "change"],
  basis: ["max", "after", "before", "sum"],
  norm: ["compared", "none", "total"],
  hues: ["blueorange", "redblue"],
  theme: ["auto", "light", "dark"],
};

// The state that an address tells. What can't be is as it was at first: addresses are edited, cut off, and kept for other
// profiles. `limits` says how many values a number has ({metric, name}), and by `time` whether there is an order of time.
export function parse(hash, defaults, limits = {}) {
  const state = { ...defaults };
  for (const [key, text] of new URLSearchParams(hash.replace(/^#/, ""))) {
    if (!Object.hasOwn(defaults, key)) continue;
    const kind = typeof defaults[key];
    const value = kind === "boolean" ? text === "1" : kind === "number" ? Number(text) : text;
    if (fits(key, value, limits)) state[key] = value;
  }
  if (state.view === "sandwich" && state.name === 0) state.view = defaults.view;  // a sandwich of nothing
  return state;
}

function fits(key, value, limits) {
  if (Object.hasOwn(CHOICES, key)) return CHOICES[key].includes(value) && (value !== "time" || limits.time !== false);
  if (typeof value !== "number") return true;
  const whole = Object.hasOwn(limits, key);
  return Number.isFinite(value) && value >= 0 && (!whole || (Number.isInteger(value) && value < limits[key]));
}

export function format(state, defaults) {
  const given = new URLSearchParams();
  for (const [key, value] of Object.entries(state)) {
    if (value !== defaults[key]) given.set(key, typeof value === "boolean" ? (value ? "1" : "0") : String(value));
  }
  return given.toString();
}

const STEPS = new Set(["focus", "ignore", "hide", "recursion", "module", "owner"]);

// [["focus", 12], ["recursion", 0]] ⇄ "focus.12~recursion.0"
export function parseSteps(text) {
  const steps = text.split("~").map((step) => step.split("."));
  return steps.filter(([what]) => STEPS.has(what)).map(([what, which]) => [what, Number(which) || 0]);
}

export const formatSteps = (steps) => steps.map(([what, which]) => `${what}.${which}`).join("~");

// A node ⇄ the names on its path, "3.17.4". In order of time the same calls come again and again, so there the node's own
// number follows: "3.17.4*256".
export function formatNode(tree, node) {
  const names = path(tree, node).join(".");
  return tree.repeats && node > 0 ? `${names}*${node}` : names;
}

export function parseNode(tree, text) {
  const [names, number] = text.split("*"), node = Number(number);
  if (tree.repeats && node > 0 && node < tree.count && formatNode(tree, node) === text) return node;
  return descend(tree, names.split(".").filter(Boolean).map(Number));
}
