// docs/migration: every program of the pages, run. What was there before under what ran it before, what comes after under tsgi, and both asked
// the same. migration.test.ts has the tables and the commands.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { WebSocket } from "ws";
import { OPTION_KEYS, rowOf } from "../../src/config/options.ts";
import { resolveSettings } from "../../src/config/resolve.ts";
import type { Application, Shutdown, Startup } from "../../src/gateway/types.ts";
import { compilePrograms, programsOf, writePrograms } from "../support/doc-programs.ts";
import { drive } from "../support/exchange.ts";
import {
  type Answer,
  FOLDER,
  filesOf,
  PAGES,
  put,
  pythonWith,
  type Question,
  quoted,
  rowsOf,
  startNode,
  startOther,
  without,
  writePage,
} from "../support/migration-pages.ts";
import { Server } from "../support/server.ts";
import { tempFolder } from "../support/temp-folder.ts";

/** What the tests below run, or load. */
const RUN: Readonly<Record<string, readonly string[]>> = {
  cluster: ["cluster-app.mjs", "cluster-server.mjs", "jobs.ts", "tsgi.config.ts"],
  gunicorn: ["flask.py", "flask.ts", "gunicorn.conf.py", "tsgi.config.ts", "wsgi.py", "wsgi.ts"],
  node: ["app.mjs", "express-app.mjs", "express-server.mjs", "server.mjs"],
  // ecosystem.config.cjs is loaded by migration.test.ts.
  pm2: ["app.cjs", "ecosystem.config.cjs", "server.cjs", "tsgi.config.ts"],
  uvicorn: ["chat.py", "chat.ts", "hello.py", "hello.ts"],
};

test("each program of the pages is one that is run here", () => {
  const programs = PAGES.map((page) => [page, [...filesOf(page).keys()].sort()] as const);
  assert.deepEqual(Object.fromEntries(programs), RUN);
});

test("the programs in TypeScript are right for the compiler", async (t) => {
  const folder = tempFolder(t);
  const all = PAGES.flatMap((page) =>
    [...programsOf(`${FOLDER}/${page}.md`)].map(([name, text]) => [`${page}/${name}`, text] as const),
  );
  writePrograms(folder, new Map(all), {});
  assert.equal(await compilePrograms(folder), "");
});

const form = "application/x-www-form-urlencoded";

const WSGI: readonly Question[] = [
  { target: "/" },
  { target: "/caf%C3%A9" },
  { method: "POST", target: "/", body: "hé" },
  { method: "POST", target: "/" },
];

const FLASK: readonly Question[] = [
  { target: "/notes/1" },
  { target: "/notes/7" },
  { method: "POST", target: "/notes", body: "text=bread+and+butter", type: form },
  { target: "/notes/2" },
  { target: "/search?q=milk" },
  { target: "/search" },
];

const wsgi = pythonWith("gunicorn");
const flask = pythonWith("flask");

