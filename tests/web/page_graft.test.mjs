import assert from "node:assert/strict";
import { test } from "node:test";
import {
  callers, collapseModule, collapseRecursion, focus, hide, ignore, inverted, ownedBy, sandwich,
} from "../../flamegraph/web/page/graft.mjs";
import { arrange, ranks, totals } from "../../flamegraph/web/page/tree.mjs";
import { check, deepTree, fromFolded, random, randomTree, sums, toFolded, wideTree } from "./trees.mjs";

const SEEDS = Array.from({ length: 40 }, (_, i) => i + 1);
const CALLS = "a;b;c 1\na;c;b;c 2\na 4\nb;a 8\nc 16\n";

// The same in words that need no tree: each stack is rewritten (or dropped: null), then stacks that are equal are one.
function rewritten(tree, names, rewrite) {
  const found = new Map();
  for (const line of toFolded(tree, names)) {
    const values = line.split(" ").slice(-tree.own.length).map(Number);
    const stack = line.includes(" ") && /[a-z]/.test(line) ? line.split(" ")[0].split(";") : [];
    const now = rewrite(stack);
    if (now === null) continue;
    const key = now.join(";");
    found.set(key, values.map((value, m) => value + (found.get(key)?.[m] ?? 0)));
  }
  return [...found].map(([key, values]) => `${key} ${values.join(" ")}`.trim()).sort();
}

function same(tree, names, made, rewrite) {
  check(made, assert);
  assert.deepEqual(toFolded(made, names), rewritten(tree, names, rewrite));
}

test("focus keeps the stacks that have the function", () => {
  const { tree, names, rank, number } = fromFolded(CALLS);
  assert.deepEqual(toFolded(focus(tree, rank, number("b")), names), ["a;b;c 1", "a;c;b;c 2", "b;a 8"]);
});

test("the stacks of a process are those that begin with it, threads below it included", () => {
  const { tree, names, rank, number } = fromFolded("make;1;run;sh 1\nsh;1;run 2\nsh;run;1 4\nrun;sh 8");
  const owner = Uint8Array.from(names, (name) => (["make", "sh", "1"].includes(name) ? 1 : 0));
  const only = (name) => toFolded(ownedBy(tree, rank, number(name), owner), names);
  assert.deepEqual(only("sh"), ["sh;1;run 2", "sh;run;1 4"]);
  assert.deepEqual(only("1"), ["make;1;run;sh 1", "sh;1;run 2"]);
});

test("focus, ignore and hide do to every stack what they say", () => {
  for (const seed of SEEDS) {
    const { tree, names, rank, number } = randomTree(seed);
    same(tree, names, focus(tree, rank, number("a")), (stack) => (stack.includes("a") ? stack : null));
    same(tree, names, ignore(tree, rank, number("a")), (stack) => (stack.includes("a") ? null : stack));
    same(tree, names, hide(tree, rank, number("a")), (stack) => stack.filter((name) => name !== "a"));
  }
});

test("what focus keeps and what ignore keeps is all there is", () => {
  for (const seed of SEEDS) {
    const { tree, rank, number } = randomTree(seed);
    for (const name of ["a", "b"].map(number)) {
      const [kept, left] = [focus(tree, rank, name), ignore(tree, rank, name)].map(sums);
      assert.deepEqual(kept.map((value, m) => value + left[m]), sums(tree));
    }
  }
});

test("a function that is nowhere: focus leaves nothing, ignore and hide everything", () => {
  const { tree, names, rank } = fromFolded("3\na;b 2", ["nowhere"]);
  assert.equal(focus(tree, rank, 1).count, 1);
  assert.deepEqual(sums(focus(tree, rank, 1)), [0]);
  for (const change of [ignore, hide]) assert.deepEqual(toFolded(change(tree, rank, 1), names), toFolded(tree, names));
});

