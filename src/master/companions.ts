// What stands beside a server for the one who is writing the program: keys in the terminal, the browser, the type checker. Loaded only where
// one of them is wanted. Knows what each of them may ask of the server; none of them can stop it from serving.

import process from "node:process";
import { isatty } from "node:tty";
import type { Settings } from "../config/options.ts";
import { openBrowser } from "./browser.ts";
import type { Fact } from "./facts.ts";
import { canAskOften, isForeground } from "./foreground.ts";
import { KEYS_HELP, Keys } from "./keys.ts";
import type { LogLevel } from "./moves.ts";
import { TypeCheck } from "./type-check.ts";

export interface CompanionParts {
  readonly settings: Settings;
  readonly enqueue: (fact: Fact) => void;
  readonly say: (level: LogLevel, message: string) => void;
}

/** Clears the screen and what was scrolled out of it, and begins at the top. */
const CLEAR = "\x1b[2J\x1b[3J\x1b[H";

export class Companions {
  readonly #parts: CompanionParts;
  readonly #keys: Keys | null;
  readonly #check: TypeCheck | null;
  #urls: readonly string[] = [];

  /** Before the first worker is started: every process of Node leaves a terminal as it found it. */
  constructor(parts: CompanionParts) {
    this.#parts = parts;
    const { settings, say } = parts;
    this.#keys = settings.development !== null && isatty(0) ? this.#openKeys() : null;
    this.#check = settings.check === "on" ? new TypeCheck({ ...settings, say }) : null;
  }

  /** The server serves, at these addresses. Once. */
  greet(urls: readonly string[]): void {
    const { settings, say } = this.#parts;
    this.#urls = urls;
    if (this.#keys?.isOn === true) say("info", "press ? for the keys");
    if (settings.open === "on") this.#open();
    // Not before: it would only make the start slower.
    this.#check?.start();
  }

  /** Whether a fact is none: with keys, the terminal is ours, and its signals for background processes are no orders. */
  ignores(fact: Fact): boolean {
    return this.#keys !== null && fact.fact === "signal" && (fact.signal === "SIGTTIN" || fact.signal === "SIGTTOU");
  }

  close(): void {
    this.#check?.close();
    this.#keys?.close();
  }

  #open(): void {
    const { env, platform } = process;
    openBrowser(this.#urls, { platform, browser: env["BROWSER"], warn: (text) => this.#parts.say("warn", text) });
  }

  #openKeys(): Keys {
    const { enqueue, say } = this.#parts;
    const keys = new Keys({
      input: () => process.stdin,
      isForeground,
      mayAskOften: canAskOften,
      actions: {
        restart: () => enqueue({ fact: "signal", signal: "SIGHUP" }),
        open: () => this.#open(),
        clear: () => process.stderr.write(CLEAR),
        quit: () => enqueue({ fact: "signal", signal: "SIGINT" }),
        help: () => say("info", `keys:\n${KEYS_HELP.join("\n")}`),
        newLine: () => process.stderr.write("\n"),
        // 0 is the own process group: whoever was started beside us gets it too.
        signal: (signal) => process.kill(0, signal),
        suspend: () => process.kill(0, "SIGTSTP"),
      },
    });
    keys.take();
    return keys;
  }
}
