// A picture of boxes on a canvas. It draws what can be seen and nothing else, and says which box is pointed at.

import { height, hit, neighbour, visible } from "./boxes.mjs";
import { css, ink, SEEN } from "./paint.mjs";
import { characterWidth, element } from "./dom.mjs";
import { shorten } from "./words.mjs";

export const ROW = 18;
const PAD = 4, SMALLEST_LABEL = 22, CRUMBS = 0.35;

export class Picture {
  // on: {hover(node | null, event), pick(node), choose(node, event), leave()}
  constructor(host, on) {
    this.on = on;
    this.canvas = element("canvas", { class: "boxes" });
    this.mark = element("canvas", { class: "mark" });
    this.spacer = element("div", { class: "spacer" }, this.canvas, this.mark);
    this.host = host;
    this.host.append(this.spacer);
    this.scene = null;
    this.hovered = null;
    this.under = 0;  // pixels of the picture below the window
    this.drawn = null;  // where the picture was scrolled to when it was drawn
    host.addEventListener("scroll", () => {
      if (host.scrollTop === this.drawn) return;  // by `lay`, which draws
      this.under = this.tall - host.scrollTop - host.clientHeight;
      this.draw();
    });
    host.addEventListener("pointermove", (event) => this.point(event));
    host.addEventListener("pointerleave", () => this.point(null));
    host.addEventListener("click", (event) => this.click(event, on.pick));
    host.addEventListener("contextmenu", (event) => this.click(event, on.choose));
    new ResizeObserver(() => this.scene && !this.fits() && this.lay()).observe(host);
  }

  // scene: {shape, target, down, label(node), look(node), words, chosen, crumbs, font, paper, text}
  show(scene) {
    const before = this.scene;
    this.host.setAttribute("aria-label", scene.words);
    this.scene = scene;
    this.hovered = null;
    const moved = !before || before.shape !== scene.shape || before.target !== scene.target || before.down !== scene.down;
    this.lay(moved);
  }

  lay(moved = false) {
    const { shape, target, down } = this.scene;
    const width = this.host.clientWidth, room = this.host.clientHeight;
    this.rows = height(shape, target, 0.6 / Math.max(width, 1));
    this.tall = Math.max(this.rows * ROW + 2 * PAD, room);
    this.spacer.style.height = `${this.tall}px`;
    if (!this.fits()) this.resize(width, room);
    if (moved) {
      const depth = shape.tree.depth[target];
      const wanted = down ? depth * ROW - room / 3 : this.tall - (depth + 1) * ROW - PAD - room * (2 / 3);
      this.host.scrollTop = depth === 0 ? (down ? 0 : this.tall) : Math.max(wanted, 0);
    }
    else if (!down) this.host.scrollTop = this.tall - room - this.under;  // rows grow from below
    this.under = this.tall - this.host.scrollTop - room;
    this.draw();
  }

  // Whether the canvases are as large as the window is: a canvas that is given a size is made anew.
  fits() {
    const { canvas, host } = this, ratio = window.devicePixelRatio || 1;
    return canvas.width === Math.round(host.clientWidth * ratio) && canvas.height === Math.round(host.clientHeight * ratio);
  }

