// How a box looks: its colour, its outline, whether it stands back. Nothing here knows the page.

import { byName, calm, changeColor } from "./paint.mjs";

// `dark` is a matter of the page, `hits` of the search: one 0 or 1 per name, or null.
export function looks(model, shape, state, dark, hits) {
  const faint = hits ? (node) => node !== 0 && !hits[shape.tree.name[node]] : () => false;
  const color = shape.before && state.colors === "change" && state.side === "change"
    ? byChange(model, shape, state, dark)
    : byTheName(model, shape, state, dark);
  return (node) => ({ ...color(node), faint: faint(node) });
}

function byTheName(model, shape, state, dark) {
  const colors = model.keep(`colors ${state.colors} ${dark}`, () =>
    byName(state.colors, model.functions, model.header.modules, dark));
  const root = calm([215, 215, 219], dark);
  return (node) => ({ rgb: node === 0 && shape.tree.name[0] === 0 ? root : colors[shape.tree.name[node]] });
}

function byChange(model, shape, state, dark) {
  const { before, after } = shape;
  const whole = Math.max(before.total[0], after.total[0]);
  const least = (state.threshold / 100) * whole;
  shape.largest ??= largestChange(before.total, after.total);
  return (node) => {
    const [old, now] = [before.total[node], after.total[node]];
    const change = Math.abs(now - old) < least ? 0 : now - old;
    const sure = change === 0 ? 1 : model.sureness(shape, node);
    const seen = sure < state.sure / 100 ? 0 : state.sure > 0 ? 1 : saturation(sure);
    const outline = node === 0 || old === now ? null : old === 0 ? { dashed: false } : now === 0 ? { dashed: true } : null;
    return {
      rgb: changeColor(shape.largest > 0 ? change / shape.largest : 0, seen, state.hues, dark),
      outline: outline && { ...outline, color: dark ? "#f0f0f0" : "#222222" },
    };
  };
}

// A change that is as likely as not to be noise has no colour, one of 95 % confidence all of it.
const saturation = (sure) => Math.min(Math.max((sure - 0.5) / 0.45, 0), 1);

function largestChange(before, after) {
  let largest = 0;
  for (let i = 1; i < before.length; i++) largest = Math.max(largest, Math.abs(after[i] - before[i]));
  return largest;
}
