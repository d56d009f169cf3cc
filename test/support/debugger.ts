// A debugger, as an editor is one: finds its target over HTTP, speaks the inspector protocol, and turns a line of TypeScript into a place in
// the code that runs, by the source map that the script itself names.

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { once } from "node:events";
import { SourceMap, type SourceMapPayload } from "node:module";
import { WebSocket } from "ws";

interface Script {
  readonly scriptId: string;
  readonly url: string;
  readonly sourceMapURL?: string;
}

interface Location {
  readonly scriptId: string;
  readonly lineNumber: number;
  readonly columnNumber?: number;
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
}

export class Debugger {
  /** The id of the target: another one for each process. */
  readonly target: string;
  /** The other side has cut the session. */
  readonly closed: Promise<unknown>;
  readonly #socket: WebSocket;
  readonly #scripts = new Map<string, Script>();
  readonly #answers = new Map<number, (message: Message) => void>();
  #paused: (location: Location) => void = () => {};
  #lastId = 0;

  private constructor(target: string, socket: WebSocket) {
    this.target = target;
    this.#socket = socket;
    this.closed = once(socket, "close");
    socket.on("error", () => {});
    socket.on("message", (data) => this.#hear(JSON.parse(String(data)) as Message));
  }

  /** Attaches to whoever has the port, unless that is the process which had it before; undefined where nobody can be attached to. */
  static async attach(port: number, before?: string): Promise<Debugger | undefined> {
    try {
      const response = await fetch(`http://127.0.0.1:${port}/json/list`);
      const [found] = (await response.json()) as { readonly id: string; readonly webSocketDebuggerUrl: string }[];
      if (found === undefined || found.id === before) return undefined;
      const socket = new WebSocket(found.webSocketDebuggerUrl);
      const attached = new Debugger(found.id, socket);
      await once(socket, "open");
      await attached.#send("Runtime.enable");
      await attached.#send("Debugger.enable");
      return attached;
    } catch {
      return undefined;
    }
  }

  /** Sets a breakpoint at the first thing that was made of a line of a TypeScript file, from 1. */
  async breakAt(file: string, line: number): Promise<void> {
    const scripts = [...this.#scripts.values()];
    const script = scripts.findLast(({ url }) => url.endsWith(file));
    assert.ok(script !== undefined, `${file} is not loaded; there are ${scripts.map(({ url }) => url)}`);
    const { scriptSource } = (await this.#send("Debugger.getScriptSource", { scriptId: script.scriptId })) as {
      readonly scriptSource: string;
    };
    const place = generatedPlace(mapOf(script), scriptSource, line);
    await this.#send("Debugger.setBreakpointByUrl", { url: script.url, ...place });
  }

  /** The next time that the program stands somewhere: the line, of TypeScript. */
  async reached(): Promise<number | undefined> {
    const {
      scriptId,
      lineNumber,
      columnNumber = 0,
    } = await new Promise<Location>((reached) => {
      this.#paused = reached;
    });
    return originalLine(mapOf(this.#scripts.get(scriptId)!), lineNumber, columnNumber);
  }

  async resume(): Promise<void> {
    await this.#send("Debugger.resume");
  }

  close(): void {
    this.#socket.terminate();
  }

  #send(method: string, params: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      this.#answers.set(id, ({ result, error }) =>
        error === undefined ? resolve(result!) : reject(new Error(error.message)),
      );
      this.#socket.send(JSON.stringify({ id, method, params }));
    });
  }

  #hear({ id, method, params, ...rest }: Message): void {
    if (id !== undefined) this.#answers.get(id)?.(rest);
    if (method === "Debugger.scriptParsed")
      this.#scripts.set((params as unknown as Script).scriptId, params as unknown as Script);
    if (method !== "Debugger.paused") return;
    const { callFrames } = params as { readonly callFrames: readonly { readonly location: Location }[] };
    this.#paused(callFrames[0]!.location);
  }
}

function mapOf({ url, sourceMapURL = "" }: Script): SourceMap {
  const base64 = /^data:application\/json[^,]*;base64,(.*)$/.exec(sourceMapURL)?.[1];
  assert.ok(base64 !== undefined, `${url} has no source map`);
  return new SourceMap(JSON.parse(Buffer.from(base64, "base64").toString()) as SourceMapPayload);
}

/** Lines of the protocol, and those of a map, count from 0. */
function originalLine(map: SourceMap, line: number, column: number): number | undefined {
  const entry = map.findEntry(line, column);
  return "originalLine" in entry ? entry.originalLine + 1 : undefined;
}

function generatedPlace(map: SourceMap, code: string, wanted: number): { lineNumber: number; columnNumber: number } {
  for (const [lineNumber, text] of code.split("\n").entries()) {
    for (let columnNumber = 0; columnNumber < text.length; columnNumber += 1) {
      if (originalLine(map, lineNumber, columnNumber) === wanted) return { lineNumber, columnNumber };
    }
  }
  throw new Error(`nothing was made of line ${wanted}`);
}
