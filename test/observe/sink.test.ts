// Lines to real descriptors: files, pipes, full disks. What is written, in which order, and what is given up.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, mkdtempSync, openSync, readFileSync, readSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openTarget, Sink } from "../../src/observe/sink.ts";

function folder(t: { after(f: () => void): void }): string {
  const made = mkdtempSync(join(tmpdir(), "tsgi-sink-"));
  t.after(() => rmSync(made, { recursive: true }));
  return made;
}

interface Watched {
  readonly sink: Sink;
  readonly troubles: Error[];
  readonly recoveries: number[];
  /** Settles at the first recovery. */
  readonly recovered: Promise<void>;
}

function watch(path: string, immediate = false): Watched {
  const troubles: Error[] = [];
  const recoveries: number[] = [];
  let tellRecovery = (): void => {};
  const recovered = new Promise<void>((resolve) => {
    tellRecovery = resolve;
  });
  const sink = new Sink(openTarget(path), {
    immediate,
    onTrouble: (error) => troubles.push(error),
    onRecovery: (lost) => {
      recoveries.push(lost);
      tellRecovery();
    },
  });
  return { sink, troubles, recoveries, recovered };
}

const numbered = (count: number): readonly string[] => Array.from({ length: count }, (_, i) => `line ${i}`);
const asFile = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join("");

/** A named pipe with this process as its reader, which reads only when told. */
function pipe(dir: string): { readonly path: string; read(): string; close(): void } {
  const path = join(dir, "pipe");
  execFileSync("mkfifo", [path]);
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  return {
    path,
    read() {
      const buffer = Buffer.alloc(1024 * 1024);
      try {
        return buffer.toString("latin1", 0, readSync(fd, buffer));
      } catch (error) {
        assert.equal((error as NodeJS.ErrnoException).code, "EAGAIN");
        return "";
      }
    },
    close: () => closeSync(fd),
  };
}

test("a line waits for its batch, and is in the file once flush has settled", async (t) => {
  const path = join(folder(t), "log");
  const { sink } = watch(path);
  sink.write("one");
  assert.equal(readFileSync(path, "utf8"), "");
  await sink.flush();
  assert.equal(readFileSync(path, "utf8"), "one\n");
  sink.write("two");
  sink.close();
  sink.write("ignored");
  assert.equal(readFileSync(path, "utf8"), "one\ntwo\n");
});

test("an immediate line is in the file before write returns", (t) => {
  const path = join(folder(t), "log");
  const { sink } = watch(path, true);
  sink.write("now");
  assert.equal(readFileSync(path, "utf8"), "now\n");
  sink.close();
});

test("many lines arrive in order", async (t) => {
  const path = join(folder(t), "log");
  const { sink } = watch(path);
  const lines = numbered(20_000);
  for (const line of lines) sink.write(line);
  await sink.flush();
  assert.equal(readFileSync(path, "utf8"), asFile(lines));
  sink.close();
});

test("flushSync in the middle of an asynchronous write loses and doubles nothing", async (t) => {
  const path = join(folder(t), "log");
  const { sink } = watch(path);
  const lines = numbered(20_000);
  for (const line of lines) sink.write(line);
  sink.flushSync();
  await sink.flush();
  const got = readFileSync(path, "utf8").split("\n").slice(0, -1);
  assert.deepEqual(got.sort(), [...lines].sort());
  sink.close();
});

test("swap loses no line and tears none: what was taken is in the old file or the new one", async (t) => {
  const dir = folder(t);
  const { sink } = watch(join(dir, "old"));
  const lines = numbered(5_000);
  for (const line of lines.slice(0, 2_500)) sink.write(line);
  sink.swap(openTarget(join(dir, "new")));
  for (const line of lines.slice(2_500)) sink.write(line);
  await sink.flush();
  sink.close();
  const [before, after] = [readFileSync(join(dir, "old"), "utf8"), readFileSync(join(dir, "new"), "utf8")];
  assert.match(before, /\n$/);
  assert.equal(before + after, asFile(lines));
});

test("a full disk is told once, keeps no flush waiting, and costs at most 16 MiB of memory", async () => {
  const { sink, troubles, recoveries } = watch("/dev/full");
  for (let round = 0; round < 3; round += 1) {
    for (let i = 0; i < 1_000; i += 1) sink.write("x".repeat(100));
    await sink.flush();
  }
  assert.deepEqual(
    troubles.map((e) => (e as NodeJS.ErrnoException).code),
    ["ENOSPC"],
  );
  const line = "y".repeat(64 * 1024 - 1);
  const before = process.memoryUsage().arrayBuffers;
  for (let i = 0; i < 512; i += 1) sink.write(line);
  sink.flushSync();
  assert.ok(process.memoryUsage().arrayBuffers - before < 20 * 1024 * 1024);
  assert.equal(troubles.length, 1);
  assert.deepEqual(recoveries, []);
  sink.close();
});

