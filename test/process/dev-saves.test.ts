// The promise of --reload, counted: however a file is saved, that is one restart, and clients that ask all the time notice nothing of it but
// the new code. Each save is told to the clients in the moment in which it is made.

import assert from "node:assert/strict";
import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { get, RawClient } from "../support/client.ts";
import { Server } from "../support/server.ts";
import { tempFolder } from "../support/temp-folder.ts";

const SAVES = 50;
/** The others supersede the one before while it starts, which is cheaper, and harder. */
const WAITS_EVERY = 10;
/** Of a save that takes longer, because the machine was busy otherwise, the server may have seen the halves. */
const QUICK_MS = 15;

/** In JavaScript, which starts sooner. */
const program = (version: number): string => `export const application = (_environ, startResponse) => {
  startResponse("200 OK", [["Content-Type", "text/plain"]]);
  return ["version ${version}"];
};
`;

const WAYS: readonly ((path: string, text: string) => void)[] = [
  function plainWrite(path, text) {
    writeFileSync(path, text);
  },
  function rename(path, text) {
    writeFileSync(`${path}.tmp`, text);
    renameSync(`${path}.tmp`, path);
  },
  function twoQuickWrites(path, text) {
    writeFileSync(path, text.slice(0, 20));
    writeFileSync(path, text);
  },
];

/** Asks for as long as it is wanted. Throws when a connection is refused, reset or ends without an answer, and over an old answer. */
class Client {
  /** The oldest that an answer may be. */
  static told = 0;
  readonly done: Promise<void>;
  #answered: () => void = () => {};
  #stopped = false;

  constructor(port: number, connections: "one" | "many") {
    this.done = this.#askOn(port, connections);
  }

  stop(): void {
    this.#stopped = true;
  }

  /** One more answer has come. */
  answer(): Promise<void> {
    return new Promise((answered) => {
      this.#answered = answered;
    });
  }

  async #askOn(port: number, connections: "one" | "many"): Promise<void> {
    let client = await RawClient.connect(port);
    while (!this.#stopped) {
      const { told } = Client;
      client.send(get("/"));
      const { status, body, fields } = await client.response();
      const version = Number(/^version (\d+)$/.exec(body)?.[1]);
      assert.ok(status === 200 && version >= told, `asked after save ${told}, answered ${status} ${body}`);
      this.#answered();
      // A connection has a limited number of requests.
      if (connections === "one" && fields["connection"] !== "close") continue;
      client.close();
      client = await RawClient.connect(port);
    }
    client.close();
  }
}

test(`${SAVES} saves each by write, by rename and by two quick writes: one restart a save, nobody is turned away or answered by older code`, async (t) => {
  const folder = tempFolder(t, { "package.json": '{ "type": "module" }', "app.js": program(0) });
  const path = join(folder, "app.js");
  const server = await Server.start(t, ["app", "--reload"], { cwd: folder });
  const restarts = (): number => server.records.filter(({ msg }) => msg === "restarting: app.js changed").length;
  const clients = (["one", "one", "many", "many"] as const).map((kind) => new Client(server.port, kind));
  const failed = Promise.all(clients.map(({ done }) => done)).then(() => assert.fail("a client has stopped"));
  failed.catch(() => {});
  let slow = 0;
  for (const save of WAYS) {
    for (let count = 1; count <= SAVES; count += 1) {
      const before = restarts();
      const version = Client.told + 1;
      const since = performance.now();
      save(path, program(version));
      if (performance.now() - since > QUICK_MS) slow += 1;
      Client.told = version;
      await Promise.race([failed, server.until(() => restarts() > before)]);
      if (count % WAITS_EVERY !== 0) continue;
      // What was asked before the save, and what was asked after it.
      for (const _turn of ["old", "new"]) await Promise.race([failed, Promise.all(clients.map((one) => one.answer()))]);
    }
  }
  for (const client of clients) client.stop();
  await Promise.all(clients.map(({ done }) => done));
  const count = restarts();
  const saves = WAYS.length * SAVES;
  assert.ok(count >= saves && count <= saves + slow, `${saves} saves, ${slow} of them slow: ${count} restarts`);
  assert.equal(server.records.filter(({ level }) => level === "error").length, 0);
  const { code, stderr } = await server.stop();
  assert.equal(code, 0, stderr);
});
