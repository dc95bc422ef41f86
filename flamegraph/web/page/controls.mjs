// The bars of controls above the picture. They are made once, and told of each new state.

import { BASES } from "./change.mjs";
import { element } from "./dom.mjs";
import { amount } from "./words.mjs";

const VIEWS = [["flame", "Flame"], ["icicle", "Icicle"], ["time", "Time"], ["sandwich", "Sandwich"], ["table", "Table"], ["tree", "Tree"]];
const PICTURES = new Set(["flame", "icicle", "sandwich", "time"]);

// {main, comparing}: lists of {element, update(state)}. `app` has model and change(patch).
export function makeControls(app) {
  const { model } = app;
  const drawn = (state) => PICTURES.has(state.view);
  const free = (state) => state.view !== "time";
  const views = VIEWS.filter(([view]) => view !== "time" || model.chart);
  const owners = model.owners();
  const main = [
    buttons("view", "View", views, (view) => app.show(view)),
    turning(app),
    select(app, "order", "Order", [["name", "by name"], ["weight", "heaviest first"]], (state) => drawn(state) && free(state)),
    model.sides || model.metrics.length < 2 ? null
      : select(app, "metric", "Metric", model.metrics.map((metric, i) => [i, amount(metric)]), free),
    owners.length < 2 ? null
      : select(app, "owner", "Process or thread", [["", "all"], ...owners.map((name) => [name, model.names[name]])], free,
          (value) => app.onlyOwner(value)),
    select(app, "colors", "Colours", [
      ...(model.sides ? [["change", "by change"]] : []), ["name", "by name"], ["module", "by module"], ["kind", "by kind"],
    ], drawn),
    press("undo", "Undo", "Undo the last step (u)", () => app.undo(), (state) => state.steps !== ""),
    press("pin", "Details", "Show or hide the details (p)", () => app.togglePanel(), () => true),
    saving(app),
    select(app, "theme", "", [["auto", "auto"], ["light", "light"], ["dark", "dark"]], () => true),
    press("help", "?", "Keys and gestures (?)", () => app.help(), () => true),
  ];
  const compared = (state) => state.side === "change";
  const comparing = model.sides ? [
    buttons("side", "Side", [["before", "Before"], ["change", "Change"], ["after", "After"]], (side) => app.change({ side })),
    select(app, "basis", "Width", BASES.map((basis) => [basis, BASIS_WORDS[basis]]), compared),
    select(app, "norm", "Scale", norms(model.comparison), () => true),
    range(app, "threshold", "Changes from", 0, 5, 0.05, (value) => `${value.toFixed(2)}%`, compared),
    model.comparison.grains || model.judged
      ? range(app, "sure", "Confidence from", 0, 99.9, 0.1, (value) => `${value.toFixed(1)}%`, compared) : null,
    select(app, "hues", "Palette", [["blueorange", "blue, orange"], ["redblue", "blue, red"]], compared),
  ] : [];
  return { main: main.filter(Boolean), comparing: comparing.filter(Boolean) };
}

const BASIS_WORDS = { max: "larger side", after: "after", before: "before", sum: "both sides" };

function norms(comparison) {
  const compared = comparison.norm && comparison.norm !== "none" ? `as compared (${comparison.norm})` : "as counted";
  const found = [["compared", compared]];
  if (comparison.factors && comparison.factors.some((factor) => factor !== 1)) found.push(["none", "as counted"]);
  if (comparison.norm !== "total") found.push(["total", "to equal totals"]);
  return found;
}

function buttons(key, label, options, choose) {
  const made = options.map(([value, text]) =>
    element("button", { type: "button", role: "radio", id: `${key}-${value}`, onclick: () => choose(value) }, text));
  const group = element("span", { class: "joined", role: "radiogroup", "aria-label": label }, ...made);
  group.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    const next = made[(made.indexOf(document.activeElement) + step + made.length) % made.length];
    next.focus();
    next.click();
  });
  return {
    element: group,
    update: (state) => options.forEach(([value], i) => {
      const chosen = state[key] === value;
      made[i].setAttribute("aria-checked", chosen);
      made[i].tabIndex = chosen ? 0 : -1;
    }),
  };
}

function select(app, key, label, options, when, act = (value) => app.change({ [key]: value })) {
  const field = element("select", { id: key }, ...options.map(([value, text]) => element("option", { value }, text)));
  const values = new Map(options.map(([value]) => [String(value), value]));
  field.addEventListener("change", () => act(values.get(field.value)));
  if (!label) field.setAttribute("aria-label", key);
  const whole = element("label", {}, label && `${label} `, field);
  return {
    element: whole,
    update: (state) => {
      field.value = String(state[key] ?? "");
      whole.hidden = !when(state);
    },
  };
}

function turning(app) {
  const title = "Turn the stacks around: callees at the bottom, on them who calls them (r)";
  const made = element("button", { type: "button", id: "turned", title, onclick: () => app.turn() }, "Callers");
  return {
    element: made,
    update: (state) => {
      made.setAttribute("aria-pressed", state.turned);
      made.hidden = !app.turns;
    },
  };
}

function press(id, label, title, act, when) {
  const made = element("button", { type: "button", id, title, onclick: act }, label);
  return { element: made, update: (state) => (made.disabled = !when(state)) };
}

function range(app, key, label, min, max, step, text, when) {
  const field = element("input", { type: "range", id: key, min, max, step });
  const shown = element("output", { htmlFor: key });
  field.addEventListener("input", () => app.change({ [key]: Number(field.value) }, false));
  const whole = element("label", {}, `${label} `, field, shown);
  return {
    element: whole,
    update: (state) => {
      field.value = state[key];
      shown.textContent = text(state[key]);
      whole.hidden = !when(state);
    },
  };
}

function saving(app) {
  const kinds = [["svg", "SVG picture"], ["png", "PNG picture"], ["folded", "folded stacks"], ["speedscope", "speedscope file"]];
  const field = element("select", { id: "save", "aria-label": "Save what is shown" },
    element("option", { value: "" }, "Save…"), ...kinds.map(([value, text]) => element("option", { value }, text)));
  field.addEventListener("change", () => {
    app.save(field.value);
    field.value = "";
  });
  return { element: field, update: () => {} };
}