  resize(width, room) {
    const ratio = window.devicePixelRatio || 1;
    for (const canvas of [this.canvas, this.mark]) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(room * ratio);
      canvas.style.width = `${width}px`;
      canvas.style.height = `${room}px`;
    }
  }

  // The upper edge of a row on the screen.
  top(depth) {
    const y = this.scene.down ? PAD + depth * ROW : this.tall - PAD - (depth + 1) * ROW;
    return y - this.host.scrollTop;
  }

  depthAt(y) {
    const inside = y + this.host.scrollTop;
    return Math.floor((this.scene.down ? inside - PAD : this.tall - PAD - inside) / ROW);
  }

  draw() {
    if (!this.scene) return;
    const { scene, canvas, host } = this;
    this.drawn = host.scrollTop;
    const width = host.clientWidth, room = host.clientHeight, ratio = canvas.width / Math.max(width, 1);
    const context = canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, room);
    const edges = [this.depthAt(0), this.depthAt(room)];
    const rows = { first: Math.max(Math.min(...edges), 0), last: Math.max(...edges) };
    this.seen = visible(scene.shape, scene.target, rows, width);
    context.font = scene.font;
    context.textBaseline = "middle";
    const characters = characterWidth(context);
    const above = scene.shape.tree.depth[scene.target];
    for (const [depth, { node, left, right }] of this.seen) {
      const y = this.top(depth);
      for (let i = 0; i < node.length; i++) {
        const wide = right[i] - left[i];
        if (node[i] < 0) {
          context.globalAlpha = CRUMBS;
          context.fillStyle = scene.crumbs;
          context.fillRect(left[i], y, wide, ROW - 1);
          context.globalAlpha = 1;
          continue;
        }
        const look = scene.look(node[i]), seen = look.faint ? SEEN.faint : depth < above ? SEEN.outer : SEEN.plain;
        context.globalAlpha = seen.box;
        context.fillStyle = css(look.rgb);
        context.fillRect(left[i], y, Math.max(wide - (wide > 3 ? 1 : 0.2), 0.5), ROW - 1);
        if (look.outline && wide > 3) this.outline(context, left[i], y, wide, look.outline);
        if (wide >= SMALLEST_LABEL) {
          context.globalAlpha = seen.label;
          context.fillStyle = seen === SEEN.plain ? ink(look.rgb) : scene.text;
          const text = this.fit(context, scene.label(node[i]), wide - 2 * PAD, characters);
          if (text) context.fillText(text, left[i] + PAD, y + ROW / 2);
        }
      }
    }
    context.globalAlpha = 1;
    this.frame();
  }

  outline(context, left, y, wide, { color, dashed }) {
    context.strokeStyle = color;
    context.lineWidth = 1.5;
    context.setLineDash(dashed ? [4, 2] : []);
    context.strokeRect(left + 1, y + 1, wide - 3, ROW - 3);
    context.setLineDash([]);
  }

  // As much of a label as has room.
  fit(context, label, room, character) {
    if (label.length * character * 0.8 < room && context.measureText(label).width <= room) return label;
    for (let letters = Math.ceil((room / character) * 1.15); letters > 1; ) {
      const text = shorten(label, letters);
      if (text.length < 2) return "";
      const { width } = context.measureText(text);
      if (width <= room) return text;
      letters = Math.min(letters - 1, Math.floor((text.length * room) / width));
    }
    return "";
  }

  // The frames around the boxes that are pointed at and chosen: on a canvas of their own, for they follow the pointer.
  frame() {
    const { scene, mark } = this;
    const context = mark.getContext("2d"), ratio = this.canvas.width / Math.max(this.host.clientWidth, 1);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, mark.width, mark.height);
    for (const [node, line] of [[this.hovered, 1], [scene.chosen, 2]]) {
      const box = node === null ? null : this.box(node);
      if (!box) continue;
      context.strokeStyle = scene.text;
      context.lineWidth = line;
      context.strokeRect(box.left + line / 2, box.top + line / 2, Math.max(box.width - 1 - line, 1), ROW - 1 - line);
    }
  }

  // Where a node is on the screen: {left, top, width}, or null where it is not seen.
  box(node) {
    const depth = this.scene.shape.tree.depth[node], row = this.seen?.get(depth);
    const i = row ? row.node.indexOf(node) : -1;
    return i < 0 ? null : { left: row.left[i], top: this.top(depth), width: row.right[i] - row.left[i] };
  }

  pointed(event) {
    const { left, top } = this.host.getBoundingClientRect();
    const node = hit(this.seen, this.depthAt(event.clientY - top), event.clientX - left);
    return node === null || node < 0 ? null : node;
  }

  point(event) {
    if (!this.scene) return;
    const node = event === null ? null : this.pointed(event);
    if (node !== this.hovered) {
      this.hovered = node;
      this.frame();
      this.host.style.cursor = node === null ? "default" : "pointer";
    }
    this.on.hover(node, event, this);
  }

  click(event, act) {
    if (!this.scene) return;
    const node = this.pointed(event);
    if (node === null) return;
    event.preventDefault();
    act(node, this);
  }

  // Makes a node visible that is wide enough: the row it stands in.
  reveal(node) {
    const depth = this.scene.shape.tree.depth[node], room = this.host.clientHeight, y = this.top(depth);
    if (y < 0 || y > room - ROW) this.host.scrollTop += y - room / 2;
    this.draw();
  }

  step(from, direction) {
    return neighbour(this.scene.shape, this.scene.target, from, direction);
  }
}
