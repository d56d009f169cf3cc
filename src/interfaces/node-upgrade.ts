// A request that asks for another protocol, and a server whose application listens to `upgrade`: it is given the connection's own
// socket, so that what it does there costs no more than under Node. Watches only the first line, for the access log.

import { Buffer } from "node:buffer";
import type { IncomingMessage, Server } from "node:http";
import { isIPv6, type Socket } from "node:net";
import type { LeaveCode, Upgraded } from "../gateway/exchange.ts";
import type { ConnectionInfo } from "../protocol/events.ts";

const STATUS_LINE = /^HTTP\/1\.[01] ([1-9][0-9]{2})/;

/** FIN and the opcode of a close frame, and two bytes of payload that are not masked (RFC 6455 sections 5.2 and 5.5.1). */
const CLOSE_FRAME = [0x88, 2] as const;

export interface UpgradeParts {
  readonly server: Server;
  /** Made for the socket. */
  readonly request: IncomingMessage;
  readonly socket: Socket;
  readonly rest: Buffer;
  /** What trusted proxies say of the client; undefined where they say nothing. */
  readonly claimed: ConnectionInfo | undefined;
  /** The protocol that was asked for, in lower case. */
  readonly protocol: string;
  /** A listener threw. */
  readonly failed: (error: unknown) => void;
}

export class NodeUpgrade implements Upgraded {
  status = 0;
  readonly #socket: Socket;
  readonly #protocol: string;
  #answered = false;
  /** The worker leaves, and the application has not answered yet. */
  #due: LeaveCode | undefined;

  constructor({ server, request, socket, rest, claimed, protocol, failed }: UpgradeParts) {
    this.#socket = socket;
    this.#protocol = protocol;
    (socket as Socket & { server?: Server }).server = server;
    if (claimed !== undefined) believe(socket, claimed);
    this.#watch(socket);
    try {
      server.emit("upgrade", request, socket, rest);
    } catch (error) {
      failed(error);
      socket.destroy();
    }
  }

  leave(code: LeaveCode): void {
    const socket = this.#socket;
    // An answer that is still to come is one that the client waits for.
    if (!this.#answered) {
      this.#due = code;
      return;
    }
    if (this.status !== 101 || !this.#protocol.includes("websocket")) {
      socket.end();
      return;
    }
    // Between two turns no frame of the library's is half written. The client answers, and the library sees a usual close.
    setImmediate(() => {
      if (socket.writable) socket.write(Buffer.from([...CLOSE_FRAME, code >> 8, code & 0xff]));
    });
  }

  /** The first bytes that are written say what was answered. */
  #watch(socket: Socket): void {
    const note = (chunk: unknown): void => {
      delete (socket as { write?: unknown }).write;
      delete (socket as { end?: unknown }).end;
      const start = typeof chunk === "string" ? chunk.slice(0, 12) : chunk instanceof Uint8Array ? latin1(chunk) : "";
      this.status = Number(STATUS_LINE.exec(start)?.[1] ?? 0);
      this.#answered = true;
      const due = this.#due;
      // Behind this very write. Whoever refuses ends the connection by itself.
      if (due !== undefined && this.status === 101) setImmediate(() => this.leave(due));
    };
    const shadow = (name: "write" | "end") =>
      function (this: Socket, ...given: unknown[]): unknown {
        note(given[0]);
        return (this[name] as (...given: unknown[]) => unknown)(...given);
      };
    Object.assign(socket, { write: shadow("write"), end: shadow("end") });
  }
}

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes.subarray(0, 12)).toString("latin1");

/** The socket says of its client what the proxy says. */
function believe(socket: Socket, { remoteAddress, remotePort, scheme }: ConnectionInfo): void {
  const own = (value: unknown): PropertyDescriptor => ({ value, configurable: true });
  Object.defineProperties(socket, {
    remoteAddress: own(remoteAddress || undefined),
    remotePort: own(remotePort === "" ? undefined : Number(remotePort)),
    remoteFamily: own(remoteAddress === "" ? undefined : isIPv6(remoteAddress) ? "IPv6" : "IPv4"),
    encrypted: own(scheme === "https"),
  });
}
