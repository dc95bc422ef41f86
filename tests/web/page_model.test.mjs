import assert from "node:assert/strict";
import { test } from "node:test";
import { brief, full, unitOf } from "../../flamegraph/web/page/facts.mjs";
import { looks } from "../../flamegraph/web/page/looks.mjs";
import { Model } from "../../flamegraph/web/page/model.mjs";
import { DEFAULTS } from "../../flamegraph/web/page/state.mjs";
import { fromFolded, randomTree, sums, toFolded } from "./trees.mjs";

// The model of a page that carries a tree.
function modelOf({ tree, names }, header = {}, columns = {}) {
  const functions = names.length - 1, zeros = () => new Uint8Array(functions);
  return new Model({
    header: {
      names: names.slice(1), modules: ["", "libc"], files: ["", "x.c"], sides: null, metric: 0, skipped: {}, facts: {}, marks: {},
      metrics: tree.own.map((_, i) => ({ name: `metric${i}`, unit: "samples" })), ...header,
    },
    columns: {
      depth: tree.depth, name: tree.name, ...Object.fromEntries(tree.own.map((column, i) => [`own.${i}`, column])),
      "function.kind": zeros(), "function.module": zeros(), "function.file": zeros(), "function.line": zeros(),
      "function.red": zeros(), "function.green": zeros(), "function.blue": zeros(), ...columns,
    },
  });
}

const SIDES = { sides: [0, 1], metric: 1, comparison: { runs: [1, 1], grains: [1, 1], factors: [2, 1], norm: "ratio" } };
const state = (patch) => ({ ...DEFAULTS, ...patch });
const facts = (rows) => Object.fromEntries(rows);

test("the whole is the same in every view of a profile", () => {
  for (let seed = 1; seed <= 10; seed++) {
    const made = randomTree(seed), model = modelOf(made), [whole] = sums(made.tree);
    for (const patch of [{}, { order: "weight" }, { turned: true }, { turned: true, order: "weight" }, { steps: "hide.1~recursion.0" }]) {
      const shape = model.shape(state(patch));
      assert.equal(shape.total[0], whole, JSON.stringify(patch));
      assert.deepEqual(shape.turned, Boolean(patch.turned));
    }
    assert.equal(model.table(state({})).whole, whole);
    assert.equal(model.shape(state({ metric: 1 })).total[0], sums(made.tree)[1]);
  }
});

test("steps are taken one after the other", () => {
  const made = fromFolded("a;b;c 1\na;c 2\nb;a 4"), model = modelOf(made), [a, b] = ["a", "b"].map(made.number);
  const after = (steps) => toFolded(model.shape(state({ steps })).tree, made.names);
  assert.deepEqual(after(`focus.${b}`), ["a;b;c 1", "b;a 4"]);
  assert.deepEqual(after(`focus.${b}~hide.${b}`), ["a 4", "a;c 1"]);
  assert.deepEqual(after(`hide.${b}~focus.${b}`), []);
  assert.deepEqual(after(`ignore.${a}`), []);
  assert.deepEqual(after("nonsense.1~focus"), []);
});

test("a process is no function that has its name", () => {
  const made = fromFolded("sh;run 1\nmake;sh 2\nrun;sh 4"), kinds = Uint8Array.from(made.names.slice(1), (name) => (name === "run" ? 0 : 7));
  const model = modelOf({ tree: made.tree, names: made.names }, {}, { "function.kind": kinds });
  assert.deepEqual(model.owners().map((name) => made.names[name]), ["make", "sh"]);
  const only = toFolded(model.shape(state({ steps: `owner.${made.number("sh")}` })).tree, made.names);
  assert.deepEqual(only, ["make;sh 2", "sh;run 1"], "below a process there may be its threads");
});

test("both halves of a sandwich say which way they stand", () => {
  const made = fromFolded("m;f;g 1\nk;f 3\nm 6"), model = modelOf(made);
  const { callers, callees } = model.halves(state({ view: "sandwich", name: made.number("f"), turned: true }));
  assert.deepEqual([callers.turned, callees.turned], [true, false]);
  assert.deepEqual([callers.total[0], callees.total[0]], [4, 4]);
  const heaviest = model.halves(state({ name: made.number("f"), order: "weight" })).callers;
  assert.equal(made.names[heaviest.tree.name[1]], "k");
});

