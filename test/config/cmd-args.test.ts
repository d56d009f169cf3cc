import assert from "node:assert/strict";
import { test } from "node:test";
import { parseCmdArgs } from "../../src/config/cmd-args.ts";
import { TsgiError } from "../../src/errors.ts";

const flagsOf = (line: string) => parseCmdArgs(line).flags;

test("flags are read with their values, long and short, apart and attached, and stay text", () => {
  for (const line of ["--workers 4", "--workers=4", "-w 4", "-w4", "  -w\t4 "])
    assert.deepEqual(flagsOf(line), { workers: "4" }, line);
  assert.deepEqual(flagsOf("--workers 010 --timeout 1e3"), { workers: "010", timeout: "1e3" });
  assert.deepEqual(flagsOf("-bunix:/a,b.sock"), { bind: ["unix:/a,b.sock"] });
  assert.deepEqual(flagsOf("--pid -5 --name -"), { pid: "-5", name: "-" });
  assert.deepEqual(flagsOf("--workers="), { workers: "" });
  assert.deepEqual(flagsOf(""), {});
});

test("a repeatable flag adds up, in order; of any other the last one holds", () => {
  assert.deepEqual(flagsOf("-b a:1 --bind b:2 -bc:3"), { bind: ["a:1", "b:2", "c:3"] });
  assert.deepEqual(flagsOf("-w 1 --workers 2"), { workers: "2" });
});

test("a value is quoted as for a shell, also within the word", () => {
  assert.deepEqual(flagsOf(`--env A="x y" --env 'B="z"' --access-log-format '%(h)s "%(r)s"'`), {
    env: ["A=x y", 'B="z"'],
    accessLogFormat: '%(h)s "%(r)s"',
  });
  assert.deepEqual(flagsOf(`--env A=--workers`), { env: ["A=--workers"] });
});

test("a word without a flag is the application, and --config is not a setting", () => {
  assert.deepEqual(parseCmdArgs("app:application -c conf.json"), {
    app: "app:application",
    configFile: "conf.json",
    flags: {},
  });
  assert.equal(parseCmdArgs("-w 2 -- app:application").app, "app:application");
});

test("what cannot be read is an error that names the word", () => {
  for (const [line, message] of [
    ["--worker 4", "TSGI_CMD_ARGS: unknown flag --worker (did you mean --workers?)"],
    ["--maxRequests 4", "TSGI_CMD_ARGS: unknown flag --maxRequests (did you mean --max-requests?)"],
    ["--env.A 4", "TSGI_CMD_ARGS: unknown flag --env.A (did you mean --env?)"],
    ["--port 80", "TSGI_CMD_ARGS: unknown flag --port (an address is --bind HOST:PORT)"],
    ["--port=80", "TSGI_CMD_ARGS: unknown flag --port (an address is --bind HOST:PORT)"],
    [
      "-k gevent",
      "TSGI_CMD_ARGS: unknown flag -k (there is one kind of worker, an event loop; what an application is, is --interface)",
    ],
    ["--no-pid", "TSGI_CMD_ARGS: unknown flag --no-pid"],
    ["-x", "TSGI_CMD_ARGS: unknown flag -x"],
    ["--__proto__ x", "TSGI_CMD_ARGS: unknown flag --___proto___"],
    ["--workers", "TSGI_CMD_ARGS: --workers needs a value"],
    ["-w", "TSGI_CMD_ARGS: --workers needs a value"],
    ["--pid --workers 4", "TSGI_CMD_ARGS: --pid needs a value"],
    ["--name 'my app", "TSGI_CMD_ARGS: a quote is not closed"],
    ["a:b c:d", "TSGI_CMD_ARGS: c:d: one application is enough, and a:b is named already"],
  ] as const) {
    assert.throws(
      () => parseCmdArgs(line),
      (error) => {
        assert.ok(error instanceof TsgiError);
        assert.deepEqual([error.code, error.message], ["usage", message]);
        return true;
      },
      line,
    );
  }
});

test("a flag that may stand alone does here, too", () => {
  assert.deepEqual(parseCmdArgs("--lint app:application"), {
    app: "app:application",
    configFile: undefined,
    flags: { lint: "on" },
  });
});
