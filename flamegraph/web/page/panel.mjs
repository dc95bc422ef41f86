// The details of one box, which stay while others are looked at, and what can be done about its function.

import { element } from "./dom.mjs";
import { full } from "./facts.mjs";
import { path } from "./tree.mjs";

const MOST = 200;  // frames of the stack, the innermost ones

// act: the app's {focus, ignore, hide, recursion, module, sandwich, highlight, zoom, copyName, copyStack, close}.
export function showPanel(host, model, shape, node, state, act) {
  const name = shape.tree.name[node];
  const button = (label, title, does) => element("button", { type: "button", title, onclick: does }, label);
  const acts = name === 0 ? [] : [
    button("Zoom", "Give it the whole width (Enter)", () => act.zoom(node)),
    button("Focus", "Only stacks with this function (f)", () => act.step("focus", name)),
    button("Ignore", "Without stacks with this function (i)", () => act.step("ignore", name)),
    button("Hide", "Leave out this frame, keep what it calls (h)", () => act.step("hide", name)),
    model.module(name) ? button("Collapse module", "Calls within this module are one frame (m)", () => act.step("module", model.functions.module[name])) : null,
    button("Sandwich", "Its callers above, its callees below (s)", () => act.sandwich(name)),
    button("Highlight", "Find it everywhere (l)", () => act.highlight(name)),
    button("Copy name", "(c)", () => act.copyName(name)),
    button("Copy stack", "As folded text (Shift+C)", () => act.copyStack(node)),
  ];
  const stack = path(shape.tree, node);
  const callers = new Array(stack.length);
  for (let depth = stack.length, at = node; depth > 0; at = shape.tree.parent[at]) callers[--depth] = at;
  const shown = stack.slice(-MOST), above = stack.length - shown.length;
  const line = (caller, i) => element("li", { value: above + i + 1 },
    element("button", { type: "button", onclick: () => act.choose(callers[above + i]) }, model.names[caller]));
  const close = button("×", "Close (p)", () => act.close());
  close.setAttribute("aria-label", "Close the details");
  const facts = full(model, shape, node, state).flatMap(([label, text]) => [element("dt", {}, label), element("dd", {}, text)]);
  host.replaceChildren(close, element("h2", {}, model.names[name]), element("dl", {}, ...facts),
    element("div", { class: "acts" }, ...acts), element("ol", { "aria-label": "Stack", hidden: name === 0 }, ...shown.map(line)));
}
