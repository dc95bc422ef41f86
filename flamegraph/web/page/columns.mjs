// What the page carries: text → a header and typed columns. `flamegraph/render/html/packed.py` writes it.

const ARRAYS = { u1: Uint8Array, u2: Uint16Array, u4: Uint32Array, f8: Float64Array };

// {header, columns}: the columns by name, each an array of its own type.
export async function unpack(text) {
  const bytes = await inflate(fromBase64(text));
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  const columns = {};
  let at = 4 + length;
  for (const [name, type, count] of header.columns) {
    const size = Number(type[1]);
    columns[name] = column(bytes.subarray(at, at + count * size), type, count);
    at += count * size;
  }
  return { header, columns };
}

function fromBase64(text) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  const binary = atob(text.trim());
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

async function inflate(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

// All lowest bytes come first, then all next ones: back into a row.
function column(bytes, type, count) {
  const size = Number(type[1]);
  if (size === 1) return bytes.slice();
  const row = new Uint8Array(count * size);
  for (let plane = 0; plane < size; plane++) {
    for (let i = 0, from = plane * count, to = plane; i < count; i++, from++, to += size) row[to] = bytes[from];
  }
  return new ARRAYS[type](row.buffer);
}
