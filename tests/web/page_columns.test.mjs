import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateSync } from "node:zlib";
import { unpack } from "../../flamegraph/web/page/columns.mjs";

// By hand, as packed.py says; that what Python packs is unpacked is tested in tests/test_html.py.
function packed(header, ...planes) {
  const told = Buffer.from(JSON.stringify(header)), length = Buffer.alloc(4);
  length.writeUInt32LE(told.length);
  return deflateSync(Buffer.concat([length, told, ...planes.map((plane) => Buffer.from(plane))])).toString("base64");
}

test("a header and columns of every type", async () => {
  const float = [...new Uint8Array(Float64Array.of(-1.5).buffer)];
  const { header, columns } = await unpack(packed(
    { title: "größe 🔥", columns: [["a", "u1", 3], ["b", "u2", 2], ["c", "u4", 1], ["d", "f8", 1], ["e", "f8", 0]] },
    [1, 2, 255], [0x34, 0xff, 0x12, 0xff], [0x78, 0x56, 0x34, 0x12], float));
  assert.equal(header.title, "größe 🔥");
  assert.deepEqual(columns.a, Uint8Array.of(1, 2, 255));
  assert.deepEqual(columns.b, Uint16Array.of(0x1234, 0xffff));
  assert.deepEqual(columns.c, Uint32Array.of(0x12345678));
  assert.deepEqual(columns.d, Float64Array.of(-1.5));
  assert.deepEqual(columns.e, new Float64Array(0));
});

test("text that is damaged is an error", async () => {
  const good = packed({ columns: [["a", "u1", 3]] }, [1, 2, 3]);
  await assert.rejects(unpack("!!!"));
  await assert.rejects(unpack(good.slice(0, good.length - 12)));
});

test("blanks around the text do no harm", async () => {
  const { columns } = await unpack(`\n ${packed({ columns: [["a", "u1", 1]] }, [7])} \n`);
  assert.deepEqual([...columns.a], [7]);
});
