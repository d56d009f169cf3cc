import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Watcher, type WatchOptions } from "../../src/watch/watcher.ts";
import { tempFolder } from "../support/temp-folder.ts";

type Given = Partial<Pick<WatchOptions, "engine" | "ignore" | "extra">>;

/** `next` waits for a change and gives its files, relative to the folder; `told` has everything in its order. */
function watching(t: TestContext, folder: string, given: Given = {}) {
  const told: string[] = [];
  const changes: string[][] = [];
  let wake = (): void => {};
  const watcher = new Watcher({
    engine: "auto",
    ignore: [],
    extra: [],
    ...given,
    onDirty: () => told.push("dirty"),
    onChange: (files) => {
      told.push("change");
      changes.push(files.map((file) => file.slice(folder.length + 1)));
      wake();
    },
    say: (level, message) => told.push(`${level} ${message}`),
  });
  const awake = setInterval(() => {}, 1_000);
  t.after(() => {
    clearInterval(awake);
    watcher.close();
  });
  const next = async (): Promise<readonly string[]> => {
    while (changes.length === 0) await new Promise<void>((done) => (wake = done));
    return changes.shift()!;
  };
  return { watcher, told, next };
}

const NOW = (): number => Date.now() + 1_000;
const save = (file: string, text: string): void => {
  writeFileSync(`${file}.tmp`, text);
  renameSync(`${file}.tmp`, file);
};

for (const engine of ["auto", "poll"] as const) {
  test(`${engine}: each way of saving is one change of one file`, async (t) => {
    const folder = tempFolder(t, { "a.ts": "0", "b.ts": "0" });
    const { watcher, next, told } = watching(t, folder, { engine });
    const file = join(folder, "a.ts");
    watcher.add([file, join(folder, "b.ts"), join(folder, "missing/later.ts")], NOW());
    const ways: Readonly<Record<string, () => void>> = {
      write: () => writeFileSync(file, "1 written"),
      rename: () => save(file, "2 renamed"),
      touch: () => utimesSync(file, new Date(), new Date(0)),
      deletion: () => rmSync(file),
      creation: () => writeFileSync(file, "3 created again"),
    };
    for (const [way, act] of Object.entries(ways)) {
      act();
      assert.deepEqual(await next(), ["a.ts"], way);
    }
    mkdirSync(join(folder, "missing"));
    writeFileSync(join(folder, "missing/later.ts"), "");
    assert.deepEqual(await next(), ["missing/later.ts"]);
    rmSync(join(folder, "missing"), { recursive: true });
    assert.deepEqual(await next(), ["missing/later.ts"]);
    assert.deepEqual(told, Array(7).fill(["dirty", "change"]).flat());
  });
}

test("what happens beside the files, and what is no change of theirs, starts nothing", async (t) => {
  const folder = tempFolder(t, { "a.ts": "", "sentinel.ts": "", "data/x.json": "", "views/old.html": "" });
  const { watcher, next, told } = watching(t, folder, {
    extra: [`${folder}/views/**`],
    ignore: [`${folder}/data`, `${folder}/views/*.log`],
  });
  const at = (name: string): string => join(folder, name);
  watcher.add(["a.ts", "sentinel.ts", "data/x.json"].map(at), NOW());
  writeFileSync(at("4913"), "");
  rmSync(at("4913"));
  writeFileSync(at(".a.ts.swp"), "x");
  writeFileSync(at("a.ts~"), "x");
  writeFileSync(at("views/.old.html.swp"), "x");
  writeFileSync(at("views/old.html~"), "x");
  writeFileSync(at("views/out.log"), "x");
  mkdirSync(at("views/node_modules"));
  writeFileSync(at("views/node_modules/x.html"), "");
  writeFileSync(at("data/x.json"), "{}");
  chmodSync(at("a.ts"), 0o600);
  assert.equal(watcher.isFresh(), true);
  writeFileSync(at("sentinel.ts"), "x");
  assert.deepEqual(await next(), ["sentinel.ts"]);
  assert.deepEqual(told, ["dirty", "change"]);
});

test("an atomic save in which the file is gone for a moment, and the save of many files, are one change", async (t) => {
  const names = Array.from({ length: 60 }, (_, index) => `f${index % 6}/${index}.ts`);
  const folder = tempFolder(t, Object.fromEntries(names.map((name) => [name, "0"])));
  const { watcher, next, told } = watching(t, folder);
  watcher.add(
    names.map((name) => join(folder, name)),
    NOW(),
  );
  renameSync(join(folder, names[0]!), join(folder, "f0/backup"));
  await new Promise((done) => setImmediate(done));
  writeFileSync(join(folder, names[0]!), "1");
  assert.deepEqual(await next(), [names[0]]);
  for (const name of names) save(join(folder, name), "22");
  assert.deepEqual(await next(), [...names].sort());
  assert.deepEqual(told, ["dirty", "change", "dirty", "change"]);
});

