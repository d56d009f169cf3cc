// The units of docs/deploy/systemd.md, and a service manager that runs them: `systemd --user` in namespaces of its own, where it sees no process
// but those it started, and nobody hears of it. It needs root; where it cannot run, the tests that need it skip and say so.

import assert from "node:assert/strict";
import { type ChildProcess, execFile, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import { join } from "node:path";
import process from "node:process";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { tempFolder } from "./temp-folder.ts";

const PAGE = fileURLToPath(new URL("../../docs/deploy/systemd.md", import.meta.url));
const BIN = process.env["TSGI_TEST_BIN"] ?? fileURLToPath(new URL("../../bin/tsgi.js", import.meta.url));

/** For `test(title, { skip: noAnalyze })`: fails instead where CI is set. */
export const noAnalyze: string | false =
  process.env["CI"] === undefined && spawnSync("systemd-analyze", ["--version"]).error !== undefined
    ? "systemd is not installed (Debian: apt-get install --no-install-recommends systemd)"
    : false;

/** The text of a block of the page, by the second word after its backticks. */
export function block(name: string): string {
  const found = new RegExp(`^\`\`\`\\w+ ${name}\\n([\\s\\S]*?)^\`\`\`$`, "m").exec(fs.readFileSync(PAGE, "utf8"))?.[1];
  assert.ok(found !== undefined, `docs/deploy/systemd.md has no block called ${name}`);
  return found;
}

/** Replaces a text wherever it stands; it must stand somewhere, so that no change of the page goes unnoticed. */
export function swap(text: string, from: string, to: string): string {
  assert.ok(text.includes(from), `docs/deploy/systemd.md should say ${JSON.stringify(from)}`);
  return text.replaceAll(from, () => to);
}

/** A folder with an application and a tsgi, as the units expect it. */
export function appFolder(t: TestContext, files: Readonly<Record<string, string>>): string {
  const folder = tempFolder(t, { "node_modules/.bin/x": "", ...files });
  fs.symlinkSync(BIN, join(folder, "node_modules/.bin/tsgi"));
  return folder;
}

/** The control groups below ours that are called as a manager calls its own. */
function groups(): readonly string[] {
  const own = [...fs.readFileSync("/proc/self/cgroup", "utf8").matchAll(/^\d+:(?:name=systemd)?:(.*)$/gm)];
  const roots = ["", "systemd", "unified"].flatMap((name) =>
    own.map(([, path = ""]) => join("/sys/fs/cgroup", name, path)),
  );
  const all = roots.flatMap((root) => ["init.scope", "app.slice", "session.slice"].map((name) => join(root, name)));
  return [...new Set(all)].filter((path) => fs.existsSync(path));
}

/** Only an empty one can be removed, and nothing in it is a file of anybody's. */
function removeGroup(group: string): void {
  for (const entry of fs.readdirSync(group, { withFileTypes: true })) {
    if (entry.isDirectory()) removeGroup(join(group, entry.name));
  }
  fs.rmdirSync(group);
}

const wait = (ms: number): Promise<void> => new Promise((next) => setTimeout(next, ms));

/** A mount of its own for /run, where the manager looks whether systemd is there at all; a manager of one user is never process 1. */
const START = 'mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/system && "$0" --user --unit=none.target & wait';
const MANAGER = "/lib/systemd/systemd";

export class Manager {
  readonly #env: Readonly<Record<string, string>>;
  readonly #child: ChildProcess;

  private constructor(folder: string) {
    const { PATH = "" } = process.env;
    const runtime = join(folder, "runtime");
    fs.mkdirSync(runtime, { mode: 0o700 });
    this.#env = {
      ...{ PATH, HOME: folder, XDG_RUNTIME_DIR: runtime, SYSTEMD_UNIT_PATH: `${folder}:` },
      ...{ SYSTEMD_LOG_TARGET: "null", SYSTEMD_PAGER: "", SYSTEMD_COLORS: "0" },
    };
    this.#child = spawn(
      "unshare",
      ["--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--cgroup", "sh", "-c", START, MANAGER],
      { env: this.#env, stdio: "ignore" },
    );
  }

  /** Starts a manager that knows these units; undefined where none can run. */
  static async start(t: TestContext, units: Readonly<Record<string, string>>): Promise<Manager | undefined> {
    const target = "[Unit]\nDefaultDependencies=no\n";
    const before = new Set(groups());
    const manager = new Manager(tempFolder(t, { "none.target": target, ...units }));
    let over = false;
    const ended = once(manager.#child, "exit").then(() => {
      over = true;
    });
    t.after(async () => {
      // With process 1 of the namespace goes everything in it, and unshare waits for that; the groups stay.
      const first = manager.#inside();
      if (first !== 0) process.kill(first, "SIGKILL");
      await ended;
      for (const group of groups().filter((one) => !before.has(one))) removeGroup(group);
    });
    const late = Date.now() + 20_000;
    while (!over && Date.now() < late) {
      if ((await manager.ctl("list-units")).code === 0) return manager;
      await wait(50);
    }
    return undefined;
  }

  /** `systemctl` with these arguments, in the manager's namespaces: it answers nobody else. */
  ctl(...args: readonly string[]): Promise<{ readonly code: number; readonly said: string }> {
    const words = ["--target", String(this.#inside()), "--mount", "--pid", "systemctl", "--user", ...args];
    return new Promise((done) => {
      execFile("nsenter", words, { env: this.#env }, (error, stdout, stderr) =>
        done({ code: error === null ? 0 : Number(error.code), said: stdout + stderr }),
      );
    });
  }

  /** The process that is process 1 there; 0, which is nobody, until there is one. */
  #inside(): number {
    const { pid } = this.#child;
    try {
      return Number(fs.readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ")[0]);
    } catch {
      return 0;
    }
  }

  /** What it knows of a unit. */
  async show(unit: string): Promise<Readonly<Record<string, string>>> {
    const { said } = await this.ctl("show", unit);
    return Object.fromEntries(said.split("\n").map((line) => line.split(/=(.*)/s).slice(0, 2)));
  }

  /** Waits until what it knows of a unit is as it should be. */
  async until(
    unit: string,
    test: (known: Readonly<Record<string, string>>) => boolean,
  ): Promise<Readonly<Record<string, string>>> {
    const late = Date.now() + 20_000;
    for (;;) {
      const known = await this.show(unit);
      if (test(known)) return known;
      if (Date.now() > late) throw new Error(`it never came true: ${JSON.stringify(known, null, 1)}`);
      await wait(50);
    }
  }
}
