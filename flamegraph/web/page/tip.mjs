// What is said beside the pointer.

import { byId, element } from "./dom.mjs";

const APART = 14;

export class Tip {
  constructor() {
    this.host = byId("tip");
  }

  show(event, name, rows, ...more) {
    const lines = [...rows.map(([label, text]) => `${label}: ${text}`), ...more.filter(Boolean)];
    this.host.replaceChildren(element("b", {}, name), ...lines.map((line) => element("div", {}, line)));
    this.host.hidden = false;
    const { width, height } = this.host.getBoundingClientRect();
    const left = Math.min(event.clientX + APART, innerWidth - width - 4);
    const below = event.clientY + APART + height < innerHeight;
    this.host.style.left = `${Math.max(left, 4)}px`;
    this.host.style.top = `${below ? event.clientY + APART : Math.max(event.clientY - height - APART, 4)}px`;
  }

  hide() {
    this.host.hidden = true;
  }
}
