import assert from "node:assert/strict";
import { test } from "node:test";
import { arrange, descend, path, ranks, starts, toTree, totals } from "../../flamegraph/web/page/tree.mjs";
import { check, deepTree, fromFolded, randomTree, sums, toFolded, wideTree } from "./trees.mjs";

// all ─┬─ a ─┬─ b ── a
//      │     └─ c
//      └─ b
const small = () => toTree([0, 1, 2, 3, 2, 1], [0, 1, 2, 1, 3, 2], [Float64Array.of(0, 1, 1, 2, 2, 4)]);

test("callers and ends follow from the depths", () => {
  const tree = small();
  assert.deepEqual([...tree.parent], [0, 0, 1, 2, 1, 0]);
  assert.deepEqual([...tree.end], [6, 5, 4, 4, 5, 6]);
  assert.equal(tree.deepest, 3);
  check(tree, assert);
});

test("a tree of the root alone", () => {
  const tree = toTree([0], [0], [Float64Array.of(3)]);
  assert.deepEqual([...tree.end], [1]);
  assert.deepEqual([...totals(tree, tree.own[0])], [3]);
  assert.deepEqual([...starts(tree, tree.own[0], totals(tree, tree.own[0]))], [0]);
});

test("totals are what a node counts with all that it calls", () => {
  const tree = small();
  assert.deepEqual([...totals(tree, tree.own[0])], [10, 6, 3, 2, 2, 4]);
});

test("a node's own comes first, then its callees side by side", () => {
  const tree = small(), own = Float64Array.of(2, 1, 1, 2, 2, 4);
  assert.deepEqual([...starts(tree, own, totals(tree, own))], [0, 2, 3, 4, 6, 8]);
});

test("boxes neither overlap nor leave their caller", () => {
  for (let seed = 1; seed <= 30; seed++) {
    const { tree } = randomTree(seed), own = tree.own[0], total = totals(tree, own), start = starts(tree, own, total);
    const ends = new Map();
    for (let i = 1; i < tree.count; i++) {
      const caller = tree.parent[i], left = ends.get(caller) ?? start[caller] + own[caller];
      assert.equal(start[i], left);
      ends.set(caller, left + total[i]);
      assert.ok(left + total[i] <= start[caller] + total[caller]);
    }
    assert.equal(total[0], sums(tree)[0]);
  }
});

test("a path leads to its node, and a broken one as far as it goes", () => {
  const { tree } = randomTree(7);
  for (let i = 0; i < tree.count; i++) assert.equal(descend(tree, path(tree, i)), i);
  const deep = path(tree, tree.count - 1);
  assert.equal(descend(tree, [...deep, 99]), tree.count - 1);
  assert.equal(descend(tree, [99, ...deep]), 0);
  assert.equal(descend(tree, [NaN]), 0);
});

test("callees are arranged by the rank of their names", () => {
  const { tree, names } = fromFolded("m;c 1\nm;a 2\nm;b 2");
  assert.deepEqual([...tree.name].map((name) => names[name]), ["all", "m", "a", "b", "c"]);
});

test("the heaviest first, by name where they weigh the same", () => {
  const { tree, names, rank } = fromFolded("m;c 1\nm;b 2\nm;a 2\nm;d 9");
  const sorted = arrange(tree.parent, tree.name, tree.own, rank, totals(tree, tree.own[0]), Int32Array.from(tree.name.keys()));
  assert.deepEqual([...sorted.name].map((name) => names[name]), ["all", "m", "d", "a", "b", "c"]);
  assert.deepEqual([...sorted.source].map((node) => names[tree.name[node]]), ["all", "m", "d", "a", "b", "c"]);
});

test("an order changes no stack", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const { tree, names, rank } = randomTree(seed);
    const sorted = arrange(tree.parent, tree.name, tree.own, rank, totals(tree, tree.own[1]));
    check(sorted, assert);
    assert.deepEqual(toFolded(sorted, names), toFolded(tree, names));
  }
});

test("columns keep their type", () => {
  const tree = arrange([0, 0], Uint16Array.of(0, 1), [Uint8Array.of(1, 2)], Int32Array.of(0, 1));
  assert.ok(tree.own[0] instanceof Uint8Array && tree.name instanceof Uint16Array);
});

test("ranks", () => {
  assert.deepEqual([...ranks(["all", "c", "a", "b"])], [1, 3, 0, 2]);
  const names = ["b", "a", "", "B"], rank = ranks(names), ordered = [];
  rank.forEach((place, i) => (ordered[place] = names[i]));
  assert.deepEqual(ordered, ["", "B", "a", "b"]);
});

test("a stack of 50,000 frames", () => {
  const { tree } = deepTree(50_000);
  check(tree, assert);
  assert.equal(tree.deepest, 50_000);
  const total = totals(tree, tree.own[0]);
  assert.equal(total[0], 50_001);
  assert.equal(path(tree, 50_000).length, 50_000);
  assert.equal(descend(tree, path(tree, 50_000)), 50_000);
});

test("a million nodes are no wait", () => {
  const began = performance.now();
  const { tree } = wideTree(1_000_000);
  const total = totals(tree, tree.own[0]);
  starts(tree, tree.own[0], total);
  assert.equal(total[0], 999_999);
  assert.ok(performance.now() - began < 10_000);
});
