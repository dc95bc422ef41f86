// Trees of calls as columns, in preorder: a node stands before its callees, and what it calls stands right behind it.
//
//   {count, name, depth, parent, end, own, source}
//
// `name` is the number of a function, 0 for the root. Everything from a node up to `end` (not included) is called by it.
// `own` has a column per metric. `source` says which node of the tree as it was read a node is, or is null where nodes
// have become one. Nothing here recurses, so a stack may be as deep as it likes, and nothing here knows the page.

export function toTree(depth, name, own, source = null) {
  const count = depth.length;
  const parent = new Int32Array(count), end = new Int32Array(count);
  let deepest = 0;
  for (let i = 0; i < count; i++) if (depth[i] > deepest) deepest = depth[i];
  const last = new Int32Array(deepest + 1);
  for (let i = 1; i < count; i++) {
    parent[i] = last[depth[i] - 1];
    last[depth[i]] = i;
  }
  for (let i = count - 1; i >= 0; i--) {
    if (end[i] === 0) end[i] = i + 1;
    if (i > 0 && end[parent[i]] < end[i]) end[parent[i]] = end[i];
  }
  return { count, name, depth, deepest, parent, end, own, source };
}

// What each node counts together with all that it calls.
export function totals(tree, own) {
  const total = Float64Array.from(own);
  for (let i = tree.count - 1; i > 0; i--) total[tree.parent[i]] += total[i];
  return total;
}

// Where each node begins, where the root begins at 0: its own comes first, then what it calls, side by side.
export function starts(tree, own, total) {
  const start = new Float64Array(tree.count), next = new Float64Array(tree.count);
  next[0] = own[0];
  for (let i = 1; i < tree.count; i++) {
    const caller = tree.parent[i];
    start[i] = next[caller];
    next[caller] += total[i];
    next[i] = start[i] + own[i];
  }
  return start;
}

// The names from the root's callee to the node.
export function path(tree, node) {
  const names = [];
  for (let i = node; i > 0; i = tree.parent[i]) names.push(tree.name[i]);
  return names.reverse();
}

// The node that stands on the names of `path`, or on as many of them as there are.
export function descend(tree, names) {
  let node = 0;
  for (const name of names) {
    let child = node + 1;
    while (child < tree.end[node] && tree.name[child] !== name) child = tree.end[child];
    if (child >= tree.end[node]) break;
    node = child;
  }
  return node;
}

// The tree with callees ordered by `rank` of their names or, where `weight` is given, by that of their nodes, the largest
// first. `parent` may number nodes in any order in which callers come before callees.
export function arrange(parent, name, own, rank, weight = null, source = null) {
  const count = parent.length;
  const first = new Int32Array(count + 1);
  for (let i = 1; i < count; i++) first[parent[i] + 1]++;
  for (let i = 0; i < count; i++) first[i + 1] += first[i];
  const children = new Int32Array(Math.max(count - 1, 0)), filled = first.slice(0, count);
  const ranked = byRank(name, rank);
  for (let k = 0; k < ranked.length; k++) children[filled[parent[ranked[k]]]++] = ranked[k];
  if (weight !== null) {
    const before = (a, b) => weight[b] - weight[a];  // sorting is stable: what weighs the same stays by rank
    for (let i = 0; i < count; i++) {
      if (first[i + 1] - first[i] > 1) children.subarray(first[i], first[i + 1]).sort(before);
    }
  }

  const order = new Int32Array(count), depth = new Uint32Array(count);
  const stack = new Int32Array(count), level = new Uint32Array(count);
  let height = 1;
  for (let at = 0; height > 0; at++) {
    height--;
    const node = stack[height], here = level[height];
    order[at] = node;
    depth[at] = here;
    for (let k = first[node + 1] - 1; k >= first[node]; k--) {
      stack[height] = children[k];
      level[height++] = here + 1;
    }
  }
  const pick = (column) => {
    const picked = new column.constructor(count);
    for (let i = 0; i < count; i++) picked[i] = column[order[i]];
    return picked;
  };
  return toTree(depth, pick(name), own.map(pick), source === null ? null : pick(source));
}

// The nodes but the root, ordered by the rank of their names: sorted by counting.
function byRank(name, rank) {
  const filled = new Int32Array(rank.length + 1);
  for (let i = 1; i < name.length; i++) filled[rank[name[i]] + 1]++;
  for (let i = 0; i < rank.length; i++) filled[i + 1] += filled[i];
  const order = new Int32Array(Math.max(name.length - 1, 0));
  for (let i = 1; i < name.length; i++) order[filled[rank[name[i]]]++] = i;
  return order;
}

// The numbers 0…n-1 of names in the order of the names themselves: rank[i] is the place of name i.
export function ranks(names) {
  const order = Array.from(names.keys()).sort((a, b) => (names[a] < names[b] ? -1 : names[a] > names[b] ? 1 : 0));
  const rank = new Int32Array(names.length);
  order.forEach((name, place) => (rank[name] = place));
  return rank;
}
