// Whoever says that the application is run in production, and be it the application: its clients see no page, no stack and no script.

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { ask, get } from "../support/client.ts";
import { Server } from "../support/server.ts";
import { tempFolder } from "../support/temp-folder.ts";

const PRODUCTION = 'process.env["NODE_ENV"] = "production";';
const APPLICATION = `${PRODUCTION}
export function application(environ, startResponse) {
  if (environ.PATH_INFO === "/fails") throw new Error("inside");
  startResponse("200 OK", [["Content-Type", "text/html"]]);
  return ["<!doctype html><html><head></head><body></body></html>"];
}
`;
const FILES = {
  "serves.mjs": APPLICATION,
  "throws.mjs": `${PRODUCTION}\nthrow new Error("inside");`,
  "crashes.mjs": `${PRODUCTION}\nsetTimeout(() => { throw new Error("inside"); });\nawait new Promise(() => setInterval(() => {}, 1e6));`,
};

test("an application that says itself, while it is imported, that this is production, is shown to nobody", async (t) => {
  const cwd = tempFolder(t, FILES);
  for (const [file, paths] of [
    ["serves.mjs", ["/fails", "/", "/.tsgi/events", "/.tsgi/reload.js"]],
    ["throws.mjs", ["/"]],
    ["crashes.mjs", ["/"]],
  ] as const) {
    const server = await Server.start(t, [file, "--reload", "--error-pages", "on", "--live-reload"], { cwd });
    for (const path of paths) {
      const { body, fields } = await ask(server.port, get(path, "Accept: text/html\r\n"));
      assert.doesNotMatch(body, /inside|<script|boot|mjs/, `${file} ${path}`);
      assert.equal(fields["content-security-policy"], undefined);
    }
    assert.equal((await server.stop("SIGINT")).code, 0, join(cwd, file));
  }
});
