import assert from "node:assert/strict";
import { test } from "node:test";
import { nearest } from "../../src/modules/nearest.ts";

test("the nearest name within a third of the letters is found, whatever its case", () => {
  assert.equal(nearest("aplication", ["app", "application", "default"]), "application");
  assert.equal(nearest("Application", ["application"]), "application");
  assert.equal(nearest("app.js", ["package.json", "app.ts"]), "app.ts");
});

test("two neighbours that changed places count as one mistake", () => {
  assert.equal(nearest("paplication", ["application"]), "application");
  assert.equal(nearest("pap", ["app"]), "app");
});

test("a name farther away is no suggestion, and neither is the name itself", () => {
  assert.equal(nearest("application", ["handler", "server"]), null);
  assert.equal(nearest("app", ["app"]), null);
  assert.equal(nearest("app", []), null);
  assert.equal(nearest("", ["abc"]), null);
});
