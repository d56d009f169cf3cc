import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { configFileOf, resolveSettings, type SettingsInput } from "../../src/config/resolve.ts";
import { TsgiError } from "../../src/errors.ts";
import { tempFolder } from "../support/temp-folder.ts";

const input = (cwd: string, said: Partial<SettingsInput> = {}): SettingsInput => ({
  flags: {},
  app: undefined,
  configFile: undefined,
  cmdArgs: undefined,
  variables: {},
  cwd,
  isTerminal: false,
  ...said,
});

const refused = async (given: SettingsInput): Promise<{ code: string; message: string }> => {
  try {
    await resolveSettings(given);
  } catch (error) {
    assert.ok(error instanceof TsgiError, String(error));
    return { code: error.code, message: error.message };
  }
  assert.fail("it was accepted");
};

test("flag beats TSGI_CMD_ARGS beats variable beats file beats default, and the losers are kept in order", async (t) => {
  const cwd = tempFolder(t, { "tsgi.config.json": `{ "workers": 5 }` });
  const all: SettingsInput = input(cwd, {
    flags: { workers: "1" },
    cmdArgs: "-w 2",
    variables: { TSGI_WORKERS: "3", WEB_CONCURRENCY: "4" },
  });
  const file = { from: `file ${cwd}/tsgi.config.json`, said: "5" };
  const chain = [
    { given: all, value: 1, from: "flag --workers" },
    { given: { ...all, flags: {} }, value: 2, from: "TSGI_CMD_ARGS --workers" },
    { given: { ...all, flags: {}, cmdArgs: undefined }, value: 3, from: "variable TSGI_WORKERS" },
    { given: input(cwd, { variables: { WEB_CONCURRENCY: "4" } }), value: 4, from: "variable WEB_CONCURRENCY" },
    { given: input(cwd), value: 5, from: file.from },
  ];
  const losers = [
    { from: "TSGI_CMD_ARGS --workers", said: "2" },
    { from: "variable TSGI_WORKERS", said: "3" },
    { from: "variable WEB_CONCURRENCY", said: "4" },
    file,
  ];
  for (const [i, { given, value, from }] of chain.entries()) {
    const { settings, origins } = await resolveSettings(given);
    assert.deepEqual(settings.workers, { min: value, max: value });
    assert.deepEqual(origins.workers, { from, lost: losers.slice(i) });
  }
  const { settings, origins, file: found } = await resolveSettings(input(tempFolder(t)));
  assert.deepEqual(settings.workers, { min: 1, max: 1 });
  assert.deepEqual(origins.workers, { from: "default", lost: [] });
  assert.equal(found, undefined);
});

test("with nothing said, every setting has its default", async (t) => {
  const cwd = tempFolder(t);
  const { settings } = await resolveSettings(input(cwd));
  assert.deepEqual(settings, {
    app: "",
    chdir: cwd,
    env: {},
    envFile: [],
    interface: "auto",
    adoptListen: "off",
    fetchObjects: "light",
    lint: "auto",
    bind: [{ kind: "tcp", host: "127.0.0.1", port: 8000 }],
    backlog: 2048,
    socketMode: null,
    forwardedAllow: ["127.0.0.1", "::1", "unix"],
    forwardedHeader: "x-forwarded",
    underscores: "drop",
    forwarderFields: ["SCRIPT_NAME", "PATH_INFO"],
    accept: "shared",
    workers: { min: 1, max: 1 },
    maxRequests: 0,
    maxRequestsJitter: 0,
    maxWorkerLifetime: 0,
    maxWorkerLifetimeJitter: 0,
    maxRss: 0,
    maxRssHard: 0,
    maxBootFailures: 0,
    reloadStyle: "one-by-one",
    settle: 2,
    readyPath: null,
    canary: 0,
    drainDelay: 0,
    slowLoop: 0,
    requestTimeout: 0,
    control: "beside",
    timeout: 30,
    bootTimeout: 60,
    gracefulTimeout: 30,
    keepAlive: 75,
    headTimeout: 30,
    bodyTimeout: 60,
    limitRequestLine: 8190,
    limitFields: 100,
    limitFieldSize: 8190,
    limitFieldsSize: 65_536,
    limitBody: 1_073_741_824,
    bodyRate: 240,
    writeTimeout: 60,
    limitConnectionRequests: 1_000,
    limitPipelined: 1_000,
    workerConnections: 0,
    limitInFlight: 0,
    overload: "queue",
    limitWebsockets: 0,
    wsMaxSize: 16_777_216,
    wsPingInterval: 20,
    wsPingTimeout: 20,
    wsDeflate: "off",
    reload: "off",
    reloadExtra: [],
    reloadIgnore: [],
    reloadEngine: "auto",
    errorPages: "off",
    liveReload: "off",
    open: "off",
    check: "off",
    inspect: null,
    logLevel: "info",
    logFormat: "json",
    accessLog: null,
    accessLogFormat: "combined",
    pid: null,
    user: null,
    group: null,
    umask: null,
    name: null,
    hooks: null,
    development: null,
  });
  assert.equal((await resolveSettings(input(cwd, { isTerminal: true }))).settings.logFormat, "pretty");
});

