// What docs/interfaces.md promises of the server as a whole, for a bare application of each interface. Express and its like are in
// frameworks.test.ts.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { RequestsData, StackData } from "../../src/ipc/control-data.ts";
import { ask, get, RawClient } from "../support/client.ts";
import { controlled } from "../support/ctl.ts";
import { promisedBy } from "../support/interface-page.ts";
import type { Mixture } from "../support/load/asks.ts";
import { Load } from "../support/load.ts";
import { tempFolder } from "../support/temp-folder.ts";

/** The same handler behind each interface's way of calling it. */
const HANDLER = `
import { writeSync } from "node:fs";

export function handle(path) {
  if (path === "/spin") spin();
  if (path === "/late") later();
  if (path === "/wait" || path === "/late") return new Promise(() => writeSync(1, "waiting\\n"));
  return "served";
}

function spin() {
  writeSync(1, "spinning\\n");
  for (;;) ;
}

function later() {
  setTimeout(() => { throw new Error("thrown by no request"); }, 1);
}
`;

const APPS: Readonly<Record<string, string>> = {
  tsgi: `export const app = async (environ, startResponse) => {
    const body = await handle(environ.PATH_INFO);
    startResponse("200 OK", []);
    return [body];
  };`,
  asgi: `export const app = async (scope, receive, send) => {
    if (scope.type !== "http") throw new Error("no part in it");
    const body = await handle(scope.path);
    await send({ type: "http.response.start", status: 200, headers: [] });
    await send({ type: "http.response.body", body });
  };`,
  node: `export const app = async (request, response) => response.end(await handle(request.url));
  app.interface = "node";`,
  fetch: `export const app = { fetch: async (request) => new Response(await handle(new URL(request.url).pathname)) };`,
};

const SERVED: Mixture = (number) => ({
  name: `GET /?${number}`,
  head: `GET /?${number} HTTP/1.1\r\nHost: load\r\n`,
  body: "",
  judge: ({ body, status }) => (status === 200 ? undefined : `answered ${status} ${body.slice(0, 60)}`),
});

const PROMISES = {
  requests: "`tsgi ctl requests` names what is in flight",
  stack: "`tsgi ctl stack` names function, file and line of a handler that blocks",
  words:
    "an error that is thrown outside of every request ends its worker: the log has file and line, and the requests that were in flight",
  reload: "a reload (HUP) and `--max-requests` under load lose no request",
} as const;

test("docs/interfaces.md promises of the whole server what is tested here, and nothing else", () => {
  assert.deepEqual(promisedBy("server"), Object.values(PROMISES));
});

for (const [name, app] of Object.entries(APPS)) {
  test(`${name}: requests, stack, last words and reload`, async (t) => {
    const cwd = tempFolder(t, {
      "package.json": '{ "type": "module" }',
      "handler.js": HANDLER,
      "app.js": `import { handle } from "./handler.js";\n${app}`,
    });
    const recycled = ["--max-requests", "150", "--max-requests-jitter", "50", "--settle", "0", "--reload-style", "all"];
    const args = ["app", "--workers", "2", "--timeout", "0", ...recycled];
    const { server, ask: query, ctl } = await controlled(t, args, { cwd });

    const waiting = await RawClient.connect(server.port);
    await t.test(PROMISES.requests, async () => {
      waiting.send(get("/wait"));
      await server.until(() => server.stdout.includes("waiting\n"));
      const { requests } = await query<RequestsData>("requests");
      assert.deepEqual(
        requests.map(({ method, target }) => [method, target]),
        [["GET", "/wait"]],
      );
    });
    waiting.close();

    await t.test(PROMISES.stack, async () => {
      const spinning = await RawClient.connect(server.port);
      spinning.send(get("/spin"));
      await server.until(() => server.stdout.includes("spinning\n"));
      const { requests } = await query<RequestsData>("requests");
      const pid = requests.find(({ target }) => target === "/spin")!.pid!;
      const { frames } = JSON.parse((await ctl("stack", String(pid), "--json")).stdout) as StackData;
      assert.deepEqual([frames?.[0]?.function, frames?.[0]?.line], ["spin", 13]);
      assert.match(frames![0]!.file!, /handler\.js$/);
      process.kill(pid, "SIGKILL");
      spinning.close();
    });

    await t.test(PROMISES.words, async () => {
      await ask(server.port, get("/late")).catch(() => {});
      const { msg } = await server.says(/thrown by no request/);
      assert.match(
        msg,
        /crashed: uncaught exception: .* \(.*handler\.js:17:\d+\); \d requests? in flight: .*GET \/late/,
      );
      assert.equal((await ask(server.port, get("/"))).body, "served");
    });

    await t.test(PROMISES.reload, async (part) => {
      const load = await Load.start(part, {
        ...{ where: server.port, keepAlive: 4, closing: 4, perSecond: 300, mixture: SERVED },
      });
      await server.untilServing(2);
      const before = server.serving();
      server.signal("SIGHUP");
      await server.untilServing(2, before);
      await server.says(/served \d+ requests/);
      await load.more(150);
      assert.deepEqual((await load.stop()).failures, []);
    });
  });
}