test("gunicorn's programs: the translations answer as the originals do under gunicorn and Flask", async (t) => {
  const folder = tempFolder(t);
  writePage(folder, "gunicorn");
  writeFileSync(
    join(folder, "both.ts"),
    'import { mount } from "tsgi";\nimport { app } from "./flask.ts";\nimport { application } from "./wsgi.ts";\nexport default mount({ "/wsgi": application, "/flask": app });\n',
  );
  const bare = join(tempFolder(t), "tsgi.config.json");
  writeFileSync(bare, "{}");
  const { port } = await Server.start(t, ["both", "--config", bare], { cwd: folder });
  const answers = async (prefix: string, questions: readonly Question[]) => {
    const all: Answer[] = [];
    for (const question of questions) all.push(await put(port, question, prefix));
    return all;
  };
  const [plain, framework] = [await answers("/wsgi", WSGI), await answers("/flask", FLASK)];
  assert.deepEqual(
    plain.map(({ status, body }) => [status, body]),
    [
      [200, "you said: \n"],
      [200, "you said: \n"],
      [200, Buffer.from("you said: hé\n").toString("latin1")],
      [400, "say something\n"],
    ],
  );
  assert.deepEqual(
    framework.map(({ status, location }) => [status, location]),
    [
      [200, undefined],
      [404, undefined],
      [302, "/notes/2"],
      [200, undefined],
      [200, undefined],
      [200, undefined],
    ],
  );
  await t.test("under gunicorn", { skip: without(wsgi, "gunicorn") }, async (inner) => {
    const command = [wsgi!, "-m", "gunicorn", "-c", "/dev/null", "-b", "127.0.0.1:0", "wsgi:application"] as const;
    const other = await startOther(inner, [...command], {
      cwd: folder,
      says: /Listening at: http:\/\/127\.0\.0\.1:(\d+)/,
    });
    for (const [i, question] of WSGI.entries()) assert.deepEqual(await put(other, question), plain[i]);
  });
  await t.test("under Flask", { skip: without(flask, "flask") }, async (inner) => {
    const serve =
      "from wsgiref.simple_server import make_server as m; from flask_ import app; s = m('127.0.0.1', 0, app); print('port', s.server_port, flush=True); s.serve_forever()";
    writeFileSync(join(folder, "flask_.py"), filesOf("gunicorn").get("flask.py")!);
    const script = `import sys; sys.path = [p for p in sys.path if p != '']; import flask; sys.path.insert(0, '.'); ${serve}`;
    const other = await startOther(inner, [flask!, "-c", script], { cwd: folder, says: /^port (\d+)$/ });
    for (const [i, question] of FLASK.entries()) assert.deepEqual(await put(other, question), framework[i]);
  });
});

test("gunicorn's configuration file: the translation says the same, setting for setting", {
  skip: without(wsgi, "gunicorn"),
}, async (t) => {
  const folder = tempFolder(t);
  writePage(folder, "gunicorn");
  const dump =
    "import json, runpy; c = runpy.run_path('gunicorn.conf.py'); print(json.dumps({k: v for k, v in c.items() if not k.startswith('__') and type(v) in (str, int, list)}))";
  const theirs = JSON.parse(execFileSync(wsgi!, ["-c", dump], { cwd: folder, encoding: "utf8" })) as Record<
    string,
    unknown
  >;
  const { default: ours } = (await import(pathToFileURL(join(folder, "tsgi.config.ts")).href)) as {
    default: Record<string, unknown>;
  };
  const isKey = (key: string): boolean => (OPTION_KEYS as readonly string[]).includes(key);
  const flagOf = new Map(OPTION_KEYS.map((key) => [/--[a-z-]+/.exec(rowOf(key).flags)?.[0], key]));
  const keyOf = (setting: string): string | undefined => {
    const row = rowsOf("gunicorn").find(({ cells }) => quoted(cells[0]!).includes(setting));
    const [answer = ""] = quoted(row?.cells[1] ?? "");
    return isKey(answer) ? answer : flagOf.get(answer);
  };
  const translated = Object.keys(theirs).map((setting) => [setting, keyOf(setting)] as const);
  for (const [setting, key] of translated) {
    assert.ok(key !== undefined && ours[key] !== undefined, `${setting} is not in tsgi.config.ts`);
    // A number of processors, and a list that is an object here.
    if (setting !== "workers" && setting !== "raw_env") assert.deepEqual(ours[key], theirs[setting], setting);
  }
  assert.ok(translated.length > 8);
  await assert.doesNotReject(settingsOf(folder));
});

const settingsOf = (cwd: string) =>
  resolveSettings({
    flags: {},
    app: undefined,
    configFile: undefined,
    cmdArgs: undefined,
    variables: {},
    cwd,
    isTerminal: false,
  });

const asgi = pythonWith("uvicorn");
const sockets = pythonWith("uvicorn", "websockets") ?? pythonWith("uvicorn", "wsproto");
const UVICORN_SAYS = /Uvicorn running on http:\/\/127\.0\.0\.1:(\d+)/;

const CHAT: readonly Question[] = [{ target: "/" }, { method: "POST", target: "/", body: "hi" }];

