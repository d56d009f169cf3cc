// The folder of the paste service: what is in it at every moment, and what a crash can leave there.

import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type Description, isId, Store } from "../../examples/paste/storage.ts";
import { openService, START } from "./paste-support.ts";

const TEXT: Description = { title: "", name: "", type: "", lifetime: null };

async function add(store: Store, bytes: string | Uint8Array, description: Partial<Description> = {}) {
  const draft = await store.draft();
  await draft.write(Buffer.from(bytes));
  return draft.commit({ ...TEXT, ...description });
}

test("an item is invisible until it is committed, and whole from then on", async (t) => {
  const { store, directory, entries } = openService(t);
  const draft = await store.draft();
  await draft.write(Buffer.from("one "));
  assert.deepEqual(await store.list(10), []);
  assert.equal(entries().filter(isId).length, 0);
  await draft.write(Buffer.from("two"));
  const item = await draft.commit(TEXT);
  assert.deepEqual(entries(), [item.id]);
  assert.deepEqual(readdirSync(join(directory, item.id)).sort(), ["data", "item.json"]);
  assert.equal(readFileSync(join(directory, item.id, "data"), "utf8"), "one two");
  assert.deepEqual(await store.find(item.id), item);
  await draft.discard();
  assert.deepEqual(await store.list(10), [item], "a discard after the commit does nothing");
});

test("a discarded draft leaves nothing behind, however often it is discarded", async (t) => {
  const { store, entries } = openService(t);
  const draft = await store.draft();
  await draft.write(Buffer.from("half"));
  await draft.discard();
  await draft.discard();
  assert.deepEqual(entries(), []);
});

test("another store on the same folder sees what one has done, in both directions", async (t) => {
  const { store, directory } = openService(t);
  const other = new Store({ directory, limitBytes: 100, now: () => START });
  const item = await add(store, "shared");
  assert.deepEqual(await other.list(10), [item]);
  assert.equal(await other.delete(item.id), true);
  assert.equal(await store.find(item.id), undefined);
  assert.equal(await store.delete(item.id), false);
});

test("an open file of a deleted item can be read to its end", async (t) => {
  const { store, entries } = openService(t);
  const item = await add(store, "still here");
  const file = await store.open(item);
  assert.ok(file !== undefined);
  t.after(() => file.close());
  await store.delete(item.id);
  assert.deepEqual(entries(), []);
  assert.equal(await file.readFile("utf8"), "still here");
  assert.equal(await store.open(item), undefined);
});

test("an item of exactly the limit is kept, one byte more is refused", async (t) => {
  const { store } = openService(t, 8);
  assert.equal((await add(store, "12345678")).size, 8);
  const draft = await store.draft();
  await draft.write(Buffer.from("12345678"));
  await assert.rejects(draft.write(Buffer.from("9")), { status: "413 Content Too Large" });
  await draft.discard();
});

test("the list is newest first, gives so many, and goes on after the last one", async (t) => {
  const { store, clock } = openService(t);
  const ids: string[] = [];
  for (let i = 0; i < 5; i += 1) {
    clock.now += 1;
    ids.unshift((await add(store, String(i))).id);
  }
  const page = async (before?: string) => (await store.list(2, before)).map((item) => item.id);
  assert.deepEqual(await page(), ids.slice(0, 2));
  assert.deepEqual(await page(ids[1]), ids.slice(2, 4));
  assert.deepEqual(await page(ids[3]), ids.slice(4));
  assert.deepEqual(await page(ids[4]), []);
});

test("an expired item is not found from that millisecond on, and the sweep removes its bytes", async (t) => {
  const { store, clock, entries } = openService(t);
  const item = await add(store, "short", { lifetime: 1_000 });
  const stays = await add(store, "long");
  clock.now = START + 999;
  assert.deepEqual(await store.find(item.id), item);
  clock.now = START + 1_000;
  assert.equal(await store.find(item.id), undefined);
  assert.deepEqual(await store.list(10), [stays]);
  await store.sweep();
  assert.deepEqual(entries(), [stays.id]);
});

