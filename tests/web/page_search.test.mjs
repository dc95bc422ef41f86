import assert from "node:assert/strict";
import { test } from "node:test";
import { counted, find, following, matches } from "../../flamegraph/web/page/search.mjs";
import { totals } from "../../flamegraph/web/page/tree.mjs";
import { deepTree, fromFolded, randomTree, toFolded } from "./trees.mjs";

const names = ["all", "Parse", "parser::next", "std::vector<int>::push_back", "a.b", "größe", "🔥"];
const hits = (term, how) => names.filter((_, i) => find(names, term, how).hits[i]);

test("a term is text, and case does not matter", () => {
  assert.deepEqual(hits("PARSE"), ["Parse", "parser::next"]);
  assert.deepEqual(hits("GRÖSSE"), []);
  assert.deepEqual(hits("GRÖ"), ["größe"]);
  assert.deepEqual(hits("vector<int>"), ["std::vector<int>::push_back"]);
  assert.deepEqual(hits("."), ["a.b"]);
  assert.deepEqual(hits("("), []);
});

test("case matters where it is asked for", () => {
  assert.deepEqual(hits("Parse", { exact: true }), ["Parse"]);
  assert.deepEqual(hits("^p", { exact: true, regex: true }), ["parser::next"]);
});

test("regular expressions", () => {
  assert.deepEqual(hits("^parse", { regex: true }), ["Parse", "parser::next"]);
  assert.deepEqual(hits("^.$", { regex: true }), ["🔥"], "one character, though two halves");
  assert.deepEqual(hits("a|🔥$", { regex: true }).at(-1), "🔥");
  assert.deepEqual(hits("\\p{Lu}", { regex: true, exact: true }), ["Parse"]);
});

test("what grep and perl take is taken: needless escapes", () => {
  assert.deepEqual(hits("vector\\<int\\>", { regex: true }), ["std::vector<int>::push_back"]);
  assert.deepEqual(hits("parser\\:\\:next", { regex: true }), ["parser::next"]);
});

test("what is no expression is said", () => {
  for (const term of ["(", "[", "*", "a{2,1}", "\\", "(?<x"]) {
    const { hits: found, error } = find(names, term, { regex: true });
    assert.equal(found, undefined);
    assert.match(error, /expression/i);
  }
});

const folded = fromFolded("a;b;a 2\na;c 2\na 2\nb 4\nc;b;b 1");
const shape = { tree: folded.tree, total: totals(folded.tree, folded.tree.own[0]) };
const share = (expression, target = 0, one = folded, of = shape) => {
  const { hits } = find(one.names, expression, { regex: true });
  return counted(of, hits, target, matches(of, hits, target));
};

test("nothing is counted twice", () => {
  assert.equal(share("^a$"), 6);
  assert.equal(share("^b$"), 7);
  assert.equal(share("a|b|c"), 11);
  assert.equal(share("nothing"), 0);
});

test("the root is never found, though its name is", () => {
  assert.equal(share("^all$"), 0);
  assert.deepEqual(matches(shape, find(folded.names, "all").hits, 0), []);
});

test("only what is zoomed into is found", () => {
  assert.equal(share("^b$", 1), 2);
  assert.equal(share("^a$", 1), 6, "itself included");
});

test("the share is that of the stacks with a name that is found", () => {
  for (let seed = 1; seed <= 30; seed++) {
    const one = randomTree(seed, { metrics: 1 }), of = { tree: one.tree, total: totals(one.tree, one.tree.own[0]) };
    for (const expression of ["^a$", "^[ab]$", "c"]) {
      let wanted = 0;
      for (const line of toFolded(one.tree, one.names)) {
        const [stack, value] = line.includes(" ") ? line.split(" ") : ["", line];
        if (stack && stack.split(";").some((name) => new RegExp(expression).test(name))) wanted += Number(value);
      }
      assert.equal(share(expression, 0, one, of), wanted);
    }
  }
});

test("found boxes stand in order and none on another", () => {
  const one = randomTree(2, { lines: 300 }), of = { tree: one.tree, total: totals(one.tree, one.tree.own[0]) };
  const found = matches(of, find(one.names, "a").hits, 0);
  assert.ok(found.length > 5);
  for (let i = 1; i < found.length; i++) assert.ok(found[i] >= one.tree.end[found[i - 1]]);
});

test("what counts nothing is not found", () => {
  const none = fromFolded("a 0\nb 1"), of = { tree: none.tree, total: totals(none.tree, none.tree.own[0]) };
  assert.deepEqual(matches(of, find(none.names, "a").hits, 0), []);
});

test("a stack of 50,000 frames", () => {
  const deep = deepTree(50_000), of = { tree: deep.tree, total: totals(deep.tree, deep.tree.own[0]) };
  assert.equal(matches(of, find(deep.names, "a").hits, 0).length, 1);
});

test("all that stands on a name that is found has it in its stacks", () => {
  const one = fromFolded("main;parse;token 3\nmain;parse 1\nmain;idle 4"), of = { tree: one.tree, total: totals(one.tree, one.tree.own[0]) };
  const token = one.tree.name.indexOf(one.number("token"));
  assert.equal(share("parse", token, one, of), 3);
  assert.equal(share("idle", token, one, of), 0);
});

test("what follows a match, around both ends", () => {
  assert.deepEqual([0, 1, 2].map((at) => following(3, at, 1)), [1, 2, 0]);
  assert.deepEqual([0, 1, 2].map((at) => following(3, at, -1)), [2, 0, 1]);
  assert.deepEqual([following(3, -1, 1), following(3, -1, -1)], [0, 2]);
});
