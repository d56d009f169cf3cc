// Which program opens which address, and that a missing one is a warning.

import assert from "node:assert/strict";
import { chmodSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { browserCommand, openableUrl, openBrowser } from "../../src/master/browser.ts";
import { tempFolder } from "../support/temp-folder.ts";

const URL = "http://127.0.0.1:8000";

for (const [browser, platform, command] of [
  [undefined, "linux", ["xdg-open", URL]],
  ["", "linux", ["xdg-open", URL]],
  [undefined, "darwin", ["open", URL]],
  [undefined, "win32", ["cmd", "/c", "start", "", URL]],
  ["none", "linux", null],
  ["firefox", "darwin", ["firefox", URL]],
  ["firefox --private-window", "linux", ["firefox", "--private-window", URL]],
  ["chrome --app=%s", "linux", ["chrome", `--app=${URL}`]],
] as const) {
  test(`BROWSER=${browser} on ${platform} is ${JSON.stringify(command)}`, () => {
    assert.deepEqual(browserCommand(URL, { browser, platform }), command);
  });
}

test("the first address of HTTP is opened, by a name that a browser can reach", () => {
  for (const [urls, opened] of [
    [["unix:/run/a.sock", "http://0.0.0.0:80", "http://x:1"], "http://localhost:80"],
    [["http://[::]:8000"], "http://localhost:8000"],
    [["http://[::1]:8000"], "http://[::1]:8000"],
    [["unix:/run/a.sock"], null],
  ] as const) {
    assert.equal(openableUrl(urls), opened);
  }
});

test("the program gets the address, also from a path with blanks, and is not waited for", async (t) => {
  const folder = tempFolder(t, { "my browser": `#!/bin/sh\necho "$1" > "$0.out.part" && mv "$0.out.part" "$0.out"\n` });
  const browser = join(folder, "my browser");
  chmodSync(browser, 0o755);
  openBrowser([URL], { browser, platform: process.platform, warn: assert.fail });
  while (!existsSync(`${browser}.out`)) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(readFileSync(`${browser}.out`, "utf8"), `${URL}\n`);
});

for (const [browser, urls, pattern] of [
  [
    "no-such-browser",
    [URL],
    /^no-such-browser could not open http:\/\/127\.0\.0\.1:8000: it is not installed; .*BROWSER$/,
  ],
  ["false", [URL], /^false could not open .* \(exit code 1\)/],
  ["false", ["unix:/run/a.sock"], /^no browser opens unix:\/run\/a\.sock: .*--bind/],
] as const) {
  test(`${browser} for ${urls} is one warning`, async (t) => {
    // Nobody waits for the program, so something else has to.
    const awake = setInterval(() => {}, 1_000);
    t.after(() => clearInterval(awake));
    const warning = await new Promise<string>((warn) =>
      openBrowser(urls, { browser, platform: process.platform, warn }),
    );
    assert.match(warning, pattern);
  });
}
