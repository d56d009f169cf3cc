// The folder of the example site: made once however many workers start, and never half of a note in it.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { keptSecret, Notebook } from "../../examples/site/notebook.ts";
import { pictureKind } from "../../examples/site/picture.ts";
import { tempFolder } from "../support/temp-folder.ts";

const NOTEBOOK = new URL("../../examples/site/notebook.ts", import.meta.url).href;
const DRAFT = { title: "Wren", kind: "bird", place: "", text: "Small.", author: "Ada" };
const SEED = { "seed/a.svg": "<svg/>", "seed/0mmpyhiio2ec539f520.json": JSON.stringify({ ...DRAFT, title: "First" }) };

test("the folder is made whole from the first notes; a second worker finds it, and leaves nothing of its own behind", async (t) => {
  const parent = tempFolder(t, SEED);
  const folder = join(parent, "deep/notes");
  const first = new Notebook(folder, join(parent, "seed"));
  await first.add(DRAFT);
  const second = new Notebook(folder, join(parent, "seed"));
  assert.deepEqual(
    (await second.page(1, 6)).notes.map(({ title }) => title),
    ["Wren", "First"],
  );
  assert.deepEqual(readdirSync(join(parent, "deep")), ["notes"]);
});

test("a folder that is there is taken as it is, also through a link", async (t) => {
  const parent = tempFolder(t, { ...SEED, "kept/note.txt": "mine" });
  symlinkSync("kept", join(parent, "link"));
  const notebook = new Notebook(join(parent, "link"), join(parent, "seed"));
  assert.equal((await notebook.page(1, 6)).total, 0);
  await notebook.add(DRAFT);
  assert.equal(readdirSync(join(parent, "kept")).length, 2);
});

test("of workers that start together, one makes the folder and the others find it", async (t) => {
  const parent = tempFolder(t, SEED);
  const code = `import { Notebook } from ${JSON.stringify(NOTEBOOK)}; new Notebook("notes", "seed");`;
  const args = ["--import", import.meta.resolve("tsx"), "--input-type=module", "--eval", code];
  const workers = Array.from({ length: 3 }, () => spawn(process.execPath, args, { cwd: parent, stdio: "inherit" }));
  const codes = await Promise.all(workers.map(async (worker) => (await once(worker, "exit"))[0] as number));
  assert.deepEqual(codes, [0, 0, 0]);
  assert.deepEqual(readdirSync(parent).sort(), ["notes", "seed"]);
});

test("a folder that cannot be made stops the start, with the system's reason", (t) => {
  const parent = tempFolder(t, { ...SEED, file: "" });
  assert.throws(() => new Notebook(join(parent, "file/notes"), join(parent, "seed")), { code: "EEXIST" });
  assert.throws(() => new Notebook(join(parent, "notes"), join(parent, "no-seed")), { code: "ENOENT" });
  assert.deepEqual(readdirSync(parent).sort(), ["file", "seed"]);
});

test("the secret is the same for everybody who asks, and for nobody else to read", (t) => {
  const folder = tempFolder(t);
  const secret = keptSecret(folder);
  assert.match(secret, /^[\w-]{43}$/);
  assert.equal(keptSecret(folder), secret);
  assert.deepEqual(readdirSync(folder), [".secret"]);
  assert.equal(statSync(join(folder, ".secret")).mode & 0o777, 0o600);
});

test("notes come newest first, in pages; one that is still being written is not there", async (t) => {
  const parent = tempFolder(t, SEED);
  const notebook = new Notebook(join(parent, "notes"), join(parent, "seed"));
  const added = [];
  for (const title of ["a", "b", "c"]) added.push(await notebook.add({ ...DRAFT, title }));
  writeFileSync(join(notebook.folder, ".new-0zzzzzzzz0123456789"), "{");
  const page = await notebook.page(2, 2);
  assert.deepEqual([page.notes.length, page.count, page.total], [2, 2, 4]);
  const ids = await notebook.ids();
  assert.deepEqual(new Set(ids), new Set([...added.map(({ id }) => id), "0mmpyhiio2ec539f520"]));
  const missed = await notebook.beyond(new Set(ids.slice(1)));
  assert.deepEqual(
    missed.map(({ id }) => id),
    [ids[0]],
  );
  const { older, newer } = await notebook.neighbours(ids[0]!);
  assert.deepEqual([older, newer], [ids[1], undefined]);
});

test("a note and its picture go together", async (t) => {
  const parent = tempFolder(t, SEED);
  const notebook = new Notebook(join(parent, "notes"), join(parent, "seed"));
  const facts = { name: "wren.gif", type: "image/gif", size: 3, alt: "" };
  const saveTo = (path: string): Promise<void> => writeFile(path, "GIF");
  const note = await notebook.add(DRAFT, { extension: "gif", facts, saveTo });
  const path = notebook.pathOf(note.picture!);
  assert.ok(existsSync(path));
  await notebook.remove(note);
  assert.deepEqual([existsSync(path), await notebook.find(note.id)], [false, undefined]);
});

test("a picture that cannot be saved leaves no note", async (t) => {
  const parent = tempFolder(t, SEED);
  const notebook = new Notebook(join(parent, "notes"), join(parent, "seed"));
  const facts = { name: "wren.gif", type: "image/gif", size: 3, alt: "" };
  const saveTo = (): Promise<void> => Promise.reject(new Error("the disk is full"));
  await assert.rejects(notebook.add(DRAFT, { extension: "gif", facts, saveTo }), /the disk is full/);
  assert.equal((await notebook.page(1, 6)).total, 1);
});

for (const [bytes, extension] of [
  ["\xff\xd8\xff\xe0", "jpg"],
  ["\x89PNG\r\n\x1a\n", "png"],
  ["GIF89a", "gif"],
  ["RIFF\x00\x00\x00\x00WEBPVP8 ", "webp"],
  ["RIFF\x00\x00\x00\x00WAVE", undefined],
  ["GIF88a", undefined],
  ["<svg/>", undefined],
  ["", undefined],
] as const) {
  test(`${JSON.stringify(bytes)} is ${extension ?? "no picture"}`, () => {
    assert.equal(pictureKind(Buffer.from(bytes, "latin1"))?.extension, extension);
  });
}
