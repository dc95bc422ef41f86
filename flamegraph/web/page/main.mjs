// Reads the profile that the page carries, and begins.

import { App } from "./app.mjs";
import { unpack } from "./columns.mjs";
import { byId } from "./dom.mjs";
import { Model } from "./model.mjs";
import { GPU } from "./paint.mjs";
import { DEFAULTS } from "./state.mjs";

try {
  const content = await unpack(byId("data").textContent);
  byId("data").remove();  // it is large
  const { header } = content;
  const { kind, order, basis, theme } = header.options;
  const shown = {
    view: kind === "chart" ? "time" : kind, order, basis, theme, metric: header.metric,
    // Where a GPU works, what tells it from the rest is the first thing to see.
    colors: header.comparison ? "change" : header.options.colors === "hot" && content.columns["function.kind"].includes(GPU) ? "kind" : "name",
  };
  globalThis.flamegraph = new App(new Model(content), { ...DEFAULTS, ...shown });
} catch (error) {
  byId("loading").textContent = `The profile can't be shown: ${error.message}`;
  throw error;
}
