// The example site in a real browser, behind a real nginx with the configuration of docs/deploy/nginx.md and three workers: a walk through it
// as a visitor would take it. One browser for all of it, because starting one costs more than the walk.

import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { noBrowser, visit } from "../support/browser.ts";
import { noNginx, siteFor, startNginx } from "../support/nginx.ts";
import { Server } from "../support/server.ts";
import { fillIn, GIF, heading, picture, SITE, send } from "../support/site-walk.ts";
import { tempFolder } from "../support/temp-folder.ts";

/** What is asked of elements here; the types of this project are Node's, which knows no page. */
interface Element {
  decode(): Promise<void>;
  remove(): void;
  readonly naturalWidth: number;
}

const background = (page: Page) => page.evaluate("getComputedStyle(document.body).backgroundColor");

test("a visitor's walk through the example site, behind nginx, with three workers", {
  skip: noBrowser || noNginx,
}, async (t) => {
  const folder = join(tempFolder(t), "notes");
  const server = await Server.start(t, [`${SITE}:application`, "--workers", "3"], { env: { SITE_DATA: folder } });
  // As the page says for another port than 80: browsers name it in Origin, which the forms are judged by.
  const site = siteFor("tcp", `127.0.0.1:${server.port}`).replaceAll(" $host;", " $host:$server_port;");
  const nginx = await startNginx(t, site);
  const home = `http://127.0.0.1:${nginx.port}`;
  const { page, context, complaints } = await visit(t);
  context.setDefaultTimeout(10_000);
  let address = "";

  await t.test("the list has two pages, and its pictures show", async () => {
    await page.goto(home);
    assert.equal(await heading(page), "What we saw on the way");
    assert.equal(await page.locator(".note").count(), 6);
    // Each one that is near enough to be loaded; decode() fails for a picture that is none.
    const shown = "Promise.all([...document.images].filter(({ y }) => y < innerHeight).map((one) => one.decode()))";
    assert.ok((await page.evaluate<unknown[]>(shown)).length >= 4);
    await page.getByRole("link", { name: "Older →" }).click();
    assert.equal(await page.locator(".note").count(), 1);
    assert.equal(page.url(), `${home}/?page=2`);
  });

  await t.test("a form that lacks something comes back, and says so beside the field", async () => {
    await page.getByRole("link", { name: "Write a note" }).click();
    await fillIn(page, "");
    await send(page);
    const field = page.getByLabel("What did you see?");
    assert.equal(await field.getAttribute("aria-invalid"), "true");
    assert.equal(await page.locator("#title-mistake").textContent(), "Say in a few words what you saw.");
    assert.equal(await page.getByLabel("Your name").inputValue(), "Ada");
    assert.ok(await page.getByRole("radio", { name: "Bird" }).isChecked());
  });

  await t.test("a picture that is too large is refused by the site's own page, and nothing of it is kept", async () => {
    const before = readdirSync(folder);
    await fillIn(page, "Too much");
    await page
      .getByLabel("A picture")
      .setInputFiles(picture("large.gif", Buffer.concat([GIF, Buffer.alloc(5 * 1024 * 1024)])));
    await send(page);
    await page.getByText("Too large for the notebook").waitFor();
    assert.deepEqual(readdirSync(folder), before);
  });

  await t.test("a note with a picture is there, thanked for once, and at home in every worker", async () => {
    await page.goto(`${home}/write/`);
    await fillIn(page, "A dipper under the bridge");
    await page.getByLabel("A picture").setInputFiles(picture("dipper.gif", GIF));
    await page.getByLabel("What does the picture show?").fill("A small brown bird");
    await send(page);
    assert.equal(await heading(page), "A dipper under the bridge");
    address = page.url();
    const thanks = page.getByRole("status");
    assert.match((await thanks.textContent()) ?? "", /is in the notebook/);
    const shown = page.getByAltText("A small brown bird");
    assert.equal(await shown.evaluate((image: Element) => image.decode().then(() => image.naturalWidth)), 2);
    await page.reload();
    assert.equal(await thanks.count(), 0);
    // A new connection each, so that the workers take turns.
    const answers = await Promise.all(
      Array.from({ length: 9 }, () => fetch(address, { headers: { Connection: "close" } })),
    );
    for (const answer of answers) assert.match(await answer.text(), /A dipper under the bridge/);
  });

  await t.test("the picture is saved under its name, and comes in parts", async () => {
    const saved = page.waitForEvent("download");
    await page.getByRole("link", { name: "Download the picture" }).click();
    assert.equal((await saved).suggestedFilename(), "dipper.gif");
    const part = await context.request.get(`${address}download`, { headers: { Range: "bytes=2-5" } });
    assert.deepEqual([part.status(), part.headers()["content-range"]], [206, `bytes 2-5/${GIF.length}`]);
    assert.deepEqual(await part.body(), GIF.subarray(2, 6));
  });

  await t.test("the live page shows its first part before its end, and a note that somebody else writes", async () => {
    const live = await context.newPage();
    await live.goto(`${home}/live/`, { waitUntil: "commit" });
    await live.getByText("Watching from now on.").waitFor();
    assert.equal(await live.evaluate("document.readyState"), "loading");
    await page.goto(`${home}/write/`);
    assert.equal(await page.getByLabel("Your name").inputValue(), "Ada", "the session did not keep the name");
    await fillIn(page, "Seen by who watches");
    await send(page);
    await live.getByText("Seen by who watches").waitFor();
    assert.equal(await live.evaluate("document.readyState"), "loading");
    await live.close();
  });

  await t.test("who wrote a note can take it out again", async () => {
    await page.getByRole("button", { name: "Remove this note" }).click();
    assert.match((await page.getByRole("status").textContent()) ?? "", /was taken out/);
    assert.equal(page.url(), `${home}/`);
  });

  await t.test("a theme stays, on this page and on the next", async () => {
    const light = await background(page);
    await page.getByRole("button", { name: "Dark" }).click();
    await page.getByRole("button", { name: "Dark", pressed: true }).waitFor();
    const dark = await background(page);
    await page.goto(address);
    assert.equal(await background(page), dark);
    assert.notEqual(dark, light);
  });

  await t.test("a form without its token is refused, and a page that is not there is the site's own", async () => {
    await page.goto(`${home}/write/`);
    await fillIn(page, "Forged");
    await page.locator("form.card [name=csrfToken]").evaluate((field: Element) => field.remove());
    await send(page);
    assert.equal(await heading(page), "That was not taken");
    await page.goto(`${home}/nowhere`);
    assert.equal(await heading(page), "The trail ends here");
  });

  await t.test("every page fits a phone, and begins with a way past its bar for the keyboard", async () => {
    await page.setViewportSize({ width: 360, height: 740 });
    for (const path of ["/", "/write/", new URL(address).pathname, "/nowhere"]) {
      await page.goto(home + path);
      assert.ok(await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), `${path} is too wide`);
      await page.keyboard.press("Tab");
      assert.equal(await page.evaluate("document.activeElement.textContent"), "Skip to the page", path);
    }
  });

  await t.test("a server that is stopped lets a live page come to its end", async () => {
    await page.goto(`${home}/live/`, { waitUntil: "commit" });
    await page.getByText("Watching from now on.").waitFor();
    const stopped = server.stop();
    await page.getByText("This is the end of the page.").waitFor();
    assert.equal((await stopped).code, 0);
  });

  // A browser calls each answer of 4xx an error of its own; nothing else may be there: no script, no policy that was broken, no lost file.
  const expected = [422, 413, 403, 404, 404];
  assert.deepEqual(
    complaints.map(
      (text) => /^Failed to load resource: the server responded with a status of (\d+) /.exec(text)?.[1] ?? text,
    ),
    expected.map(String),
  );
  assert.deepEqual((await nginx.quit()).errors, []);
});
