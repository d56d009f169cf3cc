// The applications that the reload bench saves: the same work for every server.

import assert from "node:assert/strict";
import { test } from "node:test";
import { APPLICATIONS, save } from "../../../bench/reload/applications.ts";

test("an application of 100 files has an entry, a saved module and 98 more, whoever serves it", () => {
  const hundred = APPLICATIONS.find(({ name }) => name === "hundred");
  assert.equal(Object.keys(hundred!.modules).length + 2, 100);
});

test("a save changes the version and nothing else", () => {
  for (const application of APPLICATIONS) {
    for (const entry of ["exported", "listening"] as const) {
      const [one, two] = [save(application, entry, 1), save(application, entry, 2)];
      assert.equal(one.path, two.path);
      assert.notEqual(one.text, two.text);
      assert.equal(one.text.replace("version: number = 1;", "version: number = 2;"), two.text, application.name);
    }
  }
});