test("what is kept is made once, and is not kept for ever", () => {
  const model = modelOf(randomTree(1));
  assert.equal(model.shape(state({})), model.shape(state({ search: "x", colors: "kind" })));
  for (let i = 0; i < 50; i++) model.keep(`other ${i}`, () => i);
  assert.ok(model.kept.size <= 8);
});

test("values below zero make no box narrower than nothing", () => {
  const made = fromFolded("a 1\nb 1\nc 1");
  made.tree.own[0] = Float64Array.of(0, 5, -3, NaN);
  assert.deepEqual([...modelOf(made).shape(state({})).total], [5, 5, 0, 0]);
});

test("a share is of the caller, and of a tree turned around, of the callee", () => {
  const made = fromFolded("m;f 1\nm;g 3"), model = modelOf(made);
  const plain = model.shape(state({})), turned = model.shape(state({ turned: true }));
  assert.match(facts(brief(model, plain, 2, state({}))).Total, /1 samples, 25.0% of all, 25.0% of its caller/);
  assert.match(facts(brief(model, turned, 2, state({ turned: true }))).Total, /of its callee/);
  const halves = model.halves(state({ name: made.number("f"), turned: true }));
  assert.doesNotMatch(facts(brief(model, halves.callees, 0, state({ turned: true }))).Total, /callee/);
});

test("both sides of a comparison", () => {
  const made = fromFolded("a 2 0\nb 4 8\nc 0 6"), model = modelOf(made, SIDES);
  const shape = (patch) => model.shape(state(patch));
  assert.deepEqual([...shape({}).total], [16, 2, 8, 6], "the larger side of each");
  assert.deepEqual([...shape({ basis: "sum" }).total], [20, 2, 12, 6]);
  assert.deepEqual([...shape({ side: "before" }).total], [6, 2, 4, 0]);
  assert.deepEqual([...shape({ side: "after" }).total], [14, 0, 8, 6]);
  assert.deepEqual([...shape({ norm: "none" }).before.total], [3, 1, 2, 0]);
  assert.equal(shape({ norm: "total" }).before.total[0], 14);
});

test("before and after add up in every view of a comparison", () => {
  for (let seed = 1; seed <= 10; seed++) {
    const made = randomTree(seed), model = modelOf(made, SIDES), wanted = sums(made.tree);
    for (const patch of [{}, { turned: true }, { order: "weight" }, { basis: "sum", side: "before" }]) {
      const { before, after } = model.shape(state(patch));
      assert.deepEqual([before.total[0], after.total[0]], wanted);
    }
    assert.deepEqual(model.table(state({})).wholes, wanted);
  }
});

test("confidence does not depend on what before is scaled to", () => {
  // Grains are scaled with the counts, so that one side scaled by itself tells as many samples as before.
  const made = fromFolded("a 100 200\nb 100 200"), model = modelOf(made, { ...SIDES, comparison: { ...SIDES.comparison, factors: [1, 1] } });
  const equal = model.shape(state({ norm: "total" })), compared = model.shape(state({}));
  assert.ok(model.sureness(compared, 1) > 0.999);
  assert.ok(model.sureness(equal, 1) < 1e-6, "no change is left");
  const lopsided = modelOf(fromFolded("a 10 2000\nb 10 1000"), { ...SIDES, comparison: { ...SIDES.comparison, factors: [1, 1] } });
  const sure = lopsided.sureness(lopsided.shape(state({ norm: "total" })), 1);
  assert.ok(sure < 0.95, `ten samples, however they are scaled, do not tell 1500 from 2000: ${sure}`);
});

