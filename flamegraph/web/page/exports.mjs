// What is shown, as a file of another kind. Nothing here knows the page.

import { visible } from "./boxes.mjs";
import { SEEN } from "./paint.mjs";
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

// The pictures as they stand, one below the other, all their rows included: {tall, boxes}, where each box has
// {scene, node, left, top, width, height, rgb, faint, text}. `scenes` are those of pictures, `rows` says where the first
// begins and how tall a row is, and `fit(label, room in pixels)` is as much of a label as has room.
export function drawing(scenes, width, rows, fit) {
  const boxes = [];
  let tall = rows.top;
  for (const scene of scenes) {
    const { shape, target, down } = scene;
    const found = visible(shape, target, { first: 0, last: shape.tree.deepest }, width);
    let count = 1;
    for (const depth of found.keys()) count = Math.max(count, depth + 1);
    for (const [depth, { node, left, right }] of [...found].sort(([a], [b]) => a - b)) {
      const top = tall + (down ? depth : count - 1 - depth) * rows.height;
      for (let i = 0; i < node.length; i++) {
        if (node[i] < 0) continue;
        const { rgb, faint } = scene.look(node[i]), wide = right[i] - left[i];
        const text = wide > 20 ? fit(scene.label(node[i]), wide - 8) : "";
        boxes.push({
          scene, node: node[i], left: left[i], top, width: Math.max(wide - 0.5, 0.3), height: rows.height - 1, rgb, faint, text,
        });
      }
    }
    tall += count * rows.height + 10;
  }
  return { tall, boxes };
}

// A drawing as a file. `say(node, scene)` is the text of a tooltip.
export function svg({ tall, boxes }, title, width, colors, say) {
  const parts = boxes.map((box) =>
    `<g${box.faint ? ` opacity="${SEEN.faint.box}"` : ""}><title>${escape(say(box.node, box.scene))}</title>` +
    `<rect x="${box.left.toFixed(1)}" y="${box.top}" width="${box.width.toFixed(1)}" height="${box.height}" ` +
    `fill="${colors.css(box.rgb)}"/>` +
    (box.text ? `<text x="${(box.left + 4).toFixed(1)}" y="${box.top + box.height - 5}" fill="${colors.ink(box.rgb)}">${escape(box.text)}</text>` : "") +
    "</g>");
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${tall}" width="${width}" height="${tall}" ` +
    `font-family="system-ui, sans-serif" font-size="11">\n<rect width="100%" height="100%" fill="${colors.paper}"/>\n` +
    `<text x="8" y="19" font-size="14" fill="${colors.text}">${escape(title)}</text>\n${parts.join("\n")}\n</svg>\n`;
}
