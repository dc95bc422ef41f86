// Two sides: how wide a node is, how the sides are scaled, and what is more than noise.

export const BASES = ["max", "after", "before", "sum"];

// What before is multiplied with, so that it compares with after. `norm` is "compared" (as they came), "none" (as counted:
// the scaling of the comparison undone) or "total" (both sides count the same).
export function factor(before, after, norm, factors) {
  const sum = (column) => column.reduce((all, value) => all + value, 0);
  if (norm === "none" && factors) return factors[1] / factors[0];
  if (norm === "total" && sum(before) > 0 && sum(after) > 0) return sum(after) / sum(before);
  return 1;
}

export const times = (column, by) => (by === 1 ? column : Float64Array.from(column, (value) => value * by));

// What a node is as wide as, of its own.
export function widths(before, after, basis) {
  if (basis === "before") return before;
  if (basis === "after") return after;
  const own = new Float64Array(before.length);
  for (let i = 0; i < own.length; i++) own[i] = basis === "max" ? Math.max(before[i], after[i]) : before[i] + after[i];
  return own;
}

// How sure it is that a change is none of sampling's noise, from 0 to 1: a normal deviate, and what it leaves out.
// `grains` is what one sample counts on each side. Counts below ten or so say little in any case.
export function confidence(before, after, grains) {
  const variance = Math.max(before, 0) * grains[0] + Math.max(after, 0) * grains[1] + (grains[0] ** 2 + grains[1] ** 2) / 2;
  return 1 - 2 * upperTail(Math.abs(after - before) / Math.sqrt(variance));
}

// The normal distribution beyond z, z not below 0: Abramowitz and Stegun 26.2.17, right to 7.5e-8.
function upperTail(z) {
  const t = 1 / (1 + 0.2316419 * z);
  const series = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * series;
}
