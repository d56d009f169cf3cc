// docs/migration: that its tables are complete and its commands are commands. The programs are run by migration-programs.test.ts.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import http from "node:http";
import { createRequire } from "node:module";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { OWN_FLAGS } from "../../src/cli/help.ts";
import { readCommandLine } from "../../src/cli/program.ts";
import { HOOKS } from "../../src/config/hooks.ts";
import { CONFIG_FILE, longFlag, OPTION_KEYS, rowOf } from "../../src/config/options.ts";
import { defaultText } from "../../src/config/render.ts";
import { resolveSettings } from "../../src/config/resolve.ts";
import { COMMAND_NAMES } from "../../src/ipc/control.ts";
import {
  commandsOf,
  filesOf,
  flagsIn,
  linksOf,
  PAGES,
  pythonWith,
  quoted,
  rowsOf,
  textOf,
  without,
} from "../support/migration-pages.ts";
import { tempFolder } from "../support/temp-folder.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const KEYS = new Map(OPTION_KEYS.flatMap((key) => [[longFlag(key), key] as const]));

/** Options that are ours: of `tsgi serve`, and of its other commands. */
const OURS: ReadonlySet<string> = new Set([
  "--help",
  "--version",
  ...flagsIn(CONFIG_FILE.flags),
  ...[...KEYS.keys()].filter((flag) => flag !== undefined),
  ...Object.values(OWN_FLAGS).flatMap((own) => Object.keys(own)),
]);

/** Options of Node, docker and others that the pages tell people to use with tsgi. */
const LENT: ReadonlySet<string> = new Set([
  "--watch-path",
  "--max-old-space-size",
  "--enable-source-maps",
  "--inspect",
  "--time",
]);

/** What stands in a column for the others'. */
const theirs = (page: string): ReadonlySet<string> =>
  new Set([
    ...rowsOf(page).flatMap(({ cells }) => flagsIn(cells[0]!)),
    ...commandsOf(page).flatMap((line) => (/^(?:\w+=\S+ )*(?:npx )?tsgi /.test(line) ? [] : flagsIn(line))),
  ]);

