// The socket without a connection: what a client sees of it is in fetch-websocket.test.ts.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { WireSocket } from "../../src/gateway/host.ts";
import { FetchSocket } from "../../src/interfaces/fetch-socket.ts";

function wire() {
  const listeners = new Map<string, (...args: readonly never[]) => void>();
  const sent: unknown[] = [];
  const socket = {
    ...{ protocol: "p", readyState: 1, bufferedAmount: 7 },
    send: (data: unknown, { binary }: { binary: boolean }) => void sent.push([data, binary]),
    close: (...args: readonly unknown[]) => void sent.push(args),
    on: (event: string, listener: (...args: readonly never[]) => void) => listeners.set(event, listener),
  };
  return { socket: socket as unknown as WireSocket & { readyState: number }, listeners, sent };
}

test("every kind of data is sent as text or bytes, and nothing once it closes", () => {
  const { socket, sent } = wire();
  const own = new FetchSocket({ url: "ws://a/", report: assert.fail });
  FetchSocket.open(own, socket);
  own.send("text");
  own.send(new Uint8Array([1, 2, 3]).subarray(1));
  own.send(new Uint8Array([4]).buffer);
  own.send(new DataView(new ArrayBuffer(2), 1));
  socket.readyState = 2;
  own.send("late");
  own.close(1000, "end");
  assert.deepEqual(sent, [
    ["text", false],
    [new Uint8Array([2, 3]), true],
    [new Uint8Array([4]), true],
    [new Uint8Array([0]), true],
    [1000, "end"],
  ]);
  assert.deepEqual([own.bufferedAmount, own.protocol, own.readyState, own.extensions], [7, "p", 2, ""]);
});

test("an error of the wire is an event, and a listener object is called as its method", () => {
  const { socket, listeners } = wire();
  const own = new FetchSocket({ url: "ws://a/", report: assert.fail });
  FetchSocket.open(own, socket);
  const heard: unknown[] = [];
  own.onerror = (event) => heard.push((event as Event & { message: string }).message);
  own.addEventListener("error", {
    handleEvent(event: Event) {
      heard.push(event.type);
    },
  });
  own.addEventListener("error", null);
  listeners.get("error")!(new Error("broken") as never);
  assert.deepEqual(heard, ["broken", "error"]);
});
