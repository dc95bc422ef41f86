import assert from "node:assert/strict";
import { test } from "node:test";
import { functionTable, ordered } from "../../flamegraph/web/page/functions.mjs";
import { focus, hide } from "../../flamegraph/web/page/graft.mjs";
import { totals } from "../../flamegraph/web/page/tree.mjs";
import { deepTree, fromFolded, randomTree, sums, toFolded } from "./trees.mjs";

const table = ({ tree, names }) => functionTable(tree, tree.own.map((own) => totals(tree, own)), names.length);

test("a function that calls itself counts once", () => {
  const made = fromFolded("a;b;a 1\na;a;a 2\nb;a;b 4\na;b;b 8\na 16"), { own, total } = table(made);
  const [a, b] = ["a", "b"].map(made.number);
  assert.deepEqual([own[0][a], total[0][a]], [19, 31]);
  assert.deepEqual([own[0][b], total[0][b]], [12, 13]);
});

test("self and total of random stacks, by hand", () => {
  for (let seed = 1; seed <= 30; seed++) {
    const made = randomTree(seed), { own, total } = table(made);
    for (const name of ["a", "b", "c", "d"]) {
      const wanted = [[0, 0], [0, 0]];
      for (const line of toFolded(made.tree, made.names)) {
        if (!/[a-d]/.test(line)) continue;
        const [stack, ...values] = line.split(" ");
        const frames = stack.split(";");
        values.map(Number).forEach((value, m) => {
          if (frames.at(-1) === name) wanted[m][0] += value;
          if (frames.includes(name)) wanted[m][1] += value;
        });
      }
      const number = made.number(name);
      assert.deepEqual([0, 1].map((m) => [own[m][number], total[m][number]]), wanted);
    }
  }
});

test("all functions themselves and the root are everything", () => {
  for (let seed = 1; seed <= 10; seed++) {
    const made = randomTree(seed), { own } = table(made);
    sums(made.tree).forEach((whole, m) => assert.equal(own[m].reduce((a, b) => a + b) + made.tree.own[m][0], whole));
  }
});

test("the total of a function is what focus on it keeps", () => {
  const made = randomTree(9), { total } = table(made), name = made.number("b");
  assert.deepEqual(sums(focus(made.tree, made.rank, name)), total.map((column) => column[name]));
});

test("to hide a function changes no other function's total", () => {
  const made = randomTree(4), name = made.number("b"), { total } = table(made);
  const { total: left } = table({ ...made, tree: hide(made.tree, made.rank, name) });
  for (const other of ["a", "c", "d"].map(made.number)) assert.equal(left[0][other], total[0][other]);
  assert.equal(left[0][name], 0);
});

test("recursion 50,000 deep", () => {
  const made = deepTree(50_000), { own, total } = table(made);
  assert.deepEqual([...own[0]], [0, 25_000, 25_000]);
  assert.deepEqual([...total[0]], [0, 49_999, 50_000]);
});

test("rows by a key, equal ones by name, what is no number last", () => {
  const names = ["all", "c", "a", "b", "d", "e"], rank = Int32Array.of(0, 3, 1, 2, 4, 5);
  const keys = [0, 5, NaN, 5, -Infinity, Infinity], key = (name) => keys[name];
  const said = (rows) => rows.map((name) => names[name]).join("");
  assert.equal(said(ordered(names, key, true, () => true, rank)), "ebcda");
  assert.equal(said(ordered(names, key, false, () => true, rank)), "dbcea");
  assert.equal(said(ordered(names, key, true, (name) => name < 4, rank)), "bca");
});
