// Whether a Node can bind several sockets to one port: 22.12 and newer, where the system spreads connections over them.

import { execFileSync } from "node:child_process";
import process from "node:process";

export function canReusePort(version: string = process.versions.node): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return process.platform === "linux" && (major > 22 || (major === 22 && minor >= 12));
}

export const versionOf = (node: string): string =>
  execFileSync(node, ["-p", "process.versions.node"], { encoding: "utf8" }).trim();
