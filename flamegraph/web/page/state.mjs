// What the page shows, as an address tells it: #view=table&search=alloc. What is as it was at first is left out.

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
};

export function parse(hash, defaults) {
  const state = { ...defaults };
  for (const [key, value] of new URLSearchParams(hash.replace(/^#/, ""))) {
    if (!Object.hasOwn(defaults, key)) continue;
    const kind = typeof defaults[key];
    if (kind === "boolean") state[key] = value === "1";
    else if (kind === "number") state[key] = Number.isFinite(Number(value)) ? Number(value) : defaults[key];
    else state[key] = value;
  }
  return state;
}

export function format(state, defaults) {
  const given = new URLSearchParams();
  for (const [key, value] of Object.entries(state)) {
    if (value !== defaults[key]) given.set(key, typeof value === "boolean" ? (value ? "1" : "0") : String(value));
  }
  return given.toString();
}

// [["focus", 12], ["recursion", 0]] ⇄ "focus.12~recursion.0"
export function parseSteps(text) {
  return text.split("~").filter(Boolean).map((step) => {
    const [what, which] = step.split(".");
    return [what, Number(which) || 0];
  });
}

export const formatSteps = (steps) => steps.map(([what, which]) => `${what}.${which}`).join("~");

// A path of names ⇄ "3.17.4"
export const parsePath = (text) => text.split(".").filter(Boolean).map(Number);
export const formatPath = (names) => names.join(".");
