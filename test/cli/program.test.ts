import assert from "node:assert/strict";
import { test } from "node:test";
import { readCommandLine, type Said } from "../../src/cli/program.ts";
import { OPTION_KEYS, OPTIONS, type Row } from "../../src/config/options.ts";
import { TsgiError } from "../../src/errors.ts";
import { VERSION } from "../../src/version.ts";

const read = (...argv: string[]) => readCommandLine(argv, { width: 80 });

const saidBy = (...argv: string[]): Said => {
  const intent = read(...argv);
  assert.ok(intent.do === "run");
  return intent.said;
};

test("a command gives its application, its flags by option key, and nothing that was not said", () => {
  assert.deepEqual(saidBy("serve", "app:application", "-w", "4", "--max-requests", "1e3", "-c", "x.json"), {
    command: "serve",
    app: "app:application",
    configFile: "x.json",
    flags: { workers: "4", maxRequests: "1e3" },
    own: [],
    words: [],
  });
  assert.deepEqual(saidBy("check").flags, {});
  assert.deepEqual(saidBy("config", "--json").own, ["--json"]);
});

test("ctl takes words and flags of its own, in any order, and every flag of serve", () => {
  assert.deepEqual(saidBy("ctl", "--control", "/run/x", "scale", "--json", "4", "-p", "x.pid"), {
    command: "ctl",
    app: undefined,
    configFile: undefined,
    flags: { control: "/run/x", pid: "x.pid" },
    own: ["--json"],
    words: ["scale", "4"],
  });
  assert.deepEqual(saidBy("ctl", "reload", "--wait").own, ["--wait"]);
  assert.deepEqual(saidBy("ctl", "--quick", "stop").own, ["--quick"]);
  assert.deepEqual(saidBy("ctl").words, []);
});

test("init takes a folder and a template, and no setting", () => {
  assert.deepEqual(saidBy("init", "notes", "--template", "hono"), {
    command: "init",
    app: undefined,
    configFile: undefined,
    flags: { template: "hono" },
    own: [],
    words: ["notes"],
  });
  const { flags, words } = saidBy("init");
  assert.deepEqual([flags, words], [{}, []]);
});

test("each flag of the table arrives under its key, long and short", () => {
  for (const key of OPTION_KEYS.filter((one) => OPTIONS[one].flags !== "")) {
    const { flags, parse, alone: value = "value" }: Row<unknown, unknown> = OPTIONS[key] as never;
    for (const flag of flags.split(", ")) {
      assert.deepEqual(saidBy("config", flag, value).flags, { [key]: parse.repeats ? [value] : value }, flag);
    }
  }
});

test("a flag that may stand alone takes no application for its value, also of a CGI program", () => {
  for (const command of ["serve", "cgi"]) {
    for (const words of [
      ["--lint", "app:application"],
      ["app:application", "--lint"],
      ["--lint", "on", "app:application"],
    ]) {
      const { app, flags } = saidBy(command, ...words);
      assert.deepEqual({ app, flags }, { app: "app:application", flags: { lint: "on" } }, words.join(" "));
    }
  }
});

test("a repeatable flag adds up, of any other the last one holds, and a value may begin with a dash", () => {
  assert.deepEqual(saidBy("serve", "-b", "a:1", "--bind=b:2", "-bc:3").flags, { bind: ["a:1", "b:2", "c:3"] });
  assert.deepEqual(saidBy("serve", "-w", "1", "--workers", "2", "--access-log", "-", "--pid", "-5").flags, {
    workers: "2",
    accessLog: "-",
    pid: "-5",
  });
});