test("a repeatable option said in a stronger place replaces the weaker one whole", async (t) => {
  const cwd = tempFolder(t, { "tsgi.config.json": `{ "bind": ["a:1", "b:2"], "env": { "A": "1", "B": "2" } }` });
  const { settings } = await resolveSettings(input(cwd, { flags: { bind: ["c:3"] }, cmdArgs: "--env C=3" }));
  assert.deepEqual(settings.bind, [{ kind: "tcp", host: "c", port: 3 }]);
  assert.deepEqual(settings.env, { C: "3" });
});

test("sockets that systemd passed are listened on when no address is said anywhere, PORT or not", async (t) => {
  const passed = [3, 4].map((fd) => ({ fd, name: "web" }));
  const variables = { LISTEN_FDS: "2", PORT: "80" };
  const { settings, origins } = await resolveSettings(input(tempFolder(t), { passed, variables }));
  assert.deepEqual(settings.bind, [
    { kind: "fd", fd: 3 },
    { kind: "fd", fd: 4 },
  ]);
  assert.deepEqual(origins.bind, {
    from: "variable LISTEN_FDS",
    lost: [{ from: "variable PORT", said: "0.0.0.0:80" }],
  });
});

test("PORT binds every interface, but only when no address is said anywhere else", async (t) => {
  const cwd = tempFolder(t);
  const bind = async (said: Partial<SettingsInput>) => (await resolveSettings(input(cwd, said))).settings.bind;
  assert.deepEqual(await bind({ variables: { PORT: "80" } }), [{ kind: "tcp", host: "0.0.0.0", port: 80 }]);
  assert.deepEqual(await bind({ variables: { PORT: "80", TSGI_BIND: "a:1" } }), [{ kind: "tcp", host: "a", port: 1 }]);
  assert.deepEqual(await bind({ variables: { PORT: "" } }), [{ kind: "tcp", host: "127.0.0.1", port: 8000 }]);
  assert.equal(
    (await refused(input(cwd, { variables: { PORT: "http" } }))).message,
    "PORT=http: expected a port from 0 to 65535",
  );
});

test("chdir is relative to where tsgi was started, every other path to chdir; the file is looked for at the start", async (t) => {
  const cwd = tempFolder(t, {
    "app/.env": "A=1",
    "app/tsgi.config.json": `{ "workers": 9 }`,
    "tsgi.config.json": `{ "pid": "run/x.pid" }`,
  });
  const flags = { chdir: "app", accessLog: "x.log", bind: ["unix:x.sock"], envFile: [".env"] };
  const { settings, origins, file } = await resolveSettings(input(cwd, { flags }));
  const { chdir, accessLog, bind, envFile, pid, env, workers } = settings;
  assert.deepEqual(
    { chdir, accessLog, bind, envFile, pid, env, workers },
    {
      chdir: join(cwd, "app"),
      accessLog: join(cwd, "app/x.log"),
      bind: [{ kind: "unix", path: join(cwd, "app/x.sock") }],
      envFile: [join(cwd, "app/.env")],
      pid: join(cwd, "app/run/x.pid"),
      env: { A: "1" },
      workers: { min: 1, max: 1 },
    },
  );
  assert.equal(origins.env.from, `env file ${join(cwd, "app/.env")}`);
  assert.equal(file, join(cwd, "tsgi.config.json"));
});

