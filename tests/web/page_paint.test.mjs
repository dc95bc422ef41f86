import assert from "node:assert/strict";
import { test } from "node:test";
import {
  byName, calm, changeColor, CHANGES, css, ink, kindColor, KINDS, luminance, moduleColor, SEEN,
} from "../../flamegraph/web/page/paint.mjs";

const BOTH = [false, true];

function contrast(rgb) {
  const text = ink(rgb).match(/\w\w/g).map((part) => parseInt(part, 16));
  const [low, high] = [luminance(rgb.map((part) => part | 0)), luminance(text)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

function legible(rgb, what) {
  assert.ok(contrast(rgb) >= 4.5, `${what} ${css(rgb)}: ${contrast(rgb).toFixed(2)}`);
}

test("luminance is that of WCAG", () => {
  assert.equal(luminance([0, 0, 0]), 0);
  assert.ok(Math.abs(luminance([255, 255, 255]) - 1) < 1e-9);
  assert.ok(Math.abs(luminance([255, 0, 0]) - 0.2126) < 1e-9);
});

test("a label is legible on every colour there is", () => {
  for (let red = 0; red < 256; red += 5) {
    for (let green = 0; green < 256; green += 3) for (let blue = 0; blue < 256; blue += 15) legible([red, green, blue], "any");
  }
  for (let grey = 0; grey < 256; grey++) legible([grey, grey, grey], "grey");
});

test("and on those of kinds, modules and changes", () => {
  for (const dark of BOTH) {
    KINDS.forEach((kind, i) => legible(calm(kindColor(i), dark), kind));
    for (let i = 0; i < 500; i++) legible(calm(moduleColor(`lib${i}.so`), dark), "module");
    for (const palette of Object.keys(CHANGES)) {
      for (let share = -1; share <= 1; share += 0.02) {
        for (const sure of [0, 0.3, 0.7, 1]) legible(changeColor(share, sure, palette, dark), palette);
      }
    }
  }
});

test("what grew and what shrank differ in hue, and in blueorange for the colour-blind, too", () => {
  for (const palette of Object.keys(CHANGES)) {
    for (const dark of BOTH) {
      for (const share of [0.1, 0.5, 1]) {
        const [grewRed, , grewBlue] = changeColor(share, 1, palette, dark), [red, , blue] = changeColor(-share, 1, palette, dark);
        assert.ok(grewRed > grewBlue + 20, "what grew is warm");
        assert.ok(blue > red + 20, "what shrank is cold");
      }
    }
  }
});

test("the larger a change, the stronger its colour", () => {
  const strength = (rgb) => Math.max(...rgb) - Math.min(...rgb);
  for (const palette of Object.keys(CHANGES)) {
    for (const way of [-1, 1]) {
      const strengths = [0.01, 0.1, 0.3, 0.6, 1].map((share) => strength(changeColor(way * share, 1, palette, false)));
      assert.deepEqual(strengths, strengths.toSorted((a, b) => a - b));
      assert.ok(strengths.at(-1) > strengths[0] + 40);
    }
  }
});

test("no change, and what may be noise, are grey", () => {
  for (const rgb of [changeColor(0, 1, "redblue", false), changeColor(1, 0, "redblue", false), changeColor(0, 0, "blueorange", true)]) {
    assert.ok(Math.max(...rgb) - Math.min(...rgb) <= 10);
  }
  assert.notDeepEqual(changeColor(0, 1, "redblue", false), changeColor(0.5, 0, "redblue", false));
});

test("a share beyond the largest is as the largest", () => {
  assert.deepEqual(changeColor(7, 1, "redblue", false), changeColor(1, 1, "redblue", false));
});

test("a module has one colour, and what has none is grey", () => {
  assert.deepEqual(moduleColor("libc.so.6"), moduleColor("libc.so.6"));
  assert.notDeepEqual(moduleColor("libc.so.6"), moduleColor("libm.so.6"));
  const [red, green, blue] = moduleColor("");
  assert.ok(red === green && green === blue);
  for (const name of ["constructor", "🔥", "</style>", "x".repeat(10_000)]) {
    for (const part of moduleColor(name)) assert.ok(part >= 0 && part <= 255);
  }
});

test("every kind of code has a colour of its own", () => {
  const colors = KINDS.map((_, i) => css(kindColor(i)));
  assert.equal(new Set(colors).size, KINDS.length);
  assert.deepEqual(kindColor(200), kindColor(0));
});

test("colours of names by palette", () => {
  const functions = { kind: [0, 1, 9], module: [0, 1, 1], red: [1, 2, 3], green: [4, 5, 6], blue: [7, 8, 9] };
  const modules = ["", "libc"];
  assert.deepEqual(byName("name", functions, modules, false)[1], calm([2, 5, 8], false));
  assert.deepEqual(byName("kind", functions, modules, true)[2], calm(kindColor(9), true));
  assert.deepEqual(byName("module", functions, modules, false).map(css), ["", "libc", "libc"].map((name) => css(calm(moduleColor(name), false))));
});

test("labels of boxes that stand back can be read", () => {
  const mix = (one, other, share) => one.map((value, i) => value + (other[i] - value) * share);
  const contrast = (one, other) => {
    const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  for (const [dark, paper, text] of [[false, [255, 255, 255], [0, 0, 0]], [true, [22, 22, 26], [255, 255, 255]]]) {
    const colors = [[255, 255, 0], [255, 230, 55], [205, 0, 0], [236, 236, 236], ...KINDS.map((_, kind) => kindColor(kind))];
    for (const rgb of colors.map((color) => calm(color, dark))) {
      for (const { box, label } of [SEEN.outer, SEEN.faint]) {
        const behind = mix(paper, rgb, box);
        assert.ok(contrast(behind, mix(behind, text, label)) >= 4.5, `${rgb} ${box} ${dark}`);
      }
    }
  }
});
