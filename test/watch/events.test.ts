import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { type FSWatcher, mkdirSync, rmdirSync, type watch, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { FolderEvents } from "../../src/watch/events.ts";
import { tempFolder } from "../support/temp-folder.ts";

function listening(t: TestContext, open?: typeof watch) {
  const told: string[] = [];
  let wake = (): void => {};
  const tell = (text: string): void => {
    told.push(text);
    wake();
  };
  const events = new FolderEvents({
    onEvent: (_folder, name, kind) => tell(`${kind} ${name}`),
    onLost: () => tell("lost"),
    onExhausted: (code) => tell(`exhausted ${code}`),
    ...(open === undefined ? {} : { open }),
  });
  const awake = setInterval(() => {}, 1_000);
  t.after(() => {
    clearInterval(awake);
    events.close();
  });
  const until = async (text: string): Promise<readonly string[]> => {
    while (!told.includes(text)) await new Promise<void>((next) => (wake = next));
    return told;
  };
  return { events, told, until };
}

test("names that come and contents that change are told apart, and nothing is told of a folder that is let go", async (t) => {
  const folder = tempFolder(t, { "a.ts": "", "other/b.ts": "" });
  const { events, until, told } = listening(t);
  assert.equal(events.watch(join(folder, "other")), true);
  assert.equal(events.watch(folder), true);
  assert.equal(events.watch(folder), true);
  assert.equal(events.size, 2);
  events.unwatch(join(folder, "other"));
  writeFileSync(join(folder, "other/b.ts"), "x");
  writeFileSync(join(folder, "a.ts"), "x");
  writeFileSync(join(folder, "new.ts"), "x");
  await until("names new.ts");
  assert.ok(told.includes("content a.ts"), told.join());
  assert.ok(!told.some((text) => text.endsWith("b.ts")), told.join());
});

test("a folder that is removed is lost, and can be watched again when it is there again", async (t) => {
  const folder = join(tempFolder(t), "gone");
  const { events, until } = listening(t);
  assert.equal(events.watch(folder), false);
  mkdirSync(folder);
  assert.equal(events.watch(folder), true);
  rmdirSync(folder);
  await until("lost");
  assert.equal(events.size, 0);
  mkdirSync(folder);
  assert.equal(events.watch(folder), true);
  writeFileSync(join(folder, "a.ts"), "");
  await until("names a.ts");
});

const failure = (code: string): Error => Object.assign(new Error(code), { code });

test("when the system gives no more watches all are closed and it is told once, at once or in the middle", async (t) => {
  const folder = tempFolder(t, { "a/x": "", "b/x": "" });
  const opened: (EventEmitter & { isClosed: boolean })[] = [];
  let isFull = false;
  const open = (() => {
    if (isFull) throw failure("ENOSPC");
    const watching = Object.assign(new EventEmitter(), { isClosed: false, close: () => (watching.isClosed = true) });
    opened.push(watching);
    return watching as unknown as FSWatcher;
  }) as unknown as typeof watch;
  const first = listening(t, open);
  first.events.watch(folder);
  isFull = true;
  assert.equal(first.events.watch(join(folder, "a")), false);
  isFull = false;
  assert.equal(first.events.watch(join(folder, "b")), false, "it is not tried again");
  assert.deepEqual(first.told, ["exhausted ENOSPC"]);
  const second = listening(t, open);
  second.events.watch(folder);
  second.events.watch(join(folder, "a"));
  opened[1]!.emit("error", failure("EMFILE"));
  opened[2]!.emit("error", failure("EMFILE"));
  assert.deepEqual(second.told, ["exhausted EMFILE"]);
  assert.deepEqual(
    opened.map(({ isClosed }) => isClosed),
    [true, true, true],
  );
});
