// Searching: which names are meant, what share of the picture they have, and where they are.

// Which names a term finds, as {hits: one 0 or 1 per name} or {error}. `how` has `regex` and `exact` (case matters).
export function find(names, term, { regex = false, exact = false } = {}) {
  if (!regex) {
    const wanted = exact ? term : term.toLowerCase();
    return { hits: Uint8Array.from(names, (name) => ((exact ? name : name.toLowerCase()).includes(wanted) ? 1 : 0)) };
  }
  try {
    const meant = expression(term, exact ? "" : "i");
    return { hits: Uint8Array.from(names, (name) => (meant.test(name) ? 1 : 0)) };
  } catch (error) {
    return { error: error.message };
  }
}

// By whole characters or, where that refuses needless escapes such as \< or \-, as grep and perl would take it.
function expression(term, flags) {
  try {
    return new RegExp(term, `${flags}u`);
  } catch {
    return new RegExp(term, flags);
  }
}

// The outermost nodes on `target` that are found: none of them stands on another one. The root is never found.
export function matches({ tree, total }, hits, target) {
  const found = [];
  for (let i = target; i < tree.end[target]; ) {
    if (i > 0 && hits[tree.name[i]] && total[i] > 0) {
      found.push(i);
      i = tree.end[i];
    } else i++;
  }
  return found;
}

// What of `target` counts in stacks that have a name that is found: in all of them where one of its callers has. `found`
// are its matches.
export function counted({ tree, total }, hits, target, found) {
  for (let i = target; i > 0; i = tree.parent[i]) if (hits[tree.name[i]]) return total[target];
  let value = 0;
  for (const node of found) value += total[node];
  return value;
}

// Which of `count` matches follows the one numbered `at` (-1: none yet), `step` further on and around the end.
export function following(count, at, step) {
  if (at < 0) return step > 0 ? 0 : count - 1;
  return (at + step + count) % count;
}
