// Many websockets that do nothing, as cheap as they can be: raw sockets that answer a ping and a close, and remember by which worker
// they were taken and how they ended.

import { Buffer } from "node:buffer";
import net from "node:net";
import { CLOSE, closing, codeOf, frame, framesOf, handshake, PING, PONG } from "./websocket.ts";

/** Handshakes under way at once. */
const AT_ONCE = 100;

export class Idler {
  /** The X-Worker of its handshake. */
  worker = 0;
  /** What it heard; undefined while it heard nothing. */
  code: number | undefined;
  /** Its connection is over. */
  ended = false;
  readonly #socket: net.Socket;
  #received = "";
  #opened: ((error?: Error) => void) | undefined;

  constructor(port: number, opened: (error?: Error) => void, changed: () => void) {
    this.#opened = opened;
    const socket = net.connect(port, "127.0.0.1");
    this.#socket = socket;
    socket.write(handshake({}));
    socket.on("data", (bytes: Buffer) => this.#hear(bytes.toString("latin1")));
    socket.on("error", () => {});
    socket.on("close", () => {
      this.ended = true;
      this.#opened?.(new Error("the connection ended before the websocket was open"));
      changed();
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #hear(text: string): void {
    if (this.#opened !== undefined) {
      this.#received += text;
      const at = this.#received.indexOf("\r\n\r\n");
      if (at === -1) return;
      const head = this.#received.slice(0, at);
      const opened = this.#opened;
      this.#opened = undefined;
      this.worker = Number(/^X-Worker: (\d+)$/m.exec(head.replaceAll("\r", ""))?.[1]);
      opened(head.startsWith("HTTP/1.1 101 ") ? undefined : new Error(`refused: ${head.split("\r\n", 1)[0]}`));
      this.#frames(this.#received.slice(at + 4));
      this.#received = "";
    } else this.#frames(text);
  }

  #frames(text: string): void {
    for (const heard of framesOf(text)) {
      if (heard.first === PING) this.#write(frame({ first: PONG, payload: heard.payload }));
      if (heard.first !== CLOSE) continue;
      this.code = codeOf(heard);
      this.#write(frame({ first: CLOSE, payload: closing(this.code!) }));
    }
  }

  #write(text: string): void {
    this.#socket.write(Buffer.from(text, "latin1"));
  }
}

export class Crowd {
  readonly idlers: Idler[] = [];
  #changed: (() => void) | undefined;

  /** So many websockets, all of them open. */
  static async open(port: number, count: number): Promise<Crowd> {
    const crowd = new Crowd();
    const next = async (): Promise<void> => {
      while (crowd.idlers.length < count) {
        await new Promise<void>((resolve, reject) => {
          const opened = (error?: Error) => (error === undefined ? resolve() : reject(error));
          crowd.idlers.push(new Idler(port, opened, () => crowd.#changed?.()));
        });
      }
    };
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, count) }, next));
    return crowd;
  }

  /** Those of one worker. */
  of(worker: number): readonly Idler[] {
    return this.idlers.filter((idler) => idler.worker === worker);
  }

  /** Waits until all of these are over. */
  async over(idlers: readonly Idler[] = this.idlers): Promise<void> {
    while (!idlers.every(({ ended }) => ended)) {
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
  }

  close(): void {
    for (const idler of this.idlers) idler.close();
  }
}
