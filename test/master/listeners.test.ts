import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import net, { type AddressInfo } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { text } from "node:stream/consumers";
import { type TestContext, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type FailureCode, TsgiError } from "../../src/errors.ts";
import { createHandle } from "../../src/master/handles.ts";
import { explainTcp, type Listener, type ListenerSettings, Listeners } from "../../src/master/listeners.ts";
import { compiled, run } from "../support/compiled.ts";
import { settingsWith } from "../support/plan-world.ts";
import { canReusePort } from "../support/reuse-port.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { twinOf } from "../support/twin.ts";

type Bind = ListenerSettings["bind"][number];
const tcp = (host: string, port = 0): Bind => ({ kind: "tcp", host, port });
const unix = (path: string): Bind => ({ kind: "unix", path });

async function bound(
  t: TestContext,
  bind: readonly Bind[],
  changes: Partial<ListenerSettings> = {},
): Promise<readonly Listener[]> {
  const all = new Listeners();
  t.after(() => all.closeAll());
  return (await all.open({ ...settingsWith(), ...changes, bind })).map(({ index }) => all.get(index));
}

const refusal = (code: FailureCode, message: RegExp) => (error: unknown) =>
  error instanceof TsgiError && error.code === code && message.test(error.message);

async function connects(to: net.NetConnectOpts): Promise<boolean> {
  const client = net.connect(to);
  try {
    await once(client, "connect");
    return true;
  } catch {
    return false;
  } finally {
    client.destroy();
  }
}

const hasIpv6 = await new Promise<boolean>((resolve) => {
  const probe = net.createServer();
  probe.once("error", () => resolve(false));
  probe.listen(0, "::1", () => probe.close(() => resolve(true)));
});
const skipWithoutIpv6 = { skip: !hasIpv6 && "this machine has no IPv6" };

test("port 0 reports the port it got, and connections are taken before any worker exists", async (t) => {
  const [first, second] = await bound(t, [tcp("127.0.0.1"), tcp("127.0.0.1")]);
  assert.ok(first?.info.address.kind === "tcp" && second?.info.address.kind === "tcp");
  const { host, port } = first.info.address;
  assert.deepEqual(
    [host, first.info.url, first.info.index, second.info.index],
    ["127.0.0.1", `http://127.0.0.1:${port}`, 0, 1],
  );
  assert.notEqual(port, second.info.address.port);
  assert.ok(await connects({ host, port }));
});

test("localhost is 127.0.0.1", async (t) => {
  const [listener] = await bound(t, [tcp("localhost")]);
  assert.match(listener!.info.url, /^http:\/\/127\.0\.0\.1:\d+$/);
});

test("an IPv6 address is bound and printed in brackets", skipWithoutIpv6, async (t) => {
  const [listener] = await bound(t, [tcp("::1")]);
  assert.match(listener!.info.url, /^http:\/\/\[::1\]:\d+$/);
});

test("no host, and ::, take IPv4 and IPv6 through one socket", skipWithoutIpv6, async (t) => {
  for (const host of ["", "::"]) {
    const [listener] = await bound(t, [tcp(host)]);
    const { address } = listener!.info;
    assert.ok(address.kind === "tcp" && address.host === "::");
    assert.ok(await connects({ host: "127.0.0.1", port: address.port }));
    assert.ok(await connects({ host: "::1", port: address.port }));
  }
});

test("a taken port is refused at once and named, whether a server of this process or a listener of ours has it", async (t) => {
  const server = net.createServer().listen(0, "127.0.0.1");
  t.after(() => server.close());
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const taken = (of: number) =>
    refusal("address-in-use", new RegExp(`port ${of} is taken: another process listens on 127\\.0\\.0\\.1:${of}`));
  await assert.rejects(bound(t, [tcp("127.0.0.1", port)]), taken(port));
  const [ours] = await bound(t, [tcp("127.0.0.1")]);
  const own = ours!.info.address.kind === "tcp" ? ours!.info.address.port : 0;
  await assert.rejects(bound(t, [tcp("127.0.0.1", own)]), taken(own));
});

const reusing = { accept: "reuse-port" } as const;
const skipWithoutReuse = { skip: !canReusePort() && "this Node cannot share a port between sockets" };
const portOf = ({ info }: Listener): number => (info.address.kind === "tcp" ? info.address.port : 0);

