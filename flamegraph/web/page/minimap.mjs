// The whole picture, small, beside one that is too tall for the window.

import { visible } from "./boxes.mjs";
import { element } from "./dom.mjs";
import { css } from "./paint.mjs";

const WIDE = 64;

export class Minimap {
  constructor(picture, host) {
    this.picture = picture;
    this.canvas = element("canvas", { class: "minimap", "aria-hidden": "true", hidden: true });
    host.append(this.canvas);
    const drag = (event) => {
      if (event.type === "pointerdown") this.canvas.setPointerCapture(event.pointerId);
      if (event.buttons === 0) return;
      const { top, height } = this.canvas.getBoundingClientRect(), scroll = picture.host;
      scroll.scrollTop = ((event.clientY - top) / height) * scroll.scrollHeight - scroll.clientHeight / 2;
    };
    this.canvas.addEventListener("pointerdown", drag);
    this.canvas.addEventListener("pointermove", drag);
    picture.host.addEventListener("scroll", () => this.view());
    new ResizeObserver(() => picture.scene && picture.host.isConnected && this.draw()).observe(picture.host);
  }

  // Not at once: the picture itself comes first.
  draw() {
    this.canvas.hidden = this.picture.tall <= this.picture.host.clientHeight * 1.5;
    clearTimeout(this.waiting);
    if (!this.canvas.hidden) this.waiting = setTimeout(() => this.paint(), 30);
  }

  paint() {
    const { picture, canvas } = this;
    const { scene, host } = picture;
    if (host.clientHeight === 0) return;  // another view has taken its place
    const tall = host.clientHeight, step = Math.max(1, tall / picture.rows);
    canvas.width = WIDE;
    canvas.height = tall;
    this.drawn = document.createElement("canvas");
    this.drawn.width = WIDE;
    this.drawn.height = tall;
    const context = this.drawn.getContext("2d");
    const rows = { first: 0, last: scene.shape.tree.deepest, every: Math.max(1, Math.floor(picture.rows / tall)) };
    for (const [depth, { node, left, right }] of visible(scene.shape, scene.target, rows, WIDE, 0.5)) {
      const y = ((scene.down ? depth : picture.rows - 1 - depth) / picture.rows) * tall;
      for (let i = 0; i < node.length; i++) {
        context.fillStyle = node[i] < 0 ? scene.crumbs : css(scene.look(node[i]).rgb);
        context.fillRect(left[i], y, right[i] - left[i], step);
      }
    }
    this.view();
  }

  // The part that is seen.
  view() {
    if (this.canvas.hidden || !this.drawn) return;
    const { host } = this.picture, tall = this.canvas.height;
    const context = this.canvas.getContext("2d");
    context.clearRect(0, 0, WIDE, tall);
    context.drawImage(this.drawn, 0, 0);
    context.strokeStyle = this.picture.scene.text;
    context.strokeRect(0.5, (host.scrollTop / host.scrollHeight) * tall + 0.5, WIDE - 1,
      Math.max((host.clientHeight / host.scrollHeight) * tall - 1, 3));
  }
}
