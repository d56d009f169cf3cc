import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import type { Piece, SendEvent } from "../../../src/protocol/events.ts";
import { Http1Codec, MisuseError } from "../../../src/protocol/index.ts";
import { answer, LIMITS } from "../../support/wire.ts";

// Two tables say what a codec does: one for what comes in, one for what goes out. Every pair of their states that can be reached is
// put under every call, and each outcome, and each outcome after that one, is compared with a real codec.

// What is heard, and the state after it. `some`, `all` and `wrong`: bytes came that go on with what is due, that complete it, or that
// cannot be right, and an event was asked for. `nothing`: an event was asked for. `ended`: the same, and the peer had ended its side.
// `paused` is `closed` where the response is over and the connection does not stay.
const READING = `
           some             all             wrong           nothing          ended
  idle     need-data:head   request:body    fault:closed    need-data:idle   closed:closed
  head     need-data:head   request:body    fault:closed    need-data:head   fault:closed
  junk     fault:closed     fault:closed    fault:closed    fault:closed     fault:closed
  body     data:body        data:end        data:body       need-data:body   fault:closed
  chunks   data:chunks      end:done        fault:closed    need-data:chunks fault:closed
  end      end:more         end:more        end:more        end:done         end:done
  end+     end:more         end:more        end:more        end:more         end:more
  done     paused:more      paused:more     paused:more     paused:done      paused:done
  more     paused:more      paused:more     paused:more     paused:more      paused:more
  closed   closed:closed    closed:closed   closed:closed   closed:closed    closed:closed
`;

// What can be sent, and the state after it; a hyphen is misuse, and changes nothing. `whole`: a response that needs no more; `more`: one
// that does; `last`: a whole one that closes. A response that nobody asked for ends the reading.
const SENDING = `
           information  whole   more    last    data    end
  idle     -            -       -       over    -       -
  due      due          over    body    over    -       -
  body     -            -       -       -       body    over
  over     -            -       -       -       -       -
`;

/** What the heads of requests lead to, by their fields and what is behind them. Each also comes with `Connection: close`. */
const HEADS: Readonly<Record<string, readonly [fields: string, behind: string]>> = {
  body: ["Content-Length: 1000\r\n", ""],
  chunks: ["Transfer-Encoding: chunked\r\n", ""],
  end: ["", ""],
  "end+": ["", "("],
};

/** The whole state: of both tables, and what neither decides alone. */
interface State {
  readonly reading: string;
  readonly sending: string;
  /** Nobody has said yet that the connection ends. */
  readonly stays: boolean;
  /** The peer ended its side. */
  readonly ended: boolean;
}

interface Outcome {
  readonly heard: string;
  readonly state: State;
}

function parse(text: string): ReadonlyMap<string, ReadonlyMap<string, string>> {
  const [columns, ...rows] = text
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/));
  return new Map(
    rows.map(([name, ...cells]) => {
      assert.equal(cells.length, columns!.length, `a cell of ${name} is missing`);
      return [name!, new Map(cells.map((cell, i) => [columns![i]!, cell]))];
    }),
  );
}

const reading = parse(READING);
const sending = parse(SENDING);
const columnsOf = (table: typeof reading): string[] => [...table.values().next().value!.keys()];
const RECEIVES = ["some", "all", "wrong"];
const REQUESTS = Object.keys(HEADS).flatMap((kind) => [`request ${kind}`, `request ${kind} close`]);
const SENDS = columnsOf(sending);
const CALLS = [...RECEIVES, ...REQUESTS, "nothing", "receiveEof", ...SENDS, "startNextCycle"];
const MISUSE = "misuse";

const isDone = ({ reading }: State): boolean => ["end", "end+", "done", "more"].includes(reading);
const isWaiting = ({ reading }: State): boolean => reading === "end+" || reading === "more";
const keepsAlive = (state: State): boolean => state.stays && (!state.ended || isWaiting(state));

/** Cells that a prediction has looked at. */
const used = new Set<string>();

function cell(table: typeof reading, row: string, column: string): string {
  used.add(`${table === reading ? "reading" : "sending"} ${row} ${column}`);
  return table.get(row)!.get(column)!;
}

/** What the tables say; undefined where a call has no meaning of its own. */
function predict(state: State, call: string): Outcome | undefined {
  const misuse = { heard: MISUSE, state };
  if (call.startsWith("request ")) {
    if (state.ended || !["idle", "head"].includes(state.reading)) return undefined;
    const [, kind, close] = call.split(" ");
    return { heard: "request", state: { ...state, reading: kind!, sending: "due", stays: close === undefined } };
  }
  if (call === "receiveEof") return { heard: "", state: { ...state, ended: true } };
  if (call === "startNextCycle") {
    if (!isDone(state) || state.sending !== "over" || !keepsAlive(state)) return misuse;
    return { heard: "", state: { ...state, reading: isWaiting(state) ? "junk" : "idle", sending: "idle" } };
  }
  if (SENDS.includes(call)) {
    const next = cell(sending, state.sending, call);
    if (next === "-") return misuse;
    const unasked = state.sending === "idle";
    const stays = call === "whole" || call === "more" ? keepsAlive(state) : state.stays && call !== "last";
    return { heard: "", state: { ...state, reading: unasked ? "closed" : state.reading, sending: next, stays } };
  }
  if (state.ended && call !== "nothing") return misuse;
  return hear(state, cell(reading, state.reading, state.ended ? "ended" : call));
}

function hear(state: State, told: string): Outcome {
  const [event, next] = told.split(":") as [string, string];
  if (event === "request") return { heard: event, state: { ...state, reading: next, sending: "due" } };
  const after = { ...state, reading: next, stays: state.stays && next !== "closed" };
  const over = event === "paused" && state.sending === "over" && !keepsAlive(after);
  return { heard: over ? "closed" : event, state: after };
}

