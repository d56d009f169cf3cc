import assert from "node:assert/strict";
import process from "node:process";
import { type TestContext, test } from "node:test";
import { ImproperlyConfigured } from "../../src/application/exceptions.ts";
import { getApplication, SETTINGS_VARIABLE } from "../../src/application/get-application.ts";
import { path } from "../../src/application/paths.ts";
import { Response } from "../../src/application/response.ts";
import { setup } from "../../src/application/settings.ts";
import { call } from "../support/call.ts";

const PROGRAMS = "./test/programs/application";

function withVariable(t: TestContext, value: string | undefined): void {
  const before = process.env[SETTINGS_VARIABLE];
  const set = (to: string | undefined): void => {
    if (to === undefined) delete process.env[SETTINGS_VARIABLE];
    else process.env[SETTINGS_VARIABLE] = to;
  };
  set(value);
  t.after(() => set(before));
}

const refused = (given: string | undefined, ...messages: readonly RegExp[]) =>
  assert.rejects(
    () => getApplication(given),
    (error) => {
      assert.ok(error instanceof ImproperlyConfigured, String(error));
      for (const message of messages) assert.match(error.message, message);
      return true;
    },
  );

test("settings give an application at once", async () => {
  // The compiler tells of the last overload, and so must that be the one with settings: else a name misspelt is "not a string".
  const last: Parameters<typeof getApplication> = [{ urls: [] }];
  assert.equal(typeof getApplication(...last), "function");
  const input = { urls: [path("", () => new Response("page"))] };
  const application = getApplication(input);
  assert.equal((await call(application, "/")).text, "page");
  const settings = setup(input);
  assert.equal(getApplication(settings).settings, settings);
});

test("a module gives one by its default export or by its names, in TypeScript or JavaScript", async () => {
  for (const [name, text] of [
    ["default.ts", "from the default export"],
    ["default", "from the default export"],
    ["named.ts", "from named exports"],
  ] as const) {
    assert.equal((await call(await getApplication(`${PROGRAMS}/${name}`), "/")).text, text, name);
  }
  assert.equal((await getApplication(`${PROGRAMS}/named.ts`)).settings.debug, true);
  assert.equal((await call(await getApplication(`${PROGRAMS}/plain.cjs`), "/")).status, 404);
});

test("the module may be named by the environment", async (t) => {
  withVariable(t, `${PROGRAMS}/default.ts`);
  assert.equal((await call(await getApplication(), "/")).text, "from the default export");
});

test("without settings it says where they could come from", async (t) => {
  withVariable(t, undefined);
  await refused(undefined, /TSGI_SETTINGS_MODULE is not set/, /getApplication\(\{ urls \}\)/);
  withVariable(t, " ");
  await refused(undefined, /TSGI_SETTINGS_MODULE is not set/);
  await refused("", /names no module of settings/);
});

test("a module that is not there, or that does not fit, is named, with where its name came from", async (t) => {
  withVariable(t, `${PROGRAMS}/defualt.ts`);
  await refused(
    undefined,
    /^settings module ".*defualt\.ts" \(TSGI_SETTINGS_MODULE\) was not found; tried:\n {2}\//,
    /Did you mean .*default\.ts\?/,
  );
  await refused(
    `${PROGRAMS}/function.js`,
    /its default export is the function settings; it must be an object of settings/,
  );
  await refused(`${PROGRAMS}/nothing.js`, /nothing\.js" exports nothing; it must export its settings/);
  await refused(`${PROGRAMS}/wrong.js`, /wrong\.js": settings\.debgu: there is no such setting; did you mean debug\?/);
  await refused(`${PROGRAMS}/throws.js`, /^settings module ".*throws\.js": /, /no database/, /throws\.js:2/);
  // What is below comes from the cause; said twice it would be on the screen four times.
  await assert.rejects(getApplication(`${PROGRAMS}/throws.js`), (error: Error) => !error.message.includes("\n"));
});

test("what is no settings is refused at once", () => {
  for (const given of [null, 1, [], () => undefined]) {
    assert.throws(() => getApplication(given as never), /settings are an object/);
  }
});
