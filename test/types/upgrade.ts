// `tsgi.upgrade` and the response of tsgi/application that leads to it. Compiled by types.test.ts, never run.

import type { Application } from "tsgi";
import { type Request, type WebSocketInit, WebSocketResponse } from "tsgi/application";
import type { Upgrade, UpgradeOptions, WebSocketClosed, WebSocketConnection, WebSocketHandler } from "tsgi/gateway";

// ---- what fits

const handler: WebSocketHandler = async (socket: WebSocketConnection) => {
  for await (const message of socket) {
    const text: string = typeof message === "string" ? message : message.toString("utf8");
    await socket.send(text);
    await socket.send(new Uint8Array([1]));
  }
  const { code, reason }: WebSocketClosed = await socket.closed;
  socket.close(code, reason);
  socket.close();
  socket.signal.throwIfAborted();
  return socket.protocol;
};

const options: UpgradeOptions = { protocol: "chat", headers: [["X-Name", "value"]] };

export const application: Application = async (environ) => {
  const upgrade: Upgrade | undefined = environ["tsgi.upgrade"];
  if (upgrade === undefined) return "";
  return upgrade(handler, options);
};

const init: WebSocketInit = { protocol: "chat", headers: { "X-Name": "value" } };
export const view = (request: Request) => new WebSocketResponse(request, (socket) => socket.send("x"), init);

// ---- what does not

export const unasked: Application = (environ) =>
  // @ts-expect-error: a request may ask for no websocket
  environ["tsgi.upgrade"](handler);

// @ts-expect-error: a subprotocol is a string
export const wrong: UpgradeOptions = { protocol: ["chat"] };

export const numbers: WebSocketHandler = (socket) =>
  // @ts-expect-error: a message is a string or bytes
  socket.send(5);
