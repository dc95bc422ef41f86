// Trees made from trees: filtered, simplified, turned around. See tree.mjs for what a tree is.

import { arrange, totals } from "./tree.mjs";

// Grows a tree in which a caller has one callee of a name.
class Growing {
  constructor(metrics, root = 0) {
    this.count = 1;
    this.parent = new Int32Array(1024);
    this.name = new Int32Array(1024);
    this.name[0] = root;
    this.own = Array.from({ length: metrics }, () => new Float64Array(1024));
    this.slots = new Int32Array(4096);  // open addressing: node, or 0
  }

  // The callee of a name, which is new where there was none.
  callee(parent, name) {
    if (this.count * 2 > this.slots.length) this.rehash();
    let slot = this.slot(parent, name);
    for (let node; (node = this.slots[slot]) !== 0; slot = (slot + 1) & (this.slots.length - 1)) {
      if (this.parent[node] === parent && this.name[node] === name) return node;
    }
    if (this.count === this.parent.length) this.widen();
    this.parent[this.count] = parent;
    this.name[this.count] = name;
    this.slots[slot] = this.count;
    return this.count++;
  }

  add(node, own, from) {
    for (let m = 0; m < own.length; m++) this.own[m][node] += own[m][from];
  }

  slot(parent, name) {
    let hash = Math.imul(parent, 0x9e3779b1) ^ Math.imul(name + 1, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    return (hash ^ (hash >>> 13)) & (this.slots.length - 1);
  }

  rehash() {
    this.slots = new Int32Array(this.slots.length * 4);
    for (let node = 1; node < this.count; node++) {
      let slot = this.slot(this.parent[node], this.name[node]);
      while (this.slots[slot] !== 0) slot = (slot + 1) & (this.slots.length - 1);
      this.slots[slot] = node;
    }
  }

  widen() {
    const wider = (column) => {
      const copy = new column.constructor(column.length * 2);
      copy.set(column);
      return copy;
    };
    this.parent = wider(this.parent);
    this.name = wider(this.name);
    this.own = this.own.map(wider);
  }

  finish(rank) {
    const name = this.name.slice(0, this.count);
    const own = this.own.map((column) => column.slice(0, this.count));
    return arrange(this.parent.subarray(0, this.count), name, own, rank);
  }
}

const DROP = -1, JOIN = -2, BARE = -3;

// The tree in which each node goes where `decide(node, caller's name there)` says: it stays (anything else), is dropped
// with all that it calls, is one with its caller, or stays without what it counts itself.
function regraft(tree, rank, decide) {
  const growing = new Growing(tree.own.length, tree.name[0]);
  const went = new Int32Array(tree.count);
  growing.add(0, tree.own, 0);
  for (let i = 1; i < tree.count; i++) {
    const caller = went[tree.parent[i]];
    const decision = decide(i, growing.name[caller], caller);
    if (decision === DROP) {
      i = tree.end[i] - 1;
      continue;
    }
    went[i] = decision === JOIN ? caller : growing.callee(caller, tree.name[i]);
    if (decision !== BARE) growing.add(went[i], tree.own, i);
  }
  return growing.finish(rank);
}

// Of all stacks those that have a function in them.
export function focus(tree, rank, name) {
  const has = new Uint8Array(tree.count);
  for (let i = 1; i < tree.count; i++) has[i] = tree.name[i] === name || has[tree.parent[i]];
  return leadingTo(tree, rank, has);
}

// Of all stacks those of a process or thread: what has its name further up is a function like any other. `owner` says of
// each name, by 0 or 1, whether it is that of a process or thread.
export function ownedBy(tree, rank, name, owner) {
  const has = new Uint8Array(tree.count), first = new Uint8Array(tree.count);
  first[0] = 1;  // `first`: nothing but processes and threads up to here
  for (let i = 1; i < tree.count; i++) {
    first[i] = first[tree.parent[i]] && owner[tree.name[i]];
    has[i] = (first[i] && tree.name[i] === name) || has[tree.parent[i]];
  }
  return leadingTo(tree, rank, has);
}

// The nodes that `has` marks, all that they call included, and bare those that lead there.
function leadingTo(tree, rank, has) {
  const leads = new Uint8Array(tree.count);
  for (let i = tree.count - 1; i > 0; i--) if (has[i] || leads[i]) leads[tree.parent[i]] = 1;
  const bare = { ...tree, own: tree.own.map((column) => column.slice()) };
  for (const column of bare.own) column[0] = 0;  // what has no frame has none of this name
  return regraft(bare, rank, (i) => (has[i] ? 0 : leads[i] ? BARE : DROP));
}

// Without the stacks that have a function in them.
export function ignore(tree, rank, name) {
  return regraft(tree, rank, (i) => (tree.name[i] === name ? DROP : 0));
}

// Without a function: what it counts and what it calls is its caller's.
export function hide(tree, rank, name) {
  return regraft(tree, rank, (i) => (tree.name[i] === name ? JOIN : 0));
}

// A function that calls itself is one frame.
export function collapseRecursion(tree, rank) {
  return regraft(tree, rank, (i, caller, node) => (node !== 0 && tree.name[i] === caller ? JOIN : 0));
}

// Frames of one module that call each other are one: the function by which the module was entered.
export function collapseModule(tree, rank, module, which) {
  return regraft(tree, rank, (i, caller, node) =>
    node !== 0 && module[tree.name[i]] === which && module[caller] === which ? JOIN : 0);
}

// From callees to callers: the functions in which samples were taken, on each those that called it, and so on.
// `from` are the nodes to begin with and `own` what each counts, a column per metric. A tree turned around may be many
// times as large: from `most` nodes on, only those are followed further that count one part in 100,000, then ever larger
// parts as it grows, and `cut` says so. The same goes for steps, of which one deep stack with samples all along takes the
// square of its depth though few names make few nodes: after twice as many as STEPS nothing is followed.
const STEPS = 5e7;  // a second or so

export function callers(tree, rank, from, own, most = 1e6, root = 0) {
  const growing = new Growing(own.length, root);
  const node = Int32Array.from(from), at = new Int32Array(from.length), which = new Int32Array(from.length);
  for (let k = 0; k < which.length; k++) which[k] = k;
  const whole = own.map((column) => column.reduce((sum, value) => sum + value, 0));
  let alive = from.length, cut = false, level = 0;  // the nodes from `level` on were made last: all that is alive is there
  for (let steps = 0; alive > 0; ) {
    const next = growing.count, part = 1e-5 * Math.max(4 ** (next / most - 1), 1e5 ** (steps / STEPS - 1));
    const follow = part < 1e-5 ? null : heavy(level, next, at, which, alive, own, whole.map((sum) => sum * part));
    steps += alive;
    let kept = 0;
    for (let k = 0; k < alive; k++) {
      if (node[k] === 0 || (follow && !follow[at[k] - level])) {
        cut ||= node[k] !== 0;
        growing.add(at[k], own, which[k]);
        continue;
      }
      at[kept] = growing.callee(at[k], tree.name[node[k]]);
      node[kept] = tree.parent[node[k]];
      which[kept++] = which[k];
    }
    alive = kept;
    level = next;
  }
  return { tree: growing.finish(rank), cut };
}

// Which of the nodes from `first` to `end` count as much as `least` of some metric.
function heavy(first, end, at, which, alive, own, least) {
  const found = new Uint8Array(end - first);
  own.forEach((column, m) => {
    const sum = new Float64Array(end - first);
    for (let k = 0; k < alive; k++) sum[at[k] - first] += column[which[k]];
    for (let i = 0; i < sum.length; i++) if (sum[i] > 0 && sum[i] >= least[m]) found[i] = 1;
  });
  return found;
}

// The whole tree turned around.
export function inverted(tree, rank, most) {
  const from = [];
  for (let i = 0; i < tree.count; i++) if (tree.own.some((column) => column[i] !== 0)) from.push(i);
  const own = tree.own.map((column) => Float64Array.from(from, (node) => column[node]));
  return callers(tree, rank, from, own, most);
}

// One function: who calls it, and what it calls. Where it calls itself, the outermost call counts.
export function sandwich(tree, rank, name) {
  const outermost = [];
  for (let i = 0; i < tree.count; i++) {
    if (tree.name[i] !== name || i === 0) continue;
    outermost.push(i);
    i = tree.end[i] - 1;
  }
  const total = tree.own.map((column) => totals(tree, column));
  const own = total.map((column) => Float64Array.from(outermost, (node) => column[node]));
  const above = Int32Array.from(outermost, (node) => tree.parent[node]);
  const growing = new Growing(tree.own.length, name);
  const went = new Int32Array(tree.count);
  for (const node of outermost) {
    growing.add(0, tree.own, node);
    went[node] = 0;
    for (let i = node + 1; i < tree.end[node]; i++) {
      went[i] = growing.callee(went[tree.parent[i]], tree.name[i]);
      growing.add(went[i], tree.own, i);
    }
  }
  return { callers: callers(tree, rank, above, own, 1e6, name), callees: growing.finish(rank) };
}
