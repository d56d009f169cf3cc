import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { loadDevelopment, standInFor } from "../../src/worker/development.ts";
import { NO_BODY } from "../../src/worker/request-body.ts";
import { headOf, INFO } from "../support/exchange.ts";
import { SETTINGS } from "../support/settings.ts";
import { nothing } from "../support/worker.ts";

const ON = { ...SETTINGS, reload: "on", errorPages: "on", liveReload: "on" } as const;

test("there is nothing where no setting asks for it, and in production whatever they ask", async (t) => {
  assert.equal(await loadDevelopment(SETTINGS, 1), undefined);
  assert.equal(await loadDevelopment({ ...SETTINGS, liveReload: "on" }, 1), undefined);
  assert.notEqual(await loadDevelopment(ON, 1), undefined);
  assert.notEqual(await loadDevelopment({ ...SETTINGS, errorPages: "on" }, 1), undefined);
  const before = process.env["NODE_ENV"];
  t.after(() => {
    if (before === undefined) delete process.env["NODE_ENV"];
    else process.env["NODE_ENV"] = before;
  });
  process.env["NODE_ENV"] = "production";
  assert.equal(await loadDevelopment(ON, 1), undefined);
  const gateway = await standInFor({ code: "syntax-error", message: "inside" }, ON, 1);
  const serve = gateway({ nextRequestId: () => "id-1" } as Parameters<typeof gateway>[0]);
  const head = headOf({ fields: ["accept", "text/html"] });
  const event = serve({ head, info: INFO, body: NO_BODY, wake: nothing }).next();
  assert.ok(event.type === "response");
  assert.deepEqual([event.status, event.body], [500, "500 Internal Server Error\nrequest id-1\n"]);
});
