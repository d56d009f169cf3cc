import assert from "node:assert/strict";
import { test } from "node:test";
import { DevelopmentLayer } from "../../src/development/layer.ts";
import { gatewayFor } from "../../src/gateway/run.ts";
import { RawClient } from "../support/client.ts";
import { SETTINGS } from "../support/settings.ts";
import { serveGateway } from "../support/worker.ts";

const PAGE = "<!doctype html><html><head></head></html>";

test("each setting brings its part, and none of them another's", async (t) => {
  for (const [reload, errorPages, liveReload, wanted] of [
    ["on", "on", "on", { events: 200, page: true, tag: true }],
    ["on", "on", "off", { events: 200, page: true, tag: false }],
    ["on", "off", "on", { events: 200, page: false, tag: true }],
    ["on", "off", "off", { events: 200, page: false, tag: false }],
    ["off", "on", "on", { events: 404, page: true, tag: false }],
  ] as const) {
    const layer = new DevelopmentLayer({
      settings: { ...SETTINGS, reload, errorPages, liveReload, chdir: "/" },
      generation: 3,
    });
    const gateway = layer.around((host) =>
      gatewayFor((environ, startResponse) => {
        if (environ.PATH_INFO === "/fails") throw new Error("broken");
        startResponse(environ.PATH_INFO === "/" ? "200 OK" : "404 Not Found", [["Content-Type", "text/html"]]);
        return [PAGE];
      }, host),
    );
    const server = serveGateway(gateway);
    t.after(() => server.close());
    const client = await RawClient.connect(server.port);
    t.after(() => client.close());
    const ask = (path: string) => {
      client.send(`GET ${path} HTTP/1.1\r\nHost: x\r\nAccept: text/html\r\n\r\n`);
      return client.response();
    };
    const name = `${reload} ${errorPages} ${liveReload}`;
    assert.equal((await ask("/")).body.includes("<script"), wanted.tag, name);
    const failed = await ask("/fails");
    assert.equal(failed.body.includes("broken"), wanted.page, name);
    assert.equal(failed.body.includes("data-boot="), wanted.page && reload === "on", name);
    assert.equal(layer.isOwn("/.tsgi/events"), wanted.events === 200, name);
    client.send("GET /.tsgi/events HTTP/1.1\r\nHost: x\r\n\r\n");
    await client.until((received) => received.includes(`HTTP/1.1 ${wanted.events}`));
  }
});