test("recursion is one frame, also where it takes a turn", () => {
  const { tree, names, rank } = fromFolded("a;a;b;b;a 1\na;a 2\na;b 4");
  assert.deepEqual(toFolded(collapseRecursion(tree, rank), names), ["a 2", "a;b 4", "a;b;a 1"]);
  for (const seed of SEEDS) {
    const { tree, names, rank } = randomTree(seed);
    same(tree, names, collapseRecursion(tree, rank), (stack) => stack.filter((name, i) => i === 0 || name !== stack[i - 1]));
  }
});

test("calls within a module are one frame: that by which it was entered", () => {
  for (const seed of SEEDS) {
    const { tree, names, rank, number } = randomTree(seed);
    const module = new Uint8Array(names.length);
    module[number("a")] = module[number("c")] = 1;
    const inside = (name) => name === "a" || name === "c";
    same(tree, names, collapseModule(tree, rank, module, 1), (stack) =>
      stack.filter((name, i) => i === 0 || !(inside(name) && inside(stack[i - 1]))));
  }
});

test("frames of no module stay apart from the root, which has none either", () => {
  const { tree, names, rank } = fromFolded("a;b 1");
  assert.deepEqual(toFolded(collapseModule(tree, rank, new Uint8Array(names.length), 0), names), ["a 1"]);
});

test("turned around, every stack is read from its end", () => {
  for (const seed of SEEDS) {
    const { tree, names, rank } = randomTree(seed);
    const { tree: made, cut } = inverted(tree, rank);
    assert.equal(cut, false);
    same(tree, names, made, (stack) => stack.toReversed());
    assert.deepEqual(sums(made), sums(tree));
  }
});

test("turned around twice is as before", () => {
  const { tree, names, rank } = randomTree(3);
  assert.deepEqual(toFolded(inverted(inverted(tree, rank).tree, rank).tree, names), toFolded(tree, names));
});

test("a node counts in both metrics, though one of them is nothing", () => {
  const { tree, names, rank } = fromFolded("a;b 0 3\na;c 2 0\na;d 0 0");
  assert.deepEqual(toFolded(inverted(tree, rank).tree, names), ["b;a 0 3", "c;a 2 0"]);
});

test("a tree that is cut loses no value, and says so", () => {
  for (const seed of SEEDS) {
    const { tree, rank } = randomTree(seed, { lines: 200, deepest: 12 });
    const { tree: made, cut } = inverted(tree, rank, 10);
    assert.deepEqual(sums(made), sums(tree));
    check(made, assert);
    assert.equal(cut, true);
    assert.ok(made.count < inverted(tree, rank).tree.count);
  }
  const { tree, rank } = fromFolded("a;b;light 1\nc;d;heavy 1000000");
  const { tree: made, cut } = inverted(tree, rank, 1);
  assert.equal(cut, true);
  assert.deepEqual(sums(made), [1000001]);
  assert.equal(made.deepest, 3, "the heavy one is followed to the end");
});

test("a sandwich: callers above, callees below, both count the same", () => {
  const { tree, names, rank, number } = fromFolded("m;f;g 1\nm;n;f 2\nk;f;g;h 4\nm 8");
  const { callers, callees } = sandwich(tree, rank, number("f"));
  assert.equal(callers.cut, false);
  assert.deepEqual(toFolded(callers.tree, names), ["k 4", "m 1", "n;m 2"]);
  assert.deepEqual(toFolded(callees, names), ["2", "g 1", "g;h 4"]);
  assert.equal(callees.name[0], number("f"));
  assert.equal(callers.tree.name[0], number("f"));
});

test("a function that calls itself is taken from its outermost call", () => {
  const { tree, names, rank, number } = fromFolded("m;f;f;g 1\nm;f;k;f 2\nf 4");
  const { callers, callees } = sandwich(tree, rank, number("f"));
  assert.deepEqual(toFolded(callers.tree, names), ["4", "m 3"]);
  assert.deepEqual(toFolded(callees, names), ["4", "f;g 1", "k;f 2"]);
});