/** What the program says first, and what it answers. */
async function talk(port: number): Promise<readonly string[]> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/`);
  const heard: string[] = [];
  socket.on("message", (data) => {
    heard.push(String(data));
    if (heard.length === 1) socket.send("echo");
    else socket.close();
  });
  await once(socket, "close");
  return heard;
}

test("uvicorn's programs: the translations answer as the originals do", async (t) => {
  const folder = tempFolder(t);
  writePage(folder, "uvicorn");
  const hello = await Server.start(t, ["hello:app"], { cwd: folder });
  assert.equal((await put(hello.port, { target: "/you" })).body, "hello, /you\n");
  const chat = await Server.start(t, ["chat:app"], { cwd: folder });
  const answers: Answer[] = [];
  for (const question of CHAT) answers.push(await put(chat.port, question));
  assert.deepEqual(
    answers.map(({ body }) => body),
    ["welcome: \n", "welcome: hi\n"],
  );
  assert.deepEqual(await talk(chat.port), ["welcome", "echo"]);
  const under = [asgi!, "-m", "uvicorn", "--port", "0"] as const;
  await t.test("under uvicorn", { skip: without(asgi, "uvicorn") }, async (inner) => {
    const first = await startOther(inner, [...under, "hello:app"], { cwd: folder, says: UVICORN_SAYS });
    assert.deepEqual(await put(first, { target: "/you" }), await put(hello.port, { target: "/you" }));
    const second = await startOther(inner, [...under, "chat:app"], { cwd: folder, says: UVICORN_SAYS });
    for (const [i, question] of CHAT.entries()) assert.deepEqual(await put(second, question), answers[i]);
  });
  await t.test(
    "websockets under uvicorn",
    { skip: without(sockets, "uvicorn with websockets or wsproto") },
    async (inner) => {
      const [, ...args] = under;
      const port = await startOther(inner, [sockets!, ...args, "chat:app"], { cwd: folder, says: UVICORN_SAYS });
      assert.deepEqual(await talk(port), ["welcome", "echo"]);
    },
  );
});

/** A page about Node: what was started before, and the ways in which tsgi serves it. */
const NODES: readonly {
  readonly page: string;
  readonly before: string;
  readonly after: readonly (readonly string[])[];
  readonly question: Question;
  readonly body: unknown;
}[] = [
  {
    page: "node",
    before: "server.mjs",
    after: [["server.mjs", "--adopt-listen"], ["app.mjs:app"]],
    question: { target: "/you?x=1" },
    body: "hello, /you?x=1\n",
  },
  {
    page: "node",
    before: "express-server.mjs",
    after: [["express-app.mjs:app"]],
    question: { target: "/hello/ada" },
    body: { hello: "ada" },
  },
  {
    page: "cluster",
    before: "cluster-server.mjs",
    after: [["cluster-server.mjs", "--adopt-listen", "--config", "none.json"], []],
    question: { target: "/you" },
    body: "hello, /you\n",
  },
  {
    page: "pm2",
    before: "server.cjs",
    after: [
      ["--pid", "off", "--env", "REGION=eu"],
      ["app.cjs:app", "--config", "none.json", "--env", "REGION=eu"],
    ],
    question: { target: "/hello/ada" },
    body: { hello: "ada", region: "eu" },
  },
];

for (const { page, before, after, question, body } of NODES) {
  test(`${before} of the page from ${page} answers the same under node and under tsgi`, async (t) => {
    const folder = tempFolder(t, { "none.json": "{}" });
    writePage(folder, page);
    const { socket, child } = await startNode(t, folder, before, { REGION: "eu" });
    const answer = await put(socket, question);
    assert.deepEqual([answer.status, answer.body], [200, body]);
    child.kill("SIGTERM");
    for (const args of after) {
      const { port } = await Server.start(t, [...args, "--workers", "1"], { cwd: folder });
      assert.deepEqual(await put(port, question), answer, args.join(" "));
    }
  });
}

test("the jobs of the page from cluster run in the worker of slot 1 alone, until it leaves", async (t) => {
  const folder = tempFolder(t);
  writePage(folder, "cluster");
  const module = (await import(pathToFileURL(join(folder, "jobs.ts")).href)) as {
    readonly application: Application;
    readonly startup: Startup;
    readonly shutdown: Shutdown;
  };
  const worker = { slot: 2, generation: 1, workers: 2 };
  await module.startup(worker);
  assert.equal((await drive(module.application)).body, "no jobs here\n");
  await module.startup({ ...worker, slot: 1 });
  assert.equal((await drive(module.application)).body, "this one sweeps\n");
  await module.shutdown({ ...worker, reason: "test", signal: new AbortController().signal });
});
