// The example site as a CGI program under a real lighttpd, in a real browser: what needs a memory between requests works without a process
// that could have one, because sessions and messages are in cookies. A short walk, since each request starts a process.

import assert from "node:assert/strict";
import { basename, dirname, join } from "node:path";
import { test } from "node:test";
import { noBrowser, visit } from "../support/browser.ts";
import { noLighttpd, startLighttpd } from "../support/lighttpd.ts";
import { fillIn, GIF, heading, picture, SITE, send } from "../support/site-walk.ts";
import { tempFolder } from "../support/temp-folder.ts";

test("a visitor signs the notebook under tsgi cgi: a form that comes back, an upload, a message that is shown once", {
  skip: noBrowser || noLighttpd,
}, async (t) => {
  const folder = join(tempFolder(t), "notes");
  const files = {
    "app.ts": `export { application } from ${JSON.stringify(SITE)};\n`,
    "package.json": '{ "type": "module" }',
  };
  const { port, lines } = await startLighttpd(t, files, ["--env", `SITE_DATA=${folder}`]);
  const { page, context, complaints } = await visit(t);
  context.setDefaultTimeout(20_000);
  // A web server that has a CGI program has the files beside it, too. Here they come from the disk: a process for each would cost more than
  // the walk.
  await page.route("**/app/static/*", (route) =>
    route.fulfill({ path: join(dirname(SITE), "static", basename(new URL(route.request().url()).pathname)) }),
  );

  await page.goto(`http://127.0.0.1:${port}/app/write/`);
  await fillIn(page, "");
  await send(page);
  assert.equal(await page.locator("#title-mistake").textContent(), "Say in a few words what you saw.");

  await fillIn(page, "A dipper under the bridge");
  await page.getByLabel("A picture").setInputFiles(picture("dipper.gif", GIF));
  await page.getByLabel("What does the picture show?").fill("A small brown bird");
  await send(page);
  assert.equal(await heading(page), "A dipper under the bridge");
  assert.match(page.url(), /\/app\/notes\/\w+\/$/);
  assert.match((await page.getByRole("status").textContent()) ?? "", /is in the notebook/);
  const shown =
    "document.querySelector('figure img').decode().then(() => document.querySelector('figure img').naturalWidth)";
  assert.equal(await page.evaluate(shown), 2);

  await page.reload();
  assert.equal(await page.getByRole("status").count(), 0);
  await page.getByRole("link", { name: "Write a note" }).click();
  assert.equal(await page.getByLabel("Your name").inputValue(), "Ada", "the session did not keep the name");

  assert.deepEqual(
    complaints.map((text) => /status of (\d+)/.exec(text)?.[1] ?? text),
    ["422"],
  );
  assert.deepEqual(
    lines.filter((line) => !/server started|Unprocessable/.test(line)),
    [],
  );
});
