// The profile of the page and every view of it, worked out when it is asked for and kept while it is in use.

import { confidence, factor, times, widths } from "./change.mjs";
import { functionTable } from "./functions.mjs";
import { collapseModule, collapseRecursion, focus, hide, ignore, inverted, ownedBy, sandwich } from "./graft.mjs";
import { parseSteps } from "./state.mjs";
import { arrange, ranks, starts, toTree, totals } from "./tree.mjs";

const VERDICTS = ["same", "inconclusive", "regressed", "improved", "moved", "new", "gone"];
const PROCESS = 7, THREAD = 8;
const isOwner = (kind) => kind === PROCESS || kind === THREAD;

export class Model {
  constructor({ header, columns }) {
    this.header = header;
    this.names = ["all", ...header.names];
    this.metrics = header.metrics;
    this.sides = header.sides;
    this.comparison = header.comparison ?? null;
    this.rank = ranks(this.names);
    // Columns per function, with a row for the root.
    this.functions = {};
    for (const column of ["kind", "module", "file", "line", "red", "green", "blue"]) {
      this.functions[column] = withRoot(columns[`function.${column}`]);
    }
    const own = header.metrics.map((_, i) => columns[`own.${i}`]);
    this.base = toTree(columns.depth, columns.name, own, upTo(columns.depth.length));
    this.judged = columns["function.verdict"] && {
      verdict: withRoot(columns["function.verdict"]),
      low: withRoot(columns["function.low"]),
      high: withRoot(columns["function.high"]),
      p: withRoot(columns["function.p"]),
      node: { verdict: columns.verdict, p: columns.p },
    };
    // Names as folded stacks have them: with what marks their kind.
    this.labels = this.names.map((name, i) => name + (header.marks[this.functions.kind[i]] ?? ""));
    this.chart = columns["chart.depth"] && inTime(columns);
    this.limits = { metric: this.metrics.length, name: this.names.length, time: Boolean(this.chart) };
    this.kept = new Map();
  }

  // Function, module and place in a few words.
  module(name) {
    return this.header.modules[this.functions.module[name]];
  }

  place(name) {
    const file = this.header.files[this.functions.file[name]], line = this.functions.line[name];
    return file && line ? `${file}:${line}` : file;
  }

  // Processes and threads that stacks begin with, by their names' numbers.
  owners() {
    const found = new Set();
    const { base, functions } = this;
    for (let i = 1; i < base.count; ) {
      if (!isOwner(functions.kind[base.name[i]])) {
        i = base.end[i];
        continue;
      }
      found.add(base.name[i]);
      i++;
    }
    return [...found].sort((a, b) => this.rank[a] - this.rank[b]);
  }

  // The verdict on a function of a comparison, or "".
  verdict(name) {
    return this.judged ? VERDICTS[this.judged.verdict[name]] ?? "" : "";
  }

  // Worked out once while it is among the last few that were asked for.
  keep(key, make) {
    if (!this.kept.has(key)) {
      if (this.kept.size >= 8) this.kept.delete(this.kept.keys().next().value);
      this.kept.set(key, make());
    } else {
      const value = this.kept.get(key);
      this.kept.delete(key);
      this.kept.set(key, value);
    }
    return this.kept.get(key);
  }

  // The tree after the reader's steps.
  stepped(steps) {
    return this.keep(`steps ${steps}`, () => {
      let tree = this.base;
      for (const [what, which] of parseSteps(steps)) tree = this.step(tree, what, which);
      return tree;
    });
  }

  step(tree, what, which) {
    const { rank } = this;
    switch (what) {
      case "focus": return focus(tree, rank, which);
      case "owner": return ownedBy(tree, rank, which, this.functions.kind.map(isOwner));
      case "ignore": return ignore(tree, rank, which);
      case "hide": return hide(tree, rank, which);
      case "recursion": return collapseRecursion(tree, rank);
      case "module": return collapseModule(tree, rank, this.functions.module, which);
      default: return tree;
    }
  }

  // What of the state says which values are counted.
  measure(state) {
    return this.sides ? [state.side, state.basis, state.norm].join() : state.metric;
  }

  // What a picture draws: {tree, start, total, own, before, after, turned, cut}. before and after have {own, total} where
  // two sides are compared, before times `scale`, else they are null. `turned` says that callers stand on their callees,
  // `cut` that frames were left out.
  shape(state) {
    if (state.view === "time" && this.chart) return this.chart;
    return this.keep(["shape", state.steps, state.turned, state.order, this.measure(state)].join(" "), () => {
      const stepped = this.stepped(state.steps);
      const { tree, cut } = state.turned
        ? this.keep(`turned ${state.steps}`, () => inverted(stepped, this.rank))
        : { tree: stepped, cut: false };
      return this.ordered(tree, state, state.turned, cut);
    });
  }

