import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { nodeInterface } from "../../src/interfaces/node.ts";
import { RawClient } from "../support/client.ts";
import { serveGateway } from "../support/worker.ts";
import { answersOf, type Heard, type Program, programOf, requestOf, run } from "./node-programs.ts";
import { fuzz } from "./runs.ts";

const AFTER = "GET /after HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\n\r\n";

test("random programs of calls do, hear and send under ours what they do under node:http", async (t) => {
  let program: Program;
  let heard: Promise<Heard> | undefined;
  let came: (() => void) | undefined;
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    if (request.url === "/after") {
      response.end("after");
      return;
    }
    heard = run(program, request, response);
    came?.();
  };
  const theirs = createServer(listener);
  await new Promise<void>((resolve) => theirs.listen(0, "127.0.0.1", resolve));
  const ours = serveGateway(nodeInterface(listener).gateway);
  t.after(() => {
    theirs.close();
    ours.close();
  });

  const ask = async (port: number): Promise<unknown> => {
    const begun = new Promise<void>((resolve) => {
      came = resolve;
    });
    const client = await RawClient.connect(port);
    client.send(program.pipelined ? requestOf(program, "/p") + AFTER : requestOf(program, "/p"));
    await begun;
    const all = await heard;
    if (!program.pipelined) client.send(AFTER);
    const answers = answersOf(await client.rest(), program.method === "HEAD");
    client.close();
    return { ...all, answers };
  };

  await fuzz(250, async (random) => {
    program = programOf(random);
    const expected = await ask((theirs.address() as AddressInfo).port);
    assert.deepEqual(await ask(ours.port), expected, JSON.stringify(program));
  });
});
