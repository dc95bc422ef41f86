// Files of what is shown.

import { download, element } from "./dom.mjs";
import { folded, speedscope, svg } from "./exports.mjs";
import { brief, unitOf } from "./facts.mjs";
import { css, ink } from "./paint.mjs";
import { ROW } from "./picture.mjs";
import { shorten } from "./words.mjs";

// No browser draws a canvas that is larger.
const TALLEST = 16_000;

export function save(kind, app) {
  const { model, state } = app;
  const title = document.title, file = title.replace(/[^\p{L}\p{N}.-]+/gu, "-").slice(0, 60) || "flamegraph";
  if (kind === "folded" || kind === "speedscope") {
    const { shape, target } = stacks(app), unit = unitOf(model, state);
    if (kind === "folded") download(`${file}.folded`, folded(shape.tree, shape.own, model.labels, target), "text/plain");
    else download(`${file}.speedscope.json`, speedscope(shape.tree, shape.own, model.names, title, unit, target), "application/json");
  }
  if (kind !== "svg" && kind !== "png") return;
  const scenes = seen(app), [{ paper, text: color }] = scenes;
  const context = element("canvas").getContext("2d");
  context.font = "11px system-ui, sans-serif";
  const character = context.measureText("abcdefghijklmnopqrstuvwxyz_:.").width / 29;
  const text = svg(scenes, title, 1200, ROW, { css, ink, paper, text: color },
    (node, scene) => [scene.label(node), ...brief(model, scene.shape, node, state).map((row) => row.join(": "))].join("\n"),
    (label, room) => shorten(label, Math.floor(room / character)));
  if (kind === "svg") download(`${file}.svg`, text, "image/svg+xml");
  else toPng(text, (blob) => download(`${file}.png`, blob));
}

// The stacks that the view is about; in a sandwich those with its function.
function stacks({ model, state, shape, target }) {
  if (state.view !== "sandwich") return { shape, target };
  const steps = [state.steps, `focus.${state.name}`].filter(Boolean).join("~");
  return { shape: model.shape({ ...state, steps, turned: false }), target: 0 };
}

function seen({ model, state, shape, target, stage }) {
  if (state.view !== "sandwich") return [stage.scene(shape, target, state.view === "icicle" || state.view === "time", null)];
  const { callers, callees } = model.halves(state);
  return [stage.scene(callers, 0, false, null), stage.scene(callees, 0, true, null)];
}

function toPng(text, done) {
  const url = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
  const image = new Image();
  image.onload = () => {
    const scale = Math.min(2, TALLEST / image.height);
    const canvas = element("canvas", { width: image.width * scale, height: image.height * scale });
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    canvas.toBlob(done, "image/png");
    URL.revokeObjectURL(url);
  };
  image.src = url;
}
