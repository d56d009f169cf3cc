import assert from "node:assert/strict";
import { test } from "node:test";
import { COMMAND_NAMES, CONTROL_COMMANDS, readAnswer, readLine, readWords, writeLine } from "../../src/ipc/control.ts";

test("words and JSON objects say the same", () => {
  for (const [words, object, request] of [
    ["status", { command: "status" }, { command: "status" }],
    ["workers", { command: "workers" }, { command: "workers" }],
    ["reload", { command: "reload" }, { command: "reload", wait: false }],
    ["reload --wait", { command: "reload", wait: true }, { command: "reload", wait: true }],
    ["--wait reload", { command: "reload", wait: true }, { command: "reload", wait: true }],
    ["  scale\t4 ", { command: "scale", count: 4 }, { command: "scale", count: 4 }],
    ["restart 4711", { command: "restart", pid: 4711 }, { command: "restart", pid: 4711 }],
    ["stop", { command: "stop", quick: false }, { command: "stop", quick: false }],
    ["stop --quick", { command: "stop", quick: true }, { command: "stop", quick: true }],
    ["reopen", { command: "reopen" }, { command: "reopen" }],
    ["stack 4711", { command: "stack", pid: 4711 }, { command: "stack", pid: 4711 }],
    ["requests", { command: "requests" }, { command: "requests" }],
  ] as const) {
    assert.deepEqual(readLine(words), { ok: true, id: null, request, form: "words" }, words);
    assert.deepEqual(readLine(JSON.stringify({ id: 7, ...object })), { ok: true, id: 7, request, form: "json" }, words);
    assert.deepEqual(readWords(words.trim().split(/\s+/)), request);
  }
});

test("every command of the table can be asked for, in words that the table gives", () => {
  for (const name of COMMAND_NAMES) {
    const { argument, flag } = CONTROL_COMMANDS[name];
    const words = [name, ...(argument === null ? [] : ["12"]), ...(flag === null ? [] : [`--${flag}`])];
    const request = readWords(words);
    assert.deepEqual(typeof request === "string" ? request : request.command, name);
  }
});

test("an id may be a number or a text, and comes back; without one it is null", () => {
  const idOf = (text: string): unknown => readLine(text).id;
  assert.deepEqual(['{"id":0,"command":"status"}', '{"id":"a","command":"status"}', '{"command":"status"}'].map(idOf), [
    0,
    "a",
    null,
  ]);
  assert.deepEqual(readLine('{"id":[1],"command":"status"}'), {
    ...{ ok: false, id: null, form: "json", error: "id [1]: expected a number or a text" },
  });
  assert.equal(idOf('{"id":3,"command":"staus"}'), 3);
});

test("what does not fit is named, with what does", () => {
  const all = COMMAND_NAMES.join(", ");
  for (const [line, error, form] of [
    ["", `no command; expected one of ${all}`, null],
    ["staus", `unknown command staus (did you mean status?); there are ${all}`, null],
    ["GET / HTTP/1.1", `unknown command GET; there are ${all}`, null],
    ["constructor", `unknown command constructor; there are ${all}`, null],
    ["status 4", "status takes nothing, and was given 4", "words"],
    ["scale 4 5", "scale takes one number, and was given 4 5", "words"],
    ["scale", "scale: expected a number of workers from 1 to 1000, as in: scale 4", "words"],
    ["scale 0", "scale 0: expected a number of workers from 1 to 1000, as in: scale 4", "words"],
    ["scale 1001", "scale 1001: expected a number of workers from 1 to 1000, as in: scale 4", "words"],
    ["scale 4x", "scale 4x: expected a number of workers from 1 to 1000, as in: scale 4", "words"],
    ["scale -1", "scale -1: expected a number of workers from 1 to 1000, as in: scale 4", "words"],
    ["restart me", "restart me: expected the pid of a worker, as in: restart 4711; workers shows them", "words"],
    ["reload --wiat", "--wiat does not belong to reload (did you mean --wait?)", "words"],
    ["status --wait", "--wait does not belong to status", "words"],
    ["reload --", "-- does not belong to reload", "words"],
    ['{"command":"scale","count":"4"}', "scale 4: expected a number of workers from 1 to 1000, as in: scale 4", "json"],
    [
      '{"command":"scale","count":1.5}',
      "scale 1.5: expected a number of workers from 1 to 1000, as in: scale 4",
      "json",
    ],
    ['{"command":"scale","pid":4}', "pid does not belong to scale", "json"],
    ['{"command":"reload","wait":1}', "wait 1: expected true or false", "json"],
    ['{"command":"reload","wiat":true}', "wiat does not belong to reload (did you mean wait?)", "json"],
    ['{"command":"status","__proto__":1}', "__proto__ does not belong to status", "json"],
    ['{"command":"staus"}', `unknown command staus (did you mean status?); there are ${all}`, "json"],
    ['{"command":7}', `unknown command 7; there are ${all}`, "json"],
    ["{}", `no command; expected one of ${all}`, "json"],
  ] as const) {
    assert.deepEqual(readLine(line), { ok: false, id: null, error, form }, line);
  }
});

test("what is no JSON although it begins like an object is nothing of ours", () => {
  for (const line of ["{", '{"command":"status"', '{"command":"status"} x', `{${"x".repeat(60_000)}`]) {
    const reading = readLine(line);
    assert.ok(!reading.ok);
    assert.equal(reading.form, null);
    assert.match(reading.error, /^not JSON: /);
    assert.ok(reading.error.length < 200);
  }
});

test("an answer is read as it was written, and everything else is none", () => {
  for (const answer of [
    { id: 1, ok: true, data: { message: "done\nand more" } },
    { id: null, ok: false, error: "no" },
  ] as const) {
    const line = writeLine(answer);
    assert.match(line, /^[^\n]+\n$/);
    assert.deepEqual(readAnswer(line.trimEnd()), answer);
  }
  for (const line of [
    ...["", "HTTP/1.1 400 Bad Request", "null", "[]", "{}", '{"ok":true}', '{"ok":false}', '{"ok":1,"data":{}}'],
    ...['{"ok":false,"error":7}', '{"id":{},"ok":true,"data":1}'],
  ]) {
    assert.equal(readAnswer(line), undefined, line);
  }
  assert.equal(writeLine({ id: 1, command: "scale", count: 4 }), '{"id":1,"command":"scale","count":4}\n');
});
