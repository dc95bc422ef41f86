// The flame graph's arithmetic: which boxes a view shows and where, what a search finds, what fits into a box.
//
// There is no DOM in here. The file is read both as a script inside the SVG and as a module by the tests, so it
// exports nothing and sets one global.
"use strict";

globalThis.flamegraphModel = (() => {
  const HIDDEN = 0, INSIDE = 1, ANCESTOR = 2;

  // Columns become boxes. They are ordered by depth, then from left to right: parents stand before their children.
  function toBoxes({ parent, start, width, name }) {
    const depth = new Int32Array(parent.length);
    for (let i = 1; i < parent.length; i++) depth[i] = depth[parent[i]] + 1;
    return { count: parent.length, depth, name, parent, start, width };
  }

  // For each box whether it is seen once the picture shows `target` and what is above it.
  function view(boxes, target) {
    const seen = new Uint8Array(boxes.count);
    seen[target] = INSIDE;
    for (let i = target + 1; i < boxes.count; i++) {
      if (seen[boxes.parent[i]] === INSIDE && boxes.depth[i] > boxes.depth[target]) seen[i] = INSIDE;
    }
    for (let i = target; i > 0; i = boxes.parent[i]) seen[boxes.parent[i]] = ANCESTOR;
    return seen;
  }

  // Left and right edges in pixels where `target` takes all between the margins, and its ancestors do too.
  function place(boxes, seen, target, pad, picture) {
    const scale = (picture - 2 * pad) / boxes.width[target];
    const left = new Float64Array(boxes.count), right = new Float64Array(boxes.count);
    for (let i = 0; i < boxes.count; i++) {
      if (seen[i] === INSIDE) {
        left[i] = pad + (boxes.start[i] - boxes.start[target]) * scale;
        right[i] = left[i] + boxes.width[i] * scale;
      } else if (seen[i] === ANCESTOR) {
        left[i] = pad;
        right[i] = picture - pad;
      }
    }
    return { left, right };
  }

  // Which names an expression finds: {hits, one 0 or 1 per name}, or {error} where it is no regular expression.
  function find(names, term, ignoreCase) {
    try {
      const expression = new RegExp(term, ignoreCase ? "i" : "");
      return { hits: Uint8Array.from(names, (name) => (expression.test(name) ? 1 : 0)) };
    } catch (error) {
      return { error: error.message };
    }
  }

  // The part of `target` that boxes with a hit take, from 0 to 1. A hit above a hit counts nothing.
  function share(boxes, hits, target, seen) {
    const covered = new Uint8Array(boxes.count);
    let sum = 0;
    for (let i = target; i < boxes.count; i++) {
      if (seen[i] !== INSIDE) continue;
      if (i !== target && covered[boxes.parent[i]]) covered[i] = 1;
      else if (hits[boxes.name[i]]) {
        covered[i] = 1;
        sum += boxes.width[i];
      }
    }
    return sum / boxes.width[target];
  }

  function percent(part) {
    const text = (100 * part).toFixed(1);
    return text === "100.0" ? "100%" : `${text}%`;
  }

  // As much of a name as `room` characters hold.
  function fit(name, room, fewest, truncate) {
    if (room < fewest) return "";
    // A character is one code point; only a name that is long in units can be too long in these.
    if (name.length <= room) return name;
    const characters = Array.from(name);
    if (characters.length <= room) return name;
    const kept = truncate === "left" ? characters.slice(2 - room) : characters.slice(0, room - 2);
    return truncate === "left" ? ".." + kept.join("") : kept.join("") + "..";
  }

  // Where an arrow key leads from a box, or the box itself where it leads nowhere. "away" from the root goes the
  // widest way, "back" to the caller; "left" and "right" stay in the row.
  function neighbour(boxes, seen, from, direction) {
    if (direction === "back") return boxes.parent[from];
    if (direction === "away") {
      let best = from;
      for (let i = from + 1; i < boxes.count && boxes.depth[i] <= boxes.depth[from] + 1; i++) {
        if (boxes.parent[i] !== from || !seen[i]) continue;
        if (best === from || boxes.width[i] > boxes.width[best]) best = i;
      }
      return best;
    }
    const step = direction === "left" ? -1 : 1;
    for (let i = from + step; i >= 0 && boxes.depth[i] === boxes.depth[from]; i += step) {
      if (seen[i]) return i;
    }
    return from;
  }

  // The state that an address holds: x and y of the box that is shown, s what is searched, i whether case is ignored.
  function readState(query) {
    const given = new URLSearchParams(query);
    return { x: given.get("x"), y: given.get("y"), s: given.get("s"), i: given.get("i") };
  }

  // The address's query with the state in it; null takes a part out, and what else stands there stays.
  function writeState(query, state) {
    const given = new URLSearchParams(query);
    for (const [key, value] of Object.entries(state)) {
      if (value === null || value === "") given.delete(key);
      else given.set(key, value);
    }
    const text = given.toString();
    return text ? `?${text}` : "";
  }

  return { HIDDEN, INSIDE, ANCESTOR, toBoxes, view, place, find, share, percent, fit, neighbour, readState, writeState };
})();
