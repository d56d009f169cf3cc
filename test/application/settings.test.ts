import assert from "node:assert/strict";
import { test } from "node:test";
import { path } from "../../src/application/paths.ts";
import { type SettingsInput, setup } from "../../src/application/settings.ts";

const urls = [path("", () => assert.fail("not called"))];

test("whoever gives the routes alone has every other setting at its default", () => {
  const settings = setup({ urls });
  assert.equal(settings.debug, false);
  assert.deepEqual(settings.allowedHosts, ["*"]);
  assert.equal(settings.appendSlash, true);
  assert.equal(settings.dataUploadMaxMemorySize, 2_621_440);
  assert.equal(settings.session.cookieAge, 1_209_600);
  assert.equal(settings.session.cookieSecure, null);
  assert.equal(settings.csrf.headerName, "X-CSRFToken");
  assert.equal(settings.security.frameOptions, "DENY");
  assert.equal(settings.static.url, "/static/");
  assert.equal(settings.compress.minSize, 200);
  assert.deepEqual(settings.handlers, {});
  assert.deepEqual(settings.extra, {});
});

test("a part of a group leaves the rest of it at its defaults", () => {
  const { session } = setup({ urls, session: { cookieName: "sid" } });
  assert.equal(session.cookieName, "sid");
  assert.equal(session.cookiePath, "/");
});

test("settings are frozen to the bottom, and what was given may still change", () => {
  const hosts = ["example.org"];
  const extra = { mail: { host: "localhost", ports: [25] }, when: new Map() };
  const input: SettingsInput = { urls, allowedHosts: hosts, extra };
  const settings = setup(input);
  const frozen: unknown[] = [settings];
  for (const value of frozen) {
    assert.ok(Object.isFrozen(value), String(value));
    for (const inner of Object.values(value as object)) {
      if (Array.isArray(inner) || Object.getPrototypeOf(inner ?? 0) === Object.prototype) frozen.push(inner);
    }
  }
  assert.ok(frozen.length > 10);
  hosts.push("other.org");
  extra.mail.ports.push(587);
  assert.deepEqual(settings.allowedHosts, ["example.org"]);
  assert.deepEqual((settings.extra as typeof extra).mail.ports, [25]);
  // What has a class of its own is the application's, and stays as it is.
  assert.equal(settings.extra["when"], extra.when);
});

test("settings that were set up once are taken as they are", () => {
  const settings = setup({ urls });
  assert.equal(setup(settings), settings);
});