test("of repeated runs, how sure a node's change is comes from its runs, whatever the order", () => {
  const made = fromFolded("a 1 9\nb 1 2");
  const judged = { verdict: Uint8Array.of(0, 2, 0), p: Float64Array.of(NaN, 0.01, 0.6) };
  const perFunction = { "function.verdict": Uint8Array.of(2, 0), "function.low": Float64Array.of(7, NaN), "function.high": Float64Array.of(9, NaN), "function.p": Float64Array.of(0.01, NaN) };
  const model = modelOf(made, { ...SIDES, comparison: { runs: [3, 3], grains: null, factors: null, where: ["here", ""], method: "max-t" } }, { ...judged, ...perFunction });
  for (const order of ["name", "weight"]) {
    const shape = model.shape(state({ order })), node = shape.tree.name.indexOf(made.number("a"));
    assert.equal(model.sureness(shape, node), 0.99);
    const told = facts(full(model, shape, node, state({ order })));
    assert.equal(told["Function verdict"], "regressed: here");
    assert.equal(told["Box verdict"], "regressed");
    assert.equal(told["Self change"], "+7 samples to +9 samples");
    assert.equal(told["p (adjusted)"], "0.010");
  }
});

test("boxes of what is new have a solid frame, of what is gone a dashed one", () => {
  const made = fromFolded("gone 2 0\nnew 0 6\nsame 4 4\nup 4 8"), model = modelOf(made, SIDES);
  const told = state({ colors: "change" }), shape = model.shape(told), look = looks(model, shape, told, false, null);
  const outline = (name) => look(shape.tree.name.indexOf(made.number(name))).outline;
  assert.equal(outline("gone").dashed, true);
  assert.equal(outline("new").dashed, false);
  assert.equal(outline("same"), null);
  assert.equal(outline("up"), null);
});

test("changes below the threshold are shown as none", () => {
  const made = fromFolded("a 100 1000\nb 1000 1010"), model = modelOf(made, SIDES);
  const rgb = (threshold, node) => {
    const told = state({ colors: "change", threshold }), shape = model.shape(told);
    return looks(model, shape, told, false, null)(node).rgb.join();
  };
  const none = rgb(100, 1);
  assert.equal(rgb(1, 2), none);
  assert.notEqual(rgb(1, 1), none);
});

test("a search makes what it does not find stand back, the root excepted", () => {
  const made = fromFolded("a 1\nb 1"), model = modelOf(made), shape = model.shape(state({}));
  const look = looks(model, shape, state({}), false, Uint8Array.of(0, 1, 0));
  assert.deepEqual([0, 1, 2].map((node) => look(node).faint), [false, false, true]);
});

test("in order of time a box knows what it counts itself, in the metric that it was drawn in", () => {
  const made = fromFolded("a;b 2 1\na 1 1");
  const model = modelOf(made, { metric: 0, metrics: [{ name: "t", unit: "ns" }, { name: "n", unit: "samples" }] }, {
    "chart.depth": Uint8Array.of(0, 1, 2, 1), "chart.name": Uint8Array.of(0, 1, 2, 1),
    "chart.start": Uint8Array.of(0, 0, 1, 4), "chart.width": Uint8Array.of(7, 4, 2, 3),
  });
  const told = state({ view: "time", metric: 1, turned: true }), shape = model.shape(told);
  assert.deepEqual([...shape.own], [0, 2, 2, 3]);
  assert.equal(shape.tree.repeats, true);
  assert.equal(unitOf(model, told), "ns");
  assert.match(facts(brief(model, shape, 2, told)).Total, /^2 ns, 28.6% of all, 50.0% of its caller$/);
  assert.deepEqual(model.limits, { metric: 2, name: 3, time: true });
  assert.equal(modelOf(made).limits.time, false);
});

test("processes and threads that stacks begin with", () => {
  const made = fromFolded("p;t;f 1\np;u 1\nq;f;p 1"), kinds = new Uint8Array(made.names.length - 1);
  for (const [name, kind] of [["p", 7], ["q", 7], ["t", 8], ["u", 8]]) kinds[made.number(name) - 1] = kind;
  const model = modelOf(made, {}, { "function.kind": kinds });
  assert.deepEqual(model.owners().map((name) => made.names[name]), ["p", "q", "t", "u"]);
});
