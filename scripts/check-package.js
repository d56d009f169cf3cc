// What a stranger gets: packs the project, installs the tarball in an empty folder, serves an application with it, and
// compiles a TypeScript program against its types. Exits non-zero, with what was printed, if anything is not as promised.

import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";

const root = new URL("..", import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), "tsgi-package-"));
const { devDependencies, exports: subpaths } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const run = (command, args, cwd) =>
  execFileSync(command, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });

try {
  const [{ filename, files }] = JSON.parse(
    run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], root),
  );
  const stray = files
    .map((file) => file.path)
    .filter((path) => !/^(bin|dist|templates)\/|^(package\.json|README\.md|CHANGELOG\.md|LICENSE)$/.test(path));
  if (stray.length > 0) throw new Error(`the package holds files that nobody needs: ${stray.join(", ")}`);

  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "stranger", private: true }));
  run(
    "npm",
    [
      "install",
      "--no-audit",
      "--no-fund",
      "--loglevel=error",
      `./${filename}`,
      `@types/node@${devDependencies["@types/node"]}`,
    ],
    folder,
  );

  writeFileSync(
    join(folder, "app.ts"),
    `import type { Application, Environ } from "tsgi";
import { FileWrapper, type StartResponse } from "tsgi/gateway";
import { type Codec, Http1Codec } from "tsgi/protocol";

export const codec: Codec = new Http1Codec({ server: "x", limits: { requestLine: 100, fields: 10, fieldSize: 100, allFields: 65_536, body: 0 } });
export const wrapper: typeof FileWrapper = FileWrapper;
const greet = (environ: Environ, startResponse: StartResponse) => {
  startResponse("200 OK", [["Content-Type", "text/plain"]]);
  return [\`packed and installed: \${environ.PATH_INFO}\\n\`];
};
export const application: Application = greet;
`,
  );
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({
      compilerOptions: { module: "nodenext", target: "es2022", strict: true, noEmit: true, types: ["node"] },
      files: ["app.ts", "every.ts"],
    }),
  );
  // Each subpath that package.json promises: its types compile, its module loads.
  const names = Object.keys(subpaths)
    .filter((path) => !path.endsWith(".json"))
    .map((path) => `tsgi${path.slice(1)}`);
  writeFileSync(
    join(folder, "every.ts"),
    `${names.map((name, i) => `import * as m${i} from "${name}";`).join("\n")}\nexport const all = [${names.map((_name, i) => `m${i}`).join(", ")}];\n`,
  );
  const loads = names.map((name) => `await import("${name}")`).join("; ");
  run(process.execPath, ["--input-type=module", "--eval", loads], folder);
  run(join(root, "node_modules/.bin/tsc"), ["-p", folder], folder);

  const server = spawn("npx", ["tsgi", "serve", "app.ts:application", "--bind", "127.0.0.1:0", "--workers", "2"], {
    cwd: folder,
    stdio: ["ignore", "inherit", "pipe"],
    detached: true,
  });
  const exited = once(server, "exit");
  try {
    const printed = [];
    const url = await new Promise((resolve, reject) => {
      exited.then(([code]) => reject(new Error(`npx tsgi serve ended with ${code}:\n${printed.join("\n")}`)));
      let address;
      createInterface({ input: server.stderr }).on("line", (line) => {
        printed.push(line);
        address ??= /http:\/\/[\d.]+:\d+/.exec(line)?.[0];
        if (/\bready\b/.test(line) && address !== undefined) resolve(address);
      });
    });
    const response = await fetch(new URL("/x", url));
    const body = await response.text();
    if (response.status !== 200 || body !== "packed and installed: /x\n")
      throw new Error(`GET ${url} answered ${response.status}: ${body}`);
  } finally {
    // npx stands between us and the master, so the whole group is told.
    process.kill(-server.pid, "SIGTERM");
    await exited;
  }
  const version = run("npx", ["tsgi", "--version"], folder).trim();
  if (existsSync(join(folder, "node_modules/tsgi/src"))) throw new Error("the package holds its sources");
  console.log(
    `package check: tsgi ${version}, ${files.length} files, ${names.length} subpaths, installed, typed and served`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