/** A real codec, and as much memory as it takes to say what is due. */
class Driver {
  readonly codec = new Http1Codec({ limits: LIMITS, server: "" });
  #left = 0;

  /** What was heard: an event, `misuse`, or nothing. */
  do(call: string, state: State): string {
    try {
      return this.#do(call, state);
    } catch (error) {
      assert.ok(error instanceof MisuseError, String(error));
      return MISUSE;
    }
  }

  #do(call: string, state: State): string {
    const { codec } = this;
    if (SENDS.includes(call)) codec.send(EVENTS[call]!, [] as Piece[]);
    else if (call === "startNextCycle") codec.startNextCycle();
    else if (call === "receiveEof") codec.receiveEof();
    else {
      if (call !== "nothing") codec.receive(Buffer.from(this.#bytes(call, state.reading), "latin1"));
      const event = codec.nextEvent();
      if (event.type === "data") this.#left -= event.bytes.length;
      return event.type;
    }
    return "";
  }

  #bytes(call: string, reading: string): string {
    const [what, kind, close] = call.split(" ");
    if (reading === "idle" || reading === "head") {
      if (what === "some") return "X";
      if (what === "wrong") return "(\r\n";
      this.#left = 1_000;
      const [fields, behind] = HEADS[kind ?? "body"]!;
      const connection = close === undefined ? "" : "Connection: close\r\n";
      return `X / HTTP/1.1\r\nHost: a\r\n${connection}${fields}\r\n${behind}`;
    }
    if (reading === "body") return "x".repeat(what === "all" ? this.#left : 1);
    if (reading === "chunks") return what === "some" ? "1\r\nx\r\n" : what === "all" ? "0\r\n\r\n" : "z";
    return "(";
  }
}

const EVENTS: Readonly<Record<string, SendEvent>> = {
  information: { type: "information", status: 103, fields: [] },
  whole: answer(),
  more: { ...answer(), length: undefined, more: true },
  last: { ...answer(), close: true },
  data: { type: "data", bytes: "x" },
  end: { type: "end" },
};

const START: State = { reading: "idle", sending: "idle", stays: true, ended: false };
const nameOf = ({ reading, sending, stays, ended }: State): string =>
  `${reading}/${sending}${stays ? "" : ", leaves"}${ended ? ", ended" : ""}`;

/** Every state that the tables lead to, with the calls that lead there. */
function reachable(): ReadonlyMap<string, { readonly state: State; readonly path: readonly string[] }> {
  const found = new Map([[nameOf(START), { state: START, path: [] as readonly string[] }]]);
  for (const { state, path } of found.values()) {
    for (const call of CALLS) {
      const next = predict(state, call)?.state;
      if (next !== undefined && !found.has(nameOf(next)))
        found.set(nameOf(next), { state: next, path: [...path, call] });
    }
  }
  return found;
}

/** A codec that was driven along a path, and is compared with the tables at each step. */
function drive(path: readonly string[]): { readonly driver: Driver; readonly state: State } {
  const driver = new Driver();
  let state = START;
  for (const [i, call] of path.entries()) {
    const expected = predict(state, call)!;
    assert.equal(driver.do(call, state), expected.heard, `${path.slice(0, i + 1).join(", ")} from ${nameOf(state)}`);
    state = expected.state;
    const where = `${path.slice(0, i + 1).join(", ")}: ${nameOf(state)}`;
    assert.equal(driver.codec.requestDone, isDone(state), `requestDone after ${where}`);
    assert.equal(driver.codec.keepAlive, keepsAlive(state), `keepAlive after ${where}`);
    if (state.reading === "closed") assert.equal(driver.codec.buffered, 0, `buffered after ${where}`);
  }
  return { driver, state };
}

const STATES = reachable();

test("every call in every state that can be reached gives what the tables say, and so does every call after it", () => {
  for (const { state, path } of STATES.values()) {
    for (const call of CALLS) {
      const next = predict(state, call)?.state;
      if (next === undefined) continue;
      for (const after of CALLS) if (predict(next, after) !== undefined) drive([...path, call, after]);
    }
  }
});

test("the tables are full, and list no state and no cell that cannot be reached", () => {
  const cells = (table: typeof reading, name: string) =>
    [...table].flatMap(([row, columns]) => [...columns.keys()].map((column) => `${name} ${row} ${column}`));
  const listed = [...cells(reading, "reading"), ...cells(sending, "sending")];
  assert.deepEqual(
    listed.filter((one) => !used.has(one)),
    [],
  );
  assert.deepEqual(
    [...used].filter((one) => !listed.includes(one)),
    [],
  );
  const seen = (of: (state: State) => string) => new Set([...STATES.values()].map(({ state }) => of(state)));
  assert.deepEqual(
    seen((state) => state.reading),
    new Set(reading.keys()),
  );
  assert.deepEqual(
    seen((state) => state.sending),
    new Set(sending.keys()),
  );
});

test("the states that can be reached are those that make sense together", () => {
  const pairs = new Set([...STATES.values()].map(({ state }) => `${state.reading}/${state.sending}`));
  const expected = [
    ...["idle", "head", "junk"].map((name) => `${name}/idle`),
    ...["body", "chunks", "end", "end+", "done", "more"].flatMap((name) =>
      ["due", "body", "over"].map((other) => `${name}/${other}`),
    ),
    ...["idle", "due", "body", "over"].map((other) => `closed/${other}`),
  ];
  assert.deepEqual([...pairs].sort(), expected.sort());
});
