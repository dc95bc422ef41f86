// Trees to test with: from folded stacks, or random from a seed, and back again.

import { arrange, path, ranks } from "../../flamegraph/web/page/tree.mjs";

// Numbers from 0 to 1 that a seed decides (mulberry32).
export function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

// {tree, names, rank, number(name)} of lines "a;b 3" or, with two metrics, "a;b 3 4". A line "3" counts without a frame.
export function fromFolded(text, known = []) {
  const names = ["all", ...known], parent = [0], name = [0], found = new Map(), lines = text.trim().split("\n");
  const metrics = lines[0].split(";").at(-1).split(" ").filter((word) => /^\d+$/.test(word)).length;
  const own = Array.from({ length: metrics }, () => [0]);
  for (const line of lines) {
    const words = line.split(" "), values = words.splice(-metrics).map(Number);
    let node = 0;
    for (const frame of words.join(" ").split(";").filter(Boolean)) {
      if (!names.includes(frame, 1)) names.push(frame);
      const number = names.indexOf(frame, 1), key = `${node} ${number}`;
      if (!found.has(key)) {
        found.set(key, parent.length);
        parent.push(node);
        name.push(number);
        own.forEach((column) => column.push(0));
      }
      node = found.get(key);
    }
    values.forEach((value, m) => (own[m][node] += value));
  }
  const rank = ranks(names);
  const columns = own.map((column) => Float64Array.from(column));
  return { names, rank, number: (wanted) => names.indexOf(wanted, 1), tree: arrange(parent, Int32Array.from(name), columns, rank) };
}

// The stacks that count something, sorted: what a tree says, whatever its order.
export function toFolded(tree, names) {
  const lines = [];
  for (let i = 0; i < tree.count; i++) {
    const values = tree.own.map((column) => column[i]);
    if (values.some((value) => value !== 0)) lines.push(`${path(tree, i).map((name) => names[name]).join(";")} ${values.join(" ")}`.trim());
  }
  return lines.sort();
}

// Random stacks of few names, so that names repeat within a stack and among siblings.
export function randomTree(seed, { lines = 60, letters = 4, deepest = 8, metrics = 2 } = {}) {
  const next = random(seed), text = [];
  const letter = () => String.fromCharCode(97 + Math.floor(next() * letters));
  for (let i = 0; i < lines; i++) {
    const stack = Array.from({ length: Math.floor(next() * (deepest + 1)) }, letter).join(";");
    text.push(`${stack} ${Array.from({ length: metrics }, () => Math.floor(next() * 10)).join(" ")}`.trim());
  }
  return fromFolded(text.join("\n"));
}

// One stack as deep as is wanted: a;b;a;b…
export function deepTree(depth) {
  const parent = Int32Array.from({ length: depth + 1 }, (_, i) => Math.max(i - 1, 0));
  const name = Int32Array.from({ length: depth + 1 }, (_, i) => (i === 0 ? 0 : 1 + (i % 2)));
  const own = new Float64Array(depth + 1).fill(1);
  const names = ["all", "a", "b"], rank = ranks(names);
  return { names, rank, tree: arrange(parent, name, [own], rank) };
}

// Many nodes: `width` functions, each calling each, two levels deep and more.
export function wideTree(count, seed = 1) {
  const next = random(seed), parent = new Int32Array(count), name = new Int32Array(count), own = new Float64Array(count);
  const names = ["all", ...Array.from({ length: 5000 }, (_, i) => `function_${i}`)], rank = ranks(names);
  for (let i = 1; i < count; i++) {
    parent[i] = Math.floor(i * (0.5 + 0.5 * next()) * 0.999);
    name[i] = 1 + Math.floor(next() * 5000);
    own[i] = 1;
  }
  return { names, rank, tree: arrange(parent, name, [own], rank) };
}

export const sums = (tree) => tree.own.map((column) => column.reduce((sum, value) => sum + value, 0));

// What must hold of every tree.
export function check(tree, assert) {
  assert.equal(tree.depth[0], 0);
  assert.equal(tree.end[0], tree.count);
  for (let i = 1; i < tree.count; i++) {
    const caller = tree.parent[i];
    assert.ok(caller < i && tree.depth[i] === tree.depth[caller] + 1);
    assert.ok(tree.end[i] > i && tree.end[i] <= tree.end[caller]);
  }
}
