// What a newcomer gets: each template of `tsgi init`, written by the packed package, installed with it, developed, tested, checked and served as its
// README says. One npm install for all of them, as workspaces of one folder. Exits non-zero, with what was printed, if anything is not as promised.

import { execFile, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import process from "node:process";

const root = new URL("..", import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), "tsgi-templates-"));
const templates = readdirSync(join(root, "templates")).filter((name) => name !== "common");
/** What a template's production wants, and what of the machine would configure the server. */
const env = { ...process.env, SECRET_KEY: "a long random text", NODE_ENV: undefined, PORT: undefined };
const WAIT_MS = 60_000;

const here = (command, args, cwd) =>
  execFileSync(command, args, { cwd, env, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });

/** What it printed; an error has that in its message. */
const run = (args, cwd) =>
  new Promise((resolve, reject) => {
    execFile("npm", args, { cwd, env, encoding: "utf8", timeout: WAIT_MS }, (error, stdout, stderr) =>
      error
        ? reject(new Error(`${basename(cwd)}: npm ${args.join(" ")}: ${error.message}\n${stdout}${stderr}`))
        : resolve(stdout),
    );
  });

/** Starts a script of the project on a free port, asks it, and ends it. */
async function asked(script, cwd, more = []) {
  const child = spawn("npm", ["run", script, "--", "--bind", "127.0.0.1:0", ...more], {
    ...{ cwd, env, detached: true, stdio: ["ignore", "pipe", "pipe"] },
  });
  const exited = once(child, "exit");
  let printed = "";
  const fault = (what) => new Error(`${basename(cwd)}: npm run ${script}: ${what}\n${printed}`);
  try {
    const url = await new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(fault(`no address within ${WAIT_MS} ms`)), WAIT_MS);
      exited.then(([code]) => reject(fault(`ended with ${code}`))).finally(() => clearTimeout(late));
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding("utf8").on("data", (text) => {
          printed += text;
          const address = /http:\/\/127\.0\.0\.1:\d+/.exec(printed)?.[0];
          if (address !== undefined) {
            clearTimeout(late);
            resolve(address);
          }
        });
      }
    });
    for (const [path, status] of [
      ["/", 200],
      ["/healthz", 200],
      ["/elsewhere", 404],
    ]) {
      // The socket is there before the worker is: the first one waits.
      const response = await fetch(new URL(path, url), { signal: AbortSignal.timeout(WAIT_MS) });
      const body = await response.text();
      if (response.status !== status || body === "") throw fault(`GET ${path} answered ${response.status}: ${body}`);
    }
  } finally {
    // npm stands between us and the master, so the whole group is told.
    if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid, "SIGTERM");
    await exited;
  }
}

async function tryOut(name) {
  const cwd = join(folder, name);
  await asked("dev", cwd);
  await run(["test"], cwd);
  await run(["run", "check"], cwd);
  await asked("start", cwd, ["--workers", "1"]);
}

try {
  const [{ filename }] = JSON.parse(
    here("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], root),
  );
  // The packed files; what they import is borrowed, because init comes before the one install.
  here("tar", ["xzf", filename], folder);
  symlinkSync(join(root, "node_modules"), join(folder, "package/node_modules"));
  for (const name of templates) {
    here(process.execPath, [join(folder, "package/bin/tsgi.js"), "init", `${name}-app`, "--template", name], folder);
  }
  rmSync(join(folder, "package"), { recursive: true });

  const projects = templates.map((name) => `${name}-app`);
  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify({
      name: "newcomer",
      private: true,
      workspaces: projects,
      dependencies: { tsgi: `file:./${filename}` },
    }),
  );
  await run(["install", "--no-audit", "--no-fund", "--loglevel=error"], folder);

  // Two at a time, as many as there are processors on a small machine.
  const waiting = [...projects];
  const lane = async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) await tryOut(name);
  };
  // Both end what they started before anything is said.
  for (const end of await Promise.allSettled([lane(), lane()])) if (end.status === "rejected") throw end.reason;
  console.log(`template check: ${templates.join(", ")}: written, installed, developed, tested, checked and served`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
