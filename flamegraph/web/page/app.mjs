// The page: one state, which every control changes, every view shows and the address tells.

import { alone, byId, copy } from "./dom.mjs";
import { makeControls } from "./controls.mjs";
import { keys, showKeys } from "./keys.mjs";
import { showLegend } from "./legend.mjs";
import { showPanel } from "./panel.mjs";
import { save } from "./saving.mjs";
import { counted, find, following, matches } from "./search.mjs";
import { Stage } from "./stage.mjs";
import { format, formatNode, formatSteps, parse, parseNode, parseSteps } from "./state.mjs";
import { showTrail } from "./trail.mjs";
import { path } from "./tree.mjs";
import { percent, quantity } from "./words.mjs";
import { brief, unitOf } from "./facts.mjs";

export class App {
  constructor(model, defaults) {
    this.model = model;
    this.defaults = defaults;
    this.state = parse(alone ? location.hash : "", defaults, model.limits);
    this.hits = null;
    this.printing = false;  // paper is white
    this.controls = makeControls(this);
    byId("toolbar").append(...this.controls.main.map((control) => control.element));
    byId("comparing").append(...this.controls.comparing.map((control) => control.element));
    byId("comparing").hidden = !model.sides;
    this.stage = new Stage(this, byId("stage"));
    this.listen();
    this.render();
  }

  // Sets parts of the state. `push`: the reader can go back to what was before.
  change(patch, push = true) {
    const before = format(this.state, this.defaults);
    this.state = { ...this.state, ...patch };
    const now = format(this.state, this.defaults);
    if (alone && now !== before) {
      const hash = `#${now}`;
      try {
        if (push) history.pushState(null, "", hash);
        else history.replaceState(null, "", hash);
      } catch {
        // From a file, some browsers allow no other address.
      }
    }
    this.render();
  }

  get dark() {
    const { theme } = this.state;
    if (this.printing) return false;
    return theme === "auto" ? matchMedia("(prefers-color-scheme: dark)").matches : theme === "dark";
  }

  // The picture's tree, what is shown of it, and which box is pinned (or null).
  get shape() {
    return this.model.shape(this.state);
  }

  get target() {
    return parseNode(this.shape.tree, this.state.at);
  }

  get pinned() {
    return this.state.pin === "" ? null : parseNode(this.shape.tree, this.state.pin);
  }

  render() {
    const { state, model, shape, target } = this;
    document.documentElement.dataset.theme = state.theme;
    const found = state.search === "" ? { hits: null }
      : model.keep(["find", state.regex, state.exact, state.search].join(" "), () => find(model.names, state.search, state));
    this.hits = found.hits ?? null;
    const owner = parseSteps(state.steps).find(([what]) => what === "owner");
    const told = { ...state, owner: owner ? owner[1] : "" };
    for (const control of [...this.controls.main, ...this.controls.comparing]) control.update(told);
    this.tellSearch(found.error);
    const unit = unitOf(model, state);
    byId("whole").textContent = shape.before
      ? `${quantity(shape.before.total[0], unit)} → ${quantity(shape.after.total[0], unit)}`
      : quantity(shape.total[0], unit);
    showTrail(byId("trail"), this, shape, target);
    const { pinned } = this;
    byId("panel").hidden = pinned === null;
    if (pinned !== null) showPanel(byId("panel"), model, shape, pinned, state, this.actions());
    showLegend(byId("legend"), model, state, shape, this.dark);
    this.stage.show();  // last: the others take what room they need
  }

  tellSearch(error) {
    const { state, shape } = this, target = state.view === "table" || state.view === "sandwich" ? 0 : this.target;
    const term = byId("term");
    if (document.activeElement !== term) term.value = state.search;
    term.setAttribute("aria-invalid", Boolean(error));
    byId("exact").setAttribute("aria-pressed", state.exact);
    byId("regex").setAttribute("aria-pressed", state.regex);
    this.found = this.hits ? matches(shape, this.hits, target) : [];
    for (const id of ["previous", "next"]) byId(id).disabled = this.found.length === 0;
    byId("matched").textContent = error ? "not a regular expression"
      : this.hits ? `${percent(counted(shape, this.hits, target, this.found), shape.total[target])} matched` : "";
    term.title = error ?? "";
  }

  say(text) {
    byId("said").textContent = text;
  }

