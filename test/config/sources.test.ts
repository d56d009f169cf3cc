import assert from "node:assert/strict";
import { test } from "node:test";
import { parseCmdArgs } from "../../src/config/cmd-args.ts";
import { type Sources, sayings } from "../../src/config/sources.ts";

const NOTHING: Sources = {
  ...{ app: undefined, flags: {}, cmdArgs: undefined, variables: {}, file: undefined, passed: [] },
  isDevelopment: false,
};

test("the sayings of all sources stand in the order of their strength, each with its words", () => {
  const sources: Sources = {
    ...NOTHING,
    flags: { workers: "1" },
    cmdArgs: parseCmdArgs("--workers 2"),
    variables: { TSGI_WORKERS: "3", WEB_CONCURRENCY: "4" },
    file: { path: "/x/tsgi.config.json", values: { workers: 5 } },
  };
  assert.deepEqual(
    sayings("workers", sources).map(({ from, given, accuse }) => [from, given, accuse(given)]),
    [
      ["flag --workers", "1", "--workers 1"],
      ["TSGI_CMD_ARGS --workers", "2", "TSGI_CMD_ARGS: --workers 2"],
      ["variable TSGI_WORKERS", "3", "TSGI_WORKERS=3"],
      ["variable WEB_CONCURRENCY", "4", "WEB_CONCURRENCY=4"],
      ["file /x/tsgi.config.json", 5, "/x/tsgi.config.json: workers is 5"],
    ],
  );
});

test("tsgi dev is weaker than a command line, and stronger than a variable and a file where those speak of production", () => {
  const said: Sources = {
    ...NOTHING,
    flags: { workers: "2", reload: "off" },
    cmdArgs: parseCmdArgs("--workers 3 --reload=off"),
    variables: { TSGI_WORKERS: "4", TSGI_RELOAD: "off" },
    file: { path: "/x/tsgi.config.json", values: { workers: 5, reload: "off" } },
    isDevelopment: true,
  };
  const sources = (key: "workers" | "reload"): readonly string[] =>
    sayings(key, said).map(({ from }) => from.split(" ")[0]!);
  assert.deepEqual(sources("workers"), ["flag", "TSGI_CMD_ARGS", "tsgi", "variable", "file"]);
  assert.deepEqual(sources("reload"), ["flag", "TSGI_CMD_ARGS", "variable", "file", "tsgi"]);
  assert.deepEqual(sayings("backlog", { ...NOTHING, isDevelopment: true }), []);
});

test("the application is an argument, not a flag", () => {
  const sources: Sources = { ...NOTHING, app: "a:b", cmdArgs: parseCmdArgs("c:d"), variables: { TSGI_APP: "e:f" } };
  assert.deepEqual(
    sayings("app", sources).map(({ from, given, accuse }) => [from, accuse(given)]),
    [
      ["argument", "a:b"],
      ["TSGI_CMD_ARGS argument", "TSGI_CMD_ARGS: c:d"],
      ["variable TSGI_APP", "TSGI_APP=e:f"],
    ],
  );
});

test("an empty variable and an undefined key say nothing; null in the file says null", () => {
  const file = { path: "/f.json", values: { workers: undefined, pid: null } };
  assert.deepEqual(sayings("workers", { ...NOTHING, variables: { TSGI_WORKERS: "", WEB_CONCURRENCY: "" }, file }), []);
  assert.equal(sayings("pid", { ...NOTHING, file })[0]?.given, null);
});

test("a variable of a repeatable option is a comma list, of any other it is one value", () => {
  const variables = { TSGI_BIND: "a:1, b:2", TSGI_NAME: "a,b" };
  assert.deepEqual(sayings("bind", { ...NOTHING, variables })[0]?.given, ["a:1", "b:2"]);
  assert.equal(sayings("name", { ...NOTHING, variables })[0]?.given, "a,b");
});

test("the sockets that systemd passed speak after everything that was said, and before PORT; without any the variable says nothing", () => {
  const variables = { LISTEN_FDS: "2", PORT: "80" };
  const passed = [3, 4].map((fd) => ({ fd, name: "web" }));
  const froms = (sources: Partial<Sources>) =>
    sayings("bind", { ...NOTHING, variables, ...sources }).map(({ from, given }) => [from, given]);
  const both = [
    ["variable LISTEN_FDS", ["fd://3", "fd://4"]],
    ["variable PORT", "0.0.0.0:80"],
  ];
  assert.deepEqual(froms({ passed }), both);
  assert.deepEqual(froms({ passed, flags: { bind: ["a:1"] } }), [["flag --bind", ["a:1"]], ...both]);
  assert.deepEqual(froms({}), both.slice(1));
});

test("PORT speaks after everything else, even after the file, and matters only then if it does not fit", () => {
  const file = { path: "/f.json", values: { bind: "a:1" } };
  const froms = (sources: Partial<Sources>) =>
    sayings("bind", { ...NOTHING, ...sources }).map(({ from, given }) => [from, given]);
  assert.deepEqual(froms({ variables: { PORT: "80" } }), [["variable PORT", "0.0.0.0:80"]]);
  assert.deepEqual(froms({ variables: { PORT: "80" }, file }), [
    ["file /f.json", "a:1"],
    ["variable PORT", "0.0.0.0:80"],
  ]);
  assert.deepEqual(froms({ variables: { PORT: "x" }, file }), [["file /f.json", "a:1"]]);
  const [alone] = sayings("bind", { ...NOTHING, variables: { PORT: "x" } });
  assert.equal(`${alone?.accuse(alone.given)}: ${alone?.fits}`, "PORT=x: a port from 0 to 65535");
});
