// The sandwich: who calls one function in a picture above, what it calls in one below.

import { element } from "./dom.mjs";
import { following, matches } from "./search.mjs";

export class Halves {
  // on: {open(name), say(node, shape)}; `make(on)` makes a picture at the end of `host`.
  constructor(host, make, on) {
    this.on = on;
    const pick = (node, picture) => node !== 0 && on.open(picture.scene.shape.tree.name[node]);
    this.above = make({ pick, choose: pick });
    this.divide = element("div", { class: "divide" });
    host.append(this.divide);
    this.below = make({ pick, choose: pick });
    this.shapes = null;
    this.at = null;  // the box walked to: {picture, node}
  }

  // `scene(shape, down, chosen)` is what a picture draws of a shape.
  show(title, shapes, scene) {
    if (this.shapes !== shapes) this.at = null;
    this.shapes = shapes;
    this.divide.replaceChildren(
      element("span", {}, "▴ called by"), element("strong", { id: "function" }, title), element("span", {}, "calls ▾"));
    this.above.show(scene(shapes.callers, false, this.chosen(this.above)));
    this.below.show(scene(shapes.callees, true, this.chosen(this.below)));
  }

  chosen(picture) {
    return this.at?.picture === picture ? this.at.node : null;
  }

  // Up to callers and down to callees, from the function in the middle, and to what stands beside a box.
  walk(key) {
    let { picture, node } = this.at ?? { picture: this.above, node: 0 };
    if (node === 0 && key === "ArrowUp") picture = this.above;
    if (node === 0 && key === "ArrowDown") picture = this.below;
    const away = picture === this.below ? "ArrowDown" : "ArrowUp";
    node = picture.step(node, { ArrowLeft: "left", ArrowRight: "right" }[key] ?? (key === away ? "callee" : "caller"));
    this.go({ picture, node });
  }

  // To the next of the boxes that a search found, or the one before: callers first.
  next(step, hits) {
    const found = [this.above, this.below].flatMap((picture) =>
      matches(picture.scene.shape, hits, 0).map((node) => ({ picture, node })));
    const at = found.findIndex(({ picture, node }) => picture === this.at?.picture && node === this.at.node);
    if (found.length) this.go(found[following(found.length, at, step)]);
  }

  go(at) {
    this.at = at;
    for (const half of [this.above, this.below]) {
      half.scene.chosen = this.chosen(half);
      half.frame();
    }
    at.picture.reveal(at.node);
    this.on.say(at.node, at.picture.scene.shape);
  }

  // The sandwich of the function walked to.
  enter() {
    const { picture, node } = this.at ?? { node: 0 };
    if (node !== 0) this.on.open(picture.scene.shape.tree.name[node]);
  }
}
