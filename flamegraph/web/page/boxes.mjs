// Which boxes can be seen, and where: the arithmetic of a picture whose width is that of one node.

// A row of boxes that are seen: {node, left, right}, from left to right, in pixels. `node` is -1 where boxes too narrow to
// be told apart stand side by side.
//
// shape   {tree, start, total}
// target  the node that takes the whole width; its callers do, too
// rows    {first, last, every}: the rows to fill, by depth; of them one in so many (default: all)
// width   pixels
// least   boxes narrower than this, in pixels, are seen only together
export function visible(shape, target, rows, width, least = 0.6) {
  const { tree, start, total } = shape;
  const found = new Map();
  const row = (depth) => {
    if (!found.has(depth)) found.set(depth, { node: [], left: [], right: [] });
    return found.get(depth);
  };
  const every = rows.every ?? 1;
  const put = (depth, node, left, right) => {
    if (every > 1 && depth % every !== 0) return;
    const { node: nodes, left: lefts, right: rights } = row(depth);
    nodes.push(node);
    lefts.push(left);
    rights.push(right);
  };
  for (let i = target; i > 0; ) {
    i = tree.parent[i];
    if (tree.depth[i] >= rows.first && tree.depth[i] <= rows.last) put(tree.depth[i], i, 0, width);
  }
  const origin = start[target], scale = total[target] > 0 ? width / total[target] : 0;
  // Of boxes that are too narrow: [left, right) of those side by side, and how deep they are.
  let from = 0, to = 0, deep = -1;
  const crumbs = () => {
    if (deep >= rows.first && deep <= rows.last && to - from >= least) put(deep, -1, from, to);
    deep = -1;
  };
  for (let i = target, end = tree.end[target]; i < end; ) {
    const wide = total[i] * scale, left = (start[i] - origin) * scale, depth = tree.depth[i];
    if (wide < least) {
      if (depth !== deep || left - to > 0.01) {
        crumbs();
        from = left;
        deep = depth;
      }
      to = left + wide;
      i = tree.end[i];
      continue;
    }
    if (deep >= 0) crumbs();
    if (depth >= rows.first && depth <= rows.last) put(depth, i, left, left + wide);
    i = depth < rows.last ? i + 1 : tree.end[i];
  }
  crumbs();
  return found;
}

// The box under a point: its node, -1 over boxes that are too narrow, null where there is none.
export function hit(found, depth, x) {
  const row = found.get(depth);
  if (!row) return null;
  let low = 0, high = row.left.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (row.left[middle] <= x) low = middle + 1;
    else high = middle;
  }
  return low > 0 && x < row.right[low - 1] ? row.node[low - 1] : null;
}

// How many rows there are on the node, the node's own included, among boxes that are at least `least` of it wide.
export function height(shape, target, least = 0) {
  const { tree, total } = shape;
  let deepest = tree.depth[target];
  for (let i = target; i < tree.end[target]; ) {
    if (total[i] <= 0 || total[i] < least * total[target]) {
      i = tree.end[i];
      continue;
    }
    if (tree.depth[i] > deepest) deepest = tree.depth[i];
    i++;
  }
  return deepest + 1;
}

// Where an arrow key leads from a node, or the node itself where it leads nowhere: to the widest callee (of what is zoomed
// out of, to the one that is seen), to the caller, or to the next node in the row that counts something.
export function neighbour(shape, target, from, direction) {
  const { tree, total } = shape;
  if (direction === "caller") return tree.parent[from];
  if (direction === "callee") {
    let best = from;
    if (from < target && target < tree.end[from]) {
      for (best = target; tree.parent[best] !== from; ) best = tree.parent[best];
      return best;
    }
    for (let i = from + 1; i < tree.end[from]; i = tree.end[i]) {
      if (total[i] > 0 && (best === from || total[i] > total[best])) best = i;
    }
    return best;
  }
  const depth = tree.depth[from];
  if (direction === "right") {
    for (let i = tree.end[from]; i < tree.end[target]; i++) if (tree.depth[i] === depth && total[i] > 0) return i;
  } else {
    for (let i = from - 1; i > target; i--) if (tree.depth[i] === depth && total[i] > 0) return i;
  }
  return from;
}