test(
  "with reuse-port a TCP address has as many sockets as are asked for, and nothing else has",
  skipWithoutReuse,
  async (t) => {
    const binds = [tcp("127.0.0.1"), tcp(""), unix(join(tempFolder(t), "s"))];
    const [local, everywhere, path] = await bound(t, binds, reusing);
    assert.equal(path!.sockets, undefined);
    for (const { sockets, handle, ...listener } of [local!, everywhere!]) {
      assert.equal(sockets!.get(1), handle);
      assert.equal(typeof sockets!.get(2), "object");
      listener.close();
      // All of them are gone.
      assert.equal(await connects({ host: "127.0.0.1", port: portOf({ handle, ...listener }) }), false);
    }
    assert.ok((await bound(t, binds.slice(0, 1))).every(({ sockets }) => sockets === undefined));
  },
);

test("with reuse-port a port that another server shares already is taken all the same", skipWithoutReuse, async (t) => {
  const [ours] = await bound(t, [tcp("127.0.0.1")], reusing);
  const port = portOf(ours!);
  const taken = refusal("address-in-use", new RegExp(`port ${port} is taken`));
  await assert.rejects(bound(t, [tcp("127.0.0.1", port)], reusing), taken);
  const second = createHandle({ host: "127.0.0.1", port, family: 4, reusePort: true });
  assert.ok(typeof second === "object", "the kernel would have allowed it");
  second.close();
});

test("with reuse-port a new master gets all the sockets of a port", skipWithoutReuse, async (t) => {
  const old = new Listeners();
  t.after(() => old.closeAll());
  const settings = { ...settingsWith(), ...reusing, bind: [tcp("127.0.0.1")] };
  const [info] = await old.open(settings);
  const first = old.get(info!.index);
  for (const number of [2, 3]) assert.equal(typeof first.sockets!.get(number), "object");
  const sockets = await Promise.all(
    old.handOver().map(async (socket, at) => {
      // A descriptor of its own, as that of another process.
      const handle = at === 0 ? first.handle : (first.sockets!.get(at + 1) as object);
      return { ...socket, fd: (await twinOf<{ readonly fd: number }>(t, handle)).fd };
    }),
  );
  assert.equal(sockets.length, 3);
  const heir = new Listeners({ sockets, passed: [], isHeir: true });
  t.after(() => heir.closeAll());
  const [same] = await heir.open(settings);
  heir.closeRest();
  assert.equal(same!.url, info!.url);
  assert.deepEqual(heir.get(same!.index).sockets!.numbers, [1, 2, 3]);
  old.closeAll();
  for (let n = 0; n < 20; n += 1) assert.ok(await connects({ host: "127.0.0.1", port: portOf(first) }));
});

test("with reuse-port a Node that cannot is refused", { skip: canReusePort() && "this Node can" }, async (t) => {
  await assert.rejects(
    bound(t, [tcp("127.0.0.1")], reusing),
    refusal("usage", /Node 22\.12 or newer.*; shared and round-robin work here$/),
  );
});

test("when one address fails, those before it are free again and their socket files gone", async (t) => {
  const path = join(tempFolder(t), "s");
  const [free] = await bound(t, [tcp("127.0.0.1")]);
  const port = free!.info.address.kind === "tcp" ? free!.info.address.port : 0;
  free!.close();
  await assert.rejects(
    bound(t, [tcp("127.0.0.1", port), unix(path), tcp("192.0.2.1")]),
    refusal("address-invalid", /no interface/),
  );
  assert.equal(fs.existsSync(path), false);
  await bound(t, [tcp("127.0.0.1", port), unix(path)]);
});

test("a name that nobody knows, and an address of another machine, are told apart", async (t) => {
  await assert.rejects(
    bound(t, [tcp("no-such-host.invalid")]),
    refusal("address-invalid", /no address is known for this name/),
  );
  await assert.rejects(
    bound(t, [tcp("192.0.2.1")]),
    refusal("address-invalid", /no interface of this machine has the address 192\.0\.2\.1/),
  );
});