test("lines refused by a full disk are written once it takes them, with the number of those that were dropped", async (t) => {
  const path = join(folder(t), "log");
  const { sink, recovered, recoveries } = watch("/dev/full");
  const line = "z".repeat(1024 * 1024 - 1);
  for (let i = 0; i < 20; i += 1) sink.write(line);
  await sink.flush();
  sink.swap(openTarget(path));
  await recovered;
  assert.deepEqual(recoveries, [4]);
  assert.equal(readFileSync(path, "latin1"), `${line}\n`.repeat(16));
  sink.close();
});

test("a stopped reader of a pipe holds nobody up, and gets every line whole and in order when it reads again", async (t) => {
  const reader = pipe(folder(t));
  const { sink, troubles, recoveries } = watch(reader.path);
  const lines = numbered(50_000);
  for (const line of lines) sink.write(line);
  await sink.flush();
  assert.equal((troubles[0] as NodeJS.ErrnoException).code, "EAGAIN");
  let got = "";
  while (recoveries.length === 0) {
    const piece = reader.read();
    assert.ok(piece === "" || piece.endsWith("\n"), "the kernel cuts no write of at most PIPE_BUF bytes");
    got += piece;
    await sink.flush();
  }
  got += reader.read();
  assert.equal(got, asFile(lines));
  assert.deepEqual([troubles.length, recoveries], [1, [0]]);
  sink.close();
  reader.close();
});

test("a pipe whose reader is gone drops its lines, is told once, and never throws", async (t) => {
  const reader = pipe(folder(t));
  const { sink, troubles } = watch(reader.path);
  reader.close();
  for (let round = 0; round < 3; round += 1) {
    sink.write("nobody reads this");
    await sink.flush();
  }
  sink.write("nor this");
  sink.flushSync();
  assert.deepEqual(
    troubles.map((e) => (e as NodeJS.ErrnoException).code),
    ["EPIPE"],
  );
  sink.close();
});

test("a named pipe that nobody reads cannot be opened, and opening it does not hang", (t) => {
  const path = join(folder(t), "pipe");
  execFileSync("mkfifo", [path]);
  assert.throws(() => openTarget(path), { code: "ENXIO" });
});

const CHILD = `
  import { openTarget, Sink } from ${JSON.stringify(new URL("../../src/observe/sink.ts", import.meta.url).href)};
  const [where, count, mark] = process.argv.slice(1);
  const sink = new Sink(openTarget(where === "-" ? 1 : where), { immediate: false, onTrouble() {}, onRecovery() {} });
  for (let i = 0; i < Number(count); i += 1) sink.write(mark.repeat(i % 300) + i);
`;

test("two processes that append 10,000 lines each make 20,000 whole lines, none lost at exit", async (t) => {
  const path = join(folder(t), "log");
  writeFileSync(path, "");
  const children = ["a", "b"].map((mark) =>
    spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", CHILD, path, "10000", mark], {
      stdio: ["ignore", "inherit", "inherit"],
    }),
  );
  await Promise.all(children.map((child) => once(child, "exit")));
  const lines = readFileSync(path, "latin1").split("\n").slice(0, -1);
  assert.equal(lines.length, 20_000);
  for (const mark of ["a", "b"]) {
    const own = new Set(Array.from({ length: 10_000 }, (_, i) => mark.repeat(i % 300) + i));
    for (const line of lines) own.delete(line);
    assert.equal(own.size, 0, `every line of ${mark} is there whole`);
  }
});

test("standard output is written whole through a pipe and through a socket", async () => {
  for (const through of ["cat", undefined]) {
    const args = ["--import", "tsx", "--input-type=module", "-e", CHILD, "-", "3000", "c"];
    const quoted = [process.execPath, ...args].map((arg) => `'${arg.replaceAll("'", "'\\''")}'`).join(" ");
    const child =
      through === undefined
        ? spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] })
        : spawn("sh", ["-c", `${quoted} | ${through}`], { stdio: ["ignore", "pipe", "inherit"] });
    let got = "";
    child.stdout.setEncoding("latin1").on("data", (piece: string) => {
      got += piece;
    });
    await once(child, "close");
    assert.equal(got, asFile(Array.from({ length: 3000 }, (_, i) => "c".repeat(i % 300) + i)));
  }
});
