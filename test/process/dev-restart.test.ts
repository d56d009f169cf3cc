// --reload: a save, and the next answer is that of the new code, or says what is wrong with it. A client that asks after a save never
// gets an answer from before it, so nothing here waits but for the log.

import assert from "node:assert/strict";
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { ask, get } from "../support/client.ts";
import { Server } from "../support/server.ts";
import { tempFolder } from "../support/temp-folder.ts";

const says = (text: string, before = ""): string => `${before}
export const application = (_environ: unknown, startResponse: (status: string, headers: [string, string][]) => void) => {
  startResponse("200 OK", [["Content-Type", "text/plain"]]);
  return [\`${text} \${process.env["MARK"] ?? ""}\`];
};
`;

class Project {
  readonly server: Server;
  readonly folder: string;

  private constructor(server: Server, folder: string) {
    this.server = server;
    this.folder = folder;
  }

  static async start(
    t: TestContext,
    files: Readonly<Record<string, string>>,
    args: readonly string[] = [],
  ): Promise<Project> {
    const folder = tempFolder(t, { "package.json": '{ "type": "module" }', ...files });
    const server = await Server.start(t, ["app", "--reload", "--error-pages", ...args], { cwd: folder });
    return new Project(server, folder);
  }

  /** In one piece, as an editor that is careful does it. */
  save(text: string, name = "app.ts"): void {
    const beside = join(this.folder, `.${name}.swp`);
    writeFileSync(beside, text);
    renameSync(beside, join(this.folder, name));
  }

  write(text: string, name = "app.ts"): void {
    writeFileSync(join(this.folder, name), text);
  }

  async answer(): Promise<string> {
    try {
      const { status, body } = await ask(this.server.port, get("/"));
      return `${status} ${body.trim()}`;
    } catch (error) {
      throw new Error(`no answer; the server said:\n${this.server.lines.join("\n")}`, { cause: error });
    }
  }

  /** The lines that say that new code serves. */
  get restarts(): number {
    return this.server.records.filter(({ msg }) => /^restarted in [\d.]+ s$/.test(msg)).length;
  }
}

test("a save by write, by rename, and by two quick writes: one restart each, and the next answer is from the new code", async (t) => {
  const project = await Project.start(t, { "app.ts": says("one") });
  const { server } = project;
  project.write(says("two"));
  assert.equal(await project.answer(), "200 two");
  project.save(says("three"));
  assert.equal(await project.answer(), "200 three");
  await server.until(() => project.restarts === 2);
  project.write("export const appl");
  project.write(says("four"));
  assert.equal(await project.answer(), "200 four");
  await server.until(() => project.restarts === 3);
  assert.equal(server.records.filter(({ msg }) => msg === "restarting: app.ts changed").length, 3);
  await server.says(/^the spare worker \(pid \d+\) waits for its place$/);
  assert.equal((await server.stop()).code, 0);
});

test("whatever is wrong with the code is shown, and what mends it is served: at the first start, and afterwards", async (t) => {
  const project = await Project.start(t, { "app.ts": "export const application = ;" });
  const { server } = project;
  assert.match(await project.answer(), /^500 .*syntax error/s);
  assert.ok(server.records.some(({ level, msg }) => level === "error" && /it has a syntax error/.test(msg)));
  project.save(says("one", 'import "./part.ts";'));
  assert.match(await project.answer(), /^500 .*part\.ts/s);
  project.write("export {};", "part.ts");
  assert.equal(await project.answer(), "200 one");
  project.write('throw new Error("no database");', "part.ts");
  assert.match(await project.answer(), /^500 .*no database/s);
  project.write("process.exit(7);", "part.ts");
  assert.match(await project.answer(), /^500 .*exited with code 7/s);
  project.write('setTimeout(() => { throw new Error("too late"); }, 50);', "part.ts");
  // On a busy machine it is not even ready by then; test/master/development.test.ts has both.
  await server.says(/too late/);
  assert.match(await project.answer(), /^500 .*too late/s);
  rmSync(join(project.folder, "part.ts"));
  assert.match(await project.answer(), /^500 .*part\.ts/s);
  project.save(says("two"));
  assert.equal(await project.answer(), "200 two");
  assert.equal((await server.stop("SIGINT")).code, 0);
});

test("a change of the configuration or of an env file: both count for the next answer, with two workers", async (t) => {
  const config = (changes: object): string => JSON.stringify({ workers: 2, envFile: ["my.env"], ...changes });
  const files = { "app.ts": says("one"), "my.env": "MARK=red", "tsgi.config.json": config({}) };
  const project = await Project.start(t, files);
  const { server } = project;
  assert.equal(await project.answer(), "200 one red");
  project.write("MARK=blue", "my.env");
  assert.equal(await project.answer(), "200 one blue");
  project.write(config({ env: { MARK: "green" }, workers: 1 }), "tsgi.config.json");
  assert.equal(await project.answer(), "200 one green");
  await server.untilServing(1);
  project.write("{ workers", "tsgi.config.json");
  assert.match(await project.answer(), /^500 .*tsgi\.config\.json/s);
  project.write(config({}), "tsgi.config.json");
  assert.equal(await project.answer(), "200 one blue");
  server.signal("SIGHUP");
  await server.says(/^restarting, as it was asked to$/);
  assert.equal(await project.answer(), "200 one blue");
  assert.equal((await server.stop()).code, 0);
});

test("a module that never finishes importing is given up, shown, and superseded by a save; the server stops in the middle of it", async (t) => {
  const hangs = "await new Promise(() => {});";
  const project = await Project.start(t, { "app.ts": says("one", hangs) }, ["--boot-timeout", "5"]);
  const { server } = project;
  assert.match(await project.answer(), /^500 .*--boot-timeout/s);
  project.save(says("two", hangs));
  await server.says(/^restarting: app\.ts changed$/);
  project.save(says("three"));
  assert.equal(await project.answer(), "200 three");
  const said = server.records.length;
  project.save(says("four", hangs));
  await server.says(/^restarting: app\.ts changed$/, said);
  const { code, stderr } = await server.stop();
  assert.equal(code, 0, stderr);
});
