import assert from "node:assert/strict";
import { test } from "node:test";
import { amount, count, percent, quantity, relative, shorten, signed } from "../../flamegraph/web/page/words.mjs";

// That quantities agree with flamegraph/units.py is tested in tests/test_html.py.

test("quantities", () => {
  assert.equal(quantity(0, "ns"), "0 ns");
  assert.equal(quantity(999_949, "ns"), "999.9 µs");
  assert.equal(quantity(999_950, "ns"), "1.0 ms");
  assert.equal(quantity(59_960_000_000, "ns"), "1.0 min");
  assert.equal(quantity(1250, "ns"), "1.2 µs");
  assert.equal(quantity(2500, "us"), "2.5 ms");
  assert.equal(quantity(3, "s"), "3.0 s");
  assert.equal(quantity(3.4 * 1024 ** 2, "bytes"), "3.4 MiB");
  assert.equal(quantity(2 ** 60, "bytes"), "1,024.0 PiB");
  assert.equal(quantity(-1_500_000, "ns"), "-1.5 ms");
  assert.equal(quantity(12345, "samples"), "12,345 samples");
  assert.equal(quantity(7, ""), "7");
});

test("a unit may have any name", () => {
  for (const unit of ["constructor", "toString", "__proto__", "hasOwnProperty"]) {
    assert.equal(quantity(3, unit), `3 ${unit}`);
    assert.equal(amount({ name: "x", unit }), `x (${unit})`);
  }
});

test("counts", () => {
  assert.deepEqual([0, 999, 1000, 1234567, -1234567].map(count), ["0", "999", "1,000", "1,234,567", "-1,234,567"]);
  assert.deepEqual([1234.5, 0.05123, -0.5, 1.005, 2.999].map(count), ["1,234.5", "0.0512", "-0.5", "1", "3"]);
});

test("metrics whose unit says what they are", () => {
  assert.equal(amount({ name: "samples", unit: "samples" }), "samples");
  assert.equal(amount({ name: "cycles", unit: "events" }), "cycles (events)");
  assert.equal(amount({ name: "gpu time", unit: "ns" }), "gpu time");
  assert.equal(amount({ name: "cpu", unit: "us" }), "cpu");
  assert.equal(amount({ name: "x", unit: "" }), "x");
});

test("shares", () => {
  assert.equal(percent(1, 3), "33.3%");
  assert.equal(percent(1, 30), "3.33%");
  assert.equal(percent(0, 5), "0%");
  assert.equal(percent(1, 1e9), "<0.01%");
  assert.equal(percent(-1, 1e9), ">-0.01%");
  assert.equal(percent(5, 5), "100.0%");
  assert.equal(percent(1, 0), "–");
  assert.equal(percent(9.999, 100), "10.0%");
});

test("changes", () => {
  assert.equal(relative(4, 5), "+25.0%");
  assert.equal(relative(5, 4), "-20.0%");
  assert.equal(relative(100, 101), "+1.00%");
  assert.equal(relative(0, 1), "new");
  assert.equal(relative(1, 0), "gone");
  assert.equal(relative(0, 0), "0%");
  assert.equal(signed(3, "samples"), "+3 samples");
  assert.equal(signed(-1500, "ns"), "-1.5 µs");
  assert.equal(signed(0, "ns"), "0 ns");
});

test("a name that has room stays", () => {
  for (const name of ["", "f", "std::vector<int>::push_back(int&&)"]) assert.equal(shorten(name, name.length), name);
});

test("arguments and type parameters go first", () => {
  assert.equal(shorten("parse<char, true>(char const*, unsigned long)", 20), "parse");
  assert.equal(shorten("std::vector<std::pair<int, int>>::push_back(int)", 30), "std::vector::push_back");
  assert.equal(shorten("parse (json/decoder.py:353)", 10), "parse");
  assert.equal(shorten("run(std::function<void ()>, (anonymous))", 10), "run");
});

test("then what stands before the last separator", () => {
  assert.equal(shorten("serde_json::de::parser::next", 18), "…::parser::next");
  assert.equal(shorten("serde_json::de::parser::next", 10), "…::next");
  assert.equal(shorten("/usr/lib/x86_64-linux-gnu/libc.so.6", 14), "…/libc.so.6");
  assert.equal(shorten("com.example.app.Handler.handle", 16), "…Handler.handle");
  assert.equal(shorten("github.com/user/project/package.Function", 20), "…/package.Function");
});

