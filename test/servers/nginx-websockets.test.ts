// A websocket through a real nginx, with the location that docs/websockets.md gives to people.

import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { WebSocket } from "ws";
import { noNginx, startNginx } from "../support/nginx.ts";
import { Server } from "../support/server.ts";

const PAGE = fileURLToPath(new URL("../../docs/websockets.md", import.meta.url));

test("the site of the page passes messages both ways, and 1012 on HUP reaches the client", {
  skip: noNginx,
}, async (t) => {
  const server = await Server.start(t, ["websocket:application", "--workers", "2", "--settle", "0"]);
  const block = /^```nginx\n([\s\S]*?)^```$/m.exec(readFileSync(PAGE, "utf8"))?.[1] ?? assert.fail("no site");
  const [map = "", location = ""] = block.split(/^(?=location )/m);
  assert.ok(location.includes("http://127.0.0.1:8000;"));
  const there = location.replace("127.0.0.1:8000", `127.0.0.1:${server.port}`);
  const nginx = await startNginx(t, `${map}\nserver {\nlisten 80;\n${there}\n}`);
  const client = new WebSocket(`ws://127.0.0.1:${nginx.port}/`);
  t.after(() => client.terminate());
  await once(client, "open");
  client.send("hello");
  assert.match(String((await once(client, "message"))[0]), /^\d+ hello$/);
  server.signal("SIGHUP");
  const [code] = await once(client, "close");
  assert.equal(code, 1012);
  const { statuses, errors } = await nginx.quit();
  assert.deepEqual([statuses, errors], [["101 101"], []]);
});