test("env files hold in their order, --env above them, and none of it configures tsgi", async (t) => {
  const cwd = tempFolder(t, { a: "A=1\nB=1\nC=1\nTSGI_WORKERS=7", b: "B=2\nC=2" });
  const { settings, origins } = await resolveSettings(
    input(cwd, { flags: { envFile: ["a", "b"], env: ["C=3", "TSGI_WORKERS=8"] } }),
  );
  assert.deepEqual(settings.env, { A: "1", B: "2", C: "3", TSGI_WORKERS: "8" });
  assert.deepEqual(settings.workers, { min: 1, max: 1 });
  assert.equal(origins.env.from, `flag --env, over env file ${join(cwd, "a")}, ${join(cwd, "b")}`);
});

test("the file is named by --config, then TSGI_CMD_ARGS, then TSGI_CONFIG, then by its usual name", async (t) => {
  const names = ["flag", "args", "variable", "tsgi.config"];
  const cwd = tempFolder(t, Object.fromEntries(names.map((name, i) => [`${name}.json`, `{ "workers": ${i + 1} }`])));
  const workers = async (said: Partial<SettingsInput>) =>
    (await resolveSettings(input(cwd, said))).settings.workers.min;
  const variables = { TSGI_CONFIG: "variable.json" };
  assert.equal(await workers({ configFile: "flag.json", cmdArgs: "-c args.json", variables }), 1);
  assert.equal(await workers({ cmdArgs: "-c args.json", variables }), 2);
  assert.equal(await workers({ variables }), 3);
  assert.equal(await workers({ variables: { TSGI_CONFIG: "" } }), 4);
});

test("each call reads what is on disk then", async (t) => {
  const cwd = tempFolder(t, { "tsgi.config.mjs": "export default { workers: 1 };", ".env": "A=1" });
  const given = input(cwd, { flags: { envFile: [".env"] } });
  assert.equal((await resolveSettings(given)).settings.workers.min, 1);
  writeFileSync(join(cwd, "tsgi.config.mjs"), "export default { workers: 2 };");
  writeFileSync(join(cwd, ".env"), "A=2");
  const { settings } = await resolveSettings(given);
  assert.deepEqual([settings.workers.min, settings.env], [2, { A: "2" }]);
});

test("the result is plain JSON, frozen throughout, and leaves what the file exports alone", async (t) => {
  const cwd = tempFolder(t, {
    "tsgi.config.mjs":
      "const env = { A: 1 };\nexport default () => { env.B = (env.B ?? 0) + 1; return { env, bind: ['a:1'] }; };",
  });
  const resolution = await resolveSettings(input(cwd, { flags: { workers: "auto" } }));
  assert.deepEqual(JSON.parse(JSON.stringify(resolution)), { ...resolution, settings: { ...resolution.settings } });
  const isFrozen = (value: unknown): boolean =>
    typeof value !== "object" || value === null || (Object.isFrozen(value) && Object.values(value).every(isFrozen));
  assert.ok(isFrozen(resolution));
  assert.equal(Number.isSafeInteger(resolution.settings.workers.min), true);
  await resolveSettings(input(cwd));
});

