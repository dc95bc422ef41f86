import assert from "node:assert/strict";
import { test } from "node:test";
import { BASES, confidence, factor, times, widths } from "../../flamegraph/web/page/change.mjs";

const before = Float64Array.of(0, 10, 20), after = Float64Array.of(0, 30, 30), none = Float64Array.of(0, 0, 0);

test("as compared, both sides stay", () => {
  assert.equal(factor(before, after, "compared", [2, 1]), 1);
  assert.equal(factor(before, after, "none", null), 1);
  assert.equal(times(before, 1), before);
});

test("as counted, the factors of the comparison are taken out", () => {
  assert.equal(factor(before, after, "none", [2, 1]), 0.5);
  assert.deepEqual([...times(before, 0.5)], [0, 5, 10]);
});

test("to equal totals", () => assert.equal(factor(before, after, "total", [3, 1]), 2));

test("a side without anything leaves the other as it is", () => {
  assert.equal(factor(none, after, "total", null), 1);
  assert.equal(factor(before, none, "total", null), 1);
});

test("columns of whole numbers do not overflow", () => {
  const small = Uint8Array.of(200, 100);
  assert.deepEqual([...times(small, factor(small, Uint8Array.of(255, 255), "total", null))], [340, 170]);
});

test("widths", () => {
  const one = Float64Array.of(1, 5), other = Float64Array.of(4, 2);
  assert.deepEqual(BASES.map((basis) => [...widths(one, other, basis)]), [[4, 5], [4, 2], [1, 5], [5, 7]]);
});

test("confidence is that of two counts", () => {
  // 1 - 2 × the upper tail of z = |after - before| / √(before + after + 1)
  assert.ok(Math.abs(confidence(100, 100, [1, 1])) < 1e-6);
  assert.ok(Math.abs(confidence(0, 1.959963984540054 ** 2 * 0.5 * (1 + Math.sqrt(1 + 4 / 1.959963984540054 ** 2)), [1, 1]) - 0.95) < 1e-6);
  assert.ok(confidence(100, 200, [1, 1]) > 0.999);
  assert.ok(confidence(1, 2, [1, 1]) < 0.5);
});

test("confidence grows with the change, does not know a direction, and stays between 0 and 1", () => {
  let last = -1;
  for (let now = 100; now < 300; now += 10) {
    const sure = confidence(100, now, [1, 1]);
    assert.ok(sure >= last && sure >= -1e-9 && sure <= 1);
    assert.equal(sure, confidence(now, 100, [1, 1]));
    last = sure;
  }
});

test("the coarser the grain, the less a change says", () => {
  assert.ok(confidence(1e6, 1.5e6, [1e5, 1e5]) < confidence(1e6, 1.5e6, [1e4, 1e4]));
  assert.ok(Math.abs(confidence(1e6, 1.5e6, [1e5, 1e5]) - confidence(10, 15, [1, 1])) < 1e-12, "units do not matter");
});
