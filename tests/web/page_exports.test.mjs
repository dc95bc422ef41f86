import assert from "node:assert/strict";
import { test } from "node:test";
import { drawing, folded, speedscope, svg } from "../../flamegraph/web/page/exports.mjs";
import { starts, totals } from "../../flamegraph/web/page/tree.mjs";
import { deepTree, fromFolded, randomTree, toFolded } from "./trees.mjs";

// That other tools' readers take these files is tested in tests/test_html.py and tests/browser.

const CALLS = fromFolded("a;b 3\na;c 2\na 1\nb 4");

test("folded stacks come back as they were", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const { tree, names } = randomTree(seed, { metrics: 1 });
    const written = folded(tree, tree.own[0], names).trimEnd().split("\n").sort();
    assert.deepEqual(written, toFolded(tree, names).map((line) => (line.includes(" ") ? line : ` ${line}`)).sort());
  }
});

test("values are written in full", () => {
  const { tree, names } = fromFolded("a 1\nb 1\nc 1");
  const lines = folded(tree, Float64Array.of(0, 2 ** 70, 0.25, 1e-9), names).split("\n");
  assert.deepEqual(lines.slice(0, 2), ["a 1180591620717411303424", "b 0.25"]);
  assert.match(lines[2], /^c 0\.0000000010+$/);
});

test("what is zoomed into is written with its callers", () => {
  const { tree, names } = CALLS;
  assert.equal(folded(tree, tree.own[0], names, 2), "a;b 3\n");
  assert.equal(folded(tree, tree.own[0], names, 1), "a 1\na;b 3\na;c 2\n");
});

test("a name can't end a frame, a stack or a line, or begin a comment", () => {
  const names = ["all", "semi;colon", "line\nfeed\r\u2028", "# comment", "trailing 42", "#"];
  const { tree } = fromFolded("p 1\nq 1\nr 1\ns 1\nt 1");
  const text = folded(tree, tree.own[0], names);
  assert.equal(text, "semi:colon 1\nline feed   1\n#_ comment 1\ntrailing 42 1\n#_ 1\n");
});

test("nothing to write is an empty file", () => {
  const { tree, names } = fromFolded("a 0");
  assert.equal(folded(tree, tree.own[0], names), "");
  assert.equal(JSON.parse(speedscope(tree, tree.own[0], names, "t", "ns")).profiles[0].samples.length, 0);
});

test("speedscope", () => {
  const { tree, names } = CALLS, file = JSON.parse(speedscope(tree, tree.own[0], names, "title", "ns"));
  assert.equal(file.$schema, "https://www.speedscope.app/file-format-schema.json");
  assert.deepEqual(file.shared.frames.map((frame) => frame.name), ["a", "b", "c"]);
  const [profile] = file.profiles;
  assert.equal(profile.type, "sampled");
  assert.equal(profile.unit, "nanoseconds");
  assert.equal(profile.samples.length, profile.weights.length);
  assert.equal(profile.endValue - profile.startValue, 10);
  const lines = profile.samples.map((stack, i) => `${stack.map((frame) => file.shared.frames[frame].name).join(";")} ${profile.weights[i]}`);
  assert.deepEqual(lines.sort(), toFolded(tree, names));
});

test("speedscope knows these units alone", () => {
  const { tree, names } = CALLS;
  const known = ["none", "nanoseconds", "microseconds", "milliseconds", "seconds", "bytes"];
  for (const unit of ["ns", "us", "µs", "ms", "s", "bytes", "samples", "", "constructor", "__proto__", "toString"]) {
    const said = JSON.parse(speedscope(tree, tree.own[0], names, "t", unit)).profiles[0].unit;
    assert.ok(known.includes(said), `${unit}: ${said}`);
  }
  assert.equal(JSON.parse(speedscope(tree, tree.own[0], names, "t", "µs")).profiles[0].unit, "microseconds");
});

const COLORS = { css: ([red]) => `rgb(${red},0,0)`, ink: () => "#000000", paper: "#ffffff", text: "#000000" };

function picture({ tree, names }, { target = 0, down = false, title = "title" } = {}) {
  const own = tree.own[0], total = totals(tree, own), shape = { tree, own, total, start: starts(tree, own, total) };
  const scene = { shape, target, down, look: () => ({ rgb: [200, 0, 0], faint: false }), label: (node) => names[tree.name[node]] };
  const say = (node) => `${names[tree.name[node]]}\nmore`;
  return svg(drawing([scene], 1200, { top: 30, height: 18 }, (label) => label), title, 1200, COLORS, say);
}

const rectangles = (text) => [...text.matchAll(/<rect x="([-\d.]+)" y="([-\d.]+)" width="([-\d.]+)"/g)].map((match) => match.slice(1).map(Number));

test("an SVG has a box per node, where it belongs", () => {
  const boxes = rectangles(picture(CALLS));
  assert.deepEqual(boxes, [[0, 66, 1199.5], [0, 48, 719.5], [720, 48, 479.5], [120, 30, 359.5], [480, 30, 239.5]]);
});

test("an icicle hangs down", () => {
  assert.deepEqual(rectangles(picture(CALLS, { down: true })).map(([, y]) => y), [30, 48, 48, 66, 66]);
});

test("no box is above the picture or below it", () => {
  for (const down of [false, true]) {
    const text = picture(randomTree(3, { metrics: 1 }), { down }), tall = Number(text.match(/height="(\d+)"/)[1]);
    for (const [x, y, wide] of rectangles(text)) assert.ok(y >= 30 && y + 18 <= tall && x >= 0 && x + wide <= 1200);
  }
});

test("names are text in an SVG", () => {
  const names = ["all", "</svg><script>alert(1)</script>", "a&b\"c'd", "<![CDATA[ ]]> <!-- -->", "&amp; &#0;"];
  const { tree } = fromFolded("p 5\nq 5\nr 5\ns 5");
  const text = picture({ tree, names }, { title: "</text><script>" });
  assert.doesNotMatch(text, /<script|<!|]]>/);
  assert.deepEqual([...new Set([...text.matchAll(/<\/?([^\s>/]*)/g)].map((match) => match[1]))].sort(), ["g", "rect", "svg", "text", "title"]);
  assert.doesNotMatch(text, /&(?!(amp|lt|gt|quot);)/);
});

test("a picture of nothing is a picture", () => {
  const text = picture(fromFolded("a 0"));
  assert.doesNotMatch(text, /NaN|Infinity/);
});

test("a stack of 50,000 frames", () => {
  const { tree, names } = deepTree(50_000);
  const began = performance.now();
  assert.equal(rectangles(picture({ tree, names })).length > 40_000, true);
  const last = new Float64Array(tree.count);
  last[tree.count - 1] = 1;
  assert.equal(folded(tree, last, names).split(";").length, 50_000);
  assert.equal(JSON.parse(speedscope(tree, last, names, "t", "ns")).profiles[0].samples[0].length, 50_000);
  assert.ok(performance.now() - began < 5_000);
});
