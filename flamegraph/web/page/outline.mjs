// The tree as an outline that opens where it is asked to: the same as the picture, for keyboards and screen readers.

import { element } from "./dom.mjs";
import { brief, unitOf } from "./facts.mjs";
import { percent, quantity, relative, signed } from "./words.mjs";

const STEP = 100;
const DEEPEST = 400;  // browsers do not take elements within elements without end

// Fills `host` with what stands on `target`, and is {mark(hits, chosen), reveal(node)}: `hits` are the names that a search
// found, `chosen` is the node whose details are shown, or null. act: {choose(node)}.
export function showOutline(host, model, shape, target, state, act) {
  const unit = unitOf(model, state), { tree, total, before, after } = shape, own = shape.own ?? [];
  const size = before ? (node) => Math.abs(after.total[node] - before.total[node]) : (node) => total[node];
  const weight = before ? (node) => Math.max(size(node), total[node] * 1e-9) : size;

  const numbers = before
    ? (node) => [percent(total[node], total[target]), signed(after.total[node] - before.total[node], unit), relative(before.total[node], after.total[node])]
    : (node) => [percent(total[node], total[target]), quantity(total[node], unit), own[node] > 0 ? quantity(own[node], unit) : ""];
  const heads = before ? ["Width", "Change", "%"] : ["Total %", "Total", "Self"];

  const callees = (node) => {
    const found = [];
    for (let i = node + 1; i < tree.end[node]; i = tree.end[i]) if (total[i] > 0 || weight(i) > 0) found.push(i);
    return found.sort((a, b) => weight(b) - weight(a) || a - b);
  };
  let marked = { hits: null, chosen: null };
  const paint = (made) => {
    made.classList.toggle("found", Boolean(marked.hits && made.node !== 0 && marked.hits[tree.name[made.node]]));
    made.setAttribute("aria-selected", made.node === marked.chosen);
  };
  // Numbers stand in columns, and names move to the right only where calls branch.
  const item = (node, level, indent) => {
    const inner = tree.end[node] > node + 1;
    const made = element("li", {
      role: "treeitem", tabIndex: -1, "aria-level": level, "aria-expanded": inner ? "false" : null,
      "aria-label": `${model.names[tree.name[node]]}: ${brief(model, shape, node, state).map((row) => row.join(" ")).join("; ")}`,
    });
    Object.assign(made, { node, indent });
    paint(made);
    const twist = element("span", { class: "twist" }, inner ? "▸" : "");
    twist.style.marginLeft = `${indent * 14}px`;
    const bar = element("span", { class: "bar" });
    bar.style.width = `${total[target] > 0 ? (100 * total[node]) / total[target] : 0}%`;
    const row = element("div", { class: "row", title: model.names[tree.name[node]] },
      ...numbers(node).map((text) => element("span", { class: "number" }, text)), element("span", { class: "bars" }, bar),
      twist, element("span", { class: "label" }, model.names[tree.name[node]]));
    made.append(row);
    row.addEventListener("click", () => {
      if (inner) toggle(made);
      focus(made);
      act.choose(node);
    });
    return made;
  };
  const open = (made) => {
    if (made.getAttribute("aria-expanded") !== "false") return;
    made.setAttribute("aria-expanded", "true");
    made.querySelector(".twist").textContent = "▾";
    const list = element("ul", { role: "group" });
    const nodes = callees(made.node), level = Number(made.getAttribute("aria-level")) + 1;
    const indent = made.indent + (nodes.length > 1 ? 1 : 0);
    const add = (from) => {
      for (const node of nodes.slice(from, from + STEP)) list.append(item(node, level, indent));
      if (from + STEP >= nodes.length) return;
      const more = element("button", { type: "button", class: "more" }, `Show more: ${nodes.length - from - STEP} left`);
      more.grow = () => {
        const place = more.parentNode;
        add(from + STEP);
        const next = place.nextElementSibling;
        place.remove();
        return next;
      };
      more.addEventListener("click", () => focus(more.grow()));
      list.append(element("li", { role: "none" }, more));
    };
    add(0);
    made.append(list);
    // A call chain without a branch opens at once.
    if (nodes.length === 1 && depthOf(made) < DEEPEST) open(list.firstChild);
  };
  const close = (made) => {
    made.setAttribute("aria-expanded", "false");
    made.querySelector(".twist").textContent = "▸";
    made.querySelector(":scope > ul")?.remove();
  };
  const toggle = (made) => (made.getAttribute("aria-expanded") === "true" ? close(made) : open(made));
  const depthOf = (made) => Number(made.getAttribute("aria-level"));
  // The tab key leads to one item.
  const enterAt = (made) => {
    list.querySelector('[tabindex="0"]')?.setAttribute("tabindex", "-1");
    made.setAttribute("tabindex", "0");
  };
  const focus = (made) => {
    enterAt(made);
    made.focus();
  };

  // The item of a node that an open item calls.
  const child = (made, node) => {
    for (;;) {
      const found = [...made.lastChild.children].find((item) => item.node === node);
      if (found) return found;
      const more = made.querySelector(":scope > ul > li > .more");
      if (!more) return null;
      more.grow();
    }
  };
  const reveal = (node) => {
    const nodes = [];
    for (let i = node; i !== target && i > 0; i = tree.parent[i]) nodes.push(i);
    let made = root;
    while (nodes.length && depthOf(made) < DEEPEST) {
      open(made);
      const next = child(made, nodes.pop());
      if (!next) break;
      made = next;
    }
    list.contains(document.activeElement) ? focus(made) : enterAt(made);
    made.firstChild.scrollIntoView({ block: "nearest" });
  };

  const root = item(target, 1, 0);
  const list = element("ul", { class: "tree", role: "tree", "aria-label": "Calls" }, root);
  list.addEventListener("keydown", (event) => {
    const made = event.target.closest('[role="treeitem"]');
    if (!made || event.target !== made || event.ctrlKey || event.metaKey || event.altKey) return;
    const items = () => [...list.querySelectorAll('[role="treeitem"]')];
    const expanded = made.getAttribute("aria-expanded");
    const caller = made.parentNode.closest('[role="treeitem"]');
    if (event.key === "ArrowRight") expanded === "false" ? open(made) : made.querySelector('[role="treeitem"]') && focus(made.querySelector('[role="treeitem"]'));
    else if (event.key === "ArrowLeft") expanded === "true" ? close(made) : caller && focus(caller);
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const all = items(), next = all[all.indexOf(made) + (event.key === "ArrowDown" ? 1 : -1)];
      if (next) focus(next);
    } else if (event.key === "Home") focus(root);
    else if (event.key === "End") focus(items().at(-1));
    else if (event.key === "Enter" || event.key === " ") act.choose(made.node);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  const head = element("div", { class: "row head", "aria-hidden": "true" },
    ...heads.map((text) => element("span", { class: "number" }, text)), element("span", { class: "bars" }), "Function");
  host.replaceChildren(element("div", { class: "sheet" }, head, list));
  root.setAttribute("tabindex", "0");
  open(root);
  return {
    reveal,
    mark: (hits, chosen) => {
      marked = { hits, chosen };
      list.querySelectorAll('[role="treeitem"]').forEach(paint);
    },
  };
}
