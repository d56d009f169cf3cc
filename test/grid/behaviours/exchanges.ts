// Errors, clients that leave, and what happens on one connection.

import { get, RawClient } from "../../support/client.ts";
import type { Behaviour, Group } from "../behaviour.ts";
import { call } from "../call.ts";
import type { Peer } from "../peer.ts";
import type { Facts } from "../verdict.ts";

/** On a connection of its own, which is closed whatever comes. */
async function raw<T>({ port }: Peer, work: (client: RawClient) => Promise<T>): Promise<T> {
  const client = await RawClient.connect(port);
  try {
    return await work(client);
  } finally {
    client.close();
  }
}

const status = (id: string, title: string, expected: Facts, look: readonly string[]): Behaviour => ({
  id,
  title,
  expected,
  observe: (peer) =>
    raw(peer, async (client) => {
      client.send(get(`/${id}`));
      const answer = await client.response();
      client.send(get("/method"));
      const next = (await client.response()).status;
      const fields = look.map((name) => [name, answer.fields[name] ?? "none"]);
      return { status: answer.status, ...Object.fromEntries(fields), next };
    }),
});

const statuses: Behaviour[] = [
  status("redirect", "a redirect", { status: 302, location: "/method", next: 200 }, ["location"]),
  status("no-content", "204: no body, no length", noBody(204), ["content-length", "transfer-encoding"]),
  status("not-modified", "304: no body", { status: 304, etag: '"one"', next: 200 }, ["etag"]),
];

function noBody(code: number): Facts {
  return { status: code, "content-length": "none", "transfer-encoding": "none", next: 200 };
}

const errors: Behaviour[] = [
  {
    id: "throw",
    title: "an error before the head: 500, nothing of the inside, and the worker goes on",
    expected: { status: 500, inside: false, next: 200 },
    observe: async ({ port }) => {
      const answer = await call(port, "/throw");
      const next = await Promise.all(Array.from({ length: 6 }, () => call(port, "/method")));
      const worst = Math.max(...next.map((one) => one.status));
      return {
        status: answer.status,
        inside: answer.text.includes(".mjs:") || answer.text.includes(".ts:"),
        next: worst,
      };
    },
  },
  {
    id: "throw-late",
    title: "an error after the head: the client sees that the body is not whole",
    expected: { status: 200, body: "part", complete: false, next: 200 },
    observe: async ({ port }) => {
      const late = await call(port, "/throw-late").then(
        (answer) => ({ status: answer.status, body: answer.text, complete: answer.complete }),
        (error: NodeJS.ErrnoException) => ({ status: 0, body: error.message, complete: false }),
      );
      return { ...late, next: (await call(port, "/method")).status };
    },
  },
];

let asked = 0;
const nextId = (): string => {
  asked += 1;
  return `${process.pid}-${asked}`;
};

const leaving: Behaviour[] = [
  {
    id: "abort",
    title: "the application hears that the client has left",
    expected: { heard: true },
    observe: async (peer) => {
      const id = nextId();
      const client = await RawClient.connect(peer.port);
      client.send(get(`/hang?id=${id}`));
      await peer.heard(`hang ${id}`);
      client.close();
      return { heard: await hears(peer, `gone ${id}`) };
    },
  },
  {
    id: "abort-upload",
    title: "an upload that is cut is an error, never a short body",
    expected: { heard: true, next: 200 },
    observe: async (peer) => {
      const id = nextId();
      const client = await RawClient.connect(peer.port);
      const head = `POST /digest?id=${id} HTTP/1.1\r\nHost: example.com\r\nContent-Type: application/octet-stream\r\n`;
      client.send(`${head}Expect: 100-continue\r\nContent-Length: 1000\r\n\r\n`);
      await client.until((received) => received.includes("100 Continue"));
      client.send("0123456789");
      client.close();
      const heard = await hears(peer, `cut ${id}`);
      return { heard, next: (await call(peer.port, "/method")).status };
    },
  },
];

const hears = (peer: Peer, line: string): Promise<boolean | string> =>
  peer.heard(line).then(
    () => true,
    () => "never",
  );