test("each failure of a bind has its own words and code", () => {
  const said = ["EADDRINUSE", "EACCES", "EADDRNOTAVAIL", "EAFNOSUPPORT", "ENOBUFS"].map((name) =>
    explainTcp(name, "::1", 80),
  );
  assert.deepEqual(
    said.map(({ code }) => code),
    ["address-in-use", "address-denied", ...Array<string>(3).fill("address-invalid")],
  );
  assert.equal(new Set(said.map(({ message }) => message)).size, 5);
  assert.ok(said.every(({ message }) => message.includes("[::1]:80")));
  assert.match(said[1]!.message, /setcap cap_net_bind_service=\+ep/);
});

test("a Unix socket is born with 0777 less --umask, and --socket-mode has the last word", async (t) => {
  const folder = tempFolder(t);
  const modeOf = async (name: string, changes: Partial<ListenerSettings>): Promise<number> => {
    const [listener] = await bound(t, [unix(join(folder, name))], changes);
    assert.equal(listener!.info.url, `unix:${join(folder, name)}`);
    return fs.lstatSync(join(folder, name)).mode & 0o777;
  };
  assert.equal(await modeOf("a", { umask: 0o027 }), 0o750);
  assert.equal(await modeOf("b", { umask: 0o027, socketMode: 0o666 }), 0o666);
});

test("a relative path is relative to --chdir", async (t) => {
  const folder = tempFolder(t);
  await bound(t, [unix("s")], { chdir: folder });
  assert.ok(fs.lstatSync(join(folder, "s")).isSocket());
});

const rootOnly = { skip: process.getuid?.() !== 0 && "needs root" };

test(
  "a Unix socket is given to --user and --group, by name or number; an unknown name is refused",
  rootOnly,
  async (t) => {
    const folder = tempFolder(t);
    const before = [process.geteuid!(), process.getegid!()];
    for (const [user, group, uid, gid] of [
      ["nobody", null, 65_534, 0],
      [null, "daemon", 0, 1],
      ["12", "34", 12, 34],
    ] as const) {
      const path = join(folder, `${user}-${group}`);
      await bound(t, [unix(path)], { user, group });
      const owner = fs.lstatSync(path);
      assert.deepEqual([owner.uid, owner.gid], [uid, gid]);
    }
    for (const unknown of [{ user: "no-such-user" }, { group: "no-such-group" }]) {
      await assert.rejects(bound(t, [unix(join(folder, "x"))], unknown), refusal("privileges", /no such (user|group)/));
    }
    assert.deepEqual([process.geteuid!(), process.getegid!()], before);
  },
);

test("a folder that may not be written, and a privileged port, are denied to an ordinary user", rootOnly, async (t) => {
  const folder = tempFolder(t);
  fs.chmodSync(folder, 0o755);
  const source = await compiled(["master/listeners.ts"]);
  t.after(() => fs.rmSync(join(source, ".."), { recursive: true, force: true }));
  const asNobody = (bind: Bind): { code: string; message: string } => {
    const settings = JSON.stringify({ ...settingsWith(), bind: [bind] });
    const program = `import { Listeners } from ${JSON.stringify(pathToFileURL(join(source, "master/listeners.js")).href)};
      await new Listeners().open(${settings}).then(() => console.log('{"code":"none"}'), ({ code, message }) => console.log(JSON.stringify({ code, message })));
      process.exit();`;
    const { stdout, stderr } = run(program, { uid: 65_534, gid: 65_534, cwd: "/" });
    return JSON.parse(stdout === "" ? assert.fail(stderr) : stdout);
  };
  const denied = asNobody(unix(join(folder, "s")));
  assert.deepEqual([denied.code, /must be writable/.test(denied.message)], ["address-denied", true]);
  const firstFree = Number(fs.readFileSync("/proc/sys/net/ipv4/ip_unprivileged_port_start", "utf8"));
  if (firstFree <= 1) return t.diagnostic("every port is free for everybody here: only the folder was tried");
  assert.equal(asNobody(tcp("127.0.0.1", 1)).code, "address-denied");
});

/** What a process says that inherits this descriptor as number 3 and adopts it. */
async function adopted(fd: number | "pipe" | "ignore"): Promise<{ code?: string; message?: string; url?: string }> {
  const program = fileURLToPath(new URL("../programs/master/adopt.js", import.meta.url));
  const child = spawn(process.execPath, ["--import", "tsx", program, "3"], {
    stdio: ["ignore", "pipe", "inherit", fd],
  });
  return JSON.parse(await text(child.stdout!));
}

