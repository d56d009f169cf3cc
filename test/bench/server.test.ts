// How the bench finds the address of a server, and the processor time and memory of its process tree.

import assert from "node:assert/strict";
import { test } from "node:test";
import { addressIn, parseResident, parseStat, treeOf } from "../../bench/server.ts";

test("own and waited-for ticks are read past a name with blanks and brackets", () => {
  const line = "42 (a) b (c) S 7 42 42 0 -1 4194560 1 2 3 4 100 20 3 4 20 0 11 0 5 6 7";
  assert.deepEqual(parseStat(line), { parent: 7, ticks: 127 });
});

test("a tree is the process with its children's children, and nobody else", () => {
  const all = new Map([
    [1, { parent: 0, ticks: 1 }],
    [2, { parent: 1, ticks: 2 }],
    [3, { parent: 2, ticks: 3 }],
    [4, { parent: 1, ticks: 4 }],
  ]);
  assert.deepEqual([...treeOf(2, all).keys()], [2, 3]);
  assert.deepEqual([...treeOf(9, all).keys()], []);
});

test("an address is read from a URL or from uWSGI's words, and a port that is still to be given is none", () => {
  assert.equal(addressIn("INFO: running on http://127.0.0.1:8000 (Press CTRL+C to quit)"), "http://127.0.0.1:8000");
  assert.equal(
    addressIn("uwsgi socket 0 bound to TCP address 127.0.0.1:43891 (port auto-assigned) fd 3"),
    "http://127.0.0.1:43891",
  );
  assert.equal(addressIn("will listen on http://127.0.0.1:0"), undefined);
});

test("resident memory is read in bytes, and a process without any has none", () => {
  assert.equal(parseResident("Name:\tx\nVmHWM:\t  900 kB\nVmRSS:\t  100 kB\nRssAnon:\t 50 kB\n"), 102_400);
  assert.equal(parseResident("Name:\tkthreadd\n"), 0);
});
