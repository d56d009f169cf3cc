// One client of the control socket: takes lines in, one at a time, and gives their answers back in this order. Decides when a client has
// had enough time, or has said too much. Does not know what a line means.
//
// The next line is looked at when the answer to the one before is out of our hands, so that nobody can make the server
// gather answers that he does not take, nor keep it busy for more than one question at a time.

import type { Socket } from "node:net";
import { type Answer, writeLine } from "../ipc/control.ts";
import type { Mishap } from "./mishaps.ts";

export interface ClientLimits {
  readonly lineBytes: number;
  /** For a client to say a line, and to take an answer. */
  readonly patienceMs: number;
  /** How long a client that was told to go may take to see it. */
  readonly lingerMs: number;
}

export const CLIENT_LIMITS: ClientLimits = { lineBytes: 65_536, patienceMs: 10_000, lingerMs: 1_000 };

export interface Reply {
  readonly answer: Answer;
  /** Nothing more is heard from this client. */
  readonly last: boolean;
}

export interface ClientEvents {
  /** A line, without its end. The client waits until it is answered, for as long as it takes. */
  onLine(line: string): Promise<Reply>;
  onMishap(kind: Mishap): void;
  /** The last call. */
  onGone(): void;
}

export class ControlClient {
  readonly #socket: Socket;
  readonly #events: ClientEvents;
  readonly #limits: ClientLimits;
  #received = "";
  /** How far `#received` is known to hold no line end. */
  #searched = 0;
  #phase: "listening" | "answering" | "leaving" = "listening";
  #heardEnd = false;
  #answered = 0;
  #deadline: NodeJS.Timeout | undefined;

  constructor(socket: Socket, events: ClientEvents, limits: ClientLimits = CLIENT_LIMITS) {
    this.#socket = socket;
    this.#events = events;
    this.#limits = limits;
    // A character cut in two is held back until it is whole.
    socket.setEncoding("utf8");
    socket.on("data", (text: string) => this.#onText(text));
    socket.on("end", () => this.#onEnd());
    // Always followed by "close"; how a client leaves is its own business.
    socket.on("error", () => {});
    socket.on("close", () => {
      this.#disarm();
      this.#phase = "leaving";
      this.#events.onGone();
    });
    this.#listen();
  }

  /** `answering` as long as a question of it is open; `leaving` once there is nothing more to be said. */
  get phase(): "listening" | "answering" | "leaving" {
    return this.#phase;
  }

  /** It has said its last line, and is there for the answer, or is gone: the system does not tell the two apart. */
  get hasEnded(): boolean {
    return this.#heardEnd;
  }

  /** Ends the conversation, whatever is open, with a last word. */
  dismiss(error: string): void {
    this.#socket.write(writeLine({ id: null, ok: false, error }));
    this.#leave();
  }

  destroy(): void {
    this.#phase = "leaving";
    this.#socket.destroy();
  }

  #onText(text: string): void {
    if (this.#phase === "leaving") {
      // One who goes on talking is left to wait.
      this.#socket.pause();
      return;
    }
    this.#received += text;
    if (this.#phase === "listening") this.#next();
    else if (this.#received.length > this.#limits.lineBytes) this.#socket.pause();
  }

  #onEnd(): void {
    this.#heardEnd = true;
    if (this.#phase === "listening") this.#next();
  }

  #listen(): void {
    this.#phase = "listening";
    this.#arm(this.#limits.patienceMs, () => {
      // One that has had an answer and keeps the line open has done nothing wrong.
      if (this.#answered > 0 && this.#received === "") {
        this.#leave();
        return;
      }
      this.#events.onMishap("silent");
      this.dismiss(`no request came within ${this.#limits.patienceMs / 1000} s`);
    });
    this.#next();
  }

  #next(): void {
    const { lineBytes } = this.#limits;
    const end = this.#received.indexOf("\n", this.#searched);
    this.#searched = this.#received.length;
    const size = end < 0 ? this.#received.length : Buffer.byteLength(this.#received.slice(0, end));
    if (size > lineBytes) {
      this.#events.onMishap("too-long");
      this.dismiss(`a line may have at most ${lineBytes} bytes`);
    } else if (end >= 0) {
      const line = this.#received.slice(0, end);
      this.#received = this.#received.slice(end + 1);
      this.#take(line);
    } else if (!this.#heardEnd) {
      this.#socket.resume();
    } else if (this.#received.trim() === "") {
      this.#leave();
    } else {
      // `printf status`: the last line needs no end.
      const line = this.#received;
      this.#received = "";
      this.#take(line);
    }
  }

  #take(line: string): void {
    this.#phase = "answering";
    this.#searched = 0;
    this.#disarm();
    void this.#events.onLine(line.replace(/\r$/, "")).then((reply) => this.#answer(reply));
  }

  #answer({ answer, last }: Reply): void {
    if (this.#phase === "leaving") return;
    this.#arm(this.#limits.patienceMs, () => {
      this.#events.onMishap("takes-nothing");
      this.destroy();
    });
    this.#answered += 1;
    this.#socket.write(writeLine(answer), (error) => {
      if (error != null || this.#phase === "leaving") return;
      if (last) this.#leave();
      else this.#listen();
    });
  }

  /**
   * Ends our side, and gives the client a moment to read it: whoever is closed while he writes, or while bytes of his are unread, gets an
   * error instead, and may never see why.
   */
  #leave(): void {
    this.#phase = "leaving";
    this.#received = "";
    if (this.#socket.destroyed) return;
    this.#socket.end();
    this.#socket.resume();
    this.#arm(this.#limits.lingerMs, () => this.#socket.destroy());
  }

  #arm(ms: number, late: () => void): void {
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(late, ms);
  }

  #disarm(): void {
    clearTimeout(this.#deadline);
  }
}