const connections: Behaviour[] = [
  {
    id: "keep-alive",
    title: "20 requests on one connection",
    expected: { answers: 20, ok: 20 },
    observe: (peer) =>
      raw(peer, async (client) => {
        let ok = 0;
        for (let i = 0; i < 20; i += 1) {
          client.send(get(`/path/${i}`));
          if ((await client.response()).body === String(i)) ok += 1;
        }
        return { answers: 20, ok };
      }),
  },
  {
    id: "keep-alive-post",
    title: "bodies that are read and bodies that are not, on one connection",
    expected: { refused: 403, read: 200, last: 200 },
    observe: (peer) =>
      raw(peer, async (client) => {
        const post = (to: string) =>
          client.send(
            `POST ${to} HTTP/1.1\r\nHost: example.com\r\nContent-Type: application/octet-stream\r\nContent-Length: 5\r\n\r\nhello`,
          );
        post("/refuse");
        const refused = (await client.response()).status;
        post("/digest");
        const read = (await client.response()).status;
        client.send(get("/method"));
        return { refused, read, last: (await client.response()).status };
      }),
  },
  {
    id: "close",
    title: "`Connection: close` is kept to",
    expected: { status: 200, closes: true },
    observe: (peer) =>
      raw(peer, async (client) => {
        client.send(get("/method", "Connection: close\r\n"));
        const { status: code } = await client.response();
        await client.rest();
        return { status: code, closes: client.ended };
      }),
  },
  {
    id: "pipelining",
    title: "3 requests at once, answered in order",
    expected: { answers: "65536 two three" },
    observe: (peer) =>
      raw(peer, async (client) => {
        client.send(get("/chunks/65536") + get("/path/two") + get("/path/three"));
        const first = await client.response();
        const two = await client.response();
        const three = await client.response();
        return { answers: `${first.body.length} ${two.body} ${three.body}` };
      }),
  },
  {
    id: "continue",
    title: "`Expect: 100-continue`, and the body is read",
    expected: { interim: 100, status: 200 },
    observe: (peer) =>
      raw(peer, async (client) => {
        const head = "POST /digest HTTP/1.1\r\nHost: example.com\r\nContent-Type: application/octet-stream\r\n";
        client.send(`${head}Content-Length: 5\r\nExpect: 100-continue\r\n\r\n`);
        const interim = (await client.response()).status;
        if (interim !== 100) return { interim, status: interim };
        client.send("hello");
        return { interim, status: (await client.response()).status };
      }),
  },
  {
    id: "continue-refused",
    title: "`Expect: 100-continue`, and the application refuses without reading: no 100",
    expected: { first: 403 },
    observe: (peer) =>
      raw(peer, async (client) => {
        const head = "POST /refuse HTTP/1.1\r\nHost: example.com\r\nContent-Type: application/octet-stream\r\n";
        client.send(`${head}Content-Length: 5\r\nExpect: 100-continue\r\n\r\n`);
        return { first: (await client.response()).status };
      }),
  },
  {
    id: "early-hints",
    title: "early hints",
    expected: { hints: "103 </style.css>; rel=preload; as=style", status: 200 },
    observe: async ({ port }) => {
      const answer = await call(port, "/early-hints");
      return { hints: answer.hints.join(" + "), status: answer.status };
    },
  },
  {
    id: "trailers-in",
    title: "trailers of a request",
    expected: { status: 200, said: '{"x-check":"7"}' },
    observe: async (peer) => {
      const { status: code, body } = await trailers(peer);
      return { status: code, said: code === 200 ? body : "" };
    },
  },
  {
    id: "trailers-out",
    title: "trailers of a response",
    expected: { status: 200, said: "x-sum: 42" },
    observe: async (peer) => {
      const { status: code, trailers: lines } = await trailers(peer);
      return { status: code, said: lines.join(" + ").toLowerCase() };
    },
  },
];

const trailers = (peer: Peer) =>
  raw(peer, async (client) => {
    const head =
      "POST /trailers HTTP/1.1\r\nHost: example.com\r\nTE: trailers\r\nConnection: TE\r\nTrailer: X-Check\r\n";
    client.send(
      `${head}Content-Type: application/octet-stream\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX-Check: 7\r\n\r\n`,
    );
    return client.response();
  });

export const EXCHANGES: readonly Group[] = [
  { title: "Statuses and errors", behaviours: [...statuses, ...errors] },
  { title: "Clients that leave", behaviours: leaving },
  { title: "Connections", behaviours: connections },
];
