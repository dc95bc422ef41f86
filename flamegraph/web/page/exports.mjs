// What is shown, as a file of another kind. Nothing here knows the page.

import { visible } from "./boxes.mjs";
import { path } from "./tree.mjs";

// Folded stacks of what stands on `target`: a line per stack that counts something, with its callers.
export function folded(tree, own, names, target = 0) {
  const clean = (name) => harmless(names[name]);
  const lines = [];
  const prefix = path(tree, target).map(clean);
  const stack = prefix.slice();
  for (let i = target; i < tree.end[target]; i++) {
    if (i > 0) {
      stack.length = tree.depth[i] - 1;
      stack.push(clean(tree.name[i]));
    }
    if (own[i] > 0) lines.push(`${stack.join(";")} ${plain(own[i])}`);
  }
  return lines.map((line) => `${line}\n`).join("");
}

// Without an exponent, which no reader expects.
const plain = (value) => (Number.isInteger(value) ? String(BigInt(value)) : String(value).includes("e") ? value.toFixed(20) : String(value));

// A name that ends neither frame nor line, and begins no comment: as flamegraph/render/folded.py writes it.
const harmless = (name) => name.replaceAll(";", ":").replace(/[\x00-\x1f\x7f\x85\u2028\u2029]/g, " ").replace(/^#(?= |$)/, "#_");

const UNITS = new Map([
  ["ns", "nanoseconds"], ["us", "microseconds"], ["µs", "microseconds"], ["ms", "milliseconds"], ["s", "seconds"],
  ["bytes", "bytes"], ["byte", "bytes"], ["B", "bytes"],
]);

// A file for speedscope: https://www.speedscope.app/file-format-schema.json
export function speedscope(tree, own, names, title, unit, target = 0) {
  const numbers = new Map(), frames = [], samples = [], weights = [];
  for (let i = target; i < tree.end[target]; i++) {
    if (!(own[i] > 0) || i === 0) continue;
    samples.push(path(tree, i).map((name) => {
      if (!numbers.has(name)) {
        numbers.set(name, frames.length);
        frames.push({ name: names[name] });
      }
      return numbers.get(name);
    }));
    weights.push(own[i]);
  }
  const endValue = weights.reduce((sum, weight) => sum + weight, 0);
  const profile = { type: "sampled", name: title, unit: UNITS.get(unit) ?? "none", startValue: 0, endValue, samples, weights };
  return JSON.stringify({
    $schema: "https://www.speedscope.app/file-format-schema.json",
    exporter: "flamegraph", name: title, activeProfileIndex: 0, shared: { frames }, profiles: [profile],
  });
}

const escape = (text) =>
  text.replace(/[&<>"]/g, (character) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[character]);

// The pictures as they stand, one below the other, all their rows included. `scenes` are those of pictures,
// `say(node, scene)` is the text of a tooltip, and `fit(label, room in pixels)` as much of a label as has room.
export function svg(scenes, title, width, rowHeight, colors, say, fit) {
  const parts = [];
  let tall = 30;
  for (const scene of scenes) {
    const { shape, target, down } = scene;
    const found = visible(shape, target, { first: 0, last: shape.tree.deepest }, width);
    let rows = 1;
    for (const depth of found.keys()) rows = Math.max(rows, depth + 1);
    for (const [depth, { node, left, right }] of [...found].sort(([a], [b]) => a - b)) {
      const y = tall + (down ? depth : rows - 1 - depth) * rowHeight;
      for (let i = 0; i < node.length; i++) {
        if (node[i] < 0) continue;
        const { rgb, faint } = scene.look(node[i]);
        const wide = right[i] - left[i], text = wide > 20 ? fit(scene.label(node[i]), wide - 8) : "";
        parts.push(
          `<g${faint ? ' opacity="0.3"' : ""}><title>${escape(say(node[i], scene))}</title>` +
          `<rect x="${left[i].toFixed(1)}" y="${y}" width="${Math.max(wide - 0.5, 0.3).toFixed(1)}" height="${rowHeight - 1}" ` +
          `fill="${colors.css(rgb)}"/>` +
          (text ? `<text x="${(left[i] + 4).toFixed(1)}" y="${y + rowHeight - 6}" fill="${colors.ink(rgb)}">${escape(text)}</text>` : "") +
          "</g>");
      }
    }
    tall += rows * rowHeight + 10;
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${tall}" width="${width}" height="${tall}" ` +
    `font-family="system-ui, sans-serif" font-size="11">\n<rect width="100%" height="100%" fill="${colors.paper}"/>\n` +
    `<text x="8" y="19" font-size="14" fill="${colors.text}">${escape(title)}</text>\n${parts.join("\n")}\n</svg>\n`;
}