  // Tells those who can't see it which box is walked to.
  sayBox(node, shape = this.shape) {
    const { model, state } = this;
    const facts = brief(model, shape, node, state).map((row) => row.join(" "));
    this.say([model.names[shape.tree.name[node]], `level ${shape.tree.depth[node]}`, ...facts].join(", "));
  }

  // What the reader does with boxes

  zoom(node) {
    const at = formatNode(this.shape.tree, node);
    this.change({ at, ...(this.state.pin === "" ? {} : { pin: at || "0" }) });
  }

  choose(node) {
    this.change({ pin: formatNode(this.shape.tree, node) || "0" }, false);
  }

  togglePanel() {
    if (this.pinned === null) this.choose(this.target);
    else this.change({ pin: "" }, false);
  }

  step(what, which = 0) {
    this.change({ steps: formatSteps([...parseSteps(this.state.steps), [what, which]]), at: "", pin: "" });
    this.say(`${what} ${this.model.names[which] ?? ""}`);
  }

  removeStep(i) {
    this.change({ steps: formatSteps(parseSteps(this.state.steps).filter((_, k) => k !== i)), at: "", pin: "" });
  }

  undo() {
    const steps = parseSteps(this.state.steps);
    if (steps.length) this.removeStep(steps.length - 1);
  }

  onlyOwner(name) {
    const others = parseSteps(this.state.steps).filter(([what]) => what !== "owner");
    this.change({ steps: formatSteps(name === "" ? others : [["owner", name], ...others]), at: "", pin: "" });
  }

  show(view) {
    this.change(view === "sandwich" && !this.state.name ? { view, name: this.suggested() } : { view });
  }

  // Whether stacks can be turned around in the view.
  get turns() {
    return ["flame", "icicle", "tree"].includes(this.state.view);
  }

  turn() {
    this.change({ turned: !this.state.turned, at: "", pin: "" });
  }

  toggle(key) {
    this.change({ [key]: !this.state[key] }, false);
  }

  sandwich(name) {
    this.change({ view: "sandwich", name, pin: "" });
  }

  // The function that the sandwich begins with: the one that is pinned or zoomed into, else the costliest.
  suggested() {
    const node = this.pinned ?? this.target;
    if (node !== 0) return this.shape.tree.name[node];
    const { own } = this.model.table(this.state);
    return own.reduce((best, value, name) => (value > own[best] ? name : best), 0) || 1;
  }

  actions() {
    const { model } = this;
    return {
      zoom: (node) => this.zoom(node),
      choose: (node) => this.choose(node),
      step: (what, which) => this.step(what, which),
      sandwich: (name) => this.sandwich(name),
      highlight: (name) => this.change({ search: model.names[name], regex: false, exact: true }),
      copyName: (name) => this.copied(model.names[name]),
      copyStack: (node) => this.copied(path(this.shape.tree, node).map((name) => model.labels[name]).join(";")),
      close: () => this.change({ pin: "" }, false),
    };
  }

  async copied(text) {
    this.say((await copy(text)) ? "copied" : "The browser does not allow copying.");
  }

  // To the next of the boxes that are found, from the one that is pinned.
  walk(step) {
    if (!this.found.length) return;
    if (this.state.view === "table") return this.stage.table.walk(step);
    if (this.state.view === "sandwich") return this.stage.halves.next(step, this.hits);
    const next = this.found[following(this.found.length, this.found.indexOf(this.pinned), step)];
    this.choose(next);
    this.stage.reveal(next);
    this.sayBox(next);
  }

  save(kind) {
    save(kind, this);
  }

  help() {
    showKeys(byId("sheet"), this);
  }

  // Events

  listen() {
    const { model } = this;
    const go = () => {
      this.state = parse(location.hash, this.defaults, model.limits);
      this.render();
    };
    if (alone) {
      addEventListener("popstate", go);
      addEventListener("hashchange", go);
    }
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.render());
    for (const [event, printing] of [["beforeprint", true], ["afterprint", false]]) {
      addEventListener(event, () => {
        this.printing = printing;
        this.render();
        this.stage.print(printing);
      });
    }
    const term = byId("term");
    term.addEventListener("input", () => this.change({ search: term.value }, false));
    byId("searching").addEventListener("submit", (event) => {
      event.preventDefault();
      this.walk(1);
    });
    for (const id of ["exact", "regex"]) byId(id).addEventListener("click", () => this.toggle(id));
    byId("previous").addEventListener("click", () => this.walk(-1));
    byId("next").addEventListener("click", () => this.walk(1));
    addEventListener("keydown", (event) => keys(this, event));
  }
}
