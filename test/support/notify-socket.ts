// A socket like systemd's for sd_notify(3), and what is written to it. Node has no datagrams for Unix sockets, so a program of perl, which
// every Debian has, receives them.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import type { TestContext } from "node:test";
import { tempFolder } from "./temp-folder.ts";

const lacks = (program: string, args: readonly string[]): boolean => spawnSync(program, args).error !== undefined;

/** For `test(title, { skip: noNotify })`: without the programs the tests skip and say so; where CI is set they fail. */
export const noNotify: string | false =
  process.env["CI"] === undefined && (lacks("systemd-notify", ["--version"]) || lacks("perl", ["-v"]))
    ? "needs systemd-notify (Debian: apt-get install systemd) and perl"
    : false;

// The descriptor that comes with BARRIER=1 is dropped when its message is received: that is the answer that the sender waits for.
const RECEIVER = `
use strict; use Socket; $| = 1;
socket(my $s, AF_UNIX, SOCK_DGRAM, 0) or die $!;
bind($s, pack_sockaddr_un($ARGV[0])) or die $!;
print "up\\n";
while (defined recv($s, my $text, 65536, 0)) { $text =~ s/\\n/\\t/g; print "$text\\n"; }
`;

export class NotifySocket {
  readonly path: string;
  /** What came, each message as its lines, in order. */
  readonly messages: (readonly string[])[] = [];
  readonly #waiting = new Set<() => void>();

  private constructor(path: string) {
    this.path = path;
  }

  static async open(t: TestContext): Promise<NotifySocket> {
    const socket = new NotifySocket(join(tempFolder(t), "notify"));
    const child = spawn("perl", ["-e", RECEIVER, socket.path], { stdio: ["ignore", "pipe", "inherit"] });
    t.after(() => child.kill("SIGKILL"));
    const lines = createInterface({ input: child.stdout });
    const [up] = await once(lines, "line");
    assert.equal(up, "up");
    lines.on("line", (line: string) => {
      // No word of ours, but systemd-notify's own question whether the message before was read.
      if (line === "BARRIER=1") return;
      socket.messages.push(line.split("\t"));
      for (const heard of socket.#waiting) heard();
      socket.#waiting.clear();
    });
    return socket;
  }

  /** Waits for a message with such a line; `from` is a count of messages to leave out. Where it stands among them. */
  async hears(pattern: RegExp, from = 0): Promise<number> {
    for (;;) {
      const at = this.messages.findIndex((lines, i) => i >= from && lines.some((line) => pattern.test(line)));
      if (at >= 0) return at;
      await new Promise<void>((heard) => this.#waiting.add(heard));
    }
  }

  /** The values of a name, in order. */
  said(name: string): readonly string[] {
    return this.messages.flat().flatMap((line) => (line.startsWith(`${name}=`) ? [line.slice(name.length + 1)] : []));
  }
}
