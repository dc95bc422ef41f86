import assert from "node:assert/strict";
import { test } from "node:test";
import { height, hit, neighbour, visible } from "../../flamegraph/web/page/boxes.mjs";
import { starts, totals } from "../../flamegraph/web/page/tree.mjs";
import { deepTree, fromFolded, randomTree, wideTree } from "./trees.mjs";

const ALL_ROWS = { first: 0, last: 1e9 };

function shapeOf({ tree }, own = tree.own[0]) {
  const total = totals(tree, own);
  return { tree, own, total, start: starts(tree, own, total) };
}

// all ─┬─ a (6) ─┬─ b (3) ── a (2)
//      │         └─ c (2)
//      └─ b (4)
const made = fromFolded("a 1\na;b 1\na;b;a 2\na;c 2\nb 4");
const shape = shapeOf(made);
const ALL = 0, A = 1, AB = 2, ABA = 3, AC = 4, B = 5;

const rowsOf = (found) => Object.fromEntries([...found].sort(([a], [b]) => a - b)
  .map(([depth, { node, left, right }]) => [depth, node.map((n, i) => [n, left[i], right[i]])]));

test("all boxes of a picture", () => {
  assert.deepEqual(rowsOf(visible(shape, ALL, ALL_ROWS, 100)), {
    0: [[ALL, 0, 100]],
    1: [[A, 0, 60], [B, 60, 100]],
    2: [[AB, 10, 40], [AC, 40, 60]],
    3: [[ABA, 20, 40]],
  });
});

test("what is zoomed into takes the whole width, and so do its callers", () => {
  assert.deepEqual(rowsOf(visible(shape, AB, ALL_ROWS, 30)), {
    0: [[ALL, 0, 30]], 1: [[A, 0, 30]], 2: [[AB, 0, 30]], 3: [[ABA, 10, 30]],
  });
});

test("only the rows that are asked for", () => {
  assert.deepEqual(Object.keys(rowsOf(visible(shape, ALL, { first: 1, last: 2 }, 100))), ["1", "2"]);
  assert.deepEqual(Object.keys(rowsOf(visible(shape, ABA, { first: 1, last: 2 }, 100))), ["1", "2"]);
  assert.deepEqual(rowsOf(visible(shape, ALL, { first: 7, last: 9 }, 100)), {});
});

test("boxes side by side that are too narrow are seen together", () => {
  const many = shapeOf(fromFolded(`wide 900\n${Array.from({ length: 100 }, (_, i) => `n${1000 + i} 1`).join("\n")}`));
  const [[node, left, right], [last, from, to]] = rowsOf(visible(many, 0, ALL_ROWS, 500))[1];
  assert.deepEqual([node, last], [-1, 101]);
  assert.ok(Math.abs(left) < 1e-9 && Math.abs(right - 50) < 1e-9);
  assert.ok(Math.abs(from - 50) < 1e-9 && to === 500);
});

test("too narrow boxes that are apart stay apart, and what is too narrow in all is not seen", () => {
  const found = visible(shapeOf(fromFolded("a 5\nb 1000\nc 2000\nd 9\ne 9")), 0, ALL_ROWS, 200)[Symbol.iterator]();
  const rows = rowsOf(new Map(found));
  assert.deepEqual(rows[1].map(([node]) => node), [2, 3, -1]);  // a: 0.33 pixels; d and e: 0.6 each, together 1.2
});

test("at every zoom, no boxes overlap, all are inside their callers, and none is wider than it counts", () => {
  for (let seed = 1; seed <= 30; seed++) {
    const one = shapeOf(randomTree(seed, { lines: 200, letters: 6 }));
    const { tree, total } = one;
    for (let target = 0; target < tree.count; target += 7) {
      if (total[target] === 0) continue;
      const found = visible(one, target, ALL_ROWS, 300);
      for (const [depth, { node, left, right }] of found) {
        for (let i = 0; i < node.length; i++) {
          assert.ok(left[i] >= -1e-9 && right[i] <= 300 + 1e-9 && left[i] < right[i]);
          if (i > 0) assert.ok(left[i] >= right[i - 1] - 1e-9);
          if (node[i] < 0 || depth <= tree.depth[target]) continue;
          assert.equal(tree.depth[node[i]], depth);
          assert.ok(Math.abs(right[i] - left[i] - (300 * total[node[i]]) / total[target]) < 1e-9);
          const above = found.get(depth - 1), at = above.node.indexOf(tree.parent[node[i]]);
          assert.ok(at >= 0 && above.left[at] <= left[i] + 1e-9 && above.right[at] >= right[i] - 1e-9);
        }
      }
    }
  }
});

