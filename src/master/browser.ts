// Opens an address in the browser of the person at the machine: which program does that, and what is said when none does. Waits for nothing.

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";

export interface Machine {
  readonly platform: NodeJS.Platform;
  /** The variable BROWSER: a program, perhaps with arguments, among which `%s` is the address; or `none`. */
  readonly browser: string | undefined;
}

/** The command that opens the address; null where nobody wants one. */
export function browserCommand(
  url: string,
  { platform, browser = "" }: Machine,
): readonly [string, ...string[]] | null {
  if (browser === "none") return null;
  if (browser !== "") {
    // A path may hold blanks.
    const [program = "", ...args] = existsSync(browser) ? [browser] : browser.trim().split(/\s+/);
    const said = args.map((arg) => arg.replace("%s", url));
    return args.some((arg) => arg.includes("%s")) ? [program, ...said] : [program, ...args, url];
  }
  if (platform === "darwin") return ["open", url];
  if (platform === "win32") return ["cmd", "/c", "start", "", url];
  return ["xdg-open", url];
}

/** What a browser of this machine can open, of the addresses that the server listens on; null where that is none. */
export function openableUrl(urls: readonly string[]): string | null {
  const http = urls.find((url) => url.startsWith("http"));
  return http?.replace(/\/\/(?:0\.0\.0\.0|\[::\])(?=[:/]|$)/, "//localhost") ?? null;
}

export interface Opening extends Machine {
  readonly warn: (message: string) => void;
}

/** Opens the first address that a browser can open. Never throws; what goes wrong is a warning. */
export function openBrowser(urls: readonly string[], { warn, ...machine }: Opening): void {
  const url = openableUrl(urls);
  if (url === null) {
    warn(`no browser opens ${urls.join(", ")}: it wants an address such as --bind 127.0.0.1:8000`);
    return;
  }
  const command = browserCommand(url, machine);
  if (command === null) return;
  const [program, ...args] = command;
  const advice = "open it by hand, or name a program in the variable BROWSER";
  const child = spawn(program, args, { stdio: "ignore", detached: true });
  child.on("error", (error: NodeJS.ErrnoException) => {
    const why = error.code === "ENOENT" ? "it is not installed" : error.message;
    warn(`${program} could not open ${url}: ${why}; ${advice}`);
  });
  child.on("exit", (code) => {
    if (code !== null && code !== 0) warn(`${program} could not open ${url} (exit code ${code}); ${advice}`);
  });
  child.unref();
}
