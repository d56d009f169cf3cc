// When the terminal is taken, when it is given back, and what each key asks for. test/process/keys.test.ts has a real one.

import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import process from "node:process";
import { type TestContext, test } from "node:test";
import { Keys } from "../../src/master/keys.ts";

class Terminal extends EventEmitter {
  readonly said: string[] = [];
  isRaw = false;
  isRead = false;
  isGone = false;
  setEncoding(): void {}
  setRawMode(mode: boolean): void {
    if (this.isGone) throw new Error("EIO");
    this.isRaw = mode;
  }
  resume(): void {
    this.isRead = true;
  }
  pause(): void {
    this.isRead = false;
  }
}

function world(t: TestContext, start: { readonly foreground: boolean }) {
  const terminal = new Terminal();
  const state = { foreground: start.foreground, opened: 0, atSuspend: "" };
  const note = (word: string) => () => void terminal.said.push(word);
  const keys = new Keys({
    input: () => {
      state.opened += 1;
      return terminal;
    },
    isForeground: () => state.foreground,
    mayAskOften: false,
    actions: {
      ...{ restart: note("restart"), open: note("open"), clear: note("clear"), quit: note("quit") },
      ...{ help: note("help"), newLine: note("line"), signal: (name) => void terminal.said.push(name) },
      suspend: () => {
        state.atSuspend = `raw ${terminal.isRaw}, read ${terminal.isRead}`;
        terminal.said.push("suspend");
      },
    },
  });
  t.after(() => keys.close());
  keys.take();
  return { terminal, state, keys };
}

test("each key asks for one thing, several at once for several, and what is no key for nothing", (t) => {
  const { terminal, keys } = world(t, { foreground: true });
  assert.ok(keys.isOn && terminal.isRaw && terminal.isRead);
  for (const typed of ["r", "o", "l", "q", "?", "R", "\x0c", "\r", "\x03", "\x1c", "xyz", "\x1b[A", "\x1bq", "ol"])
    terminal.emit("data", typed);
  assert.deepEqual(terminal.said, [
    ...["restart", "open", "clear", "quit", "help", "restart", "clear", "line", "SIGINT", "SIGQUIT"],
    ...["open", "clear"],
  ]);
});

test("in the background the terminal is not even opened, and taken when a signal says that it is ours", (t) => {
  const { terminal, state, keys } = world(t, { foreground: false });
  assert.deepEqual([keys.isOn, state.opened], [false, 0]);
  state.foreground = true;
  process.emit("SIGCONT");
  assert.deepEqual([keys.isOn, state.opened, terminal.isRaw], [true, 1, true]);
  state.foreground = false;
  process.emit("SIGCONT");
  // Its mode is the shell's now.
  assert.deepEqual([keys.isOn, terminal.isRaw, terminal.isRead], [false, true, false]);
  terminal.emit("data", "r");
  assert.deepEqual(terminal.said, []);
});

test("the terminal is as it was while the server is stopped, and ours again afterwards", async (t) => {
  const { terminal, state, keys } = world(t, { foreground: true });
  terminal.emit("data", "\x1a");
  assert.equal(state.atSuspend, "raw false, read false");
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual([keys.isOn, terminal.isRaw, terminal.isRead], [true, true, true]);
});

test("the terminal is given back at the end, and a terminal that is gone ends the keys alone", (t) => {
  const first = world(t, { foreground: true });
  first.keys.close();
  assert.deepEqual([first.keys.isOn, first.terminal.isRaw, first.terminal.isRead], [false, false, false]);
  first.keys.take();
  assert.equal(first.keys.isOn, false);
  const second = world(t, { foreground: true });
  second.terminal.isGone = true;
  second.terminal.emit("error", new Error("EIO"));
  assert.equal(second.keys.isOn, false);
});
