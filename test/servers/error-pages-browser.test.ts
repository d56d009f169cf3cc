// The error page in a real browser, of the real server: what is seen of a syntax error, a throw at import, a handler's throw and an error
// that nobody caught, at the width of a desk and of a telephone; and that the page goes when the file is put right. One browser for all.

import assert from "node:assert/strict";
import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { noBrowser, visit } from "../support/browser.ts";
import { Server } from "../support/server.ts";
import { tempFolder } from "../support/temp-folder.ts";

const works = (words: string): string => `
export function application(environ: { PATH_INFO: string }, startResponse: (status: string, headers: [string, string][]) => void) {
  if (environ.PATH_INFO === "/fails") fails();
  if (environ.PATH_INFO === "/late") late();
  startResponse("200 OK", [["Content-Type", "text/html"]]);
  return ["<!doctype html><html><head><title>site</title></head><body><h1>${words}</h1></body></html>"];
}
function fails() {}
function late() {}
`;
const SYNTAX = `const fine = 1;
export function application( {
  return [];
`;
const THROWS = `const port: number = 1;
function connect(): never {
  throw new RangeError("no database at port " + port, { cause: new Error("refused") });
}
connect();
`;
const HANDLER = works("one").replace("fails() {}", 'fails() { throw new TypeError("<b>broken</b> handler"); }');
const LATE = works("one")
  .replace("late();", "return late();")
  .replace(
    "late() {}",
    'late() { setTimeout(() => { throw new Error("nobody caught me"); }, 1); return new Promise<never>(() => {}); }',
  );

const WIDTHS = [
  { width: 1280, height: 720 },
  { width: 360, height: 640 },
] as const;

interface Seen {
  /** Different colours in the picture of the marked line. */
  readonly inMark: number;
  /** Whether the mark has the page's own ground. */
  readonly isMarked: boolean;
  readonly inAll: number;
}

/** Looks at what the browser has drawn, in a page of its own: the error page lets no picture in. */
async function look(page: Page): Promise<Seen> {
  const line = (await page.locator("pre.code .here").first().boundingBox())!;
  const box = (await page.locator("pre.code").first().boundingBox())!;
  // A long line goes on where one scrolls to.
  const clip = { ...line, x: box.x, width: box.width };
  const shots = [await page.screenshot({ clip }), await page.screenshot()].map((shot) => shot.toString("base64"));
  const eye = await page.context().newPage();
  try {
    return (await eye.evaluate(`(async () => {
      const pixels = async (shot) => {
        const picture = await createImageBitmap(await (await fetch("data:image/png;base64," + shot)).blob());
        const canvas = new OffscreenCanvas(picture.width, picture.height);
        const context = canvas.getContext("2d");
        context.drawImage(picture, 0, 0);
        return new Uint32Array(context.getImageData(0, 0, picture.width, picture.height).data.buffer);
      };
      const [mark, all] = [await pixels("${shots[0]}"), await pixels("${shots[1]}")];
      const ground = (from) => from[from.length - 3];
      return { inMark: new Set(mark).size, isMarked: ground(mark) !== ground(all), inAll: new Set(all).size };
    })()`)) as Seen;
  } finally {
    await eye.close();
  }
}

/** At both widths the code is in sight, and nothing is wider than the page; in a picture of the narrow one it is marked and readable. */
async function isReadable(page: Page): Promise<void> {
  for (const size of WIDTHS) {
    await page.setViewportSize(size);
    const box = await page.locator("pre.code .here").first().boundingBox();
    assert.ok(
      box !== null && box.y >= 0 && box.y + box.height <= size.height,
      `the line is in sight at ${size.width} px`,
    );
    assert.equal(
      await page.evaluate("document.documentElement.scrollWidth <= innerWidth"),
      true,
      `${size.width} px wide`,
    );
  }
  const { inMark, isMarked, inAll } = await look(page);
  assert.ok(inMark > 8, `there is text in the marked line: ${inMark} colours`);
  assert.ok(isMarked, "the marked line has a ground of its own");
  assert.ok(inAll > inMark, "there is more than that");
}

test("errors are seen in the browser, and go when the file is put right", { skip: noBrowser }, async (t) => {
  const folder = tempFolder(t);
  const file = join(folder, "app.ts");
  const save = (text: string): void => {
    writeFileSync(`${file}.tmp`, text);
    renameSync(`${file}.tmp`, file);
  };
  save(SYNTAX);
  const server = await Server.start(t, ["app.ts", "--reload", "--error-pages", "on", "--live-reload"], { cwd: folder });
  const home = `http://127.0.0.1:${server.port}`;
  const { page, context, complaints } = await visit(t);
  context.setDefaultTimeout(20_000);
  const shows = (words: string) => page.getByRole("heading", { name: words, exact: true }).waitFor();

  await t.test("a syntax error, at the first start", async () => {
    await page.goto(home);
    assert.match((await page.locator("h1").textContent())!, /^SyntaxError: Expected /);
    assert.match((await page.locator(".here").textContent())!, /> +3 \| {3}return \[\];|> +2 \| export function/);
    await isReadable(page);
    save(works("one"));
    await shows("one");
  });

  await t.test("a throw at import takes the place of a working page by itself", async () => {
    save(THROWS);
    await page.locator("pre.code").first().waitFor();
    assert.equal(await page.locator("h1").textContent(), "RangeError: no database at port 1");
    assert.equal(await page.locator(".place").first().textContent(), "app.ts:3:9");
    assert.match((await page.locator(".here").first().textContent())!, /> 3 \| {3}throw new RangeError/);
    assert.match((await page.locator("ol.own").first().textContent())!, /^connect app\.ts:3:9/);
    assert.equal(await page.locator(".cause").textContent(), "Error: refused");
    await isReadable(page);
    save(works("two"));
    await shows("two");
  });

  await t.test("a handler that throws", async () => {
    save(HANDLER);
    await shows("one");
    await page.goto(`${home}/fails`);
    assert.equal(await page.locator("h1").textContent(), "TypeError: <b>broken</b> handler");
    await isReadable(page);
    save(works("three"));
    await shows("three");
  });

  await t.test("an error that nobody caught, whose worker is gone when it is read", async () => {
    save(LATE);
    await shows("one");
    await page.goto(`${home}/late`);
    assert.equal(await page.locator("h1").textContent(), "Error: nobody caught me");
    await isReadable(page);
    save(works("four"));
    await shows("four");
  });

  // The browser complains of each 500 that it loads, and of nothing else: no policy was broken, nothing was thrown.
  assert.deepEqual(
    complaints.filter((text) => !/the server responded with a status of 500/.test(text)),
    [],
  );
});
