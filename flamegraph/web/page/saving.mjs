// Files of what is shown.

import { characterWidth, download, drawn, element } from "./dom.mjs";
import { drawing, folded, speedscope, svg } from "./exports.mjs";
import { brief, unitOf } from "./facts.mjs";
import { css, ink, SEEN } from "./paint.mjs";
import { ROW } from "./picture.mjs";
import { shorten } from "./words.mjs";

// No browser draws a canvas that is larger.
const TALLEST = 16_000, WIDE = 1200;

export function save(kind, app) {
  const { model, state } = app;
  const title = document.title, file = title.replace(/[^\p{L}\p{N}.-]+/gu, "-").slice(0, 60) || "flamegraph";
  if (kind === "folded" || kind === "speedscope") {
    const { shape, target } = stacks(app), unit = unitOf(model, state);
    if (kind === "folded") download(`${file}.folded`, folded(shape.tree, shape.own, model.labels, target), "text/plain");
    else download(`${file}.speedscope.json`, speedscope(shape.tree, shape.own, model.names, title, unit, target), "application/json");
  }
  if (kind === "svg") download(`${file}.svg`, asSvg(app, title), "image/svg+xml");
  else if (kind === "png") toPng(asSvg(app, title), (blob) => download(`${file}.png`, blob));
}

function asSvg(app, title) {
  const scenes = seen(app), [{ paper, text }] = scenes;
  const say = (node, scene) =>
    [scene.label(node), ...brief(app.model, scene.shape, node, app.state).map((row) => row.join(": "))].join("\n");
  return svg(drawing(scenes, WIDE, { top: 30, height: ROW }, fitting()), title, WIDE, { css, ink, paper, text }, say);
}

// As much of a label as has room, by what a character takes on the average.
function fitting() {
  const context = element("canvas").getContext("2d");
  context.font = "11px system-ui, sans-serif";
  const character = characterWidth(context);
  return (label, room) => shorten(label, Math.floor(room / character));
}

// What is printed: a picture that is as wide as the paper and as tall as it needs, whatever the window shows of it.
export function onPaper(app) {
  const width = 1000, { tall, boxes } = drawing(seen(app), width, { top: 4, height: ROW }, fitting());
  const made = boxes.map((box) => drawn("g", box.faint ? { opacity: SEEN.faint.box } : {},
    drawn("rect", { x: box.left, y: box.top, width: box.width, height: box.height, fill: css(box.rgb) }),
    ...(box.text ? [drawn("text", { x: box.left + 4, y: box.top + box.height - 5, fill: ink(box.rgb) }, box.text)] : [])));
  const picture = drawn("svg", { viewBox: `0 0 ${width} ${tall}`, "font-family": "system-ui, sans-serif", "font-size": 11 }, ...made);
  return element("div", { class: "paper" }, picture);
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
