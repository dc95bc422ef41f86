// The table: what each function counts itself, and with all that it calls.

// {own, total}: a column per metric, each with a row per name. A function that calls itself counts once.
export function functionTable(tree, totals, names) {
  const own = tree.own.map(() => new Float64Array(names)), total = tree.own.map(() => new Float64Array(names));
  const outermost = new Uint8Array(tree.count), open = new Int32Array(names);
  // `open[name]` is where the outermost call of that name that is still open ends.
  for (let i = 1; i < tree.count; i++) {
    const name = tree.name[i];
    if (open[name] <= i) {
      open[name] = tree.end[i];
      outermost[i] = 1;
    }
  }
  for (let m = 0; m < own.length; m++) {
    const column = tree.own[m];
    for (let i = 1; i < tree.count; i++) {
      own[m][tree.name[i]] += column[i];
      if (outermost[i]) total[m][tree.name[i]] += totals[m][i];
    }
  }
  return { own, total };
}

// The names that count something (or are wanted by `keep`), ordered by a key; equal ones by name.
export function ordered(names, key, descending, keep, rank) {
  const rows = [];
  for (let name = 1; name < names.length; name++) if (keep(name)) rows.push(name);
  const way = descending ? -1 : 1;
  return rows.sort((a, b) => {
    const one = key(a), other = key(b);
    if (one === other || (Number.isNaN(one) && Number.isNaN(other))) return rank[a] - rank[b];
    if (Number.isNaN(one)) return 1;
    if (Number.isNaN(other)) return -1;
    return one < other ? -way : way;
  });
}