test("help and version are printed on standard output with exit code 0", () => {
  const version = read("--version");
  assert.deepEqual(version, { do: "print", text: `${VERSION}\n`, stream: "stdout", exitCode: 0 });
  for (const [argv, pattern] of [
    [["--help"], /^tsgi, the application server/],
    [["-h"], /^tsgi, the application server/],
    [["help"], /^tsgi, the application server/],
    [["serve", "--help"], /^Usage: tsgi serve/],
    [["serve", "app:application", "-w", "4", "--help"], /^Usage: tsgi serve/],
    [["help", "config"], /^Usage: tsgi config/],
    [["help", "ctl"], /^Usage: tsgi ctl <command>/],
    [["ctl", "--help"], /^Usage: tsgi ctl <command>/],
    [["ctl", "reload", "-h"], /^Usage: tsgi ctl <command>/],
  ] as const) {
    const intent = read(...argv);
    assert.ok(intent.do === "print", argv.join(" "));
    assert.match(intent.text, pattern);
    assert.deepEqual([intent.stream, intent.exitCode], ["stdout", 0]);
  }
});

test("no command at all prints the short help on standard error with exit code 2", () => {
  const intent = read();
  assert.ok(intent.do === "print");
  assert.match(intent.text, /tsgi serve app:application/);
  assert.deepEqual([intent.stream, intent.exitCode], ["stderr", 2]);
});

test("a command line that cannot be read is refused with the word, and what was meant", () => {
  for (const [argv, message] of [
    ["srve", "unknown command srve (did you mean serve?); see tsgi --help"],
    ["nonsense", "unknown command nonsense; see tsgi --help"],
    ["help nonsense", "unknown command nonsense; see tsgi --help"],
    ["app:application", "app:application is no command; to serve it: tsgi serve app:application"],
    ["./app.ts", "./app.ts is no command; to serve it: tsgi serve ./app.ts"],
    ["--workers 4 app:application", "--workers belongs to a command: tsgi serve --workers ..."],
    ["-w 4", "-w belongs to a command: tsgi serve -w ..."],
    ["--verison", "unknown flag --verison (did you mean --version?); see tsgi --help"],
    ["serve --worker 4", "unknown flag --worker (did you mean --workers?); see tsgi serve --help"],
    ["serve --worker=4", "unknown flag --worker (did you mean --workers?); see tsgi serve --help"],
    ["serve --maxRequests 4", "unknown flag --maxRequests (did you mean --max-requests?); see tsgi serve --help"],
    ["serve --json", "unknown flag --json; see tsgi serve --help"],
    ["config --jsn", "unknown flag --jsn (did you mean --json?); see tsgi config --help"],
    ["ctl reload --wiat", "unknown flag --wiat (did you mean --wait?); see tsgi ctl --help"],
    ["config --wait", "unknown flag --wait; see tsgi config --help"],
    ["init --templat hono", "unknown flag --templat (did you mean --template?); see tsgi init --help"],
    ["init --workers 4", "unknown flag --workers; see tsgi init --help"],
    ["init --template", "--template needs a value"],
    ["serve --pid --template x", "--pid needs a value"],
    ["ctl --control --wait reload", "--control needs a value"],
    ["serve -x", "unknown flag -x; see tsgi serve --help"],
    ["serve --host 0.0.0.0", "unknown flag --host (an address is --bind HOST:PORT); see tsgi serve --help"],
    ["serve --uds=/run/x", "unknown flag --uds (a Unix socket is --bind unix:PATH); see tsgi serve --help"],
    ["serve -i4", "unknown flag -i4 (workers are --workers N, or auto); see tsgi serve --help"],
    ["--host 0.0.0.0", "unknown flag --host (an address is --bind HOST:PORT); see tsgi --help"],
    ["serve --no-pid", "unknown flag --no-pid; see tsgi serve --help"],
    ["serve --workers", "--workers needs a value"],
    ["serve -w", "--workers needs a value"],
    ["serve --pid --workers 4", "--pid needs a value"],
    ["serve --bind --workers=4", "--bind needs a value"],
    ["serve a:b c:d", "c:d: one application is enough, and a:b is named already; see tsgi serve --help"],
    ["dev a:b --inspect x:y:z", "x:y:z: one application is enough, and a:b is named already; see tsgi dev --help"],
  ] as const) {
    assert.throws(
      () => read(...argv.split(" ")),
      (error) => {
        assert.ok(error instanceof TsgiError);
        assert.deepEqual([error.code, error.message], ["usage", message]);
        return true;
      },
      argv,
    );
  }
});
