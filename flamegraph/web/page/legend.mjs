// The line below the picture: what its width and its colours mean, and what is not in it.

import { element } from "./dom.mjs";
import { unitOf } from "./facts.mjs";
import { calm, changeColor, css, kindColor, KINDS, moduleColor } from "./paint.mjs";
import { amount, count, quantity } from "./words.mjs";

const MOST = 8;

export function showLegend(host, model, state, shape, dark) {
  const parts = [];
  const key = (rgb, text) => element("span", { class: "key" }, swatch(rgb), text);
  if (["flame", "icicle", "sandwich"].includes(state.view)) {
    parts.push(widthWords(model, state));
    if (shape.before && state.colors === "change" && state.side === "change") {
      parts.push(key(changeColor(-0.7, 1, state.hues, dark), "shrank"), key(changeColor(0.7, 1, state.hues, dark), "grew"),
        ...(model.comparison.grains || model.judged ? [key(changeColor(0.5, 0, state.hues, dark), "may be noise")] : []), "solid frame: new", "dashed: gone");
    } else if (state.colors === "kind") {
      const kinds = new Set(model.functions.kind.subarray(1));
      parts.push(...[...kinds].sort((a, b) => a - b).map((kind) => key(calm(kindColor(kind), dark), KINDS[kind] ?? "")));
    } else if (state.colors === "module") {
      const modules = model.header.modules;
      parts.push(...modules.slice(1, 1 + MOST).map((module) => key(calm(moduleColor(module), dark), module)));
      if (modules.length > 1 + MOST) parts.push(`${modules.length - 1 - MOST} more modules`);
    } else parts.push("colour: by name");
  } else if (state.view === "time") parts.push(`from left to right: in order of time; width: ${amount(model.metrics[model.header.metric])}`);
  const seen = state.view === "sandwich" ? model.halves(state).callers : shape;
  if (seen.total[0] === 0) parts.push("nothing is counted in what is chosen");
  if (state.view !== "table" && seen.cut) parts.push("not all callers are followed to the end: there are too many");
  for (const [reason, number] of Object.entries(model.header.skipped)) parts.push(`skipped: ${count(number)} × ${reason}`);
  const { facts, comparison } = model.header;
  if (comparison?.why) parts.push(`scaled: ${comparison.norm} (${comparison.why})`);
  for (const text of [...(comparison?.differences ?? []), ...(comparison?.notes ?? [])]) parts.push(text);
  if (facts.command) parts.push(`command: ${facts.command.length > 80 ? `${facts.command.slice(0, 79)}…` : facts.command}`);
  if (facts.duration) parts.push(`recorded for ${quantity(facts.duration, "ns")}`);
  if (facts.format) parts.push(`read from ${facts.format}`);
  host.replaceChildren(...parts.map((part) => (typeof part === "string" ? element("span", {}, part) : part)));
}

function widthWords(model, state) {
  if (!model.sides) return `width: ${amount(model.metrics[state.metric])}`;
  const unit = unitOf(model, state);
  const words = { max: "the larger of before and after", sum: "before and after added up", before: "before", after: "after" };
  return `width: ${unit}, ${words[state.side === "change" ? state.basis : state.side]}`;
}

function swatch(rgb) {
  const made = element("span", { class: "swatch" });
  made.style.background = css(rgb);
  return made;
}
