import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { findSocket } from "../../src/cli/ctl.ts";
import type { SettingsInput } from "../../src/config/resolve.ts";
import { runCli } from "../support/run-cli.ts";
import { tempFolder } from "../support/temp-folder.ts";

const find = (cwd: string, input: Partial<SettingsInput> = {}): Promise<string> =>
  findSocket({
    ...{ flags: {}, app: undefined, configFile: undefined, cmdArgs: undefined, variables: {}, cwd, isTerminal: false },
    ...input,
  });

test("the socket is where a server with the same settings has it, whoever says so", async (t) => {
  const cwd = tempFolder(t, { "tsgi.config.json": '{ "chdir": "sub", "pid": "file.pid" }', "sub/x": "" });
  const inFolder = (name: string): string => join(cwd, "sub", name);
  assert.equal(await find(cwd), inFolder("file.ctl"));
  assert.equal(await find(cwd, { variables: { TSGI_PID: "/run/var.pid" } }), "/run/var.ctl");
  assert.equal(await find(cwd, { cmdArgs: "--control args.sock" }), inFolder("args.sock"));
  assert.equal(await find(cwd, { flags: { pid: "flag" } }), inFolder("flag.ctl"));
  assert.equal(await find(cwd, { flags: { control: "flag.sock", pid: "flag" } }), inFolder("flag.sock"));
});

test("an absolute path that is named outright needs no configuration, not even one that can be read", async (t) => {
  const cwd = tempFolder(t, { "tsgi.config.json": "{ broken" });
  assert.equal(await find(cwd, { flags: { control: "/run/a//b/../x.ctl" } }), "/run/a/x.ctl");
  assert.equal(await find(cwd, { variables: { TSGI_CONTROL: "/run/x.ctl" } }), "/run/x.ctl");
  assert.equal(
    await find(cwd, { flags: { control: "/run/x.ctl" }, variables: { TSGI_CONTROL: "/run/y" } }),
    "/run/x.ctl",
  );
  for (const input of [
    {},
    { flags: { control: "x.ctl" } },
    { flags: { control: "/run/x.ctl", workers: "2" } },
    { flags: { control: "/run/x.ctl" }, configFile: "tsgi.config.json" },
    { variables: { TSGI_CONTROL: "/run/x.ctl" }, cmdArgs: "--workers 2" },
  ]) {
    await assert.rejects(find(cwd, input), { code: "config-file" }, JSON.stringify(input));
  }
});

test("settings that name no socket are refused with how to name one, and so is a control that is off", async (t) => {
  const cwd = tempFolder(t);
  await assert.rejects(find(cwd), {
    code: "usage",
    message:
      "neither --control nor --pid is said here, so there is no control socket; name it as the server was told: tsgi ctl --control /path/to/tsgi.ctl ...",
  });
  await assert.rejects(find(cwd, { flags: { control: "off", pid: "x" } }), {
    code: "usage",
    message: /^--control is off here, so there is no control socket/,
  });
});

test("a command line that does not fit is told before anybody is asked; nobody to ask is told with 3", async (t) => {
  const cwd = tempFolder(t);
  for (const [args, code, stderr] of [
    [
      ["staus"],
      2,
      /^tsgi: unknown command staus \(did you mean status\?\); there are status, .*; see tsgi ctl --help\n$/,
    ],
    [[], 2, /^tsgi: no command; expected one of status, .*; see tsgi ctl --help\n$/],
    [["scale", "many"], 2, /^tsgi: scale many: expected a number of workers from 1 to 1000, as in: scale 4; see/],
    [["status", "--wait"], 2, /^tsgi: --wait does not belong to status; see/],
    [["status"], 2, /^tsgi: neither --control nor --pid is said here/],
    [["status", "--control", join(cwd, "x")], 3, /^tsgi: no server has its control socket at .*\/x; is it running/],
    [["status", "--pid", "x.pid", "--json"], 3, /^tsgi: no server has its control socket at .*\/x\.ctl; is it running/],
  ] as const) {
    const run = await runCli(["ctl", ...args], { cwd });
    assert.deepEqual([run.code, run.stdout], [code, ""], args.join(" "));
    assert.match(run.stderr, stderr);
  }
});
