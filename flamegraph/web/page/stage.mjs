// The part of the page where the view stands: one picture, two of them, a table or an outline.

import { element } from "./dom.mjs";
import { brief, unitOf } from "./facts.mjs";
import { Halves } from "./halves.mjs";
import { looks } from "./looks.mjs";
import { Minimap } from "./minimap.mjs";
import { showOutline } from "./outline.mjs";
import { Picture } from "./picture.mjs";
import { onPaper } from "./saving.mjs";
import { showTable } from "./table.mjs";
import { Tip } from "./tip.mjs";
import { count, quantity } from "./words.mjs";

export class Stage {
  constructor(app, host) {
    this.app = app;
    this.host = host;
    this.kind = "";
    this.tip = new Tip();
  }

  show() {
    const { app, host } = this;
    const { state, model, hits } = app;
    this.tip.hide();
    if (state.view === "table") {
      this.kind = "table";
      this.table = showTable(host, model, state, hits, {
        choose: (name) => app.sandwich(name),
        sort: (sort, up) => app.change({ sort, up }, false),
      });
    } else if (state.view === "tree") {
      const key = ["tree", state.steps, state.turned, state.metric, state.at, state.norm, state.side, state.basis].join(" ");
      if (this.kind !== key) {
        this.kind = key;
        this.outline = showOutline(host, model, app.shape, app.target, state, { choose: (node) => app.choose(node) });
      }
      this.outline.mark(hits, app.pinned);
    } else if (state.view === "sandwich") this.showSandwich();
    else this.showPicture();
  }

  showPicture() {
    const { app } = this;
    if (this.kind !== "picture") {
      this.kind = "picture";
      this.host.replaceChildren();
      this.picture = this.makePicture({
        pick: (node) => app.zoom(node),
        choose: (node) => app.choose(node),
      });
      this.minimap = new Minimap(this.picture, this.host.firstChild);
    }
    this.picture.show(this.scene(app.shape, app.target, app.state.view !== "flame", app.pinned));
    this.minimap.draw();
  }

  showSandwich() {
    const { app } = this;
    if (this.kind !== "sandwich") {
      this.kind = "sandwich";
      this.host.replaceChildren();
      this.halves = new Halves(this.host, (on) => this.makePicture(on), {
        open: (name) => app.sandwich(name),
        say: (node, shape) => app.sayBox(node, shape),
      });
    }
    const { model, state } = app;
    this.halves.show(model.names[state.name], model.halves(state), (shape, down, chosen) => this.scene(shape, 0, down, chosen));
  }

  makePicture(on) {
    const frame = element("div", { class: "picture" });
    const scroll = element("div", { class: "scroll", tabIndex: 0, role: "img" });
    frame.append(scroll);
    this.host.append(frame);
    return new Picture(scroll, { ...on, hover: (node, event, picture) => this.hover(node, event, picture) });
  }

  scene(shape, target, down, chosen) {
    const { model, state, dark, hits } = this.app;
    return {
      shape, target, down, chosen,
      look: looks(model, shape, state, dark, hits),
      label: (node) => model.names[shape.tree.name[node]],
      font: "11.5px system-ui, sans-serif",
      crumbs: dark ? "#7a7a86" : "#a8a8b0",
      words: this.words(shape, target),
      text: dark ? "#ffffff" : "#000000",
      paper: dark ? "#16161a" : "#ffffff",
    };
  }

  // What the picture is, for those who can't see it.
  words(shape, target) {
    const { model, state } = this.app;
    const what = state.view === "sandwich" ? `Calls around ${model.names[state.name]}` : `Stacks on ${model.names[shape.tree.name[target]]}`;
    return `${what}: ${quantity(shape.total[target], unitOf(model, state))}, ${count(shape.tree.end[target] - target)} boxes. ` +
      "Arrow keys walk from box to box; the table and the tree tell the same.";
  }

  hover(node, event, picture) {
    if (node === null || !event) return this.tip.hide();
    const { model, state } = this.app, { shape } = picture.scene;
    const name = shape.tree.name[node];
    this.tip.show(event, model.names[name], brief(model, shape, node, state), model.module(name), model.place(name));
  }

  // Puts what is printed in the place of what is seen, or takes it away again.
  print(on) {
    this.paper?.remove();
    this.paper = on && (this.kind === "picture" || this.kind === "sandwich") ? onPaper(this.app) : null;
    if (this.paper) this.host.append(this.paper);
    this.host.classList.toggle("printed", Boolean(this.paper));
  }

  // The picture of the whole profile, or null where something else is shown.
  get walked() {
    return this.kind === "picture" ? this.picture : null;
  }

  reveal(node) {
    if (this.app.state.view === "tree") this.outline.reveal(node);
    else this.walked?.reveal(node);
  }
}