test("hooks are names and a file among the settings, and functions only where the file was evaluated; nothing of it is frozen", async (t) => {
  const cwd = tempFolder(t, {
    "tsgi.config.mjs":
      "const own = { calls: 0 };\nexport default { hooks: { own, preFork() {}, onExit: undefined, whenReady() {} } };",
  });
  assert.match((await refused(input(cwd))).message, /unknown hook own/);
  writeFileSync(
    join(cwd, "tsgi.config.mjs"),
    "export default { hooks: { preFork() {}, onExit: undefined, whenReady() {} } };",
  );
  const { settings, hooks, ...rest } = await resolveSettings(input(cwd));
  assert.deepEqual(settings.hooks, { file: join(cwd, "tsgi.config.mjs"), names: ["whenReady", "preFork"] });
  assert.ok(hooks !== null && "preFork" in hooks && !Object.isFrozen(hooks));
  assert.deepEqual(JSON.parse(JSON.stringify({ settings, ...rest })), { settings, ...rest });
  writeFileSync(join(cwd, "tsgi.config.mjs"), "export default { hooks: {} };");
  const none = await resolveSettings(input(cwd));
  assert.deepEqual([none.settings.hooks, none.hooks], [null, null]);
});

test("the file that would be read is known without reading it", (t) => {
  const cwd = tempFolder(t, { "tsgi.config.mjs": "syntax error", "a.json": "not JSON" });
  assert.equal(configFileOf(input(cwd)), join(cwd, "tsgi.config.mjs"));
  assert.equal(configFileOf(input(cwd, { cmdArgs: "-c a.json" })), join(cwd, "a.json"));
  assert.equal(configFileOf(input(join(cwd, ".."), { variables: { TSGI_CONFIG: "" } })), undefined);
});

test("a value that does not fit is refused with its place, what was given, and what fits", async (t) => {
  const cwd = tempFolder(t, {
    "bad.json": `{ "workers": true }`,
    "list.json": `{ "bind": ["a:1", 8000] }`,
    "null.json": `{ "workers": null }`,
  });
  const fits = "expected a whole number of at least 1, auto, or a range such as 2..8";
  const address =
    "expected host:port, [v6]:port, :port or host, with a port from 0 to 65535; unix:/path; or fd://N or fd://NAME";
  for (const [said, code, message] of [
    [{ flags: { workers: "0" } }, "usage", `--workers 0: ${fits}`],
    [{ cmdArgs: "--workers 0" }, "usage", `TSGI_CMD_ARGS: --workers 0: ${fits}`],
    [{ variables: { WEB_CONCURRENCY: "many" } }, "usage", `WEB_CONCURRENCY=many: ${fits}`],
    [{ configFile: "bad.json" }, "config-file", `${cwd}/bad.json: workers is true: ${fits}`],
    [{ configFile: "null.json" }, "config-file", `${cwd}/null.json: workers is null: ${fits}`],
    [{ configFile: "list.json" }, "config-file", `${cwd}/list.json: bind is 8000: ${address}`],
    [{ flags: { bind: ["a:1", "a b"] } }, "usage", `--bind "a b": ${address}`],
    [{ variables: { TSGI_BIND: "a:1,,b:2" } }, "usage", `TSGI_BIND="": ${address}`],
    [{ flags: { bind: ["a:1", "a:1"] } }, "usage", "--bind: a:1 is said twice"],
    [
      { flags: { umask: "999" } },
      "usage",
      '--umask 999: expected an octal number from 0 to 777 (as text in the configuration file, such as "027")',
    ],
    [{ flags: { env: ["A"] } }, "usage", "--env A: expected NAME=VALUE"],
    [{ app: "" }, "usage", '"": expected module:callable, such as app:application'],
    [{ configFile: "" }, "usage", '--config "": expected a file'],
    [{ flags: { chdir: "no" } }, "chdir", `cannot change to ${cwd}/no (flag --chdir): no such file or folder`],
    [
      { flags: { envFile: ["no"] } },
      "env-file",
      `cannot read the env file ${cwd}/no (flag --env-file): no such file or folder`,
    ],
  ] as const) {
    assert.deepEqual(await refused(input(cwd, said as Partial<SettingsInput>)), { code, message });
  }
});

test("a value that does not fit is refused also where a stronger source wins", async (t) => {
  const given = input(tempFolder(t), { flags: { workers: "4" }, variables: { TSGI_WORKERS: "four" } });
  assert.equal(
    (await refused(given)).message,
    "TSGI_WORKERS=four: expected a whole number of at least 1, auto, or a range such as 2..8",
  );
});