test("the sweep removes an upload untouched for an hour and leaves one that is in progress", async (t) => {
  const { store, clock, directory, entries } = openService(t);
  clock.now = Date.now();
  const dead = await store.draft();
  await dead.write(Buffer.from("of a process that died"));
  const [abandoned = ""] = entries();
  const hourAgo = clock.now / 1_000 - 3_700;
  utimesSync(join(directory, abandoned, "data"), hourAgo, hourAgo);
  const alive = await store.draft();
  mkdirSync(join(directory, ".deleted-half"));
  utimesSync(join(directory, ".deleted-half"), hourAgo, hourAgo);
  writeFileSync(join(directory, "README"), "not ours");
  await store.sweep();
  const left = entries();
  assert.equal(left.length, 2);
  assert.ok(!left.includes(abandoned) && left.includes("README"));
  const item = await alive.commit(TEXT);
  assert.deepEqual(await store.find(item.id), item);
  await dead.discard();
});

test("a crash before the facts were written, and facts that somebody broke, hide one item and nothing else", async (t) => {
  const { store, directory } = openService(t);
  const good = await add(store, "good");
  const broken = await add(store, "broken");
  writeFileSync(join(directory, broken.id, "item.json"), "{");
  writeFileSync(join(directory, `${good.id.slice(0, 9)}${"0".repeat(20)}`), "a file where a folder should be");
  assert.deepEqual(await store.list(10), [good]);
  assert.equal(await store.find(broken.id), undefined);
});

test("ids are unlike each other in 80 random bits, and nothing else is taken for one", async (t) => {
  const { directory: outer } = openService(t);
  writeFileSync(join(outer, "item.json"), "{}");
  const directory = join(outer, "inner");
  const store = new Store({ directory, limitBytes: 100, now: () => START });
  const ids = [];
  for (let i = 0; i < 20; i += 1) ids.push((await add(store, "x")).id);
  assert.equal(new Set(ids.map((id) => id.slice(9))).size, 20);
  assert.ok(ids.every((id) => /^[0-9a-z]{9}[0-9a-f]{20}$/.test(id)));
  const id = ids[0] ?? "";
  for (const wrong of [
    "",
    ".",
    "..",
    "../x",
    `${id}/`,
    `${id}\n`,
    `./${id}`,
    `${id}\0`,
    id.toUpperCase(),
    `.incoming-${id}`,
  ]) {
    assert.equal(isId(wrong), false, JSON.stringify(wrong));
    assert.equal(await store.find(wrong), undefined, JSON.stringify(wrong));
    assert.equal(await store.delete(wrong), false, JSON.stringify(wrong));
  }
  assert.ok(statSync(join(directory, id)).isDirectory());
});

test("bytes that begin like UTF-8 text are text, also where the look ends inside a character", async (t) => {
  const { store } = openService(t);
  const cases: readonly [bytes: string | Uint8Array, text: boolean][] = [
    ["plain", true],
    ["", true],
    ["grüße 🙂", true],
    [`${"x".repeat(4_095)}ü`, true],
    [Buffer.from([0x47, 0x49, 0x46, 0x00]), false],
    [Buffer.from([0xff, 0xfe, 0x41]), false],
    [Buffer.from("grüße", "latin1"), false],
  ];
  for (const [bytes, text] of cases) {
    const item = await add(store, bytes);
    assert.equal(item.text, text, String(bytes).slice(0, 20));
    assert.equal(item.type, text ? "text/plain; charset=utf-8" : "application/octet-stream");
  }
});

test("a folder that does not exist yet is an empty list, and is made by the first item", async (t) => {
  const { directory } = openService(t);
  const store = new Store({ directory: join(directory, "a", "b"), limitBytes: 100, now: () => START });
  assert.deepEqual(await store.list(10), []);
  const item = await add(store, "first");
  assert.deepEqual(await store.list(10), [item]);
});
