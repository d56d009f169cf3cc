import assert from "node:assert/strict";
import { createReadStream } from "node:fs";
import { mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { FileWrapper } from "../../src/gateway/file-wrapper.ts";
import type { Chunk } from "../../src/gateway/types.ts";

let folder: string;
let file: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "tsgi-file-"));
  file = join(folder, "data");
  await writeFile(file, "0123456789");
});
after(() => rm(folder, { recursive: true }));

async function chunksOf(wrapper: AsyncIterable<Chunk>): Promise<string[]> {
  const chunks: string[] = [];
  for await (const chunk of wrapper) chunks.push(String(chunk));
  return chunks;
}

test("a FileHandle is read in blocks from where it stands, and closed by close()", async () => {
  const handle = await open(file);
  await handle.read(Buffer.alloc(2), 0, 2, null);
  const wrapper = new FileWrapper(handle, 3);
  assert.deepEqual(await chunksOf(wrapper), ["234", "567", "89"]);
  await wrapper.close();
  await wrapper.close();
  assert.equal(handle.fd, -1);
});

test("the first block of a file is small, those after a full one large, and none larger than what is left", async () => {
  const sizes: number[] = [];
  let left = 700_000;
  const handle = {
    fd: 3,
    async read(_buffer: Uint8Array, _offset: number, length: number) {
      sizes.push(length);
      const bytesRead = Math.min(length, left);
      left -= bytesRead;
      return { bytesRead };
    },
    close: async () => {},
  };
  const wrapper = new FileWrapper(handle);
  wrapper.atMost(600_000);
  let total = 0;
  for await (const chunk of wrapper) total += chunk.length;
  assert.deepEqual([total, sizes], [600_000, [65_536, 262_144, 262_144, 10_176]]);
});

test("blocks given out stay as they are while the next is read", async () => {
  const wrapper = new FileWrapper(await open(file), 5);
  const kept: Chunk[] = [];
  for await (const chunk of wrapper) kept.push(chunk);
  await wrapper.close();
  assert.deepEqual(kept.map(String), ["01234", "56789"]);
});

test("a stream is passed through, and destroyed by close() when it was not read to its end", async () => {
  assert.equal((await chunksOf(new FileWrapper(createReadStream(file)))).join(""), "0123456789");
  const stream = createReadStream(file);
  await new FileWrapper(stream).close();
  assert.equal(stream.destroyed, true);
});

test("an object with read(size) is asked until it gives nothing, and closed once", async () => {
  const parts = ["a", "b", ""];
  const sizes: number[] = [];
  let closed = 0;
  const wrapper = new FileWrapper(
    {
      read(size: number) {
        sizes.push(size);
        return parts.shift() ?? null;
      },
      close() {
        closed += 1;
      },
    },
    7,
  );
  assert.deepEqual(
    [await chunksOf(wrapper), sizes],
    [
      ["a", "b"],
      [7, 7, 7],
    ],
  );
  await wrapper.close();
  await wrapper.close();
  assert.equal(closed, 1);
});

test("atMost ends a file at that many bytes, whatever it is, and reads no further", async () => {
  for (const most of [0, 1, 4, 5, 10, 99]) {
    const want = "0123456789".slice(0, most);
    const asked: number[] = [];
    const parts = ["0123", "4567", "89"];
    const sources = [
      await open(file),
      createReadStream(file, { highWaterMark: 4 }),
      {
        read(size: number) {
          asked.push(size);
          return parts.shift() ?? "";
        },
      },
    ];
    for (const source of sources) {
      const wrapper = new FileWrapper(source, 4);
      wrapper.atMost(most);
      assert.equal((await chunksOf(wrapper)).join(""), want);
      await wrapper.close();
    }
    assert.ok(
      asked.every((size, i) => size === Math.min(4, most - i * 4)),
      String(asked),
    );
  }
});

test("atMost counts the bytes of text, not its characters", async () => {
  const wrapper = new FileWrapper({ read: () => "\u00e9\u00e9\u00e9" });
  wrapper.atMost(4);
  const chunks: Chunk[] = [];
  for await (const chunk of wrapper) chunks.push(chunk);
  assert.equal(Buffer.concat(chunks as Buffer[]).toString(), "\u00e9\u00e9");
});

test("what cannot be read, and a block size that is none, are refused when they are wrapped", () => {
  assert.throws(
    () => new FileWrapper("text" as never),
    /expected a FileHandle, a stream, or an object with read\(size\)/,
  );
  assert.throws(() => new FileWrapper(null as never), TypeError);
  assert.throws(() => new FileWrapper({ read: () => null }, 0), /block size 0/);
});