for (const page of PAGES) {
  test(`every option that the page from ${page} gives to a reader of tsgi exists`, () => {
    const here = rowsOf(page).flatMap(({ cells }) => flagsIn(cells.slice(1).join(" | ")));
    const known = (flag: string): boolean => OURS.has(flag) || LENT.has(flag);
    assert.deepEqual(
      here.filter((flag) => !known(flag)),
      [],
    );
    const others = theirs(page);
    assert.deepEqual(
      flagsIn(textOf(page)).filter((flag) => !known(flag) && !others.has(flag)),
      [],
    );
  });

  test(`every tsgi command of the page from ${page} is read, and its values fit`, async (t) => {
    const lines = commandsOf(page)
      .flatMap((line) => line.split(" && "))
      .filter((line) => /(?:^| )tsgi /.test(line));
    const inline = quoted(textOf(page)).filter((text) => /^tsgi (?!:|serve\b.*\.\.\.)/.test(text));
    const said = quoted(textOf(page)).filter((text) => /^--[a-z-]+ \S/.test(text) && KEYS.has(flagsIn(text)[0]));
    const cwd = tempFolder(t);
    for (const command of [...lines, ...inline, ...said.map((text) => `tsgi serve ${text}`)]) {
      const words = command
        .replace(/^.*?\btsgi /, "")
        .replace(/ +#.*$/, "")
        .split(" ")
        .map((word) => word.replace(/^'(.*)'$/, "$1"));
      const intent = readCommandLine(words, { width: 80 });
      if (intent.do === "print") continue;
      if (intent.said.command === "ctl")
        assert.ok((COMMAND_NAMES as readonly string[]).includes(intent.said.words[0]!), command);
      const { flags, app } = intent.said;
      const without = Object.fromEntries(Object.entries(flags).filter(([key]) => key !== "envFile"));
      await assert.doesNotReject(
        resolveSettings({
          flags: without,
          app,
          configFile: undefined,
          cmdArgs: undefined,
          variables: {},
          cwd,
          isTerminal: false,
        }),
        command,
      );
    }
    assert.ok(lines.length > 0);
  });

  test(`every link of the page from ${page} leads somewhere`, () => {
    for (const { path, anchor } of linksOf(page)) {
      assert.ok(existsSync(join(ROOT, path)), `there is no ${path}`);
      if (anchor === undefined) continue;
      const headings = [...readFileSync(join(ROOT, path), "utf8").matchAll(/^#+ (.*)$/gm)].map(([, text = ""]) =>
        text
          .toLowerCase()
          .replace(/[^\w\- ]/g, "")
          .replaceAll(" ", "-"),
      );
      assert.ok(headings.includes(anchor), `${path} has no heading #${anchor}`);
    }
  });

  test(`no row of a table of the page from ${page} comes twice, and each has an answer`, () => {
    const names = rowsOf(page).flatMap(({ cells, head }) => quoted(cells[0]!).map((name) => `${head[0]}: ${name}`));
    assert.deepEqual(
      names.filter((name, i) => names.indexOf(name) !== i),
      [],
    );
    for (const { cells, head } of rowsOf(page)) {
      assert.equal(cells.length, head.length, cells.join(" | "));
      assert.notEqual(cells[1], "", cells.join(" | "));
    }
  });
}

const gunicorn = pythonWith("gunicorn");

/** What gunicorn 26.2 has and the one that is installed may not have yet, and the other way round. */
const NOT_IN_ALL: readonly RegExp[] = [
  /^(?:asgi|dirty|http2|control_socket|permit_unconventional|on_dirty)/,
  /^(?:http_protocols|http_parser|root_path|protocol|uwsgi_allow_ips|forwarder_headers|header_map|ssl_context)$/,
  /^(?:enable_backlog_metric|logconfig_json|permit_obsolete_folding|casefold_http_method|tolerate_dangerous_framing)$/,
];

test("the page from gunicorn has every setting of the gunicorn that is installed, and none that there never was", {
  skip: without(gunicorn, "gunicorn"),
}, () => {
  const list = "from gunicorn import config; print(*[s.name for s in config.KNOWN_SETTINGS], sep='\\n')";
  const known = spawnSync(gunicorn!, ["-c", list], { encoding: "utf8" }).stdout.trim().split("\n");
  assert.ok(known.length > 80);
  const tables = rowsOf("gunicorn").filter(({ head }) => head[0] === "gunicorn" && head.length === 3);
  const named = tables.flatMap(({ cells }) => quoted(cells[0]!));
  assert.deepEqual(
    known.filter((name) => !named.includes(name)),
    [],
  );
  assert.deepEqual(
    named.filter((name) => !known.includes(name) && !NOT_IN_ALL.some((form) => form.test(name))),
    [],
  );
});

test("the page from gunicorn has every hook, and names each as it is", () => {
  const rows = rowsOf("gunicorn").filter(({ cells }) => quoted(cells[1]!).some((name) => name in HOOKS));
  const named = rows.flatMap(({ cells }) => quoted(cells.slice(1).join(" ")).filter((name) => name in HOOKS));
  assert.deepEqual([...new Set(named)].sort(), Object.keys(HOOKS).sort());
  for (const { cells } of rows) {
    const camel = quoted(cells[0]!).map((name) =>
      name.replace(/_(\w)/g, (_all, letter: string) => letter.toUpperCase()),
    );
    assert.deepEqual(quoted(cells[1]!), camel);
  }
});

const uvicorn = pythonWith("uvicorn");
const NEW_IN_UVICORN = [
  "--http2",
  "--ws-max-queue",
  "--limit-max-requests-jitter",
  "--timeout-graceful-shutdown",
  "--timeout-worker-healthcheck",
  "--h11-max-incomplete-event-size",
  "--reset-contextvars",
];

test("the page from uvicorn has every option of the uvicorn that is installed, and none that there never was", {
  skip: without(uvicorn, "uvicorn"),
}, () => {
  const help = spawnSync(uvicorn!, ["-m", "uvicorn", "--help"], { encoding: "utf8" }).stdout;
  const known = help.split("\n").flatMap((line) => (/^ {2}--/.test(line) ? flagsIn(line.slice(0, 50)) : []));
  assert.ok(known.length > 40);
  const named = rowsOf("uvicorn").flatMap(({ cells, head }) => (head[0] === "uvicorn" ? flagsIn(cells[0]!) : []));
  assert.deepEqual(
    known.filter((flag) => !named.includes(flag)),
    [],
  );
  assert.deepEqual(
    named.filter((flag) => !known.includes(flag) && !NEW_IN_UVICORN.includes(flag)),
    [],
  );
});

for (const [name, python] of [
  ["gunicorn", gunicorn],
  ["uvicorn", uvicorn],
] as const) {
  test(`the command lines of ${name} on the pages are ones that it takes`, { skip: without(python, name) }, () => {
    const lines = PAGES.flatMap(commandsOf).filter((line) => line.startsWith(`${name} `));
    const help = flagsIn(spawnSync(python!, ["-m", name, "--help"], { encoding: "utf8" }).stdout);
    assert.ok(lines.length > 0);
    for (const line of lines) for (const flag of flagsIn(line)) assert.ok(help.includes(flag), line);
  });
}

test("the page from pm2 has every key of the ecosystem file that it shows", (t) => {
  const file = "ecosystem.config.cjs";
  const folder = tempFolder(t, { [file]: filesOf("pm2").get(file)! });
  const { apps } = createRequire(join(folder, file))(`./${file}`) as { apps: readonly object[] };
  const named = rowsOf("pm2").flatMap(({ cells }) => quoted(cells[0]!));
  assert.deepEqual(
    apps.flatMap(Object.keys).filter((key) => !named.includes(key)),
    [],
  );
});

test("the page from node says the defaults of this table and those of node:http", () => {
  const rows = rowsOf("node").filter(({ head }) => head[0] === "node:http");
  for (const { cells } of rows) {
    const flags = flagsIn(cells[2]!);
    if (flags.length === 0 || cells[3] === "by `ulimit -n`") continue;
    const values = flags.map((flag) => defaultText(rowOf(KEYS.get(flag)!)).split(",")[0]);
    assert.deepEqual(cells[3]!.split(", "), values, cells.join(" | "));
  }
  const server = http.createServer();
  const of = (name: string): string => rows.find(({ cells }) => cells[0]!.includes(name))!.cells[1]!;
  assert.equal(of("keepAliveTimeout"), `${server.keepAliveTimeout / 1_000} s`);
  assert.equal(of("headersTimeout"), `${server.headersTimeout / 1_000} s`);
  assert.ok(of("requestTimeout").startsWith(`${server.requestTimeout / 1_000} s`));
  assert.equal(of("max-http-header-size"), `${http.maxHeaderSize / 1_024} KiB`);
});
