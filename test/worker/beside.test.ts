// What stands beside an application: where its startup() and shutdown() are looked for, and what may not be there. The modules are loaded
// in one process without tsx, as a worker would.

import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import type { FailureCode } from "../../src/errors.ts";
import { compiled, program, run } from "../support/compiled.ts";

/** By name, with what it answers; null where there is none. */
type Beside = readonly [name: string, says: unknown] | null;

type Told =
  | { readonly startup: Beside; readonly shutdown: Beside }
  | { readonly code: FailureCode; readonly message: string };

const ANSWERS = '(environ, startResponse) => (startResponse("200 OK", []), [""])';

// What the target is, the module, and what is found beside the application: a name, and what it answers.
const besides: readonly (readonly [
  name: string,
  target: string,
  file: string,
  text: string,
  startup: Beside,
  shutdown: Beside,
])[] = [
  [
    "exports of an ES module",
    "app",
    "app.mjs",
    `export const application = ${ANSWERS};
     export const startup = ({ slot }) => "up " + slot;
     export function shutdown() { return "down"; }`,
    ["startup", "up 1"],
    ["shutdown", "down"],
  ],
  [
    "exports of TypeScript, only one of them, for a factory",
    "app:create()",
    "app.ts",
    `export const create = () => ${ANSWERS.replace("environ", "environ: unknown").replace("startResponse)", "startResponse: Function)")};
     export const shutdown: () => string = () => "down";`,
    null,
    ["shutdown", "down"],
  ],
  [
    "module.exports",
    "app",
    "app.cjs",
    `const names = { startup: () => "up", shutdown: () => "down" };
     module.exports = Object.assign({ application: ${ANSWERS} }, names);`,
    ["startup", "up"],
    ["shutdown", "down"],
  ],
  [
    "properties of a function that is module.exports",
    "app",
    "app.cjs",
    `module.exports = ${ANSWERS};
     module.exports.startup = () => "up";`,
    ["default.startup", "up"],
    null,
  ],
  [
    "a default export with everything",
    "app",
    "app.mjs",
    `export default { application: ${ANSWERS}, startup: () => "up" };`,
    ["startup", "up"],
    null,
  ],
  [
    "methods of the object that has the application, before exports of the module",
    "app:shop.site.app",
    "app.mjs",
    `class Site {
       pool = "a pool";
       app = ${ANSWERS};
       startup({ slot }) { return this.pool + " " + slot; }
     }
     export const shop = { site: new Site() };
     export const startup = () => "not this one";
     export const shutdown = () => "nor this one";`,
    ["shop.site.startup", "a pool 1"],
    null,
  ],
  [
    "exports of the module, where the object has neither",
    "app:site.app",
    "app.mjs",
    `export const site = { app: ${ANSWERS} };
     export const startup = () => "up";`,
    ["startup", "up"],
    null,
  ],
  [
    "methods of the object whose factory made the application",
    "app:site.make()",
    "app.mjs",
    `export const site = { name: "it", make: () => ${ANSWERS}, shutdown() { return this.name; } };`,
    null,
    ["site.shutdown", "it"],
  ],
  [
    "what a factory puts on the application that it made",
    "app:create()",
    "app.mjs",
    `export async function create() {
       const pool = "a pool";
       return Object.assign(${ANSWERS}, { shutdown: () => pool });
     }
     export const startup = () => "not this one";`,
    null,
    ["create().shutdown", "a pool"],
  ],
  [
    "nothing, where the names are there and undefined",
    "app",
    "app.mjs",
    `export const application = ${ANSWERS};
     export let startup, shutdown;`,
    null,
    null,
  ],
];

const refused: readonly (readonly [name: string, target: string, text: string, ...messages: readonly RegExp[]])[] = [
  [
    "an export that is a promise",
    "app",
    `export const application = ${ANSWERS};
     export const startup = Promise.resolve();`,
    /^cannot load app: startup of .*app\.mjs is not a function but an object of class Promise$/m,
    /^What stands beside an application as startup runs when a worker starts\.$/m,
  ],
  [
    "a member that is true",
    "app:site.app",
    `export const site = { app: ${ANSWERS}, shutdown: true };`,
    /^cannot load app:site\.app: site\.shutdown of .*app\.mjs is not a function but true$/m,
    /as shutdown runs when a worker ends\.$/m,
  ],
];

const told: Told[] = [];
const folders: string[] = [];
before(async () => {
  const source = await compiled(["worker/loader.ts"]);
  folders.push(dirname(source));
  const modules = [
    ...besides.map(([, target, file, text]) => [target, program({ [file]: text })] as const),
    ...refused.map(([, target, text]) => [target, program({ "app.mjs": text })] as const),
  ];
  folders.push(...modules.map(([, folder]) => folder));
  const { stdout, stderr } = run(
    `import { loadApplication } from ${JSON.stringify(pathToFileURL(join(source, "worker/loader.js")).href)};
    const told = [];
    const show = (found) => found && [found.name, found.run({ slot: 1 })];
    for (const [target, cwd] of ${JSON.stringify(modules)}) {
      try {
        const { startup, shutdown } = await loadApplication(target, { cwd });
        told.push({ startup: show(startup), shutdown: show(shutdown) });
      } catch ({ code, message }) {
        told.push({ code, message });
      }
    }
    process.stdout.write(JSON.stringify(told), () => process.exit(0));`,
  );
  assert.notEqual(stdout, "", stderr);
  told.push(...(JSON.parse(stdout) as Told[]));
});
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

for (const [at, [name, , , , startup, shutdown]] of besides.entries()) {
  test(`startup and shutdown are found: ${name}`, () => {
    assert.deepEqual(told[at], { startup, shutdown });
  });
}

for (const [at, [name, , , ...messages]] of refused.entries()) {
  test(`a startup or shutdown that is no function is refused, with what it would be for: ${name}`, () => {
    const found = told[besides.length + at]!;
    assert.ok("code" in found && found.code === "not-callable", JSON.stringify(found));
    for (const message of messages) assert.match(found.message, message);
  });
}