test("both halves of a sandwich count what the stacks with the function count", () => {
  for (const seed of SEEDS) {
    const { tree, rank, number } = randomTree(seed), name = number("a");
    const { callers, callees } = sandwich(tree, rank, name);
    const wanted = sums(focus(tree, rank, name));
    assert.deepEqual(sums(callers.tree), wanted);
    assert.deepEqual(sums(callees), wanted);
    check(callers.tree, assert);
    check(callees, assert);
  }
});

test("a sandwich of what is nowhere is empty", () => {
  const { tree, rank } = fromFolded("a 1");
  for (const name of [0, 99]) {
    const { callers, callees } = sandwich(tree, rank, name);
    assert.deepEqual([callers.tree.count, callees.count], [1, 1]);
  }
});

test("what no frame counts stays with the root", () => {
  const { tree, names, rank } = fromFolded("5\na;b 1");
  assert.deepEqual(toFolded(inverted(tree, rank).tree, names), ["5", "b;a 1"]);
  assert.deepEqual(toFolded(hide(tree, rank, 1), names), ["5", "b 1"]);
});

test("the tree that is read stays as it is", () => {
  const { tree, names, rank } = randomTree(5), before = toFolded(tree, names);
  for (const change of [focus, ignore, hide, collapseRecursion, sandwich, inverted]) change(tree, rank, 1);
  assert.deepEqual(toFolded(tree, names), before);
});

test("stacks of 50,000 frames", () => {
  const { tree, rank } = deepTree(50_000);
  const began = performance.now();
  assert.equal(focus(tree, rank, 1).count, 50_001);
  assert.equal(ignore(tree, rank, 2).count, 1);
  assert.equal(hide(tree, rank, 1).count, 25_001);
  assert.equal(collapseModule(tree, rank, Uint8Array.of(0, 1, 1), 1).count, 2);
  const { callers, callees } = sandwich(tree, rank, 2);
  assert.deepEqual([callers.tree.count, callees.count], [1, 50_000]);
  assert.ok(performance.now() - began < 5_000);
});

test("however deep and even a profile is, turned around it stays of a size that fits", () => {
  // Each frame of one deep stack counts something: in full there would be as many nodes as 20,000 stacks have frames.
  const depth = 20_000, next = random(1), names = ["all", ...Array.from({ length: 500 }, (_, i) => `f${i}`)], rank = ranks(names);
  const parent = Int32Array.from({ length: depth + 1 }, (_, i) => Math.max(i - 1, 0));
  const name = Int32Array.from({ length: depth + 1 }, (_, i) => (i === 0 ? 0 : 1 + Math.floor(next() * 500)));
  const tree = arrange(parent, name, [new Float64Array(depth + 1).fill(1)], rank);
  const began = performance.now();
  const { tree: made, cut } = inverted(tree, rank, 1e5);
  assert.equal(cut, true);
  assert.deepEqual(sums(made), [depth + 1]);
  assert.ok(made.count < 1e6);
  assert.ok(performance.now() - began < 10_000);
});

test("one deep stack of few names is turned around in a few seconds", () => {
  // Few names make few nodes, however many steps are taken.
  const { tree, rank } = deepTree(50_000);
  const began = performance.now();
  const { tree: made, cut } = inverted(tree, rank);
  assert.equal(cut, true);
  assert.deepEqual(sums(made), [50_001]);
  assert.ok(made.deepest > 1_000);
  assert.ok(performance.now() - began < 6_000, `took ${performance.now() - began} ms`);
});

test("a million nodes in a few seconds", () => {
  const { tree, rank } = wideTree(1_000_000);
  for (const change of [focus, ignore, hide, collapseRecursion, (...rest) => inverted(...rest).tree]) {
    const began = performance.now();
    const made = change(tree, rank, 1);
    totals(made, made.own[0]);
    assert.ok(performance.now() - began < 10_000, `${change.name} took ${performance.now() - began} ms`);
  }
});

test("callers of chosen nodes", () => {
  const { tree, names, rank } = fromFolded("m;f 1\nm;n;f 2");
  const { tree: made } = callers(tree, rank, [1], [Float64Array.of(7)]);
  assert.deepEqual(toFolded(made, names), ["m 7"]);
});