test("then the end", () => {
  assert.equal(shorten("averylongnamewithoutanyparts", 8), "averylo…");
  assert.equal(shorten("a::averylongnamewithoutanyparts", 8), "averylo…");
});

test("brackets that are no arguments are the name", () => {
  assert.equal(shorten("com.example.deeply.nested.Handler.<init>", 20), "…Handler.<init>");
  assert.equal(shorten("package.module.Class.method.<locals>.inner", 20), "…<locals>.inner");
  assert.equal(shorten("project::(anonymous namespace)::function(int, int)", 38), "…::(anonymous namespace)::function");
  assert.equal(shorten("<alloc::vec::Vec<T> as core::ops::Drop>::drop", 42), "<alloc::vec::Vec as core::ops::Drop>::drop");
  assert.equal(shorten("core::slice::<impl core::Trait for [T]>::sort", 46 - 2), "…::slice::<impl core::Trait for [T]>::sort");
  assert.equal(shorten("(anonymous namespace)::f(int)", 25), "(anonymous namespace)::f");
  assert.equal(shorten("<module>", 6), "<modu…");
});

test("of a file and its function the function tells more", () => {
  assert.equal(shorten("torch/autograd/profiler.py(54): __enter__", 12), "…__enter__");
  assert.equal(shorten("resnet50_profiler_api.py(54): <module>", 12), "…<module>");
  assert.equal(shorten("resnet50_profiler_api.py(54): <module>", 5), "<mod…");
});

test("operators keep what makes them one", () => {
  assert.equal(shorten("ns::operator<<(std::ostream&, ns::Foo const&)", 20), "ns::operator<<");
  assert.equal(shorten("Matrix<double, 4>::operator()(int, int) const", 30), "Matrix::operator() const");
  assert.equal(shorten("ns::Pointer<T>::operator->() const", 24), "…::operator-> const");
  assert.equal(shorten("a::operator< <int>(int)", 14), "a::operator<");
  assert.equal(shorten("Foo::operator bool() const", 24), "Foo::operator bool const");
  assert.equal(shorten("cooperator<int>::run(int)", 16), "cooperator::run");
});

test("brackets that do not match harm nothing", () => {
  for (const name of ["a<b", "a>b>c", "((((((((((", "))))))))))", "f(<)>::g", "operator", "x::operator", "->->->->->"]) {
    for (let room = 0; room < 12; room++) assert.ok(shorten(name, room).length <= Math.max(room, 0));
  }
});

test("characters are not torn apart", () => {
  const half = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;
  for (let room = 0; room < 20; room++) {
    for (const name of ["🔥🔥🔥🔥🔥🔥🔥🔥🔥🔥🔥🔥", "ab🔥🔥::🔥🔥cd<🔥>🔥🔥🔥🔥🔥", "x🔥".repeat(30)]) {
      const short = shorten(name, room);
      assert.doesNotMatch(short, half);
      assert.ok(short.length <= room);
    }
  }
});

test("no name is made longer than its room, and none is empty that has some", () => {
  const names = ["</script><script>alert(1)</script>", "x".repeat(10_000), ";;;;;;;", "::::::::::", "....", "////////////", " ", "_[k]",
    "a`b`c`d`e", "Foo$Bar$$anon$1.apply", "void at::native::kernel<4, at::F<float>, std::array<char*, 1ul>>(int, at::F<float>)",
    "größe::漢字::🔥", "[unknown]", "[kernel.kallsyms]", "~destructor", "-[NSObject init]"];
  for (const name of names) {
    for (let room = 0; room < Math.min(name.length + 2, 80); room++) {
      const short = shorten(name, room);
      assert.ok(short.length <= room, `${name} in ${room}: ${short}`);
      if (room >= 2 && name !== "") assert.ok(short.length > 0);
    }
  }
});

test("GPU kernels are told apart by their names, not by their types", () => {
  const name = "void at::native::vectorized_elementwise_kernel<4, at::native::FillFunctor<float>, std::array<char*, 1ul>>(int)";
  assert.equal(shorten(name, 44), "…::native::vectorized_elementwise_kernel");
});

test("hostile names take no time", () => {
  const began = performance.now();
  for (const name of ["<".repeat(20_000), "a<".repeat(10_000), "a.".repeat(10_000), "::".repeat(10_000), "operator<".repeat(3_000)]) {
    for (const room of [5, 50, 500]) shorten(name, room);
  }
  assert.ok(performance.now() - began < 2_000);
});