test("a profile that counts nothing has no boxes", () => {
  const none = shapeOf(fromFolded("a;b 0"));
  assert.equal(visible(none, 0, ALL_ROWS, 100).size, 0);
  assert.equal(height(none, 0, 0.001), 1);
});

test("what is under a point", () => {
  const found = visible(shape, ALL, ALL_ROWS, 100);
  assert.equal(hit(found, 1, 0), A);
  assert.equal(hit(found, 1, 59.9), A);
  assert.equal(hit(found, 1, 60), B);
  assert.equal(hit(found, 2, 5), null, "beside the callees is the caller's own");
  assert.equal(hit(found, 2, 80), null);
  assert.equal(hit(found, 3, 100), null);
  assert.equal(hit(found, 9, 50), null);
  assert.equal(hit(found, -1, 50), null);
});

test("every box is found under its middle", () => {
  const one = shapeOf(randomTree(11, { lines: 300, letters: 8 })), found = visible(one, 0, ALL_ROWS, 800);
  for (const [depth, { node, left, right }] of found) {
    node.forEach((n, i) => assert.equal(hit(found, depth, (left[i] + right[i]) / 2), n));
  }
});

test("the height is that of what is wide enough", () => {
  assert.equal(height(shape, ALL, 0.01), 4);
  assert.equal(height(shape, ALL, 0.25), 3, "the second a is a fifth");
  assert.equal(height(shape, B, 0.01), 2);
  assert.equal(height(shape, ABA, 0.01), 4);
});

test("the height has room for every row that is drawn", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const one = shapeOf(randomTree(seed, { lines: 200, letters: 6 }));
    for (const width of [20, 100, 1000]) {
      const found = visible(one, 0, ALL_ROWS, width);
      const drawn = [...found].filter(([, { node }]) => node.some((n) => n >= 0)).map(([depth]) => depth);
      assert.equal(height(one, 0, 0.6 / width), Math.max(...drawn) + 1);
    }
  }
});

test("arrow keys lead to the caller, the widest callee and the next in the row", () => {
  assert.equal(neighbour(shape, ALL, ABA, "caller"), AB);
  assert.equal(neighbour(shape, ALL, ALL, "caller"), ALL);
  assert.equal(neighbour(shape, ALL, ALL, "callee"), A);
  assert.equal(neighbour(shape, ALL, A, "callee"), AB);
  assert.equal(neighbour(shape, ALL, B, "callee"), B);
  assert.equal(neighbour(shape, ALL, A, "right"), B);
  assert.equal(neighbour(shape, ALL, B, "right"), B);
  assert.equal(neighbour(shape, ALL, B, "left"), A);
  assert.equal(neighbour(shape, ALL, AC, "left"), AB);
  assert.equal(neighbour(shape, ALL, A, "left"), A);
});

test("arrow keys pass over what counts nothing", () => {
  const gaps = shapeOf(fromFolded("a 1\nb 0\nc 1\nd;x 0"));
  assert.equal(neighbour(gaps, 0, 1, "right"), 3);
  assert.equal(neighbour(gaps, 0, 3, "left"), 1);
  assert.equal(neighbour(gaps, 0, 3, "right"), 3);
  assert.equal(neighbour(gaps, 0, 4, "callee"), 4);
});

test("arrow keys stay with what is seen", () => {
  assert.equal(neighbour(shape, A, AC, "right"), AC, "what is zoomed out of is not seen");
  assert.equal(neighbour(shape, B, ALL, "callee"), B, "the only callee that is seen leads to where the reader has zoomed to");
  assert.equal(neighbour(shape, ABA, A, "callee"), AB);
  assert.equal(neighbour(shape, ABA, A, "right"), A);
});

test("a stack of 50,000 frames", () => {
  const deep = shapeOf(deepTree(50_000));
  assert.equal(height(deep, 0, 1e-9), 50_001);
  assert.equal(visible(deep, 40_000, { first: 39_990, last: 40_010 }, 1000).size, 21);
  assert.equal(neighbour(deep, 0, 49_999, "callee"), 50_000);
});

test("a frame's time for a million nodes", () => {
  const million = shapeOf(wideTree(1_000_000));
  visible(million, 0, { first: 0, last: 40 }, 1500);
  const began = performance.now();
  for (let i = 0; i < 10; i++) visible(million, 0, { first: 0, last: 40 }, 1500);
  assert.ok((performance.now() - began) / 10 < 50, "a third of this is a frame of 60 Hz; the rest is for slow machines");
});
