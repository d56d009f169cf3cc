// Applications that break the contract: the client has a 500 with the request's id, or sees a cut; the log has one line that names the
// application's file and line; the worker lives.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { get, RawClient } from "../support/client.ts";
import { APPS, type LogRecord, Server } from "../support/server.ts";

const SOURCE = readFileSync(join(APPS, "misbehaving.js"), "utf8").split("\n");

/** The line that is to be blamed for it, counted from 1. */
function blamedLine(way: string): number {
  const lineOf = (name: string) => SOURCE.findIndex((line) => line.endsWith(` // blame: ${name}`)) + 1;
  return lineOf(way) || lineOf("the application");
}

interface Way {
  /** What the log says, beside the place. */
  readonly says: RegExp;
  /** The head was sent: what the client then gets. */
  readonly cut?: RegExp;
}

const ways: Readonly<Record<string, Way>> = {
  "/throws": { says: /on purpose/ },
  "/rejects": { says: /on purpose, later/ },
  "/nothing": { says: /returned undefined|gave undefined/ },
  "/never-starts": { says: /did not call startResponse/ },
  "/number": { says: /gave (the number )?42/ },
  "/yields-number": { says: /gave (the number )?42/ },
  "/starts-twice": { says: /startResponse was called twice/ },
  "/bad-header": { says: /header X-Split has U\+000D at position 1 of .*: expected a string of latin-1 characters/ },
  "/bad-length": { says: /Content-Length .*0x5.*: expected digits only/ },
  "/hop-by-hop": { says: /header Transfer-Encoding belongs to the connection/ },
  "/bad-hint": { says: /tsgi\.early_hints: header Link has U\+010A/ },
  "/bad-trailer": { says: /Set-Cookie.* may not be a trailer/ },
  "/interim": { says: /status .*103 Early Hints.*tsgi\.early_hints/ },
  "/bad-status": { says: /status/ },
  "/throws-after-head": { says: /too late/, cut: /the first part\r\n$/ },
  "/too-short": { says: /Content-Length 10 and gave 4/, cut: /\r\n\r\nfour$/ },
  "/too-long": { says: /Content-Length 4 and gave at least 12/, cut: /\r\n\r\nfour$/ },
};

test("each breach of the contract is answered, logged with its line, and survived", async (t) => {
  const server = await Server.start(t, ["misbehaving:application"]);
  const workers = server.serving();
  for (const [way, { says, cut }] of Object.entries(ways)) {
    await t.test(way, async () => {
      const before = server.records.length;
      const client = await RawClient.connect(server.port);
      client.send(get(way));
      let answer = "";
      if (cut === undefined) {
        const { status, body, fields } = await client.response();
        answer = fields["x-request-id"] ?? "none";
        assert.deepEqual([status, body], [500, `500 Internal Server Error\nrequest ${answer}\n`]);
      } else {
        assert.match(await client.rest(), cut);
      }
      const record = await server.says(/./, before);
      if (cut === undefined) assert.equal(record["requestId"], answer);
      assert.equal(record["request"], `GET ${way}`);
      assert.match(wordsOf(record), says);
      assert.match(record.msg, new RegExp(`\\(${APPS}/misbehaving\\.js:${blamedLine(way)}:\\d+\\)$`));
      assert.equal(record.level, "error");
      client.close();

      // The next request goes to the same worker, and no second line was written for the one before.
      const after = await RawClient.connect(server.port);
      after.send(get("/"));
      assert.equal((await after.response()).body, String(workers[0]));
      after.close();
      assert.deepEqual(
        server.records.slice(before).map(({ msg }) => msg),
        [record.msg],
      );
    });
  }
  assert.equal((await server.stop()).code, 0);
});

const wordsOf = ({ msg, err }: LogRecord): string => `${msg} ${JSON.stringify(err ?? "")}`;
