import assert from "node:assert/strict";
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import net from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { onReport, sendCommand } from "../../src/ipc/channel.ts";
import type { HandingReport, Report } from "../../src/ipc/messages.ts";
import { tempFolder } from "../support/temp-folder.ts";

const PROGRAM = fileURLToPath(new URL("../programs/master/channel.js", import.meta.url));

/** A process that answers each command with a report whose `why` describes it, and reports the master's death on stdout. */
function worker(t: TestContext): ChildProcess {
  const child = fork(PROGRAM, { execArgv: ["--import", "tsx"], stdio: ["ignore", "pipe", "inherit", "ipc"] });
  t.after(() => child.kill("SIGKILL"));
  return child;
}

const nextReport = async (child: ChildProcess): Promise<Report> => (await once(child, "message"))[0] as Report;

test("commands and reports arrive, a listening handle beside its command, and the application's messages pass untouched", async (t) => {
  const child = worker(t);
  const untagged: unknown[] = [];
  const reports: (Report | HandingReport)[] = [];
  child.on("message", (message) => {
    if (!(message instanceof Object && "tsgi" in message)) untagged.push(message);
  });
  onReport(child, (report) => reports.push(report));
  assert.deepEqual(await nextReport(child), { tsgi: "hello" });
  child.send({ theirs: "not for us" });
  await sendCommand(child, { tsgi: "reopen" });
  await once(child, "message");
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const { _handle: handle } = server as unknown as { readonly _handle: unknown };
  const listener = { index: 0, url: "http://127.0.0.1", address: { kind: "tcp", host: "127.0.0.1", port: 1 } } as const;
  await sendCommand(child, { tsgi: "listen", listener, backlog: 5, last: true }, handle);
  while (reports.length < 3) await once(child, "message");
  assert.deepEqual(
    reports.map((report) => ("why" in report ? report.why : report.tsgi)),
    ["hello", "reopen without a handle", "listen with a handle"],
  );
  assert.deepEqual(untagged, [{ mine: "from the application" }]);
});

for (const kind of ["tcp", "unix"] as const) {
  test(`a connection's handle goes to a worker and comes back with its report, with what came meanwhile (${kind})`, async (t) => {
    const child = worker(t);
    await nextReport(child);
    const path = join(tempFolder(t), "s");
    const server = net.createServer({ pauseOnConnect: true });
    server.listen(kind === "tcp" ? { port: 0, host: "127.0.0.1" } : { path });
    await once(server, "listening");
    const client = kind === "tcp" ? net.connect((server.address() as net.AddressInfo).port) : net.connect(path);
    const [accepted] = (await once(server, "connection")) as [net.Socket];
    t.after(() => {
      client.destroy();
      server.close();
    });
    const back = new Promise<unknown>((done) => {
      onReport(child, (report, handle) => report.tsgi === "hand-back" && done(handle));
    });
    const { _handle: sent } = accepted as unknown as { readonly _handle: object };
    await sendCommand(child, { tsgi: "connection", listener: 1, ticket: 1 }, sent);
    client.write("meanwhile");
    const socket = new net.Socket({ handle: await back } as unknown as net.SocketConstructorOpts);
    accepted.destroy();
    const [text] = (await once(socket, "data")) as [Buffer];
    assert.equal(String(text), "meanwhile");
    socket.destroy();
  });
}

test("a report is out when its promise is fulfilled, so that a worker may exit right after it", async (t) => {
  const child = worker(t);
  await nextReport(child);
  const last = nextReport(child);
  const exited = once(child, "exit");
  await sendCommand(child, {
    tsgi: "quit",
    style: "quick",
    graceMs: 0,
    why: "a test",
    succeeded: false,
    handBack: false,
  });
  assert.deepEqual(await last, { tsgi: "recycle", why: "a".repeat(300_000) });
  assert.equal((await exited)[0], 5);
});

test("a worker hears once that its master is gone, and its further reports are no error", async (t) => {
  const child = worker(t);
  await nextReport(child);
  const said = once(child.stdout!, "data");
  child.disconnect();
  assert.equal(String((await said)[0]), "master gone\n");
  assert.deepEqual(await once(child, "exit"), [0, null]);
});

test("a command to a worker that is gone is quiet", async (t) => {
  const child = worker(t);
  await nextReport(child);
  child.kill("SIGKILL");
  await sendCommand(child, { tsgi: "reopen" });
  await once(child, "exit");
  await sendCommand(child, { tsgi: "reopen" });
});
