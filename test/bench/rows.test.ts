// The table of rows holds together: what a bar, a script and a server name exists.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { turns } from "../../bench/measure.ts";
import { ITSELF, ROWS, SUBJECT } from "../../bench/rows.ts";

test("names of rows, and of peers within a row, are unique", () => {
  assert.equal(new Set(ROWS.map((row) => row.name)).size, ROWS.length);
  for (const { name, peers } of ROWS) assert.equal(new Set(peers.map((peer) => peer.name)).size, peers.length, name);
});

test("each row has the subject, a bar at least, and a peer for each bar", () => {
  for (const { name, peers, bars } of ROWS) {
    const names = peers.map((peer) => peer.name);
    assert.ok(names.includes(SUBJECT) && bars.length > 0, name);
    for (const { against, most, least } of bars) {
      assert.ok(against === ITSELF || (names.includes(against) && against !== SUBJECT), name);
      assert.ok((most === undefined) !== (least === undefined) && (most ?? least)! > 0, name);
    }
  }
});

test("the files and handlers that rows name are there", () => {
  const file = (name: string): URL => new URL(`../../bench/servers/${name}`, import.meta.url);
  const http = readFileSync(file("handlers.mjs"), "utf8");
  const exported = (module: string, name: string) =>
    new RegExp(name === "default" ? "^export default " : `^export (?:const|(?:async )?function) ${name}\\b`, "m").test(
      readFileSync(file(module), "utf8"),
    );
  for (const { name, peers, load } of ROWS) {
    for (const path of [...load, ...peers.flatMap((peer) => peer.load ?? [])].filter((part) => part.endsWith(".lua")))
      assert.ok(existsSync(path), path);
    for (const { args } of peers) {
      for (const script of args.filter((part) => /^[\w-]+\.(?:mjs|py)$/.test(part)))
        assert.ok(existsSync(file(script)), script);
      if (args[0] === "http.mjs") assert.match(http, new RegExp(`^  ${args[1]}[(:]`, "m"), name);
      const [, module, application] = args.map((part) => /^([\w-]+\.mjs):(\w+)$/.exec(part)).find(Boolean) ?? [];
      // What a module hands on from another one is exported in braces.
      if (module === "handlers.mjs") assert.match(http, new RegExp(`^export const \\{.*\\b${application}\\b`, "m"));
      else if (module !== undefined) assert.ok(exported(module, application!), `${name}: ${module}:${application}`);
    }
  }
});

test("the body that wrk posts is the one that the row expects, and is JSON of 1 KB", () => {
  const script = readFileSync(new URL("../../bench/wrk/post.lua", import.meta.url), "utf8");
  const [, from, times, to] = /wrk\.body = '([^']*)' \.\. string\.rep\("x", (\d+)\) \.\. '([^']*)'/.exec(script)!;
  const body = `${from}${"x".repeat(Number(times))}${to}`;
  assert.equal(body.length, 1_024);
  assert.ok(JSON.parse(body));
  assert.equal(ROWS.find((row) => row.name === "echo")!.post, body);
});

test("each round begins with another peer", () => {
  assert.deepEqual(
    [0, 1, 2, 3].map((round) => turns(["a", "b", "c"], round).join("")),
    ["abc", "bca", "cab", "abc"],
  );
  assert.deepEqual(turns([], 1), []);
});
