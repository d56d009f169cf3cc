import assert from "node:assert/strict";
import fs from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { SCOREBOARD } from "../../src/ipc/messages.ts";
import { Scoreboard } from "../../src/worker/scoreboard.ts";
import { tempFolder } from "../support/temp-folder.ts";

interface Seat {
  connections: number;
  readonly board: Scoreboard;
}

/** A page in a file, on which workers take their rows. */
function page(t: TestContext) {
  const fd = fs.openSync(join(tempFolder(t), "page"), "wx+");
  fs.writeSync(fd, new Uint8Array(SCOREBOARD.rows * SCOREBOARD.rowBytes));
  const seats: Seat[] = [];
  t.after(() => {
    for (const { board } of seats) board.close();
    fs.closeSync(fd);
  });
  const sit = (row: number, connections: number): Seat => {
    const counts = { connections };
    const seat: Seat = Object.assign(counts, { board: new Scoreboard(row, () => counts.connections, fd) });
    seats.push(seat);
    return seat;
  };
  return { fd, sit };
}

test("the mean is that of all workers, as each of them says it", (t) => {
  const { sit } = page(t);
  const first = sit(0, 30);
  assert.equal(first.board.mean(), 30);
  const last = sit(SCOREBOARD.rows - 1, 10);
  assert.equal(first.board.mean(), 20);
  last.connections = 50;
  assert.equal(last.board.mean(), 40);
  assert.equal(first.board.mean(), 40);
  assert.equal(first.board.connections, 30);
});

test("a worker says how many it has also when it accepts none", async (t) => {
  const { sit } = page(t);
  const first = sit(3, 30);
  const idle = sit(4, 30);
  idle.connections = 0;
  while (first.board.mean() === 30) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.equal(first.board.mean(), 15);
});

test("a worker that has closed its row does not count", (t) => {
  const { sit } = page(t);
  const first = sit(0, 30);
  const gone = sit(1, 0);
  assert.equal(first.board.mean(), 15);
  gone.board.close();
  assert.equal(first.board.mean(), 30);
});

test("a row that is a second old is that of a worker which is gone or stuck, and does not count", async (t) => {
  const { fd, sit } = page(t);
  const first = sit(0, 30);
  // A worker in another process would stop writing; here its row is kept as it was.
  const row = new Uint8Array(SCOREBOARD.rowBytes);
  const stuck = sit(1, 0);
  fs.readSync(fd, row, 0, row.length, SCOREBOARD.rowBytes);
  stuck.board.close();
  fs.writeSync(fd, row, 0, row.length, SCOREBOARD.rowBytes);
  assert.equal(first.board.mean(), 15);
  while (first.board.mean() !== 30) await new Promise((resolve) => setTimeout(resolve, 50));
});

test("with its descriptor gone a worker knows no share that it could exceed, and goes on", () => {
  const fd = fs.openSync("/dev/null", "r");
  const board = new Scoreboard(0, () => 7, fd);
  assert.equal(board.mean(), Number.POSITIVE_INFINITY);
  board.close();
  fs.closeSync(fd);
});
