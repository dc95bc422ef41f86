// The line above the picture: what was taken out or made simpler, and the callers of what takes the whole width.

import { element } from "./dom.mjs";
import { parseSteps } from "./state.mjs";
import { shorten } from "./words.mjs";

const MOST = 9;

const WORDS = { focus: "only", ignore: "without", hide: "hidden", recursion: "recursion collapsed", module: "module collapsed", owner: "only" };

export function showTrail(host, app, shape, target) {
  const { model, state } = app;
  const steps = parseSteps(state.steps).map(([what, which], i) => {
    const about = what === "module" ? model.header.modules[which] : what === "recursion" ? "" : model.names[which] ?? "";
    const text = `${WORDS[what] ?? what} ${about}`.trim();
    return element("button", { type: "button", class: "step", title: `Undo: ${text}`, onclick: () => app.removeStep(i) }, `${text} ×`);
  });
  const nodes = [];
  for (let node = target; node > 0; node = shape.tree.parent[node]) nodes.push(node);
  const shown = state.view === "table" || state.view === "sandwich" ? [] : [0, ...nodes.reverse().slice(-MOST)];
  const room = shown.length > 6 ? 14 : 26;  // characters
  const crumbs = shown.flatMap((node, i) => [
    i === 0 ? null : element("span", { "aria-hidden": "true" }, i === 1 && nodes.length > MOST ? "› … ›" : "›"),
    element("button", {
      type: "button", "aria-current": node === target ? "true" : null, title: model.names[shape.tree.name[node]],
      onclick: () => app.zoom(node),
    }, shorten(model.names[shape.tree.name[node]], room)),
  ]);
  host.hidden = steps.length === 0 && crumbs.length === 0;
  host.replaceChildren(...steps, ...crumbs.filter(Boolean));
}