test("a folder that is removed and made again, as git does it, is watched again", async (t) => {
  const folder = tempFolder(t, { "src/deep/a.ts": "1" });
  const { watcher, next } = watching(t, folder);
  const file = join(folder, "src/deep/a.ts");
  watcher.add([file], NOW());
  for (const text of ["22", "333"]) {
    rmSync(join(folder, "src"), { recursive: true });
    mkdirSync(join(folder, "src/deep"), { recursive: true });
    writeFileSync(file, text);
    assert.deepEqual(await next(), ["src/deep/a.ts"]);
  }
  writeFileSync(file, "the watch is there");
  assert.deepEqual(await next(), ["src/deep/a.ts"]);
});

test("a folder that is swapped for another with one above it is found by a question, and is watched again", async (t) => {
  const folder = tempFolder(t, {
    "now/deep/a.ts": "1",
    "new/deep/a.ts": "22",
    "top/now/b.ts": "1",
    "top/new/b.ts": "22",
  });
  const { watcher, next } = watching(t, folder);
  const at = (name: string): string => join(folder, name);
  const swap = (parent: string): void => {
    renameSync(at(`${parent}now`), at(`${parent}old`));
    renameSync(at(`${parent}new`), at(`${parent}now`));
  };
  watcher.add([at("now/deep/a.ts")], NOW());
  swap("");
  assert.equal(watcher.isFresh(), false);
  assert.deepEqual(await next(), ["now/deep/a.ts"]);
  writeFileSync(at("now/deep/a.ts"), "333");
  assert.deepEqual(await next(), ["now/deep/a.ts"]);
  watcher.add([at("top/now/b.ts")], NOW());
  swap("top/");
  assert.deepEqual(await next(), ["top/now/b.ts"], "the folder itself tells");
});

test("files that a glob finds are watched, new ones and those of new folders too, by one watch a folder", async (t) => {
  const folder = tempFolder(t, { "views/a.html": "1", "views/a.css": "1", "one.txt": "1" });
  const { watcher, next } = watching(t, folder, {
    extra: [`${folder}/views/**/*.html`, join(folder, "one.txt"), `${folder}/later/*.md`],
  });
  const at = (name: string): string => join(folder, name);
  watcher.keep([]);
  writeFileSync(at("views/a.css"), "22");
  // The first search is over when what it found is seen to change: what was written before it came there is what it found.
  let size = 2;
  const writing = setInterval(() => {
    writeFileSync(at("views/a.html"), "2".repeat(size));
    size += 1;
  }, 50);
  assert.deepEqual(await next(), ["views/a.html"]);
  clearInterval(writing);
  writeFileSync(at("views/b.html"), "1");
  // A busy machine may have written once more.
  let found = await next();
  while (found.includes("views/a.html") && !found.includes("views/b.html")) found = await next();
  assert.deepEqual(
    found.filter((name) => name !== "views/a.html"),
    ["views/b.html"],
  );
  mkdirSync(at("views/new/deep"), { recursive: true });
  writeFileSync(at("views/new/deep/c.html"), "1");
  assert.deepEqual(await next(), ["views/new/deep/c.html"]);
  writeFileSync(at("views/new/deep/c.html"), "22");
  assert.deepEqual(await next(), ["views/new/deep/c.html"]);
  rmSync(at("views/new"), { recursive: true });
  assert.deepEqual(await next(), ["views/new/deep/c.html"]);
  writeFileSync(at("one.txt"), "22");
  assert.deepEqual(await next(), ["one.txt"]);
  mkdirSync(at("later"));
  writeFileSync(at("later/d.md"), "1");
  assert.deepEqual(await next(), ["later/d.md"]);
});

test("a file that was written after it may have been read has changed, once; one that was there before has not", async (t) => {
  const folder = tempFolder(t, { "a.ts": "", "old.ts": "" });
  const { watcher, next, told } = watching(t, folder);
  watcher.add([join(folder, "old.ts"), join(folder, "none.ts")], NOW());
  watcher.add([join(folder, "a.ts")], Date.now() - 60_000);
  assert.equal(watcher.isFresh(), false);
  assert.deepEqual(await next(), ["a.ts"]);
  watcher.add([join(folder, "a.ts"), join(folder, "old.ts")], Date.now() - 60_000);
  assert.equal(watcher.isFresh(), true);
  assert.deepEqual(told, ["dirty", "change"]);
});

test("whoever asks right after a save is told, before any event, and until the change was told", async (t) => {
  const folder = tempFolder(t, { "a.ts": "" });
  const { watcher, next, told } = watching(t, folder, { engine: "poll" });
  watcher.add([join(folder, "a.ts")], NOW());
  assert.equal(watcher.isFresh(), true);
  writeFileSync(join(folder, "a.ts"), "x");
  assert.equal(watcher.isFresh(), false);
  assert.deepEqual(told, [], "not from within");
  assert.equal(watcher.isFresh(), false);
  await next();
  assert.equal(watcher.isFresh(), true);
  assert.deepEqual(told, ["dirty", "change"]);
});

