import assert from "node:assert/strict";
import { test } from "node:test";
import {
  DEFAULTS, format, formatNode, formatSteps, parse, parseNode, parseSteps,
} from "../../flamegraph/web/page/state.mjs";
import { toTree } from "../../flamegraph/web/page/tree.mjs";
import { deepTree, randomTree } from "./trees.mjs";

const LIMITS = { metric: 3, name: 100, time: true };

test("what is as it was at first is left out", () => {
  assert.equal(format(DEFAULTS, DEFAULTS), "");
  assert.equal(format({ ...DEFAULTS, view: "table", regex: true }, DEFAULTS), "view=table&regex=1");
  assert.deepEqual(parse("", DEFAULTS), DEFAULTS);
  assert.deepEqual(parse("#", DEFAULTS), DEFAULTS);
});

test("every state comes back as it was", () => {
  const states = [
    { view: "sandwich", name: 7 }, { view: "tree", turned: true, order: "weight" }, { metric: 2, colors: "kind", theme: "dark" },
    { search: "a&b=c#d%e+f g\"<>\u{1f525}", exact: true }, { search: "operator<<|^std::" , regex: true }, { at: "3.17.4", pin: "0" },
    { at: "3.17*12" }, { steps: "focus.12~recursion.0~owner.3" }, { threshold: 0.35, sure: 99.9, side: "before", basis: "sum" },
    { norm: "total", hues: "redblue", sort: "name", up: true },
  ];
  for (const some of states) {
    const state = { ...DEFAULTS, ...some };
    assert.deepEqual(parse(`#${format(state, DEFAULTS)}`, DEFAULTS, LIMITS), state);
  }
});

test("the address tells what differs from how the page was made", () => {
  const made = { ...DEFAULTS, view: "icicle", order: "weight", colors: "change" };
  const state = { ...made, view: "flame", order: "name", colors: "name" };
  assert.deepEqual(parse(`#${format(state, made)}`, made), state);
});

test("an address that makes no sense shows the page as it was at first", () => {
  const garbage = [
    "view=nonsense", "view=constructor", "view=", "view=time", "order=x", "colors=__proto__", "side=", "basis=all", "norm=1", "hues=pink",
    "hues=constructor", "theme=%00", "metric=3", "metric=-1", "metric=1.5", "metric=NaN", "metric=1e999", "metric=two", "name=100",
    "name=-1", "name=0.5", "threshold=-1", "sure=x", "sure=Infinity", "__proto__=1", "constructor=1", "nothing=1", "=", "&&&", "%", "%ff%fe",
    "view=sandwich", "view=sandwich&name=0", "view=sandwich&name=100",
  ];
  for (const hash of garbage) assert.deepEqual(parse(`#${hash}`, DEFAULTS, { ...LIMITS, time: false }), DEFAULTS, hash);
  assert.equal(parse("#view=time", DEFAULTS, LIMITS).view, "time");
});

test("what makes sense of an address is taken", () => {
  assert.deepEqual(parse("#view=bogus&metric=2&search=x", DEFAULTS, LIMITS), { ...DEFAULTS, metric: 2, search: "x" });
});

test("steps", () => {
  const steps = [["focus", 12], ["recursion", 0], ["module", 3], ["owner", 1]];
  assert.deepEqual(parseSteps(formatSteps(steps)), steps);
  assert.deepEqual(parseSteps(""), []);
  assert.deepEqual(parseSteps("~~focus.1~~"), [["focus", 1]]);
  assert.deepEqual(parseSteps("constructor.5~toString~__proto__.1~nonsense.2~hide"), [["hide", 0]]);
  assert.deepEqual(parseSteps("hide.x~focus.~ignore.1.2"), [["hide", 0], ["focus", 0], ["ignore", 1]]);
});

test("a node is found by its path, also in another profile as far as that goes", () => {
  const { tree } = randomTree(3);
  for (let node = 0; node < tree.count; node++) assert.equal(parseNode(tree, formatNode(tree, node)), node);
  assert.equal(formatNode(tree, 0), "");
  const node = tree.end[0] - 1;
  assert.equal(parseNode(tree, `${formatNode(tree, node)}.99`), node);
  for (const text of ["0", "99", "x", "..", "-1", "1e999", "*", "*5", "x*5", "1.2*"]) assert.ok(parseNode(tree, text) >= 0, text);
  assert.equal(parseNode(tree, "0"), 0);
});

test("in order of time the same call is there more than once, and each is found", () => {
  const tree = { ...toTree([0, 1, 2, 1, 1, 2], [0, 1, 2, 3, 1, 2], []), repeats: true };
  assert.deepEqual([1, 2, 3, 4, 5].map((node) => formatNode(tree, node)), ["1*1", "1.2*2", "3*3", "1*4", "1.2*5"]);
  for (let node = 0; node < tree.count; node++) assert.equal(parseNode(tree, formatNode(tree, node)), node);
  assert.equal(parseNode(tree, "1.2*3"), 2, "a number that is another's: the first on that path");
  assert.equal(parseNode(tree, "1.2*999"), 2);
  assert.equal(parseNode(tree, "1.2*1.5"), 2);
});

test("a path in order of time is understood where calls are merged", () => {
  const { tree } = randomTree(3), node = 5;
  assert.equal(parseNode(tree, `${formatNode(tree, node)}*1234`), node);
});

test("a path of 50,000 names", () => {
  const { tree } = deepTree(50_000);
  assert.equal(parseNode(tree, formatNode(tree, 50_000)), 50_000);
});