test("fd://N adopts a listening TCP or Unix socket, and reports its address", async (t) => {
  const path = join(tempFolder(t), "s");
  const [inet, local] = await bound(t, [tcp("127.0.0.1"), unix(path)]);
  assert.equal((await adopted(inet!.handle.fd)).url, inet!.info.url);
  // The kernel remembers the name a socket was bound under, which is the draft's.
  assert.equal((await adopted(local!.handle.fd)).url, `unix:${path}~`);
  assert.ok(fs.existsSync(path), "what was adopted is not ours to remove");
});

test("fd://N refuses a file, a connection, a pipe and a descriptor that is not open", async (t) => {
  const server = net.createServer().listen(0, "127.0.0.1");
  t.after(() => server.close());
  await once(server, "listening");
  const client = net.connect((server.address() as AddressInfo).port, "127.0.0.1");
  t.after(() => client.destroy());
  await once(client, "connect");
  const file = fs.openSync(fileURLToPath(import.meta.url), "r");
  t.after(() => fs.closeSync(file));
  const connection = (client as unknown as { readonly _handle: { readonly fd: number } })._handle.fd;
  for (const fd of [file, connection, "pipe"] as const) {
    const { code, message } = await adopted(fd);
    assert.equal(code, "address-invalid");
    assert.match(
      message!,
      /^cannot listen on fd:\/\/3: .*; expected the descriptor of a listening TCP or Unix socket$/,
    );
  }
  await assert.rejects(bound(t, [{ kind: "fd", fd: 9999 }]), refusal("address-invalid", /fd:\/\/9999.*not open/));
});

test("what is open already is kept, what is new is bound, and nothing is closed that was not named", async (t) => {
  const folder = tempFolder(t);
  const [a, b, c] = ["a", "b", "c"].map((name) => unix(join(folder, name)));
  const all = new Listeners();
  t.after(() => all.closeAll());
  const settings = settingsWith();
  const first = await all.open({ ...settings, bind: [tcp("127.0.0.1"), tcp("127.0.0.1"), a!, b!] });
  const second = await all.open({ ...settings, bind: [b!, c!, tcp("127.0.0.1"), tcp("127.0.0.1"), tcp("127.0.0.1")] });
  assert.deepEqual(
    second.map((info) => first.indexOf(info)),
    [3, -1, 0, 1, -1],
  );
  assert.deepEqual(fs.readdirSync(folder).sort(), ["a", "b", "c"]);
  all.close([first[2]!.index, 99]);
  assert.deepEqual(fs.readdirSync(folder).sort(), ["b", "c"]);
  assert.throws(() => all.get(first[2]!.index), /no open listener 2/);
  const [again] = await all.open({ ...settings, bind: [a!] });
  assert.ok(again!.index > second[4]!.index, "an index is never used twice");
});

test("when one of several cannot be bound, those bound with it are closed again, and those from before stay", async (t) => {
  const folder = tempFolder(t, { file: "" });
  const all = new Listeners();
  t.after(() => all.closeAll());
  const kept = unix(join(folder, "kept"));
  await all.open({ ...settingsWith(), bind: [kept] });
  const bind = [kept, unix(join(folder, "new")), unix(join(folder, "file"))];
  await assert.rejects(all.open({ ...settingsWith(), bind }), refusal("address-invalid", /is no socket/));
  assert.deepEqual(fs.readdirSync(folder).sort(), ["file", "kept"]);
});

test("an heir is given every open socket by its bind; the file of a Unix socket is then removed by whoever is left", async (t) => {
  const folder = tempFolder(t);
  const all = new Listeners();
  const path = join(folder, "s");
  const open = await all.open({ ...settingsWith(), bind: [unix(path), tcp("127.0.0.1")] });
  const { dev, ino } = fs.lstatSync(path);
  const [first, second] = open.map(({ index }) => all.get(index).handle.fd);
  assert.deepEqual(all.handOver(), [
    { bind: `unix:${path}`, fd: first, identity: `${dev}:${ino}` },
    { bind: "127.0.0.1:0", fd: second, identity: null },
  ]);
  const [later] = await all.open({ ...settingsWith(), bind: [unix(join(folder, "later"))] });
  all.close([later!.index]);
  all.closeAll();
  assert.deepEqual(fs.readdirSync(folder), ["s"]);
  all.alone();
  assert.deepEqual(fs.readdirSync(folder), []);
});