test("only what is kept is watched from then on, and what is known of it stays", async (t) => {
  const folder = tempFolder(t, { "a.ts": "", "b.ts": "", "c.ts": "" });
  const { watcher, next, told } = watching(t, folder);
  const [a, b, c] = ["a.ts", "b.ts", "c.ts"].map((name) => join(folder, name)) as [string, string, string];
  watcher.add([a, b], NOW());
  writeFileSync(b, "changed before it is kept");
  watcher.keep([b, c]);
  assert.equal(watcher.isFresh(), false);
  assert.deepEqual(await next(), ["b.ts"]);
  writeFileSync(a, "x");
  writeFileSync(c, "x");
  assert.deepEqual(await next(), ["c.ts"]);
  assert.equal(told.length, 4);
});

test("a file that the application writes at every restart is named once and left out", async (t) => {
  const folder = tempFolder(t, { "stamp.json": "{}", "sentinel.ts": "" });
  const { watcher, next, told } = watching(t, folder);
  watcher.add([join(folder, "stamp.json"), join(folder, "sentinel.ts")], NOW());
  for (const expected of [["stamp.json"], ["stamp.json"], ["stamp.json"], ["sentinel.ts"]]) {
    save(join(folder, "stamp.json"), "{}");
    if (expected[0] === "sentinel.ts") writeFileSync(join(folder, "sentinel.ts"), "x");
    assert.deepEqual(await next(), expected);
  }
  const warnings = told.filter((text) => text.startsWith("warn"));
  assert.equal(warnings.length, 1);
  assert.match(warnings[0]!, /stamp\.json changes at every restart.*--reload-ignore/);
});

test("one that has something new in it at each restart is named once, and is never left out", async (t) => {
  const folder = tempFolder(t, { "stamp.json": "" });
  const { watcher, next, told } = watching(t, folder);
  watcher.add([join(folder, "stamp.json")], NOW());
  for (let count = 0; count < 12; count += 1) {
    save(join(folder, "stamp.json"), `${count}`);
    assert.equal(watcher.isFresh(), false);
    assert.deepEqual(await next(), ["stamp.json"]);
  }
  const warnings = told.filter((text) => text.startsWith("warn"));
  assert.equal(warnings.length, 1);
  assert.match(warnings[0]!, /stamp\.json changes at every restart.*something new.*--reload-ignore/);
});

const WATCHER = fileURLToPath(new URL("../../src/watch/watcher.ts", import.meta.url));

// The limits of the system are real ones: that of open files, and that of watches in a user namespace of its own.
const exhausted = (folder: string, before: string, inShell: string): string =>
  spawnSync(
    "sh",
    [
      "-c",
      `${inShell} exec "$0" --import tsx --input-type=module --eval "$1"`,
      process.execPath,
      `import { Watcher } from ${JSON.stringify(WATCHER)};
      import { openSync, writeFileSync } from "node:fs";
      ${before}
      const watcher = new Watcher({
        engine: "auto", ignore: [], extra: [], onDirty: () => {},
        onChange: (files) => { console.log(files.length); process.exit(); },
        say: (level, message) => console.log(level, message),
      });
      setInterval(() => {}, 1_000);
      const files = [0, 1, 2, 3, 4, 5, 6, 7].map((n) => ${JSON.stringify(folder)} + "/" + n + "/a.ts");
      watcher.add(files, Date.now() + 1_000);
      release();
      for (const file of files) writeFileSync(file, "x");`,
    ],
    { encoding: "utf8", cwd: fileURLToPath(new URL("../..", import.meta.url)), timeout: 30_000 },
  ).stdout;

const eight = Object.fromEntries([0, 1, 2, 3, 4, 5, 6, 7].map((n) => [`${n}/a.ts`, ""]));

test("without a descriptor for watches the files are looked at, with one line that says so", (t) => {
  const folder = tempFolder(t, eight);
  const fill = `import { closeSync } from "node:fs";
    const open = [];
    try { for (;;) open.push(openSync("/dev/null")); } catch {}
    const release = () => open.forEach((fd) => closeSync(fd));`;
  const said = exhausted(folder, fill, "ulimit -n 64;").trim().split("\n");
  assert.equal(said.length, 2, said.join("\n"));
  assert.match(said[0]!, /^warn the system gives no more file watches \(EMFILE\): files are looked at every 300 ms/);
  assert.equal(said[1], "8");
});

test("when watches run out in the middle all files are looked at, with one line that says so", (t) => {
  const limit = "echo 3 > /proc/sys/user/max_inotify_watches";
  if (spawnSync("unshare", ["-Ur", "sh", "-c", limit]).status !== 0) return t.skip("no user namespaces here");
  const folder = tempFolder(t, eight);
  const inNamespace = `[ -n "$IN" ] || IN=1 exec unshare -Ur sh -c '${limit}; exec "$0" "$@"' sh -c 'exec "$0" "$@"' "$0" --import tsx --input-type=module --eval "$1";`;
  const said = exhausted(folder, "const release = () => {};", inNamespace).trim().split("\n");
  const line =
    "warn the system gives no more file watches (ENOSPC): files are looked at every 300 ms instead; fs.inotify.max_user_watches can be raised";
  assert.deepEqual(said, [line, "8"]);
});
