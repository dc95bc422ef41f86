import assert from "node:assert/strict";
import { test } from "node:test";
import "../../flamegraph/web/svg_model.mjs";

const model = globalThis.flamegraphModel;

// all ─┬─ a (6) ─┬─ b (3) ─── a (2)
//      │         └─ c (2)
//      └─ b (4)
const names = ["all", "a", "b", "c"];
const boxes = model.toBoxes({
  name: [0, 1, 2, 2, 3, 1],
  parent: [0, 0, 0, 1, 1, 3],
  start: [0, 0, 6, 1, 4, 2],
  width: [10, 6, 4, 3, 2, 2],
});
const ALL = 0, A = 1, B = 2, AB = 3, AC = 4, ABA = 5;

test("depth follows from parents", () => {
  assert.deepEqual([...boxes.depth], [0, 1, 1, 2, 2, 3]);
});

test("a view shows what is above its box and fades what is below", () => {
  const { HIDDEN, INSIDE, ANCESTOR } = model;
  assert.deepEqual([...model.view(boxes, ALL)], Array(6).fill(INSIDE));
  assert.deepEqual([...model.view(boxes, AB)], [ANCESTOR, ANCESTOR, HIDDEN, INSIDE, HIDDEN, INSIDE]);
  assert.deepEqual([...model.view(boxes, B)], [ANCESTOR, HIDDEN, INSIDE, HIDDEN, HIDDEN, HIDDEN]);
});

test("the box of a view takes all between the margins", () => {
  const seen = model.view(boxes, A);
  const { left, right } = model.place(boxes, seen, A, 10, 140);
  assert.deepEqual([left[ALL], right[ALL]], [10, 130]);
  assert.deepEqual([left[A], right[A]], [10, 130]);
  assert.deepEqual([left[AB], right[AB]], [30, 90]);
  assert.deepEqual([left[AC], right[AC]], [90, 130]);
});

test("find", () => {
  assert.deepEqual([...model.find(names, "^[ab]$", false).hits], [0, 1, 1, 0]);
  assert.deepEqual([...model.find(names, "A", false).hits], [0, 0, 0, 0]);
  assert.deepEqual([...model.find(names, "A", true).hits], [1, 1, 0, 0]);
});

test("what is no regular expression is told", () => {
  for (const term of ["(", "[", "*", "a{2,1}", "\\"]) {
    const { hits, error } = model.find(names, term, false);
    assert.equal(hits, undefined);
    assert.match(error, /expression/i);
  }
});

test("a share counts no width twice", () => {
  const of = (term, target = ALL) => model.share(boxes, model.find(names, term, false).hits, target, model.view(boxes, target));
  assert.equal(of("^a$"), 0.6);  // not 0.6 + 0.2: the inner one stands on the outer
  assert.equal(of("^b$"), 0.7);
  assert.equal(of("^c$"), 0.2);
  assert.equal(of("."), 1);
  assert.equal(of("nothing"), 0);
});

test("a share is that of the box in view, and what is below does not count", () => {
  const hits = model.find(names, "^a$", false).hits;
  assert.equal(model.share(boxes, hits, AB, model.view(boxes, AB)), 2 / 3);
});

test("percent", () => {
  assert.deepEqual([1, 0.9996, 0.123, 0].map(model.percent), ["100%", "100%", "12.3%", "0.0%"]);
});

test("fit cuts at the chosen end, in characters", () => {
  const fit = (name, room, end = "right") => model.fit(name, room, 3, end);
  assert.equal(fit("parse", 5), "parse");
  assert.equal(fit("parse", 4), "pa..");
  assert.equal(fit("parse", 4, "left"), "..se");
  assert.equal(fit("parse", 3), "p..");
  assert.equal(fit("parse", 2), "");
  assert.equal(fit("ab", 2), "");
  assert.equal(fit("🔥🔥🔥🔥", 4), "🔥🔥🔥🔥");
  assert.equal(fit("🔥🔥🔥🔥", 3), "🔥..");
});

test("arrow keys", () => {
  const seen = model.view(boxes, ALL);
  const to = (from, way, view = seen) => model.neighbour(boxes, view, from, way);
  assert.equal(to(ALL, "away"), A, "the widest");
  assert.equal(to(A, "away"), AB);
  assert.equal(to(ABA, "away"), ABA);
  assert.equal(to(AB, "back"), A);
  assert.equal(to(ALL, "back"), ALL);
  assert.equal(to(A, "right"), B);
  assert.equal(to(B, "right"), B);
  assert.equal(to(B, "left"), A);
  assert.equal(to(A, "left"), A);
  assert.equal(to(ALL, "left"), ALL);
  assert.equal(to(AB, "right", model.view(boxes, AB)), AB, "what is hidden is not reached");
});

test("the address keeps what is not ours", () => {
  assert.deepEqual(model.readState("?x=1.5&y=20&s=a%7Cb"), { x: "1.5", y: "20", s: "a|b", i: null });
  assert.equal(model.writeState("?keep=1&x=2", { x: null, y: null, s: "a&b" }), "?keep=1&s=a%26b");
  assert.equal(model.writeState("?s=a", { s: "" }), "");
});

test("a hundred thousand boxes take no time", () => {
  const n = 100_000;
  const parent = Int32Array.from({ length: n }, (_, i) => Math.max(0, (i - 1) >> 1));
  const many = model.toBoxes({ parent, start: new Float64Array(n), width: new Float64Array(n).fill(1), name: new Int32Array(n) });
  const before = performance.now();
  const seen = model.view(many, 1);
  model.place(many, seen, 1, 10, 1200);
  model.share(many, Uint8Array.of(1), 1, seen);
  assert.ok(performance.now() - before < 500);
});
