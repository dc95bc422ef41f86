// What keys do, and the sheet that lists it.

import { byId, element } from "./dom.mjs";

const SHEET = [
  ["click", "zoom: the box takes the whole width"],
  ["right click", "details of the box, which stay; by touch: press and hold"],
  ["← → ↑ ↓", "walk from box to box"],
  ["Enter", "zoom to the box walked to; in the sandwich: make it the one in the middle"],
  ["Escape", "stop searching, then close the details, then zoom out"],
  ["Backspace", "zoom out by one caller"],
  ["/ or Ctrl+F", "search"],
  ["Alt+C, Alt+R", "search: match case, regular expression"],
  ["n, N", "next and previous match"],
  ["1 … 6", "flame, icicle, sandwich, table, tree, time"],
  ["r", "turn around: callers on their callees"],
  ["o", "order: by name, heaviest first"],
  ["t", "light or dark"],
  ["p", "details"],
  ["f, i, h", "focus on, ignore, hide the function"],
  ["x", "collapse recursion everywhere"],
  ["m", "collapse its module"],
  ["s", "sandwich: its callers and callees"],
  ["l", "highlight it everywhere"],
  ["c, C", "copy its name, its stack"],
  ["u", "undo the last step"],
  ["?", "this sheet"],
];

const VIEWS = { 1: "flame", 2: "icicle", 3: "sandwich", 4: "table", 5: "tree", 6: "time" };

export function showKeys(dialog, app) {
  // Who speaks to the computer says letters that are meant for no key.
  const letters = element("input", { type: "checkbox", id: "letters", checked: app.state.letters });
  letters.addEventListener("change", () => app.change({ letters: letters.checked }, false));
  const close = element("button", { type: "button", onclick: () => dialog.close() }, "Close");
  dialog.replaceChildren(
    element("dl", {}, ...SHEET.flatMap(([key, does]) => [element("dt", {}, element("kbd", {}, key)), element("dd", {}, does)])),
    element("p", {}, element("label", {}, letters, " single characters are commands")), close);
  dialog.setAttribute("aria-label", "Keys and gestures");
  dialog.showModal();
}

export function keys(app, event) {
  const typing = event.target.closest?.("input:not([type=range]), textarea");
  if (!app.state.letters && event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey) return;
  if ((event.ctrlKey || event.metaKey) && event.key === "f" || (event.key === "/" && !typing)) {
    event.preventDefault();
    byId("term").focus();
    byId("term").select();
    return;
  }
  if (event.altKey && (event.code === "KeyC" || event.code === "KeyR")) {
    event.preventDefault();
    app.toggle(event.code === "KeyC" ? "exact" : "regex");
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || byId("sheet").open) return;
  if (event.key === "Escape") {
    escape(app, typing);
    return;
  }
  if (typing || event.target.closest?.("select, input")) return;
  if (press(app, event)) event.preventDefault();
}

function escape(app, typing) {
  const { state } = app;
  if (typing) typing.blur();
  if (state.search !== "") app.change({ search: "" }, false);
  else if (state.pin !== "") app.change({ pin: "" }, false);
  else if (state.at !== "") app.zoom(0);
}

// Whether the key did something.
function press(app, event) {
  const { state, model } = app, { key } = event;
  const act = app.actions();
  const node = app.pinned ?? app.target;
  const name = state.view === "sandwich" ? state.name : app.shape.tree.name[node];
  const about = (does) => name !== 0 && (does(name), true);
  const view = VIEWS[key];
  if (view && (view !== "time" || model.chart)) {
    app.show(view);
    return true;
  }
  if (key.startsWith("Arrow")) return walk(app, key);
  const button = event.target.closest?.("button, [role=treeitem]");
  if (key === "Enter" && !button && state.view === "sandwich") return app.stage.halves.enter(), true;
  if (key === "Enter" && !button && app.pinned !== null) return app.zoom(app.pinned), true;
  switch (key) {
    case "Backspace": return state.at !== "" && (app.zoom(app.shape.tree.parent[app.target]), true);
    case "n": return app.walk(1), true;
    case "N": return app.walk(-1), true;
    case "r": return app.turns && (app.turn(), true);
    case "o": return app.change({ order: state.order === "name" ? "weight" : "name" }), true;
    case "t": return app.change({ theme: app.dark ? "light" : "dark" }, false), true;
    case "p": return app.togglePanel(), true;
    case "u": return app.undo(), true;
    case "x": return app.step("recursion"), true;
    case "f": return about((which) => app.step("focus", which));
    case "i": return about((which) => app.step("ignore", which));
    case "h": return about((which) => app.step("hide", which));
    case "m": return about((which) => model.module(which) && app.step("module", model.functions.module[which]));
    case "s": return about((which) => app.sandwich(which));
    case "l": return about(act.highlight);
    case "c": return about(act.copyName);
    case "C": return node !== 0 && (act.copyStack(node), true);
    case "?": return app.help(), true;
    default: return false;
  }
}

function walk(app, key) {
  if (app.state.view === "sandwich") return app.stage.halves.walk(key), true;
  const picture = app.stage.walked;
  if (!picture) return false;
  const away = picture.scene.down ? "ArrowDown" : "ArrowUp";
  const way = { ArrowLeft: "left", ArrowRight: "right" }[key] ?? (key === away ? "callee" : "caller");
  const to = app.pinned === null ? app.target : picture.step(app.pinned, way);
  app.choose(to);
  app.stage.reveal(to);
  app.sayBox(to);
  return true;
}