  // The two pictures of the sandwich.
  halves(state) {
    return this.keep(["halves", state.steps, state.name, state.order, this.measure(state)].join(" "), () => {
      const both = this.keep(`sandwich ${state.steps} ${state.name}`, () =>
        sandwich(this.stepped(state.steps), this.rank, state.name));
      const [above, below] = [both.callers.tree, both.callees].map((tree, i) =>
        this.ordered(tree, state, i === 0, i === 0 && both.callers.cut));
      return { callers: above, callees: below };
    });
  }

  ordered(tree, state, turned, cut) {
    const shape = this.measured(tree, state, turned, cut);
    if (state.order !== "weight") return shape;
    const heaviestFirst = arrange(tree.parent, tree.name, tree.own, this.rank, shape.total, tree.source);
    return this.measured(heaviestFirst, state, turned, cut);
  }

  measured(tree, state, turned = false, cut = false) {
    let own = tree.own[state.metric] ?? tree.own[0], before = null, after = null, scale = 1;
    if (this.sides) {
      const [one, now] = this.sides.map((column) => tree.own[column]);
      scale = factor(one, now, state.norm, this.comparison.factors);
      const old = times(one, scale);
      before = { own: old, total: totals(tree, old) };
      after = { own: now, total: totals(tree, now) };
      own = state.side === "before" ? old : state.side === "after" ? now : widths(old, now, state.basis);
    }
    own = notNegative(own);
    const total = totals(tree, own);
    return { tree, own, total, start: starts(tree, own, total), before, after, scale, turned, cut };
  }

  // The table: {own, total, before, after} per name; before and after have {own, total} where two sides are compared.
  table(state) {
    return this.keep(["table", state.steps, this.measure(state)].join(" "), () => {
      const { tree, own, total, before, after } = this.measured(this.stepped(state.steps), state);
      const columns = [{ own, total }, before, after].map(
        (side) => side && functionTable({ ...tree, own: [side.own] }, [side.total], this.names.length));
      const [all, old, now] = columns.map((side) => side && { own: side.own[0], total: side.total[0] });
      return { ...all, before: old, after: now, whole: total[0], wholes: before && [before.total[0], after.total[0]] };
    });
  }

  // The verdict on a box with all that it calls, where it is one of the comparison's, or "".
  verdictHere(shape, node) {
    const source = shape.tree.source?.[node];
    return this.judged && source !== undefined ? VERDICTS[this.judged.node.verdict[source]] ?? "" : "";
  }

  // How sure the change of a node is, from 0 to 1: by its runs where there are some, else by sampling alone; 1 where
  // nothing is known of that.
  sureness(shape, node) {
    const about = this.comparison;
    const source = shape.tree.source?.[node];
    if (this.judged && about.runs[0] + about.runs[1] > 2 && source !== undefined) {
      const p = this.judged.node.p[source];
      if (!Number.isNaN(p)) return 1 - p;
    }
    if (!about?.grains) return 1;
    const [old, now] = about.grains;
    return confidence(shape.before.total[node], shape.after.total[node], [old * shape.scale, now]);
  }
}

// The shape of a flame chart: boxes as they were timed, each as often as it was called.
function inTime(columns) {
  const tree = { ...toTree(columns["chart.depth"], columns["chart.name"], []), repeats: true };
  const total = Float64Array.from(columns["chart.width"]), own = total.slice();
  for (let i = 1; i < tree.count; i++) own[tree.parent[i]] -= total[i];
  return { tree, own, total, start: columns["chart.start"], before: null, after: null, turned: false, cut: false };
}

function upTo(count) {
  const numbers = new Int32Array(count);
  for (let i = 0; i < count; i++) numbers[i] = i;
  return numbers;
}

// Differences that a profiler has written may be below zero, and no box is narrower than nothing.
function notNegative(column) {
  for (let i = 0; i < column.length; i++) {
    if (!(column[i] >= 0)) return Float64Array.from(column, (value) => (value > 0 ? value : 0));
  }
  return column;
}

function withRoot(column) {
  const rows = new column.constructor(column.length + 1);
  rows.set(column, 1);
  return rows;
}
