import assert from "node:assert/strict";
import { test } from "node:test";
import { type BindAddress, formatBind, parseBind, parsePort } from "../../src/config/bind.ts";

const tcp = (host: string, port: number): BindAddress => ({ kind: "tcp", host, port });
const unix = (path: string): BindAddress => ({ kind: "unix", path });

const GOOD: readonly (readonly [string, BindAddress])[] = [
  ["127.0.0.1:8000", tcp("127.0.0.1", 8000)],
  ["localhost:0", tcp("localhost", 0)],
  ["app-1.internal_net:65535", tcp("app-1.internal_net", 65_535)],
  [":8080", tcp("", 8080)],
  ["localhost", tcp("localhost", 8000)],
  ["10.0.0.1", tcp("10.0.0.1", 8000)],
  ["[::1]:80", tcp("::1", 80)],
  ["[::]", tcp("::", 8000)],
  ["[fe80::1%eth0]:80", tcp("fe80::1%eth0", 80)],
  ["http://127.0.0.1:80", tcp("127.0.0.1", 80)],
  ["http://127.0.0.1:80/", tcp("127.0.0.1", 80)],
  ["TCP://[::1]:80", tcp("::1", 80)],
  ["tcp://:80", tcp("", 80)],
  ["unix:/run/app.sock", unix("/run/app.sock")],
  ["unix:///run/app.sock", unix("/run/app.sock")],
  ["unix:app.sock", unix("app.sock")],
  ["unix:a b:c.sock", unix("a b:c.sock")],
  ["fd://3", { kind: "fd", fd: 3 }],
  ["fd://0", { kind: "fd", fd: 0 }],
  ["fd://web", { kind: "named", name: "web" }],
  ["fd://app@1.socket", { kind: "named", name: "app@1.socket" }],
  ["fd://a\\x2db.socket", { kind: "named", name: "a\\x2db.socket" }],
  ["fd://3d", { kind: "named", name: "3d" }],
];

const BAD: readonly string[] = [
  "",
  ":",
  "host:",
  "host:65536",
  "host:-1",
  "host:8e3",
  "host: 80",
  "host:80/",
  "host:80/path",
  "8000",
  "::1",
  "::1:80",
  "[::1",
  "[]:80",
  "[localhost]:80",
  "[::1]80",
  "--workers",
  "-b",
  "host-:80",
  "two words:80",
  "https://host:80",
  "uwsgi://host:80",
  "http://",
  "unix:",
  "unix:@abstract",
  "unix://app.sock",
  "unix:a\0b",
  "fd://",
  "fd://-1",
  "fd://123456",
  "fd://two words",
  "fd://a:b",
  "fd://a,b",
  "fd://a/b",
  "fd://\u00e9",
  `fd://${"x".repeat(256)}`,
  "fd:3",
];

test("an address is read from each of its forms, and a host alone means port 8000", () => {
  for (const [text, address] of GOOD) assert.deepEqual(parseBind(text), address, text);
});

test("a text that is no address, or has a port above 65535, is refused", () => {
  for (const text of BAD) assert.equal(parseBind(text), undefined, text);
});

test("an address is written so that it reads as itself", () => {
  for (const [text, address] of GOOD) assert.deepEqual(parseBind(formatBind(address)), address, text);
  assert.equal(formatBind(tcp("::1", 80)), "[::1]:80");
});

test("a port is digits from 0 to 65535", () => {
  assert.equal(parsePort("0"), 0);
  assert.equal(parsePort("65535"), 65_535);
  for (const text of ["", "65536", "-1", "+1", "1.0", "0x50", " 80", "100000"])
    assert.equal(parsePort(text), undefined, text);
});
